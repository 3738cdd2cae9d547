"""Requests to addresses that others chose: never into our own network, never for longer than they may take."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from service.library import outgoing
from service.library.outgoing import Unreachable

ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@contextmanager
def peer(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port of 127.0.0.1 where somebody talks so with whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _address = listener.accept()
                except OSError:
                    return
                with connection:
                    talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def answering(answer: bytes, heard: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        got = connection.recv(65536)
        if heard is not None:
            heard.append(got)
        connection.sendall(answer)

    return talk


def refused(url: str, *, local: bool = False, patience: float = 5.0) -> str:
    with pytest.raises(Unreachable) as caught:
        outgoing.post(url, b"{}", {}, local=local, patience=patience)
    return caught.value.reason


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "::7f00:1", "198.18.0.1",
    ],
)  # fmt: skip
def test_what_is_not_the_internet_is_not_public(address: str) -> None:
    assert not outgoing.public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8"])
def test_what_is_the_internet_is_public(address: str) -> None:
    assert outgoing.public(address)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://www.example.cn/hook", ""),
        ("https://www.example.cn:8443/hook?a=1", ""),
        ("http://www.example.cn/hook", "scheme"),
        ("ftp://www.example.cn/", "scheme"),
        ("file:///etc/passwd", "form"),
        ("https://", "form"),
        ("https://me:word@www.example.cn/", "form"),
        ("https://www.example.cn/#x", "form"),
        ("https://www.example.cn:port/", "form"),
        ("https://www.example.cn/a b", "form"),
        ("https://www.example.cn/\r\nHost: x", "form"),
        ("https://学校.cn/", "form"),
        ("https://" + "a" * 500 + ".cn", "form"),
        ("https://127.0.0.1/", "private"),
        ("https://localhost/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://169.254.169.254/latest/meta-data", "private"),
        ("https://8.8.8.8/", ""),
    ],
)
def test_an_address_is_checked_before_it_is_kept(url: str, why: str) -> None:
    assert outgoing.wrong(url, local=False) == why


def test_this_machine_is_asked_only_where_that_is_set() -> None:
    heard: list[bytes] = []
    with peer(answering(ANSWER, heard)) as port:
        assert refused(f"http://127.0.0.1:{port}/") == "address"
        assert heard == []
        assert outgoing.post(f"http://127.0.0.1:{port}/x", b"{}", {"A": "b"}, local=True).status == 204
    assert heard[0].startswith(b"POST /x HTTP/1.1\r\n")


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1"])
def test_it_is_the_address_that_decides_not_how_it_is_written(host: str) -> None:
    heard: list[bytes] = []
    with peer(answering(ANSWER, heard)) as port:
        assert refused(f"https://{host}:{port}/") == "address"
    assert heard == []


@pytest.mark.parametrize("others", [[], ["8.8.8.8"]])
def test_a_name_that_resolves_into_our_network_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, others: list[str]
) -> None:
    """Whatever it resolved to before: what is looked up for the connection decides."""

    def resolve(host: str, port: int, **_more: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in [*others, "127.0.0.1"]
        ]

    heard: list[bytes] = []
    with peer(answering(ANSWER, heard)) as port:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        assert refused(f"https://rebound.example:{port}/") == "address"
    assert heard == []


def test_a_redirect_is_not_followed() -> None:
    heard: list[bytes] = []
    away = (
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d/other\r\nContent-Length: 0\r\n\r\n"
    )
    with peer(answering(ANSWER, heard)) as other, peer(answering(away % other)) as port:
        assert outgoing.post(f"http://127.0.0.1:{port}/", b"{}", {}, local=True).status == 307
    assert heard == []


def test_an_answer_that_trickles_in_takes_no_longer_than_it_may() -> None:
    over = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        try:
            while not over.wait(0.02):
                connection.sendall(b"X-Drop: 1\r\n")
        except OSError:
            pass  # it hung up, as it should

    with peer(talk) as port:
        assert refused(f"http://127.0.0.1:{port}/", local=True, patience=0.3) == "timeout"
        over.set()


def test_an_endless_body_is_not_read() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            pass  # it hung up, as it should

    with peer(talk) as port:
        assert outgoing.post(f"http://127.0.0.1:{port}/", b"{}", {}, local=True).status == 200


@pytest.mark.parametrize("nonsense", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 999999 x\r\n\r\n"])
def test_what_is_no_http_is_no_answer(nonsense: bytes) -> None:
    with peer(answering(nonsense)) as port:
        assert refused(f"http://127.0.0.1:{port}/", local=True) == "connection"


def test_without_tls_there_is_no_https() -> None:
    with peer(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        assert refused(f"https://127.0.0.1:{port}/", local=True) == "tls"


def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert refused(f"http://127.0.0.1:{unused.getsockname()[1]}/", local=True) == "connection"
