"""Counts that gather in the memory of a process and are written later, so that no reading waits for the database's
writer; a process that is killed loses those of the last minute at most."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PAUSE = timedelta(minutes=1)
"""Counts wait this long for company."""

Key = tuple[str, ...]
"""What is counted."""


@dataclass
class Tally:
    """The counts of this process that are not written yet; safe from every thread."""

    writing: threading.Lock = field(default_factory=threading.Lock)
    """Held by who takes the counts until they are written: one writer at a time, and the next finds them written."""
    _counts: Counter[Key] = field(default_factory=Counter)
    _since: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, key: Key, now: datetime) -> None:
        """Count one."""
        with self._lock:
            self._counts[key] += 1
            self._since = self._since or now

    def due(self, now: datetime) -> bool:
        """Whether counts have waited long enough."""
        with self._lock:
            return self._since is not None and now - self._since >= PAUSE

    def take(self) -> Counter[Key]:
        """All counts, which are the taker's to write or to give back."""
        with self._lock:
            taken, self._counts, self._since = self._counts, Counter(), None
            return taken

    def give_back(self, counts: Counter[Key], now: datetime) -> None:
        """Counts that could not be written."""
        with self._lock:
            self._counts.update(counts)
            self._since = self._since or now
