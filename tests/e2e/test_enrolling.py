"""A school's administrator enrols a list of teachers, some of whose rows are wrong."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.server import Server
from tests.e2e.steps import WIDTHS, OpenPage, sign_in


@pytest.mark.parametrize("width", WIDTHS)
def test_the_right_rows_are_enrolled_and_the_wrong_ones_come_back_with_their_reasons(
    page: OpenPage, server: Server, width: int
) -> None:
    new = f"new-teacher-{width}"
    rows = [
        ["姓名", "用户名", "角色"],
        ["新老师", new, "教师"],
        ["", f"no-name-{width}", "教师"],
        ["错角色", f"wrong-{width}", "校长"],
    ]
    sheet = io.StringIO()
    csv.writer(sheet).writerows(rows)

    tab = page(width=width)
    sign_in(tab, server, "school_admin", "helper")
    tab.get_by_role("link", name="管理", exact=True).click()
    tab.get_by_role("link", name="从表格导入").click()
    tab.get_by_label("名单文件").set_input_files(
        {"name": "名单.csv", "mimeType": "text/csv", "buffer": sheet.getvalue().encode("gbk")}
    )
    tab.get_by_role("button", name="检查名单").click()
    expect(tab.get_by_text("还没有写入")).to_be_visible()
    wrong = tab.get_by_role("row", name=f"wrong-{width}")
    expect(wrong.get_by_text("校长", exact=False).first).to_be_visible()
    expect(tab.locator("tr.bad")).to_have_count(2)

    with tab.expect_download() as download:
        tab.get_by_role("button", name="CSV").click()
    assert f"wrong-{width}" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    tab.get_by_role("button", name="确认导入没有问题的 1 行").click()
    expect(tab.get_by_role("status").first).to_contain_text("新增 1 位")
    code = tab.get_by_role("row", name=new).locator(".code").inner_text()

    fresh = page(width=width)
    fresh.goto("/reset")
    fresh.get_by_label("用户名").fill(new)
    fresh.get_by_label("一次性验证码").fill(code)
    for field in fresh.locator("input[type=password]").all():
        field.fill("correct horse battery")
    fresh.locator("main").get_by_role("button").click()
    expect(fresh).to_have_url(re.compile("/sign-in"))
    fresh.get_by_label("用户名").fill(new)
    fresh.get_by_label("密码").fill("correct horse battery")
    fresh.locator("main").get_by_role("button", name="登录").click()
    expect(fresh.get_by_role("button", name="退出")).to_be_visible()
