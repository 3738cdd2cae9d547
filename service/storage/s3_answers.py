"""What an S3 server answers, in the interface's words: its errors, and bodies that break off."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from service.storage import ObjectExists, ObjectMissing, StoreDown, StoreFull

SILENT = (ConnectTimeoutError, ReadTimeoutError)
_MISSING = frozenset({"NoSuchKey", "NoSuchUpload", "404"})
_EXISTS = frozenset(
    {
        "PreconditionFailed",
        "ConditionalRequestConflict",
        "412",
        "BucketAlreadyOwnedByYou",
        "BucketAlreadyExists",
    }
)
_FULL = frozenset({"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "507"})
OUTSIDE = frozenset({"InvalidRange", "416"})


class Stream(io.RawIOBase):
    """A body that is asked for once more where it breaks off, as when one node of several dies."""

    def __init__(self, get: Callable[[int], Any], start: int) -> None:
        self._get, self._position = get, start
        self._body = get(start)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        amount = None if size is None or size < 0 else size
        try:
            data: bytes = self._body.read(amount)
        except BotoCoreError:
            self._body.close()
            with translated("a body"):
                self._body = self._get(self._position)
                data = self._body.read(amount)
        self._position += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


def code(error: ClientError) -> str:
    """The server's word for what is wrong (AmazonS3/latest/API/ErrorResponses), else the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(what: str) -> Iterator[None]:
    """The store's errors in the interface's words."""
    try:
        yield
    except ClientError as error:
        known = code(error)
        if known in _MISSING:
            raise ObjectMissing(what) from error
        if known in _EXISTS:
            raise ObjectExists(what) from error
        if known in _FULL:
            raise StoreFull(str(error)) from error
        raise StoreDown(str(error)) from error
    except BotoCoreError as error:
        raise StoreDown(str(error)) from error
