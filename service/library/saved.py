"""保存的搜索: searches that a person keeps, and notices of what they find anew.

New to her is what the feed says became visible to her (docs/decisions/0001) and her search finds; what she made herself is
not. Looked for every EVERY, by all searches together, from the number of the feed that was looked at last.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select
from sqlmodel import col

from service.errors import FieldError, Invalid, NotFound, Unauthenticated, Unavailable
from service.library import callers, finding, notices
from service.library.derived import Opens
from service.library.fields import printable
from service.models import Change, Counter, Job, Notice, Resource, SavedSearch, fetch
from service.permissions import Caller, Scope, require_scope
from service.search import MAX_ONLY
from service.work import Work

MOST = 30
"""Searches that a person may keep."""
VALUES, LONGEST = 50, 100
"""Values of a filter, and characters of a value, that are kept."""
EVERY = timedelta(minutes=15)
AT_ONCE = 2000
"""Changes that are looked at in one go."""
_COUNTER = "watched"


# Keeping -----------------------------------------------------------------------------------------------------------


def keep(
    work: Work, name: str, text: str, filters: Mapping[str, Sequence[str]], literal: Sequence[str] = ()
) -> str:
    """Keep a search for the caller; returns its id. The same search kept again is one, with the new name. Raises
    Unauthenticated for nobody and for a program, Invalid."""
    person_id = _own(work)
    require_scope(work.caller, Scope.WRITE)
    query = {"q": " ".join(printable(text).split())[:200], "literal": _bounded(literal)[:10]}
    chosen = {known: _bounded(filters[known]) for known in finding.FILTERS if filters.get(known)}
    query = {given: value for given, value in (query | chosen).items() if value}
    name = " ".join(name.split())[:100] or str(query.get("q", ""))[:100] or "我的搜索"
    mine = work.session.scalars(select(SavedSearch).where(col(SavedSearch.person_id) == person_id)).all()
    if same := next((one for one in mine if one.query == query), None):
        same.name = name
        return same.id
    if not query.keys() - {"literal"}:
        raise _invalid("q", "先写要找的词，或选一个条件。", "Say what to search for.")
    if len(mine) >= MOST:
        raise _invalid("name", f"最多保存 {MOST} 个搜索，请先取消不用的。", f"At most {MOST} can be kept.")
    if work.session.get(Counter, _COUNTER) is None:
        work.session.add(Counter(name=_COUNTER, value=_newest(work)))
    made = SavedSearch(
        id=work.ids(), person_id=person_id, name=name, query=query, seen_at=work.now, created_at=work.now
    )
    work.session.add(made)
    return made.id


def _bounded(values: Iterable[str]) -> list[str]:
    """What the index and a page can take: a value that they cannot would stop the watch of everybody's searches."""
    cleaned = dict.fromkeys(printable(value)[:LONGEST] for value in values)
    return [value for value in cleaned if value][:VALUES]


def _newest(work: Work) -> int:
    return work.session.scalar(select(func.max(col(Change.number)))) or 0


def _invalid(field: str, words: str, english: str) -> Invalid:
    return Invalid(
        "这个搜索没有保存。", errors=[FieldError(field, words, english=english)], english="It was not kept."
    )


_COLUMNS: tuple[Any, ...] = (
    *(col(getattr(SavedSearch, name)) for name in ("id", "name", "query", "created_at")),
)
_LISTING = (
    select(*_COLUMNS)
    .where(col(SavedSearch.person_id) == bindparam("person_id"))
    .order_by(col(SavedSearch.created_at).desc(), col(SavedSearch.id).desc())
)


def listing(work: Work) -> list[dict[str, Any]]:
    """The caller's searches as `{id, name, query, created_at}`, the newest first."""
    rows = fetch(work.session, _LISTING, {"person_id": _own(work)})
    return [
        {"id": one.id, "name": one.name, "query": one.query, "created_at": one.created_at} for one in rows
    ]


