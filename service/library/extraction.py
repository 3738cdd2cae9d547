"""Jobs on a file's bytes: its text by page, its thumbnail, its page images. Each works outside a transaction and then
writes briefly; each may run twice."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlmodel import col

from service.extract import Extracted
from service.library import feed
from service.models import Derived, File, PageText, Resource
from service.search import chinese
from service.work import Work

Opens = Callable[[], AbstractContextManager[Work]]
"""Opens a unit of work: a reading or a writing one."""

PAGE_IMAGES = 60
"""Pages that get an image; the rest is read in the downloaded file."""
BATCH = 10
"""Page images written in one transaction."""


def extract(reading: Opens, writing: Opens, file_id: str) -> None:
    """Text, listing and thumbnail of a file. What fails leaves the file stored, readable, and says why."""
    with reading() as work:
        file = work.session.get(File, file_id)
    if file is None or file.state not in ("pending", "processing"):
        return
    with local_copy(work, file) as path:
        found = work.extractor.extract(path, file.media_type, file.name)
    with writing() as work:
        _record(work, file, found)


@contextmanager
def local_copy(work: Work, file: File) -> Iterator[Path]:
    """The bytes as a file that a limited process may open."""
    folder = tempfile.mkdtemp(prefix="tongke-")
    try:
        path = Path(folder) / "file"
        with work.objects.open(file.object_key) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
        os.chmod(path, 0o444)
        yield path
    finally:
        shutil.rmtree(folder)


def _record(work: Work, file: File, found: Extracted) -> None:
    session = work.session
    updated = session.execute(
        update(File)
        .where(col(File.id) == file.id)
        .values(
            state=found.state,
            reason=found.reason,
            pages=found.pages,
            listing=[{"name": entry.name, "size": entry.size} for entry in found.listing[:2000]],
            details=found.details,
        )
        .returning(col(File.id))
    ).scalar()
    if updated is None:
        return
    session.execute(delete(PageText).where(col(PageText.file_id) == file.id))
    session.add_all(
        PageText(file_id=file.id, n=n, text=text, folded=chinese.fold(text).text)
        for n, text in enumerate(found.texts, 1)
    )
    if found.thumbnail:
        _keep(work, file.id, "thumbnail", 0, found.thumbnail)
    if file.media_type == "application/pdf" and found.pages:
        work.enqueue("pages", file.id, priority=7)
    resource = session.get(Resource, file.resource_id)
    if resource is not None:
        resource.revision += 1
        feed.touch(work, file.resource_id)


def _keep(work: Work, file_id: str, kind: str, n: int, picture: bytes) -> None:
    """Store a derived picture once; made again after a crash, the first one stays."""
    if work.session.get(Derived, (file_id, kind, n)) is not None:
        return
    key = f"derived/{work.ids()}"
    work.objects.put(key, [picture])
    work.session.add(
        Derived(file_id=file_id, kind=kind, n=n, object_key=key, media_type="image/webp", size=len(picture))
    )


def pages(reading: Opens, writing: Opens, file_id: str) -> None:
    """Images of a PDF's first pages, 720 px wide."""
    with reading() as work:
        file = work.session.get(File, file_id)
        if file is None or not file.pages:
            return
        done = set(
            work.session.scalars(
                select(col(Derived.n)).where(col(Derived.file_id) == file_id, col(Derived.kind) == "page")
            )
        )
    wanted = [n for n in range(1, min(file.pages, PAGE_IMAGES) + 1) if n not in done]
    with local_copy(work, file) as path:
        for start in range(0, len(wanted), BATCH):
            made = [(n, work.extractor.page_image(path, n)) for n in wanted[start : start + BATCH]]
            with writing() as writer:
                for n, picture in made:
                    if picture:
                        _keep(writer, file_id, "page", n, picture)
