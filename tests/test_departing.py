"""Files leave a real server over a real line, past the process where that can be."""

import random
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response

from service import departing
from service.api.sending import Files
from service.storage import Sendable
from service.storage.local import LocalObjects
from tests.api.serving import serving

LARGE = random.Random(7).randbytes(9_000_000)
"""More than the buffers of a line hold."""
READ = list[int]()
"""How often bytes were read into the process."""
CLOSED = list[str]()


class Watched:
    """A file of the store, that tells how it leaves."""

    def __init__(self, source: Sendable) -> None:
        self._source = source

    @property
    def left(self) -> int:
        return self._source.left

    def read(self, size: int = -1, /) -> bytes:
        READ.append(size)
        return self._source.read(size)

    def sendfile(self, line: int) -> int:
        return self._source.sendfile(line)

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_error: object) -> None:
        CLOSED.append("closed")
        self._source.__exit__()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    objects = LocalObjects(tmp_path)
    objects.put("large", [LARGE])
    objects.put("none", [b""])
    app = FastAPI()
    READ.clear()
    CLOSED.clear()

    def opened(key: str, stop: int | None = None) -> Watched:
        source = objects.open(key, 0, stop)
        assert departing.sendable(source)
        return Watched(source)

    def many() -> departing.Pieces:
        for key in ("large", "none", "large"):
            yield f"<{key}>".encode()
            with opened(key) as source:
                yield source
        yield b""
        yield b"<end>"

    def broken() -> departing.Pieces:
        with opened("large") as source:
            yield source
        raise ValueError("the rest is lost")

    @app.api_route("/whole", methods=["GET", "HEAD"])
    def whole(stop: int = len(LARGE)) -> Response:
        return Files(departing.whole(opened("large", stop)), 200, {"Content-Length": str(stop)}, "a/b")

    @app.get("/many")
    def archive(request: Request) -> Response:
        return Files(many(), 200, {}, "a/b")

    @app.get("/short")
    def short() -> Response:
        return Files(broken(), 200, {}, "a/b")

    with serving(app) as client:
        yield client


MANY = b"<large>" + LARGE + b"<none><large>" + LARGE + b"<end>"


def test_files_leave_whole_one_or_many_and_the_line_serves_on(client: httpx.Client) -> None:
    for _n in range(2):
        assert client.get("/whole").content == LARGE
        assert client.get("/many").content == MANY
        assert client.get("/whole", params={"stop": 70_000}).content == LARGE[:70_000]
        assert client.head("/whole").headers["content-length"] == str(len(LARGE))


@pytest.mark.skipif(sys.platform != "linux", reason="sendfile(2) as Linux has it")
def test_no_byte_of_them_is_read_into_the_process(client: httpx.Client) -> None:
    assert client.get("/many").content == MANY
    assert client.get("/whole").content == LARGE
    assert not READ


def test_a_line_that_takes_its_time_gets_every_byte(client: httpx.Client) -> None:
    line = socket.create_connection((client.base_url.host, client.base_url.port or 80))
    with line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
        line.sendall(b"GET /whole HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert client.get("/whole").content == LARGE, "others are served meanwhile"
        found = bytearray()
        while block := line.recv(65536):
            found += block
    assert found.partition(b"\r\n\r\n")[2] == LARGE


def test_requests_that_come_before_their_answers_are_answered_in_turn(client: httpx.Client) -> None:
    line = socket.create_connection((client.base_url.host, client.base_url.port or 80))
    with line:
        ask = b"GET /whole?stop=%d HTTP/1.1\r\nHost: a\r\n%s\r\n"
        line.sendall(ask % (400_000, b"") + ask % (300_000, b"Connection: close\r\n"))
        found = bytearray()
        while block := line.recv(65536):
            found += block
    first, second = (part.partition(b"\r\n\r\n")[2] for part in bytes(found).split(b"HTTP/1.1 200 OK")[1:])
    assert (first, second) == (LARGE[:400_000], LARGE[:300_000])


def test_who_goes_away_leaves_nothing_open_and_harms_nobody(client: httpx.Client) -> None:
    for path in ("/whole", "/many"):
        with client.stream("GET", path) as answer:
            next(answer.iter_raw())
        assert client.get("/whole").content == LARGE
    assert len(CLOSED) >= 3


def test_what_breaks_off_is_no_whole_answer(client: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/short")
    assert client.get("/many").content == MANY
