"""What only the embedded index can be asked: several processes over one folder, and a folder that is lost."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from service.search import Document, IndexDown, Query, Soft
from service.search.embedded import REMNANT, Embedded

ANSWER = """
import sys
from pathlib import Path
from service.search import Query
from service.search.embedded import REMNANT, Embedded
index = Embedded(Path(sys.argv[1]))
for line in sys.stdin:
    print(*sorted(index.search(Query(text=line.strip())).ids), index.writable(), flush=True)
"""
SEARCH_ON = """
import select, sys
from pathlib import Path
from service.search import Query
from service.search.embedded import REMNANT, Embedded
index, totals = Embedded(Path(sys.argv[1])), set()
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    totals.add(index.search(Query(text="课")).total)
print(totals)
"""
KILLED = """
import os, sys
from pathlib import Path
from service.search import Document, embedded
embedded.DURABLE = 2
with embedded.Embedded(Path(sys.argv[1])).rebuild() as fresh:
    for some in ("ab", "c"):
        fresh.send(Document(id=ident, title="课", readers=("public",), revision=1, updated_at=0) for ident in some)
    os._exit(0)
"""


def document(ident: str, revision: int = 1) -> Document:
    return Document(id=ident, title="课", readers=("public",), revision=revision, updated_at=0)


@contextmanager
def process(program: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process over the same folder."""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as running:
        yield running
    assert running.returncode == 0


def say(running: subprocess.Popen[str], line: str = "课") -> str:
    """Send a line and read the answer."""
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(line + "\n")
    running.stdin.flush()
    return running.stdout.readline().strip()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Embedded]:
    made = Embedded(tmp_path / "index")
    with made.rebuild() as fresh:
        fresh.upsert([document("a")])
    yield made
    made.close()


def test_another_process_sees_each_commit_and_each_rebuild_and_may_not_write(index: Embedded) -> None:
    with process(ANSWER, index.folder) as other:
        assert say(other) == "a False"
        index.upsert([document("b")])
        assert say(other) == "a b False"
        index.delete(["a"])
        assert say(other) == "b False"
        with index.rebuild() as fresh:
            fresh.upsert([document("c")])
            assert say(other) == "b False"
        assert say(other) == "c False"
        index.close()
        assert say(other) == "c True"


def test_a_rebuild_is_not_noticed_by_searches_of_another_process(index: Embedded) -> None:
    with process(SEARCH_ON, index.folder) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        for _ in range(30):
            with index.rebuild() as fresh:
                fresh.upsert([document("a")])
        assert say(other) == "{1}"


def test_what_metadata_or_title_tell_comes_before_what_the_text_tells(tmp_path: Path) -> None:
    plain = Document(
        id="text", title="秋天", content="3年级上册", readers=("public",), revision=1, updated_at=0
    )
    index = Embedded(tmp_path / "soft")
    with index.rebuild() as fresh:
        fresh.upsert(
            [
                replace(plain, id="metadata", title="秋天的雨", content="", facets={"grade": ("3",)}),
                replace(plain, id="title", title="三年级的秋天", content=""),
                plain,
            ]
        )
    soft = Soft("grade", ("3",), ("三年级", "3年级"))
    assert index.search(Query(text="秋天", soft=(soft,))).ids[-1] == "text"
    index.close()


def test_one_opener_writes_and_the_next_after_it(index: Embedded) -> None:
    second = Embedded(index.folder)
    assert (index.writable(), second.writable()) == (True, False)
    with pytest.raises(IndexDown):
        second.upsert([document("b")])
    with pytest.raises(IndexDown):
        second.delete(["a"])
    with pytest.raises(IndexDown), second.rebuild():
        pass
    index.close()
    second.upsert([document("b")])
    assert set(second.search(Query()).ids) == {"a", "b"}
    second.close()


def wipe(index: Embedded) -> None:
    for path in index.folder.glob("index-*"):
        shutil.rmtree(path)


