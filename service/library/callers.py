"""Who asks: from a bearer token or a page session to a Caller with her audience tokens, computed per request."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, aliased
from sqlmodel import col

from service.models import (
    Client,
    Membership,
    Moment,
    Organisation,
    Partnership,
    Person,
    Team,
    TeamMember,
    Token,
    fetch,
)
from service.permissions import ANONYMOUS, Caller, Scope
from service.work import Work


@dataclass(frozen=True, slots=True)
class Place:
    """An active membership with what its tokens depend on."""

    organisation_id: str
    level: str
    city_id: str | None
    county_id: str | None
    role: str


def fingerprint(secret: str) -> str:
    """What is kept of a secret: its SHA-256. Secrets are random and long, so that no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Equality that takes the same time wherever the strings differ."""
    return hmac.compare_digest(left.encode(), right.encode())


def in_term(
    starts: Mapped[datetime | None] | Mapped[datetime], ends: Mapped[datetime | None], now: datetime
) -> ColumnElement[bool]:
    """now ∈ [starts, ends); an open end is for ever."""
    return and_(or_(starts.is_(None), starts <= now), or_(ends.is_(None), ends > now))


def identify(work: Work, secret: str, kind: str) -> Caller | None:
    """The caller behind a bearer token or a session secret; None where it is unknown, ended or revoked."""
    row = fetch(
        work.session, _TOKEN, {"hash": fingerprint(secret), "kind": kind, "now": work.now}
    ).one_or_none()
    if row is None:
        return None
    person_id, client_id, scopes, name, first_password = row
    if person_id is not None:
        found = _person(work.session, person_id, name, work.now, scopes)
        return replace(found, first_password=True) if first_password else found
    return client(work.session, client_id, work.now, scopes) if client_id else None


def person(session: Session, person_id: str, now: datetime, scopes: Iterable[str] = Scope) -> Caller | None:
    """The caller that a person is now; None where her account is closed."""
    name = fetch(session, _NAME, {"person_id": person_id}).scalar()
    return None if name is None else _person(session, person_id, name, now, scopes)


def _person(session: Session, person_id: str, name: str, now: datetime, scopes: Iterable[str]) -> Caller:
    rows = fetch(session, _BELONGS, {"person_id": person_id, "now": now})
    belongs = [Place(*row) for _order, *row in rows]
    places = [place for place in belongs if place.level != "team"]
    tokens, merged, partners = _tokens(session, places, now)
    headed = {place.organisation_id for place in places if place.role == "school_admin"}
    reviews = headed | {ident for ident, heir in merged.items() if heir in headed}
    return Caller(
        actor=f"person:{person_id}",
        tokens=tokens
        | {f"person:{person_id}"}
        | {f"team:{place.organisation_id}" for place in belongs if place.level == "team"}
        | {f"review:{school_id}" for school_id in reviews},
        person_id=person_id,
        school_id=next((place.organisation_id for place in places if place.level == "school"), None),
        reviews=frozenset(reviews),
        partners=partners,
        platform_admin=any(place.role == "platform_admin" for place in places),
        scopes=frozenset(scopes),
        name=name,
    )


def client(session: Session, client_id: str, now: datetime, scopes: Iterable[str]) -> Caller | None:
    """The caller that a school's program is: its school's tokens, never a person's. Asked at every poll of a mirror."""
    row = fetch(session, _CLIENT, {"client_id": client_id}).one_or_none()
    if row is None:
        return None
    name, school_id, level, city_id, county_id = row
    tokens, _merged, partners = _tokens(session, [Place(school_id, level, city_id, county_id, "")], now)
    return Caller(
        actor=f"client:{client_id}",
        tokens=tokens | {f"client:{client_id}"},
        partners=partners,
        school_id=school_id,
        scopes=frozenset(scopes),
        name=name,
    )


def organisation_tokens(session: Session, row: Organisation, now: datetime) -> frozenset[str]:
    """The audience tokens that everybody of a school or bureau holds."""
    return _tokens(session, [Place(row.id, row.level, row.city_id, row.county_id, "")], now)[0]


def active_partnership(now: datetime) -> ColumnElement[bool]:
    """A partnership in force: its status is active, and now ∈ [starts, ends)."""
    return and_(
        col(Partnership.status) == "active", in_term(col(Partnership.starts), col(Partnership.ends), now)
    )


