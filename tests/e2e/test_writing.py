"""Writing a draft: buttons for those who do not write Markdown, and choices that fit the stage; what is said of its files."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from tests.e2e.server import Server
from tests.e2e.steps import WIDTHS, OpenPage, begin_draft, choose_files, sign_in

LESSON = "三年级上册语文《大自然的声音》教案"


def test_buttons_write_what_a_teacher_means_and_grades_follow_the_stage(
    page: OpenPage, server: Server
) -> None:
    tab = page()
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/resources/new")
    body = tab.get_by_label("正文")
    body.fill("认识纹样")
    tab.get_by_role("button", name="小标题").click()
    tab.keyboard.type("教学过程")
    body.press("End")
    tab.get_by_role("button", name="列表").click()
    tab.keyboard.type("看一看")
    expect(body).to_have_value("认识纹样\n## 教学过程\n- 看一看")
    body.select_text()
    tab.get_by_role("button", name="重点").click()
    expect(body).to_have_value("**认识纹样\n## 教学过程\n- 看一看**")
    body.press("Control+z")
    expect(body).to_have_value("认识纹样\n## 教学过程\n- 看一看")

    tab.get_by_label("学段", exact=True).select_option("primary")
    grades = tab.get_by_label("年级", exact=True).locator("option:not([hidden])")
    expect(grades).to_have_text(["不填", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级"])


def test_the_editions_of_the_chosen_subject_come_first_and_the_chosen_one_stays(
    page: OpenPage, server: Server
) -> None:
    tab = page()
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/resources/new")
    edition = tab.get_by_label("教材版本")
    expect(edition.locator("optgroup")).to_have_count(0)
    edition.select_option(label="青岛版")
    tab.get_by_label("学段", exact=True).select_option("primary")
    tab.get_by_label("学科", exact=True).select_option("maths")
    expect(edition.locator("optgroup").first.locator("option")).to_contain_text(["人教版", "青岛版"])
    expect(edition.locator("optgroup").first).not_to_contain_text("统编版")
    expect(edition.locator("optgroup").last).to_contain_text("统编版")
    expect(edition).to_have_value("qingdao")
    tab.get_by_label("学科", exact=True).select_option("labour")
    expect(edition.locator("optgroup")).to_have_count(0)
    expect(edition).to_have_value("qingdao")


def test_a_draft_that_begins_with_files_is_named_after_its_lesson(page: OpenPage, server: Server) -> None:
    tab = page()
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/resources/new")
    chosen = [
        {"name": name, "mimeType": "text/plain", "buffer": name.encode()}
        for name in ("学习单.txt", f"{LESSON}.txt")
    ]
    tab.locator("tongke-start:not([hidden]) input[type=file]").set_input_files(chosen)
    expect(tab.get_by_label("标题")).to_have_value(LESSON)
    expect(tab.locator("#files ul.files")).to_contain_text(LESSON)
    expect(tab.locator("[data-missing]")).to_contain_text("学段")
    expect(tab.locator("[data-missing]")).not_to_contain_text("附件")


def test_an_answer_that_comes_late_does_not_take_a_newer_file_off_the_list(
    page: OpenPage, server: Server
) -> None:
    tab = page()
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/resources/new")
    work_sheet, lesson = (
        {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": name.encode()}
        for name in ("学习单", LESSON)
    )
    tab.locator("tongke-start:not([hidden]) input[type=file]").set_input_files([work_sheet])
    files = tab.locator("#files ul.files")
    settled = files.locator("[data-state=ready]")
    expect(settled).to_have_count(1)

    earlier = tab.request.get(tab.url).text()
    held: list[Route] = []
    tab.route("**/edit", lambda route: held.append(route), times=1)
    with tab.expect_request("**/edit"):
        tab.evaluate("void (window.late = document.querySelector('tongke-upload').refresh())")
    tab.locator("tongke-upload input[multiple]").set_input_files([lesson])
    expect(settled).to_have_count(2)
    (route,) = held
    route.fulfill(body=earlier, content_type="text/html; charset=utf-8")
    tab.evaluate("window.late")
    expect(files).to_contain_text(LESSON)


SAVED = re.compile(r"^已保存 \d{2}:\d{2}$")


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_said_of_a_picture_is_saved_by_itself(page: OpenPage, server: Server, width: int) -> None:
    picture = BytesIO()
    Image.new("RGB", (64, 48), (width % 256, 90, 90)).save(picture, "PNG")
    tab = page(width=width)
    sign_in(tab, server, "teacher", "helper")
    begin_draft(tab, "一张板书")
    choose_files(tab, [{"name": "板书.png", "mimeType": "image/png", "buffer": picture.getvalue()}])
    item = tab.locator("#files .file", has_text="板书.png")
    expect(item).to_have_attribute("data-state", "ready")
    expect(item.get_by_role("button", name="保存")).to_have_count(0)

    about, children = item.locator("form[data-about]").all()
    about.get_by_label("图片说明").fill("三个自然段各用一种颜色")
    about.get_by_label("图片说明").press("Enter")
    expect(about.get_by_role("status")).to_have_text(SAVED)
    children.get_by_label("有（不能公开）").check()
    expect(children.get_by_role("status")).to_have_text("请再填监护人同意的日期，填好就保存。")
    children.get_by_label("监护人同意的日期").fill("2026-09-01")
    expect(children.get_by_role("status")).to_have_text(SAVED)
    tab.reload()
    expect(item.get_by_label("图片说明")).to_have_value("三个自然段各用一种颜色")
    expect(item.get_by_label("有（不能公开）")).to_be_checked()


def test_a_file_that_is_there_under_another_name_is_said_to_be(page: OpenPage, server: Server) -> None:
    tab = page()
    sign_in(tab, server, "teacher", "helper")
    tab.goto("/resources/new")
    files = [
        {"name": name, "mimeType": "text/plain", "buffer": b"lesson"}
        for name in ("教案.txt", "教案（新）.txt")
    ]
    tab.locator("tongke-start:not([hidden]) input[type=file]").set_input_files(files)
    kept = tab.locator("#files ul.files .file")
    expect(kept).to_have_count(1)
    row = tab.locator("tongke-upload [data-rows] .file")
    expect(row.get_by_role("status")).to_have_text(re.compile("^内容与“教案.*txt”相同，没有再加。$"))
    row.get_by_role("button", name="知道了").click()
    expect(row).to_have_count(0)
    expect(kept).to_have_count(1)
