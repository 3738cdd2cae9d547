"""A school's own published resources as a folder or an archive: `resources.ndjson`, the files under their SHA-256,
`SHA256SUMS`, and a manifest that says what was left out. `tongke import` reads the folder on another library.

What goes is what the school published: drafts stay with their authors, and with them former versions, grants to persons and
links. Audiences carry what they are known by elsewhere (标识码, GB/T 2260), because ids differ from library to library.
"""

import hashlib
import io
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED

from sqlalchemy import func, select
from sqlmodel import col
from zipstream.ng import ZipStream  # type: ignore[import-untyped]

from service.errors import Unavailable
from service.library import administering, filenames, shapes
from service.library.bundles import BLOCK, Bundle
from service.library.contents import Content, open_bytes
from service.library.listing import shaped
from service.models import File, Grant, Organisation, Partnership, Resource
from service.permissions import ROLE_NAMES, VISIBLE, seen_by
from service.work import Work

FORMAT = "tongke-export"
VERSION = 1
MANIFEST, LINES, SUMS = "manifest.json", "resources.ndjson", "SHA256SUMS"
STAYS = {
    "drafts": "草稿和待审核的资源", "withdrawn": "撤回的资源", "unseen": "您看不到的资源",
    "files": "停止提供的附件", "persons": "给个人的共享", "links": "链接共享",
}  # fmt: skip
"""What is left out, in words."""
AT_ONCE = 200
"""Resources read at once."""


@dataclass
class Export:
    """What goes: a spooled file of lines, the files by their path in the export, and what was left out by kind."""

    school: Organisation
    lines: io.BufferedRandom
    resources: int = 0
    contents: dict[str, Content] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    """How many of each kind of STAYS."""

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(content.size for content in self.contents.values())

    def manifest(self, work: Work) -> bytes:
        """What the export is."""
        told = {
            "format": FORMAT,
            "version": VERSION,
            "made_at": shapes.instant(work.now),
            "school": _place(self.school),
            "resources": self.resources,
            "files": len(self.contents),
            "bytes": self.size,
            "left_out": dict(self.left_out),
        }
        return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"

    def sums(self) -> bytes:
        """For `sha256sum -c SHA256SUMS`."""
        self.lines.seek(0)
        digest = hashlib.file_digest(self.lines, "sha256").hexdigest()
        known = {path: content.sha256 for path, content in self.contents.items()}
        return "".join(
            f"{known_digest}  {path}\n" for path, known_digest in {LINES: digest, **known}.items()
        ).encode()


def gather(work: Work, school: Organisation, *, seen: bool) -> Export:
    """All that goes of a school; with `seen` only what the caller may see. Close `lines` afterwards."""
    found = Export(school, tempfile.TemporaryFile("w+b"))  # noqa: SIM115
    own = col(Resource.school_id) == school.id
    _count_what_stays(work, school, found)
    published = [own, col(Resource.published_id).is_not(None), col(Resource.deleted_at).is_(None)]
    published.append(col(Resource.status) == "published")
    parameters: dict[str, Any] = {}
    if seen:
        number = select(func.count()).select_from(Resource).where(*published, ~VISIBLE)
        parameters = seen_by(work.caller, work.now)
        found.left_out["unseen"] = work.session.execute(number, parameters).scalar_one()
        published.append(VISIBLE)
    after = ""
    while True:
        query = shapes.rows(content=True).where(*published, col(Resource.id) > after)
        rows = work.session.execute(query.order_by(col(Resource.id)).limit(AT_ONCE), parameters).all()
        items = shaped(work, rows)
        if not seen:  # for the operator the sources that nobody in particular sees count too
            for row, item in zip(rows, items, strict=True):
                item["adapted_from"] = row.adapted_from
        for line in _lines(work, items, found):
            found.lines.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            found.resources += 1
        if len(rows) < AT_ONCE:
            return found
        after = rows[-1].id


def _count_what_stays(work: Work, school: Organisation, found: Export) -> None:
    rows = work.session.execute(
        select(col(Resource.status), func.count())
        .where(col(Resource.school_id) == school.id, col(Resource.deleted_at).is_(None))
        .group_by(col(Resource.status))
    )
    counts: dict[str, int] = dict(rows.all())
    found.left_out["drafts"] = counts.get("draft", 0) + counts.get("submitted", 0)
    found.left_out["withdrawn"] = counts.get("withdrawn", 0)


def _lines(work: Work, items: list[dict[str, Any]], found: Export) -> Iterator[dict[str, Any]]:
    ids = [file["id"] for item in items for file in item["files"]]
    kept = {row.id: row for row in work.session.scalars(select(File).where(col(File.id).in_(ids))).all()}
    grants = _grants(work, [item["id"] for item in items], found)
    for item in items:
        files = []
        for file in item["files"]:
            row = kept[file["id"]]
            if row.withheld:
                found.left_out["files"] += 1
                continue
            path = f"files/{row.sha256[:2]}/{row.sha256}"
            found.contents[path] = Content(row.object_key, row.name, row.media_type, row.size, row.sha256)
            told = {
                name: file[name] for name in ("name", "media_type", "size", "sha256", "shows_children", "alt")
            }
            files.append({"path": path, **told})
        yield item | {"key": item["key"] or item["id"], "files": files, "grants": grants[item["id"]]}


