"""A request to an address that somebody else chose: never to a machine of our own network, however its name is made to
resolve, and never for longer than it may take.

The name is resolved where the connection is made, and that very address is connected to, so that nothing lies between the
check and the use (DNS rebinding, OWASP SSRF Prevention). Redirects are not followed, bodies of answers are not read.
"""

import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpcore

PATIENCE = 10.0
"""Seconds for the whole request, from the connection to the answer's head."""
LONGEST = 500
"""Characters of an address."""
_EMBEDDING = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
)
"""IPv6 that stands for an IPv4 behind a gateway: NAT64, 6to4, Teredo, compatible addresses."""


class Unreachable(Exception):
    """There was no answer. `reason` is address (it may not be asked), connection, tls or timeout."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status alone."""

    status: int
    took_ms: int


def public(address: str) -> bool:
    """Whether this IP address is one of the internet's, not of this machine or a private network."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return public(str(found.ipv4_mapped))
        if any(found in network for network in _EMBEDDING):
            return False
    return found.is_global and not found.is_multicast


def loopback(address: str) -> bool:
    """Whether it is this machine itself."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def wrong(url: str, *, local: bool) -> str:
    """Why this may not be the address of a request: empty, `form`, `scheme` (https is needed) or `private`. `local`: this
    machine may be asked too, without TLS. A name is looked up only when it is connected to."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except ValueError:  # UnicodeError is one
        return "form"
    if not host or "@" in parts.netloc or parts.fragment or len(url) > LONGEST or not url.isascii():
        return "form"
    if any(character <= " " or character == "\x7f" for character in url):
        return "form"
    here = host == "localhost" or (_is_ip(host) and loopback(host))
    if parts.scheme != "https" and not (local and here and parts.scheme == "http"):
        return "scheme"
    if here:
        return "" if local else "private"
    return "private" if _is_ip(host) and not public(host) else ""


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, local: bool = False, patience: float = PATIENCE
) -> Answer:
    """POST, and the status of the answer. Raises Unreachable."""
    if wrong(url, local=local):
        raise Unreachable("address")
    begun = monotonic()
    backend = _Bounded(begun + patience, local=local)
    sent = [*headers.items(), ("Content-Length", str(len(body))), ("Connection", "close")]
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=ssl.create_default_context(), network_backend=backend, http1=True, http2=False
            ) as pool,
            pool.stream("POST", url, headers=sent, content=body) as answer,
        ):
            return Answer(answer.status, round((monotonic() - begun) * 1000))
    except httpcore.TimeoutException as error:
        raise Unreachable("timeout") from error
    except ssl.SSLError as error:
        raise Unreachable("tls") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        cause = error.__cause__ or error.__context__
        raise Unreachable("tls" if isinstance(cause, ssl.SSLError) else "connection") from error


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Bounded(httpcore.NetworkBackend):
    """Connects to public addresses alone, and lets nothing take longer than until `over`."""

    def __init__(self, over: float, *, local: bool) -> None:
        self._over = over
        self._local = local
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """To the first address of the name; Unreachable where any of its addresses may not be asked: a name that has both
        kinds is meant to deceive."""
        found = _addresses(host, port)
        if not all(public(address) or (self._local and loopback(address)) for address in found):
            raise Unreachable("address")
        left = _left(self._over, httpcore.ConnectTimeout)
        return _Stream(
            self._real.connect_tcp(found[0], port, left, local_address, socket_options), self._over
        )


class _Stream(httpcore.NetworkStream):
    """A connection whose every step has what is left of the whole time: bytes that trickle in do not lengthen it."""

    def __init__(self, real: httpcore.NetworkStream, over: float) -> None:
        self._real = real
        self._over = over

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._real.read(max_bytes, _left(self._over, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._real.write(buffer, _left(self._over, httpcore.WriteTimeout))

    def close(self) -> None:
        self._real.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self._over, httpcore.ConnectTimeout)
        return _Stream(self._real.start_tls(ssl_context, server_hostname, left), self._over)

    def get_extra_info(self, info: str) -> Any:
        return self._real.get_extra_info(info)


def _left(over: float, late: type[httpcore.TimeoutException]) -> float:
    left = over - monotonic()
    if left <= 0:
        raise late
    return left
