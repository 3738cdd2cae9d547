"""Sharing by the pages: said before it happens, at once where it is near, reviewed where it is wide, taken back."""

import re
from html import unescape

import pytest

from service.library import resources
from tests.web.browsing import Site, Visitor, without_tokens


def confirmed(visitor: Visitor, ident: str, audience: str, **fields: str) -> str:
    """Both steps; returns the page after them."""
    step = visitor.post(f"/resources/{ident}/share/confirm", {"audience": audience, **fields})
    assert step.status_code == 200, step.text
    return visitor.get(visitor.done(f"/resources/{ident}/share", {"audience": audience, **fields}))


def revoke_of(page: str, label: str) -> str:
    """Where the button that takes back this audience posts to."""
    row = next(row for row in page.split("<tr>") if label in row and "/revoke" in row)
    found = re.search(r'action="([^"]+/revoke)"', row)
    assert found is not None
    return found.group(1)


def test_a_partner_sees_it_from_the_confirmation_until_it_is_taken_back(pages: Site) -> None:
    author, partner = pages.visitor(), pages.visitor("t_aided")
    ident = pages.library.draft("t_helper")
    audience = f"pair:{pages.library.pairs['school']}"
    assert "结对学校：aided 小学" in author.get(f"/resources/{ident}/share")
    said = author.post(f"/resources/{ident}/share/confirm", {"audience": audience}).text
    assert "立即生效" in said
    assert 'value="editor"' in said
    partner.get(f"/resources/{ident}", 404)
    page = author.get(author.done(f"/resources/{ident}/share", {"audience": audience}))
    assert "共享已更新" in page
    partner.get(f"/resources/{ident}")
    where = author.done(revoke_of(page, "结对学校"))
    assert where.endswith("notice=revoked")
    partner.get(f"/resources/{ident}", 404)


@pytest.mark.parametrize("audience", ["public", "paired", "link", "city:370200", "city pair"])
def test_a_wide_audience_is_said_to_need_review(pages: Site, audience: str) -> None:
    author = pages.visitor()
    ident = pages.library.draft("t_helper")
    if audience == "city pair":
        audience = f"pair:{pages.library.pairs['city']}"
    assert f'value="{audience}"' in author.get(f"/resources/{ident}/share")
    said = author.post(f"/resources/{ident}/share/confirm", {"audience": audience}).text
    assert "需要本校管理员审核后生效" in said
    assert 'value="editor"' not in said
    assert "需要本校管理员审核" in confirmed(author, ident, audience)


def test_the_confirmation_alone_changes_nothing(pages: Site) -> None:
    author = pages.visitor()
    ident = pages.library.draft("t_helper")
    before = without_tokens(author.get(f"/resources/{ident}/share"))
    author.post(
        f"/resources/{ident}/share/confirm", {"audience": f"school:{pages.library.schools['helper']}"}
    )
    assert without_tokens(author.get(f"/resources/{ident}/share")) == before
    pages.visitor("a_helper").get(f"/resources/{ident}", 404)


def test_a_colleague_is_found_by_name_among_ones_own_and_paired_schools(pages: Site) -> None:
    author = pages.visitor()
    ident = pages.library.draft("t_helper")
    found = author.get(f"/resources/{ident}/share?who=t_")
    assert "t_aided · aided 小学" in found
    assert "t_lonely" not in found
    assert "没有找到" in author.get(f"/resources/{ident}/share?who=t_lonely")
    colleague = f"person:{pages.library.people['t_aided']}"
    confirmed(author, ident, colleague, role="editor", until="2026-12-31")
    pages.visitor("t_aided").get(f"/resources/{ident}/edit")
    assert "2027年1月1日 00:00" in author.get(f"/resources/{ident}/share")


@pytest.mark.parametrize("until", ["2026-02-30", "9999-12-31", "2020-01-01"])
def test_a_day_that_cannot_be_is_refused_where_it_was_typed(pages: Site, until: str) -> None:
    author = pages.visitor()
    ident = pages.library.draft("t_helper")
    audience = f"person:{pages.library.people['t_aided']}"
    for path in ("share/confirm", "share"):
        page = author.refused(422, f"/resources/{ident}/{path}", {"audience": audience, "until": until})
        assert "error-summary" in page
        assert "谁可以看到它" in page


def test_a_link_is_shown_to_be_copied_and_opens_once_it_is_approved(pages: Site) -> None:
    author, admin, nobody = pages.visitor(), pages.visitor("a_helper"), pages.visitor(None)
    ident = pages.library.draft("t_helper")
    page = confirmed(author, ident, "link")
    shown = re.search(rf'value="[^"]+(/resources/{ident}\?link=\w+)"', page)
    assert shown is not None
    address = unescape(shown.group(1))
    nobody.get(address, 404)
    author.done(f"/resources/{ident}/submit")
    admin.done(f"/resources/{ident}/publish")
    nobody.get(address)
    nobody.get(f"/resources/{ident}", 404)


def test_who_may_only_read_may_not_share(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    pages.library.share("t_helper", ident, f"person:{pages.library.people['t_aided']}")
    reader = pages.visitor("t_aided")
    reader.get(f"/resources/{ident}/share", 403)
    for path in ("share/confirm", "share"):
        reader.refused(403, f"/resources/{ident}/{path}", {"audience": "public"})
    pages.visitor("t_lonely").refused(404, f"/resources/{ident}/share", {"audience": "public"})
    with pages.library.reading("t_helper") as work:
        assert resources.view(work, ident)[0]["status"] == "draft"
