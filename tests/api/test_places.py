"""/vocabularies, /schools, /partnerships, /teams: the codes, who is paired with whom, who works with whom."""

import pytest

from service.library import cursors
from tests.api.api_client import Api, Person, problem, wrong_fields


def walk(person: Person, path: str, limit: int) -> list[str]:
    """Ids of a list, read page by page."""
    found: list[str] = []
    page = person.get(path, limit=limit).json()
    while True:
        assert len(page["items"]) <= limit
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return found
        page = person.get(path, limit=limit, cursor=page["next"]).json()


def test_the_vocabularies_carry_codes_labels_and_aliases(api: Api) -> None:
    found = api.person(None).get("/vocabularies").json()

    for name in ("system", "stage", "grade", "subject", "edition", "volume", "type", "major"):
        assert {"code", "label", "aliases"} <= found[name][0].keys(), name
        codes = [entry["code"] for entry in found[name]]
        assert len(codes) == len(set(codes))
    assert [entry["code"] for entry in found["grade"]] == [str(grade) for grade in range(1, 13)]
    assert {"63", "54"} == {entry["code"] for entry in found["system"]}


def test_schools_are_found_by_city_by_name_and_by_a_former_name(api: Api) -> None:
    api.school("aided", former_names=["曹州第一小学"])
    nobody, schools = api.person(None), api.library.schools

    assert nobody.ids("/schools", city="371700") == {schools["aided"], schools["lonely"]}
    assert nobody.ids("/schools", q="helper") == {schools["helper"]}
    assert nobody.ids("/schools", q="曹州第一") == {schools["aided"]}
    assert nobody.ids("/schools", q="%") == set()
    assert nobody.ids("/schools", city="nowhere") == set()


def test_a_closed_school_is_no_longer_listed(api: Api) -> None:
    api.school("lonely", closed_at=api.library.clock.now)

    assert api.library.schools["lonely"] not in api.person(None).ids("/schools")


@pytest.mark.parametrize("path", ["/schools", "/partnerships"])
def test_a_list_read_page_by_page_is_the_whole_list_once(api: Api, path: str) -> None:
    nobody = api.person(None)
    whole = [item["id"] for item in nobody.get(path).json()["items"]]

    assert len(whole) >= 3
    for limit in (1, 2, len(whole), 200):
        assert walk(nobody, path, limit) == whole


@pytest.mark.parametrize("path", ["/schools", "/partnerships", "/resources"])
def test_a_wrong_cursor_or_limit_is_refused_by_its_name(api: Api, path: str) -> None:
    nobody = api.person(None)

    for cursor in ("x", "no such place", "页", "\x00", "", "LlxYWFg", "a" * 150):
        assert wrong_fields(nobody.get(path, cursor=cursor)) == {"cursor"}, cursor
    for limit in ("0", "-1", "201", "many", "1e9", "9" * 40):
        assert wrong_fields(nobody.get(path, limit=limit)) == {"limit"}, limit


def test_a_cursor_of_a_time_that_never_was_is_refused(api: Api) -> None:
    for key in ("9" * 40, "-" + "9" * 30, "soon", "9" * 5000):
        assert wrong_fields(api.person(None).get("/resources", cursor=cursors.encode(key, "a"))) == {"cursor"}


def test_a_partnership_begins_with_the_other_sides_consent(api: Api) -> None:
    schools = api.library.schools
    body = {"helper": schools["helper"], "aided": schools["lonely"], "starts": "2026-09-01"}
    made = api.person("a_helper").post("/partnerships", body)
    assert made.status_code == 201
    path = f"/partnerships/{made.json()['id']}"

    assert made.json()["status"] == "proposed"
    assert made.json()["helper"] == {"id": schools["helper"], "name": "helper 小学", "city": "青岛市"}
    assert made.json()["starts"] == "2026-08-31T16:00:00.000Z"
    assert made.json()["id"] not in api.person("t_second").ids("/partnerships")
    assert made.json()["id"] in api.person("t_lonely").ids("/partnerships")
    problem(api.person("a_helper").post(f"{path}/accept"), 409)
    problem(api.person("a_second").post(f"{path}/accept"), 404)
    problem(api.person("t_lonely").post(f"{path}/accept"), 404)
    assert api.person("a_lonely").post(f"{path}/accept").json()["status"] == "active"
    problem(api.person("a_lonely").post(f"{path}/accept"), 409)
    assert made.json()["id"] in api.person(None).ids("/partnerships")


