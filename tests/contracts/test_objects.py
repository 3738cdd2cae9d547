"""The promises of `service.storage.Objects`, asked of every implementation. Another store joins by adding a factory."""

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.settings import MEBIBYTE
from service.storage import ObjectExists, ObjectMissing, Objects, Part, Stat
from service.storage.local import LocalObjects
from service.storage.s3 import S3Objects
from service.work import ulid
from tests import stacks

FACTORIES: dict[str, Callable[[Path], Objects]] = {
    "local": LocalObjects,
    "minio": lambda folder: S3Objects(stacks.bucket("minio", folder)),
    "versitygw": lambda folder: S3Objects(stacks.bucket("versitygw", folder)),
}


@pytest.fixture(params=FACTORIES)
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Objects]:
    """Opens the store of this test."""
    return lambda: FACTORIES[request.param](tmp_path)


@pytest.fixture
def objects(again: Callable[[], Objects]) -> Objects:
    opened = again()
    opened.prepare()
    return opened


def read(objects: Objects, key: str, start: int = 0, stop: int | None = None) -> bytes:
    with objects.open(key, start, stop) as source:
        return source.read()


def test_what_is_put_can_be_read_whole_and_in_ranges(objects: Objects) -> None:
    stat = objects.put("files/one", [b"abc", b"", b"defgh"])
    assert (stat.key, stat.size) == ("files/one", 8)
    assert objects.stat("files/one") == stat
    assert read(objects, "files/one") == b"abcdefgh"
    assert read(objects, "files/one", 2, 5) == b"cde"
    assert read(objects, "files/one", 6) == b"gh"
    assert read(objects, "files/one", 6, 100) == b"gh"
    assert read(objects, "files/one", 100) == b""
    assert read(objects, "files/one", 5, 2) == b""


def test_tidying_leaves_objects_and_known_uploads_as_they_are(objects: Objects) -> None:
    objects.put("files/one", [b"abc"])
    handle = objects.stage("files/two")
    part = objects.append(handle, [], b"abc", 1)
    objects.tidy(2**62, {handle})

    assert read(objects, "files/one") == b"abc"
    objects.finish(handle, [part])
    assert read(objects, "files/two") == b"abc"


def test_a_range_is_read_in_pieces(objects: Objects) -> None:
    objects.put("k", [b"abcdefgh"])
    with objects.open("k", 1, 6) as source:
        assert [source.read(2), source.read(2), source.read(2), source.read(2)] == [b"bc", b"de", b"f", b""]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=50), max_size=5), st.integers(0, 120), st.integers(0, 120))
def test_any_range_of_any_object_is_that_slice(
    objects: Objects, chunks: list[bytes], start: int, stop: int
) -> None:
    key, whole = ulid(), b"".join(chunks)
    assert objects.put(key, chunks).size == len(whole)
    assert read(objects, key, start, stop) == whole[start:stop]
    assert read(objects, key, start) == whole[start:]


def test_an_empty_object_is_an_object(objects: Objects) -> None:
    assert objects.put("empty", []).size == 0
    assert read(objects, "empty") == b""


def test_a_key_is_written_once_and_its_content_stays(objects: Objects) -> None:
    objects.put("k", [b"first"])
    with pytest.raises(ObjectExists):
        objects.put("k", [b"second"])
    assert read(objects, "k") == b"first"


def test_a_missing_object_is_told_at_once(objects: Objects) -> None:
    with pytest.raises(ObjectMissing):
        objects.stat("nothing")
    with pytest.raises(ObjectMissing):
        objects.open("nothing")
    objects.delete("nothing")


def test_a_write_that_breaks_off_leaves_nothing(objects: Objects) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("the line was cut")

    with pytest.raises(RuntimeError):
        objects.put("k", broken())
    assert list(objects.list()) == []
    assert objects.put("k", [b"whole"]).size == 5


