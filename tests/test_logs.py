"""How the log is written, and what it may never hold."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service import logs
from tests.factories import library


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        return True


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_program_reads_one_json_object_a_line_with_what_the_block_is_about() -> None:
    written = io.StringIO()
    logs.configure("info", to=written)
    with logs.about(request_id="abc"):
        structlog.get_logger().info("saved", number=3)
        structlog.get_logger().debug("not asked for")
    logging.getLogger("botocore").warning("of %s package", "another")

    saved, other = _lines(written)
    assert {name: saved[name] for name in ("event", "level", "number", "request_id")} == {
        "event": "saved",
        "level": "info",
        "number": 3,
        "request_id": "abc",
    }
    assert saved["timestamp"].endswith("Z")
    assert (other["event"], other["level"]) == ("of another package", "warning")
    assert "request_id" not in other


def test_a_person_at_a_terminal_reads_words() -> None:
    written = Terminal()
    logs.configure("info", to=written)
    structlog.get_logger().info("saved", number=3)
    assert "saved" in written.getvalue()
    assert not written.getvalue().startswith("{")


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_logged_error_names_its_lines_and_no_values(stream: type[io.StringIO]) -> None:
    def sign_in(password: str) -> None:
        raise ValueError(len(password))

    written = stream()
    logs.configure("info", to=written)
    try:
        sign_in("-".join(["correct", "horse"]))
    except ValueError as error:
        structlog.get_logger().error("unexpected error", exc_info=error)

    line = written.getvalue()
    assert "unexpected error" in line
    assert "ValueError: 13" in line
    assert "raise ValueError" in line
    assert "correct-horse" not in line


def test_an_error_of_the_database_is_logged_without_the_values_of_its_statement(tmp_path: Path) -> None:
    written = io.StringIO()
    logs.configure("info", to=written)
    made = library(tmp_path)
    try:
        with made.backends.reading() as work:
            work.session.execute(
                text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "-".join(["王", "芳"])}
            )
    except DBAPIError as error:
        structlog.get_logger().error("unexpected error", exc_info=error)
    finally:
        made.close()
    assert "nowhere" in written.getvalue()
    assert "王-芳" not in written.getvalue()
