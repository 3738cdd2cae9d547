"""Waiters for the feed: woken by a commit, bounded, answered when the process ends."""

import asyncio
import threading
from contextlib import ExitStack

import pytest

from service.library import waiting
from service.library.waiting import Mark, Waiters


def test_a_waiter_is_woken_from_another_thread() -> None:
    waiters = Waiters()

    async def wait() -> bool:
        with waiters.seat("person:1") as seat:
            assert seat is not None
            threading.Thread(target=waiters.wake).start()
            return await seat.until_woken(60)

    assert asyncio.run(wait())
    assert len(waiters) == 0


def test_who_is_not_woken_learns_that_the_time_is_over() -> None:
    async def wait() -> bool:
        with Waiters().seat("person:1") as seat:
            assert seat is not None
            return await seat.until_woken(0)

    assert not asyncio.run(wait())


def test_one_caller_has_no_more_than_her_places_and_all_together_no_more_than_theirs() -> None:
    waiters = Waiters()

    async def sit() -> None:
        with ExitStack() as stack:
            for _n in range(waiting.EACH):
                assert stack.enter_context(waiters.seat("person:1")) is not None
            assert stack.enter_context(waiters.seat("person:1")) is None
            for n in range(waiting.MOST - waiting.EACH):
                assert stack.enter_context(waiters.seat(f"client:{n}")) is not None
            assert stack.enter_context(waiters.seat("person:2")) is None
        assert len(waiters) == 0
        with waiters.seat("person:1") as seat:
            assert seat is not None

    asyncio.run(sit())


def test_when_the_process_ends_who_waits_is_woken_and_nobody_sits_down_any_more() -> None:
    waiters = Waiters()

    async def wait() -> None:
        with waiters.seat("person:1") as seat:
            assert seat is not None
            waiters.end()
            assert await seat.until_woken(60)
        with waiters.seat("person:1") as seat:
            assert seat is None

    asyncio.run(wait())


@pytest.mark.parametrize("askers", [1, 20])
def test_what_others_committed_is_looked_for_once_for_all(askers: int) -> None:
    looks: list[int] = []

    def look() -> Mark:
        looks.append(1)
        return (7, 1, 2)

    async def ask() -> list[Mark]:
        waiters = Waiters()
        return list(await asyncio.gather(*(waiters.mark(look) for _n in range(askers))))

    assert asyncio.run(ask()) == [(7, 1, 2)] * askers
    assert len(looks) == 1
