"""Who asks, and what is done about answers that ask for patience: tokens, Retry-After, lines that break."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import httpx

from tongke.calls import Call, Flow, Pause
from tongke.errors import Outdated, Problem, Unreachable

TRIES = 5
"""Of one request; the pauses between them double from PAUSE on."""
PAUSE = 1.0
LONGEST = 120.0
"""Seconds that a Retry-After is followed for."""
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
BUSY = frozenset({429, 502, 503, 504})


@dataclass
class Session:
    """A bearer token, or the credentials of a school's program from which one is got when it is needed."""

    token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None

    def ask(self, call: Call) -> Flow[httpx.Response]:
        """The answer of a call. Raises Problem, Outdated, and Unreachable where even the last try got no answer."""
        renewed = False
        for attempt in range(1, TRIES + 1):
            if self.token is None and self.client_id is not None:
                yield from self._sign_in()
            try:
                answer = yield replace(call, headers={**call.headers, **self._headers()})
            except httpx.TransportError as error:
                # What streams is gone on with by whoever takes it, and not begun anew.
                if attempt == TRIES or call.method not in REPEATABLE or call.sink is not None:
                    raise Unreachable(str(error) or type(error).__name__) from error
                yield Pause(PAUSE * 2 ** (attempt - 1))
                continue
            assert answer is not None
            if answer.status_code == 401 and self.client_id is not None and not renewed:
                self.token, renewed = None, True
                continue
            if answer.status_code in BUSY and attempt < TRIES:
                yield Pause(_patience(answer, attempt))
                continue
            if call.sink is None and checked(answer).headers.get("content-type", "").startswith("text/html"):
                raise Unreachable("a page answers instead of the library")
            return checked(answer)
        raise Unreachable("no try was left")

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _sign_in(self) -> Flow[None]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id or "",
            "client_secret": self.client_secret or "",
        }
        try:
            answer = yield Call("POST", "/token", form=form)
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        assert answer is not None
        self.token = checked(answer).json()["access_token"]


def _patience(answer: httpx.Response, attempt: int) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), LONGEST) if asked.isdigit() else PAUSE * 2 ** (attempt - 1)


def checked(answer: httpx.Response) -> httpx.Response:
    """The answer. Raises what the library says against it; Unreachable where it leads elsewhere, which the library never
    does: its address is another one, or a network wants to be signed in to first."""
    if answer.is_success:
        return answer
    if answer.is_redirect:
        raise Unreachable(f"the answer leads to {answer.headers['location']}")
    raise (Outdated if answer.status_code == 410 else Problem)(answer.status_code, _body(answer))


def _body(answer: httpx.Response) -> dict[str, Any]:
    """What is said against a request; empty where somebody else than the library says it."""
    with suppress(ValueError):
        if isinstance(body := answer.json(), dict):
            return body
    return {}
