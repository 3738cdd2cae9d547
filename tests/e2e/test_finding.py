"""Sign in, search, refine, preview, download: by pressing, with the keyboard alone, and with script off."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.server import Server
from tests.e2e.steps import NARROW, WIDTHS, OpenPage, begun, show_filters, sign_in

REACH = 150  # presses of Tab that any control of these pages is within
PDF_MAGIC = b"%PDF"
pytestmark = pytest.mark.usefixtures("ids")  # every file has been read


def _link(tab: Page, name: str) -> Locator:
    return tab.get_by_role("link", name=name, exact=True)


def _title(tab: Page) -> Locator:
    return tab.get_by_role("heading", level=3).get_by_role("link", name=re.compile("《浮力》"))


def _download(tab: Page) -> Locator:
    return tab.get_by_role("link", name=re.compile(r"^下载 .*\.pdf，"))


def _downloaded(tab: Page, press: Callable[[], None]) -> bytes:
    with tab.expect_download() as download:
        press()
    return Path(download.value.path()).read_bytes()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_teacher_signs_in_finds_looks_and_downloads(
    page: OpenPage, server: Server, width: int, script: bool
) -> None:
    tab = page(width=width, java_script_enabled=script)
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/")
    tab.get_by_label("搜索资源").fill("教学设计")
    tab.get_by_role("search").get_by_role("button").click()
    expect(tab).to_have_url(re.compile("/search"))
    show_filters(tab)
    _link(tab, "初中").click()
    expect(tab).to_have_url(re.compile("stage=junior"))
    _title(tab).click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("浮力")
    _pages_are_seen(tab, script)
    tab.get_by_text("第 1 页的文字").click()
    expect(tab.locator(".page-image pre").first).to_contain_text("浮力")
    assert _downloaded(tab, _download(tab).click).startswith(PDF_MAGIC)


def _pages_are_seen(tab: Page, script: bool) -> None:
    """The server's picture of the first page has arrived."""
    picture = tab.get_by_role("img", name="第 1 页", exact=True)
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    if script:
        tab.wait_for_function(
            "(image) => image.complete && image.naturalWidth > 600", arg=picture.element_handle()
        )
    else:
        assert tab.request.get(str(picture.get_attribute("src"))).headers["content-type"] == "image/webp"


def test_escape_closes_the_suggestions_and_keeps_the_word(page: OpenPage) -> None:
    tab = page()
    tab.goto("/")
    begun(tab)
    box = tab.get_by_role("combobox", name="搜索资源")
    box.press_sequentially("秋天")
    expect(tab.get_by_role("option").first).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("option")).to_have_count(0)
    expect(box).to_have_value("秋天")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(r"/search\?q=%E7%A7%8B"))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_keyboard_alone_is_enough(page: OpenPage, server: Server, width: int) -> None:
    tab = page(width=width)
    account = next(one for one in server.accounts if one["role"] == "teacher")
    tab.goto("/sign-in")
    _type(tab, tab.get_by_label("用户名"), account["username"])
    _type(tab, tab.get_by_label("密码"), account["password"])
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="退出")).to_be_visible()
    _type(tab, tab.get_by_role("combobox", name="搜索资源"), "教学设计")
    for _ in ("the suggestions", "the words"):
        tab.keyboard.press("Escape")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile("/search"))
    begun(tab)
    if width < NARROW:
        _press(tab, tab.locator("summary", has_text="筛选条件"))
    _press(tab, _link(tab, "初中"))
    expect(tab).to_have_url(re.compile("stage=junior"))
    expect(_link(tab, "初中")).to_be_focused()
    expect(tab.get_by_role("status")).to_contain_text(re.compile(r"共 \d+ 份资源"))
    _press(tab, _title(tab))
    expect(tab.get_by_role("heading", level=1)).to_contain_text("浮力")
    _press(tab, tab.locator("summary", has_text="第 1 页的文字"))
    expect(tab.locator(".page-image pre").first).to_contain_text("浮力")
    assert _downloaded(tab, lambda: _press(tab, _download(tab), back=True)).startswith(PDF_MAGIC)


def test_going_back_shows_what_was_found_before_it_was_refined(page: OpenPage) -> None:
    tab = page(width=1440)
    tab.goto("/search?q=教学设计")
    begun(tab)
    found = tab.get_by_role("status").first.inner_text()
    _link(tab, "初中").click()
    expect(tab).to_have_url(re.compile("stage=junior"))
    expect(tab.get_by_role("status").first).not_to_have_text(found)
    tab.go_back()
    expect(tab).not_to_have_url(re.compile("stage=junior"))
    expect(tab.get_by_role("status").first).to_have_text(found)


def _press(tab: Page, control: Locator, *, back: bool = False) -> None:
    _reach(tab, control, back=back)
    tab.keyboard.press("Enter")


def _type(tab: Page, control: Locator, words: str) -> None:
    _reach(tab, control)
    tab.keyboard.type(words)


def _reach(tab: Page, control: Locator, *, back: bool = False) -> None:
    """Press Tab until the control has the focus, which must then be seen."""
    expect(control).to_be_visible()
    for _ in range(REACH):
        if control.evaluate("(node) => node === document.activeElement"):
            assert control.evaluate("(node) => node.matches(':focus-visible')")
            return
        tab.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail(f"{REACH} presses of Tab do not reach {control}")
