"""What a program is told that prefers English."""

import re

import pytest

from tests.api.api_client import Api

ENGLISH = {"Accept-Language": "en"}


@pytest.mark.parametrize(
    ("method", "path", "sent", "headers", "status"),
    [
        ("GET", "/resources/00000000000000000000000000", None, {}, 404),
        ("POST", "/resources", {"kind": "lesson_case", "title": "", "grade": "99", "colour": "red"}, {}, 422),
        ("PUT", "/resources/by-key/k1", {"kind": "lesson_case", "title": "t"}, {}, 428),
        ("PUT", "/resources/by-key/k1", {"kind": "lesson_case", "title": "t"}, {"If-Match": '"7"'}, 412),
        ("GET", "/resources?cursor=nonsense", None, {}, 422),
        ("POST", "/resources/00000000000000000000000000/publish", None, {}, 404),
        ("PATCH", "/vocabularies", {}, {}, 405),
    ],
)
def test_refusals_are_english_where_english_is_asked_for(
    api: Api, method: str, path: str, sent: object, headers: dict[str, str], status: int
) -> None:
    answer = api.person().call(method, path, json=sent, headers=ENGLISH | headers)
    assert answer.status_code == status, answer.text
    said = answer.json()
    texts = [said["title"], said["detail"], *(item["message"] for item in said.get("errors", []))]
    assert not re.search(r"[\u4e00-\u9fff]", " ".join(texts))
    assert all(text.strip() for text in texts)


def test_a_refusal_of_an_action_says_who_could_do_it(api: Api) -> None:
    ident = api.library.draft("t_helper", "春天")
    api.library.share("t_helper", ident, f"person:{api.library.people['t_aided']}", "viewer")
    answer = api.person("t_aided").patch(
        f"/resources/{ident}", {"title": "x"}, Accept_Language="en", If_Match="*"
    )
    assert answer.status_code == 403
    assert "Ask its manager" in answer.json()["detail"]
