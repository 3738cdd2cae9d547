"""What the feed tells, brought into the copy: a page at a time, each in one transaction with its cursor."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
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
INDEXED = 1000
"""Resources after which the index is fed: each time is a commit of its own."""
QUICK = 2.0
"""Seconds: a line that brings a page of the feed in so many has room for bytes beside it."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of the feed with what it speaks of: what goes and what comes, the cursor after it, and whether it ends
    there."""

    removed: list[str]
    named: list[str]
    copies: list[dict[str, Any]]
    cursor: str
    more: bool


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
        a page is applied the next one comes. Raises what the client raises."""
        self._begin()
        anything, more, waits = False, True, 0
        with self.backends.reading() as work:
            cursor = keeping.state(work).cursor
        with ThreadPoolExecutor(1, thread_name_prefix="feed") as ahead:
            coming = ahead.submit(self._page, cursor, wait)
            while more:
                try:
                    page = coming.result()
                except Outdated:
                    with self.backends.writing() as work:
                        keeping.again(keeping.state(work))
                    coming = ahead.submit(self._page, None)
                    continue
                if more := page.more:
                    coming = ahead.submit(self._page, page.cursor)
                anything = self._apply(page) or anything or more
                waits += len(page.named) + len(page.removed)
                if waits >= INDEXED or not more:
                    self.feeder.feed()
                    waits = 0
        if anything:
            self._surround()
        return anything

    def _begin(self) -> None:
        with self.backends.reading() as work:
            known = keeping.known(work)
        if not known:
            self._surround()

    def _page(self, cursor: str | None, wait: int = 0) -> _Page:
        begun = monotonic()
        found = self.client.ask(
            "/changes", cursor=cursor, wait=wait or None, limit=200, audience="school", brief=True
        )
        by_op: dict[str, list[str]] = {"removed": [], "upsert": []}
        for item in found["items"]:
            by_op[item["op"]].append(item["id"])
        copies = list(self._copies(by_op["upsert"]))
        if copies and monotonic() - begun <= QUICK:
            self.quick.set()
        return _Page(by_op["removed"], by_op["upsert"], copies, found["next_cursor"], found["has_more"])

    def _apply(self, page: _Page) -> bool:
        here = {copy["resource"]["id"] for copy in page.copies}
        gone = page.removed + [ident for ident in page.named if ident not in here]  # drafts
        with self.backends.writing() as work:
            if not page.removed and not page.named and keeping.state(work).walked:
                keeping.contacted(work, page.cursor)
                return False
            freed = keeping.apply(work, gone, page.copies, page.cursor, more=page.more)
        for sha256 in freed:
            self.store.drop(sha256)
        self.told(len(page.copies), len(page.removed))
        return True

    def _copies(self, ids: list[str]) -> Iterable[dict[str, Any]]:
        for start in range(0, len(ids), ASKED):
            left = ids[start : start + ASKED]
            while left:
                answer = self.client.ask("/copies", id=left)
                yield from answer["items"]
                left = answer["left"]

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
