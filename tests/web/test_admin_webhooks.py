"""推送 at the administration's pages."""

from tests.web.browsing import Site

ADDRESS = {"name": "教务系统", "url": "https://www.helper.example/tongke"}


def test_an_administrator_registers_changes_and_removes_an_address(pages: Site) -> None:
    admin, school = pages.visitor("a_helper"), pages.library.schools["helper"]
    assert "还没有登记地址" in admin.get("/admin/webhooks")
    made = admin.post(f"/admin/webhooks/{school}/new", ADDRESS)
    assert made.status_code == 200
    assert "whsec_" in made.text
    listed = admin.get("/admin/webhooks")
    assert "教务系统" in listed
    where = f"/admin/webhooks/{school}/" + listed.split(f"/admin/webhooks/{school}/")[2].partition('"')[0]
    shown = admin.get(where)
    assert "whsec_" not in shown
    assert "等待发送" in shown
    renewed = admin.post(f"{where}/secret")
    assert "whsec_" in renewed.text
    admin.done(f"{where}/settings", ADDRESS | {"name": "图书馆"})
    assert "图书馆" in admin.get("/admin/webhooks")
    admin.refused(404, f"{where}/explode")
    assert "还没有登记地址" in admin.get(admin.done(f"{where}/remove"))


def test_errors_stand_at_their_fields_and_keep_what_was_typed(pages: Site) -> None:
    admin, school = pages.visitor("a_helper"), pages.library.schools["helper"]
    shown = admin.refused(422, f"/admin/webhooks/{school}/new", ADDRESS | {"url": "https://10.0.0.1/"})
    assert 'id="url-error"' in shown
    assert 'value="https://10.0.0.1/"' in shown


def test_another_schools_addresses_are_not_found(pages: Site) -> None:
    school = pages.library.schools["helper"]
    for name in ("t_helper", "a_aided"):
        visitor = pages.visitor(name)
        visitor.get(f"/admin/webhooks?school={school}", 404)
        visitor.get(f"/admin/webhooks/{school}/new", 404)
        visitor.refused(404, f"/admin/webhooks/{school}/new", ADDRESS)
    assert "请先在“学校”里打开一所学校" in pages.visitor("platform").get("/admin/webhooks")
