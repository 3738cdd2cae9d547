"""Who can see it and why; one click for the usual audiences; a confirmation that says what changes."""

from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from service.errors import FieldError, Invalid
from service.http import Reading
from service.library import audience, organisations, people, resources, sharing, teams
from service.permissions import require
from service.work import SHANGHAI, Work
from web import work as units
from web.forms import Form, text
from web.rendering import page, redirect

router = APIRouter()


@router.get("/resources/{resource_id}/share")
def share(work: Reading, request: Request, resource_id: str, who: str = "") -> Response:
    """The account of the audience, and what can be added to it."""
    found, _etag = resources.view(work, resource_id)
    return page(
        request,
        "share.html",
        caller=work.caller,
        resource=found,
        account=audience.account(work, resource_id),
        choices=_choices(work),
        who=who,
        people=people.search(work, who) if who else [],
        today=work.now.astimezone(SHANGHAI).date().isoformat(),
    )


def _choices(work: Work) -> list[tuple[str, str]]:
    """(audience, words) of one click each."""
    school_id = work.caller.school_id
    found: list[tuple[str, str]] = [(f"school:{school_id}", "本校")] if school_id else []
    own = organisations.partnerships(work, organisation=school_id, status="active") if school_id else []
    for pair in own:
        other = pair["aided"] if pair["helper"]["id"] == school_id else pair["helper"]
        found.append((f"pair:{pair['id']}", f"结对学校：{other['name']}"))
    cities = [token for token in work.caller.tokens if token.startswith("city:")]
    for token in cities:
        city = token.partition(":")[2]
        found += [
            (f"pair:{pair['id']}", f"结对城市：{pair['helper']['name']}和{pair['aided']['name']}")
            for pair in organisations.partnerships(work, organisation=city, level="city", status="active")
        ]
        found.append((token, "本市学校"))
    found += [(f"team:{team['id']}", f"团队：{team['name']}") for team in teams.listing(work)]
    return [*found, ("paired", "全部结对学校"), ("public", "公开（所有人）"), ("link", "知道链接的人")]


def _wanted(form: Form) -> sharing.Wanted:
    """The form as a grant; the day it ends is its last."""
    last = text(form, "until")
    try:
        day = date.fromisoformat(last) if last else None
    except ValueError as error:
        raise Invalid("日期不正确。", errors=[FieldError("until", "例如 2026-12-31。")]) from error
    ends = datetime.combine(day + timedelta(days=1), time(), SHANGHAI) if day else None
    data: dict[str, Any] = {"audience": text(form, "audience"), "role": text(form, "role") or "viewer"}
    return sharing.parse({**data, "expires_at": ends} if ends else data)


@router.post("/resources/{resource_id}/share/confirm")
def confirm(request: Request, resource_id: str, form: Form) -> Response:
    """Say what will change, before it does."""
    wanted = _wanted(form)
    with units.reading(request) as work:
        require(work.session, work.caller, resource_id, work.now, "share")
        found, _etag = resources.view(work, resource_id)
        words = audience.labels(work, [wanted.audience])[wanted.audience]
        return page(
            request,
            "share_confirm.html",
            caller=work.caller,
            resource=found,
            wanted=wanted,
            until=text(form, "until"),
            words="知道链接的人" if wanted.audience == "link" else words,
            wide=wanted.audience in ("public", "paired", "link")
            or wanted.audience.startswith(("city:", "county:", "pair:city", "link:")),
        )


@router.post("/resources/{resource_id}/share")
def give(request: Request, resource_id: str, form: Form) -> Response:
    """Share."""
    with units.writing(request) as work:
        grant = sharing.give(work, resource_id, _wanted(form))
    return redirect(f"/resources/{resource_id}/share", "waiting" if grant["state"] == "waiting" else "shared")


@router.post("/resources/{resource_id}/share/{grant_id}/revoke")
def revoke(request: Request, resource_id: str, grant_id: str, form: Form) -> Response:
    """Take a share back, at once."""
    with units.writing(request) as work:
        sharing.take_back(work, resource_id, grant_id)
    return redirect(f"/resources/{resource_id}/share", "revoked")
