"""Attacks on the pages that once succeeded: names that no file system takes, forms without end, broken tokens."""

import pytest

from service.http import JSON_BODY
from tests.web.browsing import Site


@pytest.mark.parametrize(
    "name", ["%00", "a%00b", "a" * 5000, "..%2F..%2Fpyproject.toml", "%2Fetc%2Fpasswd", "parts"]
)
def test_a_static_name_that_is_no_built_file_is_not_found(pages: Site, name: str) -> None:
    assert pages.http.get(f"/static/{name}").status_code == 404


def test_a_form_with_a_token_that_is_not_ascii_is_refused(pages: Site) -> None:
    pages.visitor().refused(403, "/sign-out", {"csrf": "é"})


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/reset", "/resources/x/edit"])
def test_a_form_beyond_the_bound_is_refused_before_it_fills_the_memory(pages: Site, path: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"a" * 1_000_000 + b"\r\n"
    body = part * (JSON_BODY // 1_000_000 + 2) + b"--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}

    for content in (body, iter([body])):
        assert pages.http.post(path, content=content, headers=kind).status_code in (400, 413)
