"""The bytes of files come over connections of their own: those that broke, were closed, or lead through a proxy."""

import os
import socket
import threading
from pathlib import Path

import httpx
import pytest

from tests.api.api_client import Api
from tongke import Client, Damaged, Problem, Unreachable, Wanted
from tongke.lines import Lines, direct

LIBRARY = httpx.URL("https://library.example/api/v1")


def answers(*each: bytes) -> tuple[str, threading.Thread]:
    """The address of a server that gives one of these to each connection, and closes it."""
    place = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with place:
            for answer in each:
                line, _ = place.accept()
                with line:
                    line.recv(65536)
                    line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return f"http://127.0.0.1:{place.getsockname()[1]}", thread


def test_a_connection_that_the_library_closed_meanwhile_is_replaced(tmp_path: Path) -> None:
    url, server = answers(*[b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"] * 2)
    sha256 = "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603"
    with Client(url, trust_env=False) as client:
        for name in ("first", "second"):
            assert client.bring("/x", tmp_path / name, size=2, sha256=sha256).read_bytes() == b"ab"
    server.join()


def test_an_answer_that_ends_too_early_is_no_whole_one(tmp_path: Path) -> None:
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"
    url, server = answers(short)
    taken = bytearray()

    class Sink:
        def begin(self, answer: httpx.Response) -> None:
            assert answer.headers["content-length"] == "5"

        def write(self, block: bytes | memoryview) -> None:
            taken.extend(block)

    with pytest.raises(httpx.RemoteProtocolError):
        Lines(httpx.URL(url), httpx.Timeout(5), {}).bring(httpx.Request("GET", url), Sink())
    assert taken == b"ab"
    server.join()


def test_what_the_library_refuses_says_why_and_leaves_the_connection_good(
    api: Api, teacher: Client, tmp_path: Path
) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "sent.bin").write_bytes(content)
    lesson = teacher.create({"kind": "lesson_case", "title": "秋天的雨"})
    file = teacher.attach(lesson["id"], tmp_path / "sent.bin")
    for _ in range(2):
        with pytest.raises(Problem):
            teacher.bring("/resources/nothing/files/nothing/content", tmp_path / "x", size=1, sha256="")
        assert teacher.download(lesson["id"], file, tmp_path / "came.bin").read_bytes() == content


def test_nobody_there_is_told_as_of_any_other_call(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        url = f"http://127.0.0.1:{place.getsockname()[1]}"
    with Client(url, trust_env=False) as client, pytest.raises(Unreachable):
        client.bring_copies({"x": Wanted(tmp_path / "x", 1, "")}, lambda name: None)


def test_more_bytes_than_a_file_has_are_not_kept(tmp_path: Path) -> None:
    url, server = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n" + b"x" * 1000)
    with Client(url, trust_env=False) as client, pytest.raises(Damaged):
        client.bring("/x", tmp_path / "x", size=2, sha256="")
    assert list(tmp_path.iterdir()) == []
    server.join()


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (b"302 Found\r\nLocation: http://portal.example/", Unreachable, "http://portal.example/"),
        (b"200 OK\r\nContent-Type: text/html; charset=utf-8", Unreachable, "a page answers"),
        (b"400 Bad\r\nContent-Type: application/problem+json", Problem, "HTTP 400"),
    ],
)
def test_who_answers_instead_of_the_library_is_told_of_and_not_followed(
    answer: bytes, error: type[Exception], words: str
) -> None:
    url, server = answers(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
    with Client(url, token="secret", trust_env=False) as client, pytest.raises(error, match=words):
        client.me()
    server.join()


def test_bytes_that_are_said_to_be_elsewhere_are_not_asked_for_there(tmp_path: Path) -> None:
    url, server = answers(
        b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n"
    )
    with Client(url, token="secret", trust_env=False) as client, pytest.raises(Unreachable, match="portal"):
        client.bring_copies({"x": Wanted(tmp_path / "x", 1, "")}, lambda name: None)
    assert list(tmp_path.iterdir()) == []
    server.join()


def test_an_idle_connection_that_does_not_answer_any_more_is_not_tried_again(tmp_path: Path) -> None:
    asked = list[bytes]()
    place = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = place.accept()
        with line:
            asked.append(line.recv(65536))
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab")
            while some := line.recv(65536):
                asked.append(some)

    server = threading.Thread(target=serve)
    server.start()
    url = httpx.URL(f"http://127.0.0.1:{place.getsockname()[1]}")
    lines = Lines(url, httpx.Timeout(5, read=0.2), {})

    class Sink:
        def begin(self, answer: httpx.Response) -> None:
            assert answer.status_code == 200

        def write(self, block: bytes | memoryview) -> None:
            assert block == b"ab"

    with place:
        lines.bring(httpx.Request("GET", url), Sink())
        with pytest.raises(httpx.ReadError):
            lines.bring(httpx.Request("GET", url), Sink())
        lines.close()
        server.join()
        place.settimeout(0)
        with pytest.raises(BlockingIOError):  # nobody else came
            place.accept()
    assert len(asked) == 2


def test_an_ipv6_address_is_reached_at_the_usual_port(tmp_path: Path) -> None:
    with (
        Client("http://[::ffff:127.0.0.1]", trust_env=False) as client,
        pytest.raises((Unreachable, Problem)),
    ):
        client.bring_copies({"x": Wanted(tmp_path / "x", 1, "")}, lambda name: None)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, True),
        ({"https_proxy": "http://proxy.example:3128"}, False),
        ({"all_proxy": "http://proxy.example:3128"}, False),
        ({"https_proxy": "http://proxy.example:3128", "no_proxy": "library.example"}, True),
    ],
)
def test_where_a_proxy_leads_to_the_library_bytes_go_through_it_too(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: bool
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert direct(LIBRARY, {}) is expected
    assert direct(LIBRARY, {"trust_env": False})
    assert not direct(LIBRARY, {"trust_env": False, "proxy": "http://proxy.example:3128"})
