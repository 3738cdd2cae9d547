"""The people of a school at the administration's pages: the list, one person, and a list enrolled from a sheet."""

import io
import re
from html import unescape
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select
from sqlmodel import col

from service.models import Membership, Person
from tests.web.browsing import Site, Visitor, hidden

HEADS = ["姓名", "用户名", "角色", "身份", "开始日期", "结束日期"]
GOOD = ["王芳", "wangfang", "教师", "在编", "2026-09-01", "2027-07-31"]


def place(pages: Site, school: str = "helper") -> str:
    return pages.library.schools[school]


def xlsx(*rows: list[Any]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADS, *rows):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv(*rows: list[str], encoding: str = "utf-8-sig") -> bytes:
    return "".join(",".join(row) + "\r\n" for row in (HEADS, *rows)).encode(encoding)


def sent(visitor: Visitor, school: str, content: bytes, name: str = "名单.xlsx") -> httpx.Response:
    return visitor.http.post(
        "/admin/people/import",
        data={"csrf": visitor.token, "school": school},
        files={"file": (name, content)},
        headers=visitor.headers(),
    )


def previewed(visitor: Visitor, school: str, content: bytes) -> str:
    answer = sent(visitor, school, content)
    assert answer.status_code == 200, answer.text
    return answer.text


def confirmed(visitor: Visitor, school: str, preview: str) -> str:
    answer = visitor.post("/admin/people/import/confirm", {"school": school, "rows": hidden(preview, "rows")})
    assert answer.status_code == 200, answer.text
    return answer.text


def persons(pages: Site) -> int:
    with pages.library.reading("platform") as work:
        return work.session.execute(select(func.count()).select_from(Person)).scalar_one()


def test_the_administration_is_found_by_administrators_alone(pages: Site) -> None:
    assert 'href="/admin"' in pages.visitor("a_helper").get("/")
    assert 'href="/admin"' in pages.visitor("platform").get("/")
    assert 'href="/admin"' not in pages.visitor("t_helper").get("/")
    for path in ("/admin", "/admin/people", "/admin/schools", f"/admin/people/new?school={place(pages)}"):
        pages.visitor("t_helper").get(path, 404)
        pages.visitor("o_370200").get(path, 404)
        pages.visitor(None).get(path, 303)
        pages.visitor("a_helper").get(path)


def test_an_administrator_sees_the_people_of_her_school_alone(pages: Site) -> None:
    shown = pages.visitor("a_helper").get("/admin/people")
    assert "t_helper" in shown
    assert "t_aided" not in shown
    assert "t_aided" in pages.visitor("platform").get("/admin/people?q=t_aided")
    assert "没有符合条件的人员" in pages.visitor("a_helper").get("/admin/people?q=t_aided")
    pages.visitor("a_helper").get(f"/admin/people?school={place(pages, 'aided')}", 404)


