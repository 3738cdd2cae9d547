"""What the library weighs and what waits in it: figures that every process answers alike."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from service import jobs
from service.models import Organisation, Upload
from service.work import Work


@dataclass(frozen=True, slots=True)
class Figures:
    """Bytes, numbers of rows, and seconds."""

    jobs: dict[tuple[str, str], int]
    """(name, state) → how many."""
    due: int
    """Jobs that could be under way and are not."""
    age: float
    """For how long the oldest of them could have been; 0 without one."""
    used: int
    """Files that schools keep."""
    under_way: int
    """Full lengths of the uploads that are not attached yet."""
    free: int | None
    """Room that is left, None where the store does not say."""


def gather(work: Work) -> Figures:
    """The present figures. They name nobody, so that whoever may see them is the edge's to decide."""
    due, age = jobs.backlog(work.session, work.now)
    used = work.session.execute(select(func.coalesce(func.sum(col(Organisation.used_bytes)), 0))).scalar_one()
    under_way = work.session.execute(
        select(func.coalesce(func.sum(col(Upload.length)), 0)).where(col(Upload.expires_at) > work.now)
    ).scalar_one()
    return Figures(
        jobs.counts(work.session),
        due,
        age / timedelta(seconds=1),
        int(used),
        int(under_way),
        work.objects.free(),
    )
