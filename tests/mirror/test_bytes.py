"""Which bytes a mirror brings, when, how fast, within what room; and that a line may break."""

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from service.library.mirroring.wanted import amounts
from service.mirror.fetching import Fetching
from service.mirror.pace import Between, Pace, parse_size
from service.models import File, PageLayer
from service.storage.mirrored import Mirrored
from tests.api.api_client import Api
from tests.cutting import cutting
from tests.extract import documents
from tests.mirror.conftest import Copy, lesson
from tongke import Unreachable


def test_sizes_and_hours_are_read_as_people_write_them() -> None:
    assert [parse_size(text) for text in ("500k", "1.5M", "200G", "7", "20 MB")] == [
        500_000, 1_500_000, 200_000_000_000, 7, 20_000_000,
    ]  # fmt: skip
    for text in ("", "fast", "-1", "5x"):
        with pytest.raises(ValueError, match="大小"):
            parse_size(text)
    for text in ("22", "22:00", "25:00-06:00", "a-b"):
        with pytest.raises(ValueError, match="时间段"):
            Between.parse(text)


@pytest.mark.parametrize(
    ("hours", "at", "open_"),
    [
        ("22:00-06:00", "13:59", False),
        ("22:00-06:00", "14:00", True),
        ("22:00-06:00", "21:59", True),
        ("22:00-06:00", "22:00", False),
        ("6:00-8:00", "23:59", True),
        ("6:00-8:00", "00:00", False),
        ("00:00-00:00", "05:00", True),
    ],
)
def test_hours_are_those_of_the_place_and_may_go_over_midnight(hours: str, at: str, open_: bool) -> None:
    now = datetime.fromisoformat(f"2026-09-01T{at}:00").replace(tzinfo=UTC)  # 14:00 UTC is 22:00 here
    assert Between.parse(hours).open(now) is open_


def test_all_threads_together_keep_to_the_speed() -> None:
    now = [100.0]
    pace = Pace(1000, lambda: now[0])
    assert [pace.wait_for(500), pace.wait_for(500)] == [0.5, 1.0]
    now[0] += 10
    assert pace.wait_for(100) == pytest.approx(0.1)
    assert Pace(None).wait_for(10**9) == 0


def test_outside_of_the_hours_rights_are_followed_and_no_bytes_come(api: Api, copy: Copy) -> None:
    ident = lesson(api, "秋天的雨", b"words")
    api.library.clock.now = datetime(2026, 9, 1, 4, tzinfo=UTC)  # noon
    copy.sync(between=Between.parse("22:00-06:00"))
    assert copy.ids() == copy.indexed() == {ident}
    assert copy.bytes_of("秋天的雨.txt") is None
    api.library.clock.now += timedelta(hours=11)
    copy.sync(between=Between.parse("22:00-06:00"))
    assert copy.bytes_of("秋天的雨.txt") == b"words"


def test_page_images_come_before_originals_and_a_budget_drops_these_first(
    api: Api, copy: Copy, tmp_path: Path
) -> None:
    content = documents.pdf(tmp_path / "a.pdf").read_bytes()
    ident = api.library.draft("t_helper", "秋天的雨")
    api.library.attach("t_helper", ident, "课文.pdf", content, "application/pdf")
    api.publish(ident)
    api.library.share("t_helper", ident, f"pair:{api.library.pairs['school']}")
    api.work()

    copy.sync(bytes_too=False)
    with copy.opened() as backends, backends.reading() as work:
        previews = amounts(work)["wanted"].size - len(content)
    copy.sync(budget=previews)
    assert copy.made() == {("thumbnail", 0), ("page", 1), ("page", 2)}
    assert copy.bytes_of("课文.pdf") is None
    copy.sync()
    assert copy.bytes_of("课文.pdf") == content
    assert len(copy.on_disk()) == 4
    copy.sync(budget=previews)
    assert copy.bytes_of("课文.pdf") is None
    assert len(copy.on_disk()) == 3
    with copy.opened() as backends, backends.reading() as work:
        assert amounts(work)["over"].size == len(content)


