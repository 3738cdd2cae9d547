"""变更: the ordered feed, read so that a client keeps an exact copy of what it may see.

A cursor says what the client's copy is: what the audience tokens `held` could see at the change numbered `at`. That is
all that has to be known to bring the copy further:

- Changes are replayed in their order. A resource comes as it is now where the last of its replayed changes leaves it
  open to the client; else it is `removed`, if the copy has it by the cursor's own account. So no id is ever named that
  the client could not see.
- When the client's tokens are no longer the cursor's (a partnership began, a membership ended), the resources of the
  tokens that came or went are walked by id first, as they stood at the mark: one that changed since the cursor is left
  to the replay, which goes to the mark with the old tokens and on from there with the new. What the copy has and the new
  tokens do not open is taken out by the walk even if it changed after the mark: that replay would not know of it.
- The first snapshot is such a walk, from no tokens at all.

The recorded audiences decide what is told; whether its content may be sent is asked of the live rule.
"""

import base64
import binascii
import hashlib
import hmac
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from service.errors import Gone
from service.library import callers, feed, rotating, shapes
from service.library.listing import shaped
from service.library.waiting import Mark
from service.models import Change, Counter, Grant, Moment, Partnership, Resource, fetch
from service.permissions import VISIBLE, seen_by
from service.work import Work

SCAN = 500
"""Changes, or resources of a walk, looked at at once."""
SCANS = 10
"""In one answer; a client that sees little of much gets a short page and `has_more`."""


@dataclass(frozen=True, slots=True)
class _Position:
    """What the client's copy is."""

    actor: str
    at: int
    held: frozenset[str]
    wanted: frozenset[str] | None = None
    """While tokens are being exchanged: those the copy will have."""
    mark: int = 0
    """The newest change when the exchange began."""
    walked: str | None = None
    """The last id of the walk; None once it is through."""


@dataclass(frozen=True, slots=True)
class Page:
    """`items` in the order in which they are to be applied."""

    items: list[dict[str, Any]]
    next_cursor: str
    has_more: bool
    at: int
    """The newest change that it took into account."""


_Step = tuple[_Position, list[tuple[str, bool]]]
"""The position after it, and (id, whether the client has it now) in order."""


def page(work: Work, cursor: str | None, limit: int, *, brief: bool = False) -> Page:
    """The next changes of the caller's copy, at most `limit`; without a cursor it begins with everything she sees.
    `brief`: an upsert is told by its id alone, `{"op": "upsert", "id"}`.

    Raises Gone for a cursor that cannot be gone on from: made by somebody else, not made here, of a feed that was
    restored from a backup, or of an exchange that the tokens changed under.
    """
    tokens = frozenset(token for token in work.caller.tokens if not token.startswith("link:"))
    newest, keys = newest_number(work), rotating.cursor_keys(work)
    position = _Position(work.caller.actor, newest, frozenset()) if cursor is None else _opened(keys, cursor)
    if position.actor != work.caller.actor or position.at > newest:
        raise _outdated()
    if position.wanted is None and position.held != tokens:
        position = replace(position, wanted=tokens, mark=newest, walked="")
    if position.wanted not in (None, tokens):
        raise _outdated()
    if position.walked is None:
        until = newest if position.wanted is None else position.mark
        position, told = _replayed(work, position, tokens, until, limit)
    else:
        position, told = _walked(work, position, tokens, limit)
    if position.wanted is not None and position.walked is None and position.at >= position.mark:
        position = replace(position, held=position.wanted, wanted=None)
    more = position.wanted is not None or position.at < newest
    items = _named(work, told) if brief else _items(work, told)
    return Page(items, _sealed(keys[0], position), more, position.at)


_NEXT_OF = (
    select(col(Grant.resource_id))
    .where(col(Grant.audience) == bindparam("audience"), col(Grant.resource_id) > bindparam("after"))
    .distinct()
    .order_by(col(Grant.resource_id))
    .limit(bindparam("most"))
)
_READERS = (
    select(col(Resource.id), col(Resource.readers))
    .where(col(Resource.id).in_(bindparam("ids", expanding=True)))
    .order_by(col(Resource.id))
)
_LAST_CHANGES = (
    select(col(Change.resource_id), func.max(col(Change.number)))
    .where(col(Change.resource_id).in_(bindparam("ids", expanding=True)))
    .group_by(col(Change.resource_id))
)


