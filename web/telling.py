"""What takes longer than a second is told as it goes on: the page's script asks for the answer to a form as server-sent
events (HTML 9.2), whose last one is the page. Without script the form is answered by the page alone."""

import json
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from service.errors import TongkeError

EVENTS = "text/event-stream"
Tell = Callable[[int, int], None]
"""Called with how many are done, and of how many."""


def answer(request: Request, run: Callable[[Tell], Response]) -> Response:
    """What `run` answers. Where it is told, it goes on to its end even if nobody listens any more; what it raises is
    answered by the application's one handler, as ever."""
    if EVENTS not in request.headers.get("accept", ""):
        return run(lambda done, whole: None)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request, run), media_type=EVENTS, headers=headers)


def _events(request: Request, run: Callable[[Tell], Response]) -> Iterator[str]:
    told: SimpleQueue[str] = SimpleQueue()

    def tell(done: int, whole: int) -> None:
        told.put(_event("message", {"done": done, "whole": whole}))

    def work() -> None:
        try:
            ended = run(tell)
        except (
            Exception
        ) as error:  # nothing is swallowed: the handler logs what it does not know, and answers
            kind = TongkeError if isinstance(error, TongkeError) else Exception
            ended = request.app.exception_handlers[kind](request, error)
        page = {"status": ended.status_code, "html": bytes(ended.body).decode()}
        told.put(_event("page", page | {"location": ended.headers.get("location", "")}))
        told.put("")

    Thread(target=work).start()
    yield from iter(told.get, "")


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
