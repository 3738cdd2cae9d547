"""Who waits for the feed to go on: each waiter sleeps in its event loop, without a thread or a database connection, and is
woken by a commit of this process; what other processes commit is looked for once for all waiters together."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from anyio import to_thread

MOST = 200
"""Waiters of a process."""
EACH = 5
"""Waiters of one caller; nobody in particular is told apart by address."""
LONGEST = 60
"""Seconds that somebody may wait."""
LOOK = 2.0
"""Seconds between looks for what other processes committed."""
PAUSE = 0.5
"""Seconds that a waiter lets pass between two readings of the feed, however much is committed."""


Mark = tuple[int, int, int]
"""The number of the newest change, of the commits that moved rights, and of the partnerships in force."""


@dataclass(eq=False)
class Seat:
    """A waiter's place; `woken` is set by `Waiters.wake`."""

    loop: asyncio.AbstractEventLoop
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_woken(self, seconds: float) -> bool:
        """Whether it was woken within this time."""
        try:
            await asyncio.wait_for(self.woken.wait(), seconds)
        except TimeoutError:
            return False
        self.woken.clear()
        return True


@dataclass
class Waiters:
    """The waiters of this process; safe from every thread."""

    ending: bool = False
    """The process is to end: everybody is answered at once."""
    _seats: set[Seat] = field(default_factory=set)
    _held: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _looked: tuple[float, Mark] = (-LOOK, (0, 0, 0))
    """When the feed was looked at last, and how it stood."""
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @contextmanager
    def seat(self, who: str) -> Iterator[Seat | None]:
        """A place for this caller; None where all of hers, or all of them, are taken, or the process ends."""
        seat = Seat(asyncio.get_running_loop())
        with self._lock:
            full = self.ending or len(self._seats) >= MOST or self._held[who] >= EACH
            if not full:
                self._seats.add(seat)
                self._held[who] += 1
        if full:
            yield None
            return
        try:
            yield seat
        finally:
            with self._lock:
                self._seats.discard(seat)
                self._held[who] -= 1
                if not self._held[who]:
                    del self._held[who]

    async def mark(self, look: Callable[[], Mark]) -> Mark:
        """How the feed and everybody's rights stood at most LOOK seconds ago, whoever committed; `look` reads it, in a
        thread and once for all who ask."""
        async with self._looking:
            if monotonic() - self._looked[0] >= LOOK:
                found = await to_thread.run_sync(look)
                self._looked = (monotonic(), found)
            return self._looked[1]

    def __len__(self) -> int:
        return len(self._seats)

    def wake(self) -> None:
        """The feed went on; from any thread. A signal's handler calls `end`, which takes no lock."""
        with self._lock:
            seats = list(self._seats)
        for seat in seats:
            seat.loop.call_soon_threadsafe(seat.woken.set)

    def end(self) -> None:
        """The process is to end; in the thread of the event loop, a signal's handler included."""
        self.ending = True
        for seat in list(self._seats):
            seat.loop.call_soon_threadsafe(seat.woken.set)
