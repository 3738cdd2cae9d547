"""/searches from outside: kept, listed, given up, by their owner alone."""

import json

from service.library import saved
from tests.api.api_client import Api, problem, wrong_fields


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
    saved.watch(api.library.backends.reading, api.library.backends.writing)
