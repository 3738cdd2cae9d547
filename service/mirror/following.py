"""What the feed tells, brought into the copy: a page at a time, each in one transaction with its cursor."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from service.feeder import Feeder
from service.library.mirroring import keeping
from service.storage.mirrored import Mirrored
from service.wiring import Backends
from tongke import Client, Outdated

ASKED = 100
"""Resources asked for at once."""
AHEAD = 3
"""Pages that come while one is applied: a library that carries bytes meanwhile takes its time for each."""
LINES = 4
"""Questions under way at once."""
INDEXED = 1000
"""Resources after which the index is fed: each time is a commit of its own."""
QUICK = 1.0
"""Seconds: a line that brings so many resources as are asked for at once in that time has room for bytes beside them."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of the feed: what goes and what comes, the cursor after it, and whether it ends there."""

    removed: list[str]
    named: list[str]
    cursor: str
    more: bool


_Copies = list[dict[str, Any]]


@dataclass
class Following:
    """A mirror on its way along the feed."""

    backends: Backends
    client: Client
    url: str
    store: Mirrored
    told: Callable[[int, int], None] = lambda _came, _went: None
    """How many resources came or changed, and how many went, with each page."""

    quick: threading.Event = field(default_factory=threading.Event)
    """Set once the line proved to be."""

    def __post_init__(self) -> None:
        self.feeder = Feeder(self.backends)

    def contact(self, wait: int = 0) -> bool:
        """Follow the feed to its end; whether there was anything. `wait`: seconds that the first answer may take. While
        a page is applied the next ones come. Raises what the client raises."""
        self._begin()
        anything, waits = False, 0
        with self.backends.reading() as work:
            cursor = keeping.state(work).cursor
        lines = ThreadPoolExecutor(LINES, thread_name_prefix="feed")
        try:
            for page, copies in self._pages(lines, cursor, wait):
                anything = self._apply(page, copies) or anything or page.more
                waits += len(page.named) + len(page.removed)
                if waits >= INDEXED or not page.more:
                    self.feeder.feed()
                    waits = 0
        finally:
            lines.shutdown(cancel_futures=True)
        if anything:
            self._surround()
        return anything

    def _pages(
        self, lines: ThreadPoolExecutor, cursor: str | None, wait: int
    ) -> Iterator[tuple[_Page, _Copies]]:
        """The pages up to the feed's end with what they speak of, in their order."""
        coming = deque[tuple[_Page, list[Future[_Copies]]]]()
        following: Future[_Page] | None = lines.submit(self._page, cursor, wait)
        while following or coming:
            while following and len(coming) < AHEAD and (following.done() or not coming):
                try:
                    page = following.result()
                except Outdated:
                    coming.clear()  # nothing of the old walk is applied after this
                    with self.backends.writing() as work:
                        keeping.again(keeping.state(work))
                    following = lines.submit(self._page, None)
                    continue
                following = lines.submit(self._page, page.cursor) if page.more else None
                asked = range(0, len(page.named), ASKED)
                coming.append(
                    (
                        page,
                        [lines.submit(self._copies, page.named[start : start + ASKED]) for start in asked],
                    )
                )
            page, parts = coming.popleft()
            yield page, [copy for part in parts for copy in part.result()]

    def _begin(self) -> None:
        with self.backends.reading() as work:
            known = keeping.known(work)
        if not known:
            self._surround()

    def _page(self, cursor: str | None, wait: int = 0) -> _Page:
        found = self.client.ask(
            "/changes", cursor=cursor, wait=wait or None, limit=200, audience="school", brief=True
        )
        by_op: dict[str, list[str]] = {"removed": [], "upsert": []}
        for item in found["items"]:
            by_op[item["op"]].append(item["id"])
        return _Page(by_op["removed"], by_op["upsert"], found["next_cursor"], found["has_more"])

    def _copies(self, ids: list[str]) -> _Copies:
        begun, copies, left = monotonic(), _Copies(), ids
        while left:
            answer = self.client.ask("/copies", id=left)
            copies += answer["items"]
            left = answer["left"]
        if copies and monotonic() - begun <= QUICK:
            self.quick.set()
        return copies

    def _apply(self, page: _Page, copies: _Copies) -> bool:
        here = {copy["resource"]["id"] for copy in copies}
        gone = page.removed + [ident for ident in page.named if ident not in here]  # drafts
        with self.backends.writing() as work:
            if not page.removed and not page.named and keeping.state(work).walked:
                keeping.contacted(work, page.cursor)
                return False
            freed = keeping.apply(work, gone, copies, page.cursor, more=page.more)
        for sha256 in freed:
            self.store.drop(sha256)
        self.told(len(copies), len(page.removed))
        return True

    def _surround(self) -> None:
        """What pages and search need beside the resources."""
        with self.backends.reading() as work:
            schools = keeping.schools(work)
        asked = [schools[start : start + ASKED] for start in range(0, len(schools), ASKED)] or [[]]
        answers = [self.client.ask("/copies/surroundings", id=some) for some in asked]
        told = answers[0] | {"organisations": [row for answer in answers for row in answer["organisations"]]}
        with self.backends.writing() as work:
            keeping.surround(work, told)
            keeping.begin(work, self.url, told["school_id"])
