"""Both engines give the same answer: ids, totals and counts of every query of a generated set, and nearly the same order."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.library.understanding import understand
from service.search import Document, Index, Query, Soft
from service.search.embedded import Embedded
from tests import stacks

DOCUMENTS, QUERIES = 600, 1200
OVERLAP = 0.6
"""Of the first ten, on average over the queries that find more than ten: each engine orders by its own rules."""
PHRASES = (
    "三年级上册语文第三单元", "秋天的雨", "秋天的怀念", "草船借箭", "部编版五年级下册", "教学设计", "教案", "课件", "二次函数的图象", "有理数的加法",
    "勾股定理", "Unit 3 What time is it", "PM2.5的浓度", "用IC卡付款", "2022年的课标", "第3单元", "第Ⅲ单元", "第十二课", "初一数学",
    "五·四学制", "人教版", "鲁教版六年级英语", "高一化学必修1", "水的循环", "水", "春", "測量與統計", "ＰＰＴ課件下載", "植物的光合作用", "x²+1=0",
    "HIF-1α", "C/S结构", "电流 电压", "汽车发动机拆装", "工作页", "小学道德与法治", "信息科技", "café au lait", "ガイド", "한국어", "𠮷野家",
    "zhejiang", "zoo", "yes", "年级组长", "体育与健康", "示范课", "阿基米德定律", "浮力", "家庭作业",
)  # fmt: skip
GAPS = ("，", "。", " ", "\n", "、", "：", "", "的", "（", "）", "-")
HOSTILE = (
    '"', '""', "'", '"秋天', '秋天"', '-秋天', '秋天 -雨', '"秋天的雨"', "\\", "秋天\\", "\x00", "秋\x00天", "秋天\u200b", "\u202e雨", "*", "秋*", "(秋天)",
    "a:b^2~", "[a TO z]", "AND OR NOT", "秋天 OR 雨", "😀", "👩‍👩‍👧 雨", "\ud800", "，。！", "-", "--", "雨" * 3000, "ab" * 3000, "a " * 4000,
    "<script>", "'; DROP TABLE", "_", "z0079", "yz79cb5929", "zh" + "0" * 64, "id IN [x]", "%", "ﷺ", "㎡", "½", "ＩＣ卡",
)  # fmt: skip
READERS = ("public", "school:a", "school:b", "pair:1", "team:x", "person:7")
VALUES = {
    "kind": ("lesson_case", "joint_course"),
    "grade": tuple(str(n) for n in range(1, 13)),
    "subject": ("chinese", "maths", "english", "physics"),
    "edition": ("tongbian", "renjiao", "lujiao"),
    "volume": ("1", "2", "required-1"),
    "type": ("lesson_plan", "slides", "video"),
    "school": ("01abc", "01abd"),
    "year": ("2024", "2025"),
}


def sentence(chosen: random.Random, most: int) -> str:
    return "".join(
        chosen.choice(PHRASES) + chosen.choice(GAPS) for _ in range(chosen.randint(1, most))
    ).strip()


def documents(chosen: random.Random) -> Iterator[Document]:
    for n in range(DOCUMENTS):
        yield Document(
            id=f"d{n:04}",
            title=sentence(chosen, 2),
            readers=tuple(chosen.sample(READERS, chosen.randint(1, 3))),
            revision=n,
            updated_at=1_700_000_000_000_000 + n,
            summary=sentence(chosen, 4) if chosen.random() < 0.5 else "",
            content=sentence(chosen, 12),
            tags=tuple(chosen.sample(PHRASES, chosen.randint(0, 3))),
            credits=("林海燕 青岛市实验小学",) if chosen.random() < 0.3 else (),
            texts=tuple(sentence(chosen, 20) for _ in range(chosen.randint(0, 3))),
            title_order=f"{chosen.random():.6f}",
            facets={name: (chosen.choice(codes),) for name, codes in VALUES.items() if chosen.random() < 0.8},
        )


def piece(chosen: random.Random) -> str:
    """Of a phrase: some characters of it, or all."""
    whole = chosen.choice(PHRASES)
    start = chosen.randrange(len(whole))
    return chosen.choice((whole, whole[start : start + chosen.randint(1, 5)]))


def queries(chosen: random.Random) -> Iterator[Query]:
    sounds = (
        "qt",
        "qiutian",
        "qiu tian",
        "zh",
        "jiaoan",
        "unit",
        "uni",
        "zo",
        "caochuan",
        "ccjj",
        "yes",
        "cafe",
        "PPT",
    )
    for n in range(QUERIES):
        values: dict[str, Any] = {
            "readers": frozenset(chosen.sample(READERS, chosen.randint(1, 4))),
            "facets": tuple(chosen.sample(list(VALUES), 3)),
            "limit": DOCUMENTS,
        }
        if chosen.random() < 0.4:
            name = chosen.choice(list(VALUES))
            values["filters"] = {name: tuple(chosen.sample(VALUES[name], 2))}
        if chosen.random() < 0.2:
            values["excluded"] = frozenset(f"d{chosen.randrange(DOCUMENTS):04}" for _ in range(30))
        if chosen.random() < 0.05:
            values["only"] = frozenset(f"d{chosen.randrange(DOCUMENTS):04}" for _ in range(100))
        if chosen.random() < 0.1:
            values["hidden_from"] = frozenset(chosen.sample(READERS, 2))
        kind = n % 6
        if kind in (0, 1):
            values["text"] = " ".join(piece(chosen) for _ in range(kind + 1))
        elif kind == 2:
            meant = understand(" ".join(chosen.choice(PHRASES) for _ in range(chosen.randint(1, 3))))
            values["text"] = meant.text
            values["soft"] = tuple(Soft(chip.field, chip.values, chip.words) for chip in meant.chips)
        elif kind == 3:
            values["text"] = chosen.choice(HOSTILE)
        elif kind == 4:
            values["text"], values["heads"] = chosen.choice((*sounds, piece(chosen))), chosen.random() < 0.5
        else:
            values["text"] = chosen.choice(("", piece(chosen)))
            values["soft"] = (
                Soft("grade", ("3",), ("三年级", "没有词典的词")), Soft("unit", (), (piece(chosen), "第三单元")),
            )[: chosen.randint(1, 2)]  # fmt: skip
        yield Query(**values)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Index]]:
    folder = tmp_path_factory.mktemp("agree")
    both = Embedded(Path(folder)), stacks.meilisearch(folder)
    for engine in both:
        with engine.rebuild() as fresh:
            fresh.upsert(documents(random.Random(11)))
    yield both
    for engine in both:
        engine.close()


def test_ids_totals_and_counts_are_the_same(engines: tuple[Index, Index]) -> None:
    embedded, server = engines
    different, found = [], 0
    for query in queries(random.Random(7)):
        first, second = embedded.search(query), server.search(query)
        found += bool(first.total)
        if (set(first.ids), first.total, first.facets) != (set(second.ids), second.total, second.facets):
            different.append((query.text, query.soft, query.heads, first.total, second.total))
    assert found > QUERIES / 2
    assert different == []


def test_the_first_ten_are_mostly_the_same(engines: tuple[Index, Index]) -> None:
    shares = []
    for query in queries(random.Random(7)):
        first, second = (engine.search(query).ids for engine in engines)
        if query.text and len(first) > 10:
            shares.append(len(set(first[:10]) & set(second[:10])) / 10)
    assert len(shares) > 100
    assert sum(shares) / len(shares) >= OVERLAP


@pytest.mark.parametrize("sort", ["newest", "oldest", "title"])
def test_a_sort_is_the_same(engines: tuple[Index, Index], sort: Any) -> None:
    for text in ("秋天", "教案", "", "qiutian"):
        query = Query(text=text, sort=sort, limit=50, readers=frozenset(READERS))
        first, second = (engine.search(query).ids for engine in engines)
        assert first == second
