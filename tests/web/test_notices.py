"""Notices: what others did reaches those whom it concerns, in words of what they may see now."""

import re
from datetime import timedelta

from service.library import notices, teams
from service.models import Notice
from tests.web.browsing import Site, hidden


def lines(pages: Site, name: str) -> list[str]:
    """The words of her notices, newest first."""
    html = pages.visitor(name).get("/notices")
    found = re.findall(r'<li class="line[^"]*"><span>(.*?)</span>\n', html, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", line).replace("未读：", "").strip() for line in found]


def announced(pages: Site, name: str, path: str = "/") -> int:
    """The number beside 通知 in the frame."""
    found = re.search(r'通知<span class="count">(\d+)', pages.visitor(name).get(path))
    return int(found.group(1)) if found else 0


def test_a_review_is_asked_for_and_its_outcome_told(pages: Site) -> None:
    ident = pages.library.draft("t_helper", "秋天的雨")
    teacher, admin = pages.visitor(), pages.visitor("a_helper")
    teacher.done(f"/resources/{ident}/submit")
    assert lines(pages, "a_helper") == ["《秋天的雨》等您审核。"]
    assert lines(pages, "a_lonely") == []

    admin.done(f"/resources/{ident}/return", {"reason": "请补上板书设计"})
    assert lines(pages, "t_helper") == ["《秋天的雨》被退回修改。请补上板书设计"]
    teacher.done(f"/resources/{ident}/submit")
    admin.done(f"/resources/{ident}/publish")
    assert lines(pages, "t_helper")[0] == "《秋天的雨》通过了审核。"
    assert announced(pages, "t_helper") == 2
    assert lines(pages, "a_helper") == []


def test_what_is_read_is_announced_no_more_and_another_persons_line_stays(pages: Site) -> None:
    for title in ("第一课", "第二课"):
        pages.visitor().done(f"/resources/{pages.library.draft('t_helper', title)}/submit")
    admin = pages.visitor("a_helper")
    first = hidden(admin.get("/notices").split("<main", 1)[1].split("/notices/read", 2)[2], "id")
    pages.visitor("t_aided").done("/notices/read", {"id": first})
    assert announced(pages, "a_helper") == 2
    admin.done("/notices/read", {"id": first})
    assert announced(pages, "a_helper", "/notices") == 1
    admin.done("/notices/read")
    assert announced(pages, "a_helper") == 0
    assert len(lines(pages, "a_helper")) == 2


def test_a_share_by_name_is_told_when_it_begins_and_names_nothing_that_was_taken_back(pages: Site) -> None:
    ident = pages.library.draft("t_helper", "秋天的雨")
    pages.visitor().done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    begins = pages.library.clock.now + timedelta(days=1)
    grant = pages.library.share(
        "t_helper", ident, f"person:{pages.library.people['t_lonely']}", not_before=begins
    )
    assert lines(pages, "t_lonely") == []

    pages.library.clock.tick(days=2)
    assert [line.endswith("把《秋天的雨》共享给您。") for line in lines(pages, "t_lonely")] == [True]
    teacher = pages.visitor()
    teacher.done(f"/resources/{ident}/share/{grant}/revoke")
    assert "秋天的雨" not in pages.visitor("t_lonely").get("/notices")
    assert lines(pages, "t_lonely")[0].endswith("把一份您现在不能查看的资源共享给您。")


def test_a_partnership_that_ends_is_told_to_both_sides_but_not_to_who_ended_it(pages: Site) -> None:
    pages.visitor("a_helper").done(f"/partnerships/{pages.library.pairs['school']}/end")
    assert lines(pages, "t_aided") == ["与helper 小学的结对已结束。"]
    assert lines(pages, "t_helper") == ["与aided 小学的结对已结束。"]
    assert lines(pages, "a_helper") == lines(pages, "t_lonely") == []


def test_members_of_a_new_team_are_told(pages: Site) -> None:
    with pages.library.writing("t_helper") as work:
        teams.create(work, "备课组", "project", [pages.library.people["t_aided"]])
    assert [line.endswith("把您加进了团队“备课组”。") for line in lines(pages, "t_aided")] == [True]
    assert (
        '<a href="/account">'
        in pages.visitor("t_aided").get("/notices").partition("<main")[2].partition("</main>")[0]
    )


def test_a_visitor_has_no_notices_and_old_ones_go(pages: Site) -> None:
    assert pages.visitor(None).http.get("/notices", headers={"Accept": "text/html"}).status_code in (303, 401)
    person = pages.library.people["t_helper"]
    with pages.library.backends.writing() as work:
        notices.tell(work, [person], "withdrawn")
    pages.library.clock.tick(days=notices.KEPT.days + 1)
    with pages.library.backends.writing() as work:
        notices.tell(work, [person], "published")
        assert work.session.query(Notice).count() == 1
