"""So many requests in a minute, and no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.db import Database
from service.library.rates import WINDOW, Rates
from service.models import RateCount
from tests import stacks
from tests.factories import Clock


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Database]:
    """What the processes of a stack of servers have in common."""
    database = Database(stacks.postgres(tmp_path))
    database.migrate()
    yield database
    database.close()


def test_a_window_allows_its_number_of_requests_to_each_and_begins_anew() -> None:
    rates, clock = Rates(), Clock()
    assert [rates.take("a", 2, clock()).left for _ in range(3)] == [1, 0, -1]
    assert rates.take("b", 2, clock()).left == 1
    clock.tick(seconds=59)
    late = rates.take("a", 2, clock())
    assert (late.used_up, late.resets, late.headers["Retry-After"]) == (True, 1, "1")
    clock.tick(seconds=1)
    fresh = rates.take("a", 2, clock())
    assert (fresh.left, fresh.used_up) == (1, False)
    assert fresh.headers == {
        "RateLimit-Policy": '"minute";q=2;w=60',
        "RateLimit": '"minute";r=1;t=60',
    }


def test_processes_learn_from_each_other_what_somebody_has_asked_of_all(shared: Database) -> None:
    clock, processes = Clock(), (Rates(), Rates(), Rates())

    def ask(rates: Rates, who: str = "a") -> int:
        """One request, and what is left as soon as the others are told of it."""
        rates.take(who, 10, clock())
        with shared.aside() as session:
            rates.share(session, clock())
        return rates.take(who, 10, clock()).left + 1

    assert [ask(rates) for rates in processes] == [9, 8, 7]
    assert ask(processes[0]) == 5
    assert ask(processes[0], "b") == 9


def test_windows_that_have_passed_are_forgotten_everywhere(shared: Database) -> None:
    clock, rates = Clock(), Rates()
    for who in ("a", "b", "c"):
        rates.take(who, 10, clock())
    with shared.aside() as session:
        rates.share(session, clock())
        clock.tick(seconds=2 * WINDOW)
        assert rates.take("a", 10, clock()).left == 9
        rates.share(session, clock())
    with shared.read() as session:
        assert session.execute(select(func.count()).select_from(RateCount)).scalar_one() == 1


def test_what_is_counted_while_others_are_told_is_not_lost(shared: Database) -> None:
    clock, rates = Clock(), Rates()
    rates.take("a", 10, clock())
    with shared.aside() as session:
        rates.share(session, clock())
        rates.share(session, clock())
        assert rates.take("a", 10, clock()).left == 8
        rates.share(session, clock())
    assert rates.take("a", 10, clock()).left == 7


def test_one_in_a_second_tells_the_others() -> None:
    clock, rates = Clock(), Rates()
    assert [rates.due(clock()), rates.due(clock())] == [True, False]
    clock.tick(seconds=1)
    assert rates.due(clock())
