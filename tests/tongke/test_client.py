"""The client for programs, against the served library."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from tests.api.api_client import Api
from tests.cutting import Line
from tests.tongke.conftest import program, token
from tongke import AsyncClient, Client, Damaged, Outdated, Problem, Resource, Unreachable

LESSON = {"kind": "lesson_case", "title": "秋天的雨", "subject": "chinese"}


def test_a_program_signs_in_by_itself_and_again_when_its_token_is_gone(api: Api) -> None:
    with Client(str(api.http.base_url), **program(api), trust_env=False) as client:
        assert client.create(LESSON)["title"] == "秋天的雨"
        client._session.token = "no longer valid"
        assert client.me()["scopes"] == ["resources:read", "resources:write"]


def test_what_the_library_refuses_is_raised_with_its_words(api: Api, teacher: Client) -> None:
    with pytest.raises(Problem, match="not accepted") as refused:
        teacher.create({"kind": "lesson_case"})
    assert refused.value.status == 422
    assert refused.value.errors[0]["field"] == "title"
    with Client(str(api.http.base_url), token="nobody", trust_env=False) as other, pytest.raises(Problem):
        other.me()
    with pytest.raises(Outdated):
        teacher.changes_page("x")


def test_the_library_speaks_the_language_that_is_asked_for(api: Api) -> None:
    address = str(api.http.base_url)
    access = {"client_id": "nobody", "client_secret": "nothing"}
    for language, word in (("zh-CN", "程序编号或密钥不正确"), ("en", "secret is wrong")):
        with (
            Client(address, **access, language=language, trust_env=False) as client,
            pytest.raises(Problem, match=word),
        ):
            client.me()


def test_lists_and_changes_are_followed_to_their_end(api: Api, teacher: Client) -> None:
    made = {teacher.create({**LESSON, "title": f"第{n}课"})["id"] for n in range(3)}
    assert {item["id"] for item in teacher.resources(limit=2)} == made
    told = list(teacher.changes())
    assert {change["resource"]["id"] for change, _cursor in told if change["op"] == "upsert"} == made
    assert list(teacher.changes(told[-1][1])) == []
    assert teacher.get(min(made))["content"] == ""


def test_search_finds_with_filters(api: Api, teacher: Client) -> None:
    teacher.create(LESSON)
    teacher.create({**LESSON, "title": "秋天的图画", "subject": "fine_art"})
    api.work()
    assert teacher.search("秋天")["total"] == 2
    assert [hit["title"] for hit in teacher.search("秋天", subject=["fine_art"])["items"]] == ["秋天的图画"]


def test_an_upload_goes_on_over_a_line_that_breaks(api: Api, line: Line, tmp_path: Path) -> None:
    path = tmp_path / "课堂实录.bin"
    path.write_bytes(os.urandom(20 * 1024 * 1024))
    seen: list[int] = []
    with Client(line.url, token=token(api), trust_env=False) as client:
        lesson = client.create(LESSON)["id"]
        begun = client.begin_upload(path)
    with Client(line.url, token=token(api), trust_env=False) as client:
        line.cut(2, 5 * 1024 * 1024)
        client.upload(path, at=begun, progress=lambda done, _all: seen.append(done))
        file = client.attach(lesson, path)
    assert line.cuts == 0
    assert seen[-1] == path.stat().st_size
    assert seen == sorted(seen)
    assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def _with_file(api: Api, content: bytes) -> Resource:
    ident = api.library.draft("t_helper")
    api.library.attach("t_helper", ident, "课件.bin", content)
    found: Resource = api.person().get(f"/resources/{ident}").json()
    return found


def test_a_download_goes_on_where_it_broke_and_is_verified(api: Api, line: Line, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    lesson, target, seen = _with_file(api, content), tmp_path / "课件.bin", list[int]()
    with Client(line.url, token=token(api), trust_env=False) as client:
        line.cut(3, 700_000)
        client.download(
            lesson["id"], lesson["files"][0], target, progress=lambda done, _all: seen.append(done)
        )
    assert line.cuts == 0
    assert target.read_bytes() == content
    assert seen == sorted(seen)
    assert not target.with_name("课件.bin.part").exists()


def test_what_was_begun_with_other_bytes_is_brought_anew(api: Api, teacher: Client, tmp_path: Path) -> None:
    content = os.urandom(200_000)
    lesson, target = _with_file(api, content), tmp_path / "课件.bin"
    target.with_name("课件.bin.part").write_bytes(b"x" * 1000)
    teacher.download(lesson["id"], lesson["files"][0], target)
    assert target.read_bytes() == content
    target.with_name("课件.bin.part").write_bytes(content + b"more")
    teacher.download(lesson["id"], lesson["files"][0], target)
    assert target.read_bytes() == content


def test_bytes_that_are_not_those_promised_are_not_kept(api: Api, teacher: Client, tmp_path: Path) -> None:
    lesson, target = _with_file(api, b"what it is"), tmp_path / "课件.bin"
    file = lesson["files"][0]
    file["sha256"] = hashlib.sha256(b"what it was").hexdigest()
    with pytest.raises(Damaged):
        teacher.download(lesson["id"], file, target)
    assert list(tmp_path.glob("课件*")) == []


def test_an_empty_file_is_brought_too(api: Api, teacher: Client, tmp_path: Path) -> None:
    lesson = _with_file(api, b"")
    assert teacher.download(lesson["id"], lesson["files"][0], tmp_path / "空.txt").read_bytes() == b""


def test_an_unchanged_key_writes_nothing_and_sends_no_file_twice(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "教案.txt"
    path.write_text("秋天的雨，有一盒五彩缤纷的颜料。", encoding="utf-8")
    with Client(str(api.http.base_url), **program(api), trust_env=False) as client:
        made = client.put_by_key("2026-001", LESSON, [path])
        again = client.put_by_key("2026-001", LESSON, [path])
    assert [file["name"] for file in made["files"]] == ["教案.txt"]
    assert again["updated_at"] == made["updated_at"]
    assert [file["id"] for file in again["files"]] == [file["id"] for file in made["files"]]


def test_nobody_who_answers_is_said_so(line: Line) -> None:
    line.cut(100, 1)
    with Client(line.url, token="t", trust_env=False) as client, pytest.raises(Unreachable):
        client.create(LESSON)


def test_the_client_for_asyncio_does_the_same(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "教案.txt"
    path.write_bytes(os.urandom(100_000))

    async def use() -> None:
        async with AsyncClient(str(api.http.base_url), **program(api), trust_env=False) as client:
            lesson = await client.create(LESSON)
            file = await client.attach(lesson["id"], path)
            assert [item["id"] async for item in client.resources()] == [lesson["id"]]
            assert [change["op"] async for change, _cursor in client.changes()] == ["upsert"]
            brought = await client.download(lesson["id"], file, tmp_path / "copy.txt")
            assert brought.read_bytes() == path.read_bytes()
            kept = await client.put_by_key("k1", LESSON, [path])
            assert kept["files"][0]["sha256"] == file["sha256"]
            assert (await client.search("秋天"))["page"] == 1
            assert (await client.get(kept["id"]))["key"] == "k1"

    asyncio.run(use())
