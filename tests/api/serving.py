"""Applications served over loopback by one thread of the test's process."""

import asyncio
import atexit
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpx
import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.arriving import Arriving
from service.wiring import Backends

_free: dict[tuple[object, ...], list[FastAPI]] = defaultdict(list)
"""Applications that no test has at present, by what of the settings they are built of."""


@contextmanager
def application(backends: Backends) -> Iterator[FastAPI]:
    """The application on these back ends. One that an earlier test has done with is taken where there is one: it holds
    nothing but its back ends, and FastAPI puts the routes together at an application's first request, which takes longer
    than most tests."""
    settings = backends.settings
    free = _free[settings.language, settings.play_origin, settings.mirror, settings.development]
    app = free.pop() if free else create_app(settings, backends, with_worker=False)
    app.state.backends = backends
    try:
        yield app
    finally:
        app.state.backends = None
        free.append(app)


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the running application. The socket listens before the server does, so nobody has to wait."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", http=Arriving))
    asyncio.run_coroutine_threadsafe(server.serve([listener]), _loop())
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
        server.should_exit = True  # its own end takes it two idle waits, which no test needs
        asyncio.run_coroutine_threadsafe(_answered(server), _loop()).result()


async def _answered(server: uvicorn.Server) -> None:
    """When every request has done what it does after its answer."""
    while tasks := server.server_state.tasks:
        await asyncio.wait(tasks)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    make = uvicorn.Config("", loop="auto").get_loop_factory() or asyncio.new_event_loop
    loop = make()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    atexit.register(_end, loop, thread)
    return loop


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    asyncio.run_coroutine_threadsafe(_cancelled(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


async def _cancelled() -> None:
    """When nothing runs any more, as the last server does that was told to end."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
