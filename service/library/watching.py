"""What saved searches find anew, told to those who keep them: every EVERY, by all searches together.

New to her is what her search finds, she may see now, and nobody could show her at the last look. Two things make it so,
and each search remembers what both stood at (`SavedSearch.seen`, `held`):

- The feed moved: the audience that it recorded of a resource (docs/decisions/0001) held none of her tokens then, and does
  now. These resources are named to the index.
- She gained tokens: a partnership, a membership, a team began. What they open may be thousands, of which no row of the feed
  speaks: the index is asked for what holders of the new tokens find and holders of the old do not, its number and its
  first few, which costs one question whatever is opened.

What changed since the last look counts by the first way alone, so that nothing is told twice. What she made herself is
no news to her.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlmodel import col

from service.errors import Unavailable
from service.library import callers, finding, notices
from service.library.derived import Opens
from service.models import Change, Job, Notice, Resource, SavedSearch, fetch
from service.permissions import Caller
from service.search import MAX_ONLY
from service.work import Work

EVERY = timedelta(minutes=15)
AT_ONCE = 2000
"""Changes that are looked at in one go."""
NAMED = 3
"""New hits that a notice names; it counts the others."""
_TOLD_AT_ONCE = 200
"""Searches whose look is written down in one transaction."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A resource that changed since a look: the audience it had then, and has at the mark."""

    before: Sequence[str]
    now: Sequence[str]
    created_by: str | None


@dataclass(frozen=True, slots=True)
class _Window:
    """Changes after a number, in order, AT_ONCE at most."""

    rows: Sequence[Row[Any]]
    mark: int
    """The last number that the index has taken in, with all before it."""
    whole: bool
    """Whether there are no others."""

    def opened(self, since: int) -> Mapping[str, _Opened]:
        """By resource id. One that changed after the mark alone is as it was."""
        found: dict[str, _Opened] = {}
        for row in self.rows:
            if row.number <= since:
                continue
            first = found[row.resource_id].before if row.resource_id in found else row.before
            if row.number <= self.mark:
                found[row.resource_id] = _Opened(first, row.after, row.created_by)
            elif row.resource_id not in found:
                found[row.resource_id] = _Opened(first, first, row.created_by)
        return found


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at one search came to: new hits, their number and the first of them, and what it stood at before."""

    search_id: str
    person_id: str
    seen: int
    held: Sequence[str] | None
    holds: Sequence[str]
    number: int
    first: Sequence[str]


def watch(reading: Opens, writing: Opens) -> None:
    """Tell whose saved search finds something new. A job; while the index is down it leaves all for the next time."""
    while _round(reading, writing):
        pass


def _round(reading: Opens, writing: Opens) -> bool:
    """Look at the next changes; whether there may be more."""
    with reading() as work:
        since = work.session.scalar(select(func.min(col(SavedSearch.seen))))
        if since is None:
            return False
        window = _window(work, since)
        try:
            looks = list(_looks(work, window))
        except Unavailable:
            return False
    for at in range(0, len(looks), _TOLD_AT_ONCE):
        with writing() as work:
            for look in looks[at : at + _TOLD_AT_ONCE]:
                _write_down(work, look, window.mark)
    if window.mark > since:
        with writing() as work:
            late = col(SavedSearch.seen) < window.mark
            work.session.execute(update(SavedSearch).where(late).values(seen=window.mark))
    return window.mark > since and not window.whole


_CHANGES = (
    select(
        *(col(getattr(Change, name)) for name in ("number", "resource_id", "before", "after")),
        col(Resource.created_by),
    )
    .join(Resource, col(Resource.id) == col(Change.resource_id))
    .where(col(Change.number) > bindparam("since"))
    .order_by(col(Change.number))
    .limit(AT_ONCE)
)
_WAITING = select(col(Job.subject)).where(
    col(Job.name) == "index",
    col(Job.state) != "buried",
    col(Job.subject).in_(bindparam("ids", expanding=True)),
)


def _window(work: Work, since: int) -> _Window:
    rows = fetch(work.session, _CHANGES, {"since": since}).all()
    ids = sorted({row.resource_id for row in rows})
    waiting = set(fetch(work.session, _WAITING, {"ids": ids}).scalars()) if ids else set()
    fed = next((n for n, row in enumerate(rows) if row.resource_id in waiting), len(rows))
    return _Window(rows, rows[fed - 1].number if fed else since, len(rows) < AT_ONCE)


_SEARCHES = select(
    *(col(getattr(SavedSearch, name)) for name in ("id", "person_id", "query", "seen", "held"))
).order_by(col(SavedSearch.person_id), col(SavedSearch.id))


def _looks(work: Work, window: _Window) -> Iterator[_Look]:
    """At the searches that find something, or whose keeper holds other tokens."""
    system, caller = work.caller, None
    opened: dict[int, Mapping[str, _Opened]] = {}
    for search in fetch(work.session, _SEARCHES, {}).all():
        if caller is None or caller.person_id != search.person_id:
            caller = callers.person(work.session, search.person_id, work.now)
        if caller is None or search.seen > window.mark:
            continue
        if search.seen not in opened:
            opened[search.seen] = window.opened(search.seen)
        work.caller = caller
        look = _look(work, search, caller, window, opened[search.seen])
        work.caller = system
        if look.number or look.holds != look.held:
            yield look


def _look(
    work: Work, search: Row[Any], caller: Caller, window: _Window, opened: Mapping[str, _Opened]
) -> _Look:
    held = caller.tokens if search.held is None else frozenset(search.held)
    holds = caller.tokens
    if not holds <= held and not (window.whole and finding.exact(work)):
        holds &= held  # what the new ones open is told once all that changed is known
    candidates = sorted(
        ident
        for ident, one in opened.items()
        if one.created_by != caller.person_id
        and held.isdisjoint(one.before)
        and not holds.isdisjoint(one.now)
    )
    filters = {name: values for name, values in search.query.items() if name in finding.FILTERS}
    asked = (search.query.get("q", ""), filters, search.query.get("literal", ()))
    first: list[str] = []
    for at in range(0, len(candidates), MAX_ONLY):
        first += sorted(finding.among(work, *asked, candidates[at : at + MAX_ONLY]), reverse=True)
    number = len(first)
    if gained := holds - held:
        more, ids = finding.gained(work, *asked, gained, held, opened.keys(), NAMED)
        number += more
        first += ids
    return _Look(search.id, search.person_id, search.seen, search.held, sorted(holds), number, first[:NAMED])


def _write_down(work: Work, look: _Look, mark: int) -> None:
    """What it came to, once: not where another look was sooner, or the search is kept no more."""
    search = work.session.get(SavedSearch, look.search_id)
    if search is None or (search.seen, search.held) != (look.seen, look.held):
        return
    search.held, search.seen = list(look.holds), mark
    if look.number:
        search.seen_at = work.now
        _tell(work, look)


def _tell(work: Work, look: _Look) -> None:
    """One unread line a search; a later one counts on."""
    unread = work.session.scalars(
        select(Notice).where(
            col(Notice.person_id) == look.person_id,
            col(Notice.kind) == "found",
            col(Notice.read_at).is_(None),
        )
    ).all()
    number, first = look.number, dict.fromkeys(look.first)
    for line in unread:
        if line.detail.get("search") == look.search_id:
            known = line.detail.get("ids", ())
            number += int(line.detail["n"]) - len(first.keys() & set(known))
            first |= dict.fromkeys(known)
            work.session.delete(line)
    named = list(first)[:NAMED]
    notices.tell(work, [look.person_id], "found", search=look.search_id, n=str(number), ids=named)
