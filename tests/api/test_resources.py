"""/resources: a draft is made, read, changed, put in the bin and brought back."""

import pytest

from tests.api.api_client import Api, problem, wrong_fields

LESSON = {"kind": "lesson_case", "title": "秋天的雨"}
FULL = LESSON | {
    "summary": "三年级上册第六课",
    "content": "# 教学目标\n\n会认“盒、颜”等 10 个字。",
    "system": "63",
    "grade": "3",
    "subject": "chinese",
    "volume": "1",
    "unit": "第二单元",
    "equipment": ["投影仪"],
    "tags": ["识字", "朗读"],
    "credits": [{"person": "王老师", "school": "第一小学", "part": "设计"}],
}


def test_a_draft_needs_a_kind_and_a_title_and_is_the_callers_schools(api: Api) -> None:
    made = api.person().post("/resources", LESSON)

    assert made.status_code == 201
    found = made.json()
    assert made.headers["location"] == f"/api/v1/resources/{found['id']}"
    assert made.headers["etag"].startswith('"')
    assert (found["status"], found["version"], found["files"], found["key"]) == ("draft", 1, [], None)
    assert found["draft"] == {"version": 1, "status": "draft"}
    assert found["school"] == {
        "id": api.library.schools["helper"],
        "name": "helper 小学",
        "city": "青岛市",
    }
    assert found["credits"][0]["person"] == "t_helper"
    assert found["created_at"] == "2026-09-01T00:00:00.000Z"
    assert api.http.get(made.headers["location"], headers=api.person().headers).json() == found


def test_every_field_comes_back_as_it_was_sent(api: Api) -> None:
    found = api.person().post("/resources", FULL).json()

    for name, value in FULL.items():
        if name != "credits":
            assert found[name] == value, name
    assert found["credits"] == [FULL["credits"][0] | {"enterprise": None}]  # type: ignore[operator]
    assert found["stage"] == "primary"


def test_missing_and_wrong_fields_are_named_each_with_a_sentence(api: Api) -> None:
    teacher = api.person()

    assert wrong_fields(teacher.post("/resources", {})) == {"kind", "title"}
    body = LESSON | {"title": "题" * 500, "kind": "poem", "grade": "13", "colour": "red", "tags": "x"}
    answer = teacher.post("/resources", body)
    assert wrong_fields(answer) == {"title", "kind", "grade", "colour", "tags"}
    assert "300" in next(item["message"] for item in answer.json()["errors"] if item["field"] == "title")
    assert wrong_fields(teacher.post("/resources", LESSON | {"title": "   "})) == {"title"}
    assert wrong_fields(teacher.post("/resources", LESSON | {"credits": [{"person": 1}]})) == {
        "credits.0.person"
    }
    assert teacher.ids() == set()


def test_refusals_are_chinese_and_english_for_who_prefers_it(api: Api) -> None:
    teacher = api.person()

    chinese = problem(teacher.post("/resources", {}), 422)
    english = problem(teacher.post("/resources", {}, Accept_Language="en-GB,en;q=0.9"), 422)

    assert not any(text.isascii() for text in (chinese["title"], chinese["detail"]))
    assert not any(item["message"].isascii() for item in chinese["errors"])
    assert english["title"].isascii()
    assert english["detail"].isascii()
    assert all(item["message"].isascii() for item in english["errors"]), english["errors"]
    assert english["type"] == chinese["type"]


def test_who_belongs_to_no_school_makes_no_resource(api: Api) -> None:
    problem(api.person("platform").post("/resources", LESSON), 422)
    problem(api.person("o_370200").post("/resources", LESSON), 422)
    problem(api.person(None).post("/resources", LESSON), 401)


def test_an_adaptation_names_what_it_is_made_from_if_the_caller_may_see_it(api: Api) -> None:
    source = api.published()
    body = LESSON | {"adapted_from": source}

    assert api.person().post("/resources", body).json()["adapted_from"] == source
    problem(api.person("t_lonely").post("/resources", body), 404)
    problem(api.person().post("/resources", LESSON | {"adapted_from": "nothing"}), 404)


def test_a_reader_who_has_this_state_already_is_sent_nothing(api: Api) -> None:
    teacher = api.person()
    path = f"/resources/{api.library.draft('t_helper')}"
    etag = teacher.get(path).headers["etag"]

    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = teacher.call("GET", path, headers={"If-None-Match": given})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert teacher.call("GET", path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_change_says_what_it_was_made_from(api: Api) -> None:
    teacher = api.person()
    path = f"/resources/{api.library.draft('t_helper')}"
    etag = teacher.get(path).headers["etag"]

    assert problem(teacher.patch(path, {"title": "新"}), 428)["type"] == "/problems/condition-missing"
    stale = teacher.patch(path, {"title": "新"}, If_Match='"0"')
    assert problem(stale, 412)["type"] == "/problems/stale"
    assert stale.headers["etag"] == etag
    changed = teacher.patch(path, {"title": "秋天的雨(第二稿)"}, If_Match=etag)
    assert (changed.status_code, changed.json()["title"]) == (200, "秋天的雨(第二稿)")
    assert changed.headers["etag"] != etag
    problem(teacher.patch(path, {"title": "旧"}, If_Match=etag), 412)
    assert teacher.get(path).json()["title"] == "秋天的雨(第二稿)"


def test_a_change_that_changes_nothing_keeps_the_etag(api: Api) -> None:
    teacher = api.person()
    made = teacher.post("/resources", FULL)
    path, etag = f"/resources/{made.json()['id']}", made.headers["etag"]

    answer = teacher.patch(path, {"title": FULL["title"], "tags": FULL["tags"]}, If_Match=etag)

    assert (answer.status_code, answer.headers["etag"]) == (200, etag)


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"title": "题" * 500}, "title"),
        ({"kind": "joint_course"}, "kind"),
        ({"id": "x"}, "id"),
        ({"status": "published"}, "status"),
        ({"grade": "一百"}, "grade"),
        ({"tags": [""]}, "tags.0"),
        ({"language": "中文"}, "language"),
    ],
)
def test_a_wrong_change_names_its_field(api: Api, sent: dict[str, object], named: str) -> None:
    path = f"/resources/{api.library.draft('t_helper')}"

    assert wrong_fields(api.person().patch(path, sent, If_Match="*")) == {named}


