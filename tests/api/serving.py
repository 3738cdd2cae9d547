"""An application served over loopback by a thread of the test's process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the running application. The socket listens before the server does, so nobody has to wait."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        with (
            httpx.Client(
                base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
                trust_env=False,
                verify=False,  # no certificate is met, and reading those of the machine takes longer than the first request
                timeout=60,
            ) as client
        ):
            yield client
    finally:
        server.should_exit = True
        if server.server_state.tasks:  # its own end takes it two idle waits, which no test needs
            thread.join()
