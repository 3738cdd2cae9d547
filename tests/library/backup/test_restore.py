"""A library that is restored gives the same answers, on either stack, and passes the check."""

import json
from pathlib import Path

import pytest

from service.library import erasing
from service.library.backup import manifest, snapshots
from service.library.backup.making import make, prune, verify
from service.models import File, Resource
from service.settings import Settings
from service.storage.local import LocalObjects
from service.wiring import open_backends
from tests import stacks
from tests.library.backup.conftest import Source, answers, good, settings, tongke


def backed_up(source: Source, place: Path) -> str:
    """A backup by the command, read back; its snapshot."""
    said = good(tongke(source.made.backends.settings, "backup", str(place), "--verify"))
    return said.split()[1].split("：")[0]


def test_a_restored_library_gives_the_same_answers_and_passes_the_check(
    source: Source, tmp_path: Path
) -> None:
    backed_up(source, tmp_path / "backup")
    there = settings(tmp_path / "restored")
    good(tongke(there, "restore", str(tmp_path / "backup")))
    assert answers(source, there) == answers(source, source.made.backends.settings)
    assert "没有发现问题" in good(tongke(there, "check"))


def test_from_sqlite_to_postgresql_and_back(source: Source, tmp_path: Path) -> None:
    if stacks.chosen != "embedded":
        pytest.skip("the other stack's tests are restores of PostgreSQL already")
    (tmp_path / "servers").mkdir()
    servers = Settings(
        data_dir=tmp_path / "servers", database_url=stacks.postgres(tmp_path / "servers"), scanner="none"
    )
    backed_up(source, tmp_path / "backup")
    good(tongke(servers, "restore", str(tmp_path / "backup")))
    assert "没有发现问题" in good(tongke(servers, "check"))
    expected = answers(source, source.made.backends.settings)
    assert answers(source, servers) == expected
    good(tongke(servers, "backup", str(tmp_path / "second")))
    again = settings(tmp_path / "again")
    good(tongke(again, "restore", str(tmp_path / "second")))
    assert answers(source, again) == expected


def test_a_new_object_store_needs_no_bucket_before_the_restore(source: Source, tmp_path: Path) -> None:
    backed_up(source, tmp_path / "backup")
    there = settings(tmp_path / "restored", objects_url=stacks.new_bucket("minio"))
    good(tongke(there, "restore", str(tmp_path / "backup")))
    assert "没有发现问题" in good(tongke(there, "check"))


def test_a_place_that_holds_something_is_not_restored_into(source: Source, tmp_path: Path) -> None:
    backed_up(source, tmp_path / "backup")
    refused = tongke(source.made.backends.settings, "restore", str(tmp_path / "backup"))
    assert (refused.returncode, "只能恢复到空的地方" in refused.stderr) == (1, True)
    nothing = tongke(settings(tmp_path / "new"), "restore", str(tmp_path / "nowhere"))
    assert (nothing.returncode, "没有完整的备份" in nothing.stderr) == (1, True)


def test_an_interrupted_restore_goes_on(source: Source, tmp_path: Path) -> None:
    place = tmp_path / "backup"
    snapshot = backed_up(source, place)
    there = settings(tmp_path / "restored")
    told = manifest(LocalObjects(place))
    backends = open_backends(there)
    backends.database.migrate(told.revision)
    backends.close()
    (there.data_dir / "restore.json").write_text(json.dumps({"snapshot": snapshot, "tables": []}))
    good(tongke(there, "restore", str(place)))
    assert answers(source, there) == answers(source, source.made.backends.settings)
    assert not (there.data_dir / "restore.json").exists()


