"""One process keeps a mirror: a lock that Windows has too, and that a killed process leaves at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InUse(Exception):
    """Another process keeps this mirror."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of SQLite's exclusive transactions on a file of its own. Raises InUse."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "mirror.lock", timeout=0, isolation_level=None)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise InUse(f"另一个进程正在更新这份副本：{folder}。") from error
        yield
    finally:
        connection.close()
