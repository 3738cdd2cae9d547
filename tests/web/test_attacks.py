"""Attacks on the pages that once succeeded: names that no file system takes, forms without end, broken tokens."""

import socket

import httpx
import pytest

from service.http import HOST_COOKIE, JSON_BODY
from tests.api.tus_client import bearer
from tests.web.browsing import Site, hidden


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


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "undefined", "punycode", "a\x01b"])
@pytest.mark.parametrize("path", ["/sign-in", "/reset", "/account", "/resources/new", "/resources/x/upload"])
def test_a_form_in_another_charset_than_utf8_is_malformed(pages: Site, path: str, charset: str) -> None:
    visitor = pages.visitor()
    fields = {"csrf": visitor.token, "username": r"\ud800+2AA-", "title": r"\ud800+2AA-", "password": "x"}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    kind = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}

    answer = pages.http.post(path, content="".join(parts) + "--x--\r\n", headers=visitor.headers() | kind)

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/sign-in", "/reset"])
def test_a_form_to_no_host_is_one_from_elsewhere(pages: Site, path: str) -> None:
    address = (pages.http.base_url.host, pages.http.base_url.port)
    head = f"POST {path} HTTP/1.0\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n"
    with socket.create_connection(address) as line:
        line.sendall(head.encode())

        assert line.recv(1000).split()[1] == b"403"


@pytest.mark.parametrize("path", ["confirm", "problems"])
def test_rows_that_no_database_takes_are_wrong_rows(pages: Site, path: str) -> None:
    rows = r'[["\ud800", "\ud800\u0000", "\ud800", "", "", ""]]'

    answer = pages.visitor("a_helper").post(f"/admin/people/import/{path}", {"rows": rows, "form": "csv"})

    assert answer.status_code == 200


def test_a_form_without_its_own_key_makes_a_draft_for_each_who_sends_it(pages: Site) -> None:
    fields = {"kind": "lesson_case", "title": "秋天的雨"}
    for form_key in ("", "\x00" * 16, "0" * 300):
        made = {
            pages.visitor(name).done("/resources/new", {**fields, "form_key": form_key})
            for name in ("t_helper", "a_helper")
        }
        assert len(made) == 2


def test_a_forms_key_that_a_colleague_has_used_is_told_and_the_next_one_fits(pages: Site) -> None:
    colleague, teacher = pages.visitor("a_helper"), pages.visitor()
    fields = {"kind": "lesson_case", "title": "秋天的雨", "form_key": "0123456789abcdef"}
    colleague.done("/resources/new", fields)

    again = teacher.refused(409, "/resources/new", fields)

    teacher.done("/resources/new", {**fields, "form_key": hidden(again, "form_key")})


def test_an_address_too_long_to_be_drawn_is_malformed(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    headers = pages.visitor().headers() | {"Host": "a" * 3000}

    assert pages.http.get(f"/resources/{ident}/qr.svg", headers=headers).status_code == 400


def test_over_https_a_plain_cookie_signs_nobody_in(pages: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = pages.visitor()
    assert "退出" in stranger.get("/")
    monkeypatch.setattr(pages.library.backends.settings, "public_url", "https://tongke.example.org")

    assert "退出" not in stranger.get("/")
    own = pages.http.get("/", headers={"Cookie": f"{HOST_COOKIE}={stranger.secret}"})
    assert "退出" in own.text


@pytest.mark.parametrize("origin", ["http://[", ""])
def test_a_form_whose_origin_cannot_be_read_is_not_carried_through_signing_in(
    pages: Site, origin: str
) -> None:
    headers = {"Accept": "text/html", "Origin": origin}

    answer = pages.http.post("/account", data={"subjects": "chinese"}, headers=headers)

    assert answer.status_code in (401, 403)
    assert 'name="kept"' not in answer.text


def test_a_token_goes_as_far_at_the_pages_as_its_scopes(pages: Site) -> None:
    waiting = pages.library.draft("t_helper", "等待审核的资源名")
    pages.visitor().done(f"/resources/{waiting}/submit")

    def asks(method: str, path: str, name: str, *scopes: str) -> httpx.Response:
        headers = bearer(pages.library, name, scopes) | {"Accept": "text/html"}
        return pages.http.request(method, path, headers=headers)

    assert asks("GET", "/reviews", "a_helper", "resources:read").status_code == 200
    for scope in ("sharing:write", "resources:write"):
        answer = asks("GET", "/reviews", "a_helper", scope)
        assert answer.status_code == 403
        assert "等待审核的资源名" not in answer.text
        assert asks("GET", f"/resources/{waiting}/progress.events", "t_helper", scope).status_code == 404
    for path in ("/account", "/account/sign-out-everywhere", "/notices/read"):
        assert asks("POST", path, "t_helper", "resources:read").status_code == 403
