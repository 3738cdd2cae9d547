"""嵌入 at the administration's pages."""

from tests.web.browsing import Site

KEY = {
    "name": "学校网站",
    "origins": "https://www.helper.example\nhttps://bbs.helper.example",
    "within": "school",
    "per_minute": "60",
}


def test_an_administrator_makes_changes_and_revokes_a_key(pages: Site) -> None:
    admin, school = pages.visitor("a_helper"), pages.library.schools["helper"]
    assert "还没有密钥" in admin.get("/admin/embedding")
    where = admin.done(f"/admin/embedding/{school}/new", KEY).partition("?")[0]
    shown = admin.get(where)
    assert "pk_" in shown
    assert "https://bbs.helper.example" in shown
    admin.done(f"{where}/settings", KEY | {"name": "首页", "within": "all"})
    assert "首页" in admin.get(f"/admin/embedding?school={school}")
    admin.done(f"{where}/revoke")
    assert "已停用" in admin.get("/admin/embedding")
    assert "保存设置" not in admin.get(where)


def test_errors_stand_at_their_fields_and_keep_what_was_typed(pages: Site) -> None:
    admin, school = pages.visitor("a_helper"), pages.library.schools["helper"]
    shown = admin.refused(
        422, f"/admin/embedding/{school}/new", KEY | {"origins": "学校网站", "per_minute": "60"}
    )
    assert 'id="origins-error"' in shown
    assert "学校网站</textarea>" in shown
    where = admin.done(f"/admin/embedding/{school}/new", KEY).partition("?")[0]
    shown = admin.refused(422, f"{where}/settings", KEY | {"name": "", "per_minute": "many"})
    assert 'id="name-error"' in shown
    assert 'id="per_minute-error"' in shown
    admin.refused(404, f"{where}/explode")


def test_another_schools_keys_are_not_found(pages: Site) -> None:
    school = pages.library.schools["helper"]
    where = pages.visitor("a_helper").done(f"/admin/embedding/{school}/new", KEY).partition("?")[0]
    for name in ("t_helper", "a_aided"):
        visitor = pages.visitor(name)
        visitor.get(where, 404)
        visitor.get(f"/admin/embedding?school={school}", 404)
        visitor.refused(404, f"{where}/revoke")
    platform = pages.visitor("platform")
    assert "请先在“学校”里打开一所学校" in platform.get("/admin/embedding")
    assert "学校网站" in platform.get(f"/admin/embedding?school={school}")
