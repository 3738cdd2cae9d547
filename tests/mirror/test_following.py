"""A mirror that follows while the library has troubles of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from service.mirror import command, lock
from service.mirror.fetching import Fetching
from service.mirror.following import Following
from service.mirror.pace import Pace
from service.storage.mirrored import Mirrored
from tests.api.api_client import Api
from tests.mirror.conftest import Copy, lesson
from tongke import Problem


@contextmanager
def gateway(api: Api, status: int, times: int) -> Iterator[str]:
    """The address of a server before the library that answers so, so many times, whoever asks for changes."""
    left = [status] * times

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if left and "/changes" in self.path:
                self.send_response(left.pop())
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self._pass(b"")

        def do_POST(self) -> None:
            self._pass(self.rfile.read(int(self.headers["Content-Length"])))

        def _pass(self, body: bytes) -> None:
            kept = {"Authorization", "Content-Type"}
            headers = {name: value for name, value in self.headers.items() if name in kept}
            answer = httpx.request(
                self.command,
                f"{api.http.base_url}{self.path}",
                headers=headers,
                content=body,
                trust_env=False,
            )
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers.get("content-type", ""))
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def follow(copy: Copy, url: str) -> None:
    """Until the first resources are here."""
    stopping = threading.Event()
    with lock.held(copy.folder), copy.opened() as backends, copy.client(url) as client:
        store = backends.objects
        assert isinstance(store, Mirrored)
        store.prepare()
        following = Following(backends, client, url, store, lambda _came, _went: stopping.set())
        fetching = Fetching(backends, client, store, Pace(None), stopping=stopping)
        command.run(following, fetching, follow=True)


def test_a_library_that_fails_for_a_while_is_waited_for(
    api: Api, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "WAIT", 0)
    ident = lesson(api)
    with gateway(api, 500, 3) as url:
        follow(copy, url)
    assert copy.ids() == copy.indexed() == {ident}


def test_a_refusal_is_not_waited_for(api: Api, copy: Copy) -> None:
    with gateway(api, 403, 1) as url, pytest.raises(Problem) as refused:
        follow(copy, url)
    assert refused.value.status == 403
