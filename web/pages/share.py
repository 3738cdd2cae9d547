"""Who can see it and why; one click for the usual audiences; a confirmation that says what changes."""

from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from service.errors import Conflict, FieldError, Invalid, TongkeError
from service.http import Reading, UnitRoute
from service.library import audience, partnerships, people, resources, sharing, teams
from service.work import SHANGHAI, Work
from web import work as units
from web.forms import Form, text
from web.rendering import page, redirect

router = APIRouter(route_class=UnitRoute)


class _TakenBack(Exception):
    """Carries a grant out of a unit of work that must not be kept."""

    def __init__(self, grant: dict[str, Any]) -> None:
        self.grant = grant


@router.get("/resources/{resource_id}/share")
def share(work: Reading, request: Request, resource_id: str, who: str = "") -> Response:
    """The account of the audience, and what can be added to it."""
    return _share(request, work, resource_id, who)


def _share(
    request: Request, work: Work, resource_id: str, who: str = "", error: TongkeError | None = None
) -> Response:
    found, _etag = resources.view(work, resource_id)
    return page(
        request,
        "share.html",
        caller=work.caller,
        resource=found,
        account=audience.account(work, resource_id),
        choices=_choices(work, found["school"]),
        site=work.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/"),
        who=who,
        people=people.search(work, who) if who else [],
        today=work.now.astimezone(SHANGHAI).date().isoformat(),
        error=error,
        status=error.status if error else 200,
    )


def _choices(work: Work, owner: dict[str, Any]) -> list[tuple[str, str]]:
    """(audience, words) of one click each. A partnership is offered where the resource's school is in it."""
    mine = work.caller.school_id
    found: list[tuple[str, str]] = [(f"school:{mine}", "本校")] if mine else []
    for pair in partnerships.listing(work, organisation=owner["id"], level="school", status="active"):
        other = pair["aided"] if pair["helper"]["id"] == owner["id"] else pair["helper"]
        found.append((f"pair:{pair['id']}", f"结对学校：{other['name']}"))
    if mine == owner["id"]:
        for level, words in (("county", "县区"), ("city", "城市")):
            found += _areas(work, level, words)
    found += [(f"team:{team['id']}", f"团队：{team['name']}") for team in teams.listing(work)]
    return [*found, ("paired", "全部结对学校"), ("public", "公开（所有人）"), ("link", "知道链接的人")]


def _areas(work: Work, level: str, words: str) -> list[tuple[str, str]]:
    """The school's county or city, and those it is paired with."""
    found = []
    for token in sorted(work.caller.tokens):
        kind, _, area = token.partition(":")
        if kind == level:
            pairs = partnerships.listing(work, organisation=area, level=level, status="active")
            found += [
                (f"pair:{pair['id']}", f"结对{words}：{pair['helper']['name']}和{pair['aided']['name']}")
                for pair in pairs
            ]
            found.append((token, f"本{words[0]}的学校" if level == "county" else "本市学校"))
    return found


def _wanted(form: Form) -> sharing.Wanted:
    """The form as a grant; the day it ends is its last."""
    last = text(form, "until")
    try:
        ends = _end_of(date.fromisoformat(last)) if last else None
    except (ValueError, OverflowError) as error:
        raise Invalid("日期不正确。", errors=[FieldError("until", "例如 2026-12-31。")]) from error
    data: dict[str, Any] = {"audience": text(form, "audience"), "role": text(form, "role") or "viewer"}
    return sharing.parse({**data, "expires_at": ends} if ends else data)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


@router.post("/resources/{resource_id}/share/confirm")
def confirm(request: Request, resource_id: str, form: Form) -> Response:
    """Say what will change, before it does."""
    try:
        wanted = _wanted(form)
        outcome = _rehearsed(request, resource_id, wanted)
    except (Invalid, Conflict) as error:
        with units.reading(request) as work:
            return _share(request, work, resource_id, text(form, "who"), error)
    with units.reading(request) as work:
        found, _etag = resources.view(work, resource_id)
        return page(
            request,
            "share_confirm.html",
            caller=work.caller,
            resource=found,
            wanted=wanted,
            outcome=outcome["state"],
            until=text(form, "until"),
            today=work.now.astimezone(SHANGHAI).date().isoformat(),
            words=audience.labels(work, [outcome["audience"]])[outcome["audience"]],
            roles=_roles(work, wanted),
        )


def _rehearsed(request: Request, resource_id: str, wanted: sharing.Wanted) -> dict[str, Any]:
    """The grant that sharing would make: the use-case itself runs, and nothing of it is kept. Raises as it does."""
    try:
        with units.writing(request) as work:
            raise _TakenBack(sharing.give(work, resource_id, wanted))
    except _TakenBack as outcome:
        return outcome.grant


def _roles(work: Work, wanted: sharing.Wanted) -> list[str]:
    """What may be offered: writing together is for near audiences (`sharing.check`), managing for one person."""
    kind, _, ident = wanted.audience.partition(":")
    pair_of_schools = kind == "pair" and partnerships.one(work, ident)["level"] == "school"
    offered = ["viewer", "commenter"]
    if pair_of_schools or kind in ("school", "team", "person"):
        offered.append("editor")
    if kind == "person" or wanted.role == "manager":
        offered.append("manager")
    return offered


@router.post("/resources/{resource_id}/share")
def give(request: Request, resource_id: str, form: Form) -> Response:
    """Share."""
    try:
        with units.writing(request) as work:
            state = sharing.give(work, resource_id, _wanted(form))["state"]
    except (Invalid, Conflict) as error:
        with units.reading(request) as work:
            return _share(request, work, resource_id, error=error)
    notice = {"active": "shared", "waiting": "waiting"}.get(state, "not-yet")
    return redirect(f"/resources/{resource_id}/share", notice)


@router.post("/resources/{resource_id}/share/{grant_id}/revoke")
def revoke(request: Request, resource_id: str, grant_id: str, form: Form) -> Response:
    """Take a share back, at once."""
    with units.writing(request) as work:
        sharing.take_back(work, resource_id, grant_id)
    return redirect(f"/resources/{resource_id}/share", "revoked")
