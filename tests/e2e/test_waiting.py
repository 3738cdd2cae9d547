"""What takes long is told as it goes on, without a reload: the server is in this process, its worker moves when told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from service.http import SESSION_COOKIE
from service.library import conversions
from service.models import File
from service.worker import Worker
from tests.e2e.steps import PATIENCE, begun
from tests.extract import documents
from tests.extract.test_legacy import stand_in
from tests.web.browsing import Site, site
from tests.web.test_conversions import WORD, document


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Site]:
    """A province whose worker rests."""
    with site(tmp_path / "data") as pages:
        yield pages


@contextmanager
def tab_of(browser: Browser, pages: Site, name: str = "t_helper") -> Iterator[Page]:
    """A tab of hers, signed in. Closed before the server ends, which waits for open connections."""
    address = str(pages.http.base_url)
    context = browser.new_context(base_url=address, viewport={"width": 360, "height": 800}, locale="zh-CN")
    context.add_cookies([{"name": SESSION_COOKIE, "value": pages.visitor(name).secret, "url": address}])
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def test_a_document_s_pages_appear_when_they_are_made(browser: Browser, still: Site, tmp_path: Path) -> None:
    ident, file = document(still, tmp_path)
    made = documents.pdf(tmp_path / "made.pdf")
    still.library.backends.extractor.soffice = stand_in(
        tmp_path, f'mkdir "$out"; cp "{made}" "$out/file.pdf"'
    )
    with tab_of(browser, still) as tab:
        tab.goto(f"/resources/{ident}")
        words = tab.locator(f"#file-{file} [role=status]")
        expect(words).to_have_text("正在提取文字和预览，可以先下载。")
        tab.get_by_role("link", name="下载 教案.docx").focus()
        tab.evaluate("window.untouched = true")
        with still.library.backends.writing() as work:
            conversions.begin(work, file, WORD)
            work.session.get_one(File, file).state = "ready"
        expect(words).to_contain_text("转成 PDF（第 1 步，共 2 步）")
        Worker(still.library.backends).run(until_idle=True)
        expect(tab.locator(f"#file-{file} summary", has_text="预览")).to_be_visible()
        expect(words).to_have_count(0)
        expect(tab.get_by_text("“教案.docx”的预览好了。")).to_have_count(1)
        expect(tab.locator(f"#file-{file} .file-head > a")).to_be_focused()
        assert tab.evaluate("window.untouched")


def test_a_text_that_is_waited_for_is_shown_once_it_is_read(browser: Browser, still: Site) -> None:
    ident = still.library.draft("t_helper")
    file = still.library.attach("t_helper", ident, "教案.txt", "秋天的雨".encode())
    with tab_of(browser, still) as tab:
        with tab.expect_response("**/progress.events"):
            tab.goto(f"/resources/{ident}/files/{file}/text")
        Worker(still.library.backends).run(until_idle=True)
        expect(tab.locator("pre")).to_have_text("秋天的雨")


def test_what_is_done_with_several_counts_up_and_goes_back_to_the_list(browser: Browser, still: Site) -> None:
    for number in range(3):
        still.library.draft("t_helper", f"第{number}课")
    with tab_of(browser, still) as tab:
        tab.goto("/my?status=draft")
        tab.get_by_label("全选").check()
        tab.get_by_role("button", name="填写共同的信息").click()
        tab.get_by_label("年级").select_option("5")
        begun(tab)
        held = tab.evaluate_handle("""() => {
            const seen = [];
            new MutationObserver(() => {
                const bar = document.querySelector("progress");
                if (bar?.textContent) seen.push(bar.textContent);
            }).observe(document.querySelector("main"), { childList: true, subtree: true, characterData: true });
            return seen;
        }""")
        tab.get_by_role("button", name="应用到这 3 份").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("已填好共同的信息：3 份")
        assert held.json_value()[-1] == "3 / 3"
        expect(tab.locator("main")).to_be_focused()
        expect(tab).to_have_title("已填好共同的信息 · 同课")
        tab.go_back()
        expect(tab.get_by_role("heading", level=1)).to_have_text("我的资源")
