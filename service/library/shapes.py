"""Rows → the shapes of api.md (Resource, File). Hot reads select columns, never whole objects."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from service.library.fields import VERSION_FIELDS
from service.models import File, Organisation, Resource, Version, VersionFile, fetch
from service.permissions import EDITOR

City = aliased(Organisation, name="city")
Draft = aliased(Version, name="draft")

SHOWN = func.coalesce(col(Resource.published_id), col(Resource.draft_id))
"""The version that lists and the index show: the newest published one, else the draft."""

_IN_LISTS = tuple(name for name in VERSION_FIELDS if name != "content")


@cache
def _default_rows(content: bool) -> Select[Any]:
    return _rows(SHOWN, content)


def rows(version_id: Any = SHOWN, *, content: bool = False) -> Select[Any]:
    """Select what `shape` needs; add where, order and limit. The usual one is built once: it has forty columns."""
    return _default_rows(content) if version_id is SHOWN else _rows(version_id, content)


def _rows(version_id: Any, content: bool) -> Select[Any]:
    columns: tuple[Any, ...] = (
        col(Resource.id),
        col(Resource.key),
        col(Resource.kind),
        col(Resource.status),
        col(Resource.adapted_from),
        col(Resource.created_at),
        col(Resource.updated_at),
        col(Resource.revision),
        col(Resource.published_id),
        col(Version.id).label("version_id"),
        col(Version.number),
        col(Version.status).label("version_status"),
        col(Organisation.id).label("school_id"),
        col(Organisation.name).label("school_name"),
        col(City.name).label("city_name"),
        col(Draft.number).label("draft_number"),
        col(Draft.status).label("draft_status"),
        *(col(getattr(Version, name)) for name in (VERSION_FIELDS if content else _IN_LISTS)),
    )
    return (
        select(*columns)
        .select_from(Resource)
        .join(Version, col(Version.id) == version_id)
        .join(Organisation, col(Organisation.id) == col(Resource.school_id))
        .outerjoin(City, col(City.id) == col(Organisation.city_id))
        .outerjoin(Draft, col(Draft.id) == col(Resource.draft_id))
    )


def ids() -> Any:
    """The parameter `ids` of a statement: a list of them."""
    return bindparam("ids", expanding=True)


def instant(moment: datetime) -> str:
    """RFC 3339, UTC."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """What `instant` wrote."""
    return datetime.fromisoformat(text)


def shape(row: Row[Any], files: Sequence[dict[str, Any]], *, role: int = 0) -> dict[str, Any]:
    """A Resource of api.md. `draft` is filled for those who may edit."""
    mapping = row._asdict()
    found = {name: mapping[name] for name in VERSION_FIELDS if name in mapping}
    past = mapping["version_status"] == "replaced"
    draft = None
    if role >= EDITOR and mapping["draft_number"] is not None:
        draft = {"version": mapping["draft_number"], "status": mapping["draft_status"]}
    showing_draft = mapping["version_status"] in ("draft", "submitted")
    found |= {
        "id": mapping["id"],
        "key": mapping["key"],
        "kind": mapping["kind"],
        "school": {"id": mapping["school_id"], "name": mapping["school_name"], "city": mapping["city_name"]},
        "status": "published" if past else mapping["version_status"] if showing_draft else mapping["status"],
        "version": mapping["number"],
        "draft": draft,
        "adapted_from": mapping["adapted_from"],
        "files": files,
        "created_at": instant(mapping["created_at"]),
        "updated_at": instant(mapping["updated_at"]),
    }
    return found


_FILE = (
    col(File.id),
    col(File.name),
    col(File.media_type),
    col(File.size),
    col(File.sha256),
    col(File.state),
    col(File.reason),
    col(File.pages),
    col(File.shows_children),
    col(VersionFile.alt),
)


_FILE_COLUMNS: tuple[Any, ...] = (col(VersionFile.version_id), *_FILE)
_FILES = (
    select(*_FILE_COLUMNS)
    .join(File, col(File.id) == col(VersionFile.file_id))
    .where(col(VersionFile.version_id).in_(bindparam("ids", expanding=True)))
    .order_by(col(VersionFile.version_id), col(VersionFile.position), col(File.id))
)


def files_of(session: Session, version_ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Version id → its Files of api.md, in order. Every id asked for has an entry."""
    ids = list(version_ids)
    found: dict[str, list[dict[str, Any]]] = {version_id: [] for version_id in ids}
    for row in fetch(session, _FILES, {"ids": ids}):
        values = row._asdict()
        found[values.pop("version_id")].append(values)
    return found


def etag(revision: int) -> str:
    """The strong ETag of a resource's metadata."""
    return f'"{revision}"'
