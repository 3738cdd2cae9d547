"""A school's resources leave one library and arrive in another: whole, once, and open to nobody who could not see them."""

import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from service.errors import Invalid, NotFound, Unavailable
from service.library import exporting, listing, resources, sharing, versions
from service.library.importing import Report, run
from service.models import File, Organisation, Partnership, Resource
from tests import stacks
from tests.factories import Library, library

TONGKE = [sys.executable, "-c", "from service.cli import main; main()"]
PLAN = "教学目标：认识秋天。".encode()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path / "here")
    yield found
    found.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Library]:
    """Another library: the same places, other ids."""
    found = library(tmp_path / "there")
    yield found
    found.close()


def published(made: Library, title: str = "秋天的雨", *audiences: str, **fields: Any) -> str:
    resource_id = made.draft(
        "t_helper", title, content="# 教学过程", tags=["识字"], subject="chinese", **fields
    )
    made.attach("t_helper", resource_id, "教案.txt", PLAN + title.encode())
    for audience in audiences:
        made.share("t_helper", resource_id, audience)
    with made.writing("t_helper") as work:
        versions.submit(work, resource_id)
    with made.writing("a_helper") as work:
        versions.publish(work, resource_id)
    return resource_id


def export(made: Library, folder: Path, school: str = "helper") -> Path:
    with made.backends.reading() as work:
        found = exporting.gather(work, work.session.get_one(Organisation, made.schools[school]), seen=False)
        with found.lines:
            exporting.write(work, found, folder)
    return folder


def carry(other: Library, folder: Path, name: str = "t_helper") -> Report:
    caller = other.caller(name)
    return run(
        other.backends.reading, other.backends.writing, folder, caller, school_id=caller.school_id or ""
    )


def arrived(other: Library, name: str | None = "t_helper") -> dict[str, dict[str, Any]]:
    """Title → resource, of what this person sees."""
    with other.reading(name) as work:
        ids = [item["id"] for item in listing.page(work, limit=200).items]
        found = [resources.view(work, ident)[0] for ident in ids]
    return {item["title"]: item for item in found}


def coded(library: Library, **codes: str) -> None:
    with library.backends.writing() as work:
        for name, code in codes.items():
            work.session.get_one(Organisation, library.schools[name]).code = code


def told(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / exporting.MANIFEST).read_bytes())
    return found


def test_what_arrives_is_what_left(made: Library, other: Library, tmp_path: Path) -> None:
    resource_id = published(made, "秋天的雨", "public")
    published(made, "公园里的树")
    folder = export(made, tmp_path / "export")

    report = carry(other, folder)

    assert (report.created, report.refused) == (2, [])
    with made.reading("t_helper") as work:
        before, _etag = resources.view(work, resource_id)
    after = arrived(other)["秋天的雨"]
    same = ("kind", "title", "content", "tags", "subject", "credits", "status", "language", "grade")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["id"] != resource_id
    assert after["key"] == resource_id
    (file,) = after["files"]
    assert (file["name"], file["sha256"]) == ("教案.txt", before["files"][0]["sha256"])
    assert "秋天的雨" in arrived(other, None)
    assert "公园里的树" not in arrived(other, None)


def test_an_import_that_is_repeated_adds_nothing(made: Library, other: Library, tmp_path: Path) -> None:
    published(made)
    folder = export(made, tmp_path / "export")
    carry(other, folder)
    again = carry(other, export(made, folder))
    assert (again.created, again.known) == (0, 1)


def test_the_checksums_are_those_that_sha256sum_knows(made: Library, tmp_path: Path) -> None:
    published(made)
    folder = export(made, tmp_path / "export")
    subprocess.run(
        ["sha256sum", "--check", "--strict", exporting.SUMS], cwd=folder, check=True, capture_output=True
    )


def test_an_export_that_is_repeated_writes_no_file_again(made: Library, tmp_path: Path) -> None:
    published(made)
    folder = export(made, tmp_path / "export")
    (path,) = [path for path in (folder / "files").rglob("*") if path.is_file()]
    before = path.stat().st_ino
    export(made, folder)
    assert path.stat().st_ino == before


def test_drafts_grants_to_persons_and_links_stay_and_are_counted(made: Library, tmp_path: Path) -> None:
    made.draft("t_helper", "还在写")
    resource_id = published(made, "秋天的雨", f"person:{made.people['t_lonely']}")
    made.share("a_helper", resource_id, "link")
    folder = export(made, tmp_path / "export")
    assert told(folder)["left_out"]["drafts"] == 1
    assert told(folder)["left_out"]["links"] == 1
    assert told(folder)["left_out"]["persons"] >= 1
    lines = (folder / exporting.LINES).read_text(encoding="utf-8")
    assert "还在写" not in lines
    assert made.people["t_lonely"] not in lines
    assert "link:" not in lines


