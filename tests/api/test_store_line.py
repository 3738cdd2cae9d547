"""The line to the object store is late, cut, or silent (Toxiproxy before a real MinIO): nothing that was acknowledged is
lost, who must wait is told so, and it goes on by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest

from service.settings import MEBIBYTE
from service.storage import ObjectMissing, StoreDown, s3
from service.storage.s3 import S3Objects
from tests import stacks
from tests.api.api_client import Api, serve
from tests.api.tus_client import Client, bearer
from tests.e2e.line import Line, line

pytestmark = pytest.mark.slow
CONTENT = Random(3).randbytes(14 * MEBIBYTE)


@pytest.fixture
def bad(tmp_path: Path) -> Iterator[tuple[Line, str]]:
    """The line, and the URL of a bucket behind it."""
    there = stacks.bucket("minio", tmp_path)
    host = urlsplit(there).netloc.rpartition("@")[2]
    with line(f"http://{host}") as found:
        yield found, there.replace(host, found.url.removeprefix("http://"))


@pytest.fixture
def api(bad: tuple[Line, str], tmp_path: Path) -> Iterator[Api]:
    with serve(tmp_path / "data", objects_url=bad[1]) as made:
        yield made


def stored(api: Api, location: str) -> bytes:
    """What the upload became, once it is attached."""
    lesson = api.library.draft("t_helper")
    sent = {"upload_id": location.rpartition("/")[2], "name": "film.bin"}
    file = api.person().post(f"/resources/{lesson}/files", sent).json()
    return api.person().get(f"/resources/{lesson}/files/{file['id']}/content").content


def test_an_upload_over_a_late_line_arrives(api: Api, bad: tuple[Line, str]) -> None:
    bad[0].slow(80_000, 200)
    client = Client(api.http, bearer(api.library, "t_helper"))
    location = client.create(len(CONTENT), "film.bin")
    assert client.send(location, 0, CONTENT).status_code == 204
    assert stored(api, location) == CONTENT


def test_an_upload_whose_line_to_the_store_is_cut_goes_on_where_it_was(
    api: Api, bad: tuple[Line, str]
) -> None:
    client = Client(api.http, bearer(api.library, "t_helper"))
    location = client.create(len(CONTENT), "film.bin")
    assert client.send(location, 0, CONTENT[: 6 * MEBIBYTE]).status_code == 204
    bad[0].cut_after(2 * MEBIBYTE)
    for _ in range(3):
        refused = client.send(location, 6 * MEBIBYTE, CONTENT[6 * MEBIBYTE :])
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["retry-after"]) > 0
        assert client.offset(location) == 6 * MEBIBYTE
    bad[0].stop_cutting()
    assert client.send(location, 6 * MEBIBYTE, CONTENT[6 * MEBIBYTE :]).status_code == 204
    assert stored(api, location) == CONTENT


def test_nobody_after_the_first_waits_for_a_store_that_fell_silent(
    bad: tuple[Line, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    S3Objects(bad[1]).put("files/one", [b"abc"])
    store = S3Objects(bad[1])
    bad[0].silence()
    with pytest.raises(StoreDown, match="timeout"):
        store.stat("files/one")
    for _ in range(50):
        with pytest.raises(StoreDown, match="a moment ago"):
            store.stat("files/one")
    bad[0].speak()

    monkeypatch.setattr(s3, "monotonic", lambda: store._again)
    with pytest.raises(ObjectMissing):
        store.stat("files/none")
    monkeypatch.undo()
    assert store.stat("files/one").size == 3


def test_a_store_that_answered_just_now_is_asked_for_a_sign_again(bad: tuple[Line, str]) -> None:
    """Who asks after it fell silent waits for that sign, which may take 0.8 s, and not for what it would have answered."""
    asks: list[Callable[[S3Objects], object]] = [
        lambda store: store.stat("files/one"),
        lambda store: store.open("files/one"),
        lambda store: store.internal("files/one"),
        lambda store: store.stage("files/two"),
    ]
    for ask in asks:
        store = S3Objects(bad[1])
        if not any(store.list()):
            store.put("files/one", [b"abc"])
        ask(store)
        bad[0].silence()
        with pytest.raises(StoreDown, match=f'/{store.bucket}"$'):
            ask(store)
        bad[0].speak()
