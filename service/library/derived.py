"""What is made of files and kept beside them: thumbnails, page images, PDFs, films. Each once, under a key of its own."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import and_, select
from sqlmodel import col

from service.models import Derived, PageLayer
from service.work import Work

Opens = Callable[[], AbstractContextManager[Work]]
"""Opens a unit of work: a reading or a writing one."""

PAGE_IMAGES = 60
"""Pages that get an image; the rest is read in the downloaded file."""
BATCH = 10
"""Page images written in one transaction."""
BLOCK = 1024 * 1024
PDF, WEBP, MP4 = "application/pdf", "image/webp", "video/mp4"


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that are durable already, and have no row yet."""

    key: str
    media_type: str
    size: int
    sha256: str


@contextmanager
def local_copy(work: Work, key: str) -> Iterator[Path]:
    """The bytes as a file that a limited process may open, alone in a folder."""
    with tempfile.TemporaryDirectory(prefix="tongke-") as folder:
        path = Path(folder) / "file"
        with work.objects.open(key) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, BLOCK)
        os.chmod(path, 0o444)
        yield path


def store(work: Work, media_type: str, chunks: Iterable[bytes]) -> Stored:
    """Write the bytes; large ones outside of any transaction, so that nobody waits for them. Without a row they are
    swept after a while."""
    key, size, digest = f"derived/{work.ids()}", 0, hashlib.sha256()

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            digest.update(chunk)
            yield chunk

    work.objects.put(key, counted())
    return Stored(key, media_type, size, digest.hexdigest())


def store_file(work: Work, media_type: str, path: Path) -> Stored:
    """A whole file."""
    with path.open("rb") as source:
        return store(work, media_type, iter(lambda: source.read(BLOCK), b""))


def keep(work: Work, file_id: str, kind: str, n: int, made: Stored) -> None:
    """The row of what was stored. Made again after a crash, the first one stays."""
    if work.session.get(Derived, (file_id, kind, n)) is not None:
        work.enqueue("discard", made.key, priority=8)
        return
    work.session.add(
        Derived(
            file_id=file_id, kind=kind, n=n, object_key=made.key, media_type=made.media_type, size=made.size,
            sha256=made.sha256,
        )
    )  # fmt: skip


def page_images(reading: Opens, writing: Opens, file_id: str, path: Path, count: int) -> None:
    """Images of the first pages of the PDF at path, which has `count`, and what stands where on them; those that are
    there already stay."""
    with reading() as work:
        done = set(
            work.session.scalars(
                select(col(Derived.n))
                .join(PageLayer, and_(col(PageLayer.file_id) == file_id, col(PageLayer.n) == col(Derived.n)))
                .where(col(Derived.file_id) == file_id, col(Derived.kind) == "page")
            )
        )
    wanted = [n for n in range(1, min(count, PAGE_IMAGES) + 1) if n not in done]
    for start in range(0, len(wanted), BATCH):
        drawn = [(n, work.extractor.page(path, n)) for n in wanted[start : start + BATCH]]
        stored = [(n, store(work, WEBP, [page.image]), page.lines) for n, page in drawn if page.image]
        with writing() as writer:
            for n, made, lines in stored:
                keep(writer, file_id, "page", n, made)
                writer.session.merge(PageLayer(file_id=file_id, n=n, lines=[*lines]))
