"""What helps clients: nothing is done twice, nothing is sent twice, and lists say where they go on."""

import re

import httpx

from service.library import idempotency
from service.models import Answered
from tests.api.api_client import Api, Person, problem

LESSON = {"kind": "lesson_case", "title": "秋天的雨"}


def test_a_repeated_request_is_done_once_and_answered_alike(api: Api) -> None:
    teacher = api.person()
    first = teacher.post("/resources", LESSON, Idempotency_Key="k1")
    again = teacher.post("/resources", LESSON, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert [answer.headers.get("idempotency-replayed") for answer in (first, again)] == [None, "true"]
    for name in ("location", "etag"):
        assert first.headers[name] == again.headers[name]
    other = teacher.post("/resources", LESSON, Idempotency_Key="k2")
    assert other.json()["id"] != first.json()["id"]
    assert len(teacher.ids()) == 2


def test_a_key_belongs_to_one_caller_and_one_request(api: Api) -> None:
    teacher = api.person()
    first = teacher.post("/resources", LESSON, Idempotency_Key="k1").json()["id"]
    assert api.person("t_aided").post("/resources", LESSON, Idempotency_Key="k1").json()["id"] != first
    problem(teacher.post("/resources", LESSON | {"title": "冬天的雪"}, Idempotency_Key="k1"), 422)
    problem(teacher.post("/resources", LESSON, Idempotency_Key="k" * 300), 422)
    problem(api.person(None).post("/resources", LESSON, Idempotency_Key="k1"), 401)


def test_a_refused_request_may_be_sent_again_with_its_key(api: Api) -> None:
    teacher = api.person()
    resource_id = teacher.post("/resources", LESSON).json()["id"]
    admin = api.person("a_helper")
    path = f"/resources/{resource_id}"
    admin_refused = admin.post(f"{path}/publish", Idempotency_Key="k1")
    assert admin_refused.status_code >= 400
    assert teacher.post(f"{path}/submit", Idempotency_Key="k1").status_code == 200
    assert admin.post(f"{path}/publish", Idempotency_Key="k1").status_code == 200
    assert admin.post(f"{path}/publish", Idempotency_Key="k1").headers["idempotency-replayed"] == "true"
    assert teacher.post(f"{path}/withdraw", Idempotency_Key="k2").status_code == 204
    assert teacher.post(f"{path}/withdraw", Idempotency_Key="k2").status_code == 204


def test_answers_are_kept_for_a_day(api: Api) -> None:
    teacher = api.person()
    first = teacher.post("/resources", LESSON, Idempotency_Key="k1").json()["id"]
    api.library.clock.tick(hours=24)
    with api.library.backends.writing() as work:
        idempotency.expire(work)
    with api.library.backends.reading() as work:
        assert work.session.query(Answered).count() == 0
    assert teacher.post("/resources", LESSON, Idempotency_Key="k1").json()["id"] != first


def test_what_the_client_has_is_not_sent_again(api: Api) -> None:
    teacher = api.person()
    resource_id = teacher.post("/resources", LESSON).json()["id"]
    path = f"/resources/{resource_id}"
    for address in (
        path, f"{path}/versions", f"{path}/files", f"{path}/grants", f"{path}/audience", "/resources", "/schools",
        "/partnerships", "/teams", "/me", "/vocabularies", "/changes",
    ):  # fmt: skip
        first = teacher.get(address)
        again = teacher.call("GET", address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), address
        assert again.headers["etag"] == first.headers["etag"]
    before = teacher.get("/resources").headers["etag"]
    assert teacher.patch(path, {"title": "冬天的雪"}, If_Match="*").status_code == 200
    assert teacher.call("GET", "/resources", headers={"If-None-Match": before}).status_code == 200


def walked(person: Person, path: str, **params: object) -> list[httpx.Response]:
    """Every page of a list, by its `Link` alone."""
    pages = [person.get(path, **params)]
    while found := re.search(r'<([^>]+)>; rel="next"', pages[-1].headers.get("link", "")):
        pages.append(person.http.get(found.group(1), headers=person.headers))
    return pages


def test_lists_say_where_they_go_on(api: Api) -> None:
    teacher = api.person()
    made = {api.library.draft("t_helper", f"第{n}课") for n in range(5)}
    api.work()
    assert len(walked(teacher, "/schools", limit=1, q="小学")) == 4
    assert len(walked(teacher, "/partnerships", limit=1)) == 3
    for path, size in (("/resources", {"limit": 2}), ("/search", {"q": "课", "per_page": 2})):
        pages = walked(teacher, path, **size)
        assert [len(page.json()["items"]) for page in pages] == [2, 2, 1]
        assert {item["id"] for page in pages for item in page.json()["items"]} == made
    assert 'rel="prev"' in teacher.get("/search", page=2, per_page=2).headers["link"]
