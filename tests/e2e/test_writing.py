"""Writing a draft: buttons for those who do not write Markdown, and choices that fit the stage."""

from playwright.sync_api import expect

from tests.e2e.server import Server
from tests.e2e.steps import OpenPage, sign_in

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

    held = []
    tab.route("**/edit", lambda route: held.append((route, route.fetch())), times=1)
    with tab.expect_request("**/edit"):
        tab.evaluate("void (window.late = document.querySelector('tongke-upload').refresh())")
    tab.locator("tongke-upload input[multiple]").set_input_files([lesson])
    expect(settled).to_have_count(2)
    ((route, earlier),) = held
    route.fulfill(response=earlier)
    tab.evaluate("window.late")
    expect(files).to_contain_text(LESSON)
