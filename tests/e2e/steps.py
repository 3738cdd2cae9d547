"""What several tests do in a browser."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.server import Server

WIDTHS = (360, 1440)
NARROW = 832
"""px; the filters of a search are folded away below it (styles/pages.css)."""
PATIENCE = 90_000
"""ms until a page must have done something; the machine may be busy with other tests."""
OpenPage = Callable[..., Page]


def sign_in(tab: Page, server: Server, role: str, side: str | None, nth: int = 0) -> dict[str, Any]:
    """Sign in as the nth account of that role and side; returns the account."""
    account = [found for found in server.accounts if found["role"] == role and found["side"] == side][nth]
    tab.goto("/sign-in")
    tab.get_by_label("用户名").fill(account["username"])
    tab.get_by_label("密码").fill(account["password"])
    tab.locator("main").get_by_role("button", name="登录").click()
    expect(tab.get_by_role("button", name="退出")).to_be_visible()
    return account


def enter(browser: Browser, server: Server, username: str) -> StorageState:
    """What a browser keeps of a new session of that person."""
    context = browser.new_context(base_url=server.url)
    form = {"username": username, "password": server.account(username)["password"]}
    assert context.request.post("/sign-in", form=form).ok
    state = context.storage_state()
    context.close()
    return state


def begun(tab: Page) -> None:
    """Until the scripts of the page that is open have begun; without them it is a page as well, but another."""
    if tab.locator("script[src*='/main.']").count():
        expect(tab.locator("html[data-begun]")).to_be_attached()


def begin_draft(tab: Page, title: str) -> str:
    """Begin a draft of this title, whose page to edit is then open; returns the address of the resource."""
    tab.goto("/resources/new")
    tab.get_by_label("标题").fill(title)
    tab.get_by_role("button", name="保存并添加附件").click()
    expect(tab).to_have_url(re.compile(r"/resources/\w{26}/edit"))
    begun(tab)
    return tab.url.split("?")[0].removesuffix("/edit")


def choose_files(tab: Page, files: Any) -> None:
    """Choose files to upload, once the part's script has begun."""
    part = tab.locator("tongke-upload")
    expect(part.get_by_text("选择文件")).to_be_visible()
    part.locator("input[type=file]").set_input_files(files)


def show_filters(tab: Page) -> None:
    """Unfold the filters of a search, where they are folded away."""
    size = tab.viewport_size
    if size is not None and size["width"] < NARROW:
        tab.locator("summary", has_text="筛选条件").click()


def until_found(tab: Page, word: str, title: str) -> None:
    """The text of an upload is searchable soon after its extraction; ask until it is, at most for a while."""
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until:
        tab.goto(f"/search?q={word}")
        if tab.locator(".card h3", has_text=title).count():
            return
    pytest.fail(f"{word} was not found")
