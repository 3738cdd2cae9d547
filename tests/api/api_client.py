"""The whole interface from outside: people who call it over a real connection, and the library behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from service.models import Organisation
from service.permissions import Scope
from service.worker import Worker
from tests.api.serving import application, serving
from tests.api.tus_client import Client, bearer
from tests.factories import Clock, Library, library

ROOT = "/api/v1"
EVERY_SCOPE = tuple(str(scope) for scope in Scope)
PROBLEM = "application/problem+json"


@dataclass
class Person:
    """Somebody who calls the interface. Paths begin after /api/v1."""

    http: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)

    def call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **sent: Any
    ) -> httpx.Response:
        """Any request; `sent` is httpx's (json, params, data, content). A 5xx is never an answer."""
        answer = self.http.request(method, ROOT + path, headers=self.headers | (headers or {}), **sent)
        assert answer.status_code < 500, (method, path, answer.status_code, answer.text)
        return answer

    def get(self, path: str, **params: Any) -> httpx.Response:
        """GET with query parameters."""
        return self.call("GET", path, params=params)

    def post(self, path: str, json: Any = None, **headers: str) -> httpx.Response:
        """POST of a JSON body; header names are written with underscores."""
        return self.call("POST", path, json=json, headers=_dashed(headers))

    def patch(self, path: str, json: Any, **headers: str) -> httpx.Response:
        """PATCH of a JSON body."""
        return self.call("PATCH", path, json=json, headers=_dashed(headers))

    def put(self, path: str, json: Any, **headers: str) -> httpx.Response:
        """PUT of a JSON body."""
        return self.call("PUT", path, json=json, headers=_dashed(headers))

    def delete(self, path: str, **headers: str) -> httpx.Response:
        """DELETE."""
        return self.call("DELETE", path, headers=_dashed(headers))

    def ids(self, path: str = "/resources", **params: Any) -> set[str]:
        """Ids of the items of a list."""
        return {item["id"] for item in self.get(path, **params).json()["items"]}

    def sees(self, resource_id: str) -> bool:
        """Whether the single read, the list, and the search of all agree that she sees it, and what they say."""
        single = self.get(f"/resources/{resource_id}").status_code
        found = self.get("/search").json()
        faceted = sum(value["count"] for value in found["facets"].get("kind", []))
        assert found["total"] == faceted == len(found["items"])
        everywhere = {resource_id in self.ids(), resource_id in self.ids("/search"), single == 200}
        assert len(everywhere) == 1, (single, everywhere)
        assert single in (200, 404)
        return everywhere.pop()


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Api:
    """The served application, and the library behind it."""

    library: Library
    http: httpx.Client

    def person(self, name: str | None = "t_helper", *scopes: str) -> Person:
        """A person with a token of these scopes (all); None is nobody."""
        if name is None:
            return Person(self.http)
        return Person(self.http, bearer(self.library, name, scopes or EVERY_SCOPE))

    def work(self) -> None:
        """Let a worker do everything that is due."""
        Worker(self.library.backends).run(until_idle=True)

    def upload(self, name: str, content: bytes, person: str = "t_helper") -> str:
        """A finished upload of this person; returns its id."""
        client = Client(self.http, bearer(self.library, person))
        location = client.create(len(content), name)
        assert client.send(location, 0, content).status_code == 204
        return location.rpartition("/")[2]

    def attached(
        self, resource_id: str, name: str, content: bytes, person: str = "t_helper"
    ) -> dict[str, Any]:
        """A file, uploaded and attached to the draft; returns the File."""
        sent = {"upload_id": self.upload(name, content, person), "name": name}
        answer = self.person(person).post(f"/resources/{resource_id}/files", sent)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def school(self, name: str, **values: Any) -> None:
        """Set columns of a school: its policies, its former names."""
        with self.library.backends.writing() as work:
            row = work.session.get_one(Organisation, self.library.schools[name])
            for column, value in values.items():
                setattr(row, column, value)

    def published(self, title: str = "秋天的雨", owner: str = "helper", **fields: Any) -> str:
        """A published resource of this school's teacher; returns its id."""
        resource_id = self.library.draft(f"t_{owner}", title, **fields)
        self.publish(resource_id, owner)
        return resource_id

    def publish(self, resource_id: str, owner: str = "helper") -> None:
        """The teacher submits, the administrator publishes."""
        assert self.person(f"t_{owner}").post(f"/resources/{resource_id}/submit").status_code == 200
        assert self.person(f"a_{owner}").post(f"/resources/{resource_id}/publish").status_code == 200


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The body of an error (RFC 9457), checked for its shape."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"].split(";")[0] == PROBLEM
    body: dict[str, Any] = answer.json()
    assert body["request_id"] == answer.headers["x-request-id"]
    assert (
        {"type", "title", "status", "detail", "request_id"}
        <= body.keys()
        <= {"type", "title", "status", "detail", "request_id", "errors"}
    )
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    for item in body.get("errors", []):
        assert set(item) == {"field", "message"}
        assert item["message"]
    return body


def wrong_fields(answer: httpx.Response) -> set[str]:
    """Names of the fields that a 422 complains of."""
    return {item["field"] for item in problem(answer, 422)["errors"]}


@contextmanager
def serve(folder: Path, clock: Clock | None = None, **settings: Any) -> Iterator[Api]:
    """The whole application on a small province (tests.factories), served over loopback."""
    made = library(folder, clock, **settings)
    try:
        with application(made.backends) as app, serving(app) as http:
            yield Api(made, http)
    finally:
        made.close()
