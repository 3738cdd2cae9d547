"""Every keyword of 1,000 Chinese abstracts (CSL) finds the documents that hold it literally, and hardly any other."""

import re
import unicodedata
from pathlib import Path

from service.search import Document, Query, chinese
from service.search.embedded import Embedded
from tests.needs import need

FLOOR = 0.999
HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"


def literal(keyword: str) -> re.Pattern[str]:
    """Substring; where it begins or ends in a Latin letter or digit, at a word's boundary. Independent of `spans`."""
    word = f"[^\\W_{HAN}]"
    before = f"(?<!{word})" if re.match(word, keyword[0]) else ""
    after = f"(?!{word})" if re.match(word, keyword[-1]) else ""
    return re.compile(before + re.escape(keyword) + after)


def plain(text: str) -> str:
    """Folded by the standard library alone; CSL is simplified Chinese."""
    return unicodedata.normalize("NFKC", text).lower().replace("•", "·")


def test_literal_recall_and_precision_of_csl_keywords(tmp_path: Path) -> None:
    rows = [
        line.rstrip("\n").split("\t")
        for line in (Path(need("data")) / "retrieval/csl/kg_dev.tsv").read_text(encoding="utf-8").splitlines()
    ]
    texts = [plain(row[1]) for row in rows]
    index = Embedded(tmp_path)
    index.upsert(
        Document(id=str(n), title="", content=row[1], readers=("public",), revision=1, updated_at=n)
        for n, row in enumerate(rows)
    )
    right = returned = relevant = 0
    for keyword in {word for row in rows for word in row[2].split("_") if chinese.terms(word)}:
        needle = plain(keyword)
        pattern = literal(needle)
        expected = {str(n) for n, text in enumerate(texts) if needle in text and pattern.search(text)}
        found = set(index.search(Query(text=keyword, limit=len(rows))).ids)
        right += len(expected & found)
        returned += len(found)
        relevant += len(expected)
    index.close()
    assert relevant > 5000
    assert right / relevant >= FLOOR, f"recall {right / relevant:.5f}"
    assert right / returned >= FLOOR, f"precision {right / returned:.5f}"
