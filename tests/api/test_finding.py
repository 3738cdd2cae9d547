"""/search from outside: words, filters, facets, pages and highlights, and only what the caller may view."""

from typing import Any, get_args

import pytest

from service.api.search import Facet
from service.library import finding
from tests.api.api_client import Api, problem, wrong_fields


def test_words_in_title_content_and_files_are_found_and_marked(api: Api) -> None:
    resource_id = api.library.draft("t_helper", "秋天的雨", content="# 目标\n\n会认十个**生字**。")
    file = api.attached(resource_id, "教案.txt", "它是一把钥匙,打开了秋天的大门。".encode())
    api.work()
    teacher = api.person()

    title = teacher.get("/search", q="秋天").json()["items"][0]
    assert "<mark>秋天</mark>" in title["highlights"]["title"]
    content = teacher.get("/search", q="生字").json()["items"][0]
    assert "<mark>生字</mark>" in content["highlights"]["content"]
    text = teacher.get("/search", q="钥匙").json()["items"][0]
    assert text["hits_in"] == [{"file_id": file["id"], "page": None}]
    assert "<mark>钥匙</mark>" in text["highlights"]["text"]
    nothing = teacher.get("/search", q="冬天").json()
    assert (nothing["total"], nothing["items"]) == (0, [])


def test_the_facets_that_can_be_named_are_the_filters() -> None:
    assert set(get_args(Facet)) == set(finding.FILTERS)


def test_only_the_facets_that_are_named_are_counted(api: Api) -> None:
    api.library.draft("t_helper", "秋天", subject="chinese", grade="3")
    api.work()
    teacher = api.person()

    some = teacher.get("/search", q="秋天", facet=["grade", "subject"]).json()["facets"]
    assert {name: [value["value"] for value in values] for name, values in some.items()} == {
        "grade": ["3"],
        "subject": ["chinese"],
    }
    assert {"kind", "school", "year"} <= teacher.get("/search", q="秋天").json()["facets"].keys()
    assert teacher.get("/search", facet="status").status_code == 422


def test_highlights_carry_no_markup_of_the_author(api: Api) -> None:
    script = "<script>alert('秋天')</script>"
    resource_id = api.library.draft("t_helper", f"秋天{script}", summary=f"秋天<img src=x onerror=1>{script}")
    api.attached(resource_id, "教案.txt", f"秋天 {script}".encode())
    api.work()

    highlights = api.person().get("/search", q="秋天").json()["items"][0]["highlights"]

    assert {"title", "summary"} <= highlights.keys()
    for html in highlights.values():
        assert "<" not in html.replace("<mark>", "").replace("</mark>", "")


def test_filters_are_or_within_a_name_and_and_across_names(api: Api) -> None:
    made = {
        (subject, grade): api.library.draft("t_helper", f"{subject}{grade}", subject=subject, grade=grade)
        for subject in ("chinese", "maths")
        for grade in ("3", "4")
    }
    api.work()
    teacher = api.person()

    assert teacher.ids("/search", subject="maths") == {made["maths", "3"], made["maths", "4"]}
    assert teacher.ids("/search", subject=["maths", "chinese"], grade="3") == {
        made["maths", "3"],
        made["chinese", "3"],
    }
    assert teacher.ids("/search", subject="physics") == set()
    assert teacher.ids("/search", school=api.library.schools["helper"], city="370200") == set(made.values())
    facets = teacher.get("/search").json()["facets"]
    assert {(value["value"], value["count"]) for value in facets["subject"]} == {("chinese", 2), ("maths", 2)}
    assert {value["label"] for value in facets["subject"]} == {"语文", "数学"}
    assert [value["label"] for value in facets["school"]] == ["helper 小学"]


def test_of_a_facet_the_most_frequent_values_are_listed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for grade in ("3", "4", "4", "5"):
        api.library.draft("t_helper", "秋天", grade=grade)
    api.work()
    monkeypatch.setattr(finding, "LISTED", 1)
    (most,) = api.person().get("/search").json()["facets"]["grade"]
    assert (most["value"], most["count"]) == ("4", 2)


def test_the_pages_of_an_answer_hold_each_hit_once(api: Api) -> None:
    made = {api.library.draft("t_helper", f"秋天第{number}课") for number in range(7)}
    api.work()
    teacher = api.person()
    for sort in ("relevance", "newest", "oldest", "title"):
        found = [
            item["id"]
            for page in (1, 2, 3, 4)
            for item in teacher.get("/search", q="秋天", sort=sort, page=page, per_page=2).json()["items"]
        ]
        assert (len(found), set(found)) == (7, made), sort

    assert wrong_fields(teacher.get("/search", page=0)) == {"page"}
    assert wrong_fields(teacher.get("/search", per_page=101)) == {"per_page"}
    assert wrong_fields(teacher.get("/search", sort="best")) == {"sort"}
    problem(teacher.get("/search", page=10_000, per_page=100), 422)


def test_totals_and_facets_count_only_what_the_caller_may_view(api: Api) -> None:
    shown, hidden = api.library.draft("t_helper", "秋天甲"), api.library.draft("t_helper", "秋天乙")
    api.library.share("t_helper", shown, f"pair:{api.library.pairs['school']}")
    api.work()

    for who, ids in (("t_helper", {shown, hidden}), ("t_aided", {shown}), ("t_second", set()), (None, set())):
        answer = api.person(who).get("/search", q="秋天").json()
        assert {item["id"] for item in answer["items"]} == ids
        assert answer["total"] == len(ids)
        assert sum(value["count"] for value in answer["facets"].get("kind", [])) == len(ids)


