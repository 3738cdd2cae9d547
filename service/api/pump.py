"""From a request's body to the store: the next part arrives while the one before is written in a thread.

Never more than two parts of a request are held: the one arriving and the one being written.
"""

import asyncio
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
        async with aclosing(_parts(request, receiving.room, patience, haste)) as parts:
            async for part in parts:
                await writer.write(part)
        await writer.idle()
        return await to_thread.run_sync(receiving.complete, limiter=CARRIERS)
    finally:
        with anyio.CancelScope(shield=True):
            await writer.stopped()
            await to_thread.run_sync(receiving.release, limiter=CARRIERS)


class _Writer:
    """Stores one part at a time in a thread, while its caller receives the next."""

    def __init__(self, receiving: Receiving) -> None:
        self._receiving = receiving
        self._task: asyncio.Task[None] | None = None

    async def write(self, part: bytearray) -> None:
        """Begin to store the part once the one before is stored. Raises what that one raised."""
        await self.idle()
        self._task = asyncio.create_task(to_thread.run_sync(self._receiving.store, part, limiter=CARRIERS))

    async def idle(self) -> None:
        """Until the part under way is stored. Raises what it raised."""
        if self._task is not None:
            await asyncio.wait([self._task])
            self._task.result()

    async def stopped(self) -> None:
        """Until the thread is done, well or not: the lease may not end before."""
        if self._task is not None:
            await asyncio.wait([self._task])
            self._task.exception()


async def _parts(
    request: Request, room: int, patience: float, haste: float
) -> AsyncGenerator[bytearray, None]:
    """The body in pieces of LONGEST bytes, or at least PART where it comes slowly, and the rest. Raises Interrupted after
    the rest of a broken body."""
    part, whole, begun = bytearray(), False, monotonic()
    stream = request.stream()
    try:
        while not whole:
            async with asyncio.timeout(patience):
                chunk = await anext(stream, None)
            whole = chunk is None
            if chunk:
                part += chunk
                room -= len(chunk)
            if room < 0:
                raise _too_long()
            if len(part) >= (LONGEST if monotonic() - begun < haste else PART):
                yield part
                part, begun = bytearray(), monotonic()
    except (ClientDisconnect, TimeoutError) as error:
        if part:
            yield part
        raise _interrupted() from error
    if part:
        yield part


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
