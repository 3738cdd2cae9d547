"""The database: a sound SQLite, readers that cannot write, writers that take turns, tables as the models say."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import bindparam, event, func, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import SQLModel, col

from service.db import Database, UnfitDatabase, sqlite_url
from service.db.sqlite import is_sound
from service.errors import Unavailable
from service.library import files, uploads
from service.models import Change, Counter, Harvested, Membership, Organisation, UploadPart, fetch
from tests import stacks
from tests.factories import begin_upload, library

TURNS = 20
COUNT_UP = """
import sys
from service.db import Database
from service.models import Counter
database = Database(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with database.write() as session:
        counter = session.get_one(Counter, "turns")
        counter.value += 1
        session.commit()
database.close()
"""
ORDER_OF_A_LANGUAGE = "template0 LOCALE_PROVIDER icu ICU_LOCALE 'und' LOCALE 'C'"
MIGRATE = "import sys; from service.db import Database; Database(sys.argv[1]).migrate()"


def url_in(folder: Path) -> str:
    """An empty database of the stack that the tests run on."""
    return stacks.database_url(folder) or sqlite_url(folder / "tongke.db")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(url_in(tmp_path))
    opened.migrate()
    yield opened
    opened.close()


def together(program: str, *arguments: str) -> None:
    """Two processes at once; both must end well."""
    command = [sys.executable, "-c", program, *arguments]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [(process.communicate()[1], process.returncode) for process in running]
    assert [code for _words, code in ended] == [0, 0], ended


def add_counter(database: Database, name: str = "turns") -> None:
    with database.write() as session:
        session.add(Counter(name=name, value=0))
        session.commit()


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_only_a_sqlite_with_the_fix_is_sound(version: tuple[int, ...], sound: bool) -> None:
    assert is_sound(version) is sound


def test_an_unsound_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pysqlite3.dbapi2.sqlite_version_info", (3, 51, 2))
    with pytest.raises(UnfitDatabase, match="pysqlite3"):
        Database(sqlite_url(tmp_path / "tongke.db"))
    assert list(tmp_path.iterdir()) == []


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), database.read() as session:
        session.execute(text("INSERT INTO counter (name, value) VALUES ('x', 1)"))
    with database.read() as session:
        assert session.get(Counter, "x") is None


def test_readers_of_a_large_database_look_at_it_where_the_system_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "tongke.db"
    found = []
    for size in (0, 2_000_000_000):
        database = Database(sqlite_url(path))
        database.migrate()
        os.truncate(path, max(size, path.stat().st_size))  # with holes
        with database.read() as reading, database.write() as writing:
            mapped = "PRAGMA mmap_size"
            found += [session.execute(text(mapped)).scalar_one() > 0 for session in (reading, writing)]
        database.close()
    assert found == [False, False, True, False]


def test_a_reader_keeps_its_snapshot_and_does_not_wait_for_the_writer(database: Database) -> None:
    with database.read() as reader:
        assert reader.scalar(select(func.count()).select_from(Counter)) == 0
        with database.write() as writer:
            writer.add(Counter(name="x", value=1))
            writer.flush()
            with database.read() as other:
                assert other.get(Counter, "x") is None
            writer.commit()
        assert reader.scalar(select(func.count()).select_from(Counter)) == 0
    with database.read() as later:
        assert later.get_one(Counter, "x").value == 1


def test_what_is_not_committed_is_rolled_back(database: Database) -> None:
    with database.write() as session:
        session.add(Counter(name="x", value=1))
        session.flush()
    with database.read() as reader:
        assert reader.get(Counter, "x") is None


def test_a_row_that_refers_to_nothing_is_refused_at_the_commit(database: Database) -> None:
    with database.write() as session:
        session.add(Membership(id="m", person_id="nobody", organisation_id="nowhere", role="teacher"))
        session.flush()
        with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
            session.commit()


def test_the_writers_of_two_processes_take_turns(database: Database) -> None:
    add_counter(database)
    together(COUNT_UP, database.url, str(TURNS))
    with database.read() as session:
        assert session.get_one(Counter, "turns").value == 2 * TURNS


def test_migrating_again_changes_nothing(database: Database) -> None:
    add_counter(database, "kept")
    database.migrate()
    assert database.current()
    with database.read() as session:
        assert session.get_one(Counter, "kept").value == 0


def test_every_reference_is_checked_where_tables_changed_and_not_at_each_start(tmp_path: Path) -> None:
    opened, told = Database(sqlite_url(tmp_path / "tongke.db")), list[str]()
    event.listen(opened.writer, "before_cursor_execute", lambda _c, _cursor, sql, *_rest: told.append(sql))
    checks = []
    for _start in range(2):
        opened.migrate()
        checks.append("PRAGMA foreign_key_check" in told)
        told.clear()
    assert checks == [True, False]
    opened.close()


def test_two_processes_may_migrate_at_once(tmp_path: Path) -> None:
    url = url_in(tmp_path)
    together(MIGRATE, url)
    database = Database(url)
    assert database.current()
    database.close()


def test_a_database_without_tables_is_not_current(tmp_path: Path) -> None:
    database = Database(url_in(tmp_path))
    assert not database.current()
    database.close()


def test_the_migrations_make_the_tables_that_the_models_describe(database: Database) -> None:
    with database.writer.connect() as connection:
        # PostgreSQL cannot compare two values of its type json; SQLite shows that the defaults agree.
        defaults = connection.dialect.name == "sqlite"
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": defaults}
        )
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_few_resources_that_are_not_in_the_bin_are_read_from_their_ids(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "tongke.db"))
    database.migrate()
    asked = text("EXPLAIN QUERY PLAN SELECT id FROM resource WHERE id IN ('a', 'b') AND deleted_at IS NULL")
    with database.read() as session:
        plan = [row.detail for row in session.execute(asked)]
    database.close()
    assert plan == ["SEARCH resource USING INDEX sqlite_autoindex_resource_1 (id=?)"]


def test_the_migrations_can_be_taken_back_and_made_again(database: Database) -> None:
    database.downgrade("base")
    with database.read() as session:
        assert set(inspect(session.connection()).get_table_names()) == {"alembic_version"}
    assert not database.current()
    database.migrate()
    assert database.current()


def test_the_tables_change_under_rows_that_name_each_other(tmp_path: Path) -> None:
    made = library(tmp_path)
    resource_id = made.draft("t_helper")
    file_id = made.attach("t_helper", resource_id, "教案.txt", b"x")
    upload = begin_upload(made, 3, "课件.txt")
    with made.writing("t_helper") as work:
        work.session.add(UploadPart(upload_id=upload, n=1, offset=0, size=1, etag=""))
    database = made.backends.database

    database.downgrade("0005")
    database.migrate()

    with made.reading("t_helper") as work:
        assert [file["id"] for file in files.listing(work, resource_id)] == [file_id]
        assert uploads.state(work, upload).offset == 1
    with database.write() as session:
        session.add(UploadPart(upload_id="nobody", n=1, offset=0, size=1, etag=""))
        with pytest.raises(IntegrityError):
            session.commit()
    made.close()


def test_a_database_of_another_kind_is_refused() -> None:
    with pytest.raises(UnfitDatabase, match="postgresql://"):
        Database("mysql://localhost/tongke")


def test_a_postgresql_that_is_not_there_is_unavailable_and_says_when_to_try_again(tmp_path: Path) -> None:
    database = Database(f"postgresql://tongke@/tongke?host={tmp_path}")
    for attempt in (database.check, database.migrate, database.current):
        with pytest.raises(Unavailable) as refused:
            attempt()
        assert refused.value.headers == {"Retry-After": "5"}
    database.close()


def test_a_postgresql_whose_connections_were_cut_is_unavailable_once_and_then_back(tmp_path: Path) -> None:
    database = Database(stacks.postgres(tmp_path))
    with pytest.raises(Unavailable), database.read() as session:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    database.check()
    database.close()


def test_connections_that_the_server_ended_while_nobody_had_them_are_made_anew(tmp_path: Path) -> None:
    database = Database(stacks.postgres(tmp_path))
    with database.read() as session:
        ours = session.scalar(text("SELECT pg_backend_pid()"))
    with database.write() as session:
        assert session.scalar(text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": ours}), "it ended"
    with database.read() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != ours
    database.close()


def test_a_server_that_dies_as_soon_as_it_has_answered_is_unavailable(tmp_path: Path) -> None:
    database, administrator = Database(stacks.postgres(tmp_path)), Database(stacks.postgres(tmp_path))

    def end(driver: Any, _record: object) -> None:
        with administrator.write() as session:
            session.scalar(text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": driver.info.backend_pid})

    event.listen(database.writer, "connect", end)
    with pytest.raises(Unavailable):
        database.current()
    event.remove(database.writer, "connect", end)
    assert not database.current(), "it is back, without tables"
    for one in (database, administrator):
        one.close()


def test_a_server_gets_as_long_to_take_a_connection_as_the_address_says(tmp_path: Path) -> None:
    url = make_url(stacks.postgres(tmp_path)).difference_update_query(["connect_timeout"])
    for address, seconds in ((url, "2"), (url.update_query_dict({"connect_timeout": "70"}), "70")):
        database = Database(address.render_as_string(hide_password=False))
        with database.writer.connect() as connection:
            driver: Any = connection.connection.driver_connection
            assert driver.info.get_parameters()["connect_timeout"] == seconds
        database.close()


def test_a_postgresql_that_sorts_by_a_language_is_refused(tmp_path: Path) -> None:
    database = Database(stacks.postgres(tmp_path, ORDER_OF_A_LANGUAGE))
    with pytest.raises(UnfitDatabase, match="LOCALE 'C'"):
        database.migrate()
    database.close()


def test_a_list_of_any_length_is_one_statement_on_postgresql(tmp_path: Path) -> None:
    database = Database(stacks.postgres(tmp_path))
    database.migrate()
    odd = 'a"b\\c,{d}'
    known, told = {"370100", "370200", odd}, list[str]()
    event.listen(
        database.reader,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_more: told.append(statement),
    )
    with database.write() as session:
        session.add_all(Organisation(id=ident, level="city", name=ident) for ident in known)
        session.commit()
    asked = select(col(Organisation.id)).where(col(Organisation.id).in_(bindparam("ids", expanding=True)))
    with database.read() as session:
        for ids in (
            [],
            ["370100"],
            {"370100", "370200", "37\x00"},
            ["370100" + "0" * 40],
            [odd, "370200", None],
        ):
            found = set(fetch(session, asked, {"ids": ids}).scalars())
            assert found == known & set(ids)
            assert (
                set(session.scalars(select(col(Organisation.id)).where(col(Organisation.id).in_(ids))))
                == found
            )
    assert len(set(told) - {"SELECT 1"}) == 2
    database.close()


def test_what_is_read_again_and_again_is_planned_once_on_postgresql(tmp_path: Path) -> None:
    database = Database(stacks.postgres(tmp_path))
    for _ in range(7):
        with database.read() as session:
            session.execute(text("SELECT 'again'"))
    with database.read() as session:
        assert "SELECT 'again'" in session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    database.close()


def test_what_is_changed_in_memory_while_reading_is_written_nowhere(tmp_path: Path) -> None:
    database = Database(stacks.postgres(tmp_path))
    database.migrate()
    with database.write() as session:
        session.add(Organisation(id="370100", level="city", name="济南市"))
        session.commit()
    with database.read() as session:
        session.get_one(Organisation, "370100").name = "别的名字"
        session.add(Organisation(id="370200", level="city", name="青岛市"))
    with database.read() as session:
        assert session.scalars(select(col(Organisation.name))).all() == ["济南市"]
    database.close()


def test_a_text_with_a_nul_is_looked_for_in_postgresql_as_in_sqlite(tmp_path: Path) -> None:
    database = Database(stacks.postgres(tmp_path))
    database.migrate()
    with database.read() as session:
        assert session.get(Membership, "a\x00b") is None
        assert session.scalars(select(Membership).where(col(Membership.role).in_(["\x00"]))).all() == []
        assert session.scalars(select(Membership).where(col(Membership.role).contains("\x00"))).all() == []
    database.close()


def test_what_was_public_before_there_were_harvesters_is_told_to_them(tmp_path: Path) -> None:
    made = library(tmp_path)
    once, never = made.draft("t_helper"), made.draft("t_helper")
    with made.backends.writing() as work:
        for change in work.session.scalars(select(Change).where(col(Change.resource_id) == once)):
            change.before = ["public"]
    database = made.backends.database

    database.downgrade("0010")
    database.migrate()

    with made.backends.reading() as work:
        told = set(work.session.scalars(select(col(Harvested.resource_id))))
    assert once in told
    assert never not in told
    made.close()