def test_a_list_is_sorted_by_links_and_paged(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    rows = [[f"老师{n:02}", f"teacher{n:02}", "", "", "", ""] for n in range(60)]
    confirmed(admin, place(pages), previewed(admin, place(pages), xlsx(*rows)))
    first, second = (
        admin.get("/admin/people?sort=-username"),
        admin.get("/admin/people?sort=-username&page=2"),
    )
    assert 'aria-sort="descending"' in first
    assert "teacher59" in first
    assert "teacher59" not in second
    assert "a_helper" in second
    assert "第 1 页，共 2 页" in first


def test_one_is_added_and_sets_her_own_password_with_the_code(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    form = {
        "school": place(pages),
        "name": "王芳",
        "username": " WangFang ",
        "role": "teacher",
        "kind": "support",
    }
    answer = admin.post("/admin/people/new", form | {"starts": "2026-09-01", "ends": "2027-07-31"})
    assert answer.status_code == 200
    (code,) = re.findall(r"\d{4}-\d{4}-\d{4}-\d{4}", answer.text)
    assert "2027-07-31" in answer.text
    fresh = {"username": "wangfang", "code": code, "password": "秋天的雨和 2026", "again": "秋天的雨和 2026"}
    assert pages.visitor(None).done("/reset", fresh).startswith("/sign-in")
    assert (
        pages.visitor(None).done("/sign-in", {"username": "wangfang", "password": "秋天的雨和 2026"}) == "/"
    )


def test_a_form_that_is_wrong_is_shown_again_with_each_error_at_its_field(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    form = {"school": place(pages), "name": "", "username": "t_aided", "role": "officer", "kind": "x"}
    shown = admin.refused(422, "/admin/people/new", form | {"starts": "明天", "ends": "2026-13-01"})
    assert "error-summary" in shown
    for name in ("name", "username", "role", "kind", "starts", "ends"):
        assert f'id="{name}-error"' in shown
        assert f'href="#{name}"' in shown
    assert 'value="t_aided"' in shown
    assert persons(pages) == 11


def test_role_term_and_end_are_changed_and_take_effect_at_once(pages: Site) -> None:
    admin, ident = pages.visitor("a_helper"), pages.library.people["t_helper"]
    teacher = pages.visitor("t_helper")
    (membership,) = re.findall(r"/admin/memberships/(\w{26})/change", admin.get(f"/admin/people/{ident}"))
    teacher.get("/admin", 404)
    admin.done(f"/admin/memberships/{membership}/change", {"role": "school_admin", "kind": "regular"})
    teacher.get("/admin")
    wrong = {"role": "teacher", "kind": "regular", "starts": "2026-09-02", "ends": "2026-09-01"}
    assert "最后一天不能早于第一天" in admin.refused(422, f"/admin/memberships/{membership}/change", wrong)
    admin.done(f"/admin/memberships/{membership}/end")
    teacher.get("/admin", 404)
    assert "已结束" in admin.get("/admin/people?state=ended")


def test_a_disabled_account_is_signed_out_and_comes_back_when_enabled(pages: Site) -> None:
    admin, ident = pages.visitor("a_helper"), pages.library.people["t_helper"]
    teacher = pages.visitor("t_helper")
    admin.done(f"/admin/people/{ident}/disable")
    teacher.get("/my", 303)
    assert "t_helper" in admin.get("/admin/people?state=disabled")
    admin.refused(409, f"/admin/people/{ident}/code")
    admin.done(f"/admin/people/{ident}/enable")
    teacher.get("/my", 303)
    pages.visitor("t_helper").get("/my")


def test_another_schools_people_are_unknown_to_an_administrator(pages: Site) -> None:
    ident = pages.library.people["t_aided"]
    with pages.library.reading("platform") as work:
        membership = work.session.scalars(
            select(col(Membership.id)).where(col(Membership.person_id) == ident)
        ).one()
    for name in ("a_helper", "t_helper", "t_aided"):
        visitor = pages.visitor(name)
        visitor.get(f"/admin/people/{ident}", 404)
        for step in ("code", "disable", "enable", "name", "join"):
            visitor.refused(404, f"/admin/people/{ident}/{step}", {"name": "x"})
        for step in ("change", "end"):
            visitor.refused(
                404, f"/admin/memberships/{membership}/{step}", {"role": "teacher", "kind": "regular"}
            )
        new = {"school": place(pages, "aided"), "name": "王芳", "username": "wangfang", "role": "teacher"}
        if name != "t_aided":
            visitor.refused(404, "/admin/people/new", new)
            assert sent(visitor, place(pages, "aided"), xlsx(GOOD)).status_code == 404
        visitor.refused(404, "/admin/people/import/confirm", {"school": place(pages, "aided"), "rows": "[]"})


def test_nobody_shuts_herself_out(pages: Site) -> None:
    admin, ident = pages.visitor("a_helper"), pages.library.people["a_helper"]
    assert "这是您自己" in admin.get(f"/admin/people/{ident}")
    admin.refused(403, f"/admin/people/{ident}/disable")


def test_who_works_elsewhere_too_is_the_platforms_to_disable(pages: Site) -> None:
    platform, ident = pages.visitor("platform"), pages.library.people["t_helper"]
    join = {"place": "aided 小学", "role": "school_admin", "kind": "post"}
    platform.done(f"/admin/people/{ident}/join", join)
    for name in ("a_helper", "a_aided"):
        pages.visitor(name).refused(403, f"/admin/people/{ident}/disable")
    pages.visitor("a_helper").refused(403, f"/admin/people/{ident}/code")
    assert "没有找到" in platform.refused(
        422, f"/admin/people/{ident}/join", join | {"place": "不存在的学校"}
    )
    pages.visitor("a_helper").refused(404, f"/admin/people/{ident}/join", join)
    platform.done(f"/admin/people/{ident}/disable")


# A list from a sheet ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        xlsx(GOOD),
        csv(GOOD),
        csv(GOOD, encoding="utf-8"),
        csv(GOOD, encoding="gbk"),
        csv(GOOD, encoding="gb18030"),
    ],
    ids=["xlsx", "utf-8 with mark", "utf-8", "gbk", "gb18030"],
)
def test_a_sheet_is_read_in_every_usual_form(pages: Site, content: bytes) -> None:
    admin = pages.visitor("a_helper")
    shown = previewed(admin, place(pages), content)
    assert "王芳" in shown
    assert "新增 1" in shown
    assert persons(pages) == 11
    done = confirmed(admin, place(pages), shown)
    assert "新增 1 位" in done
    assert re.search(r"\d{4}-\d{4}-\d{4}-\d{4}", done)
    assert persons(pages) == 12


def test_every_error_stands_beside_its_cell_and_the_good_rows_go_in(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    bad: list[list[Any]] = [
        ["", "lisi", "", "", "", ""],
        ["李四", "t_aided", "", "", "", ""],
        ["赵五", "zhaowu", "校长", "临时", "", ""],
        ["王芳", "wangfang", "", "", "", ""],
        ["钱六", "qianliu", "", "", "2026-10-01", "2026-09-01"],
        ["孙七", "sunqi", "", "", "去年", ""],
        ["=1+1", "zhouba", "", "", "", ""],
        ["吴 九", "wu jiu", "", "", "", ""],
    ]
    shown = previewed(admin, place(pages), xlsx(GOOD, *bad))
    for words in (
        "必填，请补上", "已被使用", "请写其中一种：教师、教研员、学校管理员", "请写其中一种：在编", "与第 2 行重复",
        "最后一天不能早于第一天", "日期不正确", "单元格里是公式", "不能有空格",
    ):  # fmt: skip
        assert words in shown, words
    assert "有问题 8" in shown
    assert persons(pages) == 11
    confirmed(admin, place(pages), shown)
    assert persons(pages) == 12
    rows = hidden(shown, "rows")
    for form in ("xlsx", "csv"):
        answer = admin.post(
            "/admin/people/import/problems", {"school": place(pages), "rows": rows, "form": form}
        )
        assert "filename*=UTF-8''" in answer.headers["content-disposition"]
        mended = previewed(admin, place(pages), answer.content)
        assert "有问题 7" in mended  # the double row of 王芳 stands alone now
        assert "zhaowu" in mended


def test_the_same_list_twice_doubles_nobody_and_a_changed_one_changes(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    for words in ("新增 1 位", "没有变化 1 位"):
        shown = previewed(admin, place(pages), xlsx(GOOD))
        if words.startswith("新增"):
            assert words in confirmed(admin, place(pages), shown)
    assert "没有变化 1" in shown
    assert "确认导入" not in shown
    changed = previewed(admin, place(pages), xlsx([*GOOD[:2], "教研员", *GOOD[3:]]))
    assert "更新任职 1" in changed
    done = confirmed(admin, place(pages), changed)
    assert "更新 1 位" in done
    assert persons(pages) == 12
    assert "教研员" in admin.get("/admin/people?q=wangfang")
    assert "这个用户名在本单位是" in previewed(admin, place(pages), xlsx(["王方", *GOOD[1:]]))


def test_codes_and_bad_rows_leave_as_files_in_which_nothing_is_a_formula(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    rows = '[["@SUM(A1)", "+86", "=cmd", "-1", "", ""]]'
    for form in ("xlsx", "csv"):
        content = admin.post(
            "/admin/people/import/problems", {"school": place(pages), "rows": rows, "form": form}
        ).content
        if form == "csv":
            assert content.startswith(b"\xef\xbb\xbf")
            cells = content.decode("utf-8-sig").splitlines()[1].split(",")
        else:
            sheet = load_workbook(io.BytesIO(content)).active
            assert sheet is not None
            assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
            cells = [str(cell.value) for cell in sheet[2]]
        assert cells[:4] == ["'@SUM(A1)", "'+86", "'=cmd", "'-1"]
    done = confirmed(admin, place(pages), previewed(admin, place(pages), xlsx(GOOD)))
    (code,) = re.findall(r"class=\"code\"><span>([\d-]+)</span>", done)
    answer = admin.post(
        "/admin/people/import/codes", {"school": place(pages), "codes": hidden(done, "codes"), "form": "csv"}
    )
    assert answer.text.splitlines()[1] == f"王芳,wangfang,{code}"


def test_the_template_is_what_the_preview_understands(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    for form in ("xlsx", "csv"):
        answer = admin.http.get(f"/admin/people/import/template.{form}", headers=admin.headers())
        assert answer.status_code == 200
        assert "除了标题行，表格里没有内容" in previewed(admin, place(pages), answer.content)


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "表格是空的"),
        (b"PK\x03\x04 not a zip", 422, "这个文件读不出来"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, 415, "旧的 .xls"),
        ("姓名,电话\r\n王芳,1\r\n".encode(), 422, "第一行里没有这些列：用户名"),
        (csv(*([["王芳", "w", "", "", "", ""]] * 1001)), 413, "最多导入 1000 行"),
        (b"x" * (5 * 1024 * 1024 + 1), 413, "最大 5 MB"),
    ],
    ids=["empty", "no zip", "old xls", "no column", "rows", "bytes"],
)
def test_a_sheet_that_cannot_be_read_says_why(pages: Site, content: bytes, status: int, words: str) -> None:
    answer = sent(pages.visitor("a_helper"), place(pages), content)
    assert answer.status_code == status
    assert words in unescape(answer.text)


def test_no_file_and_a_foreign_form_are_refused(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    assert "请先选择文件" in sent(admin, place(pages), b"", name="").text
    foreign = {"csrf": "x", "school": place(pages), "rows": "[]"}
    admin.refused(403, "/admin/people/import/confirm", foreign)
    admin.refused(400, "/admin/people/import/confirm", {"school": place(pages), "rows": "{]"})


def test_the_list_of_people_leaves_as_a_file_that_can_come_back_and_that_is_written_down(pages: Site) -> None:
    admin = pages.visitor("a_helper")
    answer = admin.post("/admin/people/export", {"form": "csv"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert lines[0] == "姓名,用户名,角色,身份,开始日期,结束日期,单位"
    assert any(line.startswith("t_helper,t_helper,教师,在编") for line in lines)
    assert not any("t_aided" in line for line in lines)
    assert admin.post("/admin/people/export", {"form": "xlsx"}).content.startswith(b"PK")
    assert "导出人员名单" in pages.visitor("platform").get("/admin/audit?action=member.export")
    pages.visitor("t_helper").refused(404, "/admin/people/export", {"form": "csv"})


def test_the_schools_use_leaves_as_a_file(pages: Site) -> None:
    assert "helper 小学" in pages.visitor("platform").get("/admin/storage/export.csv")
    pages.visitor("t_helper").get("/admin/storage/export.csv", 404)
