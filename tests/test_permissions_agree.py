"""The stateful property test: whatever happens, read, list, search, download, versions and the feed agree with a small
oracle written independently of the rule."""

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlalchemy import select
from sqlmodel import col

from service.errors import TongkeError
from service.library import contents, finding, indexing, listing, resources, sharing, simple, versions
from service.library.understanding import Understood
from service.models import Change, Membership, Partnership, Resource
from tests.factories import START, Library, library

PEOPLE = (
    "t_helper",
    "a_helper",
    "t_second",
    "a_second",
    "t_aided",
    "a_aided",
    "t_lonely",
    "a_lonely",
    "o_370200",
)
WIDE = {"public", "paired", "city:371700", "pair-city"}
RANK = {"viewer": 1, "commenter": 2, "editor": 3, "manager": 4}


@dataclass
class Share:
    """A grant as the oracle knows it."""

    audience: str
    role: str
    starts: datetime | None
    ends: datetime | None
    approved: bool


@dataclass
class Lesson:
    """A resource as the oracle knows it."""

    owner: str
    school: str
    shares: dict[str, Share] = field(default_factory=dict)
    published: bool = False
    submitted: bool = False
    awaiting: bool = False
    withdrawn: bool = False
    asked_back: bool = False
    """A review was asked for while it was withdrawn."""
    binned: bool = False

    def ask(self) -> None:
        """For a review."""
        self.asked_back = self.withdrawn or (self.awaiting and self.asked_back)
        self.awaiting = True


