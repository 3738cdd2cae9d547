"""Three files over a line that breaks, through a reload, to a resource that the partner school finds."""

import random
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Request, expect

from tests.e2e.server import Server
from tests.e2e.steps import WIDTHS, OpenPage, begin_draft, choose_files, sign_in, until_found

LINE = 128 * 1024  # bytes a second: the large file takes most of a minute, so that the line breaks meanwhile
LARGE = 6 * 1024 * 1024


def _files(folder: Path, word: str) -> list[Path]:
    plan, notes, package = folder / "教案.txt", folder / "反思.md", folder / "素材包.zip"
    plan.write_text(f"这份教案讲{word}的来历。", encoding="utf-8")
    notes.write_text("# 反思\n下次多留时间讨论。", encoding="utf-8")
    with zipfile.ZipFile(package, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("声音.bin", random.Random(LARGE).randbytes(LARGE))
    return [plan, notes, package]


def _slow(tab: Page, upload: float) -> None:
    """What the page sends goes at so many bytes a second; -1: as fast as it can."""
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload}
    tab.context.new_cdp_session(tab).send("Network.emulateNetworkConditions", line)


@pytest.mark.parametrize("width", WIDTHS)
def test_three_files_survive_a_lost_line_and_a_reload_and_are_found_by_the_partner(
    page: OpenPage, server: Server, tmp_path: Path, width: int
) -> None:
    word, title = f"犀角杯{width}", f"断线也能传完的课 {width}"
    files = _files(tmp_path, word)
    author = page(width=width)
    sign_in(author, server, "teacher", "helper")
    address = begin_draft(author, title)
    _break_off(author, files)
    _go_on(author, files)
    _share_and_submit(author, address)

    reviewer, partner = page(width=width), page(width=width)
    sign_in(reviewer, server, "school_admin", "helper")
    reviewer.goto(address)
    reviewer.get_by_role("button", name="通过并发布").click()
    expect(reviewer.get_by_role("status").first).to_contain_text("已发布")

    sign_in(partner, server, "teacher", "aided")
    until_found(partner, word, title)
    partner.get_by_role("heading", level=3).get_by_role("link", name=title).click()
    expect(partner.get_by_role("heading", level=1)).to_have_text(title)
    with partner.expect_download() as download:
        partner.get_by_role("link", name=re.compile("^下载 素材包.zip")).click()
    assert Path(download.value.path()).read_bytes() == files[2].read_bytes()


def _break_off(author: Page, files: list[Path]) -> None:
    """The small ones arrive; the line breaks in the middle of the large one."""
    _slow(author, LINE)
    choose_files(author, files)
    for file in files[:2]:
        expect(author.locator("#files ul.files")).to_contain_text(file.name)
    large = author.get_by_role("progressbar", name=f"{files[2].name} 的上传进度")
    author.wait_for_function("(bar) => bar.value > 0.1", arg=large.element_handle())
    author.context.set_offline(True)
    expect(large).to_be_visible()


def _go_on(author: Page, files: list[Path]) -> None:
    """After a reload the page knows what is missing; the same file goes on where it stopped."""
    offsets: list[int] = []

    def sent(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    author.context.set_offline(False)
    _slow(author, -1)
    author.once("dialog", Dialog.accept)
    author.reload()
    expect(author.locator("[data-earlier]")).to_contain_text("素材包.zip")
    author.on("request", sent)
    choose_files(author, files[2])
    expect(author.locator("#files ul.files")).to_contain_text("素材包.zip")
    expect(author.locator("tongke-upload progress")).to_have_count(0)
    assert offsets
    assert min(offsets) > 0


def _share_and_submit(author: Page, address: str) -> None:
    author.goto(f"{address}/share")
    author.get_by_role("button", name="全部结对学校").click()
    author.get_by_role("button", name="确认共享").click()
    expect(author.get_by_role("status").first).to_contain_text("已记下")
    author.goto(f"{address}/edit")
    author.get_by_role("button", name="提交审核").click()
    expect(author.get_by_role("status").first).to_contain_text("已提交本校管理员审核")
