"""The promises of `service.search.Index`, asked of every engine. Another engine joins by a factory in tests/stacks.py."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.search import FACETS, MAX_TERMS, Document, Index, Query, Soft
from tests import stacks


@pytest.fixture(params=stacks.ENGINES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    with stacks.engine(request.param, tmp_path / "index") as made:
        yield made


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


def test_what_holders_of_other_tokens_find_can_be_left_out(index: Index) -> None:
    index.upsert(
        [
            document("a", "古诗", readers=("pair:1",), facets={"grade": ("1",)}),
            document("b", "古诗", readers=("pair:1", "school:1"), facets={"grade": ("1",)}),
            document("c", "古诗", readers=("school:1",)),
            document("d", "散文", readers=("pair:1",)),
        ]
    )
    new, old = frozenset({"pair:1"}), frozenset({"public", "school:1"})
    hits = index.search(Query(text="古诗", readers=new, hidden_from=old, facets=("grade",)))
    assert (hits.ids, hits.total, hits.facets) == (("a",), 1, {"grade": {"1": 1}})
    assert found(index, "", readers=new, hidden_from=old) == {"a", "d"}
    many = old | {f"pair:{n}" for n in range(2, 300)}
    assert found(index, "古诗", readers=new, hidden_from=many) == {"a"}


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


def test_facets_are_counted_of_what_is_found_or_would_be_without_their_own_filter(index: Index) -> None:
    index.upsert(
        document(f"d{n}", "课" if n < 9 else "文", facets={"grade": (str(n % 3),), "subject": ("maths",)})
        for n in range(12)
    )
    query = Query(text="课", filters={"grade": ("1",)}, facets=("grade", "subject"))
    hits = index.search(query)
    assert hits.total == 3
    assert hits.facets == hits.facets == {"grade": {"0": 3, "1": 3, "2": 3}, "subject": {"maths": 3}}
    assert index.search(Query(text="课")).facets == {}
    nothing = index.search(Query(text="，", facets=("grade",)))
    assert (nothing.total, nothing.facets) == (0, {"grade": {}})


def test_what_begins_with_a_sound_can_be_asked_for_alone(index: Index) -> None:
    index.upsert([document("a", "秋天的雨"), document("b", "金色的秋天"), document("c", "课件 qiutian")])
    assert found(index, "qiutian", heads=True) == {"a", "b", "c"}
    assert found(index, "qiutian", heads=True, begins=True) == {"a", "c"}
    assert found(index, "qt", begins=True) == {"a"}
    assert found(index, "秋天", begins=True) == {"a", "b"}


@pytest.mark.parametrize("name", FACETS)
def test_each_facet_filters_and_counts(index: Index, name: str) -> None:
    index.upsert(
        [
            document("a", "课", facets={name: ("x",)}),
            document("b", "课", facets={name: ("x", "y-1.0")}),
            document("c", "课"),
        ]
    )
    hits = index.search(Query(text="课", facets=(name,)))
    assert (hits.total, hits.facets) == (3, {name: {"x": 2, "y-1.0": 1}})
    assert found(index, "课", filters={name: ("y-1.0",)}) == {"b"}
    assert found(index, "课", filters={name: ("y-1.0", "x")}) == {"a", "b"}
    assert found(index, "课", filters={name: ("z",)}) == set()


def test_counts_tell_only_of_what_the_caller_may_find(index: Index) -> None:
    index.upsert(
        [
            document("a", "课", facets={"school": ("s1",)}),
            document("b", "课", readers=("person:7",), facets={"school": ("s2",)}),
        ]
    )
    hits = index.search(Query(text="课", facets=("school",), filters={"school": ("s1", "s2")}))
    assert (hits.total, hits.facets["school"]) == (1, {"s1": 1})


def test_only_the_names_that_are_asked_for_are_counted(index: Index) -> None:
    index.upsert([document("a", "课", facets={"grade": ("1",)})])
    assert index.search(Query()).facets == {}
    assert index.search(Query(text="没有", facets=("grade",))).facets == {"grade": {}}


def test_a_query_may_be_narrowed_to_some_ids(index: Index) -> None:
    index.upsert(document(f"d{n}", "课", facets={"grade": (str(n % 2),)}) for n in range(20))
    some = frozenset({"d1", "d2", "d3", "gone"})
    hits = index.search(Query(text="课", only=some, excluded=frozenset({"d3"}), facets=("grade",)))
    assert (set(hits.ids), hits.total, hits.facets) == ({"d1", "d2"}, 2, {"grade": {"0": 1, "1": 1}})
    assert index.search(Query(only=frozenset())).total == 0


def test_an_exclusion_of_five_hundred_is_exact(index: Index) -> None:
    index.upsert(document(f"d{n}", "课") for n in range(600))
    hits = index.search(Query(text="课", excluded=frozenset(f"d{n}" for n in range(500)), limit=5))
    assert (len(hits.ids), hits.total) == (5, 100)


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
        ("体育课", "體育", True),
        ("体育课", "育体", False),
        ("水", "水", True),
        ("共８课时", "8课时", True),
        ("共18课时", "8课时", False),
        ("第1课", "1", True),
        ("第11课", "1", False),
        ("测量(二)", "量二", False),
        ("C语言", "c语言", True),
        ("用ABC语言", "C语言", False),
        ("《春》", "春", True),
        ("𠮷野家", "𠮷野", True),
        ("ｶﾞｲﾄﾞ", "ガイド", False),
        ("x²+1", "x2", True),
        ("第㈠课", "第(一)课", True),
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


def test_an_empty_text_finds_everything_and_bare_punctuation_nothing(index: Index) -> None:
    index.upsert(document(ident, "课") for ident in "ab")
    assert found(index, "") == found(index, "  \n") == {"a", "b"}
    assert found(index, "，。") == set()


def test_words_beyond_the_tenth_are_not_asked_for(index: Index) -> None:
    words = [f"词{letter}" for letter in "abcdefghijkl"]
    index.upsert([document("a", " ".join(words[:MAX_TERMS]))])
    assert found(index, " ".join(words)) == {"a"}
    assert found(index, " ".join(reversed(words))) == set()


def test_a_phrase_joins_no_two_fields(index: Index) -> None:
    index.upsert([document("a", "春天", summary="5来了", tags=("物理", "实验"), credits=("林海", "燕子"))])
    for joined in ("春天5来了", "天5", "理实", "物理实验", "海燕", "来了物理"):
        assert found(index, joined) == set(), joined


def test_a_title_ranks_before_the_text(index: Index) -> None:
    index.upsert(
        [
            document("a", "别的", content="浮力" * 3),
            document("b", "浮力"),
            document("c", "别的", summary="浮力"),
        ]
    )
    assert index.search(Query(text="浮力")).ids[0] == "b"


def test_a_soft_condition_is_met_by_metadata_or_by_words(index: Index) -> None:
    third = {"grade": ("3",)}
    index.upsert(
        [
            document("metadata", "秋天的雨", facets=third),
            document("title", "三年级的秋天", facets={"grade": ("4",)}),
            document("text", "秋天", content="3年级上册"),
            document("neither", "秋天", content="年级三", facets={"grade": ("13",)}),
            document("other", "冬天", facets=third),
        ]
    )
    soft = Soft("grade", ("3",), ("三年级", "3年级"))
    assert found(index, "秋天", soft=(soft,)) == {"metadata", "title", "text"}
    assert found(index, "", soft=(soft,)) == {"metadata", "title", "text", "other"}
    assert found(index, "秋天", soft=(soft, Soft("unit", (), ("上册",)))) == {"text"}
    assert found(index, "", soft=(soft,), filters={"grade": ("3",)}) == {"metadata", "other"}
    assert index.search(Query(text="秋天", soft=(soft,), facets=("grade",))).facets == {
        "grade": {"3": 1, "4": 1}
    }


@pytest.mark.parametrize("query", ["qiutian", "qiu tian", "qiut", "tiande", "qt", "qtdy", "QiuTian"])
def test_latin_letters_alone_also_find_what_sounds_like_them_after_what_holds_them(
    index: Index, query: str
) -> None:
    index.upsert(
        [
            document("title", "秋天的雨"),
            document("tag", "别的", tags=("秋天的雨",)),
            document("text", "别的", content="秋天的雨"),
            document("literal", "别的", content=query),
        ]
    )
    assert index.search(Query(text=query)).ids[0] == "literal"
    assert found(index, query) == {"literal", "title", "tag"}
    assert found(index, f"{query} 雨") == set()


def test_what_begins_with_the_sound_ranks_before_what_holds_it(index: Index) -> None:
    index.upsert(
        [document("inside", "走进秋天"), document("begins", "《秋天》的雨"), document("none", "明天")]
    )
    for letters in ("qiutian", "qt"):
        assert index.search(Query(text=letters)).ids == ("begins", "inside")


def test_a_query_of_heads_leaves_the_text_out(index: Index) -> None:
    index.upsert(
        [
            document("title", "Unit 1 秋天的雨"),
            document("tag", "别的", tags=("秋天的雨",)),
            document("text", "别的", content="秋天的雨", texts=("Unit 1",)),
        ]
    )
    assert index.search(Query(text="秋天", heads=True)).ids == ("title", "tag")
    assert found(index, "uni", heads=True) == found(index, "unit", heads=True) == {"title"}
    assert found(index, "uni") == set()


def test_a_batch_that_was_sent_takes_effect_after_those_before_it(index: Index) -> None:
    receipts = [index.send([document("a", f"第{n}稿", revision=n)]) for n in range(1, 6)]
    receipts.append(index.send([document("b", "课")], gone=["a", "never"]))
    receipts.append(index.send([document("c", "课"), document("d", "课")], gone=["b"]))
    index.delete(["d"])
    assert not any(index.waits(receipt) for receipt in receipts)
    assert set(index.ids()) == {("c", 1)}


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
    assert index.search(Query(offset=100)).ids == ()


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest", "title"])
def test_pages_together_hold_each_match_once(index: Index, sort: Any) -> None:
    index.upsert(document(f"d{n:02}", "课", updated_at=n // 3, title_order=str(n // 3)) for n in range(50))
    pages = [index.search(Query(text="课", sort=sort, offset=start, limit=7)) for start in range(0, 56, 7)]
    assert sorted(ident for page in pages for ident in page.ids) == [f"d{n:02}" for n in range(50)]
    assert {page.total for page in pages} == {50}


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
        "a " * 5000,
        "👩‍👩‍👧 课",
        "\ud800",
        "\\",
        "[a TO z]",
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


def test_searches_go_on_while_it_is_rebuilt(index: Index) -> None:
    index.upsert([document("a", "课")])
    totals, done = set(), threading.Event()

    def keep_searching() -> None:
        while not done.is_set():
            totals.add(index.search(Query(text="课")).total)

    thread = threading.Thread(target=keep_searching)
    thread.start()
    try:
        for _ in range(10):
            with index.rebuild() as fresh:
                fresh.upsert([document("a", "课")])
    finally:
        done.set()
        thread.join()
    assert totals == {1}


@pytest.mark.parametrize("factory", stacks.ENGINES.values(), ids=stacks.ENGINES)
def test_what_was_written_is_there_when_it_is_opened_again(
    factory: Callable[[Path], Index], tmp_path: Path
) -> None:
    before = factory(tmp_path)
    with before.rebuild():
        pass
    before.upsert(document(ident, "课") for ident in "ab")
    before.delete(["a"])
    before.close()
    after = factory(tmp_path)
    assert after.fresh()
    after.check()
    assert list(after.ids()) == [("b", 1)]
    after.upsert([document("c", "课")])
    assert found(after, "课") == {"b", "c"}
    after.close()
