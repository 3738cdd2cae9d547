"""A citation in the form of GB/T 7714-2015."""

from datetime import UTC, datetime
from typing import Any

from service.library.citing import reference

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
FOUND: dict[str, Any] = {
    "title": "秋天的雨",
    "school": {"id": "s", "name": "实验小学", "city": "青岛市"},
    "credits": [],
    "updated_at": "2026-09-01T01:00:00.000Z",
}


def test_authors_school_dates_and_address_stand_in_their_order() -> None:
    credits = [{"person": "李老师"}, {"person": "王老师"}, {"person": "李老师"}]
    found = reference(FOUND | {"credits": credits}, "http://tongke.example/resources/1", NOW)
    assert found == (
        "李老师, 王老师. 秋天的雨[EB/OL]. 青岛市: 实验小学, 2026(2026-09-01)[2026-11-24]. "
        "http://tongke.example/resources/1."
    )


def test_of_more_than_three_authors_three_are_named() -> None:
    credits = [{"person": name} for name in "甲乙丙丁"]
    assert reference(FOUND | {"credits": credits}, "u", NOW).startswith("甲, 乙, 丙, 等. 秋天的雨")


def test_without_authors_the_school_is_the_author() -> None:
    found = reference(FOUND | {"school": {"name": "实验小学", "city": None}}, "u", NOW)
    assert found.startswith("实验小学. 秋天的雨[EB/OL]. 实验小学, 2026(")
