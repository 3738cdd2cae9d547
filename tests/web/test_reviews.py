"""The desk of a school's administrator: what waits, approved or returned with a reason; and one's own resources."""

import re

from service.library import resources
from tests.web.browsing import Site, hidden


def test_what_is_returned_comes_back_with_its_reason_and_is_then_published(pages: Site) -> None:
    author, admin = pages.visitor(), pages.visitor("a_helper")
    ident = pages.library.draft("t_helper", "秋天的雨")
    assert "没有等待审核的资源" in admin.get("/reviews")
    author.done(f"/resources/{ident}/submit")
    desk = admin.get("/reviews")
    assert f"/resources/{ident}?version=draft" in desk
    assert "helper 小学" in desk
    admin.refused(422, f"/resources/{ident}/return", {"reason": " ", "back": "reviews"})
    assert admin.done(f"/resources/{ident}/return", {"reason": "请补充反思", "back": "reviews"}) == (
        "/reviews?notice=returned"
    )
    assert "没有等待审核的资源" in admin.get("/reviews")
    assert "请补充反思" in author.get(f"/resources/{ident}")
    author.done(f"/resources/{ident}/submit")
    assert admin.done(f"/resources/{ident}/publish", {"back": "reviews"}) == "/reviews?notice=published"
    assert "已发布" not in author.get("/my?status=draft").split("</nav>")[-1]
    assert "秋天的雨" in author.get("/my?status=published")


def test_the_desk_names_the_audiences_that_would_be_opened(pages: Site) -> None:
    author, admin = pages.visitor(), pages.visitor("a_helper")
    ident = pages.library.draft("t_helper")
    author.done(f"/resources/{ident}/submit")
    admin.done(f"/resources/{ident}/publish")
    author.done(f"/resources/{ident}/share", {"audience": "public"})
    desk = admin.get("/reviews")
    assert "所有人（公开）" in desk
    assert "更大的共享范围" in desk
    pages.visitor(None).get(f"/resources/{ident}", 404)
    admin.done(f"/resources/{ident}/publish", {"back": "reviews"})
    pages.visitor(None).get(f"/resources/{ident}")


def test_a_new_version_is_what_the_reviewer_reads(pages: Site) -> None:
    author, admin = pages.visitor(), pages.visitor("a_helper")
    ident = pages.library.draft("t_helper", "第一版的标题")
    author.done(f"/resources/{ident}/submit")
    admin.done(f"/resources/{ident}/publish")
    etag = hidden(author.get(f"/resources/{ident}/edit"), "etag")
    author.done(f"/resources/{ident}/edit", {"title": "第二版的标题", "etag": etag})
    author.done(f"/resources/{ident}/submit")
    assert "第二版的标题" in admin.get("/reviews")
    assert "第二版的标题" in admin.get(f"/resources/{ident}?version=draft")
    assert "第一版的标题" in pages.visitor("a_helper").get(f"/resources/{ident}")


