"""Those who may comment write to each other on the resource's page."""

import re

from service.library import sharing
from tests.web.browsing import Site
from tests.web.test_notices import lines
from tests.web.test_resource_page import publish


def shared(pages: Site) -> str:
    ident = pages.library.draft("t_helper", "秋天的雨")
    for name, role in (("t_aided", "commenter"), ("t_lonely", "viewer")):
        pages.library.share("t_helper", ident, f"person:{pages.library.people[name]}", role)
    return ident


def test_a_comment_is_written_answered_and_taken_back(pages: Site) -> None:
    ident = shared(pages)
    path = f"/resources/{ident}/comments"
    partner, author = pages.visitor("t_aided"), pages.visitor()
    assert partner.done(path, {"text": "导入很好，<b>板书</b>可以再大一点"}) == (
        f"/resources/{ident}?notice=commented#comments"
    )
    assert lines(pages, "t_helper")[0] == "t_aided评论了《秋天的雨》。"
    assert f'href="/resources/{ident}#comments"' in author.get("/notices")
    html = author.get(f"/resources/{ident}")
    assert "导入很好，&lt;b&gt;板书&lt;/b&gt;可以再大一点" in html
    author.done(path, {"text": "谢谢，下一版改"})
    assert lines(pages, "t_aided")[0] == "t_helper评论了《秋天的雨》。"

    theirs = re.findall(r'action="(/resources/\w+/comments/\w+/remove)"', partner.get(f"/resources/{ident}"))
    assert len(theirs) == 1
    assert partner.done(theirs[0]).endswith("?notice=uncommented#comments")
    assert "板书" not in author.get(f"/resources/{ident}")


def test_who_no_longer_sees_it_is_not_told_who_spoke(pages: Site) -> None:
    ident = pages.library.draft("t_helper", "秋天的雨")
    person = f"person:{pages.library.people['t_aided']}"
    grant = pages.library.share("t_helper", ident, person, "commenter")
    path = f"/resources/{ident}/comments"
    pages.visitor("t_aided").done(path, {"text": "我先说"})
    pages.visitor().done(path, {"text": "我来答"})
    assert lines(pages, "t_aided")[0] == "t_helper评论了《秋天的雨》。"
    with pages.library.writing("t_helper") as work:
        sharing.take_back(work, ident, grant)
    assert lines(pages, "t_aided")[0] == "有人评论了一份您现在不能查看的资源。"


def test_a_reader_sees_neither_the_comments_nor_the_form(pages: Site) -> None:
    ident = shared(pages)
    pages.visitor().done(f"/resources/{ident}/comments", {"text": "只在我们之间"})
    html = pages.visitor("t_lonely").get(f"/resources/{ident}")
    assert "只在我们之间" not in html
    assert "写一条评论" not in html
    pages.visitor("t_lonely").refused(403, f"/resources/{ident}/comments", {"text": "插话"})
    pages.visitor("t_second").refused(404, f"/resources/{ident}/comments", {"text": "插话"})


def test_earlier_comments_are_behind_a_link(pages: Site) -> None:
    ident = shared(pages)
    author = pages.visitor()
    assert "还没有评论。" in author.get(f"/resources/{ident}")
    for n in range(51):
        author.done(f"/resources/{ident}/comments", {"text": f"第 {n} 条评论"})
    html = author.get(f"/resources/{ident}")
    assert "第 50 条评论" in html
    assert "第 0 条评论" not in html
    earlier = re.search(r'href="([^"#]+\?earlier=[^"#]+)#comments"', html)
    assert earlier is not None
    assert "第 0 条评论" in author.get(earlier[1])
    author.get(f"/resources/{ident}?earlier=%00%ED%A0%80", 422)


def test_a_comment_is_as_long_as_the_form_counts_it(pages: Site) -> None:
    ident = shared(pages)
    longest = "好\n" * 999 + "好好"
    pages.visitor().done(f"/resources/{ident}/comments", {"text": longest.replace("\n", "\r\n")})
    assert longest in pages.visitor().get(f"/resources/{ident}")


def test_who_comments_by_a_link_keeps_it(pages: Site) -> None:
    ident = pages.library.draft("t_helper", "秋天的雨")
    publish(pages, ident)
    pages.library.share("a_helper", ident, "link", "commenter")
    shown = re.search(r"link=\w+", pages.visitor().get(f"/resources/{ident}/share"))
    assert shown is not None
    guest = pages.visitor("t_second")
    form = re.search(
        rf'action="(/resources/{ident}/comments[^"]*)"', guest.get(f"/resources/{ident}?{shown[0]}")
    )
    assert form is not None
    there = guest.done(form[1], {"text": "我是循着链接来的"})
    assert there.endswith("#comments")
    html = guest.get(there.partition("#")[0])
    assert "我是循着链接来的" in html
    taken = re.search(r'action="([^"]+/remove[^"]*)"', html)
    assert taken is not None
    assert "我是循着链接来的" not in guest.get(guest.done(taken[1]).partition("#")[0])
