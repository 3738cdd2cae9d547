"""A new version has a page of its own, where it is begun on purpose, and can be given up again."""

import re

from service.worker import Worker
from tests.web.browsing import Site


def published(pages: Site, title: str = "秋天的雨") -> str:
    ident = pages.library.draft("t_helper", title)
    pages.library.attach("t_helper", ident, "教案.txt", "秋天的雨".encode())
    pages.visitor().done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    return ident


def test_a_new_version_is_begun_on_its_page_and_readers_keep_the_old_one(pages: Site) -> None:
    author, ident = pages.visitor(), published(pages)
    assert f'href="/resources/{ident}/new-version"' in author.get(f"/resources/{ident}")
    about = author.get(f"/resources/{ident}/new-version")
    assert "写第 2 版" in about
    assert "读者看到的一直是第 1 版" in about
    assert "教案.txt" in about
    where = author.done(f"/resources/{ident}/new-version")
    form = author.get(where)
    assert "第 2 版的草稿" in form
    assert "教案.txt" in form
    assert author.done(f"/resources/{ident}/new-version").startswith(f"/resources/{ident}/edit")
    started = author.http.get(f"/resources/{ident}/new-version", headers=author.headers())
    assert started.headers["location"] == f"/resources/{ident}/edit"
    assert "接着写新版本" in author.get(f"/resources/{ident}")
    assert "第 1 版" in pages.visitor("a_helper").get(f"/resources/{ident}")


def test_a_version_that_is_given_up_takes_what_it_alone_has_and_nothing_else(pages: Site) -> None:
    author, ident = pages.visitor(), published(pages)
    author.done(f"/resources/{ident}/new-version")
    extra = pages.library.attach("t_helper", ident, "新课件.txt", b"new")
    author.done(f"/resources/{ident}/drop-version")
    Worker(pages.library.backends).run(until_idle=True)
    page = author.get(f"/resources/{ident}")
    assert "教案.txt" in page
    assert "新课件.txt" not in page
    author.refused(410, f"/resources/{ident}/files/{extra}/restore")
    assert "写第 2 版" in author.get(f"/resources/{ident}/new-version")
    author.refused(409, f"/resources/{ident}/drop-version")


def test_only_those_who_may_edit_begin_or_give_up_a_version(pages: Site) -> None:
    ident = published(pages)
    stranger = pages.visitor("t_lonely")
    stranger.get(f"/resources/{ident}/new-version", 404)
    stranger.refused(404, f"/resources/{ident}/new-version")
    stranger.refused(404, f"/resources/{ident}/drop-version")
    author = pages.visitor()
    author.done(f"/resources/{ident}/new-version")
    author.done(f"/resources/{ident}/submit")
    author.refused(409, f"/resources/{ident}/new-version")
    author.refused(409, f"/resources/{ident}/drop-version")


def test_the_first_lines_of_a_file_are_guessed_from_where_its_name_says_nothing(pages: Site) -> None:
    ident = pages.library.draft("t_helper", "新建 文档")
    pages.library.attach("t_helper", ident, "1.txt", "五年级数学上册 教学设计\n小数乘法".encode())
    Worker(pages.library.backends).run(until_idle=True)
    form = pages.visitor().get(f"/resources/{ident}/edit")
    assert re.search(r'<option value="5" selected', form)
    assert "按标题、文件名或文件开头猜的" in form


def test_home_tells_an_administrator_what_waits_for_her(pages: Site) -> None:
    ident = published(pages)
    assert "等您处理" not in pages.visitor("a_helper").get("/")
    pages.visitor().done(f"/resources/{ident}/new-version")
    pages.visitor().done(f"/resources/{ident}/submit")
    reader = pages.visitor("a_helper")
    reader.done(f"/resources/{ident}/report", {"reason": "other", "text": "第 2 页有错字"})
    home = reader.get("/")
    assert "有 1 份资源等您审核" in home
    assert "有 1 个反映的问题等您答复" in home
    assert "等您处理" not in pages.visitor().get("/")
