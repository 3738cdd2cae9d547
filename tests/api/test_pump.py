"""Bodies that break off or never end, given to the pump message by message (ASGI)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import Request
from starlette.types import Message

from service.api.pump import receive
from service.errors import Interrupted, Locked
from service.library import receiving, uploads
from service.library.receiving import LONGEST, PART, Checksum
from tests.factories import Library, begin_upload, library

BLOCK = 64 * 1024


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Library]:
    made = library(tmp_path)
    yield made
    made.close()


def pump(
    school: Library, upload_id: str, bodies: list[bytes], end: str, checksum: Checksum | None = None
) -> None:
    """A request whose body is `bodies` and then `end`: whole, gone (the client left) or silent."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": True} for body in bodies]
    if end == "whole":
        messages.append({"type": "http.request", "body": b"", "more_body": False})
    if end == "gone":
        messages.append({"type": "http.disconnect"})

    async def next_message() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    request = Request({"type": "http", "method": "PATCH", "headers": []}, next_message)
    begun = receiving.begin(lambda: school.writing("t_helper"), upload_id, None, checksum)
    asyncio.run(receive(request, begun, patience=0.05))


def create(school: Library, length: int) -> str:
    return begin_upload(school, length, "film.mp4")


def state(school: Library, upload_id: str) -> uploads.State:
    with school.reading("t_helper") as work:
        return uploads.state(work, upload_id)


@pytest.mark.parametrize("end", ["gone", "silent"])
def test_what_came_before_the_connection_broke_is_kept_to_the_last_byte(school: Library, end: str) -> None:
    bodies = [bytes([n % 251]) * BLOCK for n in range(PART // BLOCK + 3)]
    upload_id = create(school, 2 * PART)

    with pytest.raises(Interrupted):
        pump(school, upload_id, bodies, end)
    assert state(school, upload_id).offset == PART + 3 * BLOCK

    rest = b"z" * (PART - 3 * BLOCK)
    pump(school, upload_id, [rest], "whole")
    with school.reading("t_helper") as work, work.objects.open(f"files/{upload_id}") as source:
        assert source.read() == b"".join(bodies) + rest


@pytest.mark.parametrize(("haste", "size"), [(3600.0, LONGEST), (0.0, PART)])
def test_the_parts_of_a_fast_line_are_long_and_those_of_a_slow_one_durable_soon(
    school: Library, haste: float, size: int
) -> None:
    bodies = [bytes([n % 251]) * BLOCK for n in range(4 * PART // BLOCK)]
    upload_id = create(school, 4 * PART)
    left = list(bodies)

    async def next_message() -> Message:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    request = Request({"type": "http", "method": "PATCH", "headers": []}, next_message)
    begun = receiving.begin(lambda: school.writing("t_helper"), upload_id)
    asyncio.run(receive(request, begun, haste=haste))
    with school.reading("t_helper") as work:
        assert [part.size for part in uploads.parts_of(work, upload_id)] == [size] * (4 * PART // size)
        with work.objects.open(f"files/{upload_id}") as source:
            assert source.read() == b"".join(bodies)


def test_nothing_is_kept_of_a_broken_body_that_stands_under_a_checksum(school: Library) -> None:
    upload_id = create(school, 2 * PART)

    with pytest.raises(Interrupted):
        pump(school, upload_id, [b"a" * PART, b"b"], "gone", Checksum("sha1", b"never compared"))

    assert state(school, upload_id).offset == 0


def test_all_bytes_without_the_end_of_the_body_are_finished_by_the_next_look(school: Library) -> None:
    upload_id = create(school, 5)

    with pytest.raises(Interrupted):
        pump(school, upload_id, [b"01234"], "gone")
    assert not state(school, upload_id).complete

    assert receiving.settle(lambda: school.writing("t_helper"), upload_id).complete


def test_a_writer_that_lost_its_lease_writes_nothing_more(school: Library) -> None:
    upload_id = create(school, 10)
    late = receiving.begin(lambda: school.writing("t_helper"), upload_id)
    late.store(b"abc")
    school.clock.tick(seconds=61)

    pump(school, upload_id, [b"defg"], "whole")
    with pytest.raises(Locked):
        late.store(b"xyz")
    late.release()

    pump(school, upload_id, [b"hij"], "whole")
    with school.reading("t_helper") as work, work.objects.open(f"files/{upload_id}") as source:
        assert source.read() == b"abcdefghij"


def test_a_cancelled_request_ends_its_lease(school: Library) -> None:
    upload_id = create(school, 10)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def cancelled() -> None:
        request = Request({"type": "http", "method": "PATCH", "headers": []}, never)
        begun = receiving.begin(lambda: school.writing("t_helper"), upload_id)
        task = asyncio.create_task(receive(request, begun))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    pump(school, upload_id, [b"0123456789"], "whole")
    assert state(school, upload_id).complete
