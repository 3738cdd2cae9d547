"""Every page as those who use it see it: what axe, narrow screens and touch are tried on.

A new page route fails `test_axe.py` until it stands here.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.e2e.sample import APPROVER, AUTHOR
from tests.needs import ROOT
from web.site import PAGES

PLATFORM = "admin"
SHEET = "姓名,用户名,角色\n王小明,axe-wang,教师\n,axe-nobody,教师\n李一,axe-li,校长\n"
MAJORS = "专业代码,名称\n6601,机械设计制造类\n9901,没有上级\n"
HOLDER = re.compile(r"\{[^}]*\}")


def _nothing(tab: Page) -> None:
    """The page as it opens."""


def _open_the_keys(tab: Page) -> None:
    expect(tab.locator("[data-keys]:not([hidden])")).to_be_attached()  # its script has begun
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog")).to_be_visible()


def _fill_in_together(tab: Page) -> None:
    tab.locator("input[name=id]").first.check()
    tab.get_by_role("button", name="填写共同的信息").click()
    expect(tab.get_by_role("button", name=re.compile("^应用到"))).to_be_visible()


def _fill_in_nothing(tab: Page) -> None:
    _fill_in_together(tab)
    tab.get_by_role("button", name=re.compile("^应用到")).click()
    expect(tab.get_by_role("alert")).to_be_visible()


def _submit_what_waits(tab: Page) -> None:
    """One waits already and one is published: the outcome of both, and nothing is changed."""
    for state in ("待审核", "写新版本"):
        tab.locator(".line", has_text=state).locator("input[name=id]").first.check()
    tab.get_by_role("button", name="提交审核").click()
    expect(tab.get_by_role("heading", name="这 1 份没有做成")).to_be_visible()


def _wrong_code(tab: Page) -> None:
    tab.get_by_label("用户名").fill("somebody")
    tab.get_by_label("一次性验证码").fill("0000-0000-0000-0000")
    for box in tab.locator("main input[type=password]").all():
        box.fill("一个很长的新密码 2026")
    tab.locator("main button.button").click()
    expect(tab.get_by_role("alert")).to_be_visible()


def _add_nobody(tab: Page) -> None:
    tab.get_by_role("button", name="添加", exact=True).click()
    expect(tab.get_by_role("alert")).to_be_visible()


def _wrong_password(tab: Page) -> None:
    tab.get_by_label("用户名").fill("nobody")
    tab.get_by_label("密码").fill("wrong")
    tab.locator("main").get_by_role("button", name="登录").click()
    expect(tab.get_by_role("alert")).to_be_visible()


def _save_untitled(tab: Page) -> None:
    tab.get_by_role("button", name="保存并添加附件").click()
    expect(tab.locator(".error-summary")).to_be_visible()


def _choose_public(tab: Page) -> None:
    tab.get_by_role("button", name="公开（所有人）").click()
    expect(tab.get_by_role("heading", name="确认共享")).to_be_visible()


def _check_sheet(tab: Page) -> None:
    tab.get_by_label("名单文件").set_input_files(
        {"name": "名单.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}
    )
    tab.get_by_role("button", name="检查名单").click()
    expect(tab.get_by_role("heading", name="核对名单")).to_be_visible()


def _import_sheet(tab: Page) -> None:
    """Somebody new each time, so that her code is shown, and of another name, by which links are told apart."""
    new = uuid.uuid4()
    named = (
        f"姓名,用户名,角色\n王小{chr(0x4E00 + new.int % 20_000)},axe-{new.hex[:10]},教师\n,axe-nobody,教师\n"
    )
    tab.get_by_label("名单文件").set_input_files(
        {"name": "名单.csv", "mimeType": "text/csv", "buffer": named.encode()}
    )
    tab.get_by_role("button", name="检查名单").click()
    tab.get_by_role("button", name=re.compile("^确认导入")).click()
    expect(tab.get_by_role("heading", name="一次性验证码")).to_be_visible()


def _check_majors(tab: Page) -> None:
    tab.get_by_label("目录文件").set_input_files(
        {"name": "目录.csv", "mimeType": "text/csv", "buffer": MAJORS.encode()}
    )
    tab.get_by_role("button", name="检查目录").click()
    expect(tab.get_by_role("heading", name="核对专业目录")).to_be_visible()


def _choose_photos(tab: Page) -> None:
    tab.get_by_text("把几张照片合成一个 PDF").click()
    tab.locator("tongke-photos input[type=file]").set_input_files(
        [ROOT / "web" / "frontend" / "help" / name for name in ("find.webp", "give.webp")]
    )
    expect(tab.get_by_role("button", name="合成并上传")).to_be_visible()


def _type_a_word(tab: Page) -> None:
    tab.get_by_role("combobox", name="搜索资源").fill("秋天")
    expect(tab.get_by_role("option").first).to_be_visible()


@dataclass(frozen=True)
class View:
    """Who looks (None: a visitor), where (names in braces are ids of the sample), what is done there first, and
    with what status the page answers."""

    who: str | None
    path: str
    act: Callable[[Page], None] = _nothing
    status: int = 200

    def __str__(self) -> str:
        return f"{self.who or 'visitor'} {self.path}{self.act.__name__.replace('_', '-').replace('-nothing', '')}"

    @property
    def route(self) -> str:
        """The address without what differs from one resource to another."""
        return HOLDER.sub("{}", self.path.partition("?")[0])


LESSON, TRAINING = "/resources/{lesson}", "/resources/{training}"
VIEWS = (
    View(None, "/"),
    View(None, "/", _type_a_word),
    View(None, "/sign-in"),
    View(None, "/sign-in", _wrong_password),
    View(None, "/reset"),
    View(None, "/reset", _wrong_code),
    View(None, "/search?q=春天"),
    View(None, "/search?q=量子纠缠&subject=maths"),
    View(None, "/browse"),
    View(None, "/help"),
    View(None, "/developers"),
    View(None, "/styleguide"),
    View(None, "/partnerships"),
    View(None, "/resources/nothing", status=404),
    View(None, "/resources/{film}"),
    View(None, "/resources/{training}"),
    View(None, "/embed/{embed}?q=春天"),
    View(AUTHOR, "/"),
    View(AUTHOR, "/search?q=教学&stage=primary"),
    View(AUTHOR, "/browse?stage=primary"),
    View(AUTHOR, "/my"),
    View(AUTHOR, "/my", _fill_in_together),
    View(AUTHOR, "/my", _fill_in_nothing),
    View(AUTHOR, "/my?q=二年级", _submit_what_waits),
    View(AUTHOR, "/notices"),
    View(AUTHOR, "/searches"),
    View(AUTHOR, "/searches/{kept}"),
    View(AUTHOR, "/help", _open_the_keys),
    View(AUTHOR, "/password"),
    View(AUTHOR, "/account"),
    View(AUTHOR, "/partnerships/{partnership}"),
    View(AUTHOR, "/schools/{school}"),
    View(AUTHOR, "/resources/new"),
    View(AUTHOR, "/resources/new", _save_untitled),
    View(AUTHOR, "/resources/{draft}/edit"),
    View(AUTHOR, "/resources/{draft}/edit", _choose_photos),
    View(AUTHOR, "/resources/{versions}/new-version"),
    View(AUTHOR, "/resources/{draft}?version=draft"),
    View(AUTHOR, "/resources/{adapted}"),
    View(AUTHOR, LESSON),
    View(AUTHOR, f"{LESSON}/share"),
    View(AUTHOR, "/resources/{draft}/share", _choose_public),
    View(AUTHOR, "/resources/{versions}/compare?old=1&new=2"),
    View(AUTHOR, f"{TRAINING}/files/{{pdf}}/text"),
    View(AUTHOR, f"{TRAINING}/files/{{pdf}}/view"),
    View(AUTHOR, "/resources/{draft}/files/{package}/play"),
    View(APPROVER, "/reviews"),
    View(APPROVER, "/resources/{waiting}"),
    View(APPROVER, "/admin"),
    View(APPROVER, "/admin/reports"),
    View(APPROVER, "/admin/people"),
    View(APPROVER, "/admin/people/new"),
    View(APPROVER, "/admin/people/new", _add_nobody),
    View(APPROVER, "/admin/people/import"),
    View(APPROVER, "/admin/people/import", _check_sheet),
    View(APPROVER, "/admin/people/import", _import_sheet),
    View(APPROVER, "/admin/people/{person}"),
    View(APPROVER, "/admin/schools/{school}"),
    View(APPROVER, "/admin/partnerships/new"),
    View(APPROVER, "/admin/embedding"),
    View(APPROVER, "/admin/embedding/{school}/new"),
    View(APPROVER, "/admin/embedding/{school}/{embed}"),
    View(APPROVER, "/admin/webhooks"),
    View(APPROVER, "/admin/webhooks/{school}/new"),
    View(APPROVER, "/admin/webhooks/{school}/{webhook}"),
    View(PLATFORM, "/admin"),
    View(PLATFORM, "/admin/people?school={school}"),
    View(PLATFORM, "/admin/schools"),
    View(PLATFORM, "/admin/schools/new"),
    View(PLATFORM, "/admin/schools/new", _add_nobody),
    View(PLATFORM, "/admin/schools/{school}"),
    View(PLATFORM, "/admin/partnerships"),
    View(PLATFORM, "/admin/jobs"),
    View(PLATFORM, "/admin/storage"),
    View(PLATFORM, "/admin/integrity"),
    View(PLATFORM, "/admin/vocabularies"),
    View(PLATFORM, "/admin/vocabularies?name=major", _check_majors),
    View(PLATFORM, "/admin/audit"),
    View(PLATFORM, "/admin/reports"),
)


def page_routes() -> set[str]:
    """The routes that answer a page; what ends in a file's name, and the static files, are none."""
    paths = {
        HOLDER.sub("{}", route.path)
        for module in PAGES
        for route in module.router.routes
        if "GET" in route.methods
    }
    return {path for path in paths if "." not in path and not path.startswith("/static")}
