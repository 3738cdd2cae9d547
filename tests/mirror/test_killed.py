"""A mirror that is killed, wherever it is, ends exact: while it comes, while it follows, while it is carried on a disk.

`--kills 20`: each twenty times, which is what is promised."""

import hashlib
import os
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from service.models import Derived, File, Job, MirrorObject
from tests.api.api_client import Api
from tests.mirror.conftest import Copy, lesson
from tests.mirror.lessons import load

COMMAND = [sys.executable, "-c", "from service.cli import main; main()", "mirror"]


def _begin(api: Api, copy: Copy, limit: str, *options: str) -> subprocess.Popen[str]:
    access = {
        "TONGKE_CLIENT_ID": copy.access["client_id"],
        "TONGKE_CLIENT_SECRET": copy.access["client_secret"],
    }
    return subprocess.Popen(
        [*COMMAND, str(api.http.base_url), str(copy.folder), "--limit", limit, *options],
        env=os.environ | access | {"NO_PROXY": "*", "no_proxy": "*"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if options else subprocess.DEVNULL,
        text=True,
    )


def _killed(api: Api, copy: Copy, chance: random.Random) -> bool:
    """Whether the kill came before its end."""
    with _begin(api, copy, "4M") as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        try:
            process.wait(chance.uniform(0, 3))
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    return False


def _exact(copy: Copy, expected: set[str]) -> None:
    assert copy.ids() == copy.indexed() == expected
    with copy.opened() as backends, backends.reading() as work:
        states = set(work.session.scalars(select(col(MirrorObject.state)).distinct()))
        wanted = dict(work.session.execute(select(col(MirrorObject.key), col(MirrorObject.sha256))).all())
        assert states == {"kept"}
        keys = set(work.session.scalars(select(col(File.object_key)).where(col(File.withheld) == "")))
        keys |= set(work.session.scalars(select(col(Derived.object_key))))
        assert keys == wanted.keys()
        assert work.session.scalar(select(func.count()).select_from(Job)) == 0
    assert copy.on_disk() == set(wanted.values())
    assert list((copy.folder / "objects").glob("??/*.part")) == []
    for sha256 in copy.on_disk():
        found = hashlib.sha256((copy.folder / "objects" / sha256[:2] / sha256).read_bytes())
        assert found.hexdigest() == sha256


@pytest.mark.slow
def test_killed_at_random_it_ends_exact(
    api: Api, copy: Copy, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(7)
    lessons = [
        {
            "title": f"第{n}课",
            "files": {"实录.bin": chance.randbytes(300_000), "教案.txt": f"第{n}课".encode()},
        }
        for n in range(40)
    ]
    load(api, tmp_path / "lessons", lessons)
    ids = sorted(api.person("t_aided").ids("/resources", limit=200))
    gone = set[str]()
    kills = 0
    for number in range(request.config.getoption("--kills")):
        kills += _killed(api, copy, chance)
        gone.add(ids[number])
        assert api.person("a_helper").post(f"/resources/{ids[number]}/withdraw").status_code == 204
    with _begin(api, copy, "1G") as process:
        assert process.wait(300) == 0
    _exact(copy, set(ids) - gone)
    assert kills


@pytest.mark.slow
def test_killed_while_it_follows_it_goes_on_and_ends_when_it_is_told_to(
    api: Api, copy: Copy, request: pytest.FixtureRequest
) -> None:
    ids = set[str]()
    for number in range(request.config.getoption("--kills")):
        ids.add(lesson(api, f"第{number}课", f"第{number}课".encode()))
        with _begin(api, copy, "1G", "--follow") as process:
            _until_told(process, "新增或更新 1 份")
            ids.add(lesson(api, f"又一课{number}", f"又一课{number}".encode()))
            _until_told(process, "新增或更新 2 份")
            process.kill()
    with _begin(api, copy, "1G", "--follow") as process:
        ids.add(lesson(api, "末课", b"last"))
        _until_told(process, "新增或更新")
        process.terminate()
        assert process.wait(120) == 0
    copy.sync()
    _exact(copy, ids)


def _until_told(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    assert any(words in line for line in process.stderr), "it ended before"


@pytest.mark.slow
def test_killed_while_it_is_carried_it_arrives_exact(
    api: Api, copy: Copy, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance, disk = random.Random(7), tmp_path / "disk"
    lessons = [{"title": f"第{n}课", "files": {"实录.bin": chance.randbytes(200_000)}} for n in range(40)]
    load(api, tmp_path / "lessons", lessons)
    copy.sync()
    far = Copy(api, tmp_path / "far")
    for command, place in (
        (["export", str(copy.folder), str(disk)], disk),
        (["import", str(disk), str(far.folder)], far.folder),
    ):
        for _n in range(request.config.getoption("--kills")):
            with subprocess.Popen(
                [*COMMAND, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as process:
                while not (place / "objects").exists() and process.poll() is None:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(0.05)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0, 0.5))
                process.kill()
        subprocess.run([*COMMAND, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert far.on_disk() == copy.on_disk()
    assert not list(disk.glob("**/*.part"))
    _exact(far, copy.ids())
