"""Pages and lists are compressed, files and single objects are not, and no two pages carry the same token."""

import re

import pytest

from tests.web.browsing import Site

TOKEN = re.compile(r'name="csrf" content="([0-9a-f]+)"')


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("gzip, deflate, br", "br"), ("gzip, br, zstd", "zstd"), ("*;q=0", None)],
)
def test_a_page_is_compressed_as_who_asks_can_read_it(
    pages: Site, accepted: str, encoding: str | None
) -> None:
    plain = pages.http.get("/", headers={"Accept-Encoding": "identity"})
    packed = pages.http.get("/", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers.get("Content-Encoding") == encoding
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.text == plain.text
    if encoding:
        assert int(packed.headers["Content-Length"]) < len(plain.content)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_so_are_lists_of_the_interface(pages: Site, encoding: str) -> None:
    answer = pages.http.get("/api/v1/vocabularies", headers={"Accept-Encoding": encoding})
    assert answer.headers["Content-Encoding"] == encoding
    assert answer.headers["ETag"].startswith('W/"')
    assert int(answer.headers["Content-Length"]) < len(answer.content) / 3


def test_what_has_a_strong_tag_goes_as_it_is(pages: Site) -> None:
    resource_id = pages.library.draft(
        "t_helper", "秋天的雨", content="秋天的雨，有一盒五彩缤纷的颜料。" * 100
    )
    file_id = pages.library.attach("t_helper", resource_id, "课文.txt", b"words " * 1000, "text/plain")
    teacher = pages.visitor()
    for path in (
        f"/api/v1/resources/{resource_id}",
        f"/api/v1/resources/{resource_id}/files/{file_id}/content",
    ):
        answer = teacher.http.get(path, headers=teacher.headers() | {"Accept-Encoding": "gzip, zstd"})
        assert answer.status_code == 200
        assert answer.headers["ETag"].startswith('"')
        assert "Content-Encoding" not in answer.headers
        assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_built_files_are_compressed_and_kept_for_a_year(pages: Site) -> None:
    address = re.search(r'href="(/static/style\.css[^"]*)"', pages.http.get("/").text)
    assert address is not None
    answer = pages.http.get(address[1], headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["ETag"].startswith('W/"')


def test_every_page_has_another_token_and_each_is_the_sessions(pages: Site) -> None:
    teacher = pages.visitor()
    tokens = [found[1] for _ in range(2) if (found := TOKEN.search(teacher.get("/my")))]
    assert len(set(tokens)) == 2
    for token in tokens:
        assert teacher.done("/resources/new", {"csrf": token, "title": "有令牌的课", "kind": "lesson_case"})
    teacher.refused(403, "/sign-out", {"csrf": tokens[0][:-1] + ("0" if tokens[0][-1] != "0" else "1")})
