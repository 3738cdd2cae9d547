"""How files leave: past the process where the line and the system let them (sendfile(2) of Linux), else read into it block by
block, which copies each byte three times more.
"""

import asyncio
import os
import select
import socket
import sys
from collections import deque
from collections.abc import Generator, Iterator
from typing import Any, BinaryIO, TypeGuard

from anyio import CapacityLimiter, to_thread
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from service.storage import Sendable

EXTENSION = "tongke.departing"
"""The `Departing` of a request, among the extensions of its scope (ASGI)."""
Piece = bytes | Sendable
Pieces = Generator[Piece, None, None]
BLOCK = 512 * 1024
"""Bytes that are read at a time."""
PATIENCE = 50
"""Milliseconds for which a thread waits for a line to take more; then it is another line's."""
TURN = 64 * 1024 * 1024
"""Bytes after which a thread looks up: whoever asked may be gone, or the server about to end."""


class Departing:
    """The way out of one answer."""

    def __init__(self, transport: asyncio.Transport, cycle: RequestResponseCycle) -> None:
        self._transport, self._cycle = transport, cycle

    async def send(self, pieces: Iterator[Piece], carriers: CapacityLimiter) -> bool:
        """Send them as the answer's body, which is not ended by that, in threads of `carriers`. False, and nothing is sent,
        where the line is none for it: encrypted, not begun, or of a system without the call. To one who went away
        nothing more is sent."""
        cycle, transport = self._cycle, self._transport
        encrypted = transport.get_extra_info("sslcontext") is not None
        if (
            sys.platform != "linux"
            or encrypted
            or not cycle.response_started
            or cycle.scope["method"] == "HEAD"
        ):
            return False
        if transport.is_closing():
            return True
        transport.set_write_buffer_limits(0)
        await cycle.flow.drain()  # what was written before goes first
        if not cycle.disconnected and not transport.is_closing():
            await self._send(pieces, carriers)
        if not transport.is_closing():
            transport.set_write_buffer_limits()
        return True

    async def _send(self, pieces: Iterator[Piece], carriers: CapacityLimiter) -> None:
        # A descriptor of its own: that of a line which is closed meanwhile may be another line's by then.
        with socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno())) as line:
            line.setblocking(False)
            sending = _Sending(line, pieces, bool(self._cycle.chunked_encoding))
            try:
                while not self._cycle.disconnected and not await to_thread.run_sync(
                    sending.some, limiter=carriers
                ):
                    await _room(line)
            except (BrokenPipeError, ConnectionResetError):
                self._cycle.disconnected = True
                self._transport.abort()
        if not self._cycle.chunked_encoding:
            self._cycle.expected_content_length -= sending.sent


class _Sending:
    """What is put on a line; its methods belong to one thread at a time."""

    def __init__(self, line: socket.socket, pieces: Iterator[Piece], chunked: bool) -> None:
        self._line, self._pieces = line, pieces
        self._chunked = chunked
        self._waiting = deque[memoryview | Sendable]()
        self.sent = 0

    def some(self) -> bool:
        """Go on; whether all is sent. Else the line takes nothing just now, or it was much."""
        begun, ready = self.sent, select.poll()
        ready.register(self._line, select.POLLOUT)
        while self.sent - begun < TURN:
            try:
                if not self._waiting and not self._next():
                    return True
                self._put()
            except BlockingIOError:
                if not ready.poll(PATIENCE):
                    return False
        return False

    def _next(self) -> bool:
        """Take the next piece, where there is one; each is a chunk (RFC 9112 7.1)."""
        for piece in self._pieces:
            size = len(piece) if isinstance(piece, bytes) else piece.left
            if not size:
                continue  # a chunk of nothing would end the body
            framed: list[Any] = [memoryview(piece) if isinstance(piece, bytes) else piece]
            if self._chunked:
                framed = [memoryview(b"%x\r\n" % size), *framed, memoryview(b"\r\n")]
            self._waiting += framed
            return True
        return False

    def _put(self) -> None:
        first = self._waiting[0]
        if isinstance(first, memoryview):
            # After a chunk something comes, if only the end: small ones wait for it, and are no packet each.
            sent = self._line.send(first, socket.MSG_MORE if self._chunked else 0)
            self._waiting[0] = rest = first[sent:]
            over = not rest
        else:
            sent = first.sendfile(self._line.fileno())
            over = not first.left
        self.sent += sent
        if over:
            self._waiting.popleft()


async def _room(line: socket.socket) -> None:
    """Until the line takes more, or is no line any more."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(line, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(line)


def sendable(source: BinaryIO) -> TypeGuard[Sendable]:
    """Whether it is a file that can leave so."""
    return isinstance(source, Sendable)


def whole(source: Sendable) -> Pieces:
    """One file."""
    with source:
        yield source


def read(pieces: Pieces) -> Generator[bytes, None, None]:
    """Their bytes in blocks, each put together once: each copy of so many is told by the processor."""
    gathered, held = list[bytes](), 0
    try:
        for piece in pieces:
            for block in (piece,) if isinstance(piece, bytes) else iter(lambda: piece.read(BLOCK), b""):  # noqa: B023
                gathered.append(block)
                held += len(block)
                if held >= BLOCK:
                    yield b"".join(gathered)
                    gathered, held = [], 0
        if gathered:
            yield b"".join(gathered)
    finally:
        pieces.close()
