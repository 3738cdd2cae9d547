"""Jobs as the platform's administrator sees them: how many wait, run or were given up, why, and once more."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from service import jobs
from service.errors import Conflict, NotFound
from service.library import administering, retrying
from service.models import Job
from service.work import Work

PER_PAGE = 50
STATES = ("waiting", "running", "buried")


def counts(work: Work) -> list[tuple[str, dict[str, int]]]:
    """(name, state → how many) of every kind of job that there is, by name."""
    administering.require_platform(work)
    found: dict[str, dict[str, int]] = {}
    for (name, state), number in jobs.counts(work.session).items():
        found.setdefault(name, dict.fromkeys(STATES, 0))[state] = number
    return sorted(found.items())


def oldest_due(work: Work) -> datetime | None:
    """Since when the job that waits longest has been due; None where none is."""
    administering.require_platform(work)
    found: datetime | None = work.session.scalar(
        select(col(Job.run_at))
        .where(col(Job.state) == "waiting", col(Job.run_at) <= work.now)
        .order_by(col(Job.run_at))
        .limit(1)
    )
    return found


def buried(work: Work, *, page: int = 1) -> tuple[list[dict[str, Any]], int]:
    """A page of the jobs that were given up, newest first, and how many there are."""
    administering.require_platform(work)
    wanted = col(Job.state) == "buried"
    total = work.session.execute(select(func.count()).select_from(Job).where(wanted)).scalar_one()
    rows = work.session.scalars(
        select(Job).where(wanted).order_by(col(Job.id).desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    )
    return [row.model_dump() for row in rows], total


def retry(work: Work, job_id: str) -> None:
    """Have a job that was given up done once more, with all its tries. Conflict where it is not buried (any more)."""
    administering.require_platform(work)
    job = work.session.get(Job, job_id)
    if job is None:
        raise NotFound("没有找到这个任务，可能已经完成。", english="There is no such job; it may be done.")
    if job.state != "buried":
        raise Conflict("这个任务已经在队列里了。", english="This job is in the queue already.")
    _again(work, job)


def retry_all(work: Work) -> int:
    """All of them; returns how many."""
    administering.require_platform(work)
    rows = work.session.scalars(select(Job).where(col(Job.state) == "buried")).all()
    for job in rows:
        _again(work, job)
    return len(rows)


def _again(work: Work, job: Job) -> None:
    job.state, job.attempts, job.run_at = "waiting", 0, work.now
    if job.name in retrying.AGAIN:
        work.session.flush()
        retrying.AGAIN[job.name](work, job.subject)
    work.audit("job.retry", job.subject[:40], name=job.name)
