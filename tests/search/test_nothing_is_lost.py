"""Whatever words are taken for, no document that holds all that was typed is lost by it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.library.understanding import understand
from service.search import Document, Query, Soft
from service.search.embedded import Embedded

WORDS = (
    "三年级", "3年级", "三上", "四下", "年级", "上册", "下", "语文", "数学", "人教版", "部编", "初一", "五·四学制", "第三单元",
    "第03课", "必修第一册", "教案", "课件", "PPT", "政治", "高一", "秋天的雨", "的", "化学反应", "组", " ", "，", "·", "12", "IC卡",
)  # fmt: skip
QUERY = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map("".join)
DOCUMENTS = 3000


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    chosen = random.Random(7)
    made = Embedded(Path(tmp_path_factory.mktemp("index")))
    with made.rebuild() as fresh:
        fresh.upsert(
            Document(
                id=str(n), title="", content="".join(chosen.choices(WORDS, k=6)), readers=("public",),
                revision=1, updated_at=n,
            )
            for n in range(DOCUMENTS)
        )  # fmt: skip
    yield made
    made.close()


@settings(max_examples=400)
@given(query=QUERY)
def test_what_holds_every_typed_word_is_found_whatever_they_are_taken_for(
    index: Embedded, query: str
) -> None:
    literal = set(index.search(Query(text=query, limit=DOCUMENTS)).ids)
    meant = understand(query)
    soft = tuple(Soft(chip.field, chip.values, chip.words) for chip in meant.chips)
    found = set(index.search(Query(text=meant.text, soft=soft, limit=DOCUMENTS)).ids)
    if query.strip(" ，·"):
        assert literal <= found
