"""Who asks: from a bearer token or a page session to a Caller with her audience tokens, computed per request."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    union,
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
    return _caller(work.session, _BY_SECRET, {"hash": fingerprint(secret), "kind": kind}, work.now)


def person(session: Session, person_id: str, now: datetime, scopes: Iterable[str] = Scope) -> Caller | None:
    """The caller that a person is now; None where her account is closed."""
    found = _caller(session, _BY_PERSON, {"person_id": person_id}, now)
    return found and replace(found, scopes=frozenset(scopes))


def _caller(session: Session, statement: Executable, who: dict[str, str], now: datetime) -> Caller | None:
    rows = fetch(session, statement, who | {"now": now}).all()
    known = next((row for row in rows if row[0] == "self"), None)
    if known is None:
        return None
    _kind, person_id, client_id, name, *_none, scopes, first_password = known
    found = sorted((row[1:7] for row in rows if row[0] == "place"), key=itemgetter(0))
    belongs = [Place(*cells) for _since, *cells in found]
    places = [place for place in belongs if place.level != "team"]
    tokens, merged, partners = _tokens(places, rows)
    headed = {place.organisation_id for place in places if place.role == "school_admin"}
    reviews = headed | {ident for ident, heir in merged.items() if heir in headed}
    actor = f"person:{person_id}" if person_id else f"client:{client_id}"
    owners = (place for place in places if place.level == "school" or not person_id)
    return Caller(
        actor=actor,
        tokens=tokens
        | {actor}
        | {f"team:{place.organisation_id}" for place in belongs if place.level == "team"}
        | {f"review:{school_id}" for school_id in reviews},
        person_id=person_id,
        school_id=next((place.organisation_id for place in owners), None),
        reviews=frozenset(reviews),
        partners=partners,
        platform_admin=any(place.role == "platform_admin" for place in places),
        scopes=frozenset(scopes or ()),
        name=name,
        first_password=first_password,
    )


def organisation_tokens(session: Session, row: Organisation, now: datetime) -> frozenset[str]:
    """The audience tokens that everybody of a school or bureau holds."""
    found = fetch(session, _OF_ORGANISATION, {"organisation_id": row.id, "now": now}).all()
    return _tokens([Place(row.id, row.level, row.city_id, row.county_id, "")], found)[0]


def active_partnership(now: datetime) -> ColumnElement[bool]:
    """A partnership in force: its status is active, and now ∈ [starts, ends)."""
    return and_(
        col(Partnership.status) == "active", in_term(col(Partnership.starts), col(Partnership.ends), now)
    )


def _tokens(
    places: list[Place], rows: Iterable[Any]
) -> tuple[frozenset[str], dict[str, str], frozenset[str]]:
    """Audience tokens of places: school (with those merged into it), city, county, pair, paired, public; each school
    that was merged into one of them, with that one; and the schools that they are paired with. `rows` are those of
    `_reach`, of all that the places name.

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
    merged = {ident: heir for kind, ident, heir, *_ in rows if kind == "merged" and heir in schools}
    tokens |= {f"school:{school_id}" for school_id in merged}
    sides, partners = schools | regions | cities | counties | merged.keys(), set[str]()
    for kind, ident, level, side, other, *_ in rows:
        if kind == "pair" and side in sides:
            tokens.add(f"pair:{ident}")
            if level == "school":
                tokens.add("paired")
                partners.add(other)
    return frozenset(tokens), merged, frozenset(partners - schools - merged.keys())


# Asked at every request, so that they are built once -------------------------------------------------------------

_NOW: Any = bindparam("now", type_=Moment())
_Heir = aliased(Organisation)


def _now_at(name: str) -> Any:
    """A column of the organisation, or of the one it was merged into."""
    return func.coalesce(getattr(_Heir, name), getattr(Organisation, name))


def _word(word: str) -> Any:
    """A constant of the statement."""
    return literal_column(f"'{word}'")


def _row(kind: str, *cells: Any, scopes: Any = None, first_password: Any = None) -> Select[Any]:
    """A select of what a row is, six cells, and two that who she is has alone."""
    empty = [null() for _ in range(6 - len(cells))]
    last = (null() if cell is None else cell for cell in (scopes, first_password))
    return select(_word(kind), *cells, *empty, *last)


