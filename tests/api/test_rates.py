"""How often the interface may be called, and how it says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.wiring import open_backends
from tests import stacks
from tests.api.api_client import ROOT, Api, problem, serve
from tests.api.serving import application, serving

AFAR = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with serve(tmp_path, api_per_minute=3) as found:
        yield found


def test_each_answer_says_what_is_left_and_one_too_many_when_to_go_on(api: Api) -> None:
    me = api.person()
    answers = [me.call("GET", "/me", headers=AFAR) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.headers["ratelimit"] for answer in answers] == [f'"minute";r={n};t=60' for n in (2, 1, 0)]
    assert answers[0].headers["ratelimit-policy"] == '"minute";q=3;w=60'

    refused = me.call("GET", "/me", headers=AFAR)
    assert problem(refused, 429)["detail"].startswith("请求太频繁（每分钟最多 3 次）")
    assert refused.headers["retry-after"] == "60"
    assert api.person("t_aided").call("GET", "/me", headers=AFAR).status_code == 200

    api.library.clock.tick(seconds=60)
    assert me.call("GET", "/me", headers=AFAR).status_code == 200


def test_new_tokens_do_not_help_an_address_over_its_rate(api: Api) -> None:
    statuses = [
        api.http.get(f"{ROOT}/me", headers=AFAR | {"Authorization": f"Bearer {n}"}).status_code
        for n in range(31)
    ]
    assert statuses == [401] * 30 + [429]
    assert api.http.get(f"{ROOT}/search", headers={"X-Forwarded-For": "203.0.113.8"}).status_code == 200


def test_who_asks_from_this_machine_is_told_and_not_refused(api: Api) -> None:
    me = api.person()
    answers = [me.get("/me") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert answers[-1].headers["ratelimit"] == '"minute";r=0;t=60'


def test_pages_are_not_counted(api: Api) -> None:
    answers = [api.http.get("/", headers=AFAR) for _ in range(40)]
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[0].headers


def test_without_a_limit_nothing_is_counted(tmp_path: Path) -> None:
    with serve(tmp_path, api_per_minute=0) as api:
        assert "ratelimit" not in api.person().get("/me").headers


def test_two_processes_count_together(api: Api) -> None:
    if stacks.chosen == "embedded":
        pytest.skip("one process has nobody to share with")
    other = open_backends(api.library.backends.settings)
    other.clock = api.library.clock
    try:
        with application(other) as app, serving(app) as second:
            headers = api.person().headers | AFAR
            left = [
                http.get(f"{ROOT}/me", headers=headers).headers["ratelimit"] for http in (api.http, second)
            ]
            for opened in (api.library.backends, other):
                opened.share_rates()
            refused = [second.get(f"{ROOT}/me", headers=headers).status_code for _ in range(2)]
    finally:
        other.close()
    assert left == ['"minute";r=2;t=60'] * 2
    assert refused == [200, 429]
