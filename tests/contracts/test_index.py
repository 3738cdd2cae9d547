"""The promises of `service.search.Index`, asked of every engine. Another engine joins by adding a factory."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.search import FACETS, Document, Index, IndexDown, Query
from service.search.embedded import Embedded

FACTORIES: dict[str, Callable[[Path], Index]] = {"embedded": Embedded}


@pytest.fixture(params=FACTORIES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    made = FACTORIES[request.param](tmp_path / "index")
    yield made
    made.close()


def document(ident: str, title: str = "", **values: Any) -> Document:
    return Document(
        **{"id": ident, "title": title, "readers": ("public",), "revision": 1, "updated_at": 0, **values}
    )


def found(index: Index, text: str, **query: Any) -> set[str]:
    return set(index.search(Query(text=text, **query)).ids)


def test_only_holders_of_a_token_find_a_document(index: Index) -> None:
    index.upsert(
        [document("a", "古诗", readers=("school:1", "person:7")), document("b", "古诗", readers=("public",))]
    )
    assert found(index, "古诗") == {"b"}
    assert found(index, "古诗", readers=frozenset({"person:7"})) == {"a"}
    assert found(index, "古诗", readers=frozenset({"public", "school:1"})) == {"a", "b"}
    assert found(index, "古诗", readers=frozenset()) == set()


def test_counts_leave_out_a_names_own_filter(index: Index) -> None:
    index.upsert(
        document(
            f"d{n}", "课", facets={"grade": (str(n % 3),), "subject": ("chinese" if n % 2 else "maths",)}
        )
        for n in range(12)
    )
    hits = index.search(Query(filters={"grade": ("1",)}, facets=("grade", "subject")))
    assert hits.total == 4
    assert hits.facets["grade"] == {"0": 4, "1": 4, "2": 4}
    assert hits.facets["subject"] == {"chinese": 2, "maths": 2}
    several = index.search(Query(filters={"grade": ("1", "2"), "subject": ("maths",)}, facets=FACETS))
    assert several.total == 4
    assert several.facets["grade"] == {"0": 2, "1": 2, "2": 2}


def test_excluded_ids_are_neither_found_nor_counted(index: Index) -> None:
    index.upsert(document(ident, "课", facets={"grade": ("1",)}) for ident in "abc")
    hits = index.search(Query(text="课", excluded=frozenset({"b"}), facets=("grade",)))
    assert (set(hits.ids), hits.total, hits.facets["grade"]) == ({"a", "c"}, 2, {"1": 2})


@pytest.mark.parametrize(
    ("text", "query", "matches"),
    [
        ("三年级上册", "年级", True),
        ("春天,来了", "天来", False),
        ("春天 来了", "天来", False),
        ("課件下載", "课件", True),
        ("ＰＰＴ课件", "ppt", True),
        ("用IC卡付款", "IC卡", True),
        ("用VIC卡付款", "IC卡", False),
        ("2022年的课标", "2022年", True),
        ("2022年的课标", "022年", False),
        ("测PM2.5的浓度", "PM2.5", True),
        ("测PM2的5", "PM2.5", False),
        ("水的循环", "水", True),
        ("Rodrigues参数", "rodrigues", True),
        ("Rodrigues参数", "rod", False),
        ("五•四学制", "五·四", True),
    ],
)
def test_what_is_literal_is_found_and_nothing_else(
    index: Index, text: str, query: str, matches: bool
) -> None:
    index.upsert([document("a", "无关"), document("b", "无关", content=text)])
    assert found(index, query) == ({"b"} if matches else set())


def test_every_field_is_searched_and_all_terms_must_match(index: Index) -> None:
    index.upsert(
        [
            document(
                "a",
                "浮力",
                summary="阿基米德",
                tags=("物理",),
                credits=("林海燕",),
                texts=("第一页", "第二页排水"),
            ),
            document("b", "浮力"),
        ]
    )
    for word in ("浮力 阿基米德", "物理 林海燕", "排水 浮力"):
        assert found(index, word) == {"a"}
    assert found(index, "浮力 电流") == set()
    assert found(index, "页第") == set(), "a phrase joined across pages"


def test_a_title_ranks_before_the_text(index: Index) -> None:
    index.upsert(
        [
            document("a", "别的", content="浮力" * 3),
            document("b", "浮力"),
            document("c", "别的", summary="浮力"),
        ]
    )
    assert index.search(Query(text="浮力")).ids[0] == "b"


def test_an_upsert_replaces_and_the_newest_revision_of_a_batch_wins(index: Index) -> None:
    index.upsert([document("a", "旧的题目")])
    index.upsert([document("a", "新的题目", revision=3), document("a", "中间的题目", revision=2)])
    assert (found(index, "新的"), found(index, "旧的"), found(index, "中间")) == ({"a"}, set(), set())
    assert list(index.ids()) == [("a", 3)]
    index.delete(["a", "never"])
    assert found(index, "题目") == set()


def test_sorts_and_pages(index: Index) -> None:
    index.upsert(document(f"d{n}", "课", updated_at=n, title_order=chr(ord("z") - n)) for n in range(5))
    assert index.search(Query(sort="newest", limit=2)).ids == ("d4", "d3")
    assert index.search(Query(sort="newest", offset=2, limit=2)).ids == ("d2", "d1")
    assert index.search(Query(sort="oldest", limit=1)).ids == ("d0",)
    assert index.search(Query(sort="title", limit=5)).ids == ("d4", "d3", "d2", "d1", "d0")
    assert index.search(Query(offset=100)).total == 5


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "'; DROP TABLE",
        "-课",
        "课 OR *",
        "\x00课\x07",
        "😀",
        "(((",
        "课" * 5000,
        "a:b^2~",
        "\u202e",
        "，。！",
    ],
)
def test_hostile_words_are_only_words(index: Index, text: str) -> None:
    index.upsert([document("a", "课")])
    assert index.search(Query(text=text)).total in (0, 1)


def test_a_rebuild_swaps_in_when_it_is_whole(index: Index) -> None:
    index.upsert([document("old", "课")])
    with pytest.raises(ZeroDivisionError):
        _interrupted_rebuild(index)
    assert found(index, "课") == {"old"}
    with index.rebuild() as fresh:
        fresh.upsert([document("new", "课")])
        assert found(index, "课") == {"old"}, "searches go on over the old one"
    assert found(index, "课") == {"new"}
    index.upsert([document("newer", "课")])
    assert found(index, "课") == {"new", "newer"}


def _interrupted_rebuild(index: Index) -> None:
    with index.rebuild() as fresh:
        fresh.upsert([document("lost", "课")])
        raise ZeroDivisionError


def test_another_process_sees_a_commit_and_may_not_write(tmp_path: Path) -> None:
    index = Embedded(tmp_path)
    index.upsert([document("a", "课")])
    program = (
        "import sys; from pathlib import Path; from service.search import Query;"
        "from service.search.embedded import Embedded; index = Embedded(Path(sys.argv[1]));"
        "print(index.search(Query(text='课')).ids, index.writable())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "('a',) False"
    index.close()


def test_a_wiped_index_is_noticed(tmp_path: Path) -> None:
    index = Embedded(tmp_path / "index")
    assert not index.fresh()
    with index.rebuild():
        pass
    assert index.fresh()
    index.close()
    for path in (tmp_path / "index").glob("index-*"):
        shutil.rmtree(path)
    assert not Embedded(tmp_path / "index").fresh()
    with pytest.raises(IndexDown):
        Embedded(tmp_path / "index").search(Query(text="课"))
