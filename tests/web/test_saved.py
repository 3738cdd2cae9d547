"""Saved searches: kept from the search page, told of what is new and visible to her, given up in one step."""

import re
from datetime import timedelta

from service.library import watching
from service.worker import Worker
from tests import stacks
from tests.web.browsing import Site
from tests.web.test_notices import announced, lines


def keep(pages: Site, who: str, q: str, **more: str) -> None:
    pages.visitor(who).done("/searches", {"q": q, "name": q or "新课", **more})


def published(pages: Site, title: str, audience: str = "") -> str:
    ident = pages.library.draft("t_helper", title, grade="3")
    pages.visitor().done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    if audience:
        pages.library.share("t_helper", ident, audience)
    return ident


def watch(pages: Site) -> None:
    """Index what waits, then let the job look."""
    Worker(pages.library.backends).run(until_idle=True)
    pages.library.clock.tick(minutes=20)
    Worker(pages.library.backends).run(until_idle=True)


def test_what_a_saved_search_finds_anew_is_told_to_who_may_see_it(pages: Site) -> None:
    pair = f"pair:{pages.library.pairs['school']}"
    published(pages, "秋天的雨", pair)
    for who in ("t_aided", "t_lonely", "t_helper"):
        keep(pages, who, "秋天")
    pages.library.clock.tick(minutes=1)
    watch(pages)
    assert lines(pages, "t_aided") == []

    first, _second, _other = (published(pages, title, pair) for title in ("秋天的树", "秋天的风", "冬天"))
    watch(pages)
    assert lines(pages, "t_aided") == ["您保存的搜索“秋天”有 2 份新资源：《秋天的风》《秋天的树》。"]
    assert lines(pages, "t_lonely") == [], "told of what she may not see"
    assert not any("保存的搜索" in line for line in lines(pages, "t_helper")), "told of her own"
    assert announced(pages, "t_aided") == 1

    published(pages, "秋天的果", pair)
    watch(pages)
    watch(pages)
    assert lines(pages, "t_aided") == [
        "您保存的搜索“秋天”有 3 份新资源：《秋天的果》《秋天的风》《秋天的树》。"
    ]
    href = re.findall(r'href="(/searches/[^"]+)"', pages.visitor("t_aided").get("/notices"))[0]
    reader = pages.visitor("t_aided")
    hits = reader.http.get(href, headers=reader.headers()).headers["location"]
    assert f"/resources/{first}" in reader.get(hits)


def test_filters_narrow_it_and_giving_it_up_ends_the_notices(pages: Site) -> None:
    pair = f"pair:{pages.library.pairs['school']}"
    keep(pages, "t_aided", "", grade="3", name="三年级的")
    keep(pages, "t_aided", "", grade="4", name="四年级的")
    pages.library.clock.tick(minutes=1)
    published(pages, "秋天的雨", pair)
    watch(pages)
    assert lines(pages, "t_aided") == ["您保存的搜索“三年级的”有 1 份新资源：《秋天的雨》。"]

    reader = pages.visitor("t_aided")
    ids = re.findall(r'action="/searches/([^"/]+)/forget"', reader.get("/searches"))
    assert len(ids) == 2
    for ident in ids:
        reader.done(f"/searches/{ident}/forget")
    assert "还没有保存的搜索" in reader.get("/searches")
    published(pages, "秋天的树", pair)
    watch(pages)
    assert lines(pages, "t_aided") == ["您保存的搜索“（已取消）”有 1 份新资源：《秋天的雨》。"]


def test_while_the_index_is_gone_nothing_is_lost(pages: Site) -> None:
    pair = f"pair:{pages.library.pairs['school']}"
    keep(pages, "t_aided", "秋天")
    pages.library.clock.tick(minutes=1)
    published(pages, "秋天的雨", pair)
    opened = pages.library.backends
    Worker(opened).run(until_idle=True)
    stacks.lose_index(opened.settings.data_dir)
    watching.watch(opened.reading, opened.writing)
    assert lines(pages, "t_aided") == []
    watch(pages)
    assert lines(pages, "t_aided") == ["您保存的搜索“秋天”有 1 份新资源：《秋天的雨》。"]


def test_the_search_page_offers_to_keep_what_was_asked_and_a_visitor_nothing(pages: Site) -> None:
    assert "保存这个搜索" in pages.visitor().get("/search?q=秋天&grade=3")
    assert "保存这个搜索" not in pages.visitor().get("/search")
    assert "保存这个搜索" not in pages.visitor(None).get("/search?q=秋天")


def test_the_job_looks_every_quarter_of_an_hour() -> None:
    assert timedelta(minutes=15) == watching.EVERY


def test_who_keeps_a_search_goes_on_with_its_results(pages: Site) -> None:
    where = pages.visitor().done("/searches", {"q": "秋天", "name": "秋天", "grade": ["3", "4"]})
    assert where == "/search?q=%E7%A7%8B%E5%A4%A9&grade=3&grade=4&notice=search-kept"
    assert "已保存这个搜索" in pages.visitor().get(where)
