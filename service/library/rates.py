"""How often somebody may ask: so many requests in each window of a minute.

Counted in the memory of each process, because a question must not wait for the database's writer: several `serve`
processes allow as many times that much together.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime

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


@dataclass
class Rates:
    """The windows of this process; safe from every thread."""

    _counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Who → (number of the window, requests in it)."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, who: str, most: int, now: datetime) -> Allowance:
        """Count one request of this asker, who has `most` in a window."""
        window, second = divmod(int(now.timestamp()), WINDOW)
        with self._lock:
            if len(self._counts) > MOST_KNOWN:
                self._counts = {who: kept for who, kept in self._counts.items() if kept[0] == window}
            former, count = self._counts.get(who, (window, 0))
            count = count + 1 if former == window else 1
            self._counts[who] = (window, count)
        return Allowance(most, most - count, WINDOW - second)
