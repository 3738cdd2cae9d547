"""A copy is carried on a disk to a school without a line."""

from pathlib import Path

import pytest

from service.mirror import carrying, lock
from service.storage.mirrored import Mirrored
from tests.api.api_client import Api
from tests.mirror.conftest import Copy, lesson
from tests.mirror.test_showing import shown


def _export(copy: Copy, disk: Path) -> int:
    with lock.held(copy.folder), copy.opened() as backends:
        assert isinstance(backends.objects, Mirrored)
        return carrying.export(backends, backends.objects, disk, lambda _done, _total: None)


def _import(disk: Path, copy: Copy) -> int:
    with lock.held(copy.folder), copy.opened() as backends:
        assert isinstance(backends.objects, Mirrored)
        backends.objects.prepare()
        return carrying.bring(backends, backends.objects, disk, lambda _done, _total: None)


@pytest.fixture
def far(api: Api, tmp_path: Path) -> Copy:
    """The copy of the school without a line."""
    return Copy(api, tmp_path / "far")


def test_what_is_carried_is_shown_and_found_there(api: Api, copy: Copy, far: Copy, tmp_path: Path) -> None:
    ident = lesson(api, "秋天的雨", b"words")
    copy.sync()
    assert _export(copy, tmp_path / "disk") == 1
    assert _import(tmp_path / "disk", far) == 1
    assert far.ids() == far.indexed() == {ident}
    assert far.bytes_of("秋天的雨.txt") == b"words"
    assert far.on_disk() == copy.on_disk()
    assert not list((tmp_path / "disk").glob("**/*.part"))
    assert not list((tmp_path / "disk").glob("**/access*"))


def test_the_next_time_what_is_new_comes_and_what_was_taken_back_goes_while_it_is_shown(
    api: Api, copy: Copy, far: Copy, tmp_path: Path
) -> None:
    first = lesson(api, "秋天的雨", b"words")
    copy.sync()
    _export(copy, tmp_path / "disk")
    _import(tmp_path / "disk", far)
    with shown(far) as http:
        assert http.get("/api/v1/search", params={"q": "秋天"}).json()["total"] == 1
        second = lesson(api, "荷花", b"lotus")
        assert api.person("a_helper").post(f"/resources/{first}/withdraw").status_code == 204
        api.library.clock.tick(days=1)
        copy.sync()
        _export(copy, tmp_path / "disk")
        _import(tmp_path / "disk", far)
        assert http.get("/api/v1/search", params={"q": "秋天"}).json()["total"] == 0
        assert http.get("/api/v1/search", params={"q": "荷花"}).json()["total"] == 1
    assert far.ids() == far.indexed() == {second}
    assert far.on_disk() == copy.on_disk()


def test_what_is_damaged_incomplete_or_older_is_refused(
    api: Api, copy: Copy, far: Copy, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    lesson(api, "秋天的雨", b"words")
    disk.mkdir()
    with pytest.raises(carrying.NotCarried, match="没有完整的副本"):
        _import(disk, far)
    with pytest.raises(carrying.NotCarried, match="还没有副本"):
        _export(far, disk)
    copy.sync()
    _export(copy, disk)
    [damaged] = (disk / "objects").glob("??/*")
    damaged.write_bytes(b"w0rds")
    with pytest.raises(carrying.NotCarried, match="已损坏"):
        _import(disk, far)
    assert far.ids() == far.on_disk() == set()
    damaged.write_bytes(b"words")
    _import(disk, far)
    api.library.clock.tick(days=1)
    far.sync()
    with pytest.raises(carrying.NotCarried, match="比带来的新"):
        _import(disk, far)
