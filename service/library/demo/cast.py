"""The demo's schools, partnerships, persons and teams as rows, and the keys by which content names them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from service.library import callers, collation, regions, teams, vocabulary
from service.library.demo import people
from service.library.demo.people import MARK, Account, Pair, School
from service.models import Membership, Organisation, Partnership, Person, Team
from service.permissions import Scope
from service.work import SHANGHAI, Work


@dataclass
class Cast:
    """Ids by key: schools, partnerships (`qd>hz`; also the cities', `370200>371700`), persons by username, teams."""

    schools: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)

    def audience(self, word: str) -> str:
        """An audience token of the content's word for it: `pair:qd>hz` → `pair:ID`; codes of cities stay."""
        kind, _, key = word.partition(":")
        known = {"school": self.schools, "pair": self.pairs, "person": self.persons, "team": self.teams}
        return f"{kind}:{known[kind][key]}" if kind in known else word


def password() -> str:
    """Three words to type, and two digits: `kavo-tumi-redo-27`. 43 bits, behind a limit on tries."""
    syllables = [secrets.choice("bdfghjkmnprstvwz") + secrets.choice("aeiou") for _ in range(6)]
    words = ["".join(syllables[start : start + 2]) for start in (0, 2, 4)]
    return f"{'-'.join(words)}-{secrets.randbelow(90) + 10}"


def settle(work: Work, password_hashes: Mapping[str, str]) -> Cast:
    """Write the rows of everybody and everything but the resources."""
    regions.load(work)
    cast = Cast(
        pairs={
            f"{helper}>{aided}": regions.pair_id(helper, aided) for helper, aided in vocabulary.city_pairs()
        }
    )
    for school in people.SCHOOLS:
        cast.schools[school.key] = _school(work, school)
    for pair in people.PAIRS:
        cast.pairs[pair.key] = _pair(work, cast, pair)
    for account in people.ACCOUNTS:
        cast.persons[account.username] = _person(work, cast, account, password_hashes[account.username])
    work.session.flush()
    for team in people.TEAMS:
        members = [cast.persons[username] for username in team.members]
        lead = as_person(work, members[0])
        cast.teams[team.key] = teams.create(lead, team.name + MARK, team.kind, members[1:])
        work.session.get_one(Team, cast.teams[team.key]).demo = True
    work.session.flush()
    return cast


def _school(work: Work, school: School) -> str:
    name = school.name + MARK
    row = Organisation(
        id=work.ids(),
        level="school",
        parent_id=school.county,
        city_id=school.city,
        county_id=school.county,
        name=name,
        name_order=collation.sort_key(name),
        system=school.system,
        stages=list(school.stages),
        demo=True,
    )
    work.session.add(row)
    work.session.flush()
    return row.id


def _pair(work: Work, cast: Cast, pair: Pair) -> str:
    helper = cast.schools.get(pair.helper, pair.helper)
    row = Partnership(
        id=work.ids(),
        level=pair.level,
        helper_id=helper,
        aided_id=cast.schools.get(pair.aided, pair.aided),
        stages=list(pair.stages),
        starts=midnight(pair.starts),
        status=pair.status,
        proposed_by=helper if pair.status == "proposed" else None,
        demo=True,
    )
    work.session.add(row)
    return row.id


def midnight(day: date) -> datetime:
    """The day's beginning in Asia/Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def _person(work: Work, cast: Cast, account: Account, password_hash: str) -> str:
    row = Person(
        id=work.ids(),
        username=account.username,
        name=account.name + MARK,
        password_hash=password_hash,
        created_at=work.now,
        demo=True,
    )
    work.session.add(row)
    work.session.flush()
    place = cast.schools.get(account.place, account.place)
    work.session.add(Membership(id=work.ids(), person_id=row.id, organisation_id=place, role=account.role))
    return row.id


def as_person(work: Work, person_id: str) -> Work:
    """The same unit of work, for this person."""
    caller = callers.person(work.session, person_id, work.now, Scope)
    if caller is None:
        raise LookupError(f"no such person: {person_id}")
    return replace(work, caller=caller)


def accounts_list(work: Work, cast: Cast, passwords: Mapping[str, str]) -> list[dict[str, str | None]]:
    """The sign-in accounts as `demo-accounts.json` has them."""
    return [_account(work, cast, account, passwords[account.username]) for account in people.ACCOUNTS]


def _account(work: Work, cast: Cast, account: Account, plain: str) -> dict[str, str | None]:
    place = work.session.get_one(Organisation, cast.schools.get(account.place, account.place))
    city = work.session.get(Organisation, place.city_id) if place.city_id else None
    at_school = place.level == "school"
    return {
        "username": account.username,
        "password": plain,
        "name": account.name + MARK,
        "role": account.role,
        "school": place.name if at_school else None,
        "school_id": place.id if at_school else None,
        "city": city.name if city else None,
        "side": side(account.place),
    }


def side(place: str) -> str | None:
    """On which side of an active partnership a school or city stands."""
    schools = ((pair.helper, pair.aided) for pair in people.PAIRS if pair.status == "active")
    pairs = [*schools, *vocabulary.city_pairs()]
    if any(place == helper for helper, _aided in pairs):
        return "helper"
    return "aided" if any(place == aided for _helper, aided in pairs) else None
