"""Which bytes a mirror brings: in what order, within what budget, and what becomes of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Row, bindparam, delete, func, insert, select, update
from sqlmodel import col

from service.library.shapes import moment
from service.models import Derived, File, MirrorObject, fetch, to_micros
from service.settings import MEBIBYTE
from service.work import Work

AWAY = "away"
"""`File.withheld` of a file whose bytes are not here."""
LARGE = 50 * MEBIBYTE
"""An original from this size on comes last."""
FILE = "file"
RANKS = {"thumbnail": 1, "page": 2, "small": 3, "pdf": 4, FILE: 5, "play": 6}
"""What can be read at once on a slow line comes first; what comes last is dropped first. A LARGE original is 7."""
LAST = 7


def key(sha256: str, file_id: str, kind: str = FILE, n: int = 0) -> str:
    """The object key of a File or Derived row of a mirror."""
    return f"{sha256}/{name(file_id, kind, n)}"


def name(file_id: str, kind: str, n: int) -> str:
    """What the library calls these bytes where many are asked for at once."""
    return file_id if kind == FILE else f"{file_id}-{kind}-{n}"


def derived(file_id: str, made: Mapping[str, Any]) -> dict[str, Any]:
    """The row of what was made of a file."""
    return {
        "file_id": file_id,
        "kind": made["kind"],
        "n": made["n"],
        "object_key": key(made["sha256"], file_id, made["kind"], made["n"]),
        "media_type": made["media_type"],
        "size": made["size"],
        "sha256": made["sha256"],
    }


def objects(copy: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for everything that a resource has bytes of, but what the library itself does not give out."""
    resource = copy["resource"]
    newness = -to_micros(moment(resource["updated_at"]))
    for file in resource["files"]:
        beside = copy["files"][file["id"]]
        own = {"kind": FILE, "n": 0} | {name: file[name] for name in ("media_type", "size", "sha256")}
        for one in ([] if beside["withheld"] else [own]) + beside["made"]:
            yield {
                "key": key(one["sha256"], file["id"], one["kind"], one["n"]),
                "resource_id": resource["id"],
                "file_id": file["id"],
                "kind": one["kind"],
                "n": one["n"],
                "media_type": one["media_type"],
                "size": one["size"],
                "sha256": one["sha256"],
                "rank": LAST if one["kind"] == FILE and one["size"] >= LARGE else RANKS[one["kind"]],
                "newness": newness,
            }


_ORDER = (col(MirrorObject.rank), col(MirrorObject.newness), col(MirrorObject.key))


_ALL = select(
    col(MirrorObject.key), col(MirrorObject.sha256), col(MirrorObject.size), col(MirrorObject.state)
).order_by(*_ORDER)
_NEXT: Executable = (
    select(
        col(MirrorObject.key),
        col(MirrorObject.resource_id),
        col(MirrorObject.file_id),
        col(MirrorObject.kind),
        col(MirrorObject.n),
        col(MirrorObject.size),
        col(MirrorObject.sha256),
        col(File.sha256).label("original"),
    )
    .join(File, col(File.id) == col(MirrorObject.file_id))
    .where(col(MirrorObject.state) == "wanted")
    .order_by(*_ORDER)
    .limit(bindparam("most"))
)


_ARRIVED: Executable = select(
    col(MirrorObject.key),
    col(MirrorObject.file_id),
    col(MirrorObject.kind),
    col(MirrorObject.n),
    col(MirrorObject.media_type),
    col(MirrorObject.size),
    col(MirrorObject.sha256),
).where(col(MirrorObject.key).in_(bindparam("keys", expanding=True)), col(MirrorObject.state) != "kept")


def plan(work: Work, budget: int | None) -> list[str]:
    """Decide what has its place within the budget (bytes): in the order in which it is brought, each that still fits.
    Returns the SHA-256 that lost theirs, to be dropped after the commit. What failed before is tried again."""
    rows = fetch(work.session, _ALL, {}).all()
    chosen, total = set[str](), 0
    again, over = list[str](), list[Row[*tuple[Any, ...]]]()
    for row in rows:
        cost = 0 if row.sha256 in chosen else row.size
        if budget is None or total + cost <= budget:
            total += cost
            chosen.add(row.sha256)
            if row.state in ("over", "failed"):
                again.append(row.key)
        elif row.state != "over":
            over.append(row)
    _mark(work, again, "wanted")
    _mark(work, [row.key for row in over], "over")
    _hide(work, [row.key for row in over if row.state == "kept"])
    return sorted({row.sha256 for row in over} - chosen)


