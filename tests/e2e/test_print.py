"""On paper a page is what there is to read: no bars, no buttons, no boxes that scroll."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.sample import AUTHOR
from tests.e2e.views import View


def test_a_resource_prints_what_there_is_to_read(look: Callable[..., Page]) -> None:
    tab = look(View(AUTHOR, "/resources/{training}"))
    expect(tab.get_by_role("navigation", name="主要栏目")).to_be_visible()
    tab.emulate_media(media="print")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    expect(tab.locator(".top nav")).to_be_hidden()
    expect(tab.locator(".actions")).to_be_hidden()
    expect(tab.locator(".file-head > .row").first).to_be_hidden()
    boxes = tab.locator(".file .scroll").evaluate_all(
        "(all) => all.map((box) => [box.scrollHeight - box.clientHeight, getComputedStyle(box).overflowY])"
    )
    assert boxes
    assert all(rest <= 1 and overflow == "visible" for rest, overflow in boxes)
    assert tab.pdf()[:5] == b"%PDF-"
