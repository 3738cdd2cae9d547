"""Passwords and sessions at the pages."""

import re

from service.http import SESSION_COOKIE
from service.library import accounts
from tests.factories import PASSWORD
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


def test_what_she_teaches_comes_first_on_her_home_page(pages: Site) -> None:
    teacher = pages.visitor()
    assert "告诉同课您教什么" in teacher.get("/")
    assert "告诉同课您教什么" not in pages.visitor("o_370200").get("/")
    for grade, title in (("3", "三年级的课"), ("5", "五年级的课")):
        ident = pages.library.draft("t_helper", title, grade=grade, subject="chinese")
        teacher.done(f"/resources/{ident}/submit")
        pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    teacher.done("/account", {"subjects": ["chinese"], "grades": ["3"]})
    section = teacher.get("/").split("我教的", 1)[1].split("</section>", 1)[0]
    assert "三年级的课" in section
    assert "五年级的课" not in section
    assert 'value="3" checked' in teacher.get("/account")
    assert "我教的" not in pages.visitor("a_helper").get("/")
    teacher.refused(422, "/account", {"subjects": ["magic"]})


def test_who_teaches_little_children_or_a_trade_has_a_home_page_too(pages: Site) -> None:
    teacher = pages.visitor()
    pages.library.draft(
        "t_helper", "数控车床的课", kind="training_material", major="660103", stage="vocational"
    )
    pages.library.draft("t_helper", "幼儿园的课", stage="preschool")
    pages.library.draft("t_helper", "高中的课", stage="senior", grade="10")
    for ident in re.findall(r'name="id" value="(\w+)"', teacher.get("/my")):
        teacher.done(f"/resources/{ident}/submit")
        pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    teacher.done("/account", {"stages": ["preschool", "vocational"], "majors": ["66"]})
    section = teacher.get("/").split("我教的", 1)[1].split("</section>", 1)[0]
    assert "数控车床的课" in section
    assert "幼儿园的课" in section
    assert "高中的课" not in section
    assert 'href="/search?major=66&amp;sort=newest"' in section
    assert 'href="/search?stage=preschool&amp;sort=newest"' in section
    assert 'value="66" checked' in teacher.get("/account")
    teacher.refused(422, "/account", {"majors": ["magic"]})


def test_an_own_device_stays_signed_in_and_a_shared_one_does_not(pages: Site) -> None:
    with pages.library.backends.writing() as work:
        accounts.set_password(work, pages.library.people["t_helper"], OWN)
    nobody = pages.visitor(None)
    sent = {"username": "t_helper", "password": OWN}
    shared = nobody.http.post("/sign-in", data=sent, headers={"Accept": "text/html"})
    own = nobody.http.post("/sign-in", data=sent | {"own_device": "yes"}, headers={"Accept": "text/html"})
    for answer, life in ((shared, None), (own, "Max-Age=2592000")):
        (session,) = (one for one in answer.headers.get_list("set-cookie") if one.startswith(SESSION_COOKIE))
        assert ("Max-Age" in session) == (life is not None)
        assert (life or "") in session


def test_all_devices_are_signed_out_at_once(pages: Site) -> None:
    here, there, other = pages.visitor(), pages.visitor(), pages.visitor("a_helper")
    here.done("/account/sign-out-everywhere")
    for visitor, status in ((here, 303), (there, 303), (other, 200)):
        assert visitor.http.get("/my", headers=visitor.headers()).status_code == status


def test_a_password_that_is_tried_first_is_refused_and_the_old_session_is_forgotten(pages: Site) -> None:
    with pages.library.backends.writing() as work:
        accounts.set_password(work, pages.library.people["t_helper"], OWN)
    teacher = pages.visitor()
    for guess in ("1234567890", "qwertyuiop1", "t_helper-1", "aaaaaaaaaab", "password123"):
        page = teacher.refused(422, "/password", {"current": OWN, "password": guess, "again": guess})
        assert "太容易被猜到" in page
    good = "三只燕子衔泥做窝 42"
    answer = teacher.post("/password", {"current": OWN, "password": good, "again": good})
    assert answer.status_code == 303
    assert f'{SESSION_COOKIE}=""' in answer.headers["set-cookie"]
    assert "我的资源" not in teacher.get("/sign-in")


def test_the_present_password_is_guessed_no_more_often_than_at_the_sign_in(pages: Site) -> None:
    teacher = pages.visitor()
    guess = {"current": "not this one", "password": OWN, "again": OWN}
    for _ in range(pages.library.backends.settings.sign_in_tries):
        assert "原来的密码不正确" in teacher.refused(422, "/password", guess)

    assert "次数太多" in teacher.refused(429, "/password", {**guess, "current": PASSWORD})


def test_who_has_no_account_is_told_whom_to_ask(pages: Site) -> None:
    assert "还没有账号？请学校管理员为您添加。" in pages.visitor(None).get("/sign-in")


def test_the_records_name_who_signed_in_and_who_set_a_password_by_a_code(pages: Site) -> None:
    with pages.library.backends.writing() as work:
        code = accounts.issue_code(work, pages.library.people["t_helper"])
    answers = {"password": "一个很长的新密码 2026", "again": "一个很长的新密码 2026"}
    visitor = pages.visitor(None)
    visitor.done("/reset", {"username": "t_helper", "code": code} | answers)
    visitor.done("/sign-in", {"username": "t_helper", "password": answers["password"]})
    visitor.refused(401, "/sign-in", {"username": "t_helper", "password": "错的"})
    platform = pages.visitor("platform")
    for action, actor in (
        ("sign_in", "t_helper"),
        ("password.set", "t_helper"),
        ("sign_in.failed", "anonymous"),
    ):
        shown = platform.get(f"/admin/audit?action={action}&actor={actor}")
        assert "没有符合条件的记录" not in shown, action
