"""A served library, and who programs are to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.library import accounts
from tests.api.api_client import EVERY_SCOPE, Api, serve
from tests.cutting import Line, cutting
from tongke import Client


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A province of its own for each test."""
    with serve(tmp_path / "library") as found:
        yield found


@pytest.fixture
def line(api: Api) -> Iterator[Line]:
    """A line to it that can break."""
    port = api.http.base_url.port
    assert port is not None
    with cutting(port) as found:
        yield found


def token(api: Api, person: str = "t_helper") -> str:
    """A token of this person."""
    with api.library.backends.writing() as work:
        return accounts.open_token(work, list(EVERY_SCOPE), person_id=api.library.people[person])


def program(api: Api, school: str = "helper") -> dict[str, str]:
    """The credentials of a program of this school."""
    with api.library.backends.writing() as work:
        ident, secret = accounts.register_client(
            work, api.library.schools[school], "教务系统", ["resources:read", "resources:write"]
        )
    return {"client_id": ident, "client_secret": secret}


@pytest.fixture
def teacher(api: Api) -> Iterator[Client]:
    """The helper school's teacher."""
    with Client(str(api.http.base_url), token=token(api), trust_env=False) as found:
        yield found
