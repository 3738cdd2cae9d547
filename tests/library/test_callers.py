"""Who asks, found anew at every request."""

from collections.abc import Iterator

import pytest

from service.library import accounts, callers
from service.permissions import Caller
from tests.factories import Library, library
from tests.test_statements import counted

READ = ["resources:read"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    found = library(tmp_path_factory.mktemp("callers"))
    yield found
    found.close()


def asked(made: Library, secret: str, kind: str) -> tuple[Caller | None, int]:
    """Who that is, and how many statements it took."""
    with made.backends.reading() as work:
        work.session.connection()  # begins
        with counted(made) as sent:
            return callers.identify(work, secret, kind), len(sent)


def test_a_person_is_found_with_all_that_she_belongs_to_in_one_statement(made: Library) -> None:
    with made.backends.writing() as work:
        secret = accounts.open_session(work, made.people["t_helper"])
    found, number = asked(made, secret, "session")
    assert number == 1
    assert found is not None
    assert found == made.caller("t_helper")
    assert {f"school:{made.schools['helper']}", f"pair:{made.pairs['school']}", "paired"} <= found.tokens
    assert found.school_id == made.schools["helper"]


def test_a_program_is_found_likewise_and_is_no_person(made: Library) -> None:
    with made.backends.writing() as work:
        client_id, _secret = accounts.register_client(work, made.schools["helper"], "副本", READ)
        token = accounts.open_token(work, READ, client_id=client_id)
    found, number = asked(made, token, "bearer")
    assert number == 1
    assert found is not None
    assert found.actor == f"client:{client_id}"
    assert found.person_id is None
    assert found.school_id == made.schools["helper"]
    teacher = made.caller("t_helper")
    assert found.tokens - {found.actor} == {
        t for t in teacher.tokens if not t.startswith(("person:", "team:"))
    }


def test_a_secret_is_nobodys_as_another_kind_or_where_it_is_unknown(made: Library) -> None:
    with made.backends.writing() as work:
        secret = accounts.open_session(work, made.people["t_helper"])
    assert asked(made, secret, "bearer") == (None, 1)
    assert asked(made, "unknown", "session") == (None, 1)
