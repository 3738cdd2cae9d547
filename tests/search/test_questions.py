"""Natural questions lead to what answers them (CMRC 2018, trial part), and what people type to the title they mean
(QBQTC, dev part)."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.library.relaxing import relax
from service.library.understanding import Understood, understand
from service.search import Document, Hits, Query, Soft
from service.search.embedded import Embedded
from tests.needs import need

QUESTIONS = 0.97
"""MRR@10 of 1,000 questions over 256 passages: measured .985; what finds nothing counts as 0."""
TITLES = 0.75
"""nDCG@10 of every 16th query over 19,317 titles."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Embedded]:
    made = Embedded(tmp_path)
    yield made
    made.close()


def first_ten(index: Embedded, text: str) -> tuple[str, ...]:
    """What a search for the text shows first, but for what SQL adds to the order."""

    def ask(meant: Understood, limit: int, only: frozenset[str] | None = None) -> Hits:
        soft = tuple(Soft(chip.field, chip.values, chip.words) for chip in meant.chips)
        return index.search(Query(text=meant.text, soft=soft, limit=limit, only=only))

    meant = understand(text)
    ids = ask(meant, 10).ids
    if not ids and (relaxed := relax(meant, ask)):
        ids = relaxed.ids or ask(relaxed.meant, 10).ids
    return ids[:10]


def document(ident: str, title: str = "", content: str = "") -> Document:
    return Document(id=ident, title=title, content=content, readers=("public",), revision=1, updated_at=0)


def test_a_question_leads_to_the_passage_that_answers_it(index: Embedded) -> None:
    source = need("data") / "retrieval/cmrc2018/cmrc2018_trial.json"
    articles = json.loads(source.read_text(encoding="utf-8"))["data"]
    passages = [passage for article in articles for passage in article["paragraphs"]]
    index.upsert(document(str(n), content=passage["context"]) for n, passage in enumerate(passages))
    ranks = []
    for n, passage in enumerate(passages):
        for asked in filter(None, (qa["question"] for qa in passage["qas"])):
            ids = first_ten(index, asked)
            ranks.append(1 / (ids.index(str(n)) + 1) if str(n) in ids else 0.0)
    assert len(ranks) >= 1000
    assert sum(ranks) / len(ranks) >= QUESTIONS


def test_what_people_type_leads_to_the_title_they_mean(index: Embedded) -> None:
    source = need("data") / "retrieval/qbqtc/dev.json"
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    titles = {title: str(n) for n, title in enumerate(dict.fromkeys(row["title"] for row in rows))}
    index.upsert(document(ident, title) for title, ident in titles.items())
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        grades[row["query"]][titles[row["title"]]] = int(row["label"])
    gains = []
    for query in list(grades)[::16]:
        known = grades[query]
        if best := discounted(sorted(known.values(), reverse=True)):
            gains.append(discounted([known.get(ident, 0) for ident in first_ten(index, query)]) / best)
    assert len(gains) > 800
    assert sum(gains) / len(gains) >= TITLES


def discounted(labels: list[int]) -> float:
    """The discounted cumulative gain of the first ten (Järvelin and Kekäläinen 2002; gains 2^label - 1)."""
    return sum((2**label - 1) / math.log2(place + 2) for place, label in enumerate(labels[:10]))
