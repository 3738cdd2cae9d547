"""Every change of a resource ends here: its revision, its readers, its row in the ordered feed, its place in the index.

A use-case calls `touch`; the edge calls `write` once, last before the commit, so that the feed's counter is locked
shortest and its numbers are in commit order. A row keeps the audience before and after: what a client lost is told to
those who had it.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from service.models import Change, Counter, Harvested, Resource, Webhook
from service.permissions import readable_tokens
from service.work import Work

COUNTER = "change"
GATHER = timedelta(seconds=2)
"""After a change until schools' programs are told of it (`library.delivering`), so that many changes are one message."""
_LISTENS = select(col(Webhook.id)).where(col(Webhook.disabled_at).is_(None)).limit(1)


def touch(work: Work, resource_id: str) -> None:
    """This resource, or who may see it, changed in this unit of work."""
    work.touched.add(resource_id)


def write(work: Work) -> bool:
    """Write the feed rows and index jobs of everything touched; whether there were any. Called by the edge, last before
    the commit."""
    if not work.touched:
        return False
    ids = sorted(work.touched)
    work.touched.clear()
    work.session.flush()
    for start in range(0, len(ids), 500):
        _write(work, ids[start : start + 500])
    return True


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


def _numbers(work: Work, count: int) -> Iterable[int]:
    """The next `count` numbers; the counter's row stays locked until the commit."""
    last = work.session.execute(
        update(Counter)
        .where(col(Counter.name) == COUNTER)
        .values(value=col(Counter.value) + count)
        .returning(col(Counter.value))
    ).scalar()
    if last is None:
        work.session.add(Counter(name=COUNTER, value=count))
        work.session.flush()
        last = count
    return range(last - count + 1, last + 1)
