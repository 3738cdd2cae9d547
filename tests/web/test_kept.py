"""A session that ended does not eat the form that was sent in it."""

import re
from html import unescape

import httpx

from service.http import SESSION_COOKIE
from service.library import accounts
from tests.web.browsing import Site, Visitor, resource_id

PASSWORD = "her-own-password-2"
HERE = {"Sec-Fetch-Site": "same-origin"}
LESSON = {"kind": "lesson_case", "title": "秋天的雨", "content": "一行\r\n“两”行", "form_key": "k1"}


def ended(pages: Site) -> Visitor:
    """A teacher whose session has ended while her page was open."""
    teacher = pages.visitor()
    with pages.library.backends.writing() as work:
        accounts.set_password(work, pages.library.people["t_helper"], PASSWORD)
        accounts.close(work, teacher.secret)
    return teacher


def sent(visitor: Visitor, path: str, fields: dict[str, str], **more: str) -> httpx.Response:
    headers = visitor.headers() | HERE | more
    return visitor.http.post(path, data={"csrf": visitor.token, **fields}, headers=headers)


def hidden_fields(html: str) -> dict[str, str]:
    """Every hidden field of the page's main part."""
    main = html.split("<main", 1)[1]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', main)
    return {name: unescape(value) for name, value in found}


def test_a_form_sent_after_the_session_ended_is_sent_again_after_signing_in(pages: Site) -> None:
    teacher = ended(pages)
    refused = sent(teacher, "/resources/new", LESSON)
    assert refused.status_code == 401
    assert "您填写的内容还在" in refused.text
    carried = hidden_fields(refused.text)
    wrong = {"username": "t_helper", "password": "wrong-password"}
    again = teacher.http.post("/sign-in", data=carried | wrong, headers={"Accept": "text/html"} | HERE)
    assert again.status_code == 401
    assert hidden_fields(again.text) == carried

    good = {"username": "t_helper", "password": PASSWORD}
    entered = teacher.http.post("/sign-in", data=carried | good, headers={"Accept": "text/html"} | HERE)
    assert entered.status_code == 200
    assert 'action="/resources/new"' in entered.text
    fresh = Visitor(teacher.http, entered.cookies[SESSION_COOKIE])
    form = hidden_fields(entered.text)
    assert form == {"csrf": form["csrf"], **LESSON}

    made = resource_id(fresh.done("/resources/new", form))
    assert "秋天的雨" in fresh.get(f"/resources/{made}")


def test_a_form_of_an_earlier_session_is_confirmed_by_who_is_signed_in_now(pages: Site) -> None:
    now, before = pages.visitor(), pages.visitor()
    answer = sent(now, "/resources/new", LESSON | {"csrf": before.token})
    assert answer.status_code == 403
    form = hidden_fields(answer.text)
    assert now.done("/resources/new", form).endswith("/edit?notice=created")


def test_passwords_and_forms_of_other_sites_are_carried_nowhere(pages: Site) -> None:
    teacher = ended(pages)
    secrets = {"current": "old-secret-1", "password": "new-secret-2", "again": "new-secret-2"}
    assert "new-secret-2" not in sent(teacher, "/password", secrets).text
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answer = sent(teacher, "/resources/new", LESSON, **foreign)
        assert answer.status_code == 401
        assert "秋天的雨" not in answer.text
    old = teacher.headers() | {"Origin": "http://elsewhere.example"}
    answer = teacher.http.post("/resources/new", data={"csrf": teacher.token, **LESSON}, headers=old)
    assert "秋天的雨" not in answer.text