def test_a_school_is_found_by_its_code_and_a_partnership_by_its_sides(
    made: Library, other: Library, tmp_path: Path
) -> None:
    codes = {"helper": "3702000001", "aided": "3717000001", "lonely": "3717000002"}
    coded(made, **codes)
    coded(other, **codes)
    published(made, "给学校", f"school:{made.schools['lonely']}")
    published(made, "给结对", f"pair:{made.pairs['school']}")
    published(made, "给结对城市", f"pair:{made.pairs['city']}")
    published(made, "给市", "city:371700")
    report = carry(other, export(made, tmp_path / "export"))
    assert report.left_out == []
    assert set(arrived(other, "t_lonely")) == {"给学校", "给结对城市", "给市"}
    assert set(arrived(other, "t_aided")) == {"给结对", "给结对城市", "给市"}
    assert set(arrived(other, "t_second")) == {"给结对城市"}


def test_an_audience_that_does_not_exist_there_is_left_out_and_named(
    made: Library, other: Library, tmp_path: Path
) -> None:
    published(made, "给团队", f"team:{made.teams['team']}")
    published(made, "给结对", f"pair:{made.pairs['school']}")
    published(made, "给学校", f"school:{made.schools['lonely']}")
    report = carry(other, export(made, tmp_path / "export"))
    assert report.created == 3
    assert sorted(what for _place, what in report.left_out) == [
        "共享给 helper 小学–aided 小学",
        "共享给 lonely 小学",
        f"共享给 team:{made.teams['team']}",
    ]
    for name in ("t_aided", "t_lonely", "t_second", None):
        assert arrived(other, name) == {}
    assert len(arrived(other)) == 3


def test_a_partnership_that_has_ended_there_opens_nothing(
    made: Library, other: Library, tmp_path: Path
) -> None:
    codes = {"helper": "3702000001", "aided": "3717000001"}
    coded(made, **codes)
    coded(other, **codes)
    published(made, "给结对", f"pair:{made.pairs['school']}")
    with other.backends.writing() as work:
        work.session.get_one(Partnership, other.pairs["school"]).status = "ended"
    report = carry(other, export(made, tmp_path / "export"))
    assert len(report.left_out) == 1
    assert arrived(other, "t_aided") == {}


def test_what_the_own_school_could_not_read_it_does_not_read_there(
    made: Library, other: Library, tmp_path: Path
) -> None:
    resource_id = published(made, "只给结对", "public")
    with made.writing("a_helper") as work:
        for grant in sharing.listing(work, resource_id):
            if grant["audience"] in (f"school:{made.schools['helper']}", "public"):
                sharing.take_back(work, resource_id, grant["id"])
    assert "只给结对" not in arrived(made, "a_helper")
    carry(other, export(made, tmp_path / "export"))
    assert "只给结对" not in arrived(other, "a_helper")


def test_the_work_that_it_was_adapted_from_is_found_or_named(
    made: Library, other: Library, tmp_path: Path
) -> None:
    source = published(made, "原作")
    made_from = published(made, "改编")
    with made.backends.writing() as work:
        work.session.get_one(Resource, made_from).adapted_from = source
    folder = export(made, tmp_path / "export")
    report = carry(other, folder)
    assert report.left_out == []
    found = arrived(other)
    assert found["改编"]["adapted_from"] == found["原作"]["id"]


def test_a_damaged_file_is_not_exported(made: Library, tmp_path: Path) -> None:
    resource_id = published(made)
    with made.backends.writing() as work:
        file = work.session.query(File).filter_by(resource_id=resource_id).one()
        work.objects.delete(file.object_key)
        work.objects.put(file.object_key, [b"x" * file.size])
    with pytest.raises(Unavailable):
        export(made, tmp_path / "export")
    assert not (tmp_path / "export" / exporting.MANIFEST).exists()


def test_a_withheld_file_stays(made: Library, tmp_path: Path) -> None:
    resource_id = published(made)
    with made.backends.writing() as work:
        work.session.query(File).filter_by(resource_id=resource_id).one().withheld = "virus X"
    folder = export(made, tmp_path / "export")
    assert told(folder)["left_out"]["files"] == 1
    assert told(folder)["files"] == 0


# What an export may not do to the library that reads it --------------------------------------------------------------


def line(folder: Path, **changes: Any) -> None:
    """Change the only line of an export."""
    path = folder / exporting.LINES
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes), encoding="utf-8")


def test_bytes_that_are_not_those_of_the_list_are_refused(
    made: Library, other: Library, tmp_path: Path
) -> None:
    published(made)
    folder = export(made, tmp_path / "export")
    (path,) = [path for path in (folder / "files").rglob("*") if path.is_file()]
    path.write_bytes(PLAN[::-1])
    report = carry(other, folder)
    assert report.created == 0
    assert "与清单不符" in report.refused[0][1]
    assert arrived(other) == {}