def fields(said: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(field, text) of what was understood or relaxed."""
    return [(part["field"], part["text"]) for part in said]


def test_words_of_the_vocabularies_are_met_by_metadata_or_by_the_text(api: Api) -> None:
    place = {"grade": "3", "volume": "1", "subject": "chinese", "edition": "tongbian"}
    by_metadata = api.library.draft("t_helper", "古诗三首", **place)
    by_text = api.library.draft("t_helper", "古诗", content="三年级上册语文，人教版。")
    api.library.draft("t_helper", "古诗三首", **{**place, "grade": "4"})
    api.work()
    teacher = api.person()

    answer = teacher.get("/search", q="三年级上册 语文 人教版 古诗").json()
    assert [item["id"] for item in answer["items"]] == [by_metadata, by_text]
    assert answer["total"] == 2
    assert answer["relaxed"] == []
    assert fields(answer["understood"]) == [
        ("grade", "三年级"),
        ("volume", "上册"),
        ("subject", "语文"),
        ("edition", "人教版"),
    ]
    assert answer["understood"][0] == {
        "field": "grade", "value": "3", "values": ["3"], "label": "三年级", "text": "三年级",
    }  # fmt: skip
    assert "<mark>三年级</mark>" in answer["items"][1]["highlights"]["content"]


def test_a_word_that_is_kept_literal_is_met_by_the_text_alone(api: Api) -> None:
    api.library.draft("t_helper", "古诗三首", subject="chinese")
    by_text = api.library.draft("t_helper", "语文古诗")
    api.work()

    answer = api.person().get("/search", q="语文 古诗", literal="语文").json()
    assert [item["id"] for item in answer["items"]] == [by_text]
    assert answer["understood"] == []


def test_a_query_of_a_vocabularys_word_alone_finds_what_has_it(api: Api) -> None:
    made = {api.library.draft("t_helper", "秋天", type="lesson_plan"), api.library.draft("t_helper", "教案")}
    api.library.draft("t_helper", "秋天")
    api.work()
    assert api.person().ids("/search", q="教案，") == made


def test_the_first_year_of_junior_school_is_that_of_the_callers_school(api: Api) -> None:
    made = {grade: api.library.draft("t_helper", f"圆{grade}", grade=grade) for grade in ("6", "7")}
    api.library.share("t_helper", made["6"], f"pair:{api.library.pairs['school']}")
    api.library.share("t_helper", made["7"], f"pair:{api.library.pairs['school']}")
    api.school("aided", system="54")
    api.work()

    assert api.person().ids("/search", q="初一") == {made["7"]}
    assert api.person("t_aided").ids("/search", q="初一") == {made["6"]}
    assert api.person("t_aided").ids("/search", q="初一", system=["63", "54"]) == set()


def test_when_everything_together_finds_nothing_the_edition_is_given_up_and_then_the_volume(api: Api) -> None:
    lesson = api.library.draft("t_helper", "圆的面积", grade="6", volume="1", edition="qingdao")
    api.work()
    teacher = api.person()

    edition = teacher.get("/search", q="六年级上册人教版圆的面积").json()
    assert [item["id"] for item in edition["items"]] == [lesson]
    assert fields(edition["relaxed"]) == [("edition", "人教版")]
    assert fields(edition["understood"]) == [("grade", "六年级"), ("volume", "上册")]
    both = teacher.get("/search", q="六年级下册人教版圆的面积").json()
    assert fields(both["relaxed"]) == [("edition", "人教版"), ("volume", "下册")]
    neither = teacher.get("/search", q="五年级下册人教版圆的面积").json()
    assert (neither["total"], neither["relaxed"]) == (0, [])
    assert fields(neither["understood"])[0] == ("grade", "五年级")


def test_a_question_is_asked_by_its_words_and_the_least_telling_is_given_up(api: Api) -> None:
    writing = api.library.draft("t_helper", "习作", content="写作文之前,孩子先说一说。")
    for number in range(3):
        api.library.draft("t_helper", f"孩子的故事{number}")
    api.work()

    answer = api.person().get("/search", q="怎样教孩子写作文？").json()
    assert [item["id"] for item in answer["items"]] == [writing]
    assert fields(answer["relaxed"]) == [("phrase", "怎样教孩子写作文"), ("word", "怎样")]
    assert "<mark>写作文</mark>" in answer["items"][0]["highlights"]["content"]
    stories = api.person().get("/search", q="孩子 火箭").json()
    assert (stories["total"], fields(stories["relaxed"])) == (4, [("word", "火箭")])


def test_relaxing_goes_by_what_the_caller_may_view(api: Api) -> None:
    api.library.draft("t_helper", "圆的面积", edition="qingdao")
    api.work()
    for q in ("圆的面积 人教版", "怎样教圆的面积"):
        hidden = api.person("t_aided").get("/search", q=q).json()
        assert (hidden["total"], hidden["items"], hidden["relaxed"]) == (0, [], [])
        assert api.person().get("/search", q=q).json()["relaxed"]
