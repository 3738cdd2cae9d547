"""The outbox: what is to be done after a commit, written in the commit itself.

A job names a use-case and the id it is about; the use-case reads the full state when it runs, so that one waiting job
is enough however often its subject changes. A claimed job holds a lease; a worker that dies leaves it to the next.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from service.models import Job, Moment, fetch

LEASE = timedelta(minutes=5)
TRIES = 6


def enqueue(
    session: Session,
    ids: Callable[[], str],
    now: datetime,
    name: str,
    subjects: Sequence[str],
    *,
    priority: int = 5,
    run_at: datetime | None = None,
) -> None:
    """Add a job for each subject, unless the same one is waiting untried already."""
    waiting = {row.subject for row in fetch(session, _UNTRIED, {"subjects": subjects, "job": name})}
    rows = [
        _NEW | {"id": ids(), "name": name, "subject": subject, "priority": priority}
        | {"run_at": run_at or now, "created_at": now}
        for subject in dict.fromkeys(subjects)
        if subject not in waiting
    ]  # fmt: skip
    if rows:
        session.connection().execute(_INSERT, rows)


_UNTRIED: Executable = select(col(Job.subject)).where(
    col(Job.subject).in_(bindparam("subjects", expanding=True)),
    col(Job.name) == bindparam("job"),
    col(Job.state) == "waiting",
    col(Job.attempts) == 0,
)
_INSERT = insert(Job)
_NEW = {"state": "waiting", "attempts": 0, "error": "", "worker": ""}
"""Of rows that are written without objects: a copy's first walk writes ten thousand."""


def claim(
    session: Session, now: datetime, names: Sequence[str], limit: int = 1, worker: str = ""
) -> list[Job]:
    """Take due jobs (and those whose lease ran out), soonest first, and lease them to this worker. Commit before working. A job waits
    while another one of its name and subject is under way, so that an older state of the subject never comes after."""
    due = (
        select(col(Job.id))
        .where(_IS_DUE)
        .order_by(col(Job.priority), col(Job.run_at), col(Job.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.scalars(due, {"names": names, "now": now}))
    if not ids:
        return []
    leased = {"state": "running", "run_at": now + LEASE, "attempts": col(Job.attempts) + 1, "worker": worker}
    session.execute(
        update(Job).where(col(Job.id).in_(ids)).values(leased),
        execution_options={"synchronize_session": False},
    )
    query = select(Job).where(col(Job.id).in_(ids)).execution_options(populate_existing=True)
    jobs = {job.id: job for job in session.scalars(query)}
    return [jobs[ident] for ident in ids]


def free(session: Session, now: datetime, gone: Callable[[str], bool]) -> None:
    """End the leases of workers that are gone, so that what they had under way need not wait for their end. What was tried
    before goes on after a while, for it may be what ends them; not the index's, which read no file."""
    held = and_(col(Job.state) == "running", col(Job.worker) != "")
    dead = [
        worker for worker in session.scalars(select(col(Job.worker)).where(held).distinct()) if gone(worker)
    ]
    for job in session.scalars(select(Job).where(held, col(Job.worker).in_(dead))).all():
        suspect = job.attempts > 1 and job.name not in ("index", "reindex")
        job.run_at = now + timedelta(seconds=2 ** min(job.attempts, 12) if suspect else 0)
    session.flush()


def absorb(session: Session, jobs: Sequence[Job]) -> None:
    """Forget what waits for the same as these, which begin only now: they are what it asks for."""
    for job in jobs:
        session.execute(
            delete(Job).where(
                col(Job.name) == job.name,
                col(Job.subject) == job.subject,
                col(Job.state) == "waiting",
                col(Job.id) != job.id,
            )
        )


def finish(session: Session, jobs: Sequence[Job]) -> None:
    """Done: forget them."""
    session.execute(delete(Job).where(col(Job.id).in_([job.id for job in jobs])))


def fail(session: Session, jobs: Sequence[Job], now: datetime, error: str) -> None:
    """Try again later (2 s, doubling); after TRIES bury it for an administrator to look at."""
    for job in jobs:
        buried = job.attempts >= TRIES
        session.execute(
            update(Job)
            .where(col(Job.id) == job.id)
            .values(
                state="buried" if buried else "waiting",
                run_at=now + timedelta(seconds=2**job.attempts),
                error=error[:2000],
            )
        )


def postpone(session: Session, jobs: Sequence[Job], run_at: datetime) -> None:
    """Give claimed jobs back untried, for later."""
    for job in jobs:
        session.execute(
            update(Job)
            .where(col(Job.id) == job.id)
            .values(state="waiting", run_at=run_at, attempts=job.attempts - 1)
        )


def renew(session: Session, jobs: Sequence[Job], now: datetime) -> None:
    """Lengthen the lease of jobs that are still under way."""
    ids = [job.id for job in jobs]
    session.execute(
        update(Job).where(col(Job.id).in_(ids), col(Job.state) == "running").values(run_at=now + LEASE)
    )


_Other = aliased(Job)
_NOW: Any = bindparam("now", type_=Moment())
_UNDER_WAY = select(col(_Other.id)).where(
    col(_Other.subject) == col(Job.subject),
    col(_Other.name) == col(Job.name),
    col(_Other.state) == "running",
    col(_Other.run_at) > _NOW,
)
_AT_ONCE = and_(col(Job.state) == "waiting", col(Job.run_at) <= col(Job.created_at))
"""Due by any clock: one that was a day ahead when it was written delays nothing."""
_IS_DUE = and_(
    col(Job.name).in_(bindparam("names", expanding=True)),
    col(Job.state).in_(("waiting", "running")),
    or_(col(Job.run_at) <= _NOW, _AT_ONCE),
    ~_UNDER_WAY.exists(),
)
_DUE = select(col(Job.id)).where(_IS_DUE).limit(1)
"""Built once: an idle worker asks it several times a second."""


def due(session: Session, now: datetime, names: Sequence[str]) -> bool:
    """Whether a claim would find anything: asked of the read engine, so that idling takes no write lock."""
    return fetch(session, _DUE, {"names": names, "now": now}).first() is not None


def known(session: Session, name: str) -> bool:
    """Whether a job of this name waits or is under way."""
    query = select(col(Job.id)).where(col(Job.name) == name, col(Job.state) != "buried")
    return session.execute(query.limit(1)).first() is not None


def backlog(session: Session, now: datetime) -> tuple[int, timedelta]:
    """How many jobs could be under way and are not, and for how long the oldest could have been."""
    number, oldest = session.execute(
        select(func.count(), func.min(col(Job.run_at))).where(
            col(Job.state) == "waiting", col(Job.run_at) <= now
        )
    ).one()
    return number, now - oldest if oldest else timedelta(0)


def counts(session: Session) -> dict[tuple[str, str], int]:
    """(name, state) → how many."""
    rows = session.execute(
        select(col(Job.name), col(Job.state), func.count()).group_by(col(Job.name), col(Job.state))
    )
    return {(name, state): number for name, state, number in rows}
