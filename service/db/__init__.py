"""Engines, sessions and migrations. `sqlite` and `postgres` open the engines; all else is the same for both."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.orm import Session

from service.db import postgres, sqlite
from service.errors import NoSpace, Unavailable
from service.models import SNAPSHOT

MIGRATIONS = Path(__file__).parent.parent / "migrations"


class UnfitDatabase(Exception):
    """The database cannot be used as it is: too old a SQLite, another order of texts, tables of another release."""


class Database:
    """The engines of one process. `write()` and `read()` give sessions; both roll back when the block raises."""

    def __init__(self, url: str) -> None:
        self.url = url
        if url.startswith("sqlite"):
            if why := sqlite.unfit():
                raise UnfitDatabase(why)
            self.writer, self.reader = sqlite.engines(url)
        elif url.startswith("postgresql"):
            self.writer, self.reader = postgres.engines(url)
        else:
            raise UnfitDatabase("TONGKE_DATABASE_URL must begin with postgresql:// or sqlite:///.")

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that may write; it has waited for its turn, so that no other writes meanwhile. The caller
        commits; what is not committed is rolled back."""
        with _translated(), Session(self.writer, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session over one snapshot that cannot write and never waits for a writer."""
        with _translated(), Session(self.reader, expire_on_commit=False, info={SNAPSHOT: {}}) as session:
            yield session
            # A rollback would end it too, but psycopg forgets its prepared statements at each, and PostgreSQL would plan
            # every statement of every request anew. What was changed in memory is written by neither.
            session.expunge_all()
            with suppress(DBAPIError):  # what was read is read
                session.commit()

    @contextmanager
    def aside(self) -> Iterator[Session]:
        """PostgreSQL: a session that writes without waiting for its turn, each statement a transaction of its own. For
        counters alone: nothing that a use-case looks at may change beside its turn."""
        connection = self.reader.connect().execution_options(
            isolation_level="AUTOCOMMIT", postgresql_readonly=False
        )
        with _translated(), connection, Session(connection) as session:
            yield session

    def migrate(self, revision: str = "head") -> None:
        """Bring the tables to this release's revision. Safe to call again, and from two processes at once."""
        with self._alembic() as config:
            command.upgrade(config, revision)

    def downgrade(self, revision: str) -> None:
        """Take the tables back to a revision, "base" for none; the rows of what goes are lost."""
        with self._alembic() as config:
            command.downgrade(config, revision)

    @contextmanager
    def _alembic(self) -> Iterator[Config]:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        on_postgres = self.writer.dialect.name == "postgresql"
        with (
            _translated(),
            self.writer.connect() as connection,
            connection.begin() if on_postgres else sqlite.rewriting(connection),
        ):
            if on_postgres and not connection.scalar(text(postgres.ORDER)):
                raise UnfitDatabase(postgres.UNFIT)
            config.attributes["connection"] = connection
            yield config

    def current(self) -> bool:
        """Whether the tables are at this release's revision."""
        script = ScriptDirectory(str(MIGRATIONS))
        with _translated(), self.writer.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == script.get_current_head()

    def revision(self) -> str | None:
        """Of the tables as they are."""
        with _translated(), self.writer.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of a SQLite database into a new file, for `copy_from`."""
        with _translated(), self.writer.connect() as connection:
            sqlite.copy_to(connection, path)

    def copy_from(self, path: Path) -> None:
        """Put the content of such a file in the place of this SQLite database's, in one transaction; readers go on."""
        with _translated(), self.writer.connect() as connection:
            sqlite.copy_from(connection, path)

    def empty(self) -> bool:
        """Whether there are no tables yet."""
        with _translated(), self.writer.connect() as connection:
            return not inspect(connection).get_table_names()

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
        raise _busy() from error
    except DBAPIError as error:
        if (known := _known(error)) is None:
            raise
        raise known from error


def _known(error: DBAPIError) -> Unavailable | None:
    """What to tell of it, None where a later try would meet it again."""
    words, state = str(error.orig), getattr(error.orig, "sqlstate", None) or ""
    if "disk is full" in words or state == "53100":
        return NoSpace(
            "服务器的存储空间已满，这次修改没有保存。请联系平台管理员清理后再试。",
            english="The server's disk is full and nothing was saved. Tell the platform's administrator.",
        )
    if "locked" in words or state in postgres.BUSY:
        return _busy()
    if postgres.is_down(error) or "disk I/O error" in words:
        return Unavailable(
            "数据库暂时连接不上，这次操作没有完成。请稍候重试。",
            english="The database does not answer and nothing was changed. Try again in a moment.",
        )
    return None


def _busy() -> Unavailable:
    return Unavailable(
        "数据库正忙，这次操作没有完成。请稍候重试。",
        retry_after=2,
        english="The database is busy and nothing was changed. Try again in a moment.",
    )