def _places(me: Any) -> Any:
    """Active memberships, each with what orders them: first the earliest begun (a member of a merged school is a teacher of
    its successor, whatever she was: who administers the successor has not been asked); the teams she is in, within their
    term; of a program its school."""
    placed = ("id", "level", "city_id", "county_id")
    memberships = (
        select(
            col(Membership.id).label("since"),
            *(_now_at(name).label(name) for name in placed),
            case((col(_Heir.id).is_not(None), literal_column("'teacher'")), else_=col(Membership.role)).label(
                "role"
            ),
        )
        .select_from(me)
        .join(Membership, col(Membership.person_id) == me.c.person_id)
        .join(Organisation, col(Membership.organisation_id) == col(Organisation.id))
        .outerjoin(_Heir, col(Organisation.succeeded_by) == col(_Heir.id))
        .where(in_term(col(Membership.starts), col(Membership.ends), _NOW))
    )
    teams = (
        select(_word("~"), col(Team.id), _word("team"), null(), null(), _word(""))
        .select_from(me)
        .join(TeamMember, col(TeamMember.person_id) == me.c.person_id)
        .join(Team, col(Team.id) == col(TeamMember.team_id))
        .where(in_term(col(Team.starts), col(Team.ends), _NOW))
    )
    programs = (
        select(_word("!"), *(col(getattr(Organisation, name)) for name in placed), _word(""))
        .select_from(me)
        .join(Organisation, col(Organisation.id) == me.c.organisation_id)
    )
    return union_all(memberships, teams, programs).cte("place")


def _reach(place: Any) -> tuple[Any, ...]:
    """The schools merged into those of places, each with that one, and the partnerships in force of anything that the
    places name, with their two sides, one perhaps twice; each side by its own index, where an OR of them walks all
    partnerships. `is_`, so that SQLite does not begin at all that are active: among a thousand it took 1.2 ms of every
    request."""
    into_hers = col(Organisation.succeeded_by).in_(select(place.c.id))
    named = union(
        *(select(place.c[name].label("id")) for name in ("id", "city_id", "county_id")),
        select(col(Organisation.id)).where(into_hers),
    ).cte("named")
    helper, aided = col(Partnership.helper_id), col(Partnership.aided_id)
    return (
        _row("merged", col(Organisation.id), col(Organisation.succeeded_by)).where(into_hers),
        *(
            _row("pair", col(Partnership.id), col(Partnership.level), side, other).where(
                side.in_(select(named.c.id)), active_partnership(_NOW).is_(True)
            )
            for side, other in ((helper, aided), (aided, helper))
        ),
    )


def _known(who: Any) -> Executable:
    """Everything of a caller in one statement, a row each: who she is, her places, and what these reach."""
    me = who.cte("me")
    place = _places(me)
    return union_all(
        _row(
            "self",
            me.c.person_id,
            me.c.client_id,
            me.c.name,
            scopes=me.c.scopes,
            first_password=me.c.first_password,
        ),
        _row("place", *place.c),
        *_reach(place),
    )


_BY_SECRET = _known(
    select(
        col(Token.person_id),
        col(Token.client_id),
        col(Client.organisation_id),
        func.coalesce(col(Person.name), col(Client.name)).label("name"),
        col(Token.scopes),
        func.coalesce(col(Person.must_change_password), false()).label("first_password"),
    )
    .outerjoin(Person, and_(col(Person.id) == col(Token.person_id), col(Person.disabled_at).is_(None)))
    .outerjoin(Client, and_(col(Client.id) == col(Token.client_id), col(Client.revoked_at).is_(None)))
    .where(
        col(Token.hash) == bindparam("hash"),
        col(Token.kind) == bindparam("kind"),
        col(Token.revoked_at).is_(None),
        col(Token.expires_at) > _NOW,
        or_(col(Person.id).is_not(None), col(Client.id).is_not(None)),
    )
)
_BY_PERSON = _known(
    select(
        col(Person.id).label("person_id"),
        null().label("client_id"),
        null().label("organisation_id"),
        col(Person.name),
        null().label("scopes"),
        false().label("first_password"),
    ).where(col(Person.id) == bindparam("person_id"), col(Person.disabled_at).is_(None))
)
_OF_ORGANISATION: Executable = union_all(
    *_reach(
        select(col(Organisation.id), col(Organisation.city_id), col(Organisation.county_id))
        .where(col(Organisation.id) == bindparam("organisation_id"))
        .cte("place")
    )
)


def anonymous(link: str | None = None) -> Caller:
    """Nobody in particular; with a link's id, also whoever was given the link."""
    if link is None:
        return ANONYMOUS
    return Caller(actor="anonymous", tokens=frozenset({"public", f"link:{link}"}))