def test_a_change_of_what_is_published_opens_a_draft_that_readers_do_not_see(api: Api) -> None:
    resource_id = api.published(subject="chinese")
    path = f"/resources/{resource_id}"
    author, reader = api.person(), api.person("a_helper")
    api.library.share("t_helper", resource_id, f"person:{api.library.people['t_second']}")
    etag = author.get(path).headers["etag"]

    changed = author.patch(path, {"title": "新稿"}, If_Match=etag)

    assert changed.status_code == 200
    assert (changed.json()["title"], changed.json()["version"]) == ("新稿", 2)
    assert changed.json()["draft"] == {"version": 2, "status": "draft"}
    assert author.get(path).json()["title"] == "秋天的雨"
    assert author.get(path).json()["draft"] == {"version": 2, "status": "draft"}
    assert author.get(path, version="draft").json()["title"] == "新稿"
    assert author.get(path, version="1").json()["title"] == "秋天的雨"
    for other in (reader, api.person("t_second")):
        assert (other.get(path).json()["title"], other.get(path).json()["draft"]) == ("秋天的雨", None)
        problem(other.get(path, version="draft"), 404)
        problem(other.get(path, version="2"), 404)
        assert [item["version"] for item in other.get(f"{path}/versions").json()["items"]] == [1]
    problem(api.person("t_second").patch(path, {"title": "x"}, If_Match="*"), 403)
    problem(api.person("t_lonely").patch(path, {"title": "x"}, If_Match="*"), 404)
    for wrong in ("-1", "x", "1.0", "9" * 50, "１", ""):
        problem(author.get(path, version=wrong), 422)
    problem(author.get(path, version="3"), 404)


def test_a_draft_goes_to_the_bin_and_comes_back(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    api.library.share("t_helper", resource_id, f"school:{api.library.schools['aided']}")
    teacher, reader, path = api.person(), api.person("t_aided"), f"/resources/{resource_id}"

    problem(reader.delete(path), 403)
    problem(teacher.delete(path, If_Match='"0"'), 412)
    assert teacher.delete(path).status_code == 204
    api.work()
    assert not teacher.sees(resource_id)
    assert not reader.sees(resource_id)
    assert teacher.ids("/resources", deleted=True) == {resource_id}
    assert reader.ids("/resources", deleted=True) == set()
    problem(teacher.delete(path), 404)
    problem(teacher.patch(path, {"title": "x"}, If_Match="*"), 404)
    problem(reader.post(f"{path}/restore"), 404)
    assert teacher.post(f"{path}/restore").json()["status"] == "draft"
    api.work()
    assert reader.sees(resource_id)
    assert teacher.ids("/resources", deleted=True) == set()


def test_what_is_withdrawn_is_gone_for_readers_until_it_is_restored(api: Api) -> None:
    resource_id = api.published()
    api.library.share("t_helper", resource_id, f"pair:{api.library.pairs['school']}")
    author, reader, path = api.person(), api.person("t_aided"), f"/resources/{resource_id}"
    api.work()
    assert reader.sees(resource_id)

    problem(reader.post(f"{path}/withdraw"), 403)
    assert author.post(f"{path}/withdraw").status_code == 204
    assert reader.get(path).status_code == 404
    assert resource_id not in reader.ids() | reader.ids("/search")
    assert reader.get("/search").json()["total"] == 0
    assert author.get(path).json()["status"] == "withdrawn"
    problem(reader.post(f"{path}/restore"), 404)
    problem(author.post(f"{path}/withdraw"), 409)
    assert author.post(f"{path}/restore").json()["status"] == "published"
    api.work()
    assert reader.sees(resource_id)
    problem(author.post(f"{path}/restore"), 409)
    assert author.delete(path).status_code == 204
    assert author.get(path).json()["status"] == "withdrawn"


def test_a_draft_cannot_be_withdrawn_nor_restored(api: Api) -> None:
    path = f"/resources/{api.library.draft('t_helper')}"

    problem(api.person().post(f"{path}/withdraw"), 409)
    problem(api.person().post(f"{path}/restore"), 409)


def test_the_list_is_filtered_and_paged_newest_change_first(api: Api) -> None:
    teacher, made = api.person(), []
    for number in range(7):
        api.library.clock.tick(minutes=1)
        subject = "maths" if number % 2 else "chinese"
        made.append(api.library.draft("t_helper", f"第{number}课", subject=subject, grade="3"))
    found: list[str] = []
    page = teacher.get("/resources", limit=3).json()
    while page["next"]:
        found += [item["id"] for item in page["items"]]
        page = teacher.get("/resources", limit=3, cursor=page["next"]).json()
    found += [item["id"] for item in page["items"]]

    assert found == made[::-1]
    assert teacher.ids(subject="maths") == set(made[1::2])
    assert teacher.ids(subject=["maths", "chinese"]) == set(made)
    assert teacher.ids(subject="maths", grade="4") == set()
    assert teacher.ids(mine=True) == set(made)
    assert api.person("a_helper").ids(mine=True) == set()
    assert "content" not in teacher.get("/resources").json()["items"][0]
    assert wrong_fields(teacher.get("/resources", kind="poem")) == {"kind.0"}