def test_what_was_erased_after_a_backup_does_not_come_back(source: Source, tmp_path: Path) -> None:
    place = tmp_path / "backup"
    old = backed_up(source, place)
    with source.made.writing("platform") as work:
        erasing.erase(work, erasing.Erased(source.published, source.file), "监护人要求")
        erasing.erase(work, erasing.Erased(source.draft), "监护人要求")
    backed_up(source, place)
    there = settings(tmp_path / "restored")
    said = good(tongke(there, "restore", str(place), "--snapshot", old))
    assert "重新删除依法删除过的内容 2 处" in said
    backends = open_backends(there)
    with backends.reading() as work:
        assert work.session.get(Resource, source.draft) is None
        assert work.session.get(Resource, source.published) is not None
        assert work.session.get(File, source.file) is None
    backends.close()
    assert "没有发现问题" in good(tongke(there, "check"))


def test_a_second_backup_writes_only_what_is_new(source: Source, tmp_path: Path) -> None:
    place = LocalObjects(tmp_path / "backup")
    first = make(source.made.backends.reading, source.made.backends.writing, place)
    source.made.attach("t_aided", source.draft, "新.txt", b"new")
    second = make(source.made.backends.reading, source.made.backends.writing, place)
    assert (second.copied.new, second.copied.known) == (1, first.copied.new)
    assert snapshots(place) == [first.snapshot, second.snapshot]
    assert verify(place) == verify(place, first.snapshot) == []


def test_old_snapshots_go_with_what_only_they_needed(source: Source, tmp_path: Path) -> None:
    place = LocalObjects(tmp_path / "backup")
    make(source.made.backends.reading, source.made.backends.writing, place)
    with source.made.writing("platform") as work:
        erasing.erase(work, erasing.Erased(source.published), "监护人要求")
    last = make(source.made.backends.reading, source.made.backends.writing, place)
    assert prune(place, 1) == 1
    assert snapshots(place) == [last.snapshot]
    assert list(place.list("objects/")) == []
    assert verify(place) == []


def test_damage_in_a_backup_is_found_and_in_the_library_is_not_backed_up(
    source: Source, tmp_path: Path
) -> None:
    place = LocalObjects(tmp_path / "backup")
    make(source.made.backends.reading, source.made.backends.writing, place)
    with source.made.backends.reading() as work:
        key = work.session.get_one(File, source.file).object_key
    place.delete(f"objects/{key}")
    place.put(f"objects/{key}", ["秋天的雨，是一把锁钥。".encode()])
    assert [finding.kind for finding in verify(place)] == ["damaged"]
    store = source.made.backends.objects
    store.delete(key)
    store.put(key, [b"rot"])
    place.delete(f"objects/{key}")
    assert [
        finding.kind
        for finding in make(source.made.backends.reading, source.made.backends.writing, place).findings
    ] == ["damaged"]
    assert [finding.kind for finding in verify(place)] == ["missing"]
    with source.made.backends.reading() as work:
        assert work.session.get_one(File, source.file).withheld == "damaged"


@pytest.mark.parametrize("server", ["minio", "versitygw"])
def test_a_bucket_holds_a_backup_as_a_folder_does(source: Source, tmp_path: Path, server: str) -> None:
    place = stacks.bucket(server, tmp_path / "backup")
    good(tongke(source.made.backends.settings, "backup", place, "--verify"))
    there = settings(tmp_path / "restored")
    good(tongke(there, "restore", place))
    assert answers(source, there) == answers(source, source.made.backends.settings)


def test_nightly_backups_go_to_a_new_bucket_that_the_settings_name_and_old_ones_go(
    source: Source, tmp_path: Path
) -> None:
    library, place = source.made.backends.settings, f"{stacks.new_bucket('minio')}/tongke"
    good(tongke(library, "backup", "--keep", "1", place=place))
    source.made.attach("t_aided", source.draft, "新.txt", b"new")
    said = good(tongke(library, "backup", "--keep", "1", "--verify", place=place))
    assert "新写 1 个文件" in said
    assert "删除了 1 次更早的备份" in said
    there = settings(tmp_path / "restored")
    good(tongke(there, "restore", place=place))
    assert answers(source, there) == answers(source, library)
    assert "没有发现问题" in good(tongke(there, "check"))
