"""No page and no call asks the database once more for each thing that it shows (N+1)."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import event

from service.http import SESSION_COOKIE
from service.library import accounts
from service.permissions import Scope
from service.worker import Worker
from tests.api.api_client import ROOT, Api, serve
from tests.factories import Library

FEW, MANY = 3, 12
PAGES = (
    "/", "/search", "/search?q=课", "/browse", "/my", "/reviews", "/notices", "/partnerships", "/searches",
    "/resources/{resource}", "/resources/{resource}/edit", "/resources/{resource}/share", "/schools/{school}",
    "/partnerships/{pair}", "/search.atom?q=课", "/sitemap.xml", "/admin", "/admin/people", "/admin/schools",
    "/admin/partnerships", "/admin/jobs", "/admin/storage", "/admin/audit", "/admin/reports",
)  # fmt: skip
WHO = {"/admin": "platform", "/reviews": "a_helper"}
"""Who opens what begins so; all else the teacher."""
CALLS = (
    "/me", "/resources", "/resources?limit=50", "/search", "/search?q=课", "/changes", "/schools", "/teams", "/suggest?q=课", "/searches",
    "/partnerships", "/resources/{resource}", "/resources/{resource}/files", "/resources/{resource}/versions",
    "/resources/{resource}/comments", "/resources/{resource}/grants", "/resources/{resource}/audience",
)  # fmt: skip


HELD: dict[str, int] = {}
"""Address → how many connections of readers it held at a time."""


@contextmanager
def counted(made: Library) -> Iterator[list[str]]:
    """The statements that both engines send meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    engines = (made.backends.database.reader, made.backends.database.writer)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


@contextmanager
def given_out(made: Library) -> Iterator[list[int]]:
    """How many connections readers hold, at each time that one is given out meanwhile."""
    pool = made.backends.database.reader.pool
    held, seen = 0, list[int]()

    def taken(*_what: object) -> None:
        nonlocal held
        held += 1
        seen.append(held)

    def returned(*_what: object) -> None:
        nonlocal held
        held -= 1

    event.listen(pool, "checkout", taken)
    event.listen(pool, "checkin", returned)
    try:
        yield seen
    finally:
        event.remove(pool, "checkout", taken)
        event.remove(pool, "checkin", returned)


def grow(api: Api, first: int, last: int) -> str:
    """Published lessons of the school, each with a file; the resource that all of it happens to has every file."""
    made = api.library
    resource_id = ""
    for n in range(first, last):
        resource_id = made.draft("t_helper", f"第{n}课")
        made.attach("t_helper", resource_id, f"教案{n}.txt", f"第{n}课 教学目标".encode())
        made.share("t_helper", resource_id, f"pair:{made.pairs['school']}")
        api.publish(resource_id)
        waiting = made.draft("t_helper", f"待审{n}课")
        assert api.person().post(f"/resources/{waiting}/submit").status_code == 200
    return resource_id


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """Address → how many statements it takes in a library with few things, and with many."""
    found: dict[str, list[int]] = {}
    HELD.clear()
    with serve(tmp_path_factory.mktemp("statements")) as api:
        made = api.library
        with made.backends.writing() as work:
            secrets = {
                who: accounts.open_session(work, made.people[who])
                for who in ("t_helper", "a_helper", "platform")
            }
            scopes = [str(scope) for scope in Scope]
            token = accounts.open_token(work, scopes, person_id=made.people["t_helper"])
        resource_id = grow(api, 0, FEW)
        for last in (FEW, MANY):
            for n in range(0 if last == FEW else FEW, last):
                made.attach("t_helper", resource_id, f"附件{n}.txt", f"附件{n}".encode())
                made.share("t_helper", resource_id, f"person:{made.people['t_lonely']}")
                assert (
                    api.person().post(f"/resources/{resource_id}/comments", {"text": "好"}).status_code == 201
                )
            if last == MANY:
                grow(api, FEW, MANY)
            Worker(made.backends).run(until_idle=True)
            names = {"resource": resource_id, "school": made.schools["helper"], "pair": made.pairs["school"]}
            for path in PAGES:
                who = next((who for start, who in WHO.items() if path.startswith(start)), "t_helper")
                headers = {"Accept": "text/html", "Cookie": f"{SESSION_COOKIE}={secrets[who]}"}
                found.setdefault(path, []).append(count(made, api.http, path.format(**names), headers))
            for path in CALLS:
                headers = {"Authorization": f"Bearer {token}"}
                address = ROOT + path.format(**names)
                found.setdefault(f"api {path}", []).append(count(made, api.http, address, headers))
    return found


def count(made: Library, http: httpx.Client, path: str, headers: dict[str, str]) -> int:
    """Of the second time: what the first one writes down or keeps does not count."""
    for _ in range(2):
        with counted(made) as sent, given_out(made) as held:
            answer = http.get(path, headers=headers)
    HELD[path] = max(held, default=0)
    return len(sent) if answer.status_code == 200 else -answer.status_code


@pytest.mark.parametrize("address", [*PAGES, *(f"api {path}" for path in CALLS)])
def test_what_shows_more_asks_no_more(figures: dict[str, list[int]], address: str) -> None:
    few, many = figures[address]
    assert few > 0, "no page"
    assert many <= few, f"{few} statements for {FEW}, {many} for {MANY}"


def test_nobody_asks_for_a_second_connection_while_holding_one(figures: dict[str, list[int]]) -> None:
    """Many who do wait for each other: of 200 people 7 got their page in a second."""
    assert figures
    assert {address: number for address, number in HELD.items() if number != 1} == {}
