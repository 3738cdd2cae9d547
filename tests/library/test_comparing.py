"""What changed between versions, for those who may read both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import NotFound
from service.library import comparing, files, resources, versions
from service.library.comparing import Line
from tests.factories import Library, library


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path)
    yield found
    found.close()


def publish(made: Library, ident: str) -> None:
    with made.writing("t_helper") as work:
        versions.submit(work, ident)
    with made.writing("a_helper") as work:
        versions.publish(work, ident)


def two_versions(made: Library) -> str:
    ident = made.draft("t_helper", summary="旧简介")
    made.attach("t_helper", ident, "教案.txt", b"one")
    made.attach("t_helper", ident, "旧.txt", b"old")
    publish(made, ident)
    with made.writing("t_helper") as work:
        resources.update(work, ident, {"summary": "新简介", "content": "# 目标"})
        for file in resources.view(work, ident, "draft")[0]["files"]:
            files.detach(work, ident, file["id"])
    made.attach("t_helper", ident, "教案.txt", b"two")
    made.attach("t_helper", ident, "新.txt", b"new")
    return ident


def test_fields_and_files_that_differ_are_named(made: Library) -> None:
    ident = two_versions(made)
    publish(made, ident)
    with made.reading("t_second") as work, pytest.raises(NotFound):
        comparing.pair(work, ident, "1", "2")
    with made.reading("t_helper") as work:
        found = comparing.steps(work, ident, versions.history(work, ident))
    assert list(found) == [2]
    assert found[2].older == 1
    assert found[2].fields == ("summary", "content")
    assert (found[2].added, found[2].removed, found[2].replaced) == (("新.txt",), ("旧.txt",), ("教案.txt",))


def test_a_draft_is_compared_only_for_those_who_may_read_it(made: Library) -> None:
    ident = two_versions(made)
    with made.reading("t_helper") as work:
        older, newer = comparing.pair(work, ident, "draft", "1")
        assert (older["version"], newer["version"]) == (1, 2)
    made.share("t_helper", ident, f"person:{made.people['t_second']}")
    with made.reading("t_second") as work:
        assert comparing.steps(work, ident, versions.history(work, ident)) == {}
        with pytest.raises(NotFound):
            comparing.pair(work, ident, "1", "2")


def test_equal_versions_have_no_changes(made: Library) -> None:
    ident = made.draft("t_helper")
    with made.reading("t_helper") as work:
        found, _etag = resources.view(work, ident)
    assert not comparing.between(found, found)


def test_changed_lines_stand_among_their_neighbours() -> None:
    before = "\n".join(str(n) for n in range(9))
    after = before.replace("4", "四")
    assert comparing.lines(before, after) == [
        Line("gap"),
        Line("kept", "2"),
        Line("kept", "3"),
        Line("removed", "4"),
        Line("added", "四"),
        Line("kept", "5"),
        Line("kept", "6"),
        Line("gap"),
    ]
    assert comparing.lines(before, before) == []
