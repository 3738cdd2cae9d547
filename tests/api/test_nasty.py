"""Files made to break parsers, from the upload to every way of reading them: nothing falls over, nothing runs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from service.extract import Limits
from service.extract.sandbox import Extractor
from tests.api.api_client import Api, Person
from tests.api.tus_client import BYTES, Client, named
from tests.needs import need

CLIENTS = 4
PER_RESOURCE = 25
RUNS = ("html", "xml", "svg", "script")
"""Parts of the media types that a browser runs as a program."""


@pytest.fixture(scope="module")
def nasty() -> list[Path]:
    return sorted(path for path in (need("data") / "nasty").rglob("*") if path.is_file())


def harmless(answer: httpx.Response) -> None:
    """Whatever the bytes are, no browser runs them in our origin."""
    headers = answer.headers
    policy = headers["content-security-policy"]
    assert policy.startswith("sandbox")
    assert "allow-scripts" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    kind = headers["content-type"].split(";")[0]
    if headers["content-disposition"].startswith("inline"):
        assert not any(part in kind for part in RUNS), kind


def keep(api: Api, teacher: Person, resource_id: str, path: Path) -> tuple[str, str, bytes]:
    """Upload and attach; where the file is now, and its bytes."""
    content = path.read_bytes()
    client = Client(api.http, teacher.headers)
    made = client.call(
        "POST", content=content, Upload_Length=str(len(content)), Upload_Metadata=named(path.name), **BYTES
    )
    assert made.status_code == 201, (path, made.text)
    assert made.headers["upload-offset"] == str(len(content))
    body = {"upload_id": made.headers["location"].rpartition("/")[2], "name": path.name}
    answer = teacher.post(f"/resources/{resource_id}/files", body)
    assert answer.status_code == 201, (path, answer.text)
    file = answer.json()
    assert file["size"] == len(content)
    return resource_id, file["id"], content


def read(teacher: Person, resource_id: str, file_id: str, content: bytes) -> str:
    """Read it in every way; returns its state."""
    where = f"/resources/{resource_id}/files/{file_id}"
    whole = teacher.get(f"{where}/content")
    assert (whole.status_code, whole.content) == (200, content)
    harmless(whole)
    for beside in ("preview", "thumbnail", "pages/1"):
        answer = teacher.get(f"{where}/{beside}")
        assert answer.status_code in (200, 404)
        if answer.status_code == 200:
            harmless(answer)
            assert answer.headers["content-type"] == "image/webp"
    text = teacher.get(f"{where}/text")
    assert text.status_code == 200
    found = text.json()
    assert found["state"] in ("ready", "failed"), (file_id, found["state"])
    assert bool(found["reason"]) or found["state"] == "ready"
    return str(found["state"])


@pytest.mark.slow
def test_every_nasty_file_is_kept_whole_and_harms_nobody(api: Api, nasty: list[Path]) -> None:
    backends = api.library.backends
    backends.extractor.close()
    backends.extractor = Extractor(Limits(seconds=4, memory=backends.settings.extract_bytes))
    teacher = api.person()
    groups = [nasty[start : start + PER_RESOURCE] for start in range(0, len(nasty), PER_RESOURCE)]
    homes = [api.library.draft("t_helper", f"第{number}组") for number in range(len(groups))]
    wanted = [(home, path) for home, group in zip(homes, groups, strict=True) for path in group]
    with ThreadPoolExecutor(CLIENTS) as clients:
        kept = list(clients.map(lambda pair: keep(api, teacher, *pair), wanted))

        api.work()

        once = {entry[1]: entry for entry in kept}
        states = list(clients.map(lambda entry: read(teacher, *entry), once.values()))
        lists = list(clients.map(lambda home: teacher.get(f"/resources/{home}").status_code, homes))
    assert set(lists) == {200}
    assert states.count("ready") > len(states) // 3
    assert teacher.get("/search", q="组").json()["total"] == len(homes)
