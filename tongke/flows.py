"""The interface's calls as flows, one function each; `Client` and `AsyncClient` give them their names."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tongke import uploading
from tongke.calls import Call, Flow
from tongke.downloading import download as download
from tongke.errors import Problem
from tongke.packed import Wanted
from tongke.packed import bring as bring_many
from tongke.session import Session
from tongke.shapes import ChangesPage, File, Resource, SearchPage


def ask(session: Session, path: str, params: Mapping[str, Any]) -> Flow[Any]:
    """The JSON of a GET."""
    answer = yield from session.ask(Call("GET", path, params=params))
    return answer.json()


def me(session: Session) -> Flow[dict[str, Any]]:
    """The caller: scopes and audiences."""
    answer = yield from session.ask(Call("GET", "/me"))
    return answer.json()


def search(
    session: Session, q: str, page: int, per_page: int, filters: Mapping[str, Any]
) -> Flow[SearchPage]:
    """A page of what is found."""
    params = {"q": q, "page": page, "per_page": per_page, **filters}
    answer = yield from session.ask(Call("GET", "/search", params=params))
    found: SearchPage = answer.json()
    return found


def listing(
    session: Session, cursor: str | None, filters: Mapping[str, Any]
) -> Flow[tuple[list[Resource], str | None]]:
    """A page of what the caller may see, and the cursor of the next."""
    params = {"limit": 200, **filters} | ({"cursor": cursor} if cursor else {})
    answer = yield from session.ask(Call("GET", "/resources", params=params))
    body = answer.json()
    return body["items"], body["next"]


def get(session: Session, resource_id: str, version: str | None) -> Flow[Resource]:
    """One resource."""
    params = {"version": version} if version else {}
    answer = yield from session.ask(Call("GET", f"/resources/{quote(resource_id, safe='')}", params=params))
    found: Resource = answer.json()
    return found


def changes(
    session: Session, cursor: str | None, limit: int, wait: int, audience: str | None
) -> Flow[ChangesPage]:
    """What changed since the cursor. Raises Outdated."""
    params = {"limit": limit, "wait": wait} | {
        name: value for name, value in (("cursor", cursor), ("audience", audience)) if value is not None
    }
    answer = yield from session.ask(Call("GET", "/changes", params=params))
    found: ChangesPage = answer.json()
    return found


def create(session: Session, fields: Mapping[str, Any], once: str | None) -> Flow[Resource]:
    """A draft. `once`: an Idempotency-Key."""
    headers = {"Idempotency-Key": once} if once else {}
    answer = yield from session.ask(Call("POST", "/resources", json=dict(fields), headers=headers))
    made: Resource = answer.json()
    return made


def attach(session: Session, resource_id: str, upload_id: str, name: str) -> Flow[File]:
    """Put a finished upload into the draft."""
    body = {"upload_id": upload_id, "name": name}
    answer = yield from session.ask(Call("POST", f"/resources/{resource_id}/files", json=body))
    made: File = answer.json()
    return made


def step(session: Session, resource_id: str, name: str) -> Flow[Resource]:
    """submit, publish, withdraw, restore."""
    answer = yield from session.ask(Call("POST", f"/resources/{resource_id}/{name}"))
    found: Resource = answer.json()
    return found


def by_key(
    session: Session, key: str, fields: Mapping[str, Any], files: Sequence[tuple[Path, str]]
) -> Flow[Resource]:
    """Create or update; `files` are (path, SHA-256), and only those that it has not yet are sent."""
    found = yield from _put(session, key, fields)
    known = {file["sha256"] for file in found["files"]}
    missing = [path for path, sha256 in files if sha256 not in known]
    if not missing:
        return found
    sent = []
    for path in missing:
        ident = yield from uploading.upload(session, path, None, None, None)
        sent.append({"upload_id": ident, "name": path.name})
    return (yield from _put(session, key, {**fields, "files": sent}))


def _put(session: Session, key: str, fields: Mapping[str, Any]) -> Flow[Resource]:
    """It is nearly always there already, so that is tried first."""
    path = f"/resources/by-key/{quote(key, safe='')}"
    try:
        answer = yield from session.ask(Call("PUT", path, json=dict(fields), headers={"If-Match": "*"}))
    except Problem as problem:
        if problem.status != 412:
            raise
        answer = yield from session.ask(Call("PUT", path, json=dict(fields), headers={"If-None-Match": "*"}))
    found: Resource = answer.json()
    return found


def content(resource_id: str, file_id: str) -> str:
    """Where a file's bytes are."""
    return f"/resources/{resource_id}/files/{file_id}/content"


def bring_copies(
    session: Session,
    wanted: Mapping[str, Wanted],
    arrived: Callable[[str], None],
    progress: Callable[[int], None] | None,
) -> Flow[None]:
    """The bytes of many files at once, as the reader of /copies."""
    return bring_many(session, "/copies/content", wanted, arrived, progress)
