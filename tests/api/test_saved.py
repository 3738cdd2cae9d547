"""/searches from outside: kept, listed, given up, by their owner alone; and what they find anew, told whatever opened it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from service.library import feed, indexing, notices, noticing, saved, watching
from service.models import Membership, TeamMember
from tests.api.api_client import Api, Person, problem, wrong_fields


def test_a_search_is_kept_listed_and_given_up_by_its_owner_alone(api: Api) -> None:
    owner, other = api.person(), api.person("t_aided")
    asked = {
        "name": "古诗课",
        "q": " 三年级  古诗 ",
        "literal": ["三年级"],
        "filters": {"subject": ["chinese"], "no": ["x"]},
    }
    made = owner.post("/searches", asked)
    assert made.status_code == 201
    again = owner.post("/searches", asked | {"name": "别名"})
    assert again.json() == made.json(), "the same search is one"
    (kept,) = owner.get("/searches").json()["items"]
    assert kept["name"] == "别名"
    assert kept["query"] == {"q": "三年级 古诗", "literal": ["三年级"], "subject": ["chinese"]}
    assert other.get("/searches").json()["items"] == []
    problem(other.delete(f"/searches/{kept['id']}"), 404)
    assert owner.delete(f"/searches/{kept['id']}").status_code == 204
    problem(owner.delete(f"/searches/{kept['id']}"), 404)


def test_an_empty_search_and_too_many_are_refused_and_nobody_keeps_none(api: Api) -> None:
    owner = api.person()
    assert wrong_fields(owner.post("/searches", {"literal": ["三"]})) == {"q"}
    for number in range(saved.MOST):
        assert owner.post("/searches", {"q": f"词{number}"}).status_code == 201
    assert wrong_fields(owner.post("/searches", {"q": "再多一个"})) == {"name"}
    problem(api.person(None).get("/searches"), 401)
    problem(api.person("t_helper", "resources:read").post("/searches", {"q": "词"}), 403)


def test_what_no_index_takes_is_not_kept_and_stops_nobodys_watch(api: Api) -> None:
    hostile = {"q": "秋天", "literal": ["\ud800"] * 5, "filters": {"grade": ["\ud800\x003", "长" * 5000]}}
    sent = json.dumps(hostile).encode()
    owner = api.person("t_aided")
    made = owner.call("POST", "/searches", content=sent, headers={"Content-Type": "application/json"})
    assert made.status_code == 201

    (kept,) = owner.get("/searches").json()["items"]

    assert kept["query"] == {"q": "秋天", "grade": ["3", "长" * 100]}
    api.published("秋天的雨", grade="3")
    api.library.clock.tick(minutes=1)
    api.work()
    watching.watch(api.library.backends.reading, api.library.backends.writing)


# What becomes visible, by whatever -----------------------------------------------------------------------------------


def look(api: Api) -> None:
    """Index what waits; then the searches are looked at, when their time has come."""
    api.work()
    api.library.clock.tick(minutes=20)
    api.work()


def told(api: Api, name: str) -> list[str]:
    """What her notices say of her saved searches, the newest first."""
    with api.library.reading(name) as work:
        return [line["words"] for line in noticing.listing(work) if "保存的搜索" in line["words"]]


def keeps(api: Api, name: str, q: str = "秋天", **filters: list[str]) -> Person:
    keeper = api.person(name)
    assert keeper.post("/searches", {"q": q, "filters": filters}).status_code == 201
    return keeper


def paired(api: Api, **term: str) -> str:
    """The partnership of `helper` and `lonely`, proposed by one side and accepted by the other."""
    sides = {"helper": api.library.schools["helper"], "aided": api.library.schools["lonely"]}
    proposal = api.person("a_helper").post("/partnerships", sides | {"starts": "2026-09-01"} | term)
    assert proposal.status_code == 201, proposal.text
    ident: str = proposal.json()["id"]
    return ident


def step(api: Api, partnership: str, what: str, who: str = "a_lonely") -> None:
    assert api.person(who).post(f"/partnerships/{partnership}/{what}").status_code == 200


def opened_to_partners(api: Api, *titles: str, **fields: Any) -> list[str]:
    """Published resources of `helper` that every paired school may read; approved by its administrator."""
    made = []
    for title in titles:
        ident = api.published(title, **fields)
        api.library.share("a_helper", ident, "paired")
        api.library.clock.tick(minutes=1)
        made.append(ident)
    return made


def test_what_a_partnership_opens_is_told_when_it_begins(api: Api) -> None:
    keeper = keeps(api, "t_lonely")
    opened_to_partners(api, "秋天的雨", "秋天的树", "冬天", "秋天的风", "秋天的果")
    look(api)
    assert told(api, "t_lonely") == []

    pair = paired(api)
    look(api)
    assert told(api, "t_lonely") == [], "a proposal opens nothing"
    step(api, pair, "accept")
    assert len(keeper.get("/search", q="秋天").json()["items"]) == 4
    look(api)

    assert told(api, "t_lonely") == [
        "您保存的搜索“秋天”有 4 份新资源：《秋天的果》《秋天的风》《秋天的树》等。"
    ]
    look(api)
    assert len(told(api, "t_lonely")) == 1
    assert told(api, "t_lonely")[0].startswith("您保存的搜索“秋天”有 4 份"), "told twice"


def test_what_she_could_find_before_is_no_news_when_more_opens_it(api: Api) -> None:
    keeps(api, "t_lonely")
    known, _new = opened_to_partners(api, "秋天的雨", "秋天的树")
    api.library.share("t_helper", known, f"school:{api.library.schools['lonely']}")
    look(api)
    assert told(api, "t_lonely") == ["您保存的搜索“秋天”有 1 份新资源：《秋天的雨》。"]
    with api.library.writing("t_lonely") as work:
        notices.mark_read(work)

    step(api, paired(api), "accept")
    look(api)

    assert told(api, "t_lonely")[0] == "您保存的搜索“秋天”有 1 份新资源：《秋天的树》。"


def test_a_partnership_that_begins_on_a_day_is_told_on_that_day(api: Api) -> None:
    keeps(api, "t_lonely")
    opened_to_partners(api, "秋天的雨")
    step(api, paired(api, starts="2026-09-11"), "accept")
    look(api)
    assert told(api, "t_lonely") == []
    api.library.clock.tick(days=11)
    look(api)
    assert told(api, "t_lonely") == ["您保存的搜索“秋天”有 1 份新资源：《秋天的雨》。"]


def test_what_a_team_opens_is_told_to_its_new_members(api: Api) -> None:
    keeps(api, "t_aided", "冬天")
    members = [api.library.people["t_aided"], api.library.people["t_second"]]
    before = api.published("冬天的雪")
    team = api.person().post("/teams", {"name": "冬天组", "members": [members[1]]}).json()["id"]
    api.library.share("t_helper", before, f"team:{team}")
    look(api)
    assert told(api, "t_aided") == []

    with api.library.writing("t_helper") as work:
        work.session.add(TeamMember(team_id=team, person_id=members[0]))
    look(api)

    assert told(api, "t_aided") == ["您保存的搜索“冬天”有 1 份新资源：《冬天的雪》。"]


def test_what_a_post_at_another_school_opens_is_told_when_its_term_begins(api: Api) -> None:
    keeps(api, "t_lonely")
    ident = api.published("秋天的雨")
    api.library.share("t_helper", ident, f"school:{api.library.schools['helper']}")
    begins = api.library.clock.now + timedelta(days=3)
    with api.library.backends.writing() as work:
        work.session.add(
            Membership(
                id=work.ids(),
                person_id=api.library.people["t_lonely"],
                organisation_id=api.library.schools["helper"],
                role="teacher",
                kind="exchange",
                starts=begins,
            )
        )
    look(api)
    assert told(api, "t_lonely") == []
    api.library.clock.tick(days=3)
    look(api)
    assert told(api, "t_lonely") == ["您保存的搜索“秋天”有 1 份新资源：《秋天的雨》。"]


def test_a_search_that_is_kept_after_the_partnership_began_knows_what_it_opened(api: Api) -> None:
    opened_to_partners(api, "秋天的雨")
    step(api, paired(api), "accept")
    api.work()
    keeps(api, "t_lonely")
    look(api)
    assert told(api, "t_lonely") == []


def test_a_token_that_sees_less_than_its_person_makes_nothing_news(api: Api) -> None:
    opened_to_partners(api, "秋天的雨")
    keeper = api.person("t_aided", "resources:write")
    assert keeper.post("/searches", {"q": "秋天"}).status_code == 201
    look(api)
    assert told(api, "t_aided") == []


def test_what_changes_while_a_partnership_begins_is_told_once(api: Api) -> None:
    keeps(api, "t_lonely")
    (old,) = opened_to_partners(api, "秋天的雨")
    look(api)
    step(api, paired(api), "accept")
    opened_to_partners(api, "秋天的树")
    edited = api.library.draft("t_helper", "秋天的稿")
    api.library.share("t_helper", edited, f"school:{api.library.schools['lonely']}")
    with api.library.writing("t_helper") as work:
        feed.touch(work, old)
    look(api)
    look(api)
    (line,) = told(api, "t_lonely")
    assert line.startswith("您保存的搜索“秋天”有 3 份新资源：")


def test_what_she_lost_again_is_neither_named_nor_counted(api: Api) -> None:
    keeps(api, "t_lonely")
    _first, second = opened_to_partners(api, "秋天的雨", "秋天的树")
    pair = paired(api)
    step(api, pair, "accept")
    look(api)
    assert told(api, "t_lonely") == ["您保存的搜索“秋天”有 2 份新资源：《秋天的树》《秋天的雨》。"]

    assert api.person("t_helper").post(f"/resources/{second}/withdraw").status_code == 204
    assert told(api, "t_lonely") == ["您保存的搜索“秋天”有 1 份新资源：《秋天的雨》。"]
    step(api, pair, "end")
    assert told(api, "t_lonely") == ["您保存的搜索“秋天”找到的新资源，您现在不能查看了。"]
    look(api)
    assert len(told(api, "t_lonely")) == 1, "told of what she lost"


def test_a_partnership_that_began_and_ended_between_two_looks_is_not_told(api: Api) -> None:
    keeps(api, "t_lonely")
    opened_to_partners(api, "秋天的雨")
    look(api)
    pair = paired(api)
    step(api, pair, "accept")
    step(api, pair, "end")
    look(api)
    assert told(api, "t_lonely") == []


def test_filters_hold_for_what_a_partnership_opens(api: Api) -> None:
    keeps(api, "t_lonely", grade=["3"])
    opened_to_partners(api, "秋天的雨", grade="3")
    opened_to_partners(api, "秋天的树", grade="4")
    step(api, paired(api), "accept")
    look(api)
    assert told(api, "t_lonely") == ["您保存的搜索“秋天”有 1 份新资源：《秋天的雨》。"]


def test_while_the_index_waits_nothing_is_told_twice_or_lost(api: Api) -> None:
    keeps(api, "t_lonely")
    opened_to_partners(api, "秋天的雨")
    look(api)
    step(api, paired(api), "accept")
    _waiting, ready = opened_to_partners(api, "秋天的树", "秋天的风")
    opened = api.library.backends
    indexing.feed_index(opened.reading, opened.writing, [ready])
    watching.watch(opened.reading, opened.writing)
    assert told(api, "t_lonely") == ["您保存的搜索“秋天”有 1 份新资源：《秋天的雨》。"]
    look(api)
    assert told(api, "t_lonely") == [
        "您保存的搜索“秋天”有 3 份新资源：《秋天的风》《秋天的树》《秋天的雨》。"
    ]


def test_more_changes_than_are_looked_at_in_one_go_are_all_told(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps(api, "t_lonely")
    opened_to_partners(api, "秋天的雨", "秋天的树", "秋天的风")
    step(api, paired(api), "accept")
    monkeypatch.setattr(watching, "AT_ONCE", 2)
    look(api)
    (line,) = told(api, "t_lonely")
    assert line.startswith("您保存的搜索“秋天”有 3 份新资源：")
