"""/token and /me: who the caller is, and how she proves it."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from service.api.schemas import PROBLEMS
from service.errors import FieldError, Invalid
from service.http import Reading, UnitRoute, backends, bearer, client_address
from service.library import accounts, signing_in

router = APIRouter(tags=["accounts"], route_class=UnitRoute, responses=PROBLEMS)


class TokenOut(BaseModel):
    """RFC 6749 5.1."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105  (the type's name)
    expires_in: int
    scope: str


@router.post("/token", response_model=TokenOut)
def token(
    request: Request,
    response: Response,
    grant_type: Annotated[str, Form(description="password or client_credentials")],
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    scope: Annotated[str, Form(max_length=200)] = "",
    client_id: Annotated[str, Form(max_length=100)] = "",
    client_secret: Annotated[str, Form(max_length=200)] = "",
) -> dict[str, Any]:
    """OAuth2 (RFC 6749 4.3, 4.4): `password` for a person, `client_credentials` for a school's program."""
    opens = backends(request)
    response.headers["Cache-Control"] = "no-store"
    scopes = scope.split()
    if grant_type == "password":
        person_id = signing_in.check(opens, username, password, client_address(request))
        with opens.writing() as work:
            secret = accounts.open_token(work, scopes or signing_in.DEFAULT_SCOPES, person_id=person_id)
            return _answer(secret, scopes or signing_in.DEFAULT_SCOPES, work.settings.token_days)
    if grant_type == "client_credentials":
        basic_id, basic_secret = _basic(request)
        with opens.writing() as work:
            ident = client_id or basic_id
            granted = accounts.client_scopes(work, ident, client_secret or basic_secret, scopes)
            secret = accounts.open_token(work, granted, client_id=ident)
            return _answer(secret, granted, work.settings.token_days)
    raise Invalid(
        "不支持这种登录方式。",
        errors=[
            FieldError(
                "grant_type",
                "只能是：password、client_credentials。",
                english="Use password or client_credentials.",
            )
        ],
        english="This grant_type is not supported.",
    )


def _answer(secret: str, scopes: list[str], days: int) -> dict[str, Any]:
    return {"access_token": secret, "expires_in": days * 86_400, "scope": " ".join(sorted(scopes))}


def _basic(request: Request) -> tuple[str, str]:
    """Client id and secret of HTTP Basic; empty where there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        ident, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:  # not Base64, not ASCII, or not UTF-8 within
        raise Invalid(
            "Authorization 的内容不正确。", english="The Authorization header cannot be read."
        ) from error
    return ident, secret


@router.delete("/token", status_code=204)
def close(request: Request) -> None:
    """Revoke the bearer token that this request carries."""
    if secret := bearer(request):
        with backends(request).writing() as work:
            accounts.close(work, secret)


@router.get("/me", response_model=dict[str, Any])
def me(work: Reading) -> dict[str, Any]:
    """The caller: person, memberships, teams, scopes, and the audiences she belongs to."""
    return accounts.me(work)
