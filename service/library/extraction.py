"""Jobs on a file's bytes: its text by page, its thumbnail, a PDF's page images. Each works outside a transaction and
then writes briefly; each may run twice."""

from sqlalchemy import delete, update
from sqlmodel import col

from service.extract import Extracted
from service.library import conversions, derived, feed, scanning
from service.library.derived import Opens
from service.models import File, PageText, Resource
from service.search import chinese
from service.work import Work

GIVEN_UP = "试过几次都没有完成，已经停下。文件已妥善保存，可以下载。"


def extract(reading: Opens, writing: Opens, file_id: str) -> None:
    """Text, listing and thumbnail of a file. What fails leaves the file stored, readable, and says why."""
    with reading() as work:
        file = work.session.get(File, file_id)
    if file is None or file.state not in ("pending", "processing"):
        return
    with derived.local_copy(work, file.object_key) as path:
        found = scanning.infection(work, path)
        if found is not None:
            with writing() as work:
                scanning.record(work, file_id, found)
        told = scanning.REFUSED if found else work.extractor.extract(path, file.media_type, file.name)
    picture = derived.store(work, derived.WEBP, [told.thumbnail]) if told.thumbnail else None
    with writing() as work:
        _record(work, file, told, picture)


def _record(work: Work, file: File, found: Extracted, picture: derived.Stored | None) -> None:
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
    if picture is not None:
        derived.keep(work, file.id, "thumbnail", 0, picture)
    if file.media_type == derived.PDF and found.pages:
        work.enqueue("pages", file.id, priority=7)
    if found.state == "ready":
        conversions.begin(work, file.id, file.media_type)
    _changed(work, file.resource_id)


def _changed(work: Work, resource_id: str) -> None:
    resource = work.session.get(Resource, resource_id)
    if resource is not None:
        resource.revision += 1
        feed.touch(work, resource.id)


def pages(reading: Opens, writing: Opens, file_id: str) -> None:
    """Images of a PDF's first pages, 720 px wide."""
    with reading() as work:
        file = work.session.get(File, file_id)
    if file is not None and file.pages:
        with derived.local_copy(work, file.object_key) as path:
            derived.page_images(reading, writing, file_id, path, file.pages)
        with writing() as work:
            feed.touch(work, file.resource_id)  # copies bring them


def give_up(work: Work, file_id: str) -> None:
    """It was tried too often: say so of the file, so that nobody waits for ever."""
    _settle(work, file_id, ("pending", "processing"), "failed", GIVEN_UP)


def again(work: Work, file_id: str) -> None:
    """Have the text of a file taken out once more."""
    _settle(work, file_id, ("failed",), "pending", "")
    work.enqueue("extract", file_id, priority=4)


def _settle(work: Work, file_id: str, former: tuple[str, ...], state: str, reason: str) -> None:
    file = work.session.get(File, file_id)
    if file is not None and file.state in former:
        file.state, file.reason = state, reason
        _changed(work, file.resource_id)
