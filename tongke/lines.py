"""Connections for the bytes of files alone. httpx hands them on in pieces of 64 kB and copies each several times, which for
a whole library is most of what its copy costs; `http.client` of the standard library reads them into one buffer."""

import http.client
import ssl
from contextlib import suppress
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

from tongke.calls import Sink
from tongke.drive import BLOCK

OWN = frozenset({"verify", "cert", "timeout", "trust_env"})
"""Options of httpx.Client that these connections keep to; with any other one, bytes come through httpx."""
_PORTS = {"http": 80, "https": 443}
"""Always said: of an IPv6 address without one, http.client takes the last part for it."""


def direct(url: httpx.URL, options: dict[str, Any]) -> bool:
    """Whether such connections may go to the library: not through a proxy, nor a transport that somebody chose."""
    if not options.keys() <= OWN:
        return False
    proxies = getproxies() if options.get("trust_env", True) else {}
    return not (url.scheme in proxies or "all" in proxies) or bool(proxy_bypass(url.host))


class Lines:
    """Connections to one library, each used by one thread at a time and kept for the next answer."""

    def __init__(self, url: httpx.URL, timeout: httpx.Timeout, options: dict[str, Any]) -> None:
        self._url, self._timeout = url, timeout
        self._context: ssl.SSLContext | None = None
        if url.scheme == "https":
            of_tls = {name: options[name] for name in ("verify", "cert", "trust_env") if name in options}
            self._context = httpx.create_ssl_context(**of_tls)
        self._idle: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    def bring(self, request: httpx.Request, sink: Sink) -> httpx.Response:
        """The answer; its body goes to the sink where it is one of 200 or 206, else it is in the answer. Raises
        httpx.TransportError, and what the sink raises."""
        line, answer = self._answer(request)
        try:
            head: dict[str, Any] = {
                "status_code": answer.status,
                "headers": answer.getheaders(),
                "request": request,
            }
            if answer.status in (200, 206):
                found = httpx.Response(**head)
                sink.begin(found)
                block = memoryview(bytearray(BLOCK))
                while size := _read(answer, block, request):
                    sink.write(block[:size])
            else:
                found = httpx.Response(**head, content=_rest(answer, request))
        except BaseException:
            line.close()
            raise
        if answer.will_close:
            line.close()
        else:
            self._idle.append(line)
        return found

    def _answer(self, request: httpx.Request) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """A connection on which the head of the answer has come. One that was idle may be closed by now: then another."""
        while True:
            line, fresh = self._line(request)
            try:
                line.request(
                    request.method, request.url.raw_path.decode("ascii"), headers=dict(request.headers)
                )
                return line, line.getresponse()
            except (OSError, http.client.HTTPException) as error:
                line.close()
                if fresh or isinstance(error, TimeoutError):  # who does not answer was not closed
                    raise httpx.ReadError(str(error), request=request) from error

    def _line(self, request: httpx.Request) -> tuple[http.client.HTTPConnection, bool]:
        """An idle connection, else (True) a new one."""
        with suppress(IndexError):
            return self._idle.pop(), False
        host, port = self._url.raw_host.decode("ascii"), self._url.port or _PORTS[self._url.scheme]
        line = (
            http.client.HTTPConnection(host, port, timeout=self._timeout.connect)
            if self._context is None
            else http.client.HTTPSConnection(host, port, timeout=self._timeout.connect, context=self._context)
        )
        try:
            line.connect()
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        line.sock.settimeout(self._timeout.read)
        return line, True


def _read(answer: http.client.HTTPResponse, block: memoryview, request: httpx.Request) -> int:
    """The next bytes into the block; how many, 0 at the end."""
    try:
        size = answer.readinto(block)
    except (OSError, http.client.HTTPException) as error:
        raise httpx.ReadError(str(error), request=request) from error
    if not size and answer.length:  # http.client takes that for an end
        raise httpx.RemoteProtocolError("the connection ended before the answer", request=request)
    return size


def _rest(answer: http.client.HTTPResponse, request: httpx.Request) -> bytes:
    try:
        return answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise httpx.ReadError(str(error), request=request) from error
