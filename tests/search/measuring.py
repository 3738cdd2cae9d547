"""How well a search finds what is known to be right, whichever engine answers: for the tests' floors and for
`scripts/bench/search_quality`, which prints them beside a Meilisearch that is fed the raw text."""

import json
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from service.library import finding, resources, vocabulary
from service.library.relaxing import relax
from service.library.understanding import Understood, understand
from service.search import Document, Hits, Index, Query, Soft, chinese
from service.search.chinese import fold
from service.work import Work
from tests.needs import need

HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
TEACHERS = Path(__file__).parent / "teachers_queries.tsv"


def document(ident: str, title: str = "", content: str = "") -> Document:
    """A document that everybody finds."""
    return Document(id=ident, title=title, content=content, readers=("public",), revision=1, updated_at=0)


def first_ten(index: Index, text: str) -> tuple[str, ...]:
    """What a search for the text shows first, but for what SQL adds to the order."""

    def ask(meant: Understood, limit: int, only: frozenset[str] | None = None) -> Hits:
        soft = tuple(Soft(chip.field, chip.values, chip.words) for chip in meant.chips)
        return index.search(Query(text=meant.text, soft=soft, limit=limit, only=only))

    meant = understand(text)
    ids = ask(meant, 10).ids
    if not ids and (relaxed := relax(meant, ask)):
        ids = relaxed.ids or ask(relaxed.meant, 10).ids
    return ids[:10]


@cache
def abstracts() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The texts of CSL (dev part) and their keywords."""
    lines = (need("data") / "retrieval/csl/kg_dev.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.rstrip("\n").split("\t") for line in lines)
    return tuple((row[1], tuple(row[2].split("_"))) for row in rows)


def literal(found: Callable[[str], set[str]]) -> tuple[float, float]:
    """Recall and precision over all keywords of CSL: `found` gives the numbers of the abstracts that an engine finds
    for one, right are those that hold it."""
    texts = [_plain(text) for text, _keywords in abstracts()]
    right = returned = relevant = 0
    for keyword in {word for _text, words in abstracts() for word in words if chinese.terms(word)}:
        needle = _plain(keyword)
        pattern = _literal(needle)
        expected = {str(n) for n, text in enumerate(texts) if needle in text and pattern.search(text)}
        got = found(keyword)
        right += len(expected & got)
        returned += len(got)
        relevant += len(expected)
    assert relevant > 5000
    return right / relevant, right / returned


def _literal(keyword: str) -> re.Pattern[str]:
    """Substring; where it begins or ends in a Latin letter or digit, at a word's boundary. Independent of `spans`."""
    word = f"[^\\W_{HAN}]"
    before = f"(?<!{word})" if re.match(word, keyword[0]) else ""
    after = f"(?!{word})" if re.match(word, keyword[-1]) else ""
    return re.compile(before + re.escape(keyword) + after)


def _plain(text: str) -> str:
    """Folded by the standard library alone; CSL is simplified Chinese."""
    return unicodedata.normalize("NFKC", text).lower().replace("•", "·")


@cache
def passages() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The passages of CMRC 2018 (trial part) and their questions."""
    source = need("data") / "retrieval/cmrc2018/cmrc2018_trial.json"
    articles = json.loads(source.read_text(encoding="utf-8"))["data"]
    return tuple(
        (passage["context"], tuple(filter(None, (asked["question"] for asked in passage["qas"]))))
        for article in articles
        for passage in article["paragraphs"]
    )


def reciprocal_rank(ten: Callable[[str], Sequence[str]]) -> float:
    """MRR@10 of CMRC's questions; what finds nothing counts as 0. Ids are the passages' numbers."""
    ranks = []
    for n, (_passage, questions) in enumerate(passages()):
        for question in questions:
            ids = list(ten(question))
            ranks.append(1 / (ids.index(str(n)) + 1) if str(n) in ids else 0.0)
    assert len(ranks) >= 1000
    return sum(ranks) / len(ranks)


@cache
def titles() -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Of QBQTC (dev part) title → id, and query → id → grade (0, 1, 2)."""
    source = need("data") / "retrieval/qbqtc/dev.json"
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    ids = {title: str(n) for n, title in enumerate(dict.fromkeys(row["title"] for row in rows))}
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        grades[row["query"]][ids[row["title"]]] = int(row["label"])
    return ids, grades


def cumulative_gain(ten: Callable[[str], Sequence[str]], every: int) -> float:
    """nDCG@10 over every so manieth query of QBQTC."""
    _ids, grades = titles()
    gains = []
    for query in list(grades)[::every]:
        known = grades[query]
        if best := _discounted(sorted(known.values(), reverse=True)):
            gains.append(_discounted([known.get(ident, 0) for ident in ten(query)]) / best)
    return sum(gains) / len(gains)


def _discounted(labels: list[int]) -> float:
    """The discounted cumulative gain of the first ten (Järvelin and Kekäläinen 2002; gains 2^label - 1)."""
    return sum((2**label - 1) / math.log2(place + 2) for place, label in enumerate(labels[:10]))


def lessons() -> Iterator[dict[str, Any]]:
    """The leaves of the tree subject → edition → volume → unit → lesson, as drafts; each with slides too."""
    tree = need("data") / "taxonomy/textbook-toc/subject-edition-grade-unit-lesson.json"
    nodes = {node["id"]: node for node in json.loads(tree.read_text(encoding="utf-8"))}
    parents = {node["pId"] for node in nodes.values()}
    for node in nodes.values():
        path, at = [], node
        while at["pId"] in nodes:
            path.insert(0, at["name"].strip())
            at = nodes[at["pId"]]
        if node["id"] not in parents and len(path) > 2 and path[-1]:
            found = {"kind": "lesson_case", "title": path[-1], "unit": path[-2], **_place(*path[:3])}
            yield found | {"type": "lesson_plan"}
            yield found | {"type": "slides"}


def _place(subject: str, edition: str, volume: str) -> dict[str, str]:
    """Metadata as the importer would set them."""
    guessed = vocabulary.guess(f"初中/{subject}/{edition}/{volume}/x")
    return {
        name: guessed[name] for name in ("stage", "grade", "subject", "edition", "volume") if name in guessed
    }


def write_lessons(work: Work) -> None:
    """All of them, as this caller's drafts."""
    for lesson in lessons():
        resources.create(work, lesson)


def success(five: Callable[[str], Sequence[dict[str, Any]]]) -> tuple[float, float, list[str]]:
    """Of the teachers' queries: the share that finds its lesson among the first five, that which finds it first, and
    the queries that do not find it. `five` gives what is shown: title, grade, subject."""
    rows = [line.split("\t") for line in TEACHERS.read_text(encoding="utf-8").splitlines()[1:]]
    assert len(rows) >= 200
    missed, first = list[str](), 0
    for query, title, *context in rows:
        wanted = set(context[0].split()) if context else set()
        good = [
            _letters(title) in _letters(item["title"]) and wanted <= {item["grade"], item["subject"]}
            for item in five(query)
        ]
        first += good[:1] == [True]
        if not any(good):
            missed.append(query)
    return 1 - len(missed) / len(rows), first / len(rows), missed


def shown(work: Work, query: str) -> Sequence[dict[str, Any]]:
    """The first five of the library's own search."""
    items: list[dict[str, Any]] = finding.search(work, query, per_page=5)["items"]
    return items


def _letters(text: str) -> str:
    return "".join(letter for letter in fold(text).text if letter.isalnum())
