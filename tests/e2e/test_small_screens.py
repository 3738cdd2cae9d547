"""Every page on the smallest phone, and at 400 % zoom (WCAG 2.2, 1.4.10): it fits, fingers hit what they mean, the
keyboard's place is seen, and nothing that stays in place covers it."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.e2e import sample
from tests.e2e.server import Server, serve
from tests.e2e.steps import enter
from tests.e2e.views import VIEWS, View

CONTROLS = Path(__file__).with_name("controls.js").read_text(encoding="utf-8")
TOUCH = 44  # CSS px (WCAG 2.2, 2.5.5)
TOO_WIDE = """() => {
    const page = document.documentElement;
    if (page.scrollWidth <= page.clientWidth) return [];
    return [...document.querySelectorAll("body *")]
        .filter((node) => node.getBoundingClientRect().right > page.clientWidth + 0.5)
        .map((node) => node.outerHTML.slice(0, 120));
}"""


ZOOMED = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %
CUT_OFF = """() => [...document.querySelectorAll("body *")].filter((node) => {
    const { overflowX, display } = getComputedStyle(node);
    return overflowX === "hidden" && display !== "none" && !node.closest(".visually-hidden, .skip")
        && node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1;
}).map((node) => node.outerHTML.slice(0, 120))"""
IN_PLACE = """() => [...document.querySelectorAll("body *")]
    .filter((node) => ["sticky", "fixed"].includes(getComputedStyle(node).position) && node.tagName !== "DIALOG")
    .map((node) => node.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, with the samples alone: what other tests write bears the same title twice, and two links of
    one name are a fault here."""
    with serve(tmp_path_factory.mktemp("serve")) as found:
        found.settle()
        yield found


@pytest.fixture(scope="module")
def ids(server: Server) -> dict[str, str]:
    """As in conftest.py, of this server."""
    return sample.prepare(server)


@pytest.fixture(scope="module")
def entered(browser: Browser, server: Server) -> Callable[[str], StorageState]:
    """As in conftest.py, into this server."""
    return cache(partial(enter, browser, server))


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_a_page_is_usable_at_320_pixels(look: Callable[..., Page], view: View) -> None:
    tab = look(view, width=320, height=640, has_touch=True, is_mobile=True)
    tab.keyboard.press("Tab")  # from here on the browser shows where the keyboard is
    _usable(tab)
    tab.set_viewport_size(ZOOMED)
    _usable(tab)
    assert tab.evaluate(IN_PLACE) == []
    tab.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in (640, 360):
        tab.set_viewport_size({"width": width, "height": 640})
        assert tab.evaluate(TOO_WIDE) == []


def _usable(tab: Page) -> None:
    assert tab.evaluate(TOO_WIDE) == []
    assert tab.evaluate(CUT_OFF) == []
    faults = tab.evaluate(CONTROLS, {"least": TOUCH})
    assert not any(faults.values()), "\n".join(
        f"{kind}: {one}" for kind, found in faults.items() for one in found
    )
