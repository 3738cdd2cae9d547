"""Ten clients follow the feed while others write at the same time: in the end each copy is what its caller sees, and no id
that she could never see was ever named to her."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select
from sqlmodel import col

from service import jobs
from service.errors import Gone, TongkeError
from service.library import changes, listing, resources, sharing, versions
from service.models import Change, Grant, Job, Membership, Organisation, Partnership, Resource, Team
from tests.factories import START, Library, library
from tests.test_permissions_agree import PEOPLE

CLIENTS = (*PEOPLE, None)
WRITERS, STEPS = 4, 30
OWNERS = ("t_helper", "t_second", "t_aided")
REACH = {
    "person:t_lonely": {"t_lonely"},
    "team": {"t_helper", "t_lonely"},
    "school:aided": {"t_aided", "a_aided", "t_lonely", "a_lonely"},
    "pair:second": {"t_second", "a_second", "t_aided", "a_aided", "t_lonely", "a_lonely"},
    "pair:school": {"t_helper", "a_helper", "t_aided", "a_aided", "t_lonely", "a_lonely"},
    "city:371700": {"t_aided", "a_aided", "t_lonely", "a_lonely"},
    "public": set(CLIENTS),
}
"""Audience → everybody who may belong to it at some time; `lonely` may be merged into `aided`."""


@dataclass
class Client:
    """A program's copy, and where it stands in the feed."""

    name: str | None
    copy: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    """Every id that was ever told to it."""
    cursor: str | None = None

    def page(self, made: Library, limit: int) -> bool:
        """Ask once; whether there is more."""
        with made.reading(self.name) as work:
            try:
                found = changes.page(work, self.cursor, limit)
            except Gone:
                self.copy, self.cursor = set(), None
                return True
        for item in found.items:
            if item["op"] == "upsert":
                self.copy.add(item["resource"]["id"])
            else:
                self.copy.discard(item["id"])
        self.named |= {item.get("id") or item["resource"]["id"] for item in found.items}
        self.cursor = found.next_cursor
        return found.has_more


class Life:
    """What several writers do to one library at the same time, and who may ever have seen what."""

    def __init__(self, made: Library) -> None:
        self.made = made
        self.may_see: dict[str, set[str | None]] = {}
        """Written before anything is shared."""
        self.owners: dict[str, str] = {}

    def write(self, seed: int) -> None:
        """One writer's steps."""
        chance = Random(seed)
        for _step in range(STEPS):
            step = chance.choices(
                (
                    self.make,
                    self.share,
                    self.revoke,
                    self.edit,
                    self.submit,
                    self.approve,
                    self.remove,
                    self.restore,
                    self.turn,
                    self.wait,
                ),
                (4, 6, 3, 3, 3, 3, 1, 1, 2, 1),
            )[0]
            try:
                step(chance)
            except TongkeError:
                continue  # somebody else was first, or it is not allowed in this state

    def _one(self, chance: Random) -> tuple[str, str]:
        if not self.owners:
            self.make(chance)
        ident = chance.choice(sorted(self.owners))
        return ident, self.owners[ident]

    def make(self, chance: Random) -> None:
        owner = chance.choice(OWNERS)
        ident = self.made.draft(owner, "秋天的雨")
        self.may_see[ident] = {owner, f"a_{owner[2:]}"}
        self.owners[ident] = owner

    def share(self, chance: Random) -> None:
        ident, owner = self._one(chance)
        audience = chance.choice(sorted(REACH))
        ends = self.made.clock.now + timedelta(days=chance.choice((1, 3))) if chance.random() < 0.3 else None
        self.may_see[ident] |= REACH[audience]
        self.made.share(owner, ident, self._token(audience), expires_at=ends)

    def _token(self, audience: str) -> str:
        kind, _, name = audience.partition(":")
        ids = {"person": self.made.people, "school": self.made.schools, "pair": self.made.pairs}
        if kind == "team":
            return f"team:{self.made.teams['team']}"
        return f"{kind}:{ids[kind][name]}" if kind in ids else audience

    def revoke(self, chance: Random) -> None:
        ident, owner = self._one(chance)
        with self.made.writing(owner) as work:
            grants = [grant for grant in sharing.listing(work, ident) if grant["role"] == "viewer"]
            if grants:
                sharing.take_back(work, ident, chance.choice(grants)["id"])

    def edit(self, chance: Random) -> None:
        ident, owner = self._one(chance)
        with self.made.writing(owner) as work:
            resources.update(work, ident, {"summary": str(chance.random())})

    def submit(self, chance: Random) -> None:
        ident, owner = self._one(chance)
        with self.made.writing(owner) as work:
            versions.submit(work, ident)

    def approve(self, chance: Random) -> None:
        ident, owner = self._one(chance)
        self.may_see[ident] |= {
            f"{post}_{owner[2:]}" for post in ("t", "a")
        }  # the school's own, by publishing
        if owner == "t_aided":
            self.may_see[ident] |= REACH["school:aided"]
        with self.made.writing(f"a_{owner[2:]}") as work:
            versions.publish(work, ident)

    def remove(self, chance: Random) -> None:
        ident, owner = self._one(chance)
        with self.made.writing(owner) as work:
            resources.remove(work, ident)

    def restore(self, chance: Random) -> None:
        ident, owner = self._one(chance)
        with self.made.writing(owner) as work:
            resources.restore(work, ident)

    def turn(self, chance: Random) -> None:
        """A partnership, a post, a team or a merger begins or ends."""
        on, what = chance.random() < 0.5, chance.randrange(4)
        made = self.made
        with made.backends.writing() as work:
            if what == 0:
                pair = work.session.get_one(Partnership, made.pairs[chance.choice(("school", "second"))])
                pair.status = "active" if on else "suspended"
            elif what == 1:
                of = col(Membership.person_id) == made.people[chance.choice(("a_aided", "t_lonely"))]
                work.session.scalars(select(Membership).where(of)).one().ends = None if on else START
            elif what == 2:
                work.session.get_one(Team, made.teams["team"]).ends = None if on else START
            else:
                lonely = work.session.get_one(Organisation, made.schools["lonely"])
                lonely.succeeded_by = made.schools["aided"] if on else None

    def wait(self, chance: Random) -> None:
        """A day passes, and a worker writes what lapsed into the feed."""
        self.made.clock.tick(days=1)
        tick(self.made)