def _tokens(
    session: Session, places: list[Place], now: datetime
) -> tuple[frozenset[str], dict[str, str], frozenset[str]]:
    """Audience tokens of places: school (with those merged into it), city, county, pair, paired, public; each school
    that was merged into one of them, with that one; and the schools that they are paired with.

    `city` and `county` are the schools lying there and the bureau itself; a bureau holds the pairs of its own level.
    """
    schools = {place.organisation_id for place in places if place.level == "school"}
    regions = {place.organisation_id for place in places if place.level in ("city", "county")}
    cities = {place.city_id for place in places if place.level in ("school", "county") and place.city_id}
    counties = {place.county_id for place in places if place.level == "school" and place.county_id}
    tokens = {"public"}
    tokens |= {f"school:{school_id}" for school_id in schools}
    tokens |= {
        f"{place.level}:{place.organisation_id}" for place in places if place.level in ("city", "county")
    }
    tokens |= {f"city:{city_id}" for city_id in cities} | {f"county:{county_id}" for county_id in counties}
    sides, merged, partners = schools | regions | cities | counties, dict[str, str](), set[str]()
    if sides:
        parameters = {"sides": sorted(sides), "schools": sorted(schools), "now": now}
        for kind, ident, detail, other in fetch(session, _REACH, parameters).all():
            tokens.add(f"{kind}:{ident}")
            if kind == "school":
                merged[ident] = detail
            elif detail == "school":
                tokens.add("paired")
                partners.add(other)
    return frozenset(tokens), merged, frozenset(partners - schools - merged.keys())


# Asked at every request, so that they are built once -------------------------------------------------------------

_NOW: Any = bindparam("now", type_=Moment())
_PERSON: Any = bindparam("person_id")
_Heir = aliased(Organisation)


def _now_at(name: str) -> Any:
    """A column of the organisation, or of the one it was merged into."""
    return func.coalesce(getattr(_Heir, name), getattr(Organisation, name))


_TOKEN = (
    select(
        col(Token.person_id),
        col(Token.client_id),
        col(Token.scopes),
        col(Person.name),
        col(Person.must_change_password),
    )
    .outerjoin(Person, col(Person.id) == col(Token.person_id))
    .where(
        col(Token.hash) == bindparam("hash"),
        col(Token.kind) == bindparam("kind"),
        col(Token.revoked_at).is_(None),
        col(Token.expires_at) > _NOW,
        col(Person.disabled_at).is_(None),
    )
)
_CLIENT: Executable = (
    select(
        col(Client.name),
        col(Organisation.id),
        col(Organisation.level),
        col(Organisation.city_id),
        col(Organisation.county_id),
    )
    .join(Organisation, col(Organisation.id) == col(Client.organisation_id))
    .where(col(Client.id) == bindparam("client_id"), col(Client.revoked_at).is_(None))
)
_NAME = select(col(Person.name)).where(col(Person.id) == _PERSON, col(Person.disabled_at).is_(None))
_PLACES: Select[Any] = (
    select(
        col(Membership.id).label("since"),
        *(_now_at(name).label(name) for name in ("id", "level", "city_id", "county_id")),
        case((col(_Heir.id).is_not(None), literal("teacher")), else_=col(Membership.role)),
    )
    .select_from(Membership)
    .join(Organisation, col(Membership.organisation_id) == col(Organisation.id))
    .outerjoin(_Heir, col(Organisation.succeeded_by) == col(_Heir.id))
    .where(col(Membership.person_id) == _PERSON, in_term(col(Membership.starts), col(Membership.ends), _NOW))
)
_TEAMS = (
    select(literal("~"), col(Team.id), literal("team"), null(), null(), literal(""))
    .join(TeamMember, col(TeamMember.team_id) == col(Team.id))
    .where(col(TeamMember.person_id) == _PERSON, in_term(col(Team.starts), col(Team.ends), _NOW))
)
_BELONGS: Any = union_all(_PLACES, _TEAMS).order_by("since")
"""Active memberships, first the earliest begun (a member of a merged school is a teacher of its successor, whatever she was:
who administers the successor has not been asked), and the teams she is in, within their term."""

_MERGED = col(Organisation.succeeded_by).in_(bindparam("schools", expanding=True))
_SIDES = select(col(Organisation.id)).where(
    or_(col(Organisation.id).in_(bindparam("sides", expanding=True)), _MERGED)
)
_REACH: Executable = union_all(
    select(literal("school"), col(Organisation.id), col(Organisation.succeeded_by), null()).where(_MERGED),
    *(
        select(literal("pair"), col(Partnership.id), col(Partnership.level), other).where(
            side.in_(_SIDES), active_partnership(_NOW).is_(True)
        )
        for side, other in (
            (col(Partnership.helper_id), col(Partnership.aided_id)),
            (col(Partnership.aided_id), col(Partnership.helper_id)),
        )
    ),
)
"""The schools merged into hers, each with hers, and the partnerships in force of any of her sides with the other side, one
perhaps twice; each side by its own index, where an OR of them walks all partnerships. `is_`, so that SQLite does not begin at all that are
active: among a thousand it took 1.2 ms of every request."""


def anonymous(link: str | None = None) -> Caller:
    """Nobody in particular; with a link's id, also whoever was given the link."""
    if link is None:
        return ANONYMOUS
    return Caller(actor="anonymous", tokens=frozenset({"public", f"link:{link}"}))
