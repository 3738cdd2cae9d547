"""The bytes of files by way of nginx: the service decides, nginx carries them, and nothing else tells the two apart."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from service.storage.local import LocalObjects
from service.storage.s3 import S3Objects
from tests import stacks
from tests.api.api_client import ROOT, Api
from tests.api.nginx import before

CONTENT = bytes(range(256)) * 4096
SIZE = len(CONTENT)
STORES = ("local", "minio", "versitygw")
OF_THE_WAY = {"date", "server", "connection", "transfer-encoding"}
"""Headers that say who carried it."""


@dataclass
class Front:
    """The application with an nginx before it, and a file in it."""

    api: Api
    nginx: httpx.Client
    folder: Path
    """What nginx writes."""
    path: str

    def both(self, headers: dict[str, str], path: str = "") -> tuple[httpx.Response, httpx.Response]:
        """The same request through nginx, and straight to an application that sends everything itself."""
        settings, headers = self.api.library.backends.settings, self.api.person().headers | headers
        carried = self.nginx.get(path or self.path, headers=headers)
        settings.nginx = False
        own = self.api.http.get(path or self.path, headers=headers)
        settings.nginx = True
        return carried, own


@pytest.fixture(params=STORES)
def front(request: pytest.FixtureRequest, api: Api) -> Iterator[Front]:
    backends = api.library.backends
    # A short and open way to the files, so that nginx reaches them whoever it runs as.
    folder = Path(tempfile.mkdtemp(prefix="tongke-nginx-"))
    if request.param == "local":
        backends.objects = LocalObjects(backends.settings.data_dir / "objects")
        backends.settings.objects_url = ""
    else:
        url = stacks.bucket(request.param, folder)
        backends.objects, backends.settings.objects_url = S3Objects(url), url
    resource_id = api.library.draft("t_helper")
    file_id = api.library.attach("t_helper", resource_id, "声音.mp3", CONTENT, "audio/mpeg")
    with before(api, folder) as nginx:
        yield Front(api, nginx, folder, f"{ROOT}/resources/{resource_id}/files/{file_id}/content")
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Range": "bytes=0-99"},
        {"Range": "bytes=-5"},
        {"Range": f"bytes={SIZE - 1}-"},
        {"Range": f"bytes=5-{SIZE * 2}"},
        {"Range": f"bytes={SIZE}-"},
        {"Range": "bytes=9-1"},
        {"Range": "bytes=0-1,5-6"},
        {"Range": "bytes=0-9", "If-Range": '"other"'},
        {"If-None-Match": '"other"'},
        {"If-None-Match": "*"},
        {"If-Match": '"other"'},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"},
    ],
    ids=str,
)
def test_nothing_tells_its_answer_from_the_services_own(front: Front, headers: dict[str, str]) -> None:
    carried, own = front.both(headers)

    assert (carried.status_code, carried.content) == (own.status_code, own.content)
    untold = OF_THE_WAY | ({"accept-ranges"} if own.status_code == 206 else set())
    of_both = [
        sorted(
            (name, "" if name in ("x-request-id", "ratelimit") else value)
            for name, value in answer.headers.multi_items()
            if name not in untold
        )
        for answer in (carried, own)
    ]
    assert of_both[0] == of_both[1]


def test_it_carries_the_bytes_itself(front: Front) -> None:
    """What leaves the service is where they are."""
    answer = front.api.http.get(front.path, headers=front.api.person().headers)
    assert answer.content == b""
    assert answer.headers["x-accel-redirect"].startswith("/-/")
    head = front.nginx.head(front.path, headers=front.api.person().headers)
    assert (head.status_code, head.headers["content-length"]) == (200, str(SIZE))


def test_who_may_not_read_gets_nothing(front: Front) -> None:
    for headers in ({}, front.api.person("t_lonely").headers):
        assert front.nginx.get(front.path, headers=headers).status_code == 404


def test_the_ways_inside_are_closed_from_outside(front: Front) -> None:
    key = front.api.library.backends.objects.internal(next(front.api.library.backends.objects.list()).key)
    for path in (key.path, "/-/", "/-/files/", "/-/objects/"):
        assert front.nginx.get(path, headers=dict(key.headers)).status_code == 404


def test_an_object_that_is_gone_is_unavailable_and_no_secret_is_logged(front: Front) -> None:
    objects = front.api.library.backends.objects
    for stat in list(objects.list()):
        objects.delete(stat.key)
    answer = front.nginx.get(front.path, headers=front.api.person().headers)

    assert (answer.status_code, answer.headers["content-type"]) == (
        503,
        "application/problem+json; charset=utf-8",
    )
    assert int(answer.headers["retry-after"]) > 0
    assert "x-objects-authorization" not in answer.headers
    pressed = front.api.person().headers | {"Sec-Fetch-Mode": "navigate"}
    assert "这个附件的内容暂时读不到" in front.nginx.get(front.path, headers=pressed).text
    url = front.api.library.backends.settings.objects_url
    key = url.partition("//")[2].partition(":")[0]
    front.nginx.get(f"{ROOT}/health/live")  # its one process has logged the request before, then
    logs = "".join(path.read_text() for path in front.folder.glob("*.log"))
    assert front.path in logs
    assert "Signature" not in logs
    assert not (key and key in logs + answer.text + str(answer.headers))


def test_what_it_cannot_fetch_the_service_carries(api: Api, tmp_path: Path) -> None:
    """It lost the store on its way there: nobody is left with a page of nginx's own."""
    backends = api.library.backends
    resource_id = api.library.draft("t_helper")
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        url = stacks.bucket("minio", tmp_path)
        backends.objects = S3Objects(url)
        file_id = api.library.attach("t_helper", resource_id, "声音.mp3", CONTENT, "audio/mpeg")
        backends.settings.objects_url = f"s3+http://key:secret@127.0.0.1:{taken.getsockname()[1]}/bucket"
        with before(api, tmp_path / "nginx") as nginx:
            path = f"{ROOT}/resources/{resource_id}/files/{file_id}/content"
            headers = api.person().headers | {"X-Objects-Unreached": ""}
            whole = nginx.get(path, headers=headers)
            part = nginx.get(path, headers=headers | {"Range": "bytes=5-9"})
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert (part.status_code, part.content) == (206, CONTENT[5:10])


def test_a_store_that_is_down_is_told_at_once(api: Api, tmp_path: Path) -> None:
    resource_id = api.library.draft("t_helper")
    file_id = api.library.attach("t_helper", resource_id, "声音.mp3", CONTENT, "audio/mpeg")
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"s3+http://key:secret@127.0.0.1:{taken.getsockname()[1]}/bucket"
        api.library.backends.objects, api.library.backends.settings.objects_url = S3Objects(url), url
        with before(api, tmp_path / "nginx") as nginx:
            path = f"{ROOT}/resources/{resource_id}/files/{file_id}/content"
            answer = nginx.get(path, headers=api.person().headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Signature" not in (tmp_path / "nginx" / "nginx.log").read_text()
