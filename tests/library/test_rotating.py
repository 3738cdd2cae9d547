"""Keys and tokens taken out of use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import Gone, NotFound
from service.library import accounts, callers, changes, rotating
from tests.factories import Library, library


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path)
    yield found
    found.close()


def _cursor(made: Library, before: str | None = None) -> str:
    with made.reading("t_helper") as work:
        return changes.page(work, before, 100).next_cursor


def test_cursors_go_on_after_a_rotation_and_end_after_the_next(made: Library) -> None:
    made.draft("t_helper")
    old = _cursor(made)
    with made.backends.writing() as work:
        rotating.rotate(work)
    new = _cursor(made, old)
    with made.backends.writing() as work:
        rotating.rotate(work)
    assert _cursor(made, new)
    with pytest.raises(Gone):
        _cursor(made, old)


def test_a_key_that_somebody_may_know_is_forgotten_at_once(made: Library) -> None:
    old = _cursor(made)
    with made.backends.writing() as work:
        rotating.rotate(work, forget=True)
    with pytest.raises(Gone):
        _cursor(made, old)
    assert _cursor(made)


def test_a_person_whose_tokens_are_revoked_signs_in_again(made: Library) -> None:
    with made.backends.writing() as work:
        held = [
            accounts.open_token(work, ["resources:read"], person_id=made.people[name])
            for name in ("t_helper", "t_helper", "t_aided")
        ]
        assert rotating.revoke(work, "t_helper") == 2
        assert [callers.identify(work, secret, "bearer") is None for secret in held] == [True, True, False]
        fresh = accounts.open_session(work, made.people["t_helper"])
        assert callers.identify(work, fresh, "session") is not None


def test_a_program_that_is_revoked_gets_no_token_any_more(made: Library) -> None:
    with made.backends.writing() as work:
        ident, secret = accounts.register_client(work, made.schools["helper"], "教务系统", ["resources:read"])
        held = accounts.open_token(work, ["resources:read"], client_id=ident)
        assert rotating.revoke(work, ident) == 1
        assert callers.identify(work, held, "bearer") is None
        with pytest.raises(accounts.Unauthenticated):
            accounts.client_scopes(work, ident, secret, [])


def test_everybody_can_be_made_to_sign_in_again(made: Library) -> None:
    with made.backends.writing() as work:
        for name in ("t_helper", "t_aided"):
            accounts.open_token(work, ["resources:read"], person_id=made.people[name])
        assert rotating.revoke_all(work) >= 2
        assert rotating.revoke_all(work) == 0


def test_who_is_nobody_cannot_be_revoked(made: Library) -> None:
    with made.backends.writing() as work, pytest.raises(NotFound):
        rotating.revoke(work, "nobody")
