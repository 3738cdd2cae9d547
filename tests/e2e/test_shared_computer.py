"""公用电脑: what a browser keeps goes with the tab and the session, unless the device is said to be hers; forms do not
lose what was typed; WeChat's browser."""

import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.e2e.server import Server
from tests.e2e.steps import OpenPage, begin_draft, choose_files, sign_in

KEPT = "() => ({local: Object.keys(localStorage), tab: Object.keys(sessionStorage)})"
WATCH = """() => new MutationObserver(() => {
  const told = document.querySelector("form[aria-busy=true] .busy");
  if (told) window.seen(told.textContent);
}).observe(document.body, { childList: true, subtree: true })"""
"""Calls `seen` with what a form says while its answer is awaited."""
WECHAT = "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 Chrome/86.0.4240.99 Mobile MicroMessenger/8.0.50"


def begin_upload(tab: Page, folder: Path) -> None:
    """A file that stays under way: its bytes are not let through."""
    large = folder / "声音.bin"
    large.write_bytes(bytes(2_000_000))
    tab.route("**/api/v1/uploads/*", lambda route: route.abort() if route.request.method == "PATCH" else None)
    begin_draft(tab, f"公用电脑上的课{uuid.uuid4().hex[:6]}")  # other tests tell links by their names
    choose_files(tab, large)


@pytest.mark.parametrize(("own", "where"), [(False, "tab"), (True, "local")])
def test_an_upload_under_way_is_remembered_by_the_tab_or_by_her_own_device_until_she_signs_out(
    page: OpenPage, server: Server, tmp_path: Path, own: bool, where: str
) -> None:
    tab = page()
    account = server.account("qd-teacher")
    tab.goto("/sign-in")
    tab.get_by_label("用户名").fill(account["username"])
    tab.get_by_label("密码").fill(account["password"])
    tab.get_by_label("这是我自己的设备").set_checked(own)
    tab.locator("main").get_by_role("button", name="登录").click()
    expect(tab.get_by_role("button", name="退出")).to_be_visible()
    begin_upload(tab, tmp_path)
    tab.wait_for_function(
        "(where) => (where === 'local' ? localStorage : sessionStorage).length === 1", arg=where
    )
    kept = tab.evaluate(KEPT)
    assert not kept["local" if where == "tab" else "tab"]
    stays = {cookie["name"] for cookie in tab.context.cookies() if cookie["expires"] != -1}
    assert stays == ({"tongke_session", "tongke_device"} if own else set())

    tab.once("dialog", Dialog.accept)
    tab.get_by_role("button", name="退出").click()
    expect(tab.get_by_role("status").first).to_contain_text("已退出登录")
    assert tab.evaluate(KEPT) == {"local": [], "tab": []}
    assert not [cookie for cookie in tab.context.cookies() if cookie["name"] != "tongke_browse"]


def test_leaving_a_page_with_words_that_were_not_sent_asks_first(page: OpenPage, server: Server) -> None:
    tab = page()
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/account")
    tab.get_by_label("三年级").check()
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    tab.once("dialog", refuse)
    with tab.expect_event("dialog"):
        tab.get_by_role("banner").get_by_role("link", name="帮助").click(no_wait_after=True)
    expect(tab.get_by_label("三年级")).to_be_checked()
    assert asked == ["beforeunload"]


def test_what_takes_long_says_that_it_is_under_way(page: OpenPage, server: Server) -> None:
    tab = page()
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/account")
    held: list[Route] = []
    told: list[str] = []

    def seen(words: str) -> None:
        told.append(words)
        held.pop().continue_()

    tab.route("**/account", lambda route: held.append(route))
    tab.expose_function("seen", seen)
    tab.evaluate(WATCH)
    tab.get_by_role("button", name="保存").click(no_wait_after=True)
    expect(tab.get_by_role("status").first).to_contain_text("已保存")
    assert told == ["正在处理，请稍候……"]


def test_in_wechat_files_are_chosen_one_after_the_other(page: OpenPage, server: Server) -> None:
    tab = page(width=360, user_agent=WECHAT)
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/resources/new")
    chooser = tab.locator("tongke-start input[type=file]")
    expect(tab.locator("tongke-start")).to_contain_text("微信里一次选一个")
    assert chooser.evaluate("(input) => input.multiple") is False
    expect(tab.get_by_label("选了多个文件时")).to_be_hidden()
