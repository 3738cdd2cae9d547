"""SQLite: one writing connection (`BEGIN IMMEDIATE`, so that a writer waits at its beginning and never fails at its end)
and a read-only engine beside it, both in WAL mode."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

BUSY_MS = 15_000
KEPT = 2_000, 16_000
"""KiB of pages that a connection keeps, at least and at most: a hundredth of the database, which is what leads to its rows."""
MAPPED = 1 << 40
"""Bytes of a larger database that readers look at where the system keeps them (sqlite.org/mmap): copied for each who reads, the
rows of a search's hits cost a third more. Who writes copies, lest a full disk be a signal that nothing catches."""


def is_sound(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the fix of the WAL-reset corruption (3.51.3, and the backports 3.50.7 and 3.44.6)."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def unfit() -> str | None:
    """Why the SQLite of this machine must not be used, None where it may."""
    if is_sound(sqlite.sqlite_version_info):
        return None
    return (
        f"SQLite {sqlite.sqlite_version} can corrupt a database under two writers; "
        "install the locked pysqlite3 (3.51.3 or newer)."
    )


def engines(url: str) -> tuple[Engine, Engine]:
    """The writer and the reader; makes the file's folder."""
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    return _engine(path, readonly=False), _engine(path, readonly=True)


def _json(text: str) -> Any:
    """Most lists of a resource are empty; a page of a list holds a hundred of them."""
    return [] if text == "[]" else json.loads(text)


def _engine(path: Path, *, readonly: bool) -> Engine:
    def connect() -> Any:
        connection = sqlite.connect(
            f"{path.resolve().as_uri()}?mode={'ro' if readonly else 'rwc'}",
            uri=True,
            timeout=BUSY_MS / 1000,
            check_same_thread=False,
            isolation_level=None,
        )
        connection.execute("PRAGMA foreign_keys=ON")
        least, most = KEPT
        hundredth = path.stat().st_size // 102_400
        mapped = readonly and hundredth > most
        kept = most if not readonly else least if mapped else max(least, hundredth)
        connection.execute(f"PRAGMA cache_size=-{kept}")
        if mapped:
            connection.execute(f"PRAGMA mmap_size={MAPPED}")
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
        hide_parameters=True,  # errors are logged, and the values are people's
        pool_use_lifo=True,
    )
    if not readonly:
        _queue(engine, path.with_suffix(".writer"))
    begin = "BEGIN" if readonly else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


@contextmanager
def rewriting(connection: Connection) -> Iterator[None]:
    """A transaction that may make tables anew, which is how SQLite changes most of a table (sqlite.org/lang_altertable,
    7): foreign keys, to which each row that names one of the old table's would be an orphan, are checked at its end, unless
    no row was written: that reads the whole database, which takes seconds for a million resources."""
    raw: Any = connection.connection.driver_connection
    written = raw.total_changes
    raw.execute("PRAGMA foreign_keys=OFF")  # between transactions; within one it does nothing
    try:
        with connection.begin():
            yield
            if raw.total_changes == written:
                return
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(3):
                raise sqlite.IntegrityError(f"rows would name what is not there: {broken}")
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def copy_to(connection: Connection, path: Path) -> None:
    """A compact copy without a write-ahead log (sqlite.org/lang_vacuum, INTO)."""
    raw: Any = connection.connection.driver_connection
    raw.execute("VACUUM INTO ?", (str(path),))


def copy_from(connection: Connection, path: Path) -> None:
    """The content of that file in place of the connection's (sqlite.org/backup)."""
    raw: Any = connection.connection.driver_connection
    source = sqlite.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        source.backup(raw)
    finally:
        source.close()


def _queue(engine: Engine, path: Path) -> None:
    """Let the writers of several processes take turns.

    SQLite's busy handler polls with growing pauses, so that a process which writes without a break starves the others;
    a lock of the operating system wakes whoever has waited longest. Windows has no such lock, and runs mirrors alone,
    which have one writer.
    """
    try:
        fcntl = import_module("fcntl")
    except ImportError:
        return
    turn = path.open("w")
    event.listen(engine, "checkout", lambda *_: fcntl.flock(turn, fcntl.LOCK_EX))
    event.listen(engine, "checkin", lambda *_: fcntl.flock(turn, fcntl.LOCK_UN))
    event.listen(engine, "engine_disposed", lambda *_: turn.close())
