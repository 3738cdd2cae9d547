"""What SQL answers in place of the index: literal words, metadata, filters, sorts and pages, bounded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.library import simple
from service.library.understanding import understand
from tests.factories import Library, library


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    opened = library(Path(tmp_path_factory.mktemp("simple")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lessons(made: Library) -> dict[str, str]:
    """Title → id."""
    rows: list[dict[str, Any]] = [
        {"title": "秋天的雨", "grade": "3", "subject": "chinese", "tags": ["散文", "50%_\\折扣"]},
        {"title": "圆的面积", "grade": "6", "subject": "maths", "summary": "用PPT讲秋天的故事"},
        {"title": "公开课", "content": "秋天三年级", "unit": "第三单元 秋天"},
    ]
    found = {}
    for row in rows:
        found[row["title"]] = made.draft("t_helper", **row)
        made.clock.tick(minutes=1)
    return found


def titles(
    made: Library, lessons: dict[str, str], text: str, filters: Any = None, sort: Any = "newest"
) -> list[str]:
    names = {ident: title for title, ident in lessons.items()}
    with made.reading("t_helper") as work:
        found = simple.search(work, understand(text), filters or {}, sort, 0, 10)
        assert found["total"] == len(found["items"])
        return [names[item["id"]] for item in found["items"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("秋天", ["圆的面积", "秋天的雨"]),
        ("秋天 面积", ["圆的面积"]),
        ("散文", ["秋天的雨"]),
        ("ppt", ["圆的面积"]),
        ("50%_\\折扣", ["秋天的雨"]),
        ("5_0", []),
        ("三年级 秋天", ["秋天的雨"]),
        ("第三单元", ["公开课"]),
        ("", ["公开课", "圆的面积", "秋天的雨"]),
        ("，。", []),
        ("' OR 1=1 --", []),
    ],
)
def test_title_summary_and_tags_hold_the_words_or_the_metadata_meet_them(
    made: Library, lessons: dict[str, str], text: str, expected: list[str]
) -> None:
    assert titles(made, lessons, text) == expected


def test_it_is_narrowed_and_sorted_as_the_index_is(made: Library, lessons: dict[str, str]) -> None:
    assert titles(made, lessons, "", {"subject": ["maths", "chinese"]}) == ["圆的面积", "秋天的雨"]
    assert titles(made, lessons, "", {"subject": ["maths"], "grade": ["3"]}) == []
    assert titles(made, lessons, "秋天", sort="oldest") == ["秋天的雨", "圆的面积"]
    assert titles(made, lessons, "", sort="title") == ["公开课", "秋天的雨", "圆的面积"]
    assert titles(made, lessons, "秋天", sort="relevance") == ["秋天的雨", "圆的面积"]
    assert len(titles(made, lessons, "", {"year": ["2026"], "city": ["370200"]})) == 3
    for nothing in ({"year": ["2025"]}, {"year": ["x"]}, {"city": ["371700"]}, {"school": ["none"]}):
        assert titles(made, lessons, "", nothing) == []


def test_pages_hold_each_hit_once_and_more_than_can_be_paged_are_not_counted(
    made: Library, lessons: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with made.reading("t_helper") as work:
        pages = [simple.search(work, understand(""), {}, "newest", at, 2) for at in (0, 2, 4)]
        assert [item["id"] for page in pages for item in page["items"]] == list(lessons.values())[::-1]
        monkeypatch.setattr(simple, "MOST", 2)
        few = simple.search(work, understand(""), {}, "newest", 0, 10)
        assert (len(few["items"]), few["total"]) == (2, None)


def test_hits_are_marked_where_the_words_are(made: Library, lessons: dict[str, str]) -> None:
    with made.reading("t_helper") as work:
        (item,) = simple.search(work, understand("秋天 雨"), {}, "newest", 0, 10)["items"]
    assert item["highlights"]["title"] == "<mark>秋天</mark>的<mark>雨</mark>"
    assert item["hits_in"] == []
