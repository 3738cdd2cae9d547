"""What can go wrong, each with what the library said."""

from typing import Any


class TongkeError(Exception):
    """Everything that this package raises by itself."""


class Problem(TongkeError):
    """The library refused (RFC 9457). `str()` is its sentence for people."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body.get("detail") or body.get("title") or f"HTTP {status}")
        self.status = status
        self.type: str = body.get("type", "about:blank")
        self.errors: list[dict[str, str]] = body.get("errors", [])
        """`{"field", "message"}` for input that is not accepted."""


class Outdated(Problem):
    """410: a cursor cannot be gone on from; begin without one and replace the copy. Or an upload has expired."""


class Unreachable(TongkeError):
    """No answer, after all tries."""


class Damaged(TongkeError):
    """The bytes that came are not those that were promised, also the second time; none of them are kept."""
