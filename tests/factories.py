"""Rows and back ends for tests: a small province with a pair, a second helper, and a school of its own."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from service.library import accounts, callers, files, indexing, resources, sharing, uploads
from service.models import File, Membership, Organisation, Partnership, Person, Team, TeamMember
from service.permissions import Caller
from service.wiring import Backends, open_backends
from service.work import Work, ulid
from tests import stacks
from tests.extractors import Lent

PASSWORD = "correct horse battery"
START = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that tests set."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@dataclass
class Library:
    """An open library with people in it. `people` maps a short name to a person's id."""

    backends: Backends
    clock: Clock
    people: dict[str, str] = field(default_factory=dict)
    schools: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)

    def caller(self, name: str | None) -> Caller:
        """Who this person is at the present time; None is nobody."""
        if name is None:
            return callers.anonymous()
        with self.backends.reading() as work:
            found = callers.person(work.session, self.people[name], work.now)
        assert found is not None
        return found

    @contextmanager
    def writing(self, name: str | None) -> Iterator[Work]:
        """A unit of work for a person."""
        with self.backends.writing(self.caller(name)) as work:
            yield work

    @contextmanager
    def reading(self, name: str | None) -> Iterator[Work]:
        """A reading unit of work for a person."""
        with self.backends.reading(self.caller(name)) as work:
            yield work

    def draft(self, owner: str, title: str = "秋天的雨", **fields: Any) -> str:
        """A draft of this person; returns its id."""
        with self.writing(owner) as work:
            return resources.create(work, {"kind": "lesson_case", "title": title, **fields})

    def share(self, owner: str, resource_id: str, audience: str, role: str = "viewer", **term: Any) -> str:
        """Share; returns the grant's id."""
        with self.writing(owner) as work:
            wanted = sharing.Wanted.model_validate({"audience": audience, "role": role, **term})
            return str(sharing.give(work, resource_id, wanted)["id"])

    def attach(
        self, owner: str, resource_id: str, name: str, content: bytes, media_type: str = "text/plain"
    ) -> str:
        """A file whose bytes are in the store, without an upload; returns its id."""
        with self.writing(owner) as work:
            key = f"files/{work.ids()}"
            work.objects.put(key, [content])
            resource = resources.load(work, resource_id)
            draft = resources.open_draft(work, resource)
            file = File(
                id=work.ids(),
                resource_id=resource_id,
                object_key=key,
                name=name,
                media_type=media_type,
                size=len(content),
                sha256=sha256(content).hexdigest(),
                created_by=work.caller.person_id,
                created_at=work.now,
            )
            files.add(work, resource, draft, file)
            return file.id

    def close(self) -> None:
        """Release the back ends."""
        self.backends.close()


def begin_upload(made: Library, length: int, name: str, who: str = "t_helper") -> str:
    """An upload of this person; returns its id."""
    return uploads.create(partial(made.reading, who), partial(made.writing, who), length, name).id


def organisation(level: str, ident: str | None = None, **values: Any) -> Organisation:
    """An organisation with a name and an id of its own."""
    ident = ident or ulid()
    return Organisation(id=ident, level=level, **{"name": ident, "name_order": ident, **values})


def person(work: Work, name: str, organisation_id: str, role: str = "teacher", **term: Any) -> str:
    """A person with a membership; returns her id. Passwords are hashed once for all."""
    found = Person(
        id=work.ids(), username=name, name=name, password_hash=_password_hash(), created_at=work.now
    )
    work.session.add(found)
    work.session.flush()
    work.session.add(
        Membership(id=work.ids(), person_id=found.id, organisation_id=organisation_id, role=role, **term)
    )
    return found.id


_HASHES: list[str] = []


def _password_hash() -> str:
    if not _HASHES:
        _HASHES.append(accounts.HASHER.hash(PASSWORD))
    return _HASHES[0]


def library(folder: Path, clock: Clock | None = None, **settings: Any) -> Library:
    """An empty library with the small province: see `populate`."""
    clock = clock or Clock()
    empty = _empty_library()
    shutil.copytree(empty, folder, dirs_exist_ok=True)
    stacks.database_url(folder, like=empty)
    opened = open_backends(stacks.settings(folder, **{"extract_seconds": 20, **settings}))
    backends = replace(opened, clock=clock, extractor=Lent.like(opened.extractor))
    if not backends.index.fresh():  # on a server it is not copied with the folder
        indexing.rebuild(backends.reading)
    made = Library(backends, clock)
    with backends.writing() as work:
        populate(work, made)
    return made


@cache
def _empty_library() -> Path:
    """A migrated data folder with an empty index, made once a process and copied."""
    folder = Path(tempfile.mkdtemp(prefix="tongke-empty-"))
    atexit.register(shutil.rmtree, folder)
    backends = open_backends(stacks.settings(folder))
    backends.database.migrate()
    indexing.rebuild(backends.reading)
    backends.close()
    return folder


def populate(work: Work, made: Library) -> None:
    """Helper city 370200 (schools `helper`, `second`), aided city 371700 (`aided`, `lonely`); `helper` and `second`
    both help `aided`; the cities are paired. Each school has a teacher `t_…` and an administrator `a_…`; each city
    an officer; and there is a platform administrator and a team of `t_helper` and `t_lonely`."""
    work.session.add(organisation("province", "370000", name="山东省"))
    work.session.flush()
    for city, name in (("370200", "青岛市"), ("371700", "菏泽市")):
        work.session.add(organisation("city", city, name=name, parent_id="370000", city_id=city))
    work.session.flush()
    for school, city in (
        ("helper", "370200"),
        ("second", "370200"),
        ("aided", "371700"),
        ("lonely", "371700"),
    ):
        row = organisation(
            "school", name=f"{school} 小学", parent_id=city, city_id=city, system="63", stages=["primary"]
        )
        work.session.add(row)
        work.session.flush()
        made.schools[school] = row.id
        made.people[f"t_{school}"] = person(work, f"t_{school}", row.id)
        made.people[f"a_{school}"] = person(work, f"a_{school}", row.id, "school_admin")
    for city in ("370200", "371700"):
        made.people[f"o_{city}"] = person(work, f"o_{city}", city, "officer")
    made.people["platform"] = person(work, "platform", "370000", "platform_admin")
    sides = {
        "school": ("school", made.schools["helper"], made.schools["aided"]),
        "second": ("school", made.schools["second"], made.schools["aided"]),
        "city": ("city", "370200", "371700"),
    }
    for name, (level, helper, aided) in sides.items():
        pair = Partnership(
            id=work.ids(), level=level, helper_id=helper, aided_id=aided, starts=START, status="active"
        )
        work.session.add(pair)
        made.pairs[name] = pair.id
    team = Team(
        id=work.ids(),
        name="示例团队",
        kind="teaching",
        created_by=made.people["t_helper"],
        created_at=work.now,
    )
    work.session.add(team)
    work.session.flush()
    work.session.add_all(
        TeamMember(team_id=team.id, person_id=made.people[name]) for name in ("t_helper", "t_lonely")
    )
    made.teams["team"] = team.id
