"""/changes from outside: a copy is begun, kept, narrowed and begun anew; nobody reads on from another's cursor."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.library import accounts
from service.models import Membership, Team
from service.work import Work
from tests.api.api_client import Api, Person, problem


def _follow(person: Person, cursor: str | None = None, limit: int = 2) -> tuple[list[dict[str, Any]], str]:
    """All items up to the end of the feed, and where it stands then."""
    items: list[dict[str, Any]] = []
    while True:
        sent = {"limit": limit} if cursor is None else {"limit": limit, "cursor": cursor}
        answer = person.get("/changes", **sent)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        items += page["items"]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            assert cursor is not None
            return items, cursor


def _told(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["op"], item["id"] if item["op"] == "removed" else item["resource"]["id"]) for item in items]


def _post_of(work: Work, api: Api, name: str) -> Membership:
    return work.session.scalars(
        select(Membership).where(col(Membership.person_id) == api.library.people[name])
    ).one()


def test_a_copy_begins_with_everything_visible_and_goes_on_with_what_changed(api: Api) -> None:
    made = {api.library.draft("t_helper", f"第{number}课") for number in range(5)}
    teacher = api.person()

    items, cursor = _follow(teacher)
    assert {(op, ident) for op, ident in _told(items)} == {("upsert", ident) for ident in made}
    assert len(items) == 5
    assert items[0]["resource"] == teacher.get(f"/resources/{items[0]['resource']['id']}").json()
    assert _follow(teacher, cursor)[0] == []

    changed = sorted(made)[3]
    etag = teacher.get(f"/resources/{changed}").headers["etag"]
    assert teacher.patch(f"/resources/{changed}", {"summary": "改过"}, If_Match=etag).status_code == 200
    items, _cursor = _follow(teacher, cursor)
    assert _told(items) == [("upsert", changed)]
    assert items[0]["resource"]["summary"] == "改过"


def test_what_may_no_longer_be_seen_is_removed_and_an_id_never_seen_is_not_named(api: Api) -> None:
    shared, private = api.library.draft("t_helper"), api.library.draft("t_helper")
    partner, teacher = api.person("t_aided"), api.person()
    grant = teacher.post(
        f"/resources/{shared}/grants",
        {"audience": f"person:{api.library.people['t_aided']}", "role": "viewer"},
    ).json()
    items, cursor = _follow(partner)
    assert _told(items) == [("upsert", shared)]

    assert teacher.delete(f"/resources/{shared}/grants/{grant['id']}").status_code == 204
    for resource_id in (shared, private):
        etag = teacher.get(f"/resources/{resource_id}").headers["etag"]
        teacher.patch(f"/resources/{resource_id}", {"summary": "改过"}, If_Match=etag)
    items, cursor = _follow(partner, cursor)
    assert _told(items) == [("removed", shared)]
    assert _follow(partner, cursor)[0] == []


def test_a_partnership_that_ends_takes_what_came_by_it_out_of_the_copy(api: Api) -> None:
    resource_id = api.published()
    pair = api.library.pairs["school"]
    answer = api.person().post(
        f"/resources/{resource_id}/grants", {"audience": f"pair:{pair}", "role": "viewer"}
    )
    assert answer.status_code == 201, answer.text
    partner = api.person("t_aided")
    items, cursor = _follow(partner)
    assert _told(items) == [("upsert", resource_id)]

    teacher = api.person()
    assert teacher.patch(f"/resources/{resource_id}", {"summary": "改过"}, If_Match="*").status_code == 200
    assert api.person("a_helper").post(f"/partnerships/{pair}/end").status_code == 200

    items, cursor = _follow(partner, cursor)
    assert _told(items) == [("removed", resource_id)]
    assert _follow(partner, cursor)[0] == []


def test_a_visitor_follows_what_is_public(api: Api) -> None:
    api.library.draft("t_helper")
    public = api.published("公开课")
    api.library.share("t_helper", public, "public")
    assert api.person("a_helper").post(f"/resources/{public}/publish").status_code == 200
    assert _told(_follow(api.person(None))[0]) == [("upsert", public)]


def test_a_cursor_is_of_one_caller_and_one_making(api: Api) -> None:
    api.library.draft("t_helper")
    cursor = _follow(api.person())[1]
    other = "A" if cursor[0] != "A" else "B"
    for person, tried in (
        (api.person("t_aided"), cursor),
        (api.person(None), cursor),
        (api.person(), other + cursor[1:]),
        (api.person(), cursor[:-3]),
        (api.person(), "x"),
        (api.person(), "结对"),
    ):
        body = problem(person.get("/changes", cursor=tried), 410)
        assert "重新开始" in body["detail"]


def test_what_opens_and_closes_during_the_first_walk_does_not_stay_in_the_copy(api: Api) -> None:
    first, second, third = (api.library.draft("t_helper") for _n in range(3))
    partner, teacher = api.person("t_aided"), api.person()
    her = f"person:{api.library.people['t_aided']}"
    for ident in (first, third):
        api.library.share("t_helper", ident, her)
    page = partner.get("/changes", limit=1).json()
    assert _told(page["items"]) == [("upsert", first)]

    grant = api.library.share("t_helper", second, her)
    walked = partner.get("/changes", limit=1, cursor=page["next_cursor"]).json()
    assert teacher.delete(f"/resources/{second}/grants/{grant}").status_code == 204

    told = _told(walked["items"] + _follow(partner, walked["next_cursor"])[0])
    assert {ident: op for op, ident in told}.get(second) != "upsert"
    assert ("upsert", third) in told


def test_what_was_open_to_a_school_only_before_she_came_is_not_named(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    newcomer, school = api.person("t_lonely"), api.library.schools["aided"]
    cursor = _follow(newcomer)[1]
    grant = api.library.share("t_helper", resource_id, f"school:{school}")
    assert api.person().delete(f"/resources/{resource_id}/grants/{grant}").status_code == 204

    with api.library.backends.writing() as work:
        _post_of(work, api, "t_lonely").organisation_id = school

    assert _follow(newcomer, cursor)[0] == []


def test_a_grant_that_has_just_run_out_is_not_sent_and_its_lapse_is_told(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    partner = api.person("t_aided")
    until = api.library.clock.now + timedelta(minutes=5)
    api.library.share("t_helper", resource_id, f"person:{api.library.people['t_aided']}", expires_at=until)
    items, cursor = _follow(partner)
    assert _told(items) == [("upsert", resource_id)]
    teacher = api.person()
    assert teacher.patch(f"/resources/{resource_id}", {"summary": "改过"}, If_Match="*").status_code == 200

    api.library.clock.tick(minutes=6)
    items, cursor = _follow(partner, cursor)
    assert items == []
    api.work()

    assert _told(_follow(partner, cursor)[0]) == [("removed", resource_id)]


def test_what_opened_to_a_school_after_she_left_is_not_named(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    leaver = api.person("t_aided")
    cursor = _follow(leaver)[1]
    with api.library.backends.writing() as work:
        _post_of(work, api, "t_aided").ends = work.now

    api.library.share("t_helper", resource_id, f"school:{api.library.schools['aided']}")

    assert _follow(leaver, cursor)[0] == []
    assert _told(_follow(api.person("a_aided"))[0]) == [("upsert", resource_id)]


def test_a_link_does_not_enter_the_copy(api: Api) -> None:
    resource_id = api.published()
    link = api.person("a_helper").post(f"/resources/{resource_id}/grants", {"audience": "link"})
    assert link.status_code == 201, link.text
    by_link = {"link": link.json()["audience"].removeprefix("link:")}
    assert api.person("t_lonely").get(f"/resources/{resource_id}", **by_link).status_code == 200
    assert api.person("t_lonely").get("/changes", **by_link).json()["items"] == []


def test_a_school_that_is_merged_brings_its_resources_into_the_copies_of_its_successor(api: Api) -> None:
    resource_id = api.library.draft("t_lonely")
    api.library.share("t_lonely", resource_id, f"school:{api.library.schools['lonely']}")
    teacher = api.person("t_helper")
    items, cursor = _follow(teacher)
    assert items == []

    api.school("lonely", succeeded_by=api.library.schools["helper"])
    items, cursor = _follow(teacher, cursor)
    assert _told(items) == [("upsert", resource_id)]

    api.school("lonely", succeeded_by=None)
    assert _told(_follow(teacher, cursor)[0]) == [("removed", resource_id)]


def test_a_team_that_ends_takes_its_drafts_out_of_the_copies(api: Api) -> None:
    resource_id, team = api.library.draft("t_helper"), api.library.teams["team"]
    api.library.share("t_helper", resource_id, f"team:{team}", "editor")
    member = api.person("t_lonely")
    items, cursor = _follow(member)
    assert _told(items) == [("upsert", resource_id)]

    with api.library.backends.writing() as work:
        work.session.get_one(Team, team).ends = work.now

    assert _told(_follow(member, cursor)[0]) == [("removed", resource_id)]


def test_what_every_teacher_of_a_school_may_read_leaves_out_what_is_hers_alone(api: Api) -> None:
    own, opened = api.library.draft("t_helper"), api.library.draft("t_helper")
    api.library.share("t_helper", opened, f"school:{api.library.schools['aided']}")
    api.library.share("t_helper", own, f"person:{api.library.people['t_aided']}")
    teacher = api.person("t_aided")
    assert {ident for _op, ident in _told(_follow(teacher)[0])} == {own, opened}
    page = teacher.get("/changes", audience="school").json()
    assert _told(page["items"]) == [("upsert", opened)]
    problem(teacher.get("/changes", cursor=page["next_cursor"]), 410)
    problem(teacher.get("/changes", audience="person"), 422)


def test_of_a_person_of_two_schools_it_is_both_and_of_a_program_the_one_that_it_is_of(api: Api) -> None:
    library = api.library
    there, here = library.draft("t_helper"), library.draft("t_helper")
    library.share("t_helper", there, f"school:{library.schools['aided']}")
    library.share("t_helper", here, f"school:{library.schools['lonely']}")
    with library.backends.writing() as work:
        work.session.add(
            Membership(
                id=work.ids(),
                person_id=library.people["t_aided"],
                organisation_id=library.schools["lonely"],
                role="teacher",
                starts=work.now,
            )
        )
        ident, secret = accounts.register_client(work, library.schools["aided"], "副本", ["resources:read"])
    both = api.person("t_aided").get("/changes", audience="school").json()
    assert {ident for _op, ident in _told(both["items"])} == {there, here}
    key = {"grant_type": "client_credentials", "client_id": ident, "client_secret": secret}
    token = api.http.post("/api/v1/token", data=key).json()["access_token"]
    one = api.http.get("/api/v1/changes?audience=school", headers={"Authorization": f"Bearer {token}"}).json()
    assert _told(one["items"]) == [("upsert", there)]


def test_what_was_lost_with_a_partnership_goes_even_if_it_is_changed_while_that_is_told(api: Api) -> None:
    pair = api.library.pairs["school"]
    made = sorted(api.library.draft("t_helper", f"第{n}课") for n in range(3))
    for ident in made:
        api.library.share("t_helper", ident, f"pair:{pair}")
    partner, teacher = api.person("t_aided"), api.person()
    items, cursor = _follow(partner)
    assert len(items) == 3
    assert api.person("a_helper").post(f"/partnerships/{pair}/end").status_code == 200
    page = partner.get("/changes", limit=1, cursor=cursor).json()
    assert _told(page["items"]) == [("removed", made[0])]

    assert teacher.patch(f"/resources/{made[1]}", {"summary": "改过"}, If_Match="*").status_code == 200
    assert teacher.patch(f"/resources/{made[1]}", {"summary": "又改"}, If_Match="*").status_code == 200
    api.library.share("t_helper", made[2], f"person:{api.library.people['t_aided']}")

    told = {ident: op for op, ident in _told(_follow(partner, page["next_cursor"], limit=1)[0])}
    assert told == {made[1]: "removed", made[2]: "upsert"}


def test_briefly_told_an_upsert_is_its_id_and_the_place_is_the_same(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    teacher = api.person()
    page = teacher.get("/changes", brief=True).json()
    assert page["items"] == [{"op": "upsert", "id": resource_id}]
    assert teacher.call("DELETE", f"/resources/{resource_id}").status_code == 204
    page = teacher.get("/changes", brief=True, cursor=page["next_cursor"]).json()
    assert page["items"] == [{"op": "removed", "id": resource_id}]
    assert teacher.get("/changes", cursor=page["next_cursor"]).json()["items"] == []
