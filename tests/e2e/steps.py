"""What several tests do in a browser."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.server import Server

WIDTHS = (360, 1440)
NARROW = 832
"""px; the filters of a search are folded away below it (styles/pages.css)."""
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
    until = time.monotonic() + 60
    while time.monotonic() < until:
        tab.goto(f"/search?q={word}")
        if tab.locator(".card h3", has_text=title).count():
            return
    pytest.fail(f"{word} was not found")
