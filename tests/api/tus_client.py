"""A person's tus client for tests, and the service it talks to."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from service.api import uploads
from service.library import accounts
from service.models import Upload
from service.problems import install_error_handler, problem
from tests.api.serving import serving
from tests.factories import Library, library

ROOT = "/api/v1/uploads"
BYTES = {"Content-Type": "application/offset+octet-stream"}
TUS = {"Tus-Resumable": "1.0.0"}


def named(name: str) -> str:
    """Upload-Metadata of a file name."""
    return f"filename {base64.b64encode(name.encode()).decode()}"


@dataclass
class Client:
    """A person's tus client. Header names are written with underscores."""

    http: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str = ROOT, content: Any = None, **headers: str) -> httpx.Response:
        """Any request, with the protocol's version and the person's token."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, path, content=content, headers=TUS | self.headers | sent)

    def create(self, length: int, name: str = "教案.txt") -> str:
        """POST; returns the location."""
        answer = self.call("POST", Upload_Length=str(length), Upload_Metadata=named(name))
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    def send(self, location: str, offset: int, content: Any, **headers: str) -> httpx.Response:
        """PATCH."""
        return self.call("PATCH", location, content, Upload_Offset=str(offset), **BYTES, **headers)

    def offset(self, location: str) -> int:
        """HEAD."""
        answer = self.call("HEAD", location)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["upload-offset"])


def bearer(made: Library, person: str, scopes: tuple[str, ...] = ("resources:write",)) -> dict[str, str]:
    """The headers of a person who holds a token with these scopes."""
    with made.backends.writing() as work:
        token = accounts.open_token(work, list(scopes), person_id=made.people[person])
    return {"Authorization": f"Bearer {token}"}


@dataclass
class Service:
    """An application of the uploads alone, and the library behind it."""

    library: Library
    http: httpx.Client

    def client(self, person: str = "t_helper", *scopes: str) -> Client:
        """A client with a token of this person."""
        return Client(self.http, bearer(self.library, person, scopes or ("resources:write",)))

    def set(self, **values: Any) -> None:
        """Change settings of the running application."""
        backends = self.library.backends
        backends.settings = backends.settings.model_copy(update=values)

    def row(self, location: str) -> Upload | None:
        """The upload's row."""
        with self.library.backends.reading() as work:
            return work.session.get(Upload, location.rpartition("/")[2])

    def stored(self, location: str) -> bytes:
        """The object that the upload became."""
        row = self.row(location)
        assert row is not None
        with self.library.backends.objects.open(row.object_key) as source:
            return source.read()


@contextmanager
def upload_service(folder: Path) -> Iterator[Service]:
    """The application, served, on real back ends."""
    made = library(folder)
    app = FastAPI()
    app.include_router(uploads.router, prefix="/api/v1")
    app.state.backends = made.backends
    install_error_handler(app, problem)
    try:
        with serving(app) as http:
            yield Service(made, http)
    finally:
        made.close()