def test_only_an_administrator_has_a_desk_and_only_for_her_school(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    pages.visitor().done(f"/resources/{ident}/submit")
    pages.visitor().get("/reviews", 403)
    pages.visitor(None).get("/reviews", 303)
    other = pages.visitor("a_aided")
    assert ident not in other.get("/reviews")
    other.refused(404, f"/resources/{ident}/publish", {"back": "reviews"})


def test_what_was_binned_or_withdrawn_is_found_and_brought_back(pages: Site) -> None:
    author, admin = pages.visitor(), pages.visitor("a_helper")
    binned, withdrawn = pages.library.draft("t_helper", "丢掉的"), pages.library.draft("t_helper", "撤回的")
    author.done(f"/resources/{withdrawn}/submit")
    admin.done(f"/resources/{withdrawn}/publish")
    assert author.done(f"/resources/{binned}/remove") == f"/my?undo={binned}&notice=binned"
    assert author.done(f"/resources/{withdrawn}/remove") == f"/my?undo={withdrawn}&notice=withdrawn"
    assert "丢掉的" not in author.get("/my")
    for tab, ident in (("bin", binned), ("withdrawn", withdrawn)):
        assert f'action="/resources/{ident}/restore"' in author.get(f"/my?status={tab}")
        author.done(f"/resources/{ident}/restore")
        assert ident not in author.get(f"/my?status={tab}")
    assert "丢掉的" in author.get("/my?status=draft")
    assert "撤回的" in author.get("/my?status=published")


def test_ones_resources_are_paged_and_nobody_elses(pages: Site) -> None:
    author = pages.visitor()
    made = {pages.library.draft("t_helper", f"第 {number} 份") for number in range(31)}
    pages.library.draft("t_aided", "别人的")
    first = author.get("/my?status=draft")
    onward = re.search(r'href="(/my\?status=draft&amp;[^"]*cursor=[^"]+)"', first)
    assert onward is not None
    both = first + author.get(onward.group(1).replace("&amp;", "&"))
    assert set(re.findall(r'href="/resources/(\w{26})"', both)) == made
    assert "别人的" not in both


def test_a_draft_that_is_still_written_is_not_laid_open_when_a_wider_audience_waits(pages: Site) -> None:
    author, admin = pages.visitor(), pages.visitor("a_helper")
    ident = pages.library.draft("t_helper", "发布过的标题")
    author.done(f"/resources/{ident}/submit")
    admin.done(f"/resources/{ident}/publish")
    etag = hidden(author.get(f"/resources/{ident}/edit"), "etag")
    author.done(f"/resources/{ident}/edit", {"title": "还在写的标题", "etag": etag})
    author.done(f"/resources/{ident}/share", {"audience": "public"})
    desk = admin.get("/reviews")
    assert "发布过的标题" in desk
    assert "还在写的标题" not in desk


def test_the_desk_lays_one_open_with_what_is_new_in_it(pages: Site) -> None:
    author, admin = pages.visitor(), pages.visitor("a_helper")
    first = pages.library.draft("t_helper", "第一份", content="第一份的正文")
    second = pages.library.draft("t_helper", "第二份", content="第二份的正文")
    for ident in (first, second):
        author.done(f"/resources/{ident}/submit")
    assert "第一份的正文" in admin.get("/reviews")
    desk = admin.get(f"/reviews?show={second}")
    assert "第二份的正文" in desk
    assert "第一份的正文" not in desk
    assert "第一次发布" in desk
    admin.done(f"/resources/{first}/publish", {"back": "reviews"})
    etag = hidden(author.get(f"/resources/{first}/edit"), "etag")
    author.done(f"/resources/{first}/edit", {"title": "第一份，改过", "etag": etag})
    author.done(f"/resources/{first}/submit")
    assert re.search("第 2 版。\\s*修改：标题", admin.get(f"/reviews?show={first}"))
    assert "已经有人审过了" in admin.get("/reviews?show=gone")


def test_what_changed_since_it_was_shown_is_looked_at_again_before_it_is_approved(pages: Site) -> None:
    author, admin = pages.visitor(), pages.visitor("a_helper")
    ident = pages.library.draft("t_helper", "秋天的雨")
    author.done(f"/resources/{ident}/submit")
    shown = {"back": "reviews", "etag": hidden(admin.get("/reviews"), "etag")}
    author.done(f"/resources/{ident}/return", {"reason": ""})
    with pages.library.writing("t_helper") as work:
        resources.update(work, ident, {"title": "别的内容"})
    author.done(f"/resources/{ident}/submit")

    for step in ("publish", "return"):
        led = admin.done(f"/resources/{ident}/{step}", {**shown, "reason": "请补充"})
        assert led == f"/reviews?show={ident}&notice=changed"
    desk = admin.get(led)
    assert "别的内容" in desk
    assert "又有改动" in desk
    admin.done(f"/resources/{ident}/publish", {"back": "reviews", "etag": hidden(desk, "etag")})


def test_a_wider_audience_asked_for_meanwhile_is_not_approved_unseen(pages: Site) -> None:
    author, admin = pages.visitor(), pages.visitor("a_helper")
    ident = pages.library.draft("t_helper", "秋天的雨")
    author.done(f"/resources/{ident}/submit")
    shown = hidden(admin.get(f"/resources/{ident}"), "etag")
    author.done(f"/resources/{ident}/share", {"audience": "public", "role": "viewer"})

    led = admin.done(f"/resources/{ident}/publish", {"etag": shown})

    assert led == f"/resources/{ident}?version=draft&notice=changed"
    pages.visitor(None).get(f"/resources/{ident}", 404)