def history(made: Library, ids: set[str]) -> list[object]:
    """What the feed and the grants say of these, for whoever looks for a fault."""
    with made.backends.reading() as work:
        found: list[object] = [(made.people, made.schools, made.pairs, made.clock.now)]
        for ident in sorted(ids):
            of = col(Change.resource_id) == ident
            rows = work.session.scalars(select(Change).where(of).order_by(col(Change.number))).all()
            found.append([(row.number, row.at, row.before, row.after) for row in rows])
            found.append(work.session.get_one(Resource, ident).model_dump(mode="json"))
            given = work.session.scalars(select(Grant).where(col(Grant.resource_id) == ident)).all()
            found.append([grant.model_dump(mode="json") for grant in given])
            subjects = [grant.id for grant in given]
            waiting = work.session.scalars(select(Job).where(col(Job.subject).in_(subjects))).all()
            found.append([job.model_dump(mode="json") for job in waiting])
        return found


def tick(made: Library) -> None:
    """What a worker does at the time when a grant starts or lapses."""
    with made.backends.writing() as work:
        for job in jobs.claim(work.session, work.now, ["clock"], 1000):
            sharing.tick(work, job.subject)
            jobs.finish(work.session, [job])


@pytest.mark.parametrize("seed", [1, 2])
def test_copies_are_exact_after_everybody_wrote_at_once(tmp_path: Path, seed: int) -> None:
    made = library(tmp_path)
    life, clients, ended = Life(made), [Client(name) for name in CLIENTS], threading.Event()

    def follow(client: Client, number: int) -> None:
        chance = Random(seed * 1000 + number)
        while not ended.wait(chance.random() * 0.02):
            client.page(made, chance.choice((1, 2, 50)))

    try:
        with ThreadPoolExecutor(WRITERS + len(clients)) as pool:
            following = [pool.submit(follow, client, n) for n, client in enumerate(clients)]
            writing = [pool.submit(life.write, seed * 100 + n) for n in range(WRITERS)]
            try:
                for writer in writing:
                    writer.result()
            finally:
                ended.set()
            for one in following:
                one.result()
        tick(made)
        for client in clients:
            while client.page(made, 50):
                pass
            with made.reading(client.name) as work:
                seen = {item["id"] for item in listing.page(work, limit=200).items}
            assert client.copy == seen, (client.name, history(made, client.copy ^ seen))
            unseen = {ident for ident in life.owners if client.name not in life.may_see[ident]}
            assert not client.named & unseen, client.name
        assert sum(len(client.copy) for client in clients) > 0
    finally:
        made.close()
