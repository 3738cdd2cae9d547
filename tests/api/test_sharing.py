"""Grants from outside: every audience, role and term; taken back at once; and never to a third school."""

from datetime import timedelta
from typing import Any

import pytest

from service.library.shapes import instant
from tests.api.api_client import Api, problem, wrong_fields

EVERYBODY = (
    "t_helper",
    "a_helper",
    "t_second",
    "t_aided",
    "t_lonely",
    "o_370200",
    "o_371700",
    "platform",
    None,
)


def audiences(api: Api) -> dict[str, tuple[str, set[str | None]]]:
    """A name → the audience, and who among EVERYBODY reads what is published to it (beside the own school)."""
    library = api.library
    return {
        "person": (f"person:{library.people['t_lonely']}", {"t_lonely"}),
        "team": (f"team:{library.teams['team']}", {"t_lonely"}),
        "school": (f"school:{library.schools['aided']}", {"t_aided"}),
        "pair": (f"pair:{library.pairs['school']}", {"t_aided"}),
        "city": ("city:371700", {"t_aided", "t_lonely", "o_371700"}),
        "city pair": (
            f"pair:{library.pairs['city']}",
            {"t_second", "t_aided", "t_lonely", "o_370200", "o_371700"},
        ),
        "paired": ("paired", {"t_second", "t_aided"}),
        "public": ("public", set(EVERYBODY)),
    }


NAMES = ("person", "team", "school", "pair", "city", "city pair", "paired", "public")


@pytest.mark.parametrize("name", NAMES)
def test_an_audience_reads_and_nobody_else_does(api: Api, name: str) -> None:
    audience, readers = audiences(api)[name]
    resource_id = api.published()
    admin, path = api.person("a_helper"), f"/resources/{resource_id}"
    giver = api.person() if name == "team" else admin  # only its members share with a team
    made = giver.post(f"{path}/grants", {"audience": audience})
    assert made.status_code == 201, made.text
    assert made.json()["state"] == "active"
    api.work()

    for who in EVERYBODY:
        expected = who in readers | {"t_helper", "a_helper"}
        assert api.person(who).sees(resource_id) is expected, who
    assert admin.delete(f"{path}/grants/{made.json()['id']}").status_code == 204
    for who in EVERYBODY:
        assert api.person(who).sees(resource_id) is (who in ("t_helper", "a_helper")), who
    api.work()
    for who in EVERYBODY:
        assert api.person(who).sees(resource_id) is (who in ("t_helper", "a_helper")), who


def test_what_is_taken_back_is_gone_from_every_way_of_reading(api: Api) -> None:
    resource_id = api.library.draft("t_helper", "秋天的雨", subject="chinese")
    file = api.attached(resource_id, "教案.txt", "秋天的雨是一把钥匙".encode())
    teacher, reader, path = api.person(), api.person("t_aided"), f"/resources/{resource_id}"
    grant = teacher.post(f"{path}/grants", {"audience": f"pair:{api.library.pairs['school']}"}).json()
    api.work()
    assert reader.get("/search", q="钥匙").json()["total"] == 1
    ways = ["", "/versions", "/files", *(f"/files/{file['id']}/{name}" for name in ("content", "text"))]
    assert {reader.get(path + way).status_code for way in ways} == {200}

    teacher.delete(f"{path}/grants/{grant['id']}")

    assert {reader.get(path + way).status_code for way in ways} == {404}
    found = reader.get("/search", q="钥匙").json()
    assert (found["total"], found["items"]) == (0, [])
    assert not [value for values in found["facets"].values() for value in values]
    problem(teacher.delete(f"{path}/grants/{grant['id']}"), 404)


@pytest.mark.parametrize(
    ("role", "may_edit", "may_share"),
    [("viewer", False, False), ("commenter", False, False), ("editor", True, False), ("manager", True, True)],
)
def test_a_role_may_do_what_it_says_and_no_more(api: Api, role: str, may_edit: bool, may_share: bool) -> None:
    resource_id = api.library.draft("t_helper")
    path, other = f"/resources/{resource_id}", api.person("t_lonely")
    api.library.share("t_helper", resource_id, f"person:{api.library.people['t_lonely']}", role)

    edited = other.patch(path, {"title": "改了"}, If_Match="*")
    shared = other.post(f"{path}/grants", {"audience": f"school:{api.library.schools['lonely']}"})
    assert edited.status_code == (200 if may_edit else 403)
    assert shared.status_code == (201 if may_share else 403)
    assert other.get(f"{path}/grants").status_code == (200 if may_share else 403)
    assert other.get(f"{path}/audience").status_code == (200 if may_share else 403)
    assert (other.get(path).json()["draft"] is not None) is may_edit
    assert other.post(f"{path}/submit").status_code == (200 if may_share else 403)
    assert other.delete(path).status_code == (204 if may_share else 403)


