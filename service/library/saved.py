"""保存的搜索: searches that a person keeps; what they find anew is told by `library.watching`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from service.errors import FieldError, Invalid, NotFound, Unauthenticated
from service.library import callers, finding, indexing
from service.library.fields import printable
from service.models import SavedSearch, fetch
from service.permissions import Scope, require_scope
from service.work import Work

MOST = 30
"""Searches that a person may keep."""
VALUES, LONGEST = 50, 100
"""Values of a filter, and characters of a value, that are kept."""


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
    herself = callers.person(work.session, person_id, work.now)  # a token may see less than she does
    made = SavedSearch(
        id=work.ids(),
        person_id=person_id,
        name=name,
        query=query,
        seen=indexing.mark(work),
        held=sorted(herself.tokens) if herself else None,
        seen_at=work.now,
        created_at=work.now,
    )
    work.session.add(made)
    return made.id


def _bounded(values: Iterable[str]) -> list[str]:
    """What the index and a page can take: a value that they cannot would stop the watch of everybody's searches."""
    cleaned = dict.fromkeys(printable(value)[:LONGEST] for value in values)
    return [value for value in cleaned if value][:VALUES]


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
