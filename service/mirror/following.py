"""What the feed tells, brought into the copy: a page at a time, each in one transaction with its cursor."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from service.library.mirroring import keeping
from service.storage.mirrored import Mirrored
from service.wiring import Backends
from service.worker import Worker
from tongke import ChangesPage, Client, Outdated

ASKED = 100
"""Resources asked for at once."""


@dataclass
class Following:
    """A mirror on its way along the feed."""

    backends: Backends
    client: Client
    url: str
    store: Mirrored
    told: Callable[[int, int], None] = lambda _came, _went: None
    """How many resources came or changed, and how many went, with each page."""

    def __post_init__(self) -> None:
        self.worker = Worker(self.backends)

    def contact(self, wait: int = 0) -> bool:
        """Follow the feed to its end; whether there was anything. `wait`: seconds that the first answer may take.
        Raises what the client raises."""
        self._begin()
        anything, more = False, True
        while more:
            page = self._page(0 if anything else wait)
            more = page["has_more"]
            anything = self._apply(page) or anything or more
        if anything:
            self._surround()
            self.worker.feed()
        return anything

    def _begin(self) -> None:
        with self.backends.reading() as work:
            known = keeping.known(work)
        if not known:
            self._surround()

    def _page(self, wait: int) -> ChangesPage:
        with self.backends.reading() as work:
            cursor = keeping.state(work).cursor
        try:
            return self.client.changes_page(cursor, audience="school", wait=wait)
        except Outdated:
            with self.backends.writing() as work:
                keeping.again(keeping.state(work))
            return self.client.changes_page(None, audience="school")

    def _apply(self, page: ChangesPage) -> bool:
        gone = removed = [item["id"] for item in page["items"] if item["op"] == "removed"]
        upserts = [item["resource"] for item in page["items"] if item["op"] == "upsert"]
        published = [resource["id"] for resource in upserts if resource["status"] == "published"]
        copies = list(self._copies(published))
        here = {copy["resource"]["id"] for copy in copies}
        gone = gone + [resource["id"] for resource in upserts if resource["id"] not in here]  # drafts
        with self.backends.writing() as work:
            if not page["items"] and keeping.state(work).walked:
                keeping.contacted(work, page["next_cursor"])
                return False
            freed = keeping.apply(work, gone, copies, page["next_cursor"], more=page["has_more"])
        for sha256 in freed:
            self.store.drop(sha256)
        self.worker.feed()
        self.told(len(copies), len(removed))
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