def test_a_term_begins_and_ends_by_the_clock(api: Api) -> None:
    resource_id, now = api.library.draft("t_helper"), api.library.clock.now
    begins, ends = now + timedelta(days=1), now + timedelta(days=3)
    sent = {
        "audience": f"school:{api.library.schools['aided']}",
        "not_before": instant(begins),
        "expires_at": instant(ends),
    }
    made = api.person().post(f"/resources/{resource_id}/grants", sent)
    assert (made.status_code, made.json()["state"]) == (201, "scheduled")
    assert (made.json()["not_before"], made.json()["expires_at"]) == (instant(begins), instant(ends))
    api.work()

    def seen() -> bool:
        return api.person("t_aided").sees(resource_id)

    assert not seen()
    api.library.clock.now = begins - timedelta(microseconds=1)
    assert not seen()
    api.library.clock.now = begins
    api.work()
    assert seen()
    api.library.clock.now = ends - timedelta(microseconds=1)
    assert seen()
    api.library.clock.now = ends
    assert not seen()
    api.work()
    assert not seen()
    grants = api.person().get(f"/resources/{resource_id}/grants").json()["items"]
    assert sent["audience"] not in {grant["audience"] for grant in grants}


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({}, "audience"),
        ({"audience": "everybody"}, "audience"),
        ({"audience": "school:nothing"}, "audience"),
        ({"audience": "person:nothing"}, "audience"),
        ({"audience": "pair:nothing"}, "audience"),
        ({"audience": "team:nothing"}, "audience"),
        ({"audience": "city:999999"}, "audience"),
        ({"audience": "review:1"}, "audience"),
        ({"audience": "client:1"}, "audience"),
        ({"audience": "public", "role": "owner"}, "role"),
        ({"audience": "public", "role": "editor"}, "role"),
        ({"audience": "public", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"audience": "public", "expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"audience": "public", "until": "2027-01-01T00:00:00Z"}, "until"),
    ],
)
def test_a_wrong_grant_names_its_field(api: Api, sent: dict[str, Any], named: str) -> None:
    answer = api.person().post(f"/resources/{api.library.draft('t_helper')}/grants", sent)

    assert wrong_fields(answer) == {named}


def test_a_partnership_of_others_is_no_audience_and_neither_is_one_that_ended(api: Api) -> None:
    path = f"/resources/{api.library.draft('t_helper')}/grants"

    assert wrong_fields(api.person().post(path, {"audience": f"pair:{api.library.pairs['second']}"})) == {
        "audience"
    }
    pair = api.library.pairs["school"]
    api.person("a_helper").post(f"/partnerships/{pair}/end")
    problem(api.person().post(path, {"audience": f"pair:{pair}"}), 409)


def test_a_partnership_narrowed_to_a_subject_takes_only_that(api: Api) -> None:
    schools = api.library.schools
    proposal = {"helper": schools["helper"], "aided": schools["lonely"], "starts": "2026-09-01"}
    pair = api.person("a_helper").post("/partnerships", proposal | {"subjects": ["maths"]}).json()["id"]
    api.person("a_lonely").post(f"/partnerships/{pair}/accept")

    for subject, status in (("maths", 201), ("chinese", 409), (None, 409)):
        path = f"/resources/{api.library.draft('t_helper', subject=subject)}/grants"
        assert api.person().post(path, {"audience": f"pair:{pair}"}).status_code == status


def test_a_second_helper_sees_nothing_of_what_the_first_pair_shares(api: Api) -> None:
    """多对一: two helpers, one aided school."""
    pairs = api.library.pairs
    ours, theirs = api.library.draft("t_helper", "甲校的课"), api.library.draft("t_second", "乙校的课")
    aided = api.library.draft("t_aided", "帮扶的课")
    api.library.share("t_helper", ours, f"pair:{pairs['school']}", "editor")
    api.library.share("t_second", theirs, f"pair:{pairs['second']}")
    api.library.share("t_aided", aided, f"pair:{pairs['school']}")
    api.work()

    seen = {name: api.person(name).ids() for name in ("t_helper", "t_second", "t_aided", "t_lonely")}
    assert seen == {
        "t_helper": {ours, aided},
        "t_second": {theirs},
        "t_aided": {ours, theirs, aided},
        "t_lonely": set(),
    }
    for name, expected in seen.items():
        assert api.person(name).ids("/search") == expected
        for resource_id in (ours, theirs, aided):
            assert api.person(name).sees(resource_id) is (resource_id in expected)
    problem(api.person("t_second").patch(f"/resources/{ours}", {"title": "x"}, If_Match="*"), 404)


