"""Tables as lines of JSON, and back. They are read as the database has them, not as this release's models do, so that a
snapshot of an older release is loaded at its own revision and migrated afterwards."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from sqlalchemy import Connection, MetaData, select
from sqlalchemy import Table as SqlTable

from service.library.backup import NoBackup, Table, table_key
from service.storage import Objects

LEFT_OUT = frozenset({"alembic_version", "upload", "upload_part", "rate_count"})
"""The revision stands in the manifest; uploads under way begin anew; of the requests of the last minute nothing is kept."""
BATCH = 500
GZIP = 31
"""zlib's window bits for a gzip header."""


def reflected(connection: Connection) -> list[SqlTable]:
    """The tables of the database, in the order of their dependency."""
    metadata = MetaData()
    metadata.reflect(bind=connection)
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def revision(connection: Connection) -> str:
    """The schema's."""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())


def dump(connection: Connection, place: Objects, snapshot: str, table: SqlTable) -> Table:
    """Write a table's rows."""
    digest, rows = hashlib.sha256(), 0

    def packed() -> Iterator[bytes]:
        nonlocal rows
        packer = zlib.compressobj(wbits=GZIP)
        found = connection.execute(
            select(table).order_by(*table.primary_key), execution_options={"yield_per": BATCH}
        )
        for row in found.mappings():
            rows += 1
            line = json.dumps(dict(row), ensure_ascii=False, separators=(",", ":")) + "\n"
            yield packer.compress(line.encode())
        yield packer.flush()

    def counted(chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            digest.update(chunk)
            yield chunk

    place.put(table_key(snapshot, table.name), counted(filter(None, packed())))
    return Table(table.name, rows, digest.hexdigest())


class _Hashing:
    """A stream that remembers the digest of what was read of it."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(size)
        self.digest.update(data)
        return data


def rows(place: Objects, snapshot: str, table: Table) -> Iterator[dict[str, Any]]:
    """A table's rows. Raises NoBackup at the end where they are not what was written, ObjectMissing at once."""
    number = 0
    with place.open(table_key(snapshot, table.name)) as source:
        hashing = _Hashing(source)
        try:
            with gzip.GzipFile(fileobj=hashing) as lines:  # type: ignore[call-overload]
                for line in lines:
                    number += 1
                    yield json.loads(line)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise NoBackup(f"备份里的表 {table.name} 已损坏。") from error
        while hashing.read(1 << 20):
            pass
    if (number, hashing.digest.hexdigest()) != (table.rows, table.sha256):
        raise NoBackup(f"备份里的表 {table.name} 和写下时不一样。")


def load(connection: Connection, place: Objects, snapshot: str, table: Table) -> None:
    """Put the rows into the table of this database, in place of those that a migration left there."""
    target = SqlTable(table.name, MetaData(), autoload_with=connection, resolve_fks=False)
    connection.execute(target.delete())
    batch: list[dict[str, Any]] = []
    for row in rows(place, snapshot, table):
        batch.append(row)
        if len(batch) == BATCH:
            connection.execute(target.insert(), batch)
            batch = []
    if batch:
        connection.execute(target.insert(), batch)
