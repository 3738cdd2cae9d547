"""What pages send is compressed; what the interface sends is not, and no two pages carry the same token."""

import re

from tests.web.browsing import Site

TOKEN = re.compile(r'name="csrf" content="([0-9a-f]+)"')


def test_a_page_is_compressed_for_those_who_can_read_it(pages: Site) -> None:
    plain = pages.http.get("/", headers={"Accept-Encoding": "identity"})
    packed = pages.http.get("/", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.text == plain.text
    assert int(packed.headers["Content-Length"]) < len(plain.content)


def test_the_interface_sends_its_bytes_as_they_are(pages: Site) -> None:
    answer = pages.http.get("/api/v1/vocabularies", headers={"Accept-Encoding": "gzip"})
    assert len(answer.content) > 1000
    assert "Content-Encoding" not in answer.headers


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