@pytest.mark.parametrize("escape", ["../secret.txt", "/etc/hostname", "link.txt"])
def test_no_file_from_outside_the_folder_is_read(
    made: Library, other: Library, tmp_path: Path, escape: str
) -> None:
    published(made)
    folder = export(made, tmp_path / "export")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    file = {
        "path": escape, "name": "x.txt", "sha256": sha256(b"secret").hexdigest(), "shows_children": "no", "alt": ""
    }  # fmt: skip
    line(folder, files=[file])
    report = carry(other, folder)
    assert (report.created, len(report.refused)) == (0, 1)


@pytest.mark.parametrize(
    "grants",
    [
        [{"audience": "person:01j00000000000000000000000", "role": "manager"}],
        [{"audience": "link:01j00000000000000000000000", "role": "viewer"}],
        [{"audience": "public", "role": "manager"}],
        [{"audience": "public", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}],
        [{"audience": "everybody"}],
        [{"audience": ["public"]}],
        [{"audience": "pair:x", "sides": [{"id": 1}, {"code": {}}]}],
        [{}],
    ],
)
def test_a_grant_that_makes_no_sense_opens_nothing(
    made: Library, other: Library, tmp_path: Path, grants: list[dict[str, Any]]
) -> None:
    published(made)
    folder = export(made, tmp_path / "export")
    line(folder, grants=grants)
    report = carry(other, folder)
    assert (report.created, len(report.left_out)) == (1, 1)
    assert arrived(other, None) == {}
    assert arrived(other, "a_helper") == {}


def test_an_export_of_another_release_is_refused(made: Library, other: Library, tmp_path: Path) -> None:
    published(made)
    folder = export(made, tmp_path / "export")
    manifest = told(folder) | {"version": 2}
    (folder / exporting.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(Invalid):
        carry(other, folder)


# The archive of the school's administrator ---------------------------------------------------------------------------


def archive(made: Library, name: str, school: str = "helper") -> zipfile.ZipFile:
    with made.reading(name) as work:
        bundle = exporting.archive(work, made.schools[school])
        return zipfile.ZipFile(BytesIO(b"".join(bundle.blocks)))


def test_an_administrator_gets_what_she_sees_as_an_archive_that_can_be_imported(
    made: Library, other: Library, tmp_path: Path
) -> None:
    published(made, "秋天的雨")
    hidden = published(made, "收回的")
    with made.writing("a_helper") as work:
        for grant in sharing.listing(work, hidden):
            if grant["audience"] == f"school:{made.schools['helper']}":
                sharing.take_back(work, hidden, grant["id"])
    found = archive(made, "a_helper")
    assert found.testzip() is None
    found.extractall(tmp_path / "unpacked")
    assert told(tmp_path / "unpacked")["left_out"]["unseen"] == 1
    report = carry(other, tmp_path / "unpacked")
    assert report.created == 1
    assert set(arrived(other)) == {"秋天的雨"}


@pytest.mark.parametrize(("name", "school"), [("t_helper", "helper"), ("a_aided", "helper")])
def test_nobody_else_gets_a_schools_archive(made: Library, name: str, school: str) -> None:
    with made.reading(name) as work, pytest.raises(NotFound):
        exporting.archive(work, made.schools[school])


def _killed(
    chance: random.Random, begun: Callable[[], bool], command: list[str], env: dict[str, str]
) -> None:
    """Begin a command, and kill it soon after it has begun to do something."""
    with subprocess.Popen(
        [*TONGKE, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env
    ) as process:
        while process.poll() is None and not begun():
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.3))
        process.kill()


@pytest.mark.slow
def test_killed_at_random_an_export_and_an_import_end_whole_and_once(
    made: Library, other: Library, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    titles, chance, folder = {f"第{n}课" for n in range(30)}, random.Random(7), tmp_path / "export"
    for title in titles:
        published(made, title)
    leaves = ["export", made.schools["helper"], str(folder)]
    here = os.environ | stacks.environment(made.backends.settings.data_dir)
    arrives = ["import", str(folder), "--no-wait", "--as", "t_helper"]
    there = os.environ | stacks.environment(other.backends.settings.data_dir)
    for _n in range(request.config.getoption("--kills")):
        _killed(chance, folder.exists, leaves, here)
    subprocess.run([*TONGKE, *leaves], check=True, capture_output=True, env=here)
    subprocess.run(
        ["sha256sum", "--check", "--strict", exporting.SUMS], cwd=folder, check=True, capture_output=True
    )
    assert not list(folder.glob("**/*.part"))
    for _n in range(request.config.getoption("--kills")):
        before = len(arrived(other))
        _killed(chance, lambda before=before: len(arrived(other)) > before, arrives, there)  # type: ignore[misc]
    subprocess.run([*TONGKE, *arrives], check=True, capture_output=True, env=there)
    with other.reading("t_helper") as work:
        items = listing.page(work, limit=200).items
    assert sorted(item["title"] for item in items) == sorted(titles)
    assert all(len(found["files"]) == 1 for found in arrived(other).values())
