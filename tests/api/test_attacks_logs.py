"""What the log may never hold."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from service.terminal import settings_of


@pytest.fixture
def written(tmp_path: Path) -> Iterator[io.StringIO]:
    """What is logged as `tongke serve` configures it."""
    found = io.StringIO()
    settings_of(tmp_path)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(found))
    yield found
    structlog.reset_defaults()


def test_a_logged_error_names_its_lines_and_no_values(written: io.StringIO) -> None:
    def sign_in(password: str) -> None:
        raise ValueError(len(password))

    try:
        sign_in("-".join(["correct", "horse"]))
    except ValueError as error:
        structlog.get_logger().error("unexpected error", exc_info=error)

    line = written.getvalue()
    assert "unexpected error" in line
    assert "ValueError: 13" in line
    assert "raise ValueError" in line
    assert "correct-horse" not in line