def test_who_has_the_link_reads_and_nobody_finds_it(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    file = api.attached(resource_id, "教案.txt", b"hello")
    api.publish(resource_id)
    admin, nobody, path = api.person("a_helper"), api.person(None), f"/resources/{resource_id}"
    grant = admin.post(f"{path}/grants", {"audience": "link"}).json()
    link = grant["audience"].removeprefix("link:")
    assert len(link) == 26
    api.work()

    assert nobody.get(path, link=link).json()["id"] == resource_id
    assert nobody.get(f"{path}/files/{file['id']}/content", link=link).content == b"hello"
    assert api.person("t_lonely").get(path, link=link).status_code == 200
    for wrong in ("", "0" * 26, link[:-1], link.upper(), f"{link}\x00"):
        problem(nobody.get(path, link=wrong), 404)
    assert not nobody.sees(resource_id)
    problem(nobody.patch(f"{path}?link={link}", {"title": "x"}, If_Match="*"), 401)
    again = admin.post(f"{path}/grants", {"audience": "link"}).json()["audience"]
    assert again != grant["audience"]
    admin.delete(f"{path}/grants/{grant['id']}")
    problem(nobody.get(path, link=link), 404)
    assert nobody.get(path, link=again.removeprefix("link:")).status_code == 200


def test_the_account_says_who_can_see_it_and_why(api: Api) -> None:
    resource_id, teacher = api.library.draft("t_helper"), api.person()
    path = f"/resources/{resource_id}"
    teacher.post(f"{path}/grants", {"audience": f"pair:{api.library.pairs['school']}", "role": "editor"})
    teacher.post(f"{path}/grants", {"audience": "public"})

    found = teacher.get(f"{path}/audience").json()

    items = {item["audience"]: item for item in found["items"]}
    assert items["public"]["state"] == "waiting"
    assert "审核" in items["public"]["reason"]
    assert all(item["label"] and item["reason"] and item["role"] for item in found["items"])
    assert "helper 小学与aided 小学" in found["summary"]
    problem(api.person("t_aided").get(f"{path}/audience"), 403)
    problem(api.person("t_second").get(f"{path}/audience"), 404)
    problem(api.person(None).get(f"{path}/audience"), 404)


def test_a_resource_always_keeps_a_manager(api: Api) -> None:
    resource_id, teacher = api.library.draft("t_helper"), api.person()
    path = f"/resources/{resource_id}/grants"
    own = next(item for item in teacher.get(path).json()["items"] if item["role"] == "manager")

    problem(teacher.delete(f"{path}/{own['id']}"), 409)
    problem(teacher.post(path, {"audience": own["audience"], "role": "viewer"}), 409)
    heir = {"audience": f"person:{api.library.people['t_aided']}", "role": "manager"}
    assert teacher.post(path, heir).status_code == 201
    assert teacher.delete(f"{path}/{own['id']}").status_code == 204
    assert teacher.get(f"/resources/{resource_id}").status_code == 404


def test_a_grant_belongs_to_its_resource(api: Api) -> None:
    mine, other = api.library.draft("t_helper"), api.library.draft("t_helper", "别的")
    grant = api.library.share("t_helper", mine, f"school:{api.library.schools['aided']}")

    problem(api.person().delete(f"/resources/{other}/grants/{grant}"), 404)
    problem(api.person("t_aided").delete(f"/resources/{mine}/grants/{grant}"), 403)


def test_given_again_to_the_same_audience_it_replaces_the_former(api: Api) -> None:
    path = f"/resources/{api.library.draft('t_helper')}/grants"
    audience = f"school:{api.library.schools['aided']}"

    for role in ("viewer", "editor"):
        api.person().post(path, {"audience": audience, "role": role})

    grants = [item for item in api.person().get(path).json()["items"] if item["audience"] == audience]
    assert [item["role"] for item in grants] == ["editor"]


def test_a_review_does_not_change_who_writes(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    author, reviewer = api.person(), api.person("a_helper")
    own = api.library.people["a_helper"]
    colleague = api.library.share(
        "t_helper", resource_id, f"person:{api.library.people['t_aided']}", "editor"
    )
    assert author.post(f"/resources/{resource_id}/submit").status_code == 200

    for role in ("editor", "manager"):
        wanted = {"audience": f"person:{own}", "role": role}
        problem(reviewer.post(f"/resources/{resource_id}/grants", wanted), 403)
    problem(reviewer.delete(f"/resources/{resource_id}/grants/{colleague}"), 403)

    assert reviewer.post(f"/resources/{resource_id}/return", {"reason": "请补充"}).status_code == 204
    assert not reviewer.sees(resource_id)
    api.publish(resource_id)
    handed_over = {"audience": f"person:{own}", "role": "manager"}
    assert reviewer.post(f"/resources/{resource_id}/grants", handed_over).status_code == 201


def test_who_was_to_manage_once_the_school_approves_finds_nothing_in_a_bin(api: Api) -> None:
    api.school("helper", reviews_sharing=True)
    resource_id = api.library.draft("t_helper")
    wanted = {"audience": f"school:{api.library.schools['aided']}", "role": "manager"}
    answer = api.person().post(f"/resources/{resource_id}/grants", wanted)
    assert answer.json()["state"] == "waiting"
    assert api.person().delete(f"/resources/{resource_id}").status_code == 204

    other = api.person("t_aided")

    assert other.ids("/resources", deleted=True) == set()
    problem(other.post(f"/resources/{resource_id}/restore"), 404)
    assert api.person().ids("/resources", deleted=True) == {resource_id}
