"""PUT /resources/by-key: a school's program keeps its resources under its own ids."""

from typing import Any

import httpx
import pytest

from service.library import accounts
from tests.api.api_client import Api, Person, problem, wrong_fields

LESSON: dict[str, Any] = {"kind": "lesson_case", "title": "秋天的雨", "subject": "chinese", "tags": ["识字"]}
PATH = "/resources/by-key/教案-2026-001"


def program(api: Api, school: str = "helper") -> Person:
    """A school's program with a token of its own."""
    with api.library.backends.writing() as work:
        scopes = ["resources:read", "resources:write"]
        ident, _secret = accounts.register_client(work, api.library.schools[school], "教务系统", scopes)
        token = accounts.open_token(work, scopes, client_id=ident)
    return Person(api.http, {"Authorization": f"Bearer {token}"})


def upsert(who: Person, path: str, body: object) -> httpx.Response:
    """Create, or where it exists change whatever state it is in: every PUT names its condition."""
    made = who.put(path, body, If_None_Match="*")
    return who.put(path, body, If_Match="*") if made.status_code == 412 else made


def test_a_put_without_a_condition_is_refused(api: Api) -> None:
    problem(api.person().put(PATH, LESSON), 428)


def make(who: Person, body: dict[str, Any] = LESSON, path: str = PATH) -> httpx.Response:
    return who.put(path, body, If_None_Match="*")


def keep(who: Person, body: dict[str, Any] = LESSON, path: str = PATH) -> httpx.Response:
    return who.put(path, body, If_Match="*")


@pytest.mark.parametrize("by_program", [False, True])
def test_a_key_is_made_once_and_then_kept(api: Api, by_program: bool) -> None:
    who = program(api) if by_program else api.person()
    made = upsert(who, PATH, LESSON)

    assert made.status_code == 201
    assert made.headers["location"] == f"/api/v1/resources/{made.json()['id']}"
    assert made.json()["key"] == "教案-2026-001"
    api.library.clock.tick(hours=1)
    again = upsert(who, PATH, LESSON)
    assert again.status_code == 200
    assert again.json() == made.json()
    assert again.headers["etag"] == made.headers["etag"]
    changed = upsert(who, PATH, LESSON | {"title": "秋天的雨(二)"})
    assert (changed.status_code, changed.json()["id"]) == (200, made.json()["id"])
    assert changed.json()["title"] == "秋天的雨(二)"
    assert changed.headers["etag"] != made.headers["etag"]
    assert who.ids() == {made.json()["id"]}


def test_a_key_that_must_be_new_is_refused_where_it_exists(api: Api) -> None:
    teacher = api.person()

    assert teacher.put(PATH, LESSON, If_None_Match="*").status_code == 201
    problem(teacher.put(PATH, LESSON | {"title": "x"}, If_None_Match="*"), 412)
    assert teacher.get("/resources").json()["items"][0]["title"] == "秋天的雨"


def test_a_key_changes_only_from_the_state_that_was_named(api: Api) -> None:
    teacher = api.person()
    problem(teacher.put(PATH, LESSON, If_Match="*"), 412)
    etag = upsert(teacher, PATH, LESSON).headers["etag"]

    problem(teacher.put(PATH, LESSON | {"title": "x"}, If_Match='"0"'), 412)
    assert teacher.put(PATH, LESSON | {"title": "x"}, If_Match=etag).status_code == 200
    problem(teacher.put(PATH, LESSON | {"title": "y"}, If_Match=etag), 412)


def test_two_schools_may_use_the_same_key(api: Api) -> None:
    helper, aided = program(api, "helper"), program(api, "aided")

    first, second = upsert(helper, PATH, LESSON), upsert(aided, PATH, LESSON | {"title": "别的"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    assert upsert(helper, PATH, LESSON).json()["title"] == "秋天的雨"


def test_a_key_of_the_own_school_that_she_may_not_see_is_not_hers_to_change(api: Api) -> None:
    upsert(program(api), PATH, LESSON)
    colleague = api.person("t_helper")

    answer = upsert(colleague, PATH, LESSON | {"title": "x"})

    problem(answer, 404)


def test_equal_bytes_attached_twice_are_one_file(api: Api) -> None:
    teacher = api.person()

    def put(*names: str) -> httpx.Response:
        files = [{"upload_id": api.upload(name, "秋天".encode()), "name": name} for name in names]
        return upsert(teacher, PATH, LESSON | {"files": files})

    made = put("教案.txt", "又一份.txt")
    again = put("教案.txt")

    assert made.status_code == 201, made.text
    assert [file["name"] for file in made.json()["files"]] == ["教案.txt"]
    assert again.json()["files"] == made.json()["files"]
    assert again.headers["etag"] == made.headers["etag"]


@pytest.mark.parametrize("key", ["键" * 200, "a b", "a'\"<>&", "..;", "%", "key?x=1#y"])
def test_a_key_is_any_printable_text(api: Api, key: str) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in key.encode())
    made = upsert(api.person(), f"/resources/by-key/{quoted}", LESSON)

    assert made.status_code == 201
    assert made.json()["key"] == key


@pytest.mark.parametrize("key", ["%00", "a%0Ab", "a" * 201, "%E2%80%AE", "%FF%FE"])
def test_an_unprintable_or_long_key_is_refused(api: Api, key: str) -> None:
    assert wrong_fields(upsert(api.person(), f"/resources/by-key/{key}", LESSON)) == {"key"}


def test_wrong_content_under_a_key_is_named(api: Api) -> None:
    teacher = api.person()

    assert wrong_fields(upsert(teacher, PATH, {})) == {"kind", "title"}
    assert wrong_fields(upsert(teacher, PATH, LESSON | {"files": [{}]})) == {"files.upload_id"}
    problem(upsert(teacher, PATH, LESSON | {"files": [{"upload_id": "nothing"}]}), 404)
    assert teacher.ids() == set()
    upsert(teacher, PATH, LESSON)
    problem(upsert(teacher, PATH, LESSON | {"kind": "joint_course"}), 409)
    problem(upsert(api.person("platform"), PATH, LESSON), 422)
    problem(upsert(api.person(None), PATH, LESSON), 401)


def test_what_is_under_review_is_not_changed_but_the_same_is_no_change(api: Api) -> None:
    teacher = api.person()
    made = upsert(teacher, PATH, LESSON).json()
    teacher.post(f"/resources/{made['id']}/submit")

    problem(upsert(teacher, PATH, LESSON | {"title": "x"}), 409)
    assert upsert(teacher, PATH, LESSON).status_code == 200


def test_a_published_key_that_changes_gets_a_draft_beside_it(api: Api) -> None:
    teacher = api.person()
    resource_id = upsert(teacher, PATH, LESSON).json()["id"]
    api.publish(resource_id)

    upsert(teacher, PATH, LESSON | {"title": "新稿"})

    assert teacher.get(f"/resources/{resource_id}").json()["title"] == "秋天的雨"
    assert teacher.get(f"/resources/{resource_id}", version="draft").json()["title"] == "新稿"
