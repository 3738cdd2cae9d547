"""Tables sort by a press on a column's head: sizes as sizes, days as days, words as Chinese sorts them."""

from playwright.sync_api import Page, expect

from tests.e2e.server import Server
from tests.e2e.steps import OpenPage, sign_in


def column(tab: Page, number: int) -> list[str]:
    return tab.locator(f"table[data-sortable] tbody tr td:nth-child({number})").all_inner_texts()


def bytes_of(words: str) -> float:
    number, unit = words.split()
    return float(number) * {"字节": 1, "KB": 1024, "MB": 1024**2}[unit]


def test_a_table_is_sorted_by_the_column_that_is_pressed_and_turned_by_the_next_press(
    page: OpenPage, server: Server
) -> None:
    tab = page()
    sign_in(tab, server, "platform_admin", None)
    tab.goto("/admin/storage")
    head = tab.locator("table[data-sortable] th", has_text="大小")
    for direction, turned in (("ascending", False), ("descending", True)):
        head.get_by_role("button").press("Enter")
        expect(head).to_have_attribute("aria-sort", direction)
        sizes = [bytes_of(words) for words in column(tab, 2)]
        assert len(sizes) > 2
        assert sizes == sorted(sizes, reverse=turned)
    when = tab.locator("table[data-sortable] th", has_text="上传时间")
    when.get_by_role("button").click()
    expect(head).not_to_have_attribute("aria-sort", "descending")
    expect(when).to_have_attribute("aria-sort", "ascending")
