"""/suggest from outside: words, titles and tags, by their letters or their sound, and only what the caller may see."""

import pytest

from tests.api.api_client import Api, Person, wrong_fields


def said(person: Person, q: str) -> list[tuple[str, str]]:
    return [(item["source"], item["text"]) for item in person.get("/suggest", q=q).json()["items"]]


def test_titles_and_tags_that_hold_what_was_typed_are_suggested_those_that_begin_with_it_first(
    api: Api,
) -> None:
    api.library.draft("t_helper", "走进秋天", tags=["秋天里"], summary="秋天的一课")
    api.library.draft("t_helper", "秋天的雨")
    api.library.draft("t_helper", "别的", summary="秋天", tags=["别的标签"], content="秋天")
    api.work()
    assert said(api.person(), "秋天") == [("title", "秋天的雨"), ("title", "走进秋天"), ("tag", "秋天里")]
    assert said(api.person(), "秋") == said(api.person(), "秋天")
    assert said(api.person(), "秋天的雨") == []


@pytest.mark.parametrize("q", ["qiutian", "qiut", "qtdy", "qt", "QiuTian", "qiu tian"])
def test_letters_alone_are_heard_as_pinyin_or_initials(api: Api, q: str) -> None:
    api.library.draft("t_helper", "秋天的雨", tags=["春天"])
    api.work()
    assert said(api.person(), q) == [("title", "秋天的雨")]


def test_a_latin_word_is_completed_from_its_beginning(api: Api) -> None:
    api.library.draft("t_helper", "Unit 3 My friends")
    api.work()
    for q in ("uni", "Unit", "frie"):
        assert said(api.person(), q) == [("title", "Unit 3 My friends")]
    assert said(api.person(), "nit") == []


@pytest.mark.parametrize(
    ("q", "text"),
    [
        ("三年", "三年级"),
        ("古诗 三年", "古诗 三年级"),
        ("jiaoa", "教案"),
        ("ja", "教案"),
        ("部编", "部编版"),
        ("課", "课件"),
        ("道德", "道德与法治"),
    ],
)
def test_the_last_word_is_completed_from_the_vocabularies(api: Api, q: str, text: str) -> None:
    assert ("vocabulary", text) in said(api.person(None), q)


def test_nothing_is_suggested_that_the_caller_may_not_see(api: Api) -> None:
    lesson = api.library.draft("t_helper", "秋天的雨", tags=["秋天里"])
    api.work()
    for q in ("秋天", "qiutian", "qt", "雨"):
        assert said(api.person(), q)
        for who in ("t_aided", "t_second", "o_370200", "platform", None):
            assert said(api.person(who), q) == [], who
    grant = api.library.share("t_helper", lesson, f"pair:{api.library.pairs['school']}")
    api.work()
    assert said(api.person("t_aided"), "秋天")
    api.person().delete(f"/resources/{lesson}/grants/{grant}")
    assert said(api.person("t_aided"), "秋天") == [], "before the index knows"


def test_ten_at_most_and_nothing_from_nothing(api: Api) -> None:
    for number in range(15):
        api.library.draft("t_helper", f"秋天第{number}课", tags=[f"秋天{number}"])
    api.library.draft("t_second", "秋天第1课")
    api.work()
    found = said(api.person(), "秋天")
    assert len(found) == len(set(found)) == 10
    for q in ("", " ", "，。", "\u0000", "%", "😀"):
        assert said(api.person(), q) == []
    assert wrong_fields(api.person().get("/suggest", q="长" * 2001)) == {"q"}
