"""The life of a version: who submits, who publishes, who returns, and what a school may waive."""

import pytest

from service.errors import Denied
from service.library import resources
from tests.api.api_client import Api, problem, wrong_fields

LESSON = {"kind": "lesson_case", "title": "秋天的雨"}


def test_a_teacher_submits_and_her_schools_administrator_publishes(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    path = f"/resources/{resource_id}"
    teacher, admin, colleague = api.person(), api.person("a_helper"), api.person("a_aided")
    problem(admin.get(path), 404)
    problem(admin.post(f"{path}/publish"), 404)

    problem(teacher.post(f"{path}/publish"), 403)
    submitted = teacher.post(f"{path}/submit")
    assert submitted.json()["status"] == "submitted"
    assert admin.get(path).json()["status"] == "submitted"
    problem(teacher.post(f"{path}/publish"), 403)
    problem(colleague.post(f"{path}/publish"), 404)
    problem(teacher.patch(path, {"title": "x"}, If_Match="*"), 409)
    assert teacher.post(f"{path}/submit").json()["status"] == "submitted"
    published = admin.post(f"{path}/publish")
    assert (published.json()["status"], published.json()["version"]) == ("published", 1)
    assert published.json()["draft"] is None
    assert admin.post(f"{path}/publish").status_code == 200
    problem(teacher.post(f"{path}/submit"), 409)


def test_what_a_school_publishes_its_own_members_read_and_nobody_else(api: Api) -> None:
    resource_id = api.published()
    api.work()

    assert api.person("a_helper").sees(resource_id)
    for other in ("t_aided", "t_second", "t_lonely", "o_370200", "platform", None):
        assert not api.person(other).sees(resource_id), other


def test_an_administrator_returns_with_a_reason_that_the_author_reads(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    path = f"/resources/{resource_id}"
    teacher, admin = api.person(), api.person("a_helper")
    teacher.post(f"{path}/submit")

    assert wrong_fields(admin.post(f"{path}/return", {"reason": " "})) == {"reason"}
    assert wrong_fields(admin.post(f"{path}/return", {"reason": "长" * 2001})) == {"reason"}
    problem(api.person("a_aided").post(f"{path}/return", {"reason": "x"}), 404)
    assert admin.post(f"{path}/return", {"reason": "请补充教学反思。"}).status_code == 204
    problem(admin.get(path), 404)
    version = teacher.get(f"{path}/versions").json()["items"][0]
    assert (version["status"], version["review_note"]) == ("draft", "请补充教学反思。")
    assert teacher.patch(path, {"title": "改好了"}, If_Match="*").status_code == 200
    problem(teacher.post(f"{path}/return"), 409)


def test_the_author_takes_her_submission_back_without_a_reason(api: Api) -> None:
    path = f"/resources/{api.library.draft('t_helper')}"
    teacher = api.person()
    teacher.post(f"{path}/submit")

    assert teacher.post(f"{path}/return").status_code == 204
    assert teacher.get(path).json()["status"] == "draft"
    problem(api.person("a_helper").get(path), 404)


def test_a_school_that_waives_review_lets_its_teachers_publish_to_near_audiences(api: Api) -> None:
    api.school("helper", waives_review=True)
    near, wide = api.library.draft("t_helper", "近"), api.library.draft("t_helper", "远")
    teacher = api.person()
    api.library.share("t_helper", near, f"pair:{api.library.pairs['school']}")
    api.library.share("t_helper", wide, "public")

    assert teacher.post(f"/resources/{near}/publish").json()["status"] == "published"
    assert api.person("t_aided").get(f"/resources/{near}").status_code == 200
    problem(teacher.post(f"/resources/{wide}/publish"), 403)
    problem(api.person(None).get(f"/resources/{wide}"), 404)
    editor = f"person:{api.library.people['t_lonely']}"
    third = api.library.draft("t_helper", "第三份")
    api.library.share("t_helper", third, editor, "editor")
    problem(api.person("t_lonely").post(f"/resources/{third}/publish"), 403)


def test_a_school_may_ask_to_review_the_sharing_of_drafts_with_schools(api: Api) -> None:
    api.school("helper", reviews_sharing=True)
    resource_id, people = api.library.draft("t_helper"), api.library.people
    path, teacher = f"/resources/{resource_id}", api.person()

    pair = teacher.post(f"{path}/grants", {"audience": f"pair:{api.library.pairs['school']}"})
    person = teacher.post(f"{path}/grants", {"audience": f"person:{people['t_second']}"})
    team = teacher.post(f"{path}/grants", {"audience": f"team:{api.library.teams['team']}"})

    assert [answer.json()["state"] for answer in (pair, person, team)] == ["waiting", "active", "active"]
    problem(api.person("t_aided").get(path), 404)
    assert api.person("t_second").get(path).status_code == 200
    assert api.person("t_lonely").get(path).status_code == 200
    api.publish(resource_id)
    assert api.person("t_aided").get(path).status_code == 200


def test_a_wider_audience_sleeps_on_a_draft_and_wakes_with_publication(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    path, teacher = f"/resources/{resource_id}", api.person()
    for audience in ("public", "paired", "city:371700", f"pair:{api.library.pairs['city']}"):
        made = teacher.post(f"{path}/grants", {"audience": audience})
        assert made.status_code == 201
        assert made.json()["state"] == "waiting"
    api.work()

    for reader in ("t_aided", "t_second", "t_lonely", None):
        assert not api.person(reader).sees(resource_id)
    api.publish(resource_id)
    api.work()
    for reader in ("t_aided", "t_second", "t_lonely", None):
        assert api.person(reader).sees(resource_id)


def test_a_wider_audience_of_what_is_published_waits_for_the_administrator(api: Api) -> None:
    resource_id = api.published()
    path, teacher, admin = f"/resources/{resource_id}", api.person(), api.person("a_helper")

    assert teacher.post(f"{path}/grants", {"audience": "public"}).json()["state"] == "waiting"
    problem(api.person(None).get(path), 404)
    problem(teacher.post(f"{path}/publish"), 403)
    assert admin.post(f"{path}/publish").status_code == 200
    assert api.person(None).get(path).status_code == 200


def test_a_returned_audience_is_closed(api: Api) -> None:
    resource_id = api.published()
    path, teacher, admin = f"/resources/{resource_id}", api.person(), api.person("a_helper")
    teacher.post(f"{path}/grants", {"audience": "public"})

    assert admin.post(f"{path}/return", {"reason": "请先核对版权。"}).status_code == 204
    assert "public" not in {item["audience"] for item in teacher.get(f"{path}/grants").json()["items"]}
    problem(api.person(None).get(path), 404)


def test_readers_of_a_second_version_may_open_the_first(api: Api) -> None:
    resource_id = api.published()
    api.library.share("t_helper", resource_id, f"pair:{api.library.pairs['school']}")
    path, teacher, reader = f"/resources/{resource_id}", api.person(), api.person("t_aided")
    teacher.patch(path, {"title": "第二版"}, If_Match="*")
    assert [v["version"] for v in teacher.get(f"{path}/versions").json()["items"]] == [2, 1]

    api.publish(resource_id)

    shown = reader.get(path).json()
    assert (shown["title"], shown["version"]) == ("第二版", 2)
    assert reader.get(path, version="1").json()["title"] == "秋天的雨"
    versions = reader.get(f"{path}/versions").json()["items"]
    assert [(item["version"], item["status"]) for item in versions] == [(2, "published"), (1, "replaced")]
    problem(reader.get(path, version="draft"), 404)
    problem(teacher.get(path, version="draft"), 404)
    problem(api.person("t_second").get(f"{path}/versions"), 404)


def test_a_step_may_name_the_state_it_was_decided_on(api: Api) -> None:
    path = f"/resources/{api.library.draft('t_helper')}"
    teacher, admin = api.person(), api.person("a_helper")
    stale = {"If_Match": '"0"'}

    problem(teacher.post(f"{path}/submit", **stale), 412)
    assert teacher.post(f"{path}/submit").status_code == 200
    problem(admin.post(f"{path}/publish", **stale), 412)
    problem(admin.post(f"{path}/return", {"reason": "x"}, **stale), 412)
    etag = admin.get(path).headers["etag"]
    assert admin.post(f"{path}/publish", If_Match=etag).status_code == 200
    problem(teacher.post(f"{path}/withdraw", **stale), 412)


def test_an_administrator_who_writes_still_reviews_her_own(api: Api) -> None:
    made = api.person("a_helper").post("/resources", LESSON).json()

    answer = api.person("a_helper").post(f"/resources/{made['id']}/publish")

    assert answer.json()["status"] == "published"


def test_what_the_schools_administrator_withdrew_comes_back_through_a_review_only(api: Api) -> None:
    ident = api.published("秋天的雨")
    teacher, admin = api.person(), api.person("a_helper")
    path = f"/resources/{ident}"
    assert admin.post(f"{path}/withdraw").status_code in (200, 204)
    with pytest.raises(Denied), api.library.writing("t_helper") as work:
        resources.restore(work, ident)
    assert teacher.patch(path, {"title": "秋天的雨（改）"}, If_Match="*").status_code == 200
    assert teacher.post(f"{path}/submit").is_success
    assert admin.post(f"{path}/publish").is_success
    assert teacher.get(path).json()["status"] == "published"


def test_a_links_id_is_never_chosen_by_who_shares(api: Api) -> None:
    ident = api.published()
    refused = api.person().post(f"/resources/{ident}/grants", {"audience": "link:abc", "role": "viewer"})
    assert wrong_fields(refused) == {"audience"}
