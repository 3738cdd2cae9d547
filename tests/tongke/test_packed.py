"""Archives of many files as they come: what is none is refused."""

import hashlib
import tarfile
from pathlib import Path

import pytest

from tongke import Damaged, Wanted
from tongke.packed import Unpacking


@pytest.mark.parametrize("block", [b"x" * 512, b"\xff" * 600, b"a" * 100 + b"\0" * 412])
def test_what_is_no_archive_is_damaged(block: bytes) -> None:
    with pytest.raises(Damaged):
        Unpacking({}, lambda name: None, None).write(block)


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("name", ["x", "else"])
def test_a_size_below_nothing_is_damaged_and_not_looked_for_without_end(tmp_path: Path, name: str) -> None:
    wanted = {"x": Wanted(tmp_path / "x", 5, "")}
    with pytest.raises(Damaged):
        Unpacking(wanted, lambda name: None, None).write(_head(name, -600) + b"y" * 100)


def test_a_file_of_another_size_than_was_told_is_passed_over_and_what_follows_comes(tmp_path: Path) -> None:
    came = list[str]()
    sha256 = hashlib.sha256(b"right").hexdigest()
    wanted = {name: Wanted(tmp_path / name, 5, sha256) for name in ("large", "x")}
    taken = Unpacking(wanted, came.append, None)
    taken.write(_head("large", 1 << 40) + b"y" * 1000)
    taken.close()
    assert list(tmp_path.iterdir()) == []
    taken = Unpacking(wanted, came.append, None)
    taken.write(_head("large", 600) + b"y" * 1024 + _head("x", 5) + b"right".ljust(512, b"\0"))
    assert came == ["x"]
    assert (tmp_path / "x").read_bytes() == b"right"