def test_what_is_made_later_of_a_file_comes_later(api: Api, copy: Copy, tmp_path: Path) -> None:
    content = documents.pdf(tmp_path / "a.pdf").read_bytes()
    ident = api.library.draft("t_helper", "秋天的雨")
    api.library.attach("t_helper", ident, "课文.pdf", content, "application/pdf")
    api.publish(ident)
    api.library.share("t_helper", ident, f"pair:{api.library.pairs['school']}")
    copy.sync()
    assert copy.made() == set()
    api.work()
    copy.sync()
    assert copy.made() == {("thumbnail", 0), ("page", 1), ("page", 2)}
    assert copy.bytes_of("课文.pdf") == content
    with copy.opened() as backends, backends.reading() as work:
        layers = work.session.scalars(select(PageLayer).order_by(col(PageLayer.n))).all()
        assert [[line[-1] for line in layer.lines] for layer in layers][1] == ["第二页"]


def test_a_line_that_breaks_is_gone_on_with_also_by_the_next_run(api: Api, copy: Copy) -> None:
    content = os.urandom(2_000_000)
    lesson(api, "课堂实录", content)
    port = api.http.base_url.port
    assert port is not None
    copy.sync(bytes_too=False)
    with cutting(port) as line:
        line.cut(2, 600_000)
        copy.sync(url=line.url)
        assert line.cuts == 0
    assert copy.bytes_of("课堂实录.txt") == content
    assert list((copy.folder / "objects").glob("??/*.part")) == []


def test_of_many_small_ones_a_line_that_breaks_loses_none(api: Api, copy: Copy) -> None:
    lessons = {f"第{n}课": os.urandom(100_000) for n in range(30)}
    for title, content in lessons.items():
        lesson(api, title, content)
    port = api.http.base_url.port
    assert port is not None
    copy.sync(bytes_too=False)
    with cutting(port) as line:
        line.cut(3, 250_000)
        copy.sync(url=line.url)
        assert line.cuts == 0
    assert {title: copy.bytes_of(f"{title}.txt") for title in lessons} == lessons
    assert list((copy.folder / "objects").glob("??/*.part")) == []


def test_what_is_left_out_of_an_answer_of_many_is_tried_again_the_next_time(api: Api, copy: Copy) -> None:
    for title in "一二三":
        lesson(api, title, title.encode())
    with api.library.backends.writing() as work:
        file = work.session.scalars(select(File).where(col(File.name) == "二.txt")).one()
        key = file.object_key
        work.objects.delete(key)
    copy.sync()
    assert [copy.bytes_of(f"{title}.txt") for title in "一二三"] == ["一".encode(), None, "三".encode()]
    with copy.opened() as backends, backends.reading() as work:
        assert amounts(work)["failed"].number == 1
    api.library.backends.objects.put(key, ["二".encode()])
    copy.sync()
    assert copy.bytes_of("二.txt") == "二".encode()


def test_a_library_that_does_not_answer_leaves_the_copy_as_it_was(api: Api, copy: Copy) -> None:
    ident = lesson(api, "秋天的雨", b"words")
    copy.sync()
    with pytest.raises(Unreachable):
        copy.sync(url="http://127.0.0.1:9")
    assert copy.ids() == copy.indexed() == {ident}
    assert copy.bytes_of("秋天的雨.txt") == b"words"


def test_what_is_damaged_on_the_disk_is_found_and_brought_again(api: Api, copy: Copy) -> None:
    lesson(api, "一", b"one")
    lesson(api, "二", b"two")
    lesson(api, "三", b"three")
    copy.sync()
    [first], [second] = (
        list((copy.folder / "objects").glob(f"??/{sha256(content).hexdigest()}"))
        for content in (b"one", b"two")
    )
    first.write_bytes(b"0ne")
    second.unlink()
    with copy.opened() as backends, copy.client() as client:
        assert isinstance(backends.objects, Mirrored)
        assert Fetching(backends, client, backends.objects).verify() == 2
    assert copy.bytes_of("一.txt") is None
    copy.sync()
    assert [copy.bytes_of(f"{name}.txt") for name in "一二三"] == [b"one", b"two", b"three"]
