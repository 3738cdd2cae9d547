"""The stateful property test of the feed: ten clients that ask at random keep exact copies, and no id that a client could
not see ever reaches it."""

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, multiple, rule

from service import jobs
from service.errors import Gone
from service.library import changes, listing, resources, sharing
from service.models import Organisation, Team
from tests.factories import START
from tests.test_permissions_agree import PEOPLE, Machine

CLIENTS = (*PEOPLE, None)


class Client:
    """A program's copy, and where it stands in the feed."""

    def __init__(self) -> None:
        self.copy: dict[str, dict[str, Any]] = {}
        self.cursor: str | None = None
        self.could_see: set[str] = set()


class Feed(Machine):
    """The life of `Machine`, followed by ten clients."""

    def begin(self) -> object:
        """Three lessons are there already, so that a life has something to tell from its first step."""
        super().begin()
        self.clients = {name: Client() for name in CLIENTS}
        self.merged, self.together = False, True
        return multiple(
            *(
                self._published(*lesson)
                for lesson in (("t_helper", "pair-school"), ("t_helper", "paired"), ("t_aided", "team"))
            )
        )

    begin = initialize(target=Machine.lessons)(begin)

    @rule(names=st.sets(st.sampled_from(CLIENTS), min_size=1), limit=st.integers(1, 3))
    def ask(self, names: set[str | None], limit: int) -> None:
        for name in sorted(names, key=str):
            self._page(name, limit)

    @rule(limit=st.sampled_from([1, 2, 200]))
    def catch_up(self, limit: int) -> None:
        for name in CLIENTS:
            while self._page(name, limit):
                pass
            self._compare(name)

    def _compare(self, name: str | None) -> None:
        with self.library.reading(name) as work:
            seen = {item["id"] for item in listing.page(work, limit=200).items}
            assert set(self.clients[name].copy) == seen, f"{name}: copy"
            for ident in seen:
                now, _etag = resources.view(work, ident)
                assert self.clients[name].copy[ident]["updated_at"] == now["updated_at"]
                assert self.clients[name].copy[ident]["summary"] == now["summary"]

    def _published(self, owner: str, audience: str) -> object:
        ident = self.write(owner)
        assert isinstance(ident, str)
        self.share(ident, audience, "viewer", None, None)
        self.submit(ident)
        self.approve(ident)
        return ident

    def _page(self, name: str | None, limit: int) -> bool:
        client = self.clients[name]
        with self.library.reading(name) as work:
            try:
                page = changes.page(work, client.cursor, limit)
            except Gone:
                client.copy, client.cursor = {}, None
                return True
        assert len(page.items) <= limit
        for item in page.items:
            if item["op"] == "upsert":
                client.copy[item["resource"]["id"]] = item["resource"]
                assert item["resource"]["id"] in client.could_see, f"{name}: content"
            else:
                client.copy.pop(item["id"], None)
                assert item["id"] in client.could_see, f"{name}: an id"
        client.cursor = page.next_cursor
        return page.has_more

    def wait(self, days: int) -> None:
        """A worker runs, so that what starts or lapses is written into the feed."""
        super().wait(days)
        with self.library.backends.writing() as work:
            for job in jobs.claim(work.session, work.now, ["clock"], 1000):
                sharing.tick(work, job.subject)
                jobs.finish(work.session, [job])

    wait = rule(days=st.sampled_from([1, 3]))(wait)

    @rule(merged=st.booleans())
    def merge(self, merged: bool) -> None:
        """`lonely` becomes a part of `aided`, or stands by itself again."""
        with self.library.backends.writing() as work:
            lonely = work.session.get_one(Organisation, self.library.schools["lonely"])
            lonely.succeeded_by = self.library.schools["aided"] if merged else None
        self.merged = merged

    @rule(together=st.booleans())
    def turn_team(self, together: bool) -> None:
        with self.library.backends.writing() as work:
            work.session.get_one(Team, self.library.teams["team"]).ends = None if together else START
        self.together = together

    @invariant()
    def every_client_is_remembered_with_what_it_could_see(self) -> None:
        if not hasattr(self, "clients"):
            return
        for name in CLIENTS:
            self.clients[name].could_see |= {ident for ident in self.known if self._sees(name, ident)}

    def _reviews(self, name: str | None, school: str) -> bool:
        """Who administers the school that `lonely` went up in reviews both; who administered `lonely`, neither."""
        return super()._reviews(name, "aided" if self.merged and school == "lonely" else school)

    def _belongs(self, name: str | None, audience: str) -> bool:
        """With what merged schools share, and the team's term."""
        if audience == "team" and not self.together:
            return False
        if not self.merged or name is None or name[2:] not in ("aided", "lonely"):
            return super()._belongs(name, audience)
        if audience in ("school:aided", "school:lonely"):
            return self.members[name]
        if audience in ("pair-school", "pair-second"):
            return self.members[name] and self.paired[audience.removeprefix("pair-")]
        if audience == "paired":
            return self.members[name] and (self.paired["school"] or self.paired["second"])
        return super()._belongs(name, audience)

    def every_way_agrees_with_the_oracle(self) -> None:
        """Asked in `test_permissions_agree`."""

    def the_feed_ends_with_the_present_audience(self) -> None:
        """Asked in `test_permissions_agree`."""


TestFeed = Feed.TestCase
TestFeed.settings = settings(
    max_examples=40,
    stateful_step_count=50,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
