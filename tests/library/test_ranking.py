"""What comes first among what matches: each part of the documented table moves the order, on any engine's order."""

import re
from pathlib import Path
from typing import Any

import pytest

from service.library import finding, profile, ranking, versions
from service.library.understanding import Understood, understand
from service.models import Resource, Use
from service.worker import Worker
from tests.factories import Library, library
from tests.needs import ROOT


@pytest.fixture
def made(tmp_path: Path) -> Any:
    opened = library(tmp_path)
    yield opened
    opened.close()


def ordered(made: Library, text: str, ids: list[str], who: str = "t_helper") -> list[str]:
    """The order of these hits, whichever order the engine had."""
    with made.reading(who) as work:
        meant = understand(text) if text else Understood((), "")
        found = [ranking.ordered(work, meant, some) for some in (ids, ids[::-1])]
    assert found[0] == found[1], "the engine's order decided"
    return found[0]


def publish(made: Library, resource_id: str) -> None:
    with made.writing("t_helper") as work:
        versions.submit(work, resource_id)
    with made.writing("a_helper") as work:
        versions.publish(work, resource_id)


def test_the_documented_table_is_the_one_that_is_used() -> None:
    table = (ROOT / "docs/ranking.md").read_text(encoding="utf-8")
    said = {name: float(weight) for name, weight in re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", table, re.M)}
    assert said == dict(ranking.WEIGHTS)
    assert f"first {ranking.FIRST} hits" in table


def test_a_title_that_is_what_was_typed_comes_before_all_that_mentions_it(made: Library) -> None:
    text = made.draft("t_helper", "公开课", content="浮力")
    head = made.draft("t_helper", "公开课", summary="浮力的实验")
    longer = made.draft("t_helper", "物体的浮力与生活中的应用")
    named = made.draft("t_helper", "浮力")
    publish(made, text)
    assert ordered(made, "浮力", [text, head, longer, named]) == [named, longer, head, text]


def test_metadata_that_was_asked_for_comes_before_words_in_the_text(made: Library) -> None:
    by_metadata = made.draft("t_helper", "古诗", grade="3")
    by_text = made.draft("t_helper", "古诗", content="三年级")
    assert ordered(made, "三年级 古诗", [by_text, by_metadata]) == [by_metadata, by_text]


def test_the_approved_the_new_and_the_used_come_first(made: Library) -> None:
    old = made.draft("t_helper", "秋天的雨")
    made.clock.tick(days=900)
    new = made.draft("t_helper", "秋天的雨")
    assert ordered(made, "秋天的雨", [old, new]) == [new, old]
    used = made.draft("t_helper", "秋天的雨")
    with made.writing("t_helper") as work:
        work.session.add(Use(resource_id=used, school_id="", month="2028-01", downloads=40))
    assert ordered(made, "秋天的雨", [old, new, used]) == [used, new, old]
    adapted = made.draft("t_helper", "秋天的雨")
    with made.writing("t_helper") as work:
        for number in range(7):
            work.session.add(
                Resource(
                    id=f"adapted{number}", kind="lesson_case", school_id=made.schools["aided"], status="published",
                    adapted_from=adapted, created_at=work.now, updated_at=work.now,
                )
            )  # fmt: skip
    assert ordered(made, "秋天的雨", [old, new, used, adapted]) == [adapted, used, new, old]
    publish(made, new)
    assert ordered(made, "秋天的雨", [old, new, used, adapted])[0] == new


def test_what_is_near_the_caller_comes_first(made: Library) -> None:
    other = made.draft("t_lonely", "圆的面积", grade="6", subject="maths")
    partner = made.draft("t_aided", "圆的面积", grade="6", subject="maths")
    assert ordered(made, "圆的面积", [other, partner]) == [partner, other]
    english = made.draft("t_aided", "圆的面积", grade="4", subject="english")
    with made.writing("t_helper") as work:
        profile.set_teaching(work, ["english"], [])
    assert ordered(made, "圆的面积", [other, partner, english]) == [english, partner, other]


def test_what_only_sounds_alike_comes_last(made: Library) -> None:
    heard = made.draft("t_helper", "秋天")
    written = made.draft("t_helper", "别的", content="qiutian")
    publish(made, heard)
    assert ordered(made, "qiutian", [heard, written]) == [written, heard]


def test_the_pages_together_hold_each_hit_once_beyond_what_is_put_in_order(made: Library) -> None:
    number = ranking.FIRST + 25
    ids = {made.draft("t_helper", f"秋天第{n}课") for n in range(number)}
    Worker(made.backends).run(until_idle=True)
    with made.reading("t_helper") as work:
        for text in ("秋天", ""):
            pages = [
                [item["id"] for item in finding.search(work, text, page=page, per_page=25)["items"]]
                for page in range(1, 5)
            ]
            found = [ident for page in pages for ident in page]
            assert (len(found), set(found)) == (number, ids)


def test_a_question_without_a_telling_word_in_the_library_finds_nothing(made: Library) -> None:
    made.draft("t_helper", "实验的作用")
    Worker(made.backends).run(until_idle=True)
    with made.reading("t_helper") as work:
        assert finding.search(work, "光合作用的发现历史")["total"] == 0
        assert finding.search(work, "光合作用")["total"] == 0
