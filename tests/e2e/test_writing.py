"""Writing a draft: buttons for those who do not write Markdown, and choices that fit the stage."""

from playwright.sync_api import expect

from tests.e2e.server import Server
from tests.e2e.steps import OpenPage, sign_in


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
