"""What the client does, without doing it: a flow yields requests and pauses, and is sent the answers.

So every call is written once. `Client` drives a flow with httpx's blocking client, `AsyncClient` with its other one
(the pattern of sans-io.readthedocs.io). A request that got no answer is thrown into the flow as httpx.TransportError.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import httpx

Progress = Callable[[int, int], None]
"""Told (bytes done, bytes in all) after each piece."""
T = TypeVar("T")


class Sink(Protocol):
    """Takes the bytes of an answer as they come, not decoded."""

    def begin(self, answer: httpx.Response) -> None:
        """The head of a 200 or 206 has come."""

    def write(self, block: bytes | memoryview) -> None:
        """The next bytes; they are good until this returns."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `path` begins after /api/v1."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    sink: Sink | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


Step = Call | Pause
Flow = Generator[Step, httpx.Response | None, T]


def advance(flow: Flow[T], answer: httpx.Response | httpx.TransportError | None) -> Step:
    """The flow's next step, once it knows the answer (None for the first, and after a pause). StopIteration at its end."""
    return flow.throw(answer) if isinstance(answer, httpx.TransportError) else flow.send(answer)
