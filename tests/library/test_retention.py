"""What the library deletes by itself, and when; what it keeps."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from service.library import accounts, idempotency, notices, retention, uploads
from service.models import Answered, AuditEntry, Notice, ResetCode, SignInFailure, Token, Upload
from service.worker import Worker
from tests.factories import Library, library


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    """A library with one of everything that does not last."""
    found = library(tmp_path)
    with found.writing("a_helper") as work:
        accounts.issue_code(work, found.people["t_helper"])
        notices.tell(work, [found.people["t_helper"]], "review.returned")
    with found.writing("t_helper") as work:
        accounts.open_session(work, found.people["t_helper"])
        accounts.open_token(work, ["resources:read"], person_id=found.people["t_helper"])
        accounts.failed(work, "t_helper", "203.0.113.7")
        idempotency.remember(work, "key", "fingerprint", 200, {}, "{}")
    uploads.create(partial(found.reading, "t_helper"), partial(found.writing, "t_helper"), 5, "教案.txt")
    yield found
    found.close()


def _left(made: Library, table: type[SQLModel]) -> int:
    with made.backends.reading() as work:
        return work.session.execute(select(func.count()).select_from(table)).scalar_one()


def _later(made: Library, time: timedelta) -> None:
    made.clock.now += time
    Worker(made.backends).run(until_idle=True)


@pytest.mark.parametrize(
    ("table", "rows", "life"),
    [
        (Answered, 1, idempotency.KEPT),
        (SignInFailure, 2, retention.AFTERWARDS),
        (ResetCode, 1, accounts.CODE_LIFE),
        (Upload, 1, timedelta(days=7)),
        (Token, 2, timedelta(days=30) + retention.AFTERWARDS),
        (Notice, 1, notices.KEPT),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_it_is_deleted_when_its_time_is_over_and_not_before(
    made: Library, table: type[SQLModel], rows: int, life: timedelta
) -> None:
    assert _left(made, table) == rows
    _later(made, life - timedelta(minutes=1))
    assert _left(made, table) >= 1
    _later(made, timedelta(hours=1, minutes=2))
    assert _left(made, table) == 0


def test_what_persons_did_is_kept_beyond_the_half_year_that_the_law_asks_for(made: Library) -> None:
    before = _left(made, AuditEntry)
    _later(made, timedelta(days=400))
    _later(made, timedelta(days=400))
    assert _left(made, AuditEntry) >= before > 0
