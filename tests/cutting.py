"""A line that breaks: a forwarder on loopback that closes each connection after so many bytes, as often as it is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

BLOCK = 16 * 1024


@dataclass
class Line:
    """`url` leads to the server. The next `cuts` connections break after `after` bytes in one direction."""

    url: str
    target: int
    cuts: int = 0
    after: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self, times: int, after: int) -> None:
        """Break the next connections."""
        with self._lock:
            self.cuts, self.after = times, after

    def _limit(self) -> int | None:
        with self._lock:
            if self.cuts == 0:
                return None
            self.cuts -= 1
            return self.after

    def carry(self, caller: socket.socket) -> None:
        """Both directions of one connection, until it ends or breaks."""
        limit = self._limit()
        with caller, socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=_pump, args=(server, caller, limit))
            back.start()
            _pump(caller, server, limit)
            back.join()


def _pump(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    left = limit
    with suppress(OSError):
        while block := source.recv(BLOCK if left is None else min(BLOCK, left)):
            target.sendall(block)
            if left is not None:
                left -= len(block)
                if left <= 0:
                    break
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting(port: int) -> Iterator[Line]:
    """A line to the server at this port; good until it is told to cut."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line(f"http://127.0.0.1:{listener.getsockname()[1]}", port)
        threads: list[threading.Thread] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    caller, _address = listener.accept()
                    threads.append(threading.Thread(target=line.carry, args=(caller,)))
                    threads[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield line
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for thread in threads:
                thread.join()
