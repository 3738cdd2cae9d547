"""Opens the back ends that the settings name: the only place that picks an implementation."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service import jobs, metrics
from service.db import Database, sqlite_url
from service.errors import TongkeError
from service.extract import FILMS, OFFICE, Limits
from service.extract.sandbox import Extractor
from service.library import embed_use, feed, integrity, use
from service.library.rates import Rates
from service.library.said import release, said
from service.library.tally import Tally
from service.library.waiting import Waiters
from service.permissions import SYSTEM, Caller
from service.search import Index, IndexDown
from service.search.embedded import Embedded
from service.settings import Settings
from service.storage import Objects, StoreDown
from service.storage.local import LocalObjects
from service.storage.mirrored import Mirrored
from service.work import Work, system_clock, ulid

log = structlog.get_logger()

BEHIND = timedelta(minutes=5)
"""Time after which a job that nobody takes up is told of."""


@dataclass
class Backends:
    """Everything a process holds open."""

    settings: Settings
    database: Database
    objects: Objects
    index: Index
    extractor: Extractor
    clock: Callable[[], datetime] = system_clock
    ids: Callable[[], str] = ulid
    worker_state: Callable[[], str] = lambda: "elsewhere"
    wake: Callable[[], None] = lambda: None
    """Tells a worker of this process that a commit may have left it something to do."""
    uses: Tally = field(default_factory=Tally)
    """Openings and downloads that are not written yet."""
    embed_uses: Tally = field(default_factory=Tally)
    """Questions of web sites that are not written yet."""
    rates: Rates = field(default_factory=Rates)
    waiters: Waiters = field(default_factory=Waiters)
    """Who waits for the feed to go on."""

    def work(self, session: Session, caller: Caller = SYSTEM) -> Work:
        """A unit of work on an open session."""
        return Work(
            session, caller, self.objects, self.index, self.extractor, self.settings, self.clock, self.ids
        )

    @contextmanager
    def writing(self, caller: Caller = SYSTEM) -> Iterator[Work]:
        """A unit of work that commits when the block ends well, and rolls back when it raises."""
        with self.database.write() as session:
            work = self.work(session, caller)
            yield work
            moved = feed.write(work)
            session.commit()
        self.wake()
        if moved:
            self.waiters.wake()

    @contextmanager
    def reading(self, caller: Caller = SYSTEM) -> Iterator[Work]:
        """A unit of work over a snapshot, that cannot write."""
        with self.database.read() as session:
            yield self.work(session, caller)

    def write_uses(self) -> None:
        """Write down what has gathered in the tallies; kept for the next time where that fails."""
        self._write(self.uses, use.write)
        self._write(self.embed_uses, embed_use.write)

    def _write(self, tally: Tally, write: Callable[[Work, Counter[tuple[str, ...]]], None]) -> None:
        with tally.writing:
            counts = tally.take()
            if not counts:
                return
            try:
                with self.writing() as work:
                    write(work, counts)
            except (TongkeError, SQLAlchemyError) as error:
                tally.give_back(counts, self.clock())
                log.warning("uses are not written yet", error=str(error))

    def share_rates(self) -> None:
        """Tell the other processes how often who has asked here; alone with its files, a process has none beside it."""
        if not self.settings.database_url:
            return
        try:
            with self.database.aside() as session:
                self.rates.share(session, self.clock())
        except (TongkeError, SQLAlchemyError) as error:
            log.warning("rates are not shared", error=str(error))

    def states(self) -> dict[str, str]:
        """Each part and "ok", or what is wrong."""
        return {
            "database": _state(self.database.check, (TongkeError, SQLAlchemyError)),
            "objects": _state(self.objects.check, (StoreDown,)),
            "search": _state(self.index.check, (IndexDown,)),
            "worker": self.worker_state(),
            "outbox": self._asked(_outbox),
            "files": self._asked(_files),
            "room": _room(self.objects, self.settings.reserve_bytes),
        }

    def _asked(self, state: Callable[[Work], str]) -> str:
        """What the database says of a part."""
        try:
            with self.reading() as work:
                return state(work)
        except (TongkeError, SQLAlchemyError) as error:
            log.warning("a part is down", error=str(error))
            return "down"

    def close(self) -> None:
        """Release files, locks and processes."""
        self.write_uses()
        self.extractor.close()
        self.index.close()
        self.database.close()


def _state(check: Callable[[], None], failures: tuple[type[Exception], ...]) -> str:
    try:
        check()
    except failures as error:
        log.warning("a part is down", error=str(error))
        return "down"
    return "ok"


def _outbox(work: Work) -> str:
    """ok, or behind: a job could have been under way for so long that no worker seems to be there, or not enough."""
    return "behind" if jobs.backlog(work.session, work.now)[1] > BEHIND else "ok"


def _files(work: Work) -> str:
    """ok, or how many files are not given out because they are damaged or lost. Of a mirror, most may be away."""
    if work.settings.mirror:
        return "ok"
    number = integrity.count_withheld(work)
    return f"{number} withheld" if number else "ok"


def _room(objects: Objects, reserve: int) -> str:
    """ok, or low: uploads are refused; down where the folder is gone."""
    try:
        free = objects.free()
    except OSError as error:
        log.warning("a part is down", error=str(error))
        return "down"
    return "low" if free is not None and free < reserve else "ok"


class UnknownBackend(Exception):
    """A setting names a back end that this release does not have."""


def _objects(settings: Settings) -> Objects:
    if settings.mirror:
        return Mirrored(settings.data_dir / "objects")
    if not settings.objects_url:
        return LocalObjects(settings.data_dir / "objects")
    return _objects_at(settings.objects_url)


def _objects_at(url: str) -> Objects:
    from service.storage.s3 import S3Objects  # the embedded stack need not load botocore

    try:
        return S3Objects(url)
    except ValueError as error:
        raise UnknownBackend(str(error)) from error


def backup_place(where: str) -> Objects:
    """The store that backups go to: a folder, or a bucket. Raises UnknownBackend."""
    if where.startswith("s3:"):
        raise UnknownBackend(
            "备份的地址要写明用 http 还是 https，如 s3+https://KEY:SECRET@HOST/BUCKET/PREFIX。"
        )
    return _objects_at(where) if where.startswith("s3+") else LocalObjects(Path(where))


def open_backends(settings: Settings) -> Backends:
    """Open what the settings name; creates the data folder of the embedded stack."""
    data = settings.data_dir
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    objects, index = _objects(settings), _index(settings)
    metrics.time_calls(
        objects, metrics.OBJECT_SECONDS, "put", "open", "stat", "delete", "append", "finish", "check"
    )
    metrics.time_calls(index, metrics.SEARCH_SECONDS, "search", "send", "check")
    return Backends(
        settings=settings,
        database=Database(settings.database_url or sqlite_url(data / "tongke.db")),
        objects=objects,
        index=index,
        extractor=Extractor(
            Limits(seconds=settings.extract_seconds, memory=settings.extract_bytes),
            office=replace(OFFICE, seconds=settings.convert_seconds, memory=settings.convert_bytes),
            films=replace(FILMS, seconds=settings.film_seconds, memory=settings.convert_bytes),
        ),
    )


def _index(settings: Settings) -> Index:
    url, key = settings.search_url, settings.search_key.get_secret_value()
    if not url:
        return Embedded(settings.data_dir / "index", seconds=settings.search_seconds)
    _require_http(url)
    from service.search.meilisearch import Meilisearch  # the embedded stack need not load its client

    return Meilisearch(url, key, said, seconds=settings.search_seconds, words=release)


def search_key(settings: Settings, master_key: str) -> str:
    """A key for the search server that the settings name, with the rights that are needed and no more. Raises
    UnknownBackend, IndexDown."""
    _require_http(settings.search_url)
    from service.search.meilisearch import limited_key

    return limited_key(settings.search_url, master_key)


def _require_http(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise UnknownBackend("TONGKE_SEARCH_URL must begin with http:// or https://.")
