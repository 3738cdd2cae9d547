"""The real program as a process of its own: killed in mid-upload, and watched for its memory."""

import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from service.models import Upload
from service.wiring import open_backends
from tests import stacks
from tests.api.tus_client import BYTES, TUS, Client, bearer
from tests.factories import Clock, library
from tests.needs import ROOT

MEBIBYTE = 1024 * 1024
BLOCK = 64 * 1024


@dataclass
class Process:
    """A running server, and a client of it."""

    process: subprocess.Popen[bytes]
    client: Client
    port: int

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def memory(self, field: str) -> int:
        """VmRSS or VmHWM in bytes (proc(5))."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


@contextmanager
def running(data: Path, headers: dict[str, str]) -> Iterator[Process]:
    """The application on the folder. Its socket listens before it starts, so that nobody has to wait for it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        command = [sys.executable, "-m", "uvicorn", "--factory", "service.app:from_environment"]
        process = subprocess.Popen(
            [*command, "--log-level", "warning", "--fd", str(listener.fileno())],
            pass_fds=[listener.fileno()],
            cwd=ROOT,
            env=os.environ | stacks.environment(data),
        )
        port = listener.getsockname()[1]
        with process, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as http:
            try:
                yield Process(process, Client(http, headers), port)
            finally:
                process.kill()


@pytest.fixture
def data(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A data folder, and the headers of a teacher in it."""
    made = library(tmp_path, Clock(datetime.now(UTC)))
    headers = bearer(made, "t_helper")
    made.close()
    return tmp_path, headers


def send_some(server: Process, location: str, content: memoryview, offset: int, count: int) -> None:
    """A PATCH of the rest of the file, of which only `count` bytes are ever sent."""
    head = TUS | server.client.headers | BYTES | {"Host": "x", "Upload-Offset": str(offset)}
    head |= {"Content-Length": str(len(content) - offset)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"PATCH {location} HTTP/1.1\r\n{lines}\r\n".encode())
        connection.sendall(content[offset : offset + count])
        server.kill()


@pytest.mark.slow
def test_a_killed_server_goes_on_where_it_was(data: tuple[Path, dict[str, str]]) -> None:
    folder, headers = data
    content = memoryview(random.Random(7).randbytes(110 * MEBIBYTE + 123))
    offsets = []
    with running(folder, headers) as server:
        location = server.client.create(len(content), "film.bin")
        send_some(server, location, content, 0, 70 * MEBIBYTE)  # several parts, however large
    for count in (1, 20 * MEBIBYTE):
        with running(folder, headers) as server:
            offsets.append(server.client.offset(location))
            send_some(server, location, content, offsets[-1], count)
    with running(folder, headers) as server:
        offsets.append(server.client.offset(location))
        answer = server.client.send(location, offsets[-1], bytes(content[offsets[-1] :]))
        assert answer.status_code == 204, answer.text

    assert offsets == sorted(offsets)
    assert offsets[-1] > 0
    upload_id = location.rpartition("/")[2]
    backends = open_backends(stacks.settings(folder))
    with backends.reading() as work:
        upload = work.session.get_one(Upload, upload_id)
        with work.objects.open(upload.object_key) as stored:
            assert stored.read() == content
    backends.close()
    assert upload.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.slow
def test_a_large_file_takes_little_memory(data: tuple[Path, dict[str, str]]) -> None:
    folder, headers = data
    size = 300 * MEBIBYTE
    with running(folder, headers) as server:
        warm = server.client.create(64 * MEBIBYTE)  # longer than all that is kept of a file at once
        server.client.send(warm, 0, bytes(64 * MEBIBYTE))
        before = server.memory("VmHWM")
        location = server.client.create(size)
        blocks = (bytes(BLOCK) for _ in range(size // BLOCK))
        answer = server.client.send(location, 0, blocks, Content_Length=str(size))
        assert answer.status_code == 204, answer.text
        grown = server.memory("VmHWM") - before

    assert grown < 80 * MEBIBYTE
