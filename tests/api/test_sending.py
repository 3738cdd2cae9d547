"""Bytes on their way out: the next blocks are read while the one before is sent."""

import asyncio
import threading
from functools import partial

import pytest

from service.api.sending import AHEAD, FEW, blocks


def test_the_next_block_is_read_while_the_one_before_is_sent() -> None:
    left, second = [b"1", b"2", None], threading.Event()

    def read() -> bytes | None:
        if left[0] == b"2":
            second.set()
        return left.pop(0)

    async def sent() -> list[bytes]:
        gone = []
        async for block in blocks(read, lambda: None):
            gone.append(block)
            await asyncio.to_thread(second.wait)
        return gone

    assert asyncio.run(sent()) == [b"1", b"2"]


def test_a_slow_line_has_a_few_blocks_read_for_it_and_no_more() -> None:
    read, ahead = list[int](), threading.Event()

    def one() -> bytes | None:
        read.append(len(read))
        if len(read) == 1 + AHEAD:
            ahead.set()
        return b"1" if len(read) < 10 else None

    async def sent() -> list[int]:
        source, held = blocks(one, lambda: None), []
        async for _block in source:
            if not held:
                await asyncio.to_thread(ahead.wait)
            held.append(len(read))
        return held

    held = asyncio.run(sent())
    assert held[0] == 1 + AHEAD
    assert all(number <= n + 2 + AHEAD for n, number in enumerate(held))
    assert len(read) == 10, "the end is read once"


def test_of_many_slow_lines_each_has_one_block_read_for_it() -> None:
    read, counted = [0] * (FEW + 20), threading.Lock()

    def source(n: int) -> bytes:
        with counted:
            read[n] += 1
        return b"1"

    async def sent() -> int:
        sources = [blocks(partial(source, n), lambda: None) for n in range(len(read))]
        for each in sources:
            await anext(each)
        for each in sources[FEW:]:
            await each.aclose()
        held = sum(read[FEW:])
        for each in sources[:FEW]:
            await each.aclose()
        return held

    assert asyncio.run(sent()) <= 2 * 20
    read[:] = [0] * len(read)

    async def alone() -> None:
        one = blocks(partial(source, 0), lambda: None)
        await anext(one)
        while read[0] < 1 + AHEAD:
            await asyncio.to_thread(lambda: None)
        await one.aclose()

    asyncio.run(alone())


def test_what_is_being_read_is_closed_when_the_reading_is_over() -> None:
    begun, told, under_way, go_on = threading.Event(), list[str](), threading.Event(), threading.Event()

    def read() -> bytes | None:
        if begun.is_set():
            under_way.set()
            go_on.wait()
            told.append("read")
        begun.set()
        return b"1"

    async def left() -> None:
        source = blocks(read, lambda: told.append("closed"))
        await anext(source)
        await asyncio.to_thread(under_way.wait)
        asyncio.get_running_loop().call_later(0, go_on.set)
        await source.aclose()

    asyncio.run(left())
    assert told == ["read", "closed"]


def test_a_source_that_fails_is_closed_and_its_error_is_told() -> None:
    told = list[str]()

    def read() -> bytes | None:
        raise OSError("the disk")

    async def asked() -> None:
        async for _block in blocks(read, lambda: told.append("closed")):
            raise AssertionError

    with pytest.raises(OSError, match="the disk"):
        asyncio.run(asked())
    assert told == ["closed"]
