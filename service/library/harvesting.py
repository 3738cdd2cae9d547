"""What a harvester is told of: every resource that is public or once was, in the order of its last change (OAI-PMH 2.0).

`Harvested` has a row for each, kept by the feed; whether it is public now is asked of the one rule. A list goes on after
the last (stamp, id) that was told: a record that changes meanwhile moves to the end, so that none is missed, and a token
holds all there is to know, so that it never expires.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlmodel import col

from service.library import shapes, vocabulary
from service.library.listing import shaped
from service.models import Harvested, Resource, Version, fetch, from_micros, to_micros
from service.permissions import VISIBLE, seen_by
from service.work import Work

_ID = re.compile(r"[0-9a-z]{1,26}")
PAGE = 50
"""Records of one answer."""
SETS = {"kind": col(Resource.kind), "stage": col(Version.stage), "subject": col(Version.subject)}
"""What sets are made of: `subject:chinese`."""


@dataclass(frozen=True, slots=True)
class Record:
    """`found` is the Resource where it is public, None where it is not any more."""

    id: str
    stamp: datetime
    found: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list: of which format, changed in [since, before), of a set, and after which record it goes on."""

    prefix: str
    since: datetime | None = None
    before: datetime | None = None
    set: str = ""
    after: tuple[int, str] | None = None
    """Microseconds and id of the last record told."""
    told: int = 0


def page(work: Work, wanted: Wanted) -> tuple[list[Record], Wanted | None]:
    """The next records, and what follows them (None at the end)."""
    query = select(col(Harvested.resource_id), col(Harvested.stamp)).order_by(
        col(Harvested.stamp), col(Harvested.resource_id)
    )
    if wanted.since is not None:
        query = query.where(col(Harvested.stamp) >= wanted.since)
    if wanted.before is not None:
        query = query.where(col(Harvested.stamp) < wanted.before)
    if wanted.set:
        name, _, value = wanted.set.partition(":")
        query = (
            query.join(Resource, col(Resource.id) == col(Harvested.resource_id))
            .join(Version, col(Version.id) == col(Resource.published_id))
            .where(SETS[name] == value)
        )
    if wanted.after is not None:
        moment, last_id = from_micros(wanted.after[0]), wanted.after[1]
        later = and_(col(Harvested.stamp) == moment, col(Harvested.resource_id) > last_id)
        query = query.where(or_(col(Harvested.stamp) > moment, later))
    rows = work.session.execute(query.limit(PAGE + 1)).all()
    records = _records(work, [tuple(row) for row in rows[:PAGE]])
    if len(rows) <= PAGE:
        return records, None
    last = records[-1]
    return records, replace(wanted, after=(to_micros(last.stamp), last.id), told=wanted.told + PAGE)


def one(work: Work, resource_id: str) -> Record | None:
    """A record; None where it never was public."""
    row = work.session.get(Harvested, resource_id) if _ID.fullmatch(resource_id) else None
    return _records(work, [(row.resource_id, row.stamp)])[0] if row else None


def _records(work: Work, rows: Sequence[Any]) -> list[Record]:
    query = shapes.rows().where(
        VISIBLE.is_(True), col(Resource.id).in_([resource_id for resource_id, _ in rows])
    )
    shown = fetch(work.session, query, seen_by(work.caller, work.now)).all() if rows else []
    found = {item["id"]: item for item in shaped(work, shown)}
    return [Record(resource_id, stamp, found.get(resource_id)) for resource_id, stamp in rows]


def earliest(work: Work) -> datetime:
    """The first stamp; now where there is none."""
    return work.session.execute(select(func.min(col(Harvested.stamp)))).scalar() or work.now


# Arguments and tokens ----------------------------------------------------------------------------------------------


def moment(text: str) -> tuple[datetime, timedelta] | None:
    """A UTCdatetime (3.3) and its granularity, of a second or a day; None for anything else."""
    for form, step in (("%Y-%m-%dT%H:%M:%SZ", timedelta(seconds=1)), ("%Y-%m-%d", timedelta(days=1))):
        if len(text) == (20 if "T" in form else 10):
            try:
                return datetime.strptime(f"{text}+0000", f"{form}%z"), step
            except ValueError:
                return None
    return None


def is_set(name: str) -> bool:
    """Whether sets are made of this."""
    kind, _, code = name.partition(":")
    return kind in SETS and vocabulary.check(kind, code)


def token(wanted: Wanted) -> str:
    """What is left of a list, whole."""
    bounds = [moment and to_micros(moment) for moment in (wanted.since, wanted.before)]
    told = json.dumps([wanted.prefix, *bounds, wanted.set, wanted.after, wanted.told], separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def opened(text: str) -> Wanted | None:
    """The other way round; None for what `token` did not make."""
    try:
        prefix, since, before, chosen, (stamp, last_id), told = json.loads(
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        )
        from_micros(int(stamp))
        if (chosen and not is_set(chosen)) or not _ID.fullmatch(last_id):
            return None
        return Wanted(
            str(prefix), _bound(since), _bound(before), str(chosen), (int(stamp), str(last_id)), int(told)
        )
    except (ValueError, TypeError, OverflowError, AttributeError, RecursionError, binascii.Error):
        return None


def _bound(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(int(micros))
