"""`tongke check`: findings by kind, shares of the whole, and going on after it was interrupted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from service.library import checking
from service.library.checking import Finding, Mark, Part
from service.models import File
from tests import stacks
from tests.factories import Library, library


def check(made: Library, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command on the library's folder, as an operator runs it."""
    program = Path(sys.executable).with_name("tongke")
    folder = made.backends.settings.data_dir
    return subprocess.run(
        [str(program), "check", "--data", str(folder), *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **stacks.environment(folder)},
    )


def library_of(folder: Path, number: int) -> tuple[Library, list[str]]:
    """A library with so many files, in the index; ids of the files."""
    made = library(folder)
    ident = made.draft("t_helper")
    ids = [made.attach("t_helper", ident, f"{n}.txt", b"file %d" % n) for n in range(number)]
    return made, ids


def spoil(made: Library, file_id: str) -> None:
    with made.backends.reading() as work:
        key = work.session.get_one(File, file_id).object_key
    made.backends.objects.delete(key)
    made.backends.objects.put(key, [b"XXXX 0"])


def test_a_sound_library_has_no_findings(tmp_path: Path) -> None:
    made, _ids = library_of(tmp_path, 3)
    done = check(made)
    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["没有发现问题。"])
    assert done.stdout.startswith("核对了 3 个附件（每秒 ")
    made.close()


def test_the_gravest_kind_gives_the_exit_code(tmp_path: Path) -> None:
    made, ids = library_of(tmp_path, 3)
    spoil(made, ids[1])
    done = check(made)
    assert done.returncode == checking.EXIT["damaged"] == 4
    assert f"damaged: {ids[1]}" in done.stderr
    with made.backends.reading() as work:
        made.backends.objects.delete(work.session.get_one(File, ids[0]).object_key)
    done = check(made)
    assert done.returncode == checking.EXIT["missing"] == 3
    assert "发现 2 处问题" in done.stdout
    made.close()


def test_parts_cover_the_whole_and_do_not_overlap(tmp_path: Path) -> None:
    made, ids = library_of(tmp_path, 12)
    for ident in ids:
        spoil(made, ident)
    found = [
        [
            finding.subject
            for finding in checking.check(made.backends.reading, made.backends.writing, Mark(f"{n}/3"))
        ]
        for n in (1, 2, 3)
    ]
    assert sorted(ident for part in found for ident in part) == sorted(ids)
    assert len({len(part) for part in found}) <= 3
    made.close()


@pytest.mark.parametrize("words", ["0/3", "4/3", "x", "1/", "-1/2"])
def test_what_is_no_part_is_refused(words: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- its words are the input
        Part.parse(words)


def test_an_interrupted_check_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "BATCH", 2)
    made, ids = library_of(tmp_path, 7)
    spoil(made, ids[0])
    spoil(made, ids[6])
    marks: list[Mark] = []
    going = checking.check(
        made.backends.reading,
        made.backends.writing,
        Mark("1/1"),
        lambda mark: marks.append(Mark(**json.loads(json.dumps(mark.as_json())))),
    )
    assert next(going).subject == ids[0]
    going.close()
    left = marks[-1]
    assert (left.after, left.done, [one["subject"] for one in left.findings]) == (ids[1], 2, [ids[0]])
    with made.backends.reading() as work:
        assert work.session.get_one(File, ids[3]).checked_at is None
    rest = [finding.subject for finding in checking.check(made.backends.reading, made.backends.writing, left)]
    assert rest == [ids[6]]
    made.close()


def test_the_command_takes_up_the_mark_of_the_last_one(tmp_path: Path) -> None:
    made, ids = library_of(tmp_path, 3)
    known = Finding("damaged", "earlier", "found before")
    mark = Mark(
        "1/1", after=ids[2], done=3, findings=[{"kind": known.kind, "subject": "earlier", "detail": ""}]
    )
    (tmp_path / "check.json").write_text(json.dumps(mark.as_json()))
    done = check(made)
    assert "接着上次：已核对 3 个附件，发现 1 处问题" in done.stdout
    assert done.returncode == checking.EXIT["damaged"]
    assert not (tmp_path / "check.json").exists()
    assert check(made, "--fresh").returncode == 0
    made.close()
