"""Loading the demo: files first (durable), then everything else in one transaction."""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select
from sqlmodel import col

from service.library import accounts, files, resources, sharing, versions, vocabulary
from service.library.demo import content
from service.library.demo.cast import Cast, accounts_list, as_person, password, settle
from service.library.demo.content import CODED, Piece
from service.library.demo.people import ACCOUNTS, MARK
from service.library.derived import Opens
from service.library.sharing import Wanted
from service.models import File, Organisation, Person, Resource, Version
from service.permissions import Caller, Scope
from service.storage import Objects
from service.work import Work, ulid

DAYS_APART = 6
"""Between one resource's date and the next one's, back from today."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A made file whose bytes are durable."""

    key: str
    name: str
    media_type: str
    size: int
    sha256: str


def seed(reading: Opens, writing: Opens, path: Path) -> list[dict[str, str | None]]:
    """Load the demo and write its sign-in accounts to `path` (mode 0600). Where it is loaded already, nothing changes.

    Returns the accounts of `path`: `{"username", "password", "name", "role", "school", "school_id", "city", "side"}`.
    """
    with reading() as work:
        if loaded(work):
            return _read(path)
        objects = work.objects
    passwords = {account.username: password() for account in ACCOUNTS}
    pieces = content.load()
    with ThreadPoolExecutor(
        1
    ) as beside:  # Argon2 works outside the interpreter's lock: seconds, while files are made
        hashing = beside.submit(_hashes, passwords)
        stored = {piece.slug: _store(objects, piece) for piece in pieces}
        password_hashes = hashing.result()
    with writing() as work:
        if loaded(work):
            work.enqueue("discard", *(found.key for made in stored.values() for found in made))
            return _read(path)
        cast = settle(work, password_hashes)
        made: dict[str, str] = {}
        for age, piece in enumerate(pieces):
            made[piece.slug] = _load(work, cast, piece, stored[piece.slug], made)
            _date(work, made[piece.slug], (len(pieces) - age) * DAYS_APART)
        found = accounts_list(work, cast, passwords)
        _write(path, found)
    return found


def _hashes(passwords: dict[str, str]) -> dict[str, str]:
    return {username: accounts.HASHER.hash(plain) for username, plain in passwords.items()}


def loaded(work: Work) -> bool:
    """Whether the demo is there."""
    return bool(work.session.execute(select(exists().where(col(Person.demo)))).scalar())


def _store(objects: Objects, piece: Piece) -> list[Stored]:
    """Make the piece's files and write them to the store."""
    from service.library.demo.files import (
        make,
    )  # the Office libraries take half a second, which only seeding needs

    found = []
    for order in piece.files:
        file = make(order, piece.fields["title"], piece.fields["content"])
        key = f"files/{ulid()}"
        objects.put(key, [file.data])
        digest = hashlib.sha256(file.data).hexdigest()
        found.append(Stored(key, file.name, file.media_type, len(file.data), digest))
    return found


def _load(work: Work, cast: Cast, piece: Piece, stored: list[Stored], made: dict[str, str]) -> str:
    """One resource, by the use-cases its author would use; returns its id."""
    author = as_person(work, cast.persons[piece.author])
    data = {**codes(piece.fields), "credits": [_credit(work, cast, credit) for credit in piece.credits]}
    origin = made[piece.adapted_from] if piece.adapted_from else None
    resource_id = resources.create(author, data, key=f"demo-{piece.slug}", adapted_from=origin)
    work.session.flush()
    resource = resources.load(author, resource_id)
    resource.demo = True
    for found in stored:
        _attach(author, resource, found)
    for audience, role in piece.grants:
        wanted = Wanted.model_validate({"audience": cast.audience(audience), "role": role})
        sharing.give(author, resource_id, wanted)
    if piece.status != "draft":
        versions.submit(author, resource_id)
    if piece.status == "published":
        versions.publish(_administrator(work, resource.school_id), resource_id)
    work.session.flush()
    return resource_id


def codes(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with codes in the place of labels. Raises LookupError for a label that no vocabulary has."""
    found = dict(fields)
    for name in CODED:
        if name in found:
            code = vocabulary.resolve(name, found[name])
            if code is None:
                raise LookupError(f"{name}: {found[name]}")
            found[name] = code
    return found


def _credit(work: Work, cast: Cast, credit: dict[str, str]) -> dict[str, str | None]:
    if "who" not in credit:
        return {"person": credit["person"] + MARK, "enterprise": credit["enterprise"], "part": credit["part"]}
    person = work.session.get_one(Person, cast.persons[credit["who"]])
    place = next(account.place for account in ACCOUNTS if account.username == credit["who"])
    school = work.session.get_one(Organisation, cast.schools[place])
    return {"person": person.name, "school": school.name, "part": credit["part"]}


def _attach(author: Work, resource: Resource, found: Stored) -> None:
    draft = author.session.get_one(Version, resource.draft_id)
    file = File(
        id=author.ids(),
        resource_id=resource.id,
        object_key=found.key,
        name=found.name,
        media_type=found.media_type,
        size=found.size,
        sha256=found.sha256,
        shows_children="no",
        created_by=author.caller.person_id,
        created_at=author.now,
    )
    files.add(author, resource, draft, file)


def _administrator(work: Work, school_id: str) -> Work:
    """The same unit of work, for whoever reviews at the school: not every demo school has such an account."""
    caller = Caller(
        actor="system",
        tokens=frozenset({f"review:{school_id}"}),
        reviews=frozenset({school_id}),
        scopes=frozenset(Scope),
    )
    return replace(work, caller=caller)


def _date(work: Work, resource_id: str, days: int) -> None:
    """Date a resource back, so that the lists look like a library's, not like a load's."""
    resource = work.session.get_one(Resource, resource_id)
    version = work.session.get_one(Version, resource.published_id or resource.draft_id)
    at = work.now - timedelta(days=days)
    for row in (resource, version):
        row.created_at, row.updated_at = at, at
    if version.published_at is not None:
        version.published_at = at
    if version.submitted_at is not None:
        version.submitted_at = at
    work.session.flush()


def _read(path: Path) -> list[dict[str, str | None]]:
    """The accounts written when the demo was loaded; none where the file was taken away."""
    found: list[dict[str, str | None]] = (
        json.loads(path.read_text("utf-8"))["accounts"] if path.exists() else []
    )
    return found


def _write(path: Path, found: list[dict[str, str | None]]) -> None:
    """Write the file whole or not at all, readable by its owner alone."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as target:
        json.dump({"accounts": found}, target, ensure_ascii=False, indent=2)
    draft.replace(path)
