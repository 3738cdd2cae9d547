"""The promises of `service.storage.Objects`, asked of every implementation. Another store joins by adding a factory."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.storage import ObjectExists, ObjectMissing, Objects
from service.storage.local import LocalObjects
from service.work import ulid

FACTORIES: dict[str, Callable[[Path], Objects]] = {"local": LocalObjects}


@pytest.fixture(params=FACTORIES)
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    return FACTORIES[request.param](tmp_path)


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
    for attempt in (objects.stat, objects.open, objects.delete, objects.stage):
        with pytest.raises(ValueError, match="not a key"):
            attempt(key)
    with pytest.raises(ValueError, match="not a key"):
        objects.put(key, [b"x"])
    with pytest.raises(ValueError, match="not a key"):
        objects.finish(objects.stage("uploads/one"), [], key)
    assert list(objects.list()) == []


def test_a_key_of_two_hundred_characters_is_one(objects: Objects) -> None:
    objects.put("a" * 200, [b"x"])
    assert [stat.key for stat in objects.list()] == ["a" * 200]


def test_list_gives_finished_objects_in_key_order_by_prefix(objects: Objects) -> None:
    for key in ("b/2", "a/1", "b/1", "b-1"):
        objects.put(key, [b"x"])
    objects.append(objects.stage("b/3"), [], b"staged")
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


def test_a_staged_upload_becomes_an_object(objects: Objects) -> None:
    handle = objects.stage("uploads/one")
    first = objects.append(handle, [], b"abc")
    second = objects.append(handle, [first], b"def")
    assert (first.n, first.offset, first.size) == (1, 0, 3)
    assert (second.n, second.offset, second.size) == (2, 3, 3)
    with objects.staged(handle, [first, second]) as source:
        assert source.read() == b"abcdef"
    assert objects.finish(handle, [first, second], "files/one").size == 6
    assert read(objects, "files/one") == b"abcdef"
    with pytest.raises(ObjectMissing):
        objects.append(handle, [first, second], b"more")


def test_bytes_of_an_append_that_was_not_recorded_are_dropped(objects: Objects) -> None:
    handle = objects.stage("uploads/one")
    first = objects.append(handle, [], b"abc")
    objects.append(handle, [first], b"lost before it was recorded")
    second = objects.append(handle, [first], b"def")
    objects.finish(handle, [first, second], "files/one")
    assert read(objects, "files/one") == b"abcdef"


def test_bytes_that_were_not_recorded_are_neither_read_back_nor_finished(objects: Objects) -> None:
    handle = objects.stage("uploads/one")
    first = objects.append(handle, [], b"abc")
    objects.append(handle, [first], b"lost before it was recorded")
    with objects.staged(handle, [first]) as source:
        assert source.read() == b"abc"
    assert objects.finish(handle, [first], "files/one").size == 3
    assert read(objects, "files/one") == b"abc"


def test_an_upload_without_parts_becomes_an_empty_object(objects: Objects) -> None:
    assert objects.finish(objects.stage("uploads/one"), [], "files/one").size == 0
    assert read(objects, "files/one") == b""


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES)
def test_a_store_opened_again_goes_on_where_it_was(
    factory: Callable[[Path], Objects], tmp_path: Path
) -> None:
    before = factory(tmp_path)
    before.put("files/one", [b"one"])
    handle = before.stage("uploads/two")
    part = before.append(handle, [], b"two")
    after = factory(tmp_path)
    assert read(after, "files/one") == b"one"
    after.finish(handle, [part, after.append(handle, [part], b"+")], "files/two")
    assert read(after, "files/two") == b"two+"


def test_finish_called_again_gives_the_same_answer(objects: Objects) -> None:
    handle = objects.stage("uploads/one")
    part = objects.append(handle, [], b"abc")
    first = objects.finish(handle, [part], "files/one")
    assert objects.finish(handle, [part], "files/one") == first


def test_finish_does_not_replace_another_object(objects: Objects) -> None:
    objects.put("files/one", [b"another"])
    handle = objects.stage("uploads/one")
    part = objects.append(handle, [], b"abc")
    with pytest.raises(ObjectExists):
        objects.finish(handle, [part], "files/one")
    assert read(objects, "files/one") == b"another"


def test_a_discarded_stage_is_gone(objects: Objects) -> None:
    handle = objects.stage("uploads/one")
    objects.discard(handle)
    objects.discard(handle)
    with pytest.raises(ObjectMissing):
        objects.append(handle, [], b"x")
    with pytest.raises(ObjectMissing):
        objects.finish(handle, [], "files/one")


def test_the_store_answers(objects: Objects) -> None:
    objects.check()
    free = objects.free()
    assert free is None or free > 0
