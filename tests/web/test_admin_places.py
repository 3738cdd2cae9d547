"""Schools and partnerships at the administration's pages."""

import re

import pytest

from service.library import organisations
from service.models import Organisation
from tests.web.browsing import Site

SETTINGS = {"stages": ["primary", "junior"], "system": "54", "waives_review": "yes"}


def school(pages: Site, name: str = "helper") -> Organisation:
    with pages.library.reading("platform") as work:
        return work.session.get_one(Organisation, pages.library.schools[name])


def test_a_schools_administrator_sets_its_ways_and_no_others(pages: Site) -> None:
    admin, path = pages.visitor("a_helper"), f"/admin/schools/{pages.library.schools['helper']}"
    admin.done(f"{path}/settings", SETTINGS)
    found = school(pages)
    assert (found.stages, found.system, found.waives_review, found.reviews_sharing) == (
        ["primary", "junior"], "54", True, False,
    )  # fmt: skip
    assert "名称与配额" not in admin.get(path)
    admin.refused(404, f"{path}/identity", {"name": "自己改名"})
    admin.refused(422, f"{path}/settings", {"stages": "kindergarten"})
    for name in ("a_aided", "t_helper", "o_370200"):
        pages.visitor(name).get(path, 404)
        pages.visitor(name).refused(404, f"{path}/settings", SETTINGS)
    assert school(pages).stages == ["primary", "junior"]


def test_a_renamed_school_keeps_its_former_name_and_is_found_by_it(pages: Site) -> None:
    platform, path = pages.visitor("platform"), f"/admin/schools/{pages.library.schools['helper']}"
    platform.done(
        f"{path}/identity", {"name": "海风小学", "code": "3702000001", "category": "regular", "quota": "1.5"}
    )
    found = school(pages)
    assert (found.name, found.former_names, found.quota_bytes) == ("海风小学", ["helper 小学"], 3 * 2**29)
    shown = platform.get("/admin/schools?q=helper")
    assert "海风小学" in shown
    assert "曾用名" in shown
    platform.done(f"{path}/identity", {"name": "helper 小学", "category": "regular"})
    assert (school(pages).former_names, school(pages).quota_bytes) == (["海风小学"], None)


def test_a_school_goes_up_in_another_whose_administrator_then_administers_both(pages: Site) -> None:
    platform, path = pages.visitor("platform"), f"/admin/schools/{pages.library.schools['lonely']}"
    for wrong in ("lonely 小学", "没有这所学校", ""):
        assert "并入的学校" in platform.refused(422, f"{path}/merge", {"into": wrong})
    pages.visitor("a_lonely").refused(404, f"{path}/merge", {"into": "helper 小学"})
    platform.done(f"{path}/merge", {"into": "helper 小学"})
    assert "撤销合并" in platform.get(path)
    assert "已并入" in platform.get("/admin/schools?q=lonely")
    helper, lonely = (pages.library.schools[name] for name in ("helper", "lonely"))
    with pages.library.reading("a_helper") as work:
        assert work.caller.reviews == {helper, lonely}
        assert {f"school:{lonely}", f"review:{lonely}"} <= work.caller.tokens
    with pages.library.reading("t_lonely") as work:
        assert work.caller.school_id == helper
    with pages.library.reading("a_lonely") as work:  # who administers `helper` was not asked
        assert work.caller.school_id == helper
        assert not work.caller.reviews
    with pages.library.reading("t_helper") as work:
        assert f"review:{lonely}" not in work.caller.tokens
    platform.refused(422, f"/admin/schools/{helper}/merge", {"into": "lonely 小学"})
    platform.done(f"{path}/separate", {})
    platform.refused(409, f"{path}/separate", {})
    with pages.library.reading("t_lonely") as work:
        assert work.caller.school_id == lonely


def test_a_school_is_added_with_every_error_at_its_field(pages: Site) -> None:
    platform = pages.visitor("platform")
    pages.visitor("a_helper").get("/admin/schools/new", 404)
    wrong = {"name": " ", "code": "12", "quota": "很多", "area": "370000", "category": "x", "system": "99"}
    shown = platform.refused(422, "/admin/schools/new", wrong)
    for name in ("name", "code", "quota", "area", "category", "system"):
        assert f'id="{name}-error"' in shown
    where = platform.done("/admin/schools/new", {"name": "新学校", "area": "371700", "stages": "primary"})
    assert "新学校" in platform.get(where)
    pages.visitor("a_helper").refused(404, "/admin/schools/new", {"name": "又一所", "area": "371700"})
    with pages.library.reading("platform") as work:
        (found, city), *_rest = organisations.schools(work, text="新学校")
        assert (found.city_id, city, found.name_order[:3]) == ("371700", "菏泽市", "xin")


def test_a_school_lists_itself_to_its_administrator_alone(pages: Site) -> None:
    shown = pages.visitor("a_helper").get("/admin/schools")
    assert "helper 小学" in shown
    assert "aided 小学" not in shown
    assert "青岛市" in pages.visitor("platform").get("/admin/schools?level=city")
    assert "没有找到" in pages.visitor("a_helper").get("/admin/schools?level=city")


