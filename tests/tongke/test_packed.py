"""Archives of many files as they come: what is none is refused."""

import pytest

from tongke import Damaged
from tongke.packed import Unpacking


@pytest.mark.parametrize("block", [b"x" * 512, b"\xff" * 600, b"a" * 100 + b"\0" * 412])
def test_what_is_no_archive_is_damaged(block: bytes) -> None:
    with pytest.raises(Damaged):
        Unpacking({}, lambda name: None, None).write(block)
