"""/token and /me: how a person and a program prove who they are, and what their tokens may do."""

import base64

import httpx
import pytest

from service.library import accounts
from tests.api.api_client import ROOT, Api, Person, problem, wrong_fields
from tests.factories import PASSWORD


def ask(api: Api, **form: str) -> httpx.Response:
    return Person(api.http).call("POST", "/token", data=form)


def sign_in(api: Api, username: str = "t_helper", password: str = PASSWORD, **form: str) -> httpx.Response:
    return ask(api, grant_type="password", username=username, password=password, **form)


def holder(answer: httpx.Response, api: Api) -> Person:
    assert answer.status_code == 200, answer.text
    return Person(api.http, {"Authorization": f"Bearer {answer.json()['access_token']}"})


@pytest.fixture
def program(api: Api) -> tuple[str, str]:
    """A program of the helper school that may read and write: its id and secret."""
    with api.library.backends.writing() as work:
        scopes = ["resources:read", "resources:write"]
        return accounts.register_client(work, api.library.schools["helper"], "教务系统", scopes)


def test_a_password_gives_a_bearer_token_of_the_usual_scopes(api: Api) -> None:
    answer = sign_in(api)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 30 * 86_400
    assert answer.json()["scope"] == "resources:read resources:write sharing:write"
    me = holder(answer, api).get("/me").json()
    assert me["person"] == {"id": api.library.people["t_helper"], "name": "t_helper"}
    assert me["client"] is None
    assert [(place["organisation"]["name"], place["role"]) for place in me["memberships"]] == [
        ("helper 小学", "teacher")
    ]
    assert [team["name"] for team in me["teams"]] == ["示例团队"]
    assert me["scopes"] == ["resources:read", "resources:write", "sharing:write"]


def test_wrong_passwords_and_unknown_names_are_told_apart_by_nobody(api: Api) -> None:
    wrong, unknown = sign_in(api, password="not this one"), sign_in(api, username="nobody-here")

    told, told_too = problem(wrong, 401), problem(unknown, 401)
    assert told.pop("request_id") != told_too.pop("request_id")
    assert told == told_too
    assert problem(sign_in(api, username="", password=""), 401)


def test_too_many_failures_are_throttled_until_the_window_is_over(api: Api) -> None:
    for _ in range(api.library.backends.settings.sign_in_tries):
        assert sign_in(api, password="not this one").status_code == 401

    throttled = sign_in(api)
    assert problem(throttled, 429)["type"] == "/problems/throttled"
    assert int(throttled.headers["retry-after"]) > 0
    api.library.clock.tick(seconds=int(throttled.headers["retry-after"]))
    assert sign_in(api).status_code == 200


def test_scopes_are_those_asked_for_and_no_others(api: Api) -> None:
    reader = holder(sign_in(api, scope="resources:read"), api)

    assert wrong_fields(sign_in(api, scope="everything")) == {"scope"}
    assert reader.get("/resources").status_code == 200
    body = {"kind": "lesson_case", "title": "秋天的雨"}
    refused = reader.post("/resources", body)
    assert "resources:write" in problem(refused, 403)["detail"]
    assert holder(sign_in(api, scope="resources:write"), api).post("/resources", body).status_code == 201


def test_an_unsupported_way_of_signing_in_is_named(api: Api) -> None:
    assert wrong_fields(ask(api, grant_type="implicit")) == {"grant_type"}
    assert wrong_fields(ask(api)) == {"grant_type"}
    assert wrong_fields(sign_in(api, username="a" * 1000)) == {"username"}
    problem(api.person(None).post("/token", {"grant_type": "password"}), 422)


def test_a_program_gets_its_schools_tokens_and_never_a_persons(api: Api, program: tuple[str, str]) -> None:
    ident, secret = program
    by_form = ask(api, grant_type="client_credentials", client_id=ident, client_secret=secret)
    basic = base64.b64encode(f"{ident}:{secret}".encode()).decode()
    by_basic = Person(api.http, {"Authorization": f"Basic {basic}"}).call(
        "POST", "/token", data={"grant_type": "client_credentials", "scope": "resources:read"}
    )

    me = holder(by_form, api).get("/me").json()
    assert (me["person"], me["client"], me["school_id"]) == (None, ident, api.library.schools["helper"])
    assert not [token for token in me["audiences"] if token.startswith(("person:", "team:", "review:"))]
    assert f"school:{api.library.schools['helper']}" in me["audiences"]
    assert by_basic.json()["scope"] == "resources:read"


def test_a_program_is_refused_with_a_wrong_secret_or_a_scope_beyond_its_own(
    api: Api, program: tuple[str, str]
) -> None:
    ident, secret = program
    form = {"grant_type": "client_credentials", "client_id": ident}

    problem(ask(api, **form, client_secret="wrong"), 401)
    problem(ask(api, grant_type="client_credentials", client_id="nobody", client_secret=secret), 401)
    problem(ask(api, grant_type="client_credentials"), 401)
    problem(ask(api, **form, client_secret=secret, scope="admin"), 403)
    assert wrong_fields(ask(api, **form, client_secret=secret, scope="all")) == {"scope"}
    broken = Person(api.http, {"Authorization": "Basic %%%"})
    problem(broken.call("POST", "/token", data={"grant_type": "client_credentials"}), 422)


def test_a_revoked_token_is_refused_and_so_is_an_expired_one(api: Api) -> None:
    first, second = holder(sign_in(api), api), holder(sign_in(api), api)

    assert first.delete("/token").status_code == 204
    refused = first.get("/me")
    assert problem(refused, 401)["type"] == "/problems/sign-in"
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert second.get("/me").status_code == 200
    api.library.clock.tick(days=30)
    problem(second.get("/me"), 401)


def test_no_token_reads_what_is_public_and_a_wrong_one_reads_nothing(api: Api) -> None:
    nobody = api.person(None)

    assert nobody.get("/resources").json() == {"items": [], "next": None}
    problem(nobody.get("/me"), 401)
    for words in ("Bearer x", "Bearer", "Bearer 令牌", "bearer " + "a" * 5000):
        answer = api.http.get(f"{ROOT}/resources", headers={b"Authorization": words.encode()})
        problem(answer, 401)


def test_sharing_and_writing_are_scopes_of_their_own(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    path = f"/resources/{resource_id}"
    reader, writer = api.person("t_helper", "resources:read"), api.person("t_helper", "resources:write")

    for answer in (
        reader.patch(path, {"title": "新"}, If_Match="*"),
        reader.delete(path),
        reader.post(f"{path}/submit"),
        reader.post(f"{path}/publish"),
        reader.post(f"{path}/files", {"upload_id": "0"}),
        reader.put("/resources/by-key/1", {"kind": "lesson_case", "title": "秋"}, If_Match="*"),
        writer.post(f"{path}/grants", {"audience": "public"}),
        writer.post("/teams", {"name": "团队"}),
        writer.post("/partnerships", {"helper": "1", "aided": "2", "starts": "2026-09-01"}),
    ):
        problem(answer, 403)
    assert api.person("t_helper", "sharing:write").post(
        f"{path}/grants", {"audience": "public"}
    ).status_code in (201, 403)


def test_one_persons_mistakes_do_not_keep_her_colleagues_out(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.library.backends.settings, "sign_in_tries", 1)
    assert sign_in(api, username="a_helper", password="not this one").status_code == 401
    assert sign_in(api, username="a_helper").status_code == 429
    assert sign_in(api).status_code == 200

    for number in range(9):
        assert sign_in(api, username=f"nobody-{number}").status_code == 401
    assert sign_in(api).status_code == 429