def _next_ids(work: Work, audiences: frozenset[str], after: str) -> tuple[list[str], bool]:
    """At most SCAN ids after this one of resources that were ever granted to one of the audiences, and whether there
    may be more. An audience at a time: each is a short run of one index, however many resources there are."""
    found: set[str] = set()
    horizon = None
    for audience in sorted(audiences):
        ids = (
            fetch(work.session, _NEXT_OF, {"audience": audience, "after": after, "most": SCAN})
            .scalars()
            .all()
        )
        found.update(ids)
        if len(ids) == SCAN:
            horizon = ids[-1] if horizon is None else min(horizon, ids[-1])
    ordered = sorted(ident for ident in found if horizon is None or ident <= horizon)
    return ordered[:SCAN], horizon is not None or len(ordered) > SCAN


def _walked(work: Work, position: _Position, tokens: frozenset[str], limit: int) -> _Step:
    """Go on with the exchange's walk."""
    told: list[tuple[str, bool]] = []
    for _scan in range(SCANS):
        ids, more = _next_ids(work, position.held ^ tokens, position.walked or "")
        readers = fetch(work.session, _READERS, {"ids": ids}).all() if ids else []
        changed: dict[str, int] = dict(fetch(work.session, _LAST_CHANGES, {"ids": ids}).all()) if ids else {}
        late = [
            resource_id for resource_id, _audiences in readers if changed.get(resource_id, 0) > position.mark
        ]
        held = _held_at_mark(work, position, late)
        for resource_id, audiences in readers:
            if len(told) == limit:
                return position, told
            position = replace(position, walked=resource_id)
            last = changed.get(resource_id, 0)
            if last <= position.mark and not tokens.isdisjoint(audiences):
                told.append((resource_id, True))
            elif (last <= position.at and not position.held.isdisjoint(audiences)) or (
                resource_id in held and tokens.isdisjoint(held[resource_id])
            ):
                told.append((resource_id, False))
        if not more:
            return replace(position, walked=None), told
    return position, told


_SINCE = (
    select(col(Change.resource_id), col(Change.number), col(Change.before))
    .where(
        col(Change.resource_id).in_(bindparam("ids", expanding=True)), col(Change.number) > bindparam("at")
    )
    .order_by(col(Change.number))
)


def _held_at_mark(work: Work, position: _Position, ids: list[str]) -> dict[str, frozenset[str]]:
    """Of resources that changed after the mark: the audience at the mark of those that the client's copy has and that
    no change up to the mark will speak of. The replay from the mark on, with the new tokens, would not take them for
    the client's."""
    found: dict[str, frozenset[str]] = {}
    first: set[str] = set()
    for resource_id, number, before in (
        fetch(work.session, _SINCE, {"ids": ids, "at": position.at}) if ids else ()
    ):
        if resource_id not in first and number > position.mark and not position.held.isdisjoint(before):
            found[resource_id] = frozenset(before)
        first.add(resource_id)
    return found


_REPLAYED = (
    select(col(Change.number), col(Change.resource_id), col(Change.before), col(Change.after))
    .where(col(Change.number) > bindparam("at"), col(Change.number) <= bindparam("until"))
    .order_by(col(Change.number))
    .limit(SCAN)
)


def _replayed(work: Work, position: _Position, tokens: frozenset[str], until: int, limit: int) -> _Step:
    """Go on with the changes, to the mark while tokens are being exchanged, else to the newest."""
    if position.at >= until:
        return position, []
    had: dict[str, bool] = {}
    has: dict[str, bool] = {}
    at = position.at
    for _scan in range(SCANS):
        rows = fetch(work.session, _REPLAYED, {"at": at, "until": until}).all()
        for number, resource_id, before, after in rows:
            known = had.setdefault(resource_id, not position.held.isdisjoint(before))
            now = not tokens.isdisjoint(after)
            if (known or now) and resource_id not in has and len(has) == limit:
                return replace(position, at=at), _told(had, has)
            at = number
            if known or now or resource_id in has:
                has.pop(resource_id, None)
                has[resource_id] = now
        if len(rows) < SCAN:
            break
    return replace(position, at=at), _told(had, has)


