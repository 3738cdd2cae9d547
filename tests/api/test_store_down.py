"""The object store is down: what needs no bytes goes on, what does says so at once and when to come back."""

import socket
from collections.abc import Iterator

import pytest

from service.storage.s3 import S3Objects
from tests.api.api_client import ROOT, Api
from tests.api.tus_client import TUS


@pytest.fixture
def down(api: Api) -> Iterator[tuple[Api, str, str]]:
    """A resource with a file, found by search; then the store goes."""
    resource_id = api.library.draft("t_helper", "秋天的雨")
    file_id = api.library.attach("t_helper", resource_id, "教案.txt", "教学目标".encode())
    api.work()
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        objects, api.library.backends.objects = (
            api.library.backends.objects,
            S3Objects(f"s3+http://key:secret@127.0.0.1:{taken.getsockname()[1]}/bucket"),
        )
        yield api, resource_id, file_id
        api.library.backends.objects = objects


def test_reading_writing_and_search_go_on(down: tuple[Api, str, str]) -> None:
    api, resource_id, file_id = down
    teacher = api.person()
    assert teacher.get(f"/resources/{resource_id}").json()["title"] == "秋天的雨"
    assert resource_id in teacher.ids("/search", q="教学目标")
    assert teacher.post("/resources", {"kind": "lesson_case", "title": "新的"}).status_code == 201
    assert teacher.get(f"/resources/{resource_id}/files/{file_id}/text").json()["pages"]


def test_bytes_are_unavailable_and_say_when_to_come_back(down: tuple[Api, str, str]) -> None:
    api, resource_id, file_id = down
    headers = api.person().headers
    path = f"{ROOT}/resources/{resource_id}/files/{file_id}/content"
    create = TUS | headers | {"Upload-Length": "5"}
    for answer in (
        api.http.get(path, headers=headers),
        api.http.get(path, headers=headers | {"Range": "bytes=0-1"}),
        api.http.post(f"{ROOT}/uploads", headers=create),
    ):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["type"] == "/problems/unavailable"
        assert "127.0.0.1" not in answer.text
    assert api.http.head(path, headers=headers).status_code == 200
    assert api.http.get(f"{ROOT}/health/ready").json()["parts"]["objects"] == "down"
    assert api.http.get(f"{ROOT}/health/live").status_code == 200