def test_an_index_that_was_never_made_is_not_fresh(tmp_path: Path) -> None:
    index = Embedded(tmp_path / "index")
    assert not index.fresh()
    with pytest.raises(IndexDown):
        index.search(Query())
    with index.rebuild():
        pass
    assert index.fresh()
    assert index.search(Query()).total == 0
    index.close()


def test_a_wiped_index_is_noticed_by_who_has_it_open_and_by_who_opens_it(index: Embedded) -> None:
    wipe(index)
    for opened in (index, Embedded(index.folder)):
        assert not opened.fresh()
        with pytest.raises(IndexDown):
            opened.search(Query(text="课"))
        with pytest.raises(IndexDown):
            opened.check()
        with pytest.raises(IndexDown):
            list(opened.ids())


@pytest.mark.parametrize("what", ["index-*", "current", "*"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_write_does_not_pass_a_wiped_index_off_as_a_whole_one(
    index: Embedded, what: str, closed: bool
) -> None:
    if closed:
        index.close()
    for path in index.folder.glob(what):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    with pytest.raises(IndexDown):
        index.upsert([document("b")])
    assert not index.fresh()
    with index.rebuild() as fresh:
        fresh.upsert([document("a"), document("b")])
    assert (index.fresh(), index.search(Query(text="课")).total) == (True, 2)


def test_a_write_makes_no_index_where_the_name_of_the_one_in_use_is_garbage(index: Embedded) -> None:
    (index.folder / "current").write_text("{half")
    with pytest.raises(IndexDown):
        index.upsert([document("b")])
    assert not index.fresh()


def test_a_rebuild_heals_a_wiped_index(index: Embedded) -> None:
    wipe(index)
    with index.rebuild() as fresh:
        fresh.upsert([document("b")])
    assert index.fresh()
    assert index.search(Query(text="课")).ids == ("b",)
    index.upsert([document("c")])
    assert index.search(Query(text="课")).total == 2


def test_a_pointer_that_cannot_be_read_means_rebuild(index: Embedded) -> None:
    index.close()
    (index.folder / "current").write_text("{half")
    assert not index.fresh()


def test_an_index_of_another_analyser_is_not_fresh(index: Embedded) -> None:
    pointer = index.folder / "current"
    pointer.write_text(pointer.read_text().replace('"version": "', '"version": "0'))
    assert not index.fresh()


def test_an_index_that_is_slow_is_not_taken_for_a_lost_one(index: Embedded) -> None:
    answers = threading.Event()
    impatient = Embedded(index.folder, seconds=0.01)
    with pytest.raises(IndexDown):
        impatient._patience.ask(answers.wait)
    assert impatient.fresh()
    answers.set()
    impatient.close()


def test_a_rebuild_goes_on_with_what_one_that_was_killed_made_durable(index: Embedded) -> None:
    index.close()
    with process(KILLED, index.folder):
        pass
    with index.rebuild() as fresh:
        assert dict(fresh.ids()) == {"a": 1, "b": 1}
        fresh.send([document("b", revision=2), document("c")], ["b"])
    assert dict(index.ids()) == {"a": 1, "b": 2, "c": 1}
    with index.rebuild() as fresh:
        assert dict(fresh.ids()) == {}


@pytest.mark.parametrize("damage", ["old", "half"])
def test_a_rebuild_begins_anew_where_the_remnant_is_old_or_damaged(index: Embedded, damage: str) -> None:
    index.close()
    with process(KILLED, index.folder):
        pass
    (meta,) = index.folder.glob("filling-*/meta.json")
    if damage == "old":
        long_ago = meta.stat().st_mtime - REMNANT - 1
        os.utime(meta, (long_ago, long_ago))
    else:
        meta.write_text("{half")
    with index.rebuild() as fresh:
        assert dict(fresh.ids()) == {}


def test_a_rebuild_leaves_one_folder(index: Embedded) -> None:
    for _ in range(2):
        with index.rebuild():
            pass
    assert len(list(index.folder.glob("index-*"))) == 1
    with pytest.raises(ZeroDivisionError), index.rebuild():
        raise ZeroDivisionError
    assert len(list(index.folder.glob("index-*"))) == 1
