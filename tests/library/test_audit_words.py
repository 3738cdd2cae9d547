"""The audit log in words."""

import re

import pytest

from service.library.audit_words import ACTIONS, details
from tests.needs import ROOT

WRITTEN = re.compile(r'\.audit\(\s*"([a-z_.]+)"')
FIELDS = {"title": "标题", "content": "正文"}
KNOWN = {"school-1": "海风小学", "pair:1": "结对学校：海风小学与牡丹园小学"}


def test_every_action_that_is_written_down_has_words() -> None:
    written = {
        action
        for path in (*(ROOT / "service").rglob("*.py"), *(ROOT / "web").rglob("*.py"))
        for action in WRITTEN.findall(path.read_text(encoding="utf-8"))
    }
    assert len(written) > 50
    assert sorted(written - set(ACTIONS)) == []


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"place": "school-1", "role": "teacher"}, "单位：海风小学；角色：教师"),
        ({"audience": "pair:1", "role": "editor"}, "对象：结对学校：海风小学与牡丹园小学；角色：编辑"),
        ({"fields": "content,title,later"}, "改了：正文、标题、later"),
        ({"size": 1949, "file": None}, "大小：1.9 KB"),
        ({"reason": "restore", "answer": "no"}, "原因：restore；回答：没有拍到学生"),
        ({"unheard": "of"}, "unheard：of"),
        ({}, ""),
    ],
)
def test_details_are_said_in_words_and_what_has_none_as_it_was_written(
    detail: dict[str, str | int | None], words: str
) -> None:
    assert details(detail, KNOWN, FIELDS) == words
