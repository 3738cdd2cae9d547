"""Extractors of libraries in one process, one after the other on one fork server: its start costs more than most tests."""

import atexit
import socket
import subprocess

from service.extract.sandbox import Extractor

_free: list[tuple["subprocess.Popen[bytes]", socket.socket]] = []
"""Servers that no library has at present, and how each is reached."""


class Lent(Extractor):
    """Has limits and a LibreOffice of its own; the children, too, are its own: the server forks one for each call."""

    @classmethod
    def like(cls, other: Extractor) -> "Lent":
        """With what another would do; that one has not been asked yet."""
        made = cls(other.limits, other.soffice, other.office, other.films)
        if _free:
            made._server, made._control = _free.pop()
        return made

    def close(self) -> None:
        """Leave the server to the next library, unless it died."""
        with self._lock:
            if self._server is not None and self._control is not None and self._server.poll() is None:
                _free.append((self._server, self._control))
                self._server = self._control = None
        super().close()


@atexit.register
def _end() -> None:
    for server, control in _free:
        control.close()
        server.wait()