def _grants(work: Work, ids: list[str], found: Export) -> dict[str, list[dict[str, Any]]]:
    """Resource id → approved grants that are not over, each with what its audience is known by elsewhere."""
    given: dict[str, list[dict[str, Any]]] = {resource_id: [] for resource_id in ids}
    rows = work.session.scalars(
        select(Grant)
        .where(
            col(Grant.resource_id).in_(ids),
            col(Grant.revoked_at).is_(None),
            col(Grant.approved),
            col(Grant.expires_at).is_(None) | (col(Grant.expires_at) > work.now),
        )
        .order_by(col(Grant.id))
    ).all()
    known: dict[str, dict[str, Any]] = {}
    for grant in rows:
        kind = grant.audience.partition(":")[0]
        if kind in ("person", "link", "client", "review"):
            found.left_out["links" if kind == "link" else "persons"] += 1
            continue
        if grant.audience not in known:
            known[grant.audience] = _known_by(work, grant.audience)
        given[grant.resource_id].append(
            {
                "audience": grant.audience,
                "role": ROLE_NAMES[grant.role],
                "not_before": grant.not_before and shapes.instant(grant.not_before),
                "expires_at": grant.expires_at and shapes.instant(grant.expires_at),
                **known[grant.audience],
            }
        )
    return given


def _known_by(work: Work, audience: str) -> dict[str, Any]:
    kind, _, ident = audience.partition(":")
    if kind == "school" and (school := work.session.get(Organisation, ident)):
        return {"school": _place(school)}
    if kind == "pair" and (pair := work.session.get(Partnership, ident)):
        sides = (work.session.get_one(Organisation, side) for side in (pair.helper_id, pair.aided_id))
        return {"sides": [_place(side) for side in sides]}
    return {}


def _place(row: Organisation) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "code": row.code}


# As an archive -----------------------------------------------------------------------------------------------------


def archive(work: Work, school_id: str) -> Bundle:
    """What the administrator of the school sees of its export, as a ZIP that is made while it is sent. NotFound for
    who administers another school."""
    school = administering.school(work, school_id)
    found = gather(work, school, seen=True)
    zipped = ZipStream()
    zipped.add(found.manifest(work), MANIFEST, compress_type=ZIP_DEFLATED)
    zipped.add(found.sums(), SUMS, compress_type=ZIP_DEFLATED)
    found.lines.seek(0)
    zipped.add(_all(found.lines), LINES, compress_type=ZIP_DEFLATED)
    for path, content in found.contents.items():
        zipped.add(_blocks(work, content), path, size=content.size, compress_type=ZIP_STORED)
    name = filenames.clean(f"{school.name}-{work.now:%Y%m%d}.zip")
    return Bundle(name, None, _closing(zipped.finalize(), found.lines))


def _closing(blocks: Generator[bytes, None, None], lines: IO[bytes]) -> Generator[bytes, None, None]:
    try:
        yield from blocks
    finally:
        lines.close()


def _all(source: IO[bytes]) -> Iterator[bytes]:
    while block := source.read(BLOCK):
        yield block


def _blocks(work: Work, content: Content) -> Iterator[bytes]:
    with open_bytes(work, content) as source:
        while block := source.read(BLOCK):
            yield block


# As a folder -------------------------------------------------------------------------------------------------------


def write(
    work: Work, found: Export, folder: Path, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> None:
    """Into a folder; what is there whole already is not written again, the manifest comes last. Raises
    Unavailable where the store's bytes are not those that were uploaded, OSError."""
    done = 0
    for path, content in found.contents.items():
        target = folder / path
        if not (target.is_file() and target.stat().st_size == content.size):
            _put(target, _blocks(work, content), content.sha256)
        done += content.size
        progress(done, found.size)
    sums = found.sums()
    found.lines.seek(0)
    pieces: Mapping[str, Iterable[bytes]] = {
        LINES: _all(found.lines), SUMS: [sums], MANIFEST: [found.manifest(work)],
    }  # fmt: skip
    for name, blocks in pieces.items():
        _put(folder / name, blocks)


def _put(target: Path, blocks: Iterable[bytes], sha256: str | None = None) -> None:
    """Under its name only once it is whole and on the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, unfinished = hashlib.sha256(), target.with_name(target.name + ".part")
    with unfinished.open("wb") as out:
        for block in blocks:
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if sha256 is not None and digest.hexdigest() != sha256:
        unfinished.unlink()
        raise Unavailable(
            f"附件 {sha256} 的内容与上传时不符，没有导出。请先运行 tongke check，再导出一次。",
            english=f"The bytes of {sha256} are damaged. Run tongke check, then export again.",
        )
    unfinished.replace(target)
