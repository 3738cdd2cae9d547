"""Calls of the interface that will go (docs/api-changes.md): declared at the route, told by every answer of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any, TypeVar

NOTICE = timedelta(days=180)
"""The least time between the notice and the end of a call."""
_MARK = "__deprecated_call__"
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Deprecated:
    """Since when a call is deprecated, until when it answers, and the address that says what to use instead."""

    since: date
    until: date
    instead: str

    def __post_init__(self) -> None:
        if self.until - self.since < NOTICE:
            raise ValueError(f"a call stays for {NOTICE.days} days after it was announced that it goes")

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """`Deprecation` (RFC 9745), `Sunset` (RFC 8594), `Link` to what to use instead."""
        since, until = (datetime.combine(day, time(), UTC) for day in (self.since, self.until))
        told = {
            "deprecation": f"@{int(since.timestamp())}",
            "sunset": format_datetime(until, usegmt=True),
            "link": f'<{self.instead}>; rel="deprecation"',
        }
        return [(name.encode(), value.encode()) for name, value in told.items()]


def deprecated(since: date, until: date, instead: str) -> Callable[[Endpoint], Endpoint]:
    """Mark an endpoint, below its `router.get(…)`. ValueError for less notice than was promised."""
    found = Deprecated(since, until, instead)

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, found)
        return endpoint

    return mark


def deprecation(endpoint: object) -> Deprecated | None:
    """What an endpoint was marked with."""
    return getattr(endpoint, _MARK, None)
