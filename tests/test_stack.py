"""scripts/stack as an administrator starts it: the main job through nginx, and a store of four nodes that loses one."""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.settings import MEBIBYTE
from service.storage import ObjectMissing
from service.storage.s3 import S3Objects
from tests.api.nginx import stack
from tests.api.tus_client import Client
from tests.needs import ROOT, need

pytestmark = pytest.mark.slow
API = "/api/v1"
PATIENCE = 300


def eventually(look: Callable[[], Any]) -> Any:
    """What is found at last."""
    ends = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < ends, "nothing came of it"
        time.sleep(0.1)
    return found


@dataclass
class Caller:
    """One of the sample accounts, with a token."""

    http: httpx.Client
    headers: dict[str, str]
    school: str

    def call(self, method: str, path: str, status: int = 200, **sent: Any) -> httpx.Response:
        headers = self.headers | sent.pop("headers", {})
        answer = self.http.request(method, API + path, headers=headers, **sent)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer


@contextmanager
def running(folder: Path) -> Iterator[tuple[httpx.Client, list[dict[str, Any]]]]:
    """The whole topology, and a client of its nginx; in the end it must stop well."""
    port = stack().free_port(together=3)
    command = [sys.executable, str(ROOT / "scripts" / "stack"), "--data", str(folder), "--port", str(port)]
    command += ["--only", "postgres,minio,serve,worker,nginx", "--throwaway", "--with-parent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            while (line := process.stdout.readline()) != "ready\n":
                assert line, "it does not start"
            accounts = json.loads((folder / "library" / "demo-accounts.json").read_text())["accounts"]
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as http:
                yield http, accounts
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0


def sign_in(http: httpx.Client, accounts: list[dict[str, Any]], role: str, side: str | None) -> Caller:
    account = next(found for found in accounts if (found["role"], found.get("side")) == (role, side))
    form = {"grant_type": "password", "username": account["username"], "password": account["password"]}
    token = http.post(f"{API}/token", data=form).json()["access_token"]
    return Caller(http, {"Authorization": f"Bearer {token}"}, account["school_id"])


@pytest.fixture
def folder() -> Iterator[Path]:
    """On a way that PostgreSQL, which runs as another user, can go."""
    with tempfile.TemporaryDirectory(prefix="tongke-stack-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def test_the_main_job_through_nginx_on_every_server_of_the_stack(folder: Path) -> None:
    for name in ("postgres", "minio", "nginx"):
        need(name)
    film = random.Random(1).randbytes(9 * MEBIBYTE + 7)
    plan = "这份教案讲饕餮纹样的来历。".encode()
    with running(folder) as (http, accounts):
        author = sign_in(http, accounts, "teacher", "helper")
        partner = sign_in(http, accounts, "teacher", "aided")
        made = author.call("POST", "/resources", 201, json={"kind": "lesson_case", "title": "青铜器"}).json()
        place = f"/resources/{made['id']}"
        files = {}
        for name, content in (("教案.txt", plan), ("课堂.bin", film)):
            client = Client(http, author.headers)
            location = client.create(len(content), name)
            half = len(content) // 2
            assert client.send(location, 0, content[:half]).status_code == 204
            assert client.send(location, half, content[half:]).status_code == 204
            upload = {"upload_id": location.rpartition("/")[2]}
            files[name] = author.call("POST", f"{place}/files", 201, json=upload).json()["id"]
        partner.call("GET", place, 404)
        schools = [{"organisation": side.school, "level": "school"} for side in (author, partner)]
        pairs = [author.call("GET", "/partnerships", params=asked).json()["items"] for asked in schools]
        pair = ({item["id"] for item in pairs[0]} & {item["id"] for item in pairs[1]}).pop()
        author.call("POST", f"{place}/grants", 201, json={"audience": f"pair:{pair}", "role": "viewer"})

        def found() -> bool:
            items = partner.call("GET", "/search", params={"q": "饕餮纹样"}).json()["items"]
            return made["id"] in {item["id"] for item in items}

        eventually(found)
        content = f"{place}/files/{files['课堂.bin']}/content"
        answer = partner.call("GET", content)
        assert answer.content == film
        assert "x-accel-redirect" not in answer.headers
        part = partner.call("GET", content, 206, headers={"Range": "bytes=5-9"})
        assert part.content == film[5:10]
        http.get(f"{API}/health/live")
    carried = (folder / "nginx" / "access.log").read_text()
    assert content in carried
    assert "Signature" not in carried + (folder / "nginx" / "nginx.log").read_text()


def test_of_four_nodes_one_may_go_and_is_healed_when_it_is_back(tmp_path: Path) -> None:
    """What is read after it is back is healed; `tongke check` reads everything."""
    for name in ("minio", "nginx", "cluster"):
        need(name)
    nodes = stack().Stack(tmp_path)
    whole = random.Random(2).randbytes(20 * MEBIBYTE)
    try:
        stack().minio(nodes, 4)
        objects = S3Objects(nodes.environment["TONGKE_OBJECTS_URL"])
        objects.prepare()
        objects.put("files/before", [whole])
        nodes.running["minio-2"].kill()
        nodes.running["minio-2"].wait()
        for n in range(4):  # whichever node is asked
            with objects.open("files/before") as source:
                assert source.read() == whole
            objects.put(f"files/during{n}", [whole])
        gone = tmp_path / "minio-2" / "tongke" / "files" / "during0"
        assert not gone.exists()

        nodes.spare["minio-2"]()

        def healed() -> bool:
            # While a node joins again, MinIO may say for a moment that an object of the meantime is not there.
            with suppress(ObjectMissing), objects.open("files/during0") as source:
                assert source.read() == whole
            return gone.exists()

        eventually(healed)
    finally:
        nodes.stop()
