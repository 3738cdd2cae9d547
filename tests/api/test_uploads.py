"""tus 1.0.0 as a client meets it: a small application around the router, and real back ends."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from service.api import uploads
from service.http import install_error_handler, problem
from service.library import accounts
from service.models import Organisation, Upload, UploadPart
from service.settings import Settings
from tests.api.serving import serving
from tests.factories import Library, library

ROOT = "/api/v1/uploads"
BYTES = {"Content-Type": "application/offset+octet-stream"}
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass
class Client:
    """A person's tus client."""

    http: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str = ROOT, content: Any = None, **headers: str) -> httpx.Response:
        """Header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, path, content=content, headers=TUS | self.headers | sent)

    def create(self, length: int, name: str = "教案.txt", **headers: str) -> str:
        """Returns the location."""
        metadata = f"filename {base64.b64encode(name.encode()).decode()}"
        answer = self.call("POST", Upload_Length=str(length), Upload_Metadata=metadata, **headers)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    def send(self, location: str, offset: int, content: Any, **headers: str) -> httpx.Response:
        """PATCH."""
        return self.call("PATCH", location, content, Upload_Offset=str(offset), **BYTES, **headers)

    def offset(self, location: str) -> int:
        """HEAD."""
        return int(self.call("HEAD", location).headers["upload-offset"])


@dataclass
class Service:
    """The application, and the library behind it."""

    library: Library
    http: httpx.Client

    def client(
        self, person: str | None = "t_helper", scopes: tuple[str, ...] = ("resources:write",)
    ) -> Client:
        """A client with a bearer token of this person."""
        if person is None:
            return Client(self.http)
        with self.library.backends.writing() as work:
            token = accounts.open_token(work, list(scopes), person_id=self.library.people[person])
        return Client(self.http, {"Authorization": f"Bearer {token}"})

    def settings(self, **values: Any) -> None:
        """Change settings of the running application."""
        backends = self.library.backends
        backends.settings = backends.settings.model_copy(update=values)

    def row(self, location: str) -> Upload | None:
        """The upload's row."""
        with self.library.backends.reading() as work:
            return work.session.get(Upload, location.rpartition("/")[2])


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """An application of the uploads alone."""
    made = library(tmp_path)
    app = FastAPI()
    app.include_router(uploads.router, prefix="/api/v1")
    app.state.backends = made.backends
    install_error_handler(app, problem)
    with serving(app) as http:
        yield Service(made, http)
    made.close()


def test_a_file_sent_in_two_requests_is_complete_with_its_hash(service: Service) -> None:
    client = service.client()
    content = b"abcdefghij" * 1000
    location = client.create(len(content))
    first = client.send(location, 0, content[:4000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "4000")
    assert client.offset(location) == 4000
    second = client.send(location, 4000, content[4000:])
    assert second.headers["upload-offset"] == str(len(content))
    row = service.row(location)
    assert row is not None
    assert row.sha256 == hashlib.sha256(content).hexdigest()
    with service.library.backends.objects.open(row.object_key) as stored:
        assert stored.read() == content