@pytest.mark.parametrize("key", ["../up", "/root", "UPPER", "a//b", "", "a" * 201, "a_b", "空"])
def test_a_key_that_is_none_is_refused(objects: Objects, key: str) -> None:
    for attempt in (objects.stat, objects.open, objects.delete, objects.stage, objects.internal):
        with pytest.raises(ValueError, match="not a key"):
            attempt(key)
    with pytest.raises(ValueError, match="not a key"):
        objects.put(key, [b"x"])
    assert list(objects.list()) == []


def test_a_key_of_two_hundred_characters_is_one(objects: Objects) -> None:
    objects.put("a" * 200, [b"x"])
    assert [stat.key for stat in objects.list()] == ["a" * 200]


def test_list_gives_finished_objects_in_key_order_by_prefix(objects: Objects) -> None:
    for key in ("b/2", "a/1", "b/1", "b-1"):
        objects.put(key, [b"x"])
    objects.append(objects.stage("b/3"), [], b"staged", 1)
    assert [stat.key for stat in objects.list()] == ["a/1", "b-1", "b/1", "b/2"]
    assert [stat.key for stat in objects.list("b/")] == ["b/1", "b/2"]


def test_delete_takes_it_away(objects: Objects) -> None:
    objects.put("k", [b"x"])
    objects.delete("k")
    with pytest.raises(ObjectMissing):
        objects.open("k")


def test_one_of_many_writers_of_a_key_wins(objects: Objects) -> None:
    won, barrier = [], threading.Barrier(8)

    def write(n: int) -> None:
        barrier.wait()
        try:
            objects.put("k", [bytes([n]) * 1000])
            won.append(n)
        except ObjectExists:
            pass

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert read(objects, "k") == bytes(won) * 1000
    assert list(objects.list()) == [objects.stat("k")]


class Stage:
    """A staged upload, and what its caller has recorded of it."""

    def __init__(self, objects: Objects, key: str = "files/one") -> None:
        self.objects, self.handle, self.number = objects, objects.stage(key), 0
        self.parts: list[Part] = []

    def append(self, data: bytes) -> Part:
        """Durable, but not recorded."""
        self.number += 1
        return self.objects.append(self.handle, self.parts, data, self.number)

    def record(self, data: bytes) -> Part:
        """In the place of those from its offset on."""
        part = self.append(data)
        self.parts = [known for known in self.parts if known.offset < part.offset] + [part]
        return part

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    def finish(self) -> Stat:
        return self.objects.finish(self.handle, self.parts)


def test_a_staged_upload_becomes_an_object(objects: Objects) -> None:
    stage = Stage(objects)
    stage.record(b"abc")
    assert stage.size == 3
    stage.record(b"def")
    assert stage.size == 6
    assert (stage.parts[0].offset, stage.finish().size) == (0, 6)
    assert read(objects, "files/one") == b"abcdef"
    with pytest.raises(ObjectMissing):
        stage.append(b"more")


LENGTHS = (8 * MEBIBYTE, 1, 300_000, 5 * MEBIBYTE, 6 * MEBIBYTE, 3 * MEBIBYTE, 3 * MEBIBYTE, 17)


@pytest.mark.parametrize(
    "lengths", [LENGTHS, LENGTHS[::-1], (1,) * 9, (5 * MEBIBYTE,), (5 * MEBIBYTE - 1, 1)]
)
def test_pieces_of_any_length_become_one_object(objects: Objects, lengths: tuple[int, ...]) -> None:
    whole = random.Random(7).randbytes(sum(lengths))
    stage = Stage(objects)
    for length in lengths:
        here = stage.size
        stage.record(whole[here : here + length])
        assert stage.size == here + length
        assert len({part.n for part in stage.parts}) == len(stage.parts)
    assert stage.finish().size == len(whole)
    with objects.open("files/one") as stored:
        assert hashlib.file_digest(stored, "sha256").digest() == hashlib.sha256(whole).digest()
    assert [stat.key for stat in objects.list()] == ["files/one"]


