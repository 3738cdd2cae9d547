"""Every keyword of 1,000 Chinese abstracts (CSL) finds the documents that hold it literally, and hardly any other."""

from service.search import Index, Query
from tests.search import measuring

FLOOR = 0.999


def test_literal_recall_and_precision_of_csl_keywords(index: Index) -> None:
    texts = measuring.abstracts()
    index.upsert(measuring.document(str(n), content=text) for n, (text, _keywords) in enumerate(texts))
    recall, precision = measuring.literal(
        lambda word: set(index.search(Query(text=word, limit=len(texts))).ids)
    )
    assert recall >= FLOOR
    assert precision >= FLOOR
