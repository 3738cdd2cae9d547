"""Every page on the smallest phone: it fits, fingers hit what they mean, and the keyboard's place is seen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

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


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_a_page_is_usable_at_320_pixels(look: Callable[..., Page], view: View) -> None:
    tab = look(view, width=320, height=640, has_touch=True, is_mobile=True)
    assert tab.evaluate(TOO_WIDE) == []
    tab.keyboard.press("Tab")  # from here on the browser shows where the keyboard is
    faults = tab.evaluate(CONTROLS, {"least": TOUCH})
    assert not any(faults.values()), "\n".join(
        f"{kind}: {one}" for kind, found in faults.items() for one in found
    )
    tab.evaluate("document.documentElement.style.fontSize = '200%'")
    tab.set_viewport_size({"width": 640, "height": 640})
    assert tab.evaluate(TOO_WIDE) == []
