"""Keys of web sites: made by the school's administrator, public only, from listed origins, at a rate."""

from typing import Any

import httpx
import pytest

from service.errors import Invalid
from service.library import embed_keys
from tests.api.api_client import ROOT, Api, problem, wrong_fields

SITE = "https://www.helper.example"
WANTED = {"name": "学校网站", "origins": [f"{SITE}/index.html"]}


def make(api: Api, school: str = "helper", **wanted: Any) -> str:
    """A key of this school; returns it."""
    path = f"/schools/{api.library.schools[school]}/embed-keys"
    answer = api.person(f"a_{school}").post(path, WANTED | wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


def ask(
    api: Api, key: str, path: str = "/search", origin: str | None = SITE, **params: Any
) -> httpx.Response:
    """A question of a script on a site."""
    headers = {"Origin": origin} if origin else {}
    return api.http.get(f"{ROOT}/embed/{key}{path}", params=params, headers=headers)


def found(answer: httpx.Response) -> set[str]:
    """Ids of the cards, which the total counts."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    ids = {item["id"] for item in body["items"]}
    assert body["total"] == len(ids)
    return ids


def public(api: Api, owner: str = "helper", **fields: Any) -> str:
    """A resource that everybody may read."""
    resource_id = api.published(owner=owner, **fields)
    path = f"/resources/{resource_id}/grants"
    assert api.person(f"a_{owner}").post(path, {"audience": "public"}).status_code == 201
    return resource_id


def test_a_site_finds_what_is_public_and_nothing_else_whoever_is_signed_in(api: Api) -> None:
    shown, hidden, draft = public(api), api.published(title="秋天的果园"), api.library.draft("t_helper")
    api.work()
    key = make(api)
    assert found(ask(api, key)) == found(ask(api, key, q="秋天")) == {shown}
    owner = api.person("a_helper").headers
    answer = api.http.get(f"{ROOT}/embed/{key}/search", headers=owner | {"Origin": SITE})
    assert found(answer) == {shown}
    for other in (hidden, draft, "nothing"):
        problem(ask(api, key, f"/resources/{other}"), 404)
    card = ask(api, key, f"/resources/{shown}").json()
    assert card["url"].endswith(f"/resources/{shown}")
    assert "set-cookie" not in answer.headers


def test_a_withdrawn_resource_is_gone_from_the_sites_at_once(api: Api) -> None:
    shown = public(api)
    api.work()
    key = make(api)
    assert found(ask(api, key)) == {shown}
    assert api.person("a_helper").post(f"/resources/{shown}/withdraw").status_code == 204
    assert found(ask(api, key)) == set()
    problem(ask(api, key, f"/resources/{shown}"), 404)


def test_the_school_narrows_what_its_site_shows(api: Api) -> None:
    mine = public(api, subject="chinese")
    theirs = public(api, "aided", subject="maths")
    others = public(api, "lonely", subject="chinese")
    api.work()
    assert found(ask(api, make(api))) == {mine, theirs, others}
    assert found(ask(api, make(api, within="school"))) == {mine}
    pair = make(api, within="partnership", partnership_id=api.library.pairs["school"])
    assert found(ask(api, pair)) == {mine, theirs}
    cities = make(api, within="partnership", partnership_id=api.library.pairs["city"])
    assert found(ask(api, cities)) == {mine, theirs, others}
    subject = make(api, subjects=["chinese"])
    assert found(ask(api, subject)) == {mine, others}
    assert found(ask(api, subject, subject="maths")) == set()
    assert found(ask(api, subject, subject=["maths", "chinese"])) == {mine, others}
    problem(ask(api, pair, f"/resources/{others}"), 404)
    assert ask(api, cities, f"/resources/{others}").status_code == 200


def test_scripts_of_listed_origins_may_read_the_answer_and_every_one_the_refusal(api: Api) -> None:
    key = make(api)
    answer = ask(api, key)
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "Origin" in answer.headers["vary"]
    assert ask(api, key, origin=None).status_code == 200
    assert "access-control-allow-origin" not in ask(api, key, origin=None).headers
    for foreign in ("https://elsewhere.example", SITE.replace("https", "http"), f"{SITE}:8443", "null"):
        refused = ask(api, key, origin=foreign)
        assert problem(refused, 403)["type"] == "/problems/foreign-origin"
        assert refused.headers["access-control-allow-origin"] == "*"
    problem(ask(api, "pk_nothing"), 404)


def test_a_revoked_key_says_so(api: Api) -> None:
    key, admin = make(api), api.person("a_helper")
    path = f"/schools/{api.library.schools['helper']}/embed-keys/{key}"
    assert admin.delete(path).status_code == 204
    assert admin.delete(path).status_code == 204
    refused = ask(api, key)
    assert problem(refused, 410)["type"] == "/problems/gone"
    assert refused.headers["access-control-allow-origin"] == "*"
    assert admin.get(path).json()["revoked_at"]


def test_a_key_over_its_rate_is_told_when_to_come_back(api: Api) -> None:
    key = make(api, per_minute=2)
    assert [ask(api, key).headers["ratelimit"] for _ in range(2)] == [
        '"minute";r=1;t=60',
        '"minute";r=0;t=60',
    ]
    refused = ask(api, key)
    problem(refused, 429)
    assert refused.headers["retry-after"] == "60"
    api.library.clock.tick(minutes=1)
    assert ask(api, key).status_code == 200


def test_use_is_counted_by_day_and_shown_to_the_administrator(api: Api) -> None:
    key = make(api)
    for origin in (SITE, SITE, "https://elsewhere.example"):
        ask(api, key, origin=origin)
    api.library.backends.write_uses()
    path = f"/schools/{api.library.schools['helper']}/embed-keys"
    (item,) = api.person("a_helper").get(path).json()["items"]
    assert item["used"] == {"answered": 2, "refused": 1, "last_day": "2026-09-01"}
    api.library.clock.tick(days=31)
    (item,) = api.person("a_helper").get(path).json()["items"]
    assert item["used"] == {"answered": 0, "refused": 0, "last_day": None}


def test_only_the_schools_administrator_keeps_its_keys(api: Api) -> None:
    key, path = make(api), f"/schools/{api.library.schools['helper']}/embed-keys"
    for name in ("t_helper", "a_aided", "o_370200"):
        other = api.person(name)
        for answer in (
            other.get(path),
            other.post(path, WANTED),
            other.get(f"{path}/{key}"),
            other.put(f"{path}/{key}", WANTED, If_Match="*"),
            other.delete(f"{path}/{key}"),
        ):
            problem(answer, 404)
    problem(api.person(None).get(path), 401)
    problem(api.person("a_helper", "resources:read").get(path), 403)
    elsewhere = f"/schools/{api.library.schools['aided']}/embed-keys/{key}"
    problem(api.person("a_aided").get(elsewhere), 404)
    assert api.person("platform").get(f"{path}/{key}").status_code == 200


def test_a_key_is_changed_by_who_read_it(api: Api) -> None:
    key, admin = make(api), api.person("a_helper")
    path = f"/schools/{api.library.schools['helper']}/embed-keys/{key}"
    etag = admin.get(path).headers["etag"]
    assert admin.call("GET", path, headers={"If-None-Match": etag}).status_code == 304
    changed = WANTED | {"origins": ["https://new.example"]}
    problem(admin.put(path, changed), 428)
    assert admin.put(path, changed, If_Match=etag).json()["origins"] == ["https://new.example"]
    problem(admin.put(path, changed, If_Match=etag), 412)
    problem(ask(api, key), 403)
    assert ask(api, key, origin="https://new.example").status_code == 200


def test_wrong_fields_are_named(api: Api) -> None:
    admin, path = api.person("a_helper"), f"/schools/{api.library.schools['helper']}/embed-keys"
    assert wrong_fields(admin.post(path, WANTED | {"origins": ["学校网站"]})) == {"origins"}
    assert wrong_fields(admin.post(path, WANTED | {"origins": []})) == {"origins"}
    assert wrong_fields(admin.post(path, WANTED | {"within": "partnership"})) == {"partnership_id"}
    second = WANTED | {"within": "partnership", "partnership_id": api.library.pairs["second"]}
    assert wrong_fields(admin.post(path, second)) == {"partnership_id"}
    assert wrong_fields(admin.post(path, WANTED | {"per_minute": 0})) == {"per_minute"}
    with pytest.raises(Invalid):
        embed_keys.parse({})


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://www.Example.cn/a?b#c", "https://www.example.cn"),
        (" http://127.0.0.1:8080 ", "http://127.0.0.1:8080"),
        ("https://example.cn:443", "https://example.cn"),
        ("https://学校.example", "https://xn--48s290a.example"),
        ("ftp://example.cn", None),
        ("https://user@example.cn", None),
        ("https://example.cn:port", None),
        ("https://*.example.cn", None),
        ("www.example.cn", None),
        ("", None),
    ],
)
def test_an_address_is_kept_as_browsers_send_its_origin(address: str, origin: str | None) -> None:
    assert embed_keys.origin(address) == origin
