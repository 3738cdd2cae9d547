"""What teachers type finds the lesson they mean: two hundred queries over the real titles of 2,119 lessons."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from service.library import finding, indexing, resources, vocabulary
from service.search.chinese import fold
from tests.factories import library
from tests.needs import need

QUERIES = Path(__file__).parent / "teachers_queries.tsv"
AT_FIVE, AT_ONE = 0.95, 0.9


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
            found = {"kind": "lesson_case", "title": path[-1], "unit": path[-2], **place(*path[:3])}
            yield found | {"type": "lesson_plan"}
            yield found | {"type": "slides"}


def place(subject: str, edition: str, volume: str) -> dict[str, str]:
    """Metadata as the importer would set them."""
    guessed = vocabulary.guess(f"初中/{subject}/{edition}/{volume}/x")
    return {
        name: guessed[name] for name in ("stage", "grade", "subject", "edition", "volume") if name in guessed
    }


def plain(text: str) -> str:
    return "".join(letter for letter in fold(text).text if letter.isalnum())


def test_what_teachers_type_finds_the_lesson_they_mean(tmp_path: Path) -> None:
    rows = [line.split("\t") for line in QUERIES.read_text(encoding="utf-8").splitlines()[1:]]
    made = library(tmp_path)
    with made.writing("t_helper") as work:
        for lesson in lessons():
            resources.create(work, lesson)
    indexing.rebuild(made.backends.reading)
    missed, first = [], 0
    with made.reading("t_helper") as work:
        for query, title, *context in rows:
            found = finding.search(work, query, per_page=5)
            wanted = set(context[0].split()) if context else set()
            good = [
                plain(title) in plain(item["title"]) and wanted <= {item["grade"], item["subject"]}
                for item in found["items"]
            ]
            first += good[:1] == [True]
            if not any(good):
                missed.append((query, [item["title"] for item in found["items"]], found["relaxed"]))
    made.close()
    assert len(rows) >= 200
    assert 1 - len(missed) / len(rows) >= AT_FIVE, missed
    assert first / len(rows) >= AT_ONE, first
