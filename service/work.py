"""What a use-case is given: the session, who asks, the back ends, and time and ids that tests can set."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from time import monotonic

from sqlalchemy.orm import Session

from service import jobs
from service.extract.sandbox import Extractor
from service.models import AuditEntry, to_micros
from service.permissions import Caller
from service.search import Index
from service.settings import Settings
from service.storage import Objects

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept UTC+8 without summer time since 1991."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def ulid(now: datetime | None = None) -> str:
    """A 26-character lower-case ULID: 48 bits of milliseconds, 80 of randomness (github.com/ulid/spec)."""
    millis = to_micros(now or system_clock()) // 1000
    number = (millis << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


@dataclass
class Work:
    """One unit of work: one request, one job, one command. The edge that made it commits."""

    session: Session
    caller: Caller
    objects: Objects
    index: Index
    extractor: Extractor
    settings: Settings
    clock: Callable[[], datetime] = system_clock
    ids: Callable[[], str] = ulid
    now: datetime = field(init=False)
    """The time of this unit of work: one moment for all its checks and rows."""
    begun: float = field(default_factory=monotonic)
    """When it began, for what must end in time: a moment that no clock moves."""
    touched: set[str] = field(default_factory=set)
    """Resources changed in it; `library.feed.write` turns them into feed rows and index jobs."""

    def __post_init__(self) -> None:
        self.now = self.clock()

    def enqueue(self, name: str, *subjects: str, priority: int = 5, run_at: datetime | None = None) -> None:
        """Have a job done for each subject after the commit."""
        jobs.enqueue(self.session, self.ids, self.now, name, subjects, priority=priority, run_at=run_at)

    def audit(
        self, action: str, subject: str = "", *, by: str | None = None, **detail: str | int | None
    ) -> None:
        """Write down who did what to what, in the same transaction. `by`: the actor, where the caller becomes somebody
        only by what is done."""
        self.session.add(
            AuditEntry(
                id=self.ids(),
                at=self.now,
                actor=by or self.caller.actor,
                action=action,
                subject=subject,
                detail=detail,
            )
        )