class Machine(RuleBasedStateMachine):
    """Random life in a small province."""

    lessons = Bundle("lessons")

    @initialize(target=lessons)
    def begin(self) -> object:
        self.folder = Path(tempfile.mkdtemp(prefix="tongke-test-"))
        self.library: Library = library(self.folder)
        self.known: dict[str, Lesson] = {}
        self.paired = {"school": True, "second": True, "city": True}
        self.members = dict.fromkeys(PEOPLE, True)
        return multiple()

    def teardown(self) -> None:
        if hasattr(self, "library"):
            self.library.close()
            shutil.rmtree(self.folder)

    # What happens --------------------------------------------------------------------------------------------------

    @rule(target=lessons, owner=st.sampled_from(["t_helper", "t_aided", "t_second"]))
    def write(self, owner: str) -> object:
        if not self.members[owner]:
            return multiple()
        ident = self.library.draft(owner, "秋天的雨")
        self.library.attach(owner, ident, "教案.txt", "教学目标".encode())
        self.known[ident] = Lesson(owner, owner.removeprefix("t_"))
        return ident

    @rule(
        ident=lessons,
        audience=st.sampled_from(
            ["public", "paired", "city:371700", "pair-school", "pair-second", "pair-city", "school:aided",
             "school:lonely", "team", "person:t_lonely", "person:t_aided"]
        ),
        role=st.sampled_from(["viewer", "commenter", "editor"]),
        starts=st.sampled_from([None, None, 2]),
        ends=st.sampled_from([None, None, 4]),
    )  # fmt: skip
    def share(self, ident: str, audience: str, role: str, starts: int | None, ends: int | None) -> None:
        lesson = self.known[ident]
        not_before = self.library.clock.now + timedelta(days=starts) if starts else None
        expires_at = self.library.clock.now + timedelta(days=ends) if ends else None
        if not self._tried(
            lambda: self.library.share(
                lesson.owner, ident, self._token(audience), role, not_before=not_before, expires_at=expires_at
            )
        ):
            return
        wide = audience in WIDE
        assert not (wide and role == "editor"), "a wide audience was allowed to edit"
        lesson.shares[audience] = Share(audience, role, not_before, expires_at, approved=not wide)
        if wide and lesson.published:
            lesson.ask()

    @rule(
        ident=lessons,
        audience=st.sampled_from(["public", "paired", "pair-school", "school:aided", "person:t_aided"]),
    )
    def revoke(self, ident: str, audience: str) -> None:
        lesson = self.known[ident]
        if audience not in lesson.shares:
            return

        def do() -> None:
            with self.library.writing(lesson.owner) as work:
                token = self._token(audience)
                for grant in sharing.listing(work, ident):
                    if grant["audience"] == token:
                        sharing.take_back(work, ident, grant["id"])

        if self._tried(do):
            del lesson.shares[audience]

    @rule(ident=lessons)
    def submit(self, ident: str) -> None:
        lesson = self.known[ident]
        if self._tried(lambda: self._as(lesson.owner, versions.submit, ident)):
            if not lesson.submitted:
                lesson.ask()
            lesson.submitted = True

    @rule(ident=lessons)
    def approve(self, ident: str) -> None:
        lesson = self.known[ident]
        if not self._tried(lambda: self._as(f"a_{lesson.school}", versions.publish, ident)):
            return
        lesson.awaiting = False
        if lesson.submitted:
            own = f"school:{lesson.school}"
            if not lesson.published and not self._lasts(lesson.shares.get(own)):
                lesson.shares[own] = Share(own, "viewer", None, None, True)
            lesson.published, lesson.submitted, lesson.withdrawn = True, False, False
        for share in lesson.shares.values():
            if self._lasts(share):
                share.approved = True

    @rule(ident=lessons)
    def give_back(self, ident: str) -> None:
        lesson = self.known[ident]
        reviewer = f"a_{lesson.school}"
        if self._tried(lambda: self._as(reviewer, versions.give_back, ident, "请补充教学反思")):
            lesson.submitted = lesson.awaiting = False
            if lesson.published:
                lesson.shares = {name: share for name, share in lesson.shares.items() if share.approved}

    @rule(ident=lessons)
    def edit(self, ident: str) -> None:
        self._tried(lambda: self._as(self.known[ident].owner, resources.update, ident, {"summary": "改过了"}))

    @rule(ident=lessons)
    def remove(self, ident: str) -> None:
        lesson = self.known[ident]
        if self._tried(lambda: self._as(lesson.owner, resources.remove, ident)):
            lesson.withdrawn, lesson.binned = lesson.published, not lesson.published

    @rule(ident=lessons)
    def restore(self, ident: str) -> None:
        lesson = self.known[ident]
        if self._tried(lambda: self._as(lesson.owner, resources.restore, ident)):
            lesson.withdrawn = lesson.binned = False

    @rule(name=st.sampled_from(["school", "second", "city"]), status=st.sampled_from(["active", "suspended"]))
    def turn_partnership(self, name: str, status: str) -> None:
        with self.library.backends.writing() as work:
            work.session.get_one(Partnership, self.library.pairs[name]).status = status
        self.paired[name] = status == "active"

    @rule(name=st.sampled_from(["t_aided", "a_aided", "t_lonely"]), stays=st.booleans())
    def change_membership(self, name: str, stays: bool) -> None:
        with self.library.backends.writing() as work:
            row = work.session.scalars(
                select(Membership).where(col(Membership.person_id) == self.library.people[name])
            ).one()
            row.ends = None if stays else START
        self.members[name] = stays

    @rule(days=st.sampled_from([1, 3]))
    def wait(self, days: int) -> None:
        self.library.clock.tick(days=days)

    @rule()
    def index(self) -> None:
        opened = self.library.backends
        indexing.feed_index(opened.reading, opened.writing, list(self.known))

    # What must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def every_way_agrees_with_the_oracle(self) -> None:
        if not hasattr(self, "known"):
            return
        for name in (*PEOPLE, None):
            expected = {ident for ident in self.known if self._sees(name, ident)}
            with self.library.reading(name) as work:
                listed = {item["id"] for item in listing.page(work, limit=200).items}
                found = finding.search(work, "秋天的雨", per_page=100)
                assert listed == expected, f"{name}: list"
                hits = {item["id"] for item in found["items"]}
                assert hits <= expected, f"{name}: search leaks"
                assert found["total"] == len(hits), f"{name}: total leaks"
                simpler = simple.search(work, Understood((), "秋天的雨"), {}, "relevance", 0, 100)
                assert {item["id"] for item in simpler["items"]} == expected, f"{name}: simple search"
                assert simpler["total"] == len(expected), f"{name}: its total"
                for counted in found["facets"].values():
                    assert sum(value["count"] for value in counted) <= len(hits), f"{name}: facet leaks"
                for ident in self.known:
                    assert self._reads(lambda i=ident: resources.view(work, i)) == (ident in expected), (
                        f"{name}: read"
                    )
                    assert self._reads(lambda i=ident: versions.history(work, i)) == (ident in expected)
                    assert self._reads(lambda i=ident: self._download(work, i)) == (ident in expected)

    @invariant()
    def the_feed_ends_with_the_present_audience(self) -> None:
        if not hasattr(self, "known"):
            return
        with self.library.backends.reading() as work:
            numbers = list(work.session.scalars(select(col(Change.number)).order_by(col(Change.number))))
            assert numbers == list(range(1, len(numbers) + 1))
            for ident in self.known:
                last = work.session.scalars(
                    select(Change)
                    .where(col(Change.resource_id) == ident)
                    .order_by(col(Change.number).desc())
                    .limit(1)
                ).one()
                assert last.after == work.session.get_one(Resource, ident).readers

    # The oracle ----------------------------------------------------------------------------------------------------

    def _sees(self, name: str | None, ident: str) -> bool:
        lesson = self.known[ident]
        if lesson.binned:
            return False
        if name == lesson.owner:
            return True
        hidden = lesson.withdrawn and not lesson.asked_back
        if lesson.awaiting and not hidden and self._reviews(name, lesson.school):
            return True
        return any(self._opens(name, lesson, share) for share in lesson.shares.values())

    def _reviews(self, name: str | None, school: str) -> bool:
        return name == f"a_{school}" and self.members[name]

    def _opens(self, name: str | None, lesson: Lesson, share: Share) -> bool:
        now = self.library.clock.now
        if (share.starts and share.starts > now) or (share.ends and share.ends <= now) or not share.approved:
            return False
        if not self._belongs(name, share.audience):
            return False
        if RANK[share.role] >= RANK["editor"]:
            return True
        if lesson.withdrawn:
            return False
        return lesson.published or share.audience not in WIDE

    def _lasts(self, share: Share | None) -> bool:
        return share is not None and (share.ends is None or share.ends > self.library.clock.now)

    def _belongs(self, name: str | None, audience: str) -> bool:
        if audience == "public":
            return True
        if name is None:
            return False
        if audience.startswith("person:"):
            return audience == f"person:{name}"
        if audience == "team":
            return name in ("t_helper", "t_lonely")
        school, member = name[2:], self.members[name]
        if audience.startswith("school:"):
            return member and audience.partition(":")[2] == school
        sides = {"pair-school": ("helper", "aided"), "pair-second": ("second", "aided")}
        if audience in sides:
            return member and school in sides[audience] and self.paired[audience.removeprefix("pair-")]
        if audience == "pair-city":
            return member and self.paired["city"]
        if audience == "city:371700":
            return member and school in ("aided", "lonely")
        assert audience == "paired"
        return member and (
            (self.paired["school"] and school in ("helper", "aided"))
            or (self.paired["second"] and school in ("second", "aided"))
        )

    # Doing ---------------------------------------------------------------------------------------------------------

    def _token(self, audience: str) -> str:
        made = self.library
        if audience.startswith("pair-"):
            return f"pair:{made.pairs[audience.removeprefix('pair-')]}"
        if audience == "team":
            return f"team:{made.teams['team']}"
        kind, _, name = audience.partition(":")
        if kind == "person":
            return f"person:{made.people[name]}"
        return f"school:{made.schools[name]}" if kind == "school" else audience

    def _as(self, name: str, use_case: object, *arguments: object) -> None:
        with self.library.writing(name) as work:
            use_case(work, *arguments)  # type: ignore[operator]

    @staticmethod
    def _tried(do: object) -> bool:
        try:
            do()  # type: ignore[operator]
        except TongkeError:
            return False
        return True

    _reads = _tried

    @staticmethod
    def _download(work: object, ident: str) -> None:
        found, _etag = resources.view(work, ident)  # type: ignore[arg-type]
        content = contents.original(work, ident, found["files"][0]["id"])  # type: ignore[arg-type]
        with contents.open_bytes(work, content) as source:  # type: ignore[arg-type]
            assert source.read() == "教学目标".encode()


TestPermissionsAgree = Machine.TestCase
TestPermissionsAgree.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
