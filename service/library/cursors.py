"""Where a list goes on: the sort key and id of the last item shown, as one opaque string."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import TypeVar

from service.errors import FieldError, Invalid

T = TypeVar("T")

_ID = re.compile(r"[0-9a-z]{1,26}")


def encode(key: str | int, last_id: str) -> str:
    """The cursor after this item."""
    return base64.urlsafe_b64encode(f"{key}.{last_id}".encode()).decode().rstrip("=")


def decode(cursor: str, read: Callable[[str], T]) -> tuple[T, str]:
    """The sort key, as `read` understands it, and the id. Invalid for what `encode` did not make."""
    try:
        whole = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        key, _, last_id = whole.rpartition(".")
        if _ID.fullmatch(last_id) is None:
            raise ValueError(last_id)
        return read(key), last_id
    except (ValueError, OverflowError, OSError, binascii.Error) as error:
        raise Invalid(
            "翻页位置无效，请从第一页重新开始。",
            errors=[FieldError("cursor", "不是本服务给出的翻页位置。", "Not a cursor that was given here.")],
            english="This cursor is not valid. Begin with the first page.",
        ) from error
