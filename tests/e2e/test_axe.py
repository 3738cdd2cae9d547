"""axe-core finds nothing on any page: light, dark, and on a phone with forced colours and reduced motion."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.e2e.views import VIEWS, View, page_routes

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
EVERYTHING = {"rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What a scheme of colours can change; the rest is the same page."""
RUN = """async (options) => (await axe.run(document, {...options, resultTypes: ["violations"]})).violations
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`))"""


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_axe_finds_nothing(look: Callable[..., Page], view: View) -> None:
    desk = look(view, color_scheme="light")
    found = _run(desk, EVERYTHING)
    desk.emulate_media(color_scheme="dark")
    found |= _run(desk, COLOURS)
    phone = look(view, width=360, has_touch=True, forced_colors="active", reduced_motion="reduce")
    found |= _run(phone, EVERYTHING)
    assert not found, "\n".join(sorted(found))


def _run(tab: Page, options: dict[str, Any]) -> set[str]:
    tab.evaluate(AXE)
    return set(tab.evaluate(RUN, options))


def test_every_page_is_looked_at() -> None:
    assert page_routes() - {view.route for view in VIEWS} == set()
