"""What becomes of a file beyond its text: a document's PDF and page images by LibreOffice, a film that every browser
plays, and a small one for slow lines. Each step is kept once it is done; each end is told: ready, failed with its
reason, or absent where this machine has no program for it."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, exists, or_, select
from sqlmodel import col

from service.extract import Extracted
from service.extract.office import CONVERTIBLE
from service.extract.sandbox import FilmStep
from service.library import derived, feed
from service.library.derived import MP4, PDF, WEBP, Opens
from service.models import Conversion, Derived, File, fetch
from service.work import Work

DOCUMENT = ("转成 PDF", "制作页面图")
FILM = ("读取时长和封面", "转成能在线播放的格式", "制作流畅版（适合慢网络）")
"""The steps of each kind, as they are shown."""
ABSENT = "本机没有转换程序（LibreOffice），不能制作页面图。可以下载，或看文字版。"
GIVEN_UP = "试过几次都没有完成，已经停下。文件已妥善保存，可以下载。"
WITHHELD = "这个附件已被隔离，没有转换。"
WAITING = ("waiting", "running")
BATCH = 500


class _Failed(Exception):
    """The file cannot be converted; the words say why."""


def steps_of(media_type: str) -> tuple[str, ...]:
    """What is done with a file of this type, in order; nothing with most."""
    if media_type in CONVERTIBLE:
        return DOCUMENT
    return FILM if media_type.startswith("video/") else ()


def begin(work: Work, file_id: str, media_type: str) -> None:
    """Have the file converted after the commit, where it is of a kind that is."""
    steps = steps_of(media_type)
    if steps and work.settings.convert:
        work.session.merge(Conversion(file_id=file_id, state="waiting", steps=len(steps), at=work.now))
        work.enqueue("convert", file_id, priority=9)


def convert(reading: Opens, writing: Opens, file_id: str) -> None:
    """The job: every step that is not done yet, outside of transactions. May run twice."""
    with reading() as work:
        file, conversion = work.session.get(File, file_id), work.session.get(Conversion, file_id)
    if file is None or conversion is None or conversion.state not in WAITING:
        return
    if file.withheld:
        _settle(writing, file_id, "failed", WITHHELD)
        return
    if file.media_type in CONVERTIBLE and work.extractor.soffice is None:
        _settle(writing, file_id, "absent", ABSENT)
        return
    try:
        with derived.local_copy(work, file.object_key) as path:
            run = _document if file.media_type in CONVERTIBLE else _film
            run(_Job(reading, writing, file), path)
    except _Failed as problem:
        _settle(writing, file_id, "failed", str(problem))
    else:
        _settle(writing, file_id, "ready", "")


class _Job:
    """One file under conversion."""

    def __init__(self, reading: Opens, writing: Opens, file: File) -> None:
        self.reading, self.writing, self.file = reading, writing, file

    def step(self, number: int) -> None:
        """Say how far it is."""
        with self.writing() as work:
            if (row := work.session.get(Conversion, self.file.id)) is not None:
                row.state, row.step, row.at = "running", number, work.now

    def kept(self, kind: str, path: Path) -> bool:
        """Whether this was made before; then it lies at path too."""
        with self.reading() as work:
            row = work.session.get(Derived, (self.file.id, kind, 0))
        if row is None:
            return False
        with derived.local_copy(work, row.object_key) as copy:
            copy.rename(path)
        return True

    def keep(self, kind: str, media_type: str, path: Path) -> None:
        """Keep what lies at path, where anything does."""
        if path.exists():
            with self.reading() as work:
                made = derived.store_file(work, media_type, path)
            with self.writing() as work:
                derived.keep(work, self.file.id, kind, 0, made)

    def made(self, found: Extracted) -> Extracted:
        """What was asked of the extractor. Raises _Failed with its reason where it failed."""
        if found.state == "failed":
            raise _Failed(found.reason)
        return found


def _document(job: _Job, path: Path) -> None:
    with job.reading() as work:
        extractor, conversion = work.extractor, work.session.get_one(Conversion, job.file.id)
    with tempfile.TemporaryDirectory(prefix="tongke-") as folder:
        target, pages = Path(folder) / "file.pdf", conversion.pages
        job.step(1)
        if not job.kept("pdf", target) or pages is None:
            found = job.made(extractor.pdf(path, job.file.media_type, target))
            pages = found.pages or 0
            job.keep("pdf", PDF, target)
            with job.reading() as work:
                picture = derived.store(work, WEBP, [found.thumbnail]) if found.thumbnail else None
            with job.writing() as work:
                work.session.get_one(Conversion, job.file.id).pages = pages
                if picture is not None:
                    derived.keep(work, job.file.id, "thumbnail", 0, picture)
        job.step(2)
        derived.page_images(job.reading, job.writing, job.file.id, target, pages)


def _film(job: _Job, path: Path) -> None:
    with job.reading() as work:
        film: Callable[[Path, FilmStep, Path], Extracted] = work.extractor.film
    with tempfile.TemporaryDirectory(prefix="tongke-") as folder:
        poster, plays, small = (Path(folder) / name for name in ("poster", "play.mp4", "small.mp4"))
        job.step(1)
        found = job.made(film(path, "probe", poster))
        job.keep("thumbnail", WEBP, poster)
        with job.writing() as work:
            if (row := work.session.get(File, job.file.id)) is not None:
                row.details = row.details | found.details
        job.step(2)
        if not job.kept("play", plays):
            job.made(film(path, "play", plays))
            job.keep("play", MP4, plays)
        job.step(3)
        if not job.kept("small", small):
            job.made(film(plays if plays.exists() else path, "small", small))
            job.keep("small", MP4, small)


def _settle(writing: Opens, file_id: str, state: str, reason: str) -> None:
    with writing() as work:
        settle(work, file_id, state, reason)


def settle(work: Work, file_id: str, state: str, reason: str = "") -> None:
    """Say how it ended."""
    if (row := work.session.get(Conversion, file_id)) is not None:
        row.state, row.reason, row.at = state, reason, work.now
    if state == "ready" and (file := work.session.get(File, file_id)) is not None:
        feed.touch(work, file.resource_id)  # copies bring what was made


def give_up(work: Work, file_id: str) -> None:
    """It was tried too often: say so, so that nobody waits for ever."""
    settle(work, file_id, "failed", GIVEN_UP)


def again(work: Work, file_id: str) -> None:
    """Once more; what is done already stays."""
    settle(work, file_id, "waiting")
    work.enqueue("convert", file_id, priority=9)


def catch_up(reading: Opens, writing: Opens, subject: str) -> None:
    """Begin with the files that came before this release, and with those that waited for a program which is here now."""
    with reading() as work:
        here = work.extractor.soffice is not None
        kinds = or_(
            col(File.media_type).startswith("video/"), col(File.media_type).in_(CONVERTIBLE if here else ())
        )
        known = exists().where(
            col(Conversion.file_id) == col(File.id), col(Conversion.state) != ("absent" if here else "")
        )
        rows = work.session.execute(
            select(col(File.id), col(File.media_type)).where(col(File.state) == "ready", kinds, ~known)
        ).all()
    for start in range(0, len(rows), BATCH):
        with writing() as work:
            for file_id, media_type in rows[start : start + BATCH]:
                begin(work, file_id, media_type)


def of(work: Work, file_ids: list[str]) -> dict[str, dict[str, Any]]:
    """File id → {state, step, steps, doing, reason, pages} of those that are converted. For files that the caller was
    shown already."""
    return {
        row.file_id: {
            "state": row.state, "step": row.step, "steps": row.steps, "reason": row.reason, "pages": row.pages,
            "doing": steps_of(row.media_type)[row.step - 1] if row.state in WAITING else "",
        }
        for row in fetch(work.session, _STATES, {"ids": file_ids})
    }  # fmt: skip


_STATES = (
    select(
        col(Conversion.file_id),
        col(Conversion.state),
        col(Conversion.step),
        col(Conversion.steps),
        col(Conversion.reason),
        col(Conversion.pages),
        col(File.media_type),
    )
    .join(File, col(File.id) == col(Conversion.file_id))
    .where(col(Conversion.file_id).in_(bindparam("ids", expanding=True)))
)