def test_as_many_parts_may_be_under_way_as_it_says_and_end_in_any_order(objects: Objects) -> None:
    stage = Stage(objects)
    tail = stage.record(b"abc")
    pieces = [bytes([n]) * 6 * MEBIBYTE for n in range(objects.ahead)]
    before = [
        [tail, *(Part(2 + n, 3 + 6 * MEBIBYTE * n, 6 * MEBIBYTE, "") for n in range(m))]
        for m in range(len(pieces))
    ]
    made = {
        n: objects.append(stage.handle, before[n], memoryview(pieces[n]), 2 + n)
        for n in reversed(range(len(pieces)))
    }
    stage.parts = [part for part in (tail, *(made[n] for n in sorted(made))) if part.offset or part.n]
    assert stage.finish().size == 3 + 6 * MEBIBYTE * len(pieces)
    assert read(objects, "files/one") == b"abc" + b"".join(pieces)


@pytest.mark.parametrize("lost", [b"lost", bytes(6 * MEBIBYTE)], ids=["short", "long"])
def test_bytes_of_an_append_that_was_not_recorded_are_dropped(objects: Objects, lost: bytes) -> None:
    stage = Stage(objects)
    for data in (b"abc", b"def", bytes(5 * MEBIBYTE), b"ghi"):
        stage.append(lost)
        stage.record(data)
    stage.append(lost)
    assert stage.finish().size == 5 * MEBIBYTE + 9
    assert read(objects, "files/one") == b"abcdef" + bytes(5 * MEBIBYTE) + b"ghi"


def test_an_upload_without_parts_becomes_an_empty_object(objects: Objects) -> None:
    assert Stage(objects).finish().size == 0
    assert read(objects, "files/one") == b""


@pytest.mark.parametrize("size", [3, 6 * MEBIBYTE])
def test_a_store_opened_again_goes_on_where_it_was(
    objects: Objects, again: Callable[[], Objects], size: int
) -> None:
    objects.put("files/one", [b"one"])
    stage = Stage(objects, "files/two")
    stage.record(bytes(size))
    stage.objects = again()
    assert read(stage.objects, "files/one") == b"one"
    stage.record(b"+")
    stage.finish()
    assert read(objects, "files/two") == bytes(size) + b"+"


@pytest.mark.parametrize("pieces", [[b"abc"], [bytes(5 * MEBIBYTE), b"abc"], []])
def test_finish_called_again_gives_the_same_answer(objects: Objects, pieces: list[bytes]) -> None:
    stage = Stage(objects)
    for piece in pieces:
        stage.record(piece)
    first = stage.finish()
    assert stage.finish() == first


@pytest.mark.parametrize("other", [b"another", b"xyz"])
def test_finish_does_not_replace_another_object(objects: Objects, other: bytes) -> None:
    objects.put("files/one", [other])
    stage = Stage(objects)
    stage.record(b"abc")
    with pytest.raises(ObjectExists):
        stage.finish()
    assert read(objects, "files/one") == other


@pytest.mark.parametrize("size", [3, 6 * MEBIBYTE])
def test_a_discarded_stage_is_gone(objects: Objects, size: int) -> None:
    stage = Stage(objects)
    stage.record(bytes(size))
    objects.discard(stage.handle)
    objects.discard(stage.handle)
    with pytest.raises(ObjectMissing):
        stage.append(b"x")
    with pytest.raises(ObjectMissing):
        stage.finish()


def test_a_large_object_is_put_in_pieces(objects: Objects) -> None:
    whole = random.Random(3).randbytes(20 * MEBIBYTE + 5)
    blocks = (whole[start : start + MEBIBYTE] for start in range(0, len(whole), MEBIBYTE))
    assert objects.put("k", blocks).size == len(whole)
    with objects.open("k", 7 * MEBIBYTE) as stored:
        assert stored.read() == whole[7 * MEBIBYTE :]
    with pytest.raises(ObjectExists):
        objects.put("k", [whole])


def test_the_store_answers(objects: Objects) -> None:
    objects.check()
    free = objects.free()
    assert free is None or free > 0