def _told(had: dict[str, bool], has: dict[str, bool]) -> list[tuple[str, bool]]:
    return [(resource_id, now) for resource_id, now in has.items() if now or had[resource_id]]


_SHOWN = shapes.rows(content=True).where(VISIBLE, col(Resource.id).in_(bindparam("ids", expanding=True)))


def _items(work: Work, told: Sequence[tuple[str, bool]]) -> list[dict[str, Any]]:
    """One that is recorded as open and is not so by the live rule (its
    grant has just run out) is left to the change that will say so."""
    ids = sorted(resource_id for resource_id, has in told if has)
    rows = fetch(work.session, _SHOWN, seen_by(work.caller, work.now) | {"ids": ids}).all() if ids else []
    shown = {item["id"]: item for item in shaped(work, rows)}
    return [
        {"op": "upsert", "resource": shown[resource_id]} if has else {"op": "removed", "id": resource_id}
        for resource_id, has in told
        if not has or resource_id in shown
    ]


_SEEN = select(col(Resource.id)).where(VISIBLE, col(Resource.id).in_(bindparam("ids", expanding=True)))


def _named(work: Work, told: Sequence[tuple[str, bool]]) -> list[dict[str, Any]]:
    """As `_items`, for who asks for the content elsewhere."""
    ids = sorted(resource_id for resource_id, has in told if has)
    shown = (
        set(fetch(work.session, _SEEN, seen_by(work.caller, work.now) | {"ids": ids}).scalars())
        if ids
        else ()
    )
    return [
        {"op": "upsert" if has else "removed", "id": resource_id}
        for resource_id, has in told
        if not has or resource_id in shown
    ]


def newest_number(work: Work) -> int:
    """The number of the newest change; 0 where there is none yet."""
    found = fetch(work.session, select(func.max(col(Change.number))), {}).scalar()
    return found or 0


_RIGHTS = select(
    select(func.max(col(Change.number))).scalar_subquery(),
    select(col(Counter.value)).where(col(Counter.name) == feed.RIGHTS).scalar_subquery(),
    select(func.count())
    .select_from(Partnership)
    .where(callers.active_partnership(bindparam("now", type_=Moment())))  # type: ignore[arg-type]
    .scalar_subquery(),
)


def mark(work: Work) -> Mark:
    """How the feed stands, and everybody's rights: when it moves, who waits looks again."""
    number, rights, pairs = fetch(work.session, _RIGHTS, {"now": work.now}).one()
    return number or 0, rights or 0, pairs


# Cursors: a position as JSON, compressed and signed ---------------------------------------------------------------

_SIGNATURE = 16


def _signature(key: bytes, packed: bytes) -> bytes:
    return hmac.new(key, packed, hashlib.sha256).digest()[:_SIGNATURE]


def _sealed(key: bytes, position: _Position) -> str:
    wanted = None if position.wanted is None else sorted(position.wanted)
    told = [position.actor, position.at, sorted(position.held), wanted, position.mark, position.walked]
    packed = zlib.compress(json.dumps(told, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(_signature(key, packed) + packed).decode().rstrip("=")


def _opened(keys: Sequence[bytes], cursor: str) -> _Position:
    try:
        whole = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error) as error:
        raise _outdated() from error
    signature, packed = whole[:_SIGNATURE], whole[_SIGNATURE:]
    if not any(hmac.compare_digest(signature, _signature(key, packed)) for key in keys):
        raise _outdated()
    actor, at, held, wanted, mark, walked = json.loads(zlib.decompress(packed))
    return _Position(actor, at, frozenset(held), None if wanted is None else frozenset(wanted), mark, walked)


def _outdated() -> Gone:
    return Gone(
        "这个同步位置已经失效。请不带 cursor 重新开始，得到完整的一份后再继续。",
        english="This cursor is outdated. Begin again without a cursor, and replace your copy with what you get.",
    )
