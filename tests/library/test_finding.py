"""What a search asks of SQL: few statements, each from the ids and tokens that it names."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from service.library import finding
from service.worker import Worker
from tests.factories import Library, library

PAGE = 10
"""Statements of a page of hits: who asks (3: her name, her memberships, whom she is paired with), what was narrowed, what
orders hits (2: their facts, what she teaches), the hits, their files, her role on drafts, the names of
schools in the facets."""


@pytest.fixture
def made(tmp_path: Path) -> Any:
    opened = library(tmp_path)
    for title in ("浮力", "浮力实验"):
        resource_id = opened.draft("t_helper", title)
        opened.share("t_helper", resource_id, f"pair:{opened.pairs['school']}")
    Worker(opened.backends).run(until_idle=True)
    yield opened
    opened.close()


def asked(made: Library) -> list[tuple[str, Any]]:
    """Every statement of a search, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append((statement, parameters))

    engine = made.backends.database.reader
    event.listen(engine, "before_cursor_execute", note)
    try:
        with made.reading("t_aided") as work:
            assert finding.search(work, "浮力")["total"] == 2
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return sent


def test_a_page_of_hits_takes_few_statements(made: Library) -> None:
    assert len(asked(made)) <= PAGE


def test_a_search_goes_through_no_table(made: Library) -> None:
    if made.backends.database.reader.dialect.name != "sqlite":
        pytest.skip("this is how SQLite says it")
    for statement, parameters in asked(made):
        with made.backends.database.reader.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        steps = [row.detail for row in plan]
        # The index of what was narrowed holds nothing else; what a statement made itself is small.
        own = {f"SCAN {step.split()[1]}" for step in steps if step.startswith(("MATERIALIZE", "CO-ROUTINE"))}
        gone_through = [step for step in steps if step.startswith("SCAN") and step not in own]
        assert all("ix_resource_stale" in step for step in gone_through), steps
        assert not [step for step in steps if "ix_partnership_status" in step], steps
        assert not [step for step in steps if "SEARCH grant" in step and "audience=?" in step], steps
