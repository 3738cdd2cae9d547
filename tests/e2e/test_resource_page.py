"""A resource's page with script: a PDF opens inside it, a recording's words lead to their moment, a citation is copied."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.server import Server
from tests.e2e.steps import OpenPage, begin_draft, begun, choose_files, sign_in
from tests.extract import documents
from tests.needs import need

COLOURED = """() => [...document.querySelectorAll(".pdfViewer canvas")].some((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 1;
})"""
"""More than the white of the paper has been drawn."""


def with_file(tab: Page, server: Server, file: Path) -> str:
    """A draft of the helper school's teacher with this file; returns the address of its page."""
    sign_in(tab, server, "teacher", "helper")
    address = begin_draft(tab, f"有 {file.name} 的课")
    choose_files(tab, file)
    expect(tab.locator("#files ul.files")).to_contain_text(file.name)
    return address


def refusals(tab: Page) -> list[str]:
    """What the browser's console says of the content security policy, from now on."""
    found: list[str] = []
    tab.on(
        "console", lambda line: found.append(line.text) if "Content Security Policy" in line.text else None
    )
    return found


@pytest.mark.parametrize(
    ("name", "words", "width"),
    [("XiaoBiaoSong.pdf", "", 320), ("issue12823.pdf", "知识库", 320), ("noembed-eucjp.pdf", "いうえ", 1440)],
)
def test_a_pdf_opens_in_the_page_and_is_searched(
    page: OpenPage, server: Server, name: str, words: str, width: int
) -> None:
    tab = page(width=width)
    tab.goto(with_file(tab, server, need("data") / "docs" / "pdfjs-cjk" / name))
    refused = refusals(tab)
    tab.get_by_role("link", name="在页面内打开 PDF").click()
    drawn = tab.locator(".pdfViewer .page[data-loaded]").first
    expect(drawn.locator(".textLayer span").first).to_be_attached()
    tab.wait_for_function(COLOURED)
    if words:
        tab.get_by_label("在文件里查找").fill(words)
        tab.keyboard.press("Enter")
        expect(tab.locator("[data-hits]")).to_contain_text("第 1 处")
        expect(tab.locator(".textLayer .highlight.selected").first).to_have_text(words)
    expect(tab.locator("#instead")).to_be_hidden()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert refused == []


@pytest.mark.parametrize("width", [360, 1440])
def test_words_are_selected_and_found_on_the_image_of_a_page(
    page: OpenPage, server: Server, tmp_path: Path, width: int
) -> None:
    tab = page(width=width)
    address = with_file(tab, server, documents.pdf(tmp_path / "讲义.pdf"))
    server.settle()
    tab.goto(address)
    image = tab.locator(".page-image img").first
    image.scroll_into_view_if_needed()
    tab.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=image.element_handle())
    words = tab.locator(".page-layer text", has_text=documents.WORDS).first
    seen, box = image.bounding_box(), words.bounding_box()
    assert seen is not None
    assert box is not None
    assert seen["x"] < box["x"] < box["x"] + box["width"] < seen["x"] + seen["width"]
    assert box["x"] - seen["x"] == pytest.approx(72 / 595.27 * seen["width"], abs=3)
    assert tab.evaluate("window.find('小草从地里')")
    assert tab.evaluate("getSelection().anchorNode.parentElement.closest('.page-layer') !== null")
    tab.evaluate("getSelection().removeAllRanges()")
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 1, middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] - 1, middle, steps=5)
    tab.mouse.up()
    assert documents.WORDS[:-1] in tab.evaluate("getSelection().toString()")


def test_the_address_names_the_page_of_a_pdf(page: OpenPage, server: Server) -> None:
    tab = page()
    tab.goto(with_file(tab, server, need("data") / "docs" / "pdfjs-cjk" / "vertical.pdf"))
    address = str(tab.get_by_role("link", name="在页面内打开 PDF").get_attribute("href"))
    tab.goto(f"{address}#page=3")
    expect(tab.locator("[data-page]")).to_have_value("3")
    tab.get_by_role("button", name="上一页").click()
    expect(tab.locator("[data-page]")).to_have_value("2")
    expect(tab).to_have_url(re.compile("#page=2$"))


def test_a_film_has_captions_and_its_words_lead_to_their_moment(page: OpenPage) -> None:
    tab = page()
    tab.goto("/search?q=看不见的水蒸气")
    tab.locator(".card h3 a").first.click()
    expect(tab.locator("video track")).to_be_attached()
    begun(tab)
    loaded = """async () => {
        const track = document.querySelector("video track");
        track.track.mode = "showing";
        if (track.readyState !== 2) await new Promise((done) => track.addEventListener("load", done));
        return track.track.cues.length;
    }"""
    assert tab.evaluate(loaded) == 4
    tab.get_by_text("文字记录").first.click()
    line = tab.locator(".cues li", has_text="看不见的水蒸气")
    line.get_by_role("button").click()
    expect(line).to_have_attribute("aria-current", "true")
    tab.get_by_label("在文字记录里查找").fill("水没有少")
    expect(tab.locator(".cues li:visible")).to_have_count(1)


def test_a_citation_is_copied(page: OpenPage) -> None:
    tab = page()
    tab.goto("/search?q=浮力")
    tab.locator(".card h3 a").first.click()
    tab.get_by_text("引用", exact=True).click()
    tab.locator("tongke-copy").get_by_role("button", name="复制").click()
    expect(tab.locator("tongke-copy [data-says]")).to_have_text("已复制")
