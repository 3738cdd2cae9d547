"""The Tab key goes through a page as it is read (WCAG 2.2, 2.4.3): in the order of the text, and within each part of the
page from above to below and from left to right."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.sample import APPROVER, AUTHOR
from tests.e2e.views import LESSON, VIEWS, View

MAIN = (
    "/",
    "/search?q=教学&stage=primary",
    "/my",
    "/resources/{draft}/edit",
    LESSON,
    "/reviews",
    "/admin/people",
)
PLAIN = [
    view
    for view in VIEWS
    if view.path in MAIN and view.who in (AUTHOR, APPROVER) and "_nothing" in view.act.__name__
]
MOST = 300  # stops; none of these pages has so many
AT = """() => {
    const node = document.activeElement;
    if (!node || node === document.body) return null;
    const box = (node.matches("input") && node.closest("label")) || node;
    const { left, right, top, bottom } = box.getBoundingClientRect();
    const part = node.closest("nav, .own, aside, form, section, article, main, header, footer");
    return {
        order: [...document.querySelectorAll("*")].indexOf(node), part: [...document.querySelectorAll("*")].indexOf(part),
        left, right, top: top + scrollY, bottom: bottom + scrollY, told: node.outerHTML.slice(0, 100),
    };
}"""


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("view", PLAIN, ids=str)
def test_the_tab_key_goes_as_the_page_is_read(look: Callable[..., Page], view: View, width: int) -> None:
    tab = look(view, width=width)
    stops: list[dict[str, Any]] = []
    for _stop in range(MOST):
        tab.keyboard.press("Tab")
        at = tab.evaluate(AT)
        if at is None or (stops and at["order"] == stops[0]["order"]):
            break
        stops.append(at)
    assert 10 < len(stops) < MOST
    faults = [f"{a['told']}\n→ {b['told']}" for a, b in pairwise(stops) if _back(a, b)]
    assert not faults, "\n".join(faults)


def _back(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether the step from a to b goes against the text, or back within a part of the page."""
    if b["order"] < a["order"]:
        return True
    if a["part"] != b["part"]:
        return False
    if b["bottom"] <= a["top"]:
        return bool(b["left"] < a["right"])
    side_by_side = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > 10
    return side_by_side and bool(b["right"] <= a["left"])
