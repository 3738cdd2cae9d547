"""When bytes may come, and how fast. Hours are those of the place: Asia/Shanghai."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from time import monotonic

from service.work import SHANGHAI

_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}


def parse_size(text: str) -> int:
    """500k, 1.5M, 200G → bytes, in powers of 1000. Raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if found is None:
        raise ValueError(f"“{text}”不是大小。请写成 500k、20M、200G 这样。")
    return int(float(found[1]) * _UNITS[found[2]])


@dataclass(frozen=True, slots=True)
class Between:
    """Hours of the day, [start, end); over midnight where the end comes first."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> "Between":
        """22:00-06:00. Raises ValueError."""
        try:
            start, end = (time.fromisoformat(part.strip().zfill(5)) for part in text.split("-"))
        except ValueError as error:
            raise ValueError(f"“{text}”不是时间段。请写成 22:00-06:00 这样。") from error
        return cls(start, end)

    def open(self, now: datetime) -> bool:
        """Whether the hours have begun and are not over; the same time twice is the whole day."""
        at = now.astimezone(SHANGHAI).time()
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


class Pace:
    """At most so many bytes a second, over all threads together; None: as fast as it goes."""

    def __init__(self, rate: int | None, clock: Callable[[], float] = monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = clock()

    def wait_for(self, size: int) -> float:
        """Seconds that whoever has just had so many bytes is to pause."""
        if self.rate is None:
            return 0.0
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now) + size / self.rate
            return self._free_at - now
