"""A person at the pages, without script: a session's cookie, the pages' own forms, and what they answer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from service.http import SESSION_COOKIE
from service.library import accounts, csrf
from tests.api.serving import application, serving
from tests.factories import Clock, Library, library


@dataclass
class Visitor:
    """Somebody with a browser. `secret` is the session's, empty for nobody."""

    http: httpx.Client
    secret: str = ""

    def headers(self) -> dict[str, str]:
        """What her browser sends with every request."""
        return {"Accept": "text/html"} | (
            {"Cookie": f"{SESSION_COOKIE}={self.secret}"} if self.secret else {}
        )

    @property
    def token(self) -> str:
        """The token that her pages carry."""
        return csrf.token(self.secret)

    def get(self, path: str, status: int = 200) -> str:
        """The page's HTML."""
        answer = self.http.get(path, headers=self.headers())
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.text

    def post(self, path: str, fields: dict[str, Any] | None = None, **sent: Any) -> httpx.Response:
        """Post a form of hers, with its token unless the fields name another."""
        fields = {"csrf": self.token} | (fields or {})
        return self.http.post(path, data=fields, headers=self.headers(), **sent)

    def done(self, path: str, fields: dict[str, Any] | None = None, **sent: Any) -> str:
        """Post, and where it leads (303)."""
        answer = self.post(path, fields, **sent)
        assert answer.status_code == 303, (path, answer.status_code, answer.text)
        return str(answer.headers["location"])

    def refused(self, status: int, path: str, fields: dict[str, Any] | None = None, **sent: Any) -> str:
        """Post, and the page that says why not."""
        answer = self.post(path, fields, **sent)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.text


@dataclass
class Site:
    """The served pages, and the library behind them."""

    library: Library
    http: httpx.Client

    def visitor(self, name: str | None = "t_helper") -> Visitor:
        """A signed-in person; None is nobody."""
        if name is None:
            return Visitor(self.http)
        with self.library.backends.writing() as work:
            return Visitor(self.http, accounts.open_session(work, self.library.people[name]))


def without_tokens(html: str) -> str:
    """The page without what differs every time it is made."""
    return re.sub(r"[0-9a-f]{80}", "", html)


def hidden(html: str, name: str) -> str:
    """The value of the page's first hidden field of this name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None, name
    return unescape(found.group(1))


def resource_id(location: str) -> str:
    """The resource that an address is about."""
    return location.split("/")[2].split("?")[0]


@contextmanager
def site(folder: Path, clock: Clock | None = None) -> Iterator[Site]:
    """The whole application on a small province (tests.factories), served over loopback."""
    made = library(folder, clock)
    try:
        with application(made.backends) as app, serving(app) as http:
            yield Site(made, http)
    finally:
        made.close()
