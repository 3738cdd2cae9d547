"""Every change of a resource ends here: its revision, its readers, its row in the ordered feed, its place in the index.

A use-case calls `touch`; the edge calls `write` once, last before the commit, so that the feed's counter is locked
shortest and its numbers are in commit order. A row keeps the audience before and after: what a client lost is told to
those who had it.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import chain
from typing import Any

from sqlalchemy import delete, event, insert, inspect, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from service.models import (
    Change,
    Counter,
    Harvested,
    Membership,
    Organisation,
    Partnership,
    Resource,
    Team,
    TeamMember,
    Webhook,
)
from service.permissions import readable_tokens
from service.work import Work

COUNTER = "change"
RIGHTS = "rights"
"""Counts the commits that changed who belongs where or who is paired with whom, whatever resources there are: who waits for
the feed looks again (`api.changes`)."""
_BELONGING = (Membership, Partnership, Team, TeamMember)
GATHER = timedelta(seconds=2)
"""After a change until schools' programs are told of it (`library.delivering`), so that many changes are one message."""
_LISTENS = select(col(Webhook.id)).where(col(Webhook.disabled_at).is_(None)).limit(1)


def touch(work: Work, resource_id: str) -> None:
    """This resource, or who may see it, changed in this unit of work."""
    work.touched.add(resource_id)


def write(work: Work) -> bool:
    """Write the feed rows and index jobs of everything touched; whether there were any, or rights moved. Called by the
    edge, last before the commit."""
    ids = sorted(work.touched)
    work.touched.clear()
    work.session.flush()
    moved = work.session.info.pop(RIGHTS, False)
    if moved:
        _numbers(work, 1, RIGHTS)
    for start in range(0, len(ids), 500):
        _write(work, ids[start : start + 500])
    return bool(ids) or moved


@event.listens_for(Session, "before_flush")
def _note_rights(session: Session, _context: Any, _instances: Any) -> None:
    if any(map(_moves_rights, chain(session.new, session.dirty, session.deleted))):
        session.info[RIGHTS] = True


def _moves_rights(row: object) -> bool:
    if isinstance(row, Organisation):
        return bool(inspect(row).attrs.succeeded_by.history.has_changes())
    return isinstance(row, _BELONGING)


def _write(work: Work, ids: list[str]) -> None:
    session = work.session
    # Not as of the transaction's beginning: while it waited for its turn a grant may have lapsed and been written down.
    readers = readable_tokens(session, ids, work.clock())
    resources = session.scalars(
        select(Resource).where(col(Resource.id).in_(ids)).order_by(col(Resource.id))
    ).all()
    rows, public = [], []
    for number, resource in zip(_numbers(work, len(resources)), resources, strict=True):
        before, after = resource.readers, readers[resource.id]
        if before != after:
            resource.readers = after
            resource.acl_rev += 1
            resource.acl_stale = resource.acl_stale or bool(set(before) - set(after))
        if "public" in before or "public" in after:
            public.append(resource.id)
        rows.append(
            {"number": number, "resource_id": resource.id, "at": work.now, "before": before, "after": after}
        )
    if rows:
        session.execute(insert(Change), rows)
    _stamp(work, public)
    work.enqueue("index", *ids, priority=3)
    if session.execute(_LISTENS).first() is not None:
        work.enqueue("announce", "changes", run_at=work.now + GATHER)
    session.flush()


def _stamp(work: Work, ids: list[str]) -> None:
    """Have harvesters look again at what is public, or was until now."""
    if not ids:
        return
    now = work.clock()  # not the transaction's beginning, which a harvest may have passed meanwhile
    work.session.execute(delete(Harvested).where(col(Harvested.resource_id).in_(ids)))
    work.session.execute(insert(Harvested), [{"resource_id": ident, "stamp": now} for ident in ids])


def _numbers(work: Work, count: int, counter: str = COUNTER) -> Iterable[int]:
    """The next `count` numbers; the counter's row stays locked until the commit."""
    last = work.session.execute(
        update(Counter)
        .where(col(Counter.name) == counter)
        .values(value=col(Counter.value) + count)
        .returning(col(Counter.value))
    ).scalar()
    if last is None:
        work.session.add(Counter(name=counter, value=count))
        work.session.flush()
        last = count
    return range(last - count + 1, last + 1)
