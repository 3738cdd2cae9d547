"""How often a web site's key was answered and refused, by day; never who asked, nor what for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from service.library.tally import Key, Tally
from service.models import EmbedKey, EmbedUse
from service.work import SHANGHAI, Work

DAYS = 30
"""That the administration shows."""


@dataclass(frozen=True, slots=True)
class Total:
    """Of one key in the last DAYS days."""

    answered: int = 0
    refused: int = 0
    last_day: str = ""
    """Of its use; empty where there was none."""


def day_of(moment: datetime) -> str:
    """YYYY-MM-DD in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def note(tally: Tally, key_id: str, now: datetime, *, answered: bool) -> None:
    """Count a question."""
    tally.add((key_id, day_of(now), "answered" if answered else "refused"), now)


def write(work: Work, counts: Mapping[Key, int]) -> None:
    """Add the counts to the rows. Those of keys that are gone meanwhile are let go."""
    ids = {key[0] for key in counts}
    known = set(work.session.scalars(select(col(EmbedKey.id)).where(col(EmbedKey.id).in_(ids))))
    for (key_id, day, what), number in sorted(counts.items()):
        if key_id in known:
            row = work.session.get(EmbedUse, (key_id, day))
            if row is None:
                row = EmbedUse(key_id=key_id, day=day)
                work.session.add(row)
            setattr(row, what, getattr(row, what) + number)


def totals(work: Work, key_ids: Iterable[str]) -> dict[str, Total]:
    """Key → its use in the last days, for those who administer it."""
    ids = list(key_ids)
    rows = work.session.execute(
        select(
            col(EmbedUse.key_id),
            func.sum(col(EmbedUse.answered)),
            func.sum(col(EmbedUse.refused)),
            func.max(col(EmbedUse.day)),
        )
        .where(col(EmbedUse.key_id).in_(ids), col(EmbedUse.day) > day_of(work.now - timedelta(days=DAYS)))
        .group_by(col(EmbedUse.key_id))
    )
    found = {key_id: Total(answered, refused, day) for key_id, answered, refused, day in rows}
    return {key_id: found.get(key_id, Total()) for key_id in ids}
