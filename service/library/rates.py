"""How often somebody may ask: so many requests in each window of a minute.

Counted in the memory of each process, because a question must not wait for the database; several `serve` processes tell
each other once a second, after an answer was sent (docs/decisions/0014).
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlmodel import col

from service.models import RateCount

SHARED_EVERY = 1.0
"""Seconds between two times that a process tells the others what it has counted."""
WINDOW = 60
"""Seconds."""
MOST_KNOWN = 50_000
"""Askers remembered before the windows that have passed are forgotten."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a window, as the `RateLimit` header says it (draft-ietf-httpapi-ratelimit-headers)."""

    most: int
    left: int
    """Below 0: this request was one too many."""
    resets: int
    """Seconds until the next window."""

    @property
    def used_up(self) -> bool:
        """Whether this request may not be answered any more."""
        return self.left < 0

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy`, `RateLimit`, and `Retry-After` where it is used up."""
        told = {
            "RateLimit-Policy": f'"minute";q={self.most};w={WINDOW}',
            "RateLimit": f'"minute";r={max(0, self.left)};t={self.resets}',
        }
        return told | ({"Retry-After": str(self.resets)} if self.used_up else {})


@dataclass(slots=True)
class _Count:
    """Requests of one asker in one window: those that the others know of, and ours that they do not."""

    window: int
    known: int = 0
    untold: int = 0


Counts = Mapping[tuple[str, int], int]
"""(who, number of the window) → requests."""


@dataclass
class Rates:
    """The windows of this process; safe from every thread."""

    _counts: dict[str, _Count] = field(default_factory=dict)
    _shared: float = 0.0
    """When the others were told last, in seconds since the epoch."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, who: str, most: int, now: datetime) -> Allowance:
        """Count one request of this asker, who has `most` in a window."""
        window, second = divmod(int(now.timestamp()), WINDOW)
        with self._lock:
            if len(self._counts) > MOST_KNOWN:
                self._counts = {who: kept for who, kept in self._counts.items() if kept.window == window}
            count = self._counts.get(who)
            if count is None or count.window != window:
                count = self._counts[who] = _Count(window)
            count.untold += 1
            return Allowance(most, most - count.known - count.untold, WINDOW - second)

    def due(self, now: datetime) -> bool:
        """Whether it is time to tell the others; who is told so is the one to do it."""
        moment = now.timestamp()
        with self._lock:
            if moment - self._shared < SHARED_EVERY:
                return False
            self._shared = moment
            return True

    def share(self, session: Session, now: datetime) -> None:
        """Add what they do not know yet to the counts in the database, and learn what all have counted together."""
        window = int(now.timestamp()) // WINDOW
        with self._lock:
            untold = {(who, one.window): one.untold for who, one in self._counts.items() if one.untold}
        together = add(session, {key: number for key, number in untold.items() if key[1] == window})
        with self._lock:
            for (who, at), number in untold.items():
                count = self._counts.get(who)
                if count is not None and count.window == at:
                    count.untold -= number
                    count.known = together.get((who, at), count.known + number)


def add(session: Session, counts: Counts) -> dict[tuple[str, int], int]:
    """Add to the counts that all processes share (PostgreSQL); what they are now. In the order of the askers, so that
    two processes never wait for each other. Windows that have passed go."""
    if not counts:
        return {}
    # Here, since it brings seven drivers that the embedded stack need not load.
    from sqlalchemy.dialects.postgresql import insert

    rows = [{"who": who, "window": at, "number": number} for (who, at), number in sorted(counts.items())]
    told = insert(RateCount).values(rows)
    told = told.on_conflict_do_update(
        index_elements=["who", "window"],
        set_={"number": col(RateCount.number) + told.excluded.number},
    )
    found = session.execute(
        told.returning(col(RateCount.who), col(RateCount.window), col(RateCount.number))
    ).all()
    newest = max(at for _who, at in counts)
    session.execute(delete(RateCount).where(col(RateCount.window) < newest - 1))
    return {(who, at): number for who, at, number in found}
