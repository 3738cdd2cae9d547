"""Audiences of an export as this library has them. One that does not exist here is left out, so that a resource is open to
fewer people than it was, never to more."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.errors import TongkeError
from service.library import sharing
from service.models import Organisation, Partnership, Team
from service.work import Work

_OPEN = ("public", "paired")


def here(work: Work, given: Mapping[str, Any], *, own: str | None, school_id: str) -> sharing.Wanted | None:
    """The grant with this library's ids; None where its audience does not exist here. `own` is the id that the
    exporting school had, which `school_id` stands for here."""
    kind, _, ident = str(given.get("audience", "")).partition(":")
    if kind == "school" and ident == own:
        found: str | None = f"school:{school_id}"
    elif kind in _OPEN and not ident:
        found = kind
    elif kind in ("city", "county", "school"):
        found = _place(work, kind, ident, given.get("school"))
    elif kind == "pair":
        found = _pair(work, ident, given.get("sides"), own=own, school_id=school_id)
    elif kind == "team":
        found = f"team:{ident}" if work.session.get(Team, ident) else None
    else:
        found = None
    if found is None:
        return None
    wanted = {name: given.get(name) for name in ("role", "not_before", "expires_at")}
    try:
        return sharing.parse({"audience": found, **wanted})
    except TongkeError:  # a role or a time that does not exist here
        return None


def _place(work: Work, level: str, ident: str, told: Any) -> str | None:
    row = _organisation(work, level, ident, told)
    return f"{level}:{row.id}" if row else None


def _organisation(work: Work, level: str, ident: str, told: Any) -> Organisation | None:
    """By its id, which regions share everywhere, else by its 标识码; a name alone is not enough."""
    row = work.session.get(Organisation, ident)
    code = told.get("code") if isinstance(told, dict) else None
    if row is None and isinstance(code, str) and code:
        row = work.session.scalars(select(Organisation).where(col(Organisation.code) == code)).one_or_none()
    return row if row is not None and row.level == level else None


def _pair(work: Work, ident: str, sides: Any, *, own: str | None, school_id: str) -> str | None:
    """The partnership itself, or the one in force between the same two sides."""
    if work.session.get(Partnership, ident):
        return f"pair:{ident}"
    if not (isinstance(sides, list) and len(sides) == 2 and all(isinstance(side, dict) for side in sides)):
        return None
    ids = [_side(work, side, own=own, school_id=school_id) for side in sides]
    found = work.session.scalars(
        select(col(Partnership.id)).where(
            col(Partnership.helper_id) == ids[0],
            col(Partnership.aided_id) == ids[1],
            col(Partnership.status) == "active",
        )
    ).first()
    return f"pair:{found}" if found else None


def _side(work: Work, told: Mapping[str, Any], *, own: str | None, school_id: str) -> str | None:
    ident = str(told.get("id", ""))
    if ident == own:
        return school_id
    for level in ("school", "county", "city"):
        if row := _organisation(work, level, ident, told):
            return row.id
    return None
