"""From a request's body to the store: the next part arrives while those before are written in threads, as many at a time
as the store takes (`service.storage.Objects.ahead`), each in a buffer that is used again: no more are ever held.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic

import anyio
from anyio import to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from service.api.sending import CARRIERS
from service.errors import Interrupted, TooLarge
from service.library.receiving import LONGEST, PART, Receiving
from service.library.uploads import State

PATIENCE = 20.0
"""Seconds without a byte after which a request is taken for dead, so that its client can go on with a new one."""
HASTE = 1.0
"""Seconds in which a part comes to its full length, or goes as soon as it is long enough: on a slow line that is much."""


async def receive(
    request: Request, receiving: Receiving, patience: float = PATIENCE, haste: float = HASTE
) -> State:
    """Store the whole body, then end the lease; returns where the upload stands.

    Raises TooLarge for more bytes than are still to come, Interrupted where the body breaks off (what came is kept,
    unless it stands under a checksum), ChecksumMismatch, and as `Receiving.store`.
    """
    writer = _Writer(receiving)
    try:
        if _declared(request) > receiving.room:
            raise _too_long()
        async with aclosing(_parts(request, writer.spare, receiving.room, patience, haste)) as parts:
            async for buffer, size in parts:
                await writer.write(buffer, size)
        await writer.idle()
        return await to_thread.run_sync(receiving.complete, limiter=CARRIERS)
    finally:
        with anyio.CancelScope(shield=True):
            await writer.stopped()
            await to_thread.run_sync(receiving.release, limiter=CARRIERS)


class _Writer:
    """Stores parts in threads, while its caller receives the next."""

    def __init__(self, receiving: Receiving) -> None:
        self._receiving = receiving
        self._under_way: deque[tuple[asyncio.Task[None], bytearray]] = deque()
        self.spare: list[bytearray] = []
        """Buffers of parts that are stored. What is written anew into memory costs more than what is written over."""

    async def write(self, buffer: bytearray, size: int) -> None:
        """Begin to store the part, its first `size` bytes, once there is room for it. Raises what one before it raised."""
        while len(self._under_way) >= self._receiving.ahead:
            await self._first()
        part = memoryview(buffer)[:size]
        taken = await to_thread.run_sync(self._receiving.take, part, limiter=CARRIERS)
        storing = to_thread.run_sync(self._receiving.write, taken, limiter=CARRIERS)
        self._under_way.append((asyncio.create_task(storing), buffer))

    async def idle(self) -> None:
        """Until all that is under way is stored. Raises what one raised."""
        while self._under_way:
            await self._first()

    async def _first(self) -> None:
        task, buffer = self._under_way[0]
        await asyncio.wait([task])
        task.result()
        self._under_way.popleft()
        self.spare.append(buffer)

    async def stopped(self) -> None:
        """Until the threads are done, well or not: the lease may not end before."""
        for task, _buffer in self._under_way:
            await asyncio.wait([task])
            task.exception()


async def _parts(
    request: Request, spare: list[bytearray], room: int, patience: float, haste: float
) -> AsyncGenerator[tuple[bytearray, int], None]:
    """The body in pieces of LONGEST bytes, or at least PART where it comes slowly, and the rest: each a buffer, and how many
    of its bytes. Raises Interrupted after the rest of a broken body."""
    longest = min(LONGEST, room)
    buffer, size, whole, begun = _buffer(spare, longest), 0, False, monotonic()
    stream = request.stream()
    try:
        while not whole:
            async with asyncio.timeout(patience):
                chunk = await anext(stream, None)
            whole = chunk is None
            rest = memoryview(chunk or b"")
            room -= len(rest)
            if room < 0:
                raise _too_long()
            while rest:
                fits = min(len(rest), longest - size)
                buffer[size : size + fits] = rest[:fits]
                size, rest = size + fits, rest[fits:]
                if size >= (longest if monotonic() - begun < haste else PART):
                    yield buffer, size
                    buffer, size, begun = _buffer(spare, longest), 0, monotonic()
    except (ClientDisconnect, TimeoutError) as error:
        if size:
            yield buffer, size
        raise _interrupted() from error
    if size:
        yield buffer, size


def _buffer(spare: list[bytearray], size: int) -> bytearray:
    return spare.pop() if spare else bytearray(size)


def _declared(request: Request) -> int:
    value = request.headers.get("content-length", "")
    return int(value) if value.isdigit() else 0


def _too_long() -> TooLarge:
    return TooLarge(
        "发送的内容比新建上传时说明的文件大小还多，多出的部分没有保存。请核对文件后重新上传。",
        english="The body is longer than what Upload-Length leaves.",
    )


def _interrupted() -> Interrupted:
    return Interrupted(
        "文件内容没有传完连接就断了，已经收到的部分都已保存。请继续上传。",
        headers={"Connection": "close"},
        english="The connection broke before the whole body came. What came is kept; go on from the offset.",
    )
