"""Bytes on their way out and in: in threads of their own, since they wait for disks, stores and slow lines."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Mapping

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from service import departing

AHEAD = 2
"""Blocks of an answer that are read before the line takes them."""
FEW = 40
"""Answers under way for which that is done: of more, one block is read for each, lest many slow lines hold the memory."""
CARRIERS = CapacityLimiter(40)
"""Threads that carry bytes at a time, beside those of the endpoints (`service.app`)."""
_under_way = set[int]()
"""Answers that are being sent."""


async def blocks(read: Callable[[], bytes | None], close: Callable[[], None]) -> AsyncGenerator[bytes, None]:
    """What `read` gives until it gives None, AHEAD blocks read while the one before is sent; one, where more than FEW answers
    are under way. `close` is called at the end, however that comes, and never while `read` runs."""
    ended = False

    async def after(before: "asyncio.Task[bytes | None] | None") -> bytes | None:
        """The next block, once the one before is there. A request that is cancelled leaves the thread to end by itself."""
        if before is not None:
            await asyncio.wait([before])
            if ended or before.result() is None:
                return None
        return await to_thread.run_sync(read, limiter=CARRIERS)

    coming: deque[asyncio.Task[bytes | None]] = deque()
    last = None
    _under_way.add(id(coming))
    try:
        while True:
            while len(coming) < (AHEAD + 1 if len(_under_way) <= FEW else 1):
                coming.append(last := asyncio.create_task(after(last)))
            await asyncio.wait([coming[0]])
            if (block := coming.popleft().result()) is None:
                return
            yield block
            del block  # what is sent is not kept until the next is there
    finally:
        ended = True
        _under_way.discard(id(coming))
        with anyio.CancelScope(shield=True):
            for task in coming:
                await asyncio.wait([task])
                task.exception()  # told already, or of nobody's interest any more
            close()


def generated(made: Generator[bytes, None, None]) -> AsyncGenerator[bytes, None]:
    """The blocks of an archive that is made while it is sent."""
    return blocks(lambda: next(made, None), made.close)


class Files(StreamingResponse):
    """An answer of files of this machine, which leave past the process where they can (`service.departing`)."""

    def __init__(
        self, pieces: departing.Pieces, status_code: int, headers: Mapping[str, str], media_type: str
    ) -> None:
        super().__init__(generated(departing.read(pieces)), status_code, headers, media_type)
        self._pieces = pieces
        self._way: departing.Departing | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._way = scope.get("extensions", {}).get(departing.EXTENSION)
        await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        if self._way is None:
            await super().stream_response(send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send(
            {"type": "http.response.body", "body": b"", "more_body": True}
        )  # lest something waits for it
        sent = True
        try:
            sent = await self._way.send(self._pieces, CARRIERS)
        finally:
            if sent:
                self._pieces.close()
        if not sent:
            async for block in self.body_iterator:
                await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
