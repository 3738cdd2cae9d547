"""What only a store over S3 can be asked: late writers, what is left behind, a store that is down or goes away."""

import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from service.errors import Unavailable
from service.settings import MEBIBYTE, Settings
from service.storage import ObjectExists, ObjectMissing, Part, StoreDown
from service.storage.s3 import SMALLEST, S3Objects
from service.wiring import UnknownBackend, open_backends
from tests import stacks

SERVERS = ("minio", "versitygw")


@pytest.fixture(params=SERVERS)
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> S3Objects:
    return S3Objects(stacks.bucket(request.param, tmp_path))


def left(objects: S3Objects) -> list[str]:
    """Everything in this part of the bucket: objects, tails, and unfinished uploads."""
    pages = objects._s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=objects.bucket, Prefix=objects._prefix
    )
    unfinished = [upload["Key"] for page in pages for upload in page.get("Uploads", ())]
    return [found["Key"].removeprefix(objects._prefix) for found in objects._listed("")] + unfinished


def joined(parts: Sequence[Part], part: Part) -> list[Part]:
    return [known for known in parts if known.offset < part.offset] + [part]


def test_a_writer_that_lost_its_lease_takes_nothing_from_the_next(objects: S3Objects) -> None:
    """It has read what was recorded, and wakes up after another went on from there."""
    handle = objects.stage("files/one")
    early = [objects.append(handle, [], b"abc", 1)]
    parts = joined(early, objects.append(handle, early, b"def", 3))
    objects.append(handle, early, b"late", 2)
    parts = joined(parts, objects.append(handle, parts, bytes(SMALLEST), 3))
    with pytest.raises(ObjectMissing):
        objects.append(handle, early, b"later", 2)
    parts = joined(parts, objects.append(handle, parts, b"ghi", 4))

    assert objects.finish(handle, parts).size == SMALLEST + 9
    with objects.open("files/one") as source:
        assert source.read() == b"abcdef" + bytes(SMALLEST) + b"ghi"
    assert left(objects) == ["files/one"]


def test_tails_do_not_gather(objects: S3Objects) -> None:
    handle, parts = objects.stage("files/one"), list[Part]()
    for number in range(1, 20):
        parts = joined(parts, objects.append(handle, parts, bytes(1000), number))
        assert len(parts) == 1
        tails = [key for key in left(objects) if key.startswith("_tails/")]
        assert len(tails) <= 2
    objects.discard(handle)
    assert left(objects) == []


def test_nothing_is_left_of_a_large_object_that_breaks_off(objects: S3Objects) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(20 * MEBIBYTE)
        yield bytes(MEBIBYTE)
        raise RuntimeError("the line was cut")

    with pytest.raises(RuntimeError):
        objects.put("k", broken())
    assert left(objects) == []


def test_an_object_with_the_same_bytes_is_not_taken_for_the_upload(objects: S3Objects) -> None:
    objects.put("files/one", [b"abc"])
    handle = objects.stage("files/one")
    part = objects.append(handle, [], b"abc", 1)
    with pytest.raises(ObjectExists):
        objects.finish(handle, [part])


def test_a_body_that_breaks_off_is_asked_for_once_more(objects: S3Objects) -> None:
    whole = bytes(range(256)) * 8 * 4096
    objects.put("k", [whole])
    with objects.open("k", 5, len(whole) - 5) as source:
        read = source.read(1000)
        source._body._raw_stream._fp.fp.raw._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
        read += source.read()
        assert read == whole[5:-5]


def test_a_proxy_reads_with_the_headers_it_is_given_and_no_secret_in_the_address(objects: S3Objects) -> None:
    objects.put("files/one", [b"abcdef"])
    found = objects.internal("files/one")
    address = objects._endpoint + found.path.removeprefix("/-/objects")
    assert "?" not in address
    request = Request(address, headers={**found.headers, "Range": "bytes=1-3"})
    with build_opener(ProxyHandler({})).open(request) as answer:
        assert (answer.status, answer.read()) == (206, b"bcd")


def test_a_bucket_that_is_missing_is_told_and_made_on_request(objects: S3Objects) -> None:
    objects.bucket = "elsewhere-" + objects._prefix[:10]
    with pytest.raises(StoreDown, match="no bucket"):
        objects.check()
    objects.prepare()
    objects.prepare()
    objects.check()


def calls(objects: S3Objects) -> dict[str, Callable[[], object]]:
    part, handle = Part(0, 0, 3, "tail"), "files/one mark id"
    return {
        "put": lambda: objects.put("k", [b"x"]),
        "open": lambda: objects.open("k"),
        "stat": lambda: objects.stat("k"),
        "delete": lambda: objects.delete("k"),
        "list": lambda: list(objects.list()),
        "stage": lambda: objects.stage("k"),
        "append": lambda: objects.append(handle, [], b"x", 1),
        "append after a tail": lambda: objects.append(handle, [part], b"x", 1),
        "finish": lambda: objects.finish(handle, [part]),
        "discard": lambda: objects.discard(handle),
        "check": objects.check,
        "prepare": objects.prepare,
    }


@pytest.mark.parametrize("call", calls(S3Objects("s3+http://k:s@127.0.0.1:1/b")))
def test_a_store_that_is_down_is_told_by_every_call_and_when_to_come_back(call: str) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        objects = S3Objects(f"s3+http://key:secret@127.0.0.1:{taken.getsockname()[1]}/bucket")
        with pytest.raises(Unavailable) as caught:
            calls(objects)[call]()
    assert isinstance(caught.value, StoreDown)
    assert caught.value.headers["Retry-After"]
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" not in caught.value.detail


@pytest.mark.parametrize("url", ["s3+http://k:s@host", "s3+https:///bucket", "http://k:s@host/b", "minio"])
def test_an_address_that_is_none_is_refused_without_repeating_its_secret(url: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownBackend, match="TONGKE_OBJECTS_URL") as caught:
        open_backends(Settings(data_dir=tmp_path, objects_url=url))
    assert "k:s" not in str(caught.value)
