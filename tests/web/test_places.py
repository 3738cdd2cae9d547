"""The pages of partnerships and schools: who sees what was exchanged, and what an administrator may do there."""

import io
import re

from openpyxl import load_workbook

from service.library import partnerships
from service.worker import Worker
from tests.web.browsing import Site


def given(pages: Site, name: str) -> dict[str, list[int]]:
    """Side → its figures in the table, as this person sees them."""
    html = pages.visitor(name).get(f"/partnerships/{pages.library.pairs['school']}")
    rows = re.findall(
        r'<tr><th scope="row">([^<]+ 小学)</th>((?:<td data-label="[^"]+">\d+ [份次]</td>)+)</tr>', html
    )
    return {side: [int(number) for number in re.findall(r"\d+", cells)] for side, cells in rows}


def published(pages: Site, title: str, *audiences: str) -> str:
    ident = pages.library.draft("t_helper", title)
    pages.library.attach("t_helper", ident, "教案.txt", "秋天的雨".encode())
    for audience in audiences:
        pages.library.share("t_helper", ident, audience)
    pages.visitor().done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    return ident


def test_both_sides_see_what_was_given_and_what_was_made_of_it(pages: Site) -> None:
    pair = pages.library.pairs["school"]
    shared = published(pages, "秋天的雨", f"pair:{pair}")
    published(pages, "校内的课")
    partner = pages.visitor("t_aided")
    partner.get(f"/resources/{shared}")
    partner.http.get(f"/api/v1/resources/{shared}/files.zip", headers=partner.headers())
    pages.library.backends.write_uses()

    assert given(pages, "t_aided") == {"helper 小学": [1, 1, 1, 0], "aided 小学": [0, 0, 0, 0]}
    assert given(pages, "t_helper") == given(pages, "t_aided")
    sheet = partner.get(f"/partnerships/{pair}/figures.csv")
    assert sheet.startswith("\ufeff")
    assert "helper 小学,1,1,1,0" in sheet
    book = partner.http.get(f"/partnerships/{pair}/figures.xlsx", headers=partner.headers())
    assert [cell.value for cell in load_workbook(io.BytesIO(book.content)).active[2]][:3] == [
        "helper 小学",
        "1",
        "1",
    ]
    html = partner.get(f"/partnerships/{pair}")
    assert "秋天的雨" in html
    assert "校内的课" not in html
    assert html.count('<rect class="bar-a"') == 12


def test_others_learn_who_is_paired_and_nothing_of_what_was_exchanged(pages: Site) -> None:
    pair = pages.library.pairs["school"]
    published(pages, "秋天的雨", f"pair:{pair}")
    for name in ("t_lonely", None):
        html = pages.visitor(name).get(f"/partnerships/{pair}")
        assert "helper 小学" in html
        assert "aided 小学" in html
        assert "来往了什么" not in html
        assert "秋天的雨" not in html
        pages.visitor(name).get(f"/partnerships/{pair}/figures.csv", 404)


def test_a_proposal_is_known_to_its_sides_only_and_answered_there(pages: Site) -> None:
    school = pages.library.schools
    made = pages.library
    with made.writing("a_lonely") as work:
        pair = partnerships.propose(work, school["lonely"], school["aided"], work.now, None, [], [])
    pages.visitor("t_helper").get(f"/partnerships/{pair}", 404)
    assert "同意结对" not in pages.visitor("t_aided").get(f"/partnerships/{pair}")
    proposer = pages.visitor("a_lonely").get(f"/partnerships/{pair}")
    assert "收回" in proposer
    assert "同意结对" not in proposer
    admin = pages.visitor("a_aided")
    assert "同意结对" in admin.get(f"/partnerships/{pair}")
    assert admin.done(f"/partnerships/{pair}/accept") == f"/partnerships/{pair}?notice=partnership"
    assert "结束结对" in admin.get(f"/partnerships/{pair}")
    assert pages.visitor("t_lonely").refused(404, f"/partnerships/{pair}/end")


def test_who_suspended_a_partnership_is_shown_how_to_resume_it_and_the_other_side_whom_to_ask(
    pages: Site,
) -> None:
    path = f"/partnerships/{pages.library.pairs['school']}"
    pages.visitor("a_helper").done(f"{path}/suspend")
    assert "恢复结对" in pages.visitor("a_helper").get(path)
    other = pages.visitor("a_aided").get(path)
    assert "恢复结对" not in other
    assert "请联系暂停的一方" in other
    assert "请联系暂停的一方" not in pages.visitor("t_aided").get(path)


def test_a_school_shows_its_partners_and_what_the_reader_may_see(pages: Site) -> None:
    published(pages, "秋天的雨", f"pair:{pages.library.pairs['school']}")
    Worker(pages.library.backends).run(until_idle=True)
    path = f"/schools/{pages.library.schools['helper']}"
    html = pages.visitor("t_aided").get(path)
    assert "秋天的雨" in html
    assert "aided 小学" in html
    assert "秋天的雨" not in pages.visitor("t_lonely").get(path)
    pages.visitor().get("/schools/370200", 404)
    pages.visitor().get("/schools/x", 404)


def test_who_only_proposes_learns_no_figures(pages: Site) -> None:
    schools = pages.library.schools
    with pages.library.writing("a_helper") as work:
        pair = partnerships.propose(work, schools["helper"], schools["lonely"], work.now, None, [], [])

    for name in ("a_helper", "t_lonely"):
        pages.visitor(name).get(f"/partnerships/{pair}/figures.csv", 404)
