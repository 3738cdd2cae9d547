"""A bad line before a server: Toxiproxy on loopback, slow, late, or cut again and again (scripts/setup --servers)."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.server import free_port
from tests.needs import need

NAME = "line"


@dataclass(frozen=True)
class Line:
    """`url` leads to the server over the line. Each trouble is of every connection by itself."""

    url: str
    control: httpx.Client

    def slow(self, kilobits: int, milliseconds: int) -> None:
        """So many kbit/s in each direction, and so long a round trip."""
        for stream in ("upstream", "downstream"):
            self._trouble("bandwidth", stream, rate=kilobits // 8)
        self._trouble("latency", "downstream", latency=milliseconds)

    def cut_after(self, sent: int) -> None:
        """A connection breaks once so many bytes were sent over it."""
        self._trouble("limit_data", "upstream", bytes=sent)

    def silence(self) -> None:
        """Nothing is heard any more, and nothing is closed."""
        self._trouble("timeout", "downstream", timeout=0)

    def speak(self) -> None:
        """What was silent is heard again."""
        self.control.delete(f"/proxies/{NAME}/toxics/timeout_downstream").raise_for_status()

    def stop_cutting(self) -> None:
        """Connections made from now on hold."""
        self.control.delete(f"/proxies/{NAME}/toxics/limit_data_upstream").raise_for_status()

    def _trouble(self, kind: str, stream: str, **attributes: Any) -> None:
        made = {"type": kind, "stream": stream, "attributes": attributes}
        self.control.post(f"/proxies/{NAME}/toxics", json=made).raise_for_status()


@contextmanager
def line(address: str) -> Iterator[Line]:
    """A line to a server (`http://HOST:PORT`), good at first; gone at the end. Skips a test without Toxiproxy."""
    control, port = free_port(), free_port()
    command = [str(need("toxiproxy")), "-host", "127.0.0.1", "-port", str(control)]
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process,
        httpx.Client(
            base_url=f"http://127.0.0.1:{control}",
            trust_env=False,
            transport=httpx.HTTPTransport(retries=10),  # until it listens; each waits longer
        ) as client,
    ):
        try:
            upstream = address.removeprefix("http://")
            proxy = {"name": NAME, "listen": f"127.0.0.1:{port}", "upstream": upstream, "enabled": True}
            client.post("/proxies", json=proxy).raise_for_status()
            yield Line(f"http://127.0.0.1:{port}", client)
        finally:
            process.terminate()
