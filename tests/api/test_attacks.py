"""Attacks on the interface that once succeeded: broken headers, forged requests, tokens that reached too far."""

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from service.http import SESSION_COOKIE
from service.library import accounts
from service.models import AuditEntry, Person
from tests.api.api_client import ROOT, Api, problem
from tests.api.tus_client import bearer

LESSON = {"kind": "lesson_case", "title": "秋天的雨"}


def cookie(api: Api, name: str = "t_helper") -> dict[str, str]:
    """The header of somebody who is signed in at the pages."""
    with api.library.backends.writing() as work:
        secret = accounts.open_session(work, api.library.people[name])
    return {"Cookie": f"{SESSION_COOKIE}={secret}"}


def begin(api: Api, header: str, value: bytes) -> httpx.Response:
    """A creation of an upload with one strange header."""
    headers = bearer(api.library, "t_helper") | {"Tus-Resumable": "1.0.0", "Upload-Length": "3"}
    return api.http.post(
        f"{ROOT}/uploads",
        headers=[*((k.encode(), v.encode()) for k, v in headers.items()), (header.encode(), value)],
    )


@pytest.mark.parametrize(
    ("header", "value"), [("Upload-Metadata", b"filename \xe9"), ("Upload-Checksum", b"sha1 \xe9")]
)
def test_base64_of_an_upload_that_is_not_even_ascii_is_malformed(api: Api, header: str, value: bytes) -> None:
    problem(begin(api, header, value), 400)


@pytest.mark.parametrize("value", [b"Basic \xe9", b"Basic !", b"Basic //8="])
def test_a_programs_credentials_that_are_no_base64_of_utf8_are_invalid(api: Api, value: bytes) -> None:
    answer = api.http.post(
        f"{ROOT}/token", data={"grant_type": "client_credentials"}, headers=[(b"Authorization", value)]
    )

    problem(answer, 422)


def test_a_csrf_token_that_is_not_ascii_is_a_wrong_one(api: Api) -> None:
    headers = [*((k.encode(), v.encode()) for k, v in cookie(api).items()), (b"X-CSRF-Token", b"\xe9")]

    problem(api.http.post(f"{ROOT}/resources", json=LESSON, headers=headers), 403)


@pytest.mark.parametrize("authorization", ["Basic eDp5", "Negotiate x", "x", ""])
def test_another_kind_of_credentials_does_not_replace_the_csrf_token(api: Api, authorization: str) -> None:
    headers = cookie(api) | {"Authorization": authorization}

    problem(api.http.post(f"{ROOT}/resources", json=LESSON, headers=headers), 403)

    assert api.person().ids() == set()


def test_a_token_without_the_reading_scope_reads_what_everybody_reads(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    file_id = api.library.attach("t_helper", resource_id, "教案.txt", b"x")
    api.work()
    for scope in ("resources:write", "sharing:write", "admin"):
        narrow = api.person("t_helper", scope)

        assert not narrow.sees(resource_id)
        problem(narrow.get(f"/resources/{resource_id}/files/{file_id}/content"), 404)
        problem(narrow.get(f"/resources/{resource_id}/grants"), 404)
    assert api.person("t_helper", "resources:read").sees(resource_id)
    public = api.published()
    api.library.share("a_helper", public, "public")
    api.work()
    assert api.person("t_helper", "resources:write").sees(public)


def test_a_forged_request_of_somebody_with_a_first_password_is_written_down_too(api: Api) -> None:
    headers = cookie(api)
    with api.library.backends.writing() as work:
        work.session.get_one(Person, api.library.people["t_helper"]).must_change_password = True

    answer = api.http.post(f"{ROOT}/resources", json=LESSON, headers=headers)

    assert problem(answer, 403)["type"] == "/problems/denied"
    with api.library.backends.reading() as work:
        refused = select(col(AuditEntry.action)).where(col(AuditEntry.outcome) == "refused")
        assert work.session.scalars(refused).all() == ["POST"]


def test_the_end_of_a_token_is_written_down_once_and_to_whom_it_belonged(api: Api) -> None:
    person = api.person()

    assert person.delete("/token").status_code == 204
    assert person.delete("/token").status_code == 204
    assert api.person(None).delete("/token", Authorization="Bearer nobodys").status_code == 204

    with api.library.backends.reading() as work:
        ends = select(col(AuditEntry.subject)).where(col(AuditEntry.action) == "bearer.close")
        assert work.session.scalars(ends).all() == [api.library.people["t_helper"]]


@pytest.mark.parametrize("body", ["members", "nested", "list"])
def test_a_body_of_endless_members_is_malformed_before_each_is_told(api: Api, body: str) -> None:
    many = {str(number): 0 for number in range(20_000)}
    sent = {"members": many, "nested": {**LESSON, "files": [many]}, "list": {**LESSON, "tags": [0] * 20_000}}[
        body
    ]

    for caller in (api.person(None), api.person()):
        problem(caller.post("/resources", sent), 400)
        problem(caller.put("/resources/by-key/k", sent, If_None_Match="*"), 400)


def test_a_fullest_resource_is_accepted(api: Api) -> None:
    credit = {"person": "林海燕", "school": "helper 小学", "enterprise": "企业", "part": "设计"}
    full = LESSON | {"tags": [f"标签{n}" for n in range(30)], "equipment": [f"设备{n}" for n in range(100)]}

    assert api.person().post("/resources", full | {"credits": [credit] * 50}).status_code == 201
