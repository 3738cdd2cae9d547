"""PostgreSQL: writers take turns, readers see one snapshot and wait for nobody (docs/decisions/0005).

Both are what SQLite gives, so that a use-case which looks and then writes is as safe here as there.
"""

import json
import select
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Dialect,
    Engine,
    String,
    bindparam,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression, Tuple
from sqlalchemy.sql.operators import in_op
from sqlalchemy.types import UserDefinedType
from sqlmodel import AutoString

if TYPE_CHECKING:
    from psycopg import Column, Cursor

WAIT_MS = 15_000
"""Longest wait for the writers' turn, or for a free connection."""
IDLE_MS = 60_000
"""A writer that says nothing for so long has died with its machine; the server then ends its turn."""
WRITERS, READERS = 4, 16
"""Connections that one process opens at most."""
STATEMENTS = 400
"""Kept prepared by a connection: as many as there are in the project. With psycopg's 100 pages would take them from each
other."""
CONNECT_S = 2
"""Longest wait for a server to take a connection, where `connect_timeout` in the URL says nothing."""
_NEW = "new"
"""In the `info` of a connection that nobody has had yet."""
TURN = zlib.crc32(b"tongke: one writer at a time")
"""The advisory lock of the writers; locks are kept apart by database."""


def engines(url: str) -> tuple[Engine, Engine]:
    """The writer and the reader. Nothing is asked of the server yet."""
    limits = f"-c lock_timeout={WAIT_MS} -c idle_in_transaction_session_timeout={IDLE_MS}"
    writer = _engine(url, WRITERS, limits)
    turn = f"SELECT pg_advisory_xact_lock({TURN})"
    event.listen(writer, "begin", lambda connection: connection.exec_driver_sql(turn))
    reader = _engine(url, READERS, "", isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return writer, reader


def _take_texts(driver: Any, record: Any) -> None:
    """Have a connection send texts that PostgreSQL can hold: an id with NUL in it is found nowhere, as on SQLite, and is
    no error."""
    from psycopg.types.string import StrDumperUnknown  # 9 MB that the embedded stack need not load

    class WithoutNul(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\x00", "\ufffd"))

    driver.adapters.register_dumper(str, WithoutNul)
    driver.prepared_max = STATEMENTS
    driver.cursor_factory = _cursor()
    record.info[_NEW] = True


@cache
def _cursor() -> "type[Cursor[Any]]":
    """A cursor that describes its columns to whoever looks at them. SQLAlchemy asks after each statement, and looks where
    it does not know the statement yet; the driver makes an object for each column: a tenth of a page."""
    from psycopg import Column, Cursor

    class Columns(Sequence["Column"]):
        def __init__(self, cursor: "Cursor[Any]") -> None:
            self._cursor = cursor

        def __len__(self) -> int:
            return self._cursor.pgresult.nfields if self._cursor.pgresult else 0

        def __getitem__(self, n: Any) -> Any:
            return Column(self._cursor, range(len(self))[n])

        def __iter__(self) -> Iterator["Column"]:
            return (self[n] for n in range(len(self)))

    class Undescribed(Cursor[Any]):
        @property
        def description(self) -> Any:
            """PEP 249's, where there is something to describe."""
            return Columns(self) if self.pgresult and self.pgresult.nfields else super().description

    return Undescribed


def _left_alone(driver: Any, record: Any, _proxy: Any) -> None:
    """Take no connection out of the pool to which the server said something since: mostly that it ends. Nothing is asked
    of it, which at each request would be one answer more to wait for. One that was made just now is used as it is: where
    its server is dying too, the first statement says so, in the driver's words."""
    if record.info.pop(_NEW, False):
        return
    said = select.poll()
    said.register(driver.pgconn.socket, select.POLLIN)
    if said.poll(0):
        raise InvalidatePoolError


class Texts(UserDefinedType[Collection[str | None]]):
    """An array of texts of any length (to one of its own PostgreSQL would cut off what is longer, and find what nobody
    asked for), written as a whole (PostgreSQL's manual, 8.15.2): the driver looks at each text by itself."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_options: Any) -> str:
        """As SQL names it."""
        return "VARCHAR[]"

    def bind_processor(self, dialect: Dialect) -> Callable[[Collection[str | None] | None], str]:
        """What is sent for a list."""

        def written(values: Collection[str | None] | None) -> str:
            texts = [text for text in values or () if text is not None]  # nothing equals NULL
            whole = '","'.join(texts)
            if "\\" in whole or whole.count('"') > 2 * len(texts) - 2:
                whole = '","'.join(text.replace("\\", r"\\").replace('"', r"\"") for text in texts)
            return f'{{"{whole}"}}' if texts else "{}"

        return written


@compiles(BinaryExpression, "postgresql")
def _one_array(element: BinaryExpression[Any], compiler: SQLCompiler, **options: Any) -> str:
    """A list goes as one array, so that the statement is the same for a list of any length. Who holds fifty audience
    tokens would else send statements of a hundred parameters, which the driver reads anew each time: 2 ms of a search."""
    listed = element.right
    if (
        element.operator is not in_op
        or not (isinstance(listed, BindParameter) and listed.expanding)
        or isinstance(element.left, Tuple)
    ):
        usual: str = compiler.visit_binary(element, **options)  # type: ignore[no-untyped-call]
        return usual
    kind = element.left.type
    many = Texts() if isinstance(kind, String | AutoString) else ARRAY(kind)
    array = bindparam(listed.key, listed.value, many, callable_=listed.callable, required=listed.required)
    return f"{compiler.process(element.left, **options)} = ANY ({compiler.process(array, **options)})"


def _json(raw: bytes) -> Any:
    """PostgreSQL sends UTF-8; of bytes `json` would find that out each time."""
    return json.loads(str(raw, "utf-8"))


def _engine(url: str, connections: int, options: str, **execution: Any) -> Engine:
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=WAIT_MS / 1000,
        pool_use_lifo=True,  # what was used last has most statements prepared
        connect_args={
            "prepare_threshold": 1,
            "connect_timeout": make_url(url).query.get("connect_timeout", CONNECT_S),
            "options": options,
            "application_name": "tongke",
        },
        execution_options=execution,
        json_deserializer=_json,
        hide_parameters=True,  # errors are logged, and the values are people's
    )
    event.listen(engine, "connect", _take_texts)
    event.listen(engine, "checkout", _left_alone)
    return engine


BUSY = frozenset({"55P03", "40001", "40P01", "53300", "25P03"})
"""SQLSTATEs (PostgreSQL's Appendix A) of what passes: no turn in time, a conflict, a deadlock, too many connections, a
turn that was ended."""


def is_down(error: DBAPIError) -> bool:
    """Whether no server answered, or it is starting or stopping (SQLSTATE classes 08 and 57P)."""
    state = getattr(error.orig, "sqlstate", "SQLite has none")
    return isinstance(error, OperationalError) and (state is None or state.startswith(("08", "57P")))


ORDER = "SELECT current_setting('server_encoding') = 'UTF8' AND 'Z' < 'a' AND '一' < '丁'"
"""Whether texts are UTF-8 and sort by their code points, as SQLite's do: lists go by stored pinyin, and cursors compare."""
UNFIT = (
    "This PostgreSQL database does not sort texts by their code points. Make it with: CREATE DATABASE tongke "
    "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';"
)