def forget(work: Work, search_id: str) -> None:
    """Keep it no more: no notice comes of it. NotFound for another's."""
    person_id = _own(work)
    require_scope(work.caller, Scope.WRITE)
    gone = work.session.execute(
        delete(SavedSearch)
        .where(col(SavedSearch.id) == search_id, col(SavedSearch.person_id) == person_id)
        .returning(col(SavedSearch.id))
    ).all()
    if not gone:
        raise NotFound("没有找到这个保存的搜索。", english="There is no such saved search.")


def _own(work: Work) -> str:
    if work.caller.person_id is None:
        raise Unauthenticated("请先登录。", english="Sign in first.")
    return work.caller.person_id


# Noticing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """New hits of one search."""

    search_id: str
    person_id: str
    number: int


def watch(reading: Opens, writing: Opens) -> None:
    """Tell whose saved search finds something new. A job; while the index is down it leaves all for the next time."""
    with reading() as work:
        since = work.session.scalar(select(col(Counter.value)).where(col(Counter.name) == _COUNTER))
        changes = _changes(work, since) if since is not None else []
        try:
            found = list(_new(work, changes))
        except Unavailable:
            return
    if changes:
        with writing() as work:
            for one in found:
                _tell(work, one)
            work.session.get_one(Counter, _COUNTER).value = changes[-1].number


def _changes(work: Work, since: int) -> list[Row[Any]]:
    """Changes after this number that the index has taken in."""
    waiting = set(
        work.session.scalars(
            select(col(Job.subject)).where(col(Job.name) == "index", col(Job.state) != "buried")
        )
    )
    columns: tuple[Any, ...] = (
        *(col(getattr(Change, name)) for name in ("number", "resource_id", "at", "before", "after")),
        col(Resource.created_by),
    )
    rows = work.session.execute(
        select(*columns)
        .join(Resource, col(Resource.id) == col(Change.resource_id))
        .where(col(Change.number) > since)
        .order_by(col(Change.number))
        .limit(AT_ONCE)
    ).all()
    fed = next((n for n, row in enumerate(rows) if row.resource_id in waiting), len(rows))
    return list(rows[:fed])


def _new(work: Work, changes: Sequence[Row[Any]]) -> Iterator[_Found]:
    if not changes:
        return
    searches = work.session.scalars(select(SavedSearch).order_by(col(SavedSearch.person_id))).all()
    system, caller = work.caller, None
    for search in searches:
        if caller is None or caller.person_id != search.person_id:
            caller = callers.person(work.session, search.person_id, work.now)
        if caller is None:
            continue
        candidates = sorted(
            {
                change.resource_id
                for change in changes
                if change.at > search.created_at and _opened(change, caller)
            }
        )
        work.caller = caller
        filters = {name: values for name, values in search.query.items() if name in finding.FILTERS}
        text, literal = search.query.get("q", ""), search.query.get("literal", ())
        number = sum(
            len(finding.among(work, text, filters, candidates[at : at + MAX_ONLY], literal))
            for at in range(0, len(candidates), MAX_ONLY)
        )
        work.caller = system
        if number:
            yield _Found(search.id, search.person_id, number)


def _opened(change: Row[Any], caller: Caller) -> bool:
    """Whether it became visible to her by this change, and is another's."""
    return (
        change.created_by != caller.person_id
        and caller.tokens.isdisjoint(change.before)
        and not caller.tokens.isdisjoint(change.after)
    )


def _tell(work: Work, found: _Found) -> None:
    """One unread line a search; a later one counts on."""
    unread = work.session.scalars(
        select(Notice).where(
            col(Notice.person_id) == found.person_id,
            col(Notice.kind) == "found",
            col(Notice.read_at).is_(None),
        )
    ).all()
    number = found.number
    for line in unread:
        if line.detail.get("search") == found.search_id:
            number += int(line.detail["n"])
            work.session.delete(line)
    notices.tell(work, [found.person_id], "found", search=found.search_id, n=str(number))
    if (search := work.session.get(SavedSearch, found.search_id)) is not None:
        search.seen_at = work.now
