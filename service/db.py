"""Engines, sessions and migrations.

SQLite: one writing connection (`BEGIN IMMEDIATE`, so that a writer waits at its beginning and never fails at its end)
and a read-only engine beside it, both in WAL mode. PostgreSQL: one pool serves both.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from service.errors import NoSpace, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 15_000


class UnfitDatabase(Exception):
    """The database cannot be used as it is: too old a SQLite, or tables of another release."""


def sqlite_is_sound(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the fix of the WAL-reset corruption (3.51.3, and the backports 3.50.7 and 3.44.6)."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


class Database:
    """The engines of one process. `write()` and `read()` give sessions; both roll back when the block raises."""

    def __init__(self, url: str) -> None:
        self.url = url
        if url.startswith("sqlite"):
            if not sqlite_is_sound(sqlite.sqlite_version_info):
                raise UnfitDatabase(
                    f"SQLite {sqlite.sqlite_version} can corrupt a database under two writers; "
                    "install the locked pysqlite3 (3.51.3 or newer)."
                )
            self.writer, self.reader = _sqlite(url, readonly=False), _sqlite(url, readonly=True)
        else:
            self.writer = self.reader = create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that may write. The caller commits; what is not committed is rolled back."""
        with _translated(), Session(self.writer, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session over one snapshot that cannot write and never waits for a writer."""
        with _translated(), Session(self.reader, expire_on_commit=False) as session:
            yield session

    def migrate(self) -> None:
        """Bring the tables to this release's revision. Safe to call again, and from two processes at once."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.writer.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def current(self) -> bool:
        """Whether the tables are at this release's revision."""
        script = ScriptDirectory(str(MIGRATIONS))
        with self.writer.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == script.get_current_head()

    def check(self) -> None:
        """Cheap proof that the database answers."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection."""
        self.reader.dispose()
        self.writer.dispose()


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


@contextmanager
def _translated() -> Iterator[None]:
    """Driver errors that a later try may not meet, in the project's own words."""
    try:
        yield
    except TimeoutError as error:
        raise Unavailable(
            "数据库正忙，这次操作没有完成。请稍候重试。",
            headers={"Retry-After": "2"},
            english="The database is busy and nothing was changed. Try again in a moment.",
        ) from error
    except OperationalError as error:
        words = str(error.orig)
        if "disk is full" in words:
            raise NoSpace(
                "服务器的存储空间已满，这次修改没有保存。请联系平台管理员清理后再试。",
                english="The server's disk is full and nothing was saved. Tell the platform's administrator.",
            ) from error
        if "locked" in words or "connect" in words:
            raise Unavailable(
                "数据库正忙，这次操作没有完成。请稍候重试。",
                headers={"Retry-After": "2"},
                english="The database is busy and nothing was changed. Try again in a moment.",
            ) from error
        raise


def _json(text: str) -> Any:
    """Most lists of a resource are empty; a page of a list holds a hundred of them."""
    return [] if text == "[]" else json.loads(text)


def _sqlite(url: str, *, readonly: bool) -> Engine:
    path = Path(url.removeprefix("sqlite:///"))
    if not readonly:
        path.parent.mkdir(parents=True, exist_ok=True)

    def connect() -> Any:
        connection = sqlite.connect(
            f"file:{path}?mode={'ro' if readonly else 'rwc'}",
            uri=True,
            timeout=BUSY_MS / 1000,
            check_same_thread=False,
            isolation_level=None,
        )
        connection.execute("PRAGMA foreign_keys=ON")
        # KiB of pages: of the writer once, of readers for each of their connections.
        connection.execute(f"PRAGMA cache_size=-{2_000 if readonly else 16_000}")
        if not readonly:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        return connection

    engine = create_engine(
        "sqlite://",
        json_deserializer=_json,
        module=sqlite,
        creator=connect,
        pool_size=16 if readonly else 1,
        max_overflow=32 if readonly else 0,
        pool_timeout=BUSY_MS / 1000,
        poolclass=QueuePool,
    )
    if not readonly:
        _queue(engine, path.with_suffix(".writer"))
    begin = "BEGIN" if readonly else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _queue(engine: Engine, path: Path) -> None:
    """Let the writers of several processes take turns.

    SQLite's busy handler polls with growing pauses, so that a process which writes without a break starves the others;
    a lock of the operating system wakes whoever has waited longest.
    """
    turn = path.open("w")
    event.listen(engine, "checkout", lambda *_: fcntl.flock(turn, fcntl.LOCK_EX))
    event.listen(engine, "checkin", lambda *_: fcntl.flock(turn, fcntl.LOCK_UN))
    event.listen(engine, "engine_disposed", lambda *_: turn.close())