def following(work: Work, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The next objects to be brought; `original` is the SHA-256 of the file that it was made of."""
    return fetch(work.session, _NEXT, {"most": limit}).all()


def recorded(work: Work, hashes: Sequence[str]) -> set[str]:
    """Which of these SHA-256 are here, whole, by our own record."""
    return set(
        work.session.scalars(
            select(col(MirrorObject.sha256)).where(
                col(MirrorObject.sha256).in_(hashes), col(MirrorObject.state) == "kept"
            )
        )
    )


def kept_sizes(work: Work) -> dict[str, int]:
    """SHA-256 → bytes of what is here."""
    query = select(col(MirrorObject.sha256), col(MirrorObject.size)).where(col(MirrorObject.state) == "kept")
    return dict(work.session.execute(query.distinct().order_by(col(MirrorObject.sha256))).all())


def hashes(work: Work) -> frozenset[str]:
    """Every SHA-256 that has its place here."""
    return frozenset(
        work.session.scalars(select(col(MirrorObject.sha256)).where(col(MirrorObject.state) != "over"))
    )


def failed(work: Work, keys: Sequence[str]) -> None:
    """Not to be had now."""
    _mark(work, keys, "failed")


def kept(work: Work, keys: Sequence[str]) -> None:
    """These are here, whole and durable: pages may show them. What the feed has taken out meanwhile is passed over."""
    rows = [row for some in _hundreds(keys) for row in fetch(work.session, _ARRIVED, {"keys": some})]
    made = [
        {
            "file_id": row.file_id, "kind": row.kind, "n": row.n, "object_key": row.key, "size": row.size,
            "media_type": row.media_type, "sha256": row.sha256,
        }
        for row in rows
        if row.kind != FILE
    ]  # fmt: skip
    if made:
        work.session.execute(insert(Derived), made)
    for some in _hundreds([row.file_id for row in rows if row.kind == FILE]):
        work.session.execute(update(File).where(col(File.id).in_(some)).values(withheld=""))
    _mark(work, [row.key for row in rows], "kept")


def lost(work: Work, hashes: Sequence[str]) -> None:
    """Contents that were here are damaged or gone: they are brought again."""
    for some in _hundreds(hashes):
        query = select(col(MirrorObject.key)).where(
            col(MirrorObject.sha256).in_(some), col(MirrorObject.state) == "kept"
        )
        keys = list(work.session.scalars(query))
        _hide(work, keys)
        _mark(work, keys, "wanted")


def _hide(work: Work, keys: Sequence[str]) -> None:
    for some in _hundreds(keys):
        work.session.execute(delete(Derived).where(col(Derived.object_key).in_(some)))
        work.session.execute(update(File).where(col(File.object_key).in_(some)).values(withheld=AWAY))


def _mark(work: Work, keys: Sequence[str], state: str) -> None:
    for some in _hundreds(keys):
        work.session.execute(update(MirrorObject).where(col(MirrorObject.key).in_(some)).values(state=state))


def _hundreds(keys: Sequence[str]) -> list[Sequence[str]]:
    return [keys[start : start + 500] for start in range(0, len(keys), 500)]


@dataclass(frozen=True, slots=True)
class Amount:
    """How many different contents, and their bytes."""

    number: int = 0
    size: int = 0


def amounts(work: Work) -> dict[str, Amount]:
    """By state. A content that several resources have counts once."""
    distinct = (
        select(col(MirrorObject.state), col(MirrorObject.sha256), col(MirrorObject.size))
        .distinct()
        .subquery()
    )
    rows = work.session.execute(
        select(distinct.c.state, func.count(), func.sum(distinct.c.size)).group_by(distinct.c.state)
    )
    return {state: Amount(number, size) for state, number, size in rows}
