"""Bytes on their way out and in: in threads of their own, since they wait for disks, stores and slow lines."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator

import anyio
from anyio import CapacityLimiter, to_thread

CARRIERS = CapacityLimiter(40)
"""Threads that carry bytes at a time, beside those of the endpoints (`service.app`)."""


async def blocks(read: Callable[[], bytes | None], close: Callable[[], None]) -> AsyncGenerator[bytes, None]:
    """What `read` gives until it gives None, each block read while the one before is sent: two are held. `close` is
    called at the end, however that comes, and never while `read` runs."""
    coming = _coming(read)
    try:
        while (block := await _arrived(coming)) is not None:
            coming = _coming(read)
            yield block
    finally:
        with anyio.CancelScope(shield=True):
            await asyncio.wait([coming])
            coming.exception()  # told already, or of nobody's interest any more
            close()


def generated(made: Generator[bytes, None, None]) -> AsyncGenerator[bytes, None]:
    """The blocks of an archive that is made while it is sent."""
    return blocks(lambda: next(made, None), made.close)


def _coming(read: Callable[[], bytes | None]) -> "asyncio.Task[bytes | None]":
    return asyncio.create_task(to_thread.run_sync(read, limiter=CARRIERS))


async def _arrived(coming: "asyncio.Task[bytes | None]") -> bytes | None:
    """The block. A request that is cancelled leaves the thread to end by itself."""
    await asyncio.wait([coming])
    return coming.result()
