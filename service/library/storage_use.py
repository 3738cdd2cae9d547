"""Storage: how much each school keeps against its quota, in which state its files are, and the biggest of them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, exists, func, select
from sqlmodel import col

from service.library import administering
from service.models import File, Organisation, Resource, Version, VersionFile
from service.permissions import VISIBLE, seen_by
from service.work import Work

PER_PAGE = 50
BIGGEST = 20


@dataclass(frozen=True, slots=True)
class Use:
    """Of one school, in bytes."""

    school: Organisation
    used: int
    quota: int

    @property
    def share(self) -> int:
        """Percent of the quota, 100 at most."""
        return min(100, round(100 * self.used / self.quota)) if self.quota else 100


def _use(work: Work, school: Organisation) -> Use:
    quota = work.settings.school_quota_bytes if school.quota_bytes is None else school.quota_bytes
    return Use(school, school.used_bytes, quota)


def of_school(work: Work, school_id: str) -> Use:
    """One school's use; NotFound where the caller does not administer it."""
    return _use(work, administering.school(work, school_id))


def total(work: Work) -> int:
    """Bytes of all files of the schools that the caller administers."""
    return int(
        work.session.execute(
            select(func.coalesce(func.sum(col(Organisation.used_bytes)), 0)).where(
                administering.reach(work).within(col(Organisation.id))
            )
        ).scalar_one()
    )


def by_school(work: Work, *, sort: str = "-used", page: int = 1) -> tuple[list[Use], int]:
    """A page of the schools' use, and how many schools there are."""
    wanted = (administering.reach(work).within(col(Organisation.id)), col(Organisation.level) == "school")
    count = work.session.execute(select(func.count()).select_from(Organisation).where(*wanted)).scalar_one()
    keys: dict[str, Any] = {"name": col(Organisation.name_order), "used": col(Organisation.used_bytes)}
    key = keys.get(sort.removeprefix("-"), keys["used"])
    rows = work.session.scalars(
        select(Organisation)
        .where(*wanted)
        .order_by(key.desc() if sort.startswith("-") else key, col(Organisation.id))
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return [_use(work, school) for school in rows], count


def states(work: Work) -> dict[str, tuple[int, int]]:
    """State of extraction → (files, bytes), of the schools that the caller administers."""
    rows = work.session.execute(
        select(col(File.state), func.count(), func.sum(col(File.size)))
        .join(Resource, col(Resource.id) == col(File.resource_id))
        .where(administering.reach(work).within(col(Resource.school_id)))
        .group_by(col(File.state))
    )
    return {state: (count, int(size)) for state, count, size in rows}


def biggest(work: Work) -> list[dict[str, Any]]:
    """The biggest files: name, size in bytes, school. A name is empty where no published version that the caller sees
    has the file: what a draft holds stays its author's."""
    seen = VISIBLE & exists(
        select(col(VersionFile.file_id))
        .join(Version, col(Version.id) == col(VersionFile.version_id))
        .where(col(VersionFile.file_id) == col(File.id), col(Version.status).in_(("published", "replaced")))
    )
    rows = work.session.execute(
        select(
            case((seen, col(File.name)), else_=""),
            col(File.size),
            col(File.state),
            col(File.created_at),
            col(Organisation.name),
        )
        .join(Resource, col(Resource.id) == col(File.resource_id))
        .join(Organisation, col(Organisation.id) == col(Resource.school_id))
        .where(administering.reach(work).within(col(Resource.school_id)))
        .order_by(col(File.size).desc(), col(File.id))
        .limit(BIGGEST),
        seen_by(work.caller, work.now),
    )
    return [
        {"name": name, "size": size, "state": state, "created_at": created_at, "school": school}
        for name, size, state, created_at, school in rows
    ]
