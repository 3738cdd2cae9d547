"""My resources: found by title and kind, and several of them done with at once."""

import re

from tests.web.browsing import Site


def ids_in(html: str) -> set[str]:
    return set(re.findall(r'name="id" value="(\w+)"', html))


def test_they_are_narrowed_by_title_and_kind(pages: Site) -> None:
    lesson = pages.library.draft("t_helper", "秋天的雨")
    course = pages.library.draft("t_helper", "秋天的课程", kind="joint_course")
    teacher = pages.visitor()
    assert ids_in(teacher.get("/my")) == {lesson, course}
    assert ids_in(teacher.get("/my?q=雨")) == {lesson}
    assert ids_in(teacher.get("/my?kind=joint_course")) == {course}
    assert "没有符合条件的资源" in teacher.get("/my?q=%25")


def test_what_is_published_is_changed_by_a_new_version(pages: Site) -> None:
    ident = pages.library.draft("t_helper", "秋天的雨")
    teacher = pages.visitor()
    assert f'href="/resources/{ident}/edit"' in teacher.get("/my")
    teacher.done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    assert f'href="/resources/{ident}/new-version"' in teacher.get("/my")
    teacher.done(f"/resources/{ident}/new-version")
    assert f'href="/resources/{ident}/edit"' in teacher.get("/my")


def test_one_step_for_several_says_which_it_could_not_do(pages: Site) -> None:
    mine = [pages.library.draft("t_helper", f"第{number}课") for number in (1, 2)]
    foreign = pages.library.draft("t_lonely", "别校的课")
    teacher = pages.visitor()
    answer = teacher.post("/my/bulk", {"step": "submit", "id": [*mine, foreign]})
    assert answer.status_code == 200
    assert "已提交审核：2 份" in answer.text
    assert "这 1 份没有做成" in answer.text
    assert "别校的课" not in answer.text
    assert ids_in(teacher.get("/my?status=submitted")) == set(mine)


def test_what_was_removed_together_comes_back_together(pages: Site) -> None:
    mine = [pages.library.draft("t_helper", f"第{number}课") for number in (1, 2)]
    teacher = pages.visitor()
    done = teacher.post("/my/bulk", {"step": "remove", "id": mine})
    assert "撤销这一步" in done.text
    assert ids_in(done.text) == set(mine)
    assert ids_in(teacher.get("/my?status=bin")) == set(mine)
    teacher.post("/my/bulk", {"step": "restore", "id": mine})
    assert ids_in(teacher.get("/my?status=draft")) == set(mine)


def test_shared_fields_are_given_to_each_and_the_others_stay(pages: Site) -> None:
    first = pages.library.draft("t_helper", "第一课", summary="第一课的简介", grade="5")
    second = pages.library.draft("t_helper", "第二课", summary="第二课的简介")
    teacher = pages.visitor()
    form = teacher.post("/my/bulk", {"step": "fields", "id": [first, second]})
    assert ids_in(form.text) == {first, second}
    teacher.refused(422, "/my/fields", {"id": [first, second], "grade": ""})
    sent = {
        "id": [first, second],
        "grade": "3",
        "subject": "chinese",
        "tags": "秋天、散文",
        "title": "不该改",
    }
    assert "已填好共同的信息：2 份" in teacher.post("/my/fields", sent).text
    for ident, title in ((first, "第一课"), (second, "第二课")):
        html = teacher.get(f"/resources/{ident}")
        assert "三年级\u00a0· 语文" in html
        assert f"{title}的简介" in html
        assert "散文" in html


def test_nothing_chosen_and_no_such_step_are_refused(pages: Site) -> None:
    teacher = pages.visitor()
    teacher.refused(422, "/my/bulk", {"step": "submit"})
    teacher.refused(422, "/my/bulk", {"step": "burn", "id": pages.library.draft("t_helper")})
    teacher.refused(422, "/my/bulk", {"step": "remove", "id": [str(number) for number in range(101)]})
    assert pages.visitor(None).post("/my/bulk", {"step": "remove", "id": "x"}).status_code in (303, 401, 403)
