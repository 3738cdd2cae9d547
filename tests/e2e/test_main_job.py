"""The main job in a real browser: sign in, find, write, upload, share, be found by the partner, take back, review."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.server import Server
from tests.e2e.steps import WIDTHS, OpenPage, begin_draft, choose_files, show_filters, sign_in, until_found


@pytest.mark.parametrize("width", WIDTHS)
def test_a_visitor_finds_reads_and_downloads(page: OpenPage, width: int) -> None:
    tab = page(width=width)
    tab.goto("/")
    tab.get_by_label("搜索资源").fill("浮力")
    tab.get_by_role("search").get_by_role("button").click()
    expect(tab).to_have_url(re.compile("/search"))
    tab.locator(".card h3 a").first.click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("浮力")
    with tab.expect_download() as download:
        tab.get_by_role("link", name="下载").first.click()
    assert Path(download.value.path()).stat().st_size > 1000
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_visitor_finds_with_script_off(page: OpenPage) -> None:
    tab = page(width=360, java_script_enabled=False)
    tab.goto("/search?q=教学")
    show_filters(tab)
    tab.get_by_role("link", name="小学", exact=True).first.click()
    expect(tab).to_have_url(re.compile("stage=primary"))
    expect(tab.get_by_role("status")).to_contain_text(re.compile("共 \\d+ 份资源"))
    tab.locator(".card h3 a").first.click()
    expect(tab.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_draft_is_written_shared_found_and_taken_back(
    page: OpenPage, server: Server, tmp_path: Path, width: int
) -> None:
    title, word = f"浏览器里写的课 {width}", f"饕餮纹样{width}"
    author = page(width=width)
    sign_in(author, server, "teacher", "helper")
    author.goto("/resources/new")
    author.get_by_label("标题").fill(title)
    author.get_by_label("正文").fill("# 教学目标\n认识纹样")
    author.get_by_role("button", name="保存并添加附件").click()
    plan = tmp_path / f"教案 {width}.txt"
    plan.write_text(f"这份教案讲{word}的来历。", encoding="utf-8")
    choose_files(author, plan)
    expect(author.locator("#files ul.files")).to_contain_text(plan.name)
    address = author.url.split("?")[0].removesuffix("/edit")

    partner, stranger = page(width=width), page(width=width)
    sign_in(partner, server, "teacher", "aided")
    sign_in(stranger, server, "teacher", None)
    for tab in (partner, stranger):
        assert tab.goto(address).status == 404  # type: ignore[union-attr]

    author.goto(f"{address}/share")
    author.get_by_role("button", name=re.compile("^结对学校")).first.click()
    author.get_by_role("button", name="确认共享").click()
    expect(author.get_by_role("status").first).to_contain_text("立即生效")

    assert partner.goto(address).status == 200  # type: ignore[union-attr]
    expect(partner.get_by_role("heading", level=1)).to_have_text(title)
    assert stranger.goto(address).status == 404  # type: ignore[union-attr]
    until_found(partner, word, title)
    stranger.goto(f"/search?q={word}")
    expect(stranger.locator(".card h3", has_text=title)).to_have_count(0)

    author.goto(f"{address}/share")
    author.get_by_role("row", name=re.compile("^结对学校")).get_by_role("button", name="收回").click()
    expect(author.get_by_role("status").first).to_contain_text("共享已收回")
    assert partner.goto(address).status == 404  # type: ignore[union-attr]
    partner.goto(f"/search?q={word}")
    expect(partner.locator(".card h3", has_text=title)).to_have_count(0)


def test_what_is_submitted_is_reviewed_and_published(page: OpenPage, server: Server) -> None:
    author, reviewer = page(), page()
    sign_in(author, server, "teacher", "helper")
    address = begin_draft(author, "等待审核的课")
    author.goto(address)
    author.get_by_role("button", name="提交审核").click()
    expect(author.get_by_role("status").first).to_contain_text("已提交本校管理员审核")
    sign_in(reviewer, server, "school_admin", "helper")
    reviewer.goto("/reviews")
    reviewer.get_by_role("link", name="等待审核的课").click()
    card = reviewer.get_by_role("article")
    expect(card.get_by_role("heading", level=2)).to_have_text("等待审核的课")
    card.get_by_text("退回修改").click()
    card.get_by_label("退回原因").fill("请补充教学反思")
    card.get_by_role("button", name="退回", exact=True).click()
    expect(reviewer.get_by_role("status").first).to_contain_text("已退回")
    author.goto(address)
    expect(author.get_by_text("请补充教学反思")).to_be_visible()
    author.get_by_role("button", name="提交审核").click()
    expect(author.get_by_role("status").first).to_contain_text("已提交本校管理员审核")
    reviewer.goto("/reviews")
    reviewer.get_by_role("link", name="等待审核的课").click()
    reviewer.get_by_role("article").get_by_role("button", name="通过并发布").click()
    expect(reviewer.get_by_role("status").first).to_contain_text("已发布")
    author.goto(address)
    expect(author.get_by_role("button", name="撤回")).to_be_visible()


def test_nothing_typed_is_lost_on_an_error(page: OpenPage, server: Server) -> None:
    tab = page()
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/resources/new")
    tab.get_by_label("正文").fill("写了很久的内容")
    tab.get_by_role("button", name="保存并添加附件").click()
    expect(tab.locator(".error-summary")).to_contain_text("填写")
    expect(tab.get_by_label("正文")).to_have_value("写了很久的内容")
