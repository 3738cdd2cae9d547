"""Passwords and sessions at the pages."""

from service.http import SESSION_COOKIE
from service.library import accounts
from tests.web.browsing import Site

FIRST, OWN = "first-password-1", "her-own-password-2"


def test_a_first_password_opens_nothing_but_the_page_to_change_it(pages: Site) -> None:
    with pages.library.backends.writing() as work:
        accounts.set_password(work, pages.library.people["t_helper"], FIRST, must_change=True)
    teacher = pages.visitor()
    assert teacher.http.get("/my", headers=teacher.headers()).headers["location"] == "/password?next=%2Fmy"
    refused = teacher.http.get("/api/v1/resources", headers={"Cookie": f"{SESSION_COOKIE}={teacher.secret}"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/first-password")
    teacher.refused(403, "/resources/new", {"kind": "lesson_case", "title": "春天"})
    assert "初始密码" in teacher.get("/password")
    teacher.done("/password", {"current": FIRST, "password": OWN, "again": OWN})
    assert "我的资源" in pages.visitor().get("/my")