def test_a_wrong_proposal_is_refused(api: Api) -> None:
    schools, admin = api.library.schools, api.person("a_helper")
    mine, other = schools["helper"], schools["lonely"]

    def ask(**changed: object) -> int:
        body = {"helper": mine, "aided": other, "starts": "2026-09-01", **changed}
        answer = admin.post("/partnerships", body)
        problem(answer, answer.status_code)
        return answer.status_code

    assert ask(aided=mine) == 422
    assert ask(aided="370200") == 422
    assert ask(aided="nobody") == 422
    assert ask(ends="2026-08-01") == 422
    assert ask(starts="tomorrow") == 422
    assert ask(stages=["nonsense"]) == 422
    assert ask(subjects=["nonsense"]) == 422
    assert ask(helper=other, aided=schools["second"]) == 404
    assert (
        api.person("t_helper")
        .post("/partnerships", {"helper": mine, "aided": other, "starts": "2026-09-01"})
        .status_code
        == 404
    )


def test_suspending_and_ending_a_partnership_count_at_once(api: Api) -> None:
    pair = api.library.pairs["school"]
    resource_id = api.library.draft("t_helper")
    api.library.share("t_helper", resource_id, f"pair:{pair}")
    api.work()
    reader, path = api.person("t_aided"), f"/partnerships/{pair}"
    assert reader.sees(resource_id)

    assert api.person("a_aided").post(f"{path}/suspend").json()["status"] == "suspended"
    assert reader.get(f"/resources/{resource_id}").status_code == 404
    assert resource_id not in reader.ids() | reader.ids("/search")
    assert api.person("a_aided").post(f"{path}/resume").json()["status"] == "active"
    assert reader.sees(resource_id)
    ended = api.person("a_helper").post(f"{path}/end").json()
    assert (ended["status"], ended["ends"]) == ("ended", "2026-09-01T00:00:00.000Z")
    assert not reader.sees(resource_id)
    problem(api.person("a_helper").post(f"{path}/resume"), 409)
    problem(api.person("a_helper").post(f"{path}/dance"), 422)


def test_what_one_side_suspended_the_other_does_not_resume(api: Api) -> None:
    path = f"/partnerships/{api.library.pairs['school']}"
    aided, helper = api.person("a_aided"), api.person("a_helper")

    aided.post(f"{path}/suspend")
    problem(helper.post(f"{path}/resume"), 409)
    assert api.library.pairs["school"] in helper.ids("/partnerships", status="suspended")
    assert aided.post(f"{path}/resume").json()["status"] == "active"

    helper.post(f"{path}/suspend")  # once more, by the other one
    problem(aided.post(f"{path}/resume"), 409)
    assert helper.post(f"{path}/resume").json()["status"] == "active"

    api.person("platform").post(f"{path}/suspend")
    problem(helper.post(f"{path}/resume"), 409)
    assert api.person("platform").post(f"{path}/resume").json()["status"] == "active"


def test_partnerships_are_filtered_by_side_level_and_status(api: Api) -> None:
    nobody, pairs, schools = api.person(None), api.library.pairs, api.library.schools

    assert nobody.ids("/partnerships", level="city") == {pairs["city"]}
    assert nobody.ids("/partnerships", organisation=schools["aided"]) == {pairs["school"], pairs["second"]}
    assert nobody.ids("/partnerships", status="ended") == set()
    assert wrong_fields(nobody.get("/partnerships", level="planet")) == {"level"}


def test_a_team_is_known_to_its_members_only(api: Api) -> None:
    people = api.library.people
    body = {"name": "秋天的雨课题组", "kind": "project", "members": [people["t_aided"]]}
    made = api.person("t_helper").post("/teams", body)

    assert made.status_code == 201
    assert [member["lead"] for member in made.json()["members"]] == [True, False]
    assert made.json()["id"] in api.person("t_aided").ids("/teams")
    assert made.json()["id"] not in api.person("t_lonely").ids("/teams")
    assert api.person(None).ids("/teams") == set()


def test_a_wrong_team_is_refused_by_its_fields(api: Api) -> None:
    teacher = api.person("t_helper")

    assert wrong_fields(teacher.post("/teams", {"name": " "})) == {"name"}
    assert wrong_fields(teacher.post("/teams", {"name": "队", "kind": "gang"})) == {"kind"}
    assert wrong_fields(teacher.post("/teams", {"name": "队", "members": ["nobody"]})) == {"members"}
    assert wrong_fields(teacher.post("/teams", {"name": "队" * 101})) == {"name"}
    term = {"starts": "2026-09-02T00:00:00Z", "ends": "2026-09-01T00:00:00Z"}
    assert wrong_fields(teacher.post("/teams", {"name": "队", **term})) == {"ends"}
    problem(api.person(None).post("/teams", {"name": "队"}), 401)


def test_what_is_paired_or_proposed_is_not_proposed_again(api: Api) -> None:
    schools, admin = api.library.schools, api.person("a_helper")
    body = {"helper": schools["helper"], "aided": schools["lonely"], "starts": "2026-09-01"}
    assert admin.post("/partnerships", body).status_code == 201

    problem(admin.post("/partnerships", body), 409)
    problem(admin.post("/partnerships", {**body, "aided": schools["aided"]}), 409)
