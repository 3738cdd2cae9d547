"""Those who may comment on a resource read each other; its other readers see none of it."""

import pytest

from service.library import notices
from service.permissions import Scope
from tests.api.api_client import Api, problem, wrong_fields


def shared(api: Api, audience: str = "", role: str = "commenter") -> str:
    """A published lesson of `helper` that `aided` may comment on; a reader of the second pair sees it too."""
    resource_id = api.library.draft("t_helper")
    api.library.share("t_helper", resource_id, audience or f"pair:{api.library.pairs['school']}", role)
    api.library.share("t_helper", resource_id, f"school:{api.library.schools['lonely']}", "viewer")
    api.publish(resource_id)
    return resource_id


def test_what_is_said_is_read_by_those_who_may_comment_newest_first(api: Api) -> None:
    path = f"/resources/{shared(api)}/comments"
    for name, words in (("t_helper", "导入要不要短一些？"), ("t_aided", "可以，五分钟。")):
        assert api.person(name).post(path, {"text": f" {words} "}).status_code == 201
    found = api.person("t_aided").get(path).json()["items"]
    assert [(one["by"], one["text"], one["own"], one["removable"]) for one in found] == [
        ("t_aided", "可以，五分钟。", True, True),
        ("t_helper", "导入要不要短一些？", False, False),
    ]
    assert [one["removable"] for one in api.person("a_helper").get(path).json()["items"]] == [True, True]


def test_readers_and_strangers_learn_nothing_of_it(api: Api) -> None:
    path = f"/resources/{shared(api)}/comments"
    said = api.person().post(path, {"text": "只在我们之间"}).json()["id"]
    for name, status in (("t_lonely", 403), ("t_second", 404)):
        person = api.person(name)
        problem(person.get(path), status)
        problem(person.post(path, {"text": "插话"}), status)
        problem(person.delete(f"{path}/{said}"), status)
    problem(api.person(None).get(path), 404)
    assert len(api.person().get(path).json()["items"]) == 1


def test_nobody_comments_without_saying_who_she_is(api: Api) -> None:
    resource_id = shared(api)
    api.library.share("t_helper", resource_id, "public", "commenter")
    assert api.person("a_helper").post(f"/resources/{resource_id}/publish").status_code in (200, 409)
    problem(api.person(None).get(f"/resources/{resource_id}/comments"), 401)


def test_a_comment_is_taken_back_by_its_writer_the_manager_and_the_school(api: Api) -> None:
    path = f"/resources/{shared(api)}/comments"
    said = [api.person("t_aided").post(path, {"text": f"第 {n} 条"}).json()["id"] for n in range(3)]
    problem(api.person("a_aided").delete(f"{path}/{said[0]}"), 403)
    for one, name in zip(said, ("t_aided", "t_helper", "a_helper"), strict=True):
        assert api.person(name).delete(f"{path}/{one}").status_code == 204
        problem(api.person(name).delete(f"{path}/{one}"), 404)
    assert api.person().get(path).json()["items"] == []


def test_a_comment_is_found_at_its_own_resource_alone(api: Api) -> None:
    said = api.person().post(f"/resources/{shared(api)}/comments", {"text": "好"}).json()["id"]
    problem(api.person().delete(f"/resources/{shared(api)}/comments/{said}"), 404)


def test_who_may_comment_no_more_reads_no_more(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    grant = api.library.share("t_helper", resource_id, f"person:{api.library.people['t_aided']}", "commenter")
    path = f"/resources/{resource_id}/comments"
    assert api.person("t_aided").post(path, {"text": "草稿里就可以谈"}).status_code == 201
    assert api.person().delete(f"/resources/{resource_id}/grants/{grant}").status_code == 204
    problem(api.person("t_aided").get(path), 404)
    assert api.person().post(path, {"text": "再说一句"}).status_code == 201
    assert "commented" not in told(api, "t_aided")


def test_a_token_without_the_reading_scope_reads_no_comment_even_of_what_is_public(api: Api) -> None:
    resource_id = api.published()
    api.library.share("a_helper", resource_id, "public")
    path = f"/resources/{resource_id}/comments"
    assert api.person("a_helper").post(path, {"text": "只在我们之间"}).status_code == 201
    problem(api.person("a_helper", "admin").get(path), 403)


def told(api: Api, name: str) -> list[str]:
    """The kinds of what this person is told."""
    with api.library.reading(name) as work:
        return [row.kind for row in notices.rows(work)]


def test_those_who_write_it_and_those_who_spoke_are_told(api: Api) -> None:
    path = f"/resources/{shared(api)}/comments"
    assert api.person("t_aided").post(path, {"text": "请教一下"}).status_code == 201
    assert api.person("t_helper").post(path, {"text": "请讲"}).status_code == 201
    for name, expected in (("t_helper", True), ("t_aided", True), ("a_aided", False), ("t_lonely", False)):
        assert ("commented" in told(api, name)) == expected, name


@pytest.mark.parametrize("text", ["", " \n ", "\x00", "\u200b\ufeff", "长" * 2001])
def test_what_is_no_comment_is_refused_and_says_why(api: Api, text: str) -> None:
    path = f"/resources/{shared(api)}/comments"
    assert wrong_fields(api.person().post(path, {"text": text})) == {"text"}


def test_a_long_talk_is_read_page_by_page(api: Api) -> None:
    path = f"/resources/{shared(api)}/comments"
    for n in range(5):
        api.person().post(path, {"text": str(n)})
    seen, cursor = list[str](), None
    while True:
        found = api.person().get(path, limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [one["text"] for one in found["items"]]
        if (cursor := found["next"]) is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]
    problem(api.person().get(path, cursor="x"), 422)


def test_a_token_that_reads_writes_no_comment(api: Api) -> None:
    path = f"/resources/{shared(api)}/comments"
    problem(api.person("t_helper", Scope.READ).post(path, {"text": "好"}), 403)
    assert api.person("t_helper", Scope.READ).get(path).status_code == 200
