"""A reader says what is wrong; who can mend it answers, and nobody else learns of it."""

import re

from tests.web.browsing import Site
from tests.web.test_notices import lines


def published(pages: Site) -> str:
    ident = pages.library.draft("t_helper", "秋天的雨")
    pages.library.attach("t_helper", ident, "教案.txt", "秋天的雨".encode())
    pages.library.share("t_helper", ident, f"pair:{pages.library.pairs['school']}")
    pages.visitor().done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    return ident


def test_a_report_reaches_the_authors_and_the_school_and_the_answer_comes_back(pages: Site) -> None:
    ident = published(pages)
    reader = pages.visitor("t_aided")
    reader.done(f"/resources/{ident}/report", {"reason": "mistake", "text": "第二段少了一个字"})
    for name in ("t_helper", "a_helper"):
        assert lines(pages, name)[0] == "有人反映《秋天的雨》有问题：内容有错。"
        assert "第二段少了一个字" in pages.visitor(name).get(f"/resources/{ident}")
    assert "第二段少了一个字" not in reader.get(f"/resources/{ident}")

    html = pages.visitor("a_helper").get("/admin/reports")
    settle = re.search(r'action="(/reports/\w+/settle)"', html)
    assert settle is not None
    assert "t_aided" not in html
    for name in ("t_aided", "t_lonely", "a_lonely"):
        pages.visitor(name).refused(404, settle[1], {"answer": "已改"})
    admin = pages.visitor("a_helper")
    admin.refused(422, settle[1], {"answer": " "})
    assert admin.done(settle[1], {"answer": "已补上，谢谢", "back": "reports"}).startswith("/admin/reports")
    assert lines(pages, "t_aided")[0] == "您反映的《秋天的雨》的问题已处理。已补上，谢谢"
    admin.refused(404, settle[1], {"answer": "再答一次"})
    assert "有人反映" not in pages.visitor("t_helper").get("/notices")
    assert "第二段少了一个字" not in admin.get("/admin/reports")


def test_a_second_report_replaces_the_first_until_it_is_answered(pages: Site) -> None:
    ident = published(pages)
    reader = pages.visitor("t_aided")
    for words in ("先写的话", "后写的话"):
        reader.done(f"/resources/{ident}/report", {"reason": "other", "text": words})
    html = pages.visitor().get(f"/resources/{ident}")
    assert "先写的话" not in html
    assert html.count("后写的话") == 1


def test_what_cannot_be_reported(pages: Site) -> None:
    ident = published(pages)
    path = f"/resources/{ident}/report"
    pages.visitor("t_aided").refused(422, path, {"reason": "other", "text": ""})
    pages.visitor("t_aided").refused(422, path, {"reason": "x", "text": "y"})
    pages.visitor("t_lonely").refused(404, path, {"reason": "mistake"})
    draft = pages.library.draft("t_helper")
    pages.visitor().refused(409, f"/resources/{draft}/report", {"reason": "mistake"})
    pages.visitor("t_aided").get("/admin/reports", 404)
