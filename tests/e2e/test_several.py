"""Several files become a draft each, and are given what they share together."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.server import Server
from tests.e2e.steps import sign_in

OpenPage = Callable[..., Page]


@pytest.mark.parametrize("width", [360, 1440])
def test_each_file_becomes_a_draft_and_all_get_what_they_share(
    page: OpenPage, server: Server, tmp_path: Path, width: int
) -> None:
    names = [f"第{number}课 多份上传{width}" for number in (1, 2, 3)]
    for name in names:
        (tmp_path / f"{name}.txt").write_text(f"{name}的教案", encoding="utf-8")
    tab = page(width=width)
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/resources/new")
    tab.get_by_label("每个文件各建一份").check()  # visible once its script has begun
    tab.locator("tongke-start input[type=file]").set_input_files([tmp_path / f"{name}.txt" for name in names])
    expect(tab.get_by_role("heading", level=1)).to_have_text("给 3 份资源填写共同的信息")
    tab.get_by_label("年级").select_option("5")
    tab.get_by_role("button", name="应用到这 3 份").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("已填好共同的信息：3 份")
    tab.goto(f"/my?q=多份上传{width}")
    expect(tab.locator("li.line")).to_have_count(3)
    expect(tab.locator("li.line", has_text="五年级")).to_have_count(3)
    tab.get_by_label("全选").check()
    expect(tab.get_by_role("status").filter(has_text="已选 3 份")).to_be_visible()
    tab.get_by_role("button", name="撤回或移到回收站").click()
    tab.get_by_role("button", name="撤销这一步").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("已恢复：3 份")