# Partnerships -------------------------------------------------------------------------------------------------------


def proposed(pages: Site, **fields: str) -> str:
    """`lonely` asks `helper` to help it; returns the partnership's id."""
    asking = pages.visitor("a_lonely")
    sent = {"school": pages.library.schools["lonely"], "side": "aided", "partner": "helper 小学"}
    asking.done("/admin/partnerships/new", sent | fields)
    (found,) = re.findall(r"/admin/partnerships/(\w{26})/end", asking.get("/admin/partnerships"))
    return str(found)


def test_the_other_side_accepts_what_one_side_proposed(pages: Site) -> None:
    ident = proposed(pages, starts="2026-09-01", ends="2029-08-31", stages="primary")
    asking, asked = pages.visitor("a_lonely"), pages.visitor("a_helper")
    assert "等对方同意" in asking.get("/admin/partnerships")
    asking.refused(409, f"/admin/partnerships/{ident}/accept")
    pages.visitor("a_aided").refused(404, f"/admin/partnerships/{ident}/accept")
    pages.visitor("t_helper").refused(404, f"/admin/partnerships/{ident}/accept")
    assert ident not in pages.visitor("a_aided").get("/admin/partnerships")
    assert "2029年8月31日" in asked.get("/admin/partnerships?status=proposed")
    asked.done(f"/admin/partnerships/{ident}/accept")
    assert f"pair:{ident}" in pages.library.caller("t_lonely").tokens
    for step in ("suspend", "resume", "end"):
        asking.done(f"/admin/partnerships/{ident}/{step}")
    assert f"pair:{ident}" not in pages.library.caller("t_lonely").tokens
    asked.refused(409, f"/admin/partnerships/{ident}/accept")


def test_a_last_day_is_set_and_the_partnership_lapses_after_it(pages: Site) -> None:
    ident, admin = pages.library.pairs["school"], pages.visitor("a_helper")
    path = f"/admin/partnerships/{ident}/term"
    for day in ("2026-08-31", "不知道"):
        assert f'id="{ident}-last-error"' in admin.refused(422, path, {"last": day})
    pages.visitor("a_second").refused(404, path, {"last": "2026-09-03"})
    admin.done(path, {"last": "2026-09-03"})
    pages.library.clock.tick(days=2)
    assert f"pair:{ident}" in pages.library.caller("t_helper").tokens
    pages.library.clock.tick(days=1)
    assert f"pair:{ident}" not in pages.library.caller("t_helper").tokens


def test_a_proposal_that_is_wrong_says_where(pages: Site) -> None:
    admin, own = pages.visitor("a_lonely"), pages.library.schools["lonely"]
    shown = admin.refused(
        422, "/admin/partnerships/new", {"school": own, "partner": "没有这所学校", "starts": "x"}
    )
    for name in ("side", "partner", "starts"):
        assert f'id="{name}-error"' in shown
    itself = {"school": own, "side": "helper", "partner": "lonely 小学"}
    assert "请写另一个单位" in admin.refused(422, "/admin/partnerships/new", itself)
    proposed(pages)
    again = {"school": own, "side": "aided", "partner": "helper 小学"}
    assert "已经有一个结对关系" in admin.refused(409, "/admin/partnerships/new", again)
    admin.refused(404, "/admin/partnerships/new", again | {"school": pages.library.schools["aided"]})


def test_the_platform_records_cities_and_sees_every_partnership(pages: Site) -> None:
    platform = pages.visitor("platform")
    ident = proposed(pages)
    assert ident in platform.get("/admin/partnerships")
    known = {"school": "370200", "side": "helper", "partner": "菏泽市"}
    platform.refused(409, "/admin/partnerships/new", known)
    platform.done("/admin/partnerships/new", known | {"side": "aided"})
    pages.visitor("a_helper").refused(404, "/admin/partnerships/new", known)


def test_partnerships_are_sorted_by_either_side_status_or_term(pages: Site) -> None:
    ident = proposed(pages, starts="2027-09-01", ends="2029-08-31")

    def order(sort: str) -> list[str]:
        shown = pages.visitor("platform").get(f"/admin/partnerships?sort={sort}")
        assert (f'aria-sort="{"descending" if sort[:1] == "-" else "ascending"}"' in shown) == bool(sort)
        return re.findall(r'<tr id="p-(\w+)">', shown)

    everything = order("")
    assert everything[0] == ident
    for key in ("helper", "aided", "status", "starts"):
        up, down = order(key), order(f"-{key}")
        assert set(up) == set(down) == set(everything)
    assert (order("status")[-1], order("-status")[0]) == (ident, ident)
    assert (order("starts")[-1], order("-starts")[0]) == (ident, ident)


@pytest.mark.parametrize("path", ["/admin/partnerships", "/admin/partnerships/new"])
def test_partnerships_are_administered_by_administrators_alone(pages: Site, path: str) -> None:
    pages.visitor("t_helper").get(path, 404)
    pages.visitor(None).get(path, 303)
