"""What only the store of files in a folder can be asked: a full disk, a crash half-way, nothing left lying about."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.storage import ObjectExists, StoreDown
from service.storage.local import LocalObjects

LIMIT = 64 * 1024
FILL = """
import resource, sys
from pathlib import Path
from service.storage import StoreFull
from service.storage.local import LocalObjects

def refused(action, *arguments):
    try:
        action(*arguments)
    except StoreFull:
        return True
    return False

limit = int(sys.argv[2])
objects = LocalObjects(Path(sys.argv[1]))
handle = objects.stage("files/one")
first = objects.append(handle, [], b"abc", 1)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
print(refused(objects.put, "k", [b"x" * 1000] * 100), refused(objects.append, handle, [first], b"x" * limit, 2))
part = objects.append(handle, [first], b"def", 3)
objects.finish(handle, [first, part])
objects.put("small", [b"x" * limit])
"""


def files(folder: Path) -> set[str]:
    """Every file below, but for those of the finished objects."""
    return {path.name for part in ("staged", "temporary") for path in (folder / part).iterdir()}


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path)


def read(objects: LocalObjects, key: str) -> bytes:
    with objects.open(key) as source:
        return source.read()


def test_a_full_disk_is_told_and_leaves_nothing_behind(objects: LocalObjects) -> None:
    """A limit on the size of files stands in for the full disk: the write fails half-way in the same place."""
    answer = subprocess.run(
        [sys.executable, "-c", FILL, str(objects.folder), str(LIMIT)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split() == ["True", "True"]
    assert [stat.key for stat in objects.list()] == ["files/one", "small"]
    assert read(objects, "files/one") == b"abcdef"
    assert files(objects.folder) == set()


def test_writes_leave_no_other_files(objects: LocalObjects) -> None:
    objects.put("k", [b"x"])
    with pytest.raises(ObjectExists):
        objects.put("k", [b"y"])
    handle = objects.stage("files/one")
    objects.finish(handle, [objects.append(handle, [], b"abc", 1)])
    objects.discard(objects.stage("files/two"))
    assert files(objects.folder) == set()


def test_what_a_crash_left_half_written_goes_once_it_is_old(objects: LocalObjects) -> None:
    kept = objects.stage("files/kept")
    lost = objects.stage("files/lost")
    objects.append(lost, [], b"abc", 1)
    (objects.folder / "temporary" / "half").write_bytes(b"half")
    objects.tidy(0, [kept])
    assert files(objects.folder) == {"files_kept", "files_lost", "half"}

    objects.tidy(2**62, [kept])
    assert files(objects.folder) == {"files_kept"}


def test_a_crash_after_the_object_has_its_name_is_finished_by_the_next_call(objects: LocalObjects) -> None:
    handle = objects.stage("files/one")
    part = objects.append(handle, [], b"abc", 1)
    (staged,) = (objects.folder / "staged").iterdir()
    kept = objects.folder / "kept"
    os.link(staged, kept)
    first = objects.finish(handle, [part])
    os.rename(kept, staged)
    assert objects.finish(handle, [part]) == first
    assert files(objects.folder) == set()


def test_another_object_of_the_same_size_is_not_taken_for_the_upload(objects: LocalObjects) -> None:
    objects.put("files/one", [b"xyz"])
    handle = objects.stage("files/one")
    part = objects.append(handle, [], b"abc", 1)
    with pytest.raises(ObjectExists):
        objects.finish(handle, [part])
    assert read(objects, "files/one") == b"xyz"


def test_nobody_else_on_the_machine_may_look_inside(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path / "store")
    objects.put("k", [b"x"])
    for folder in (path for path in objects.folder.rglob("*") if path.is_dir()):
        assert folder.stat().st_mode & 0o077 == 0, folder


def test_a_folder_that_is_gone_is_told(objects: LocalObjects) -> None:
    os.rename(objects.folder / "objects", objects.folder / "elsewhere")
    with pytest.raises(StoreDown):
        objects.check()
