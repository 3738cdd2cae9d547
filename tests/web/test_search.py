"""The search page: what words were taken for, what was given up, and where to go from nothing; without script."""

import re
from html import unescape
from urllib.parse import urlencode

from service.worker import Worker
from tests import stacks
from tests.web.browsing import Site, Visitor


def search(visitor: Visitor, q: str = "", **state: str) -> str:
    return visitor.get(f"/search?{urlencode({'q': q, **state})}")


def links(html: str, classes: str) -> dict[str, str]:
    """Words → address of the links of a class."""
    found = re.findall(rf'<a class="{classes}" href="([^"]*)"[^>]*>(.*?)<(?:span|/a)', html)
    return {words.strip(): unescape(href) for href, words in found}


def offers(html: str) -> dict[str, str]:
    """Words with their number → address, of what is offered where nothing was found."""
    found = re.findall(r'<li><a href="([^"]*)">([^<]*)</a> <span class="muted">(\d+) 份', html)
    return {f"{words} {number}": unescape(href) for href, words, number in found}


def indexed(pages: Site) -> Visitor:
    Worker(pages.library.backends).run(until_idle=True)
    return pages.visitor()


def test_each_understood_word_is_a_chip_that_a_link_takes_back_and_brings_again(pages: Site) -> None:
    pages.library.draft("t_helper", "古诗三首", grade="3", subject="chinese")
    pages.library.draft("t_helper", "语文古诗", grade="3")
    teacher = indexed(pages)

    html = search(teacher, "三年级 语文 古诗", sort="newest")
    assert "共 2 份资源" in html
    chips = links(html, "chip understood")
    assert list(chips) == ["年级：三年级", "学科：语文"]
    literal = teacher.get(chips["学科：语文"])
    assert "共 1 份资源" in literal
    assert list(links(literal, "chip understood")) == ["年级：三年级"]
    assert "sort=newest" in chips["学科：语文"]
    again = teacher.get(links(literal, "chip")["原文“语文”"])
    assert "共 2 份资源" in again


def test_what_was_given_up_is_said_in_a_sentence(pages: Site) -> None:
    pages.library.draft("t_helper", "圆的面积", edition="qingdao")
    teacher = indexed(pages)
    html = search(teacher, "人教版 圆的面积")
    assert "没有资源同时符合全部条件，已放宽：不限“人教版”。" in html
    assert "共 1 份资源" in html
    html = search(teacher, "圆的面积怎么求")
    assert "已放宽：“圆的面积怎么求”不必连在一起；不必有“怎么”。" in html
    assert "已放宽" not in search(teacher, "圆的面积")


def test_nothing_found_offers_what_stands_in_the_way_and_what_is_near(pages: Site) -> None:
    for number in range(3):
        pages.library.draft("t_helper", f"浮力{number}", grade="8", subject="physics")
    teacher = indexed(pages)
    school = pages.library.schools["second"]

    html = search(teacher, "八年级物理电流", school=school)
    assert "没有您可以查看的资源符合“八年级物理电流”和 1 个已选条件。" in html
    assert offers(html) == {"看看“八年级 物理”的资源 3": "/search?grade=8&subject=physics"}
    html = search(teacher, "八年级 浮力", school=school)
    found = offers(html)
    assert list(found) == ["不限学校“second 小学” 3", "看看“八年级”的资源 3"]
    assert "学校：second 小学" in html
    assert "共 3 份资源" in teacher.get(found["不限学校“second 小学” 3"])
    other = offers(search(teacher, "七年级 浮力"))
    assert list(other) == ["不限年级“七年级” 3"]
    assert "共 3 份资源" in teacher.get(other["不限年级“七年级” 3"])


def test_a_new_word_keeps_the_chosen_filters_and_the_kept_fields_follow_the_results(pages: Site) -> None:
    html = search(indexed(pages), "浮力", grade="8", literal="浮力")
    kept = re.search(r'<span id="kept" hidden>(.*?)</span>', html)
    assert kept is not None
    assert kept.group(1) == '<input type="hidden" name="grade" value="8">'
    assert 'hx-select-oob="#told,#kept"' in html


def test_offers_count_only_what_the_visitor_may_see(pages: Site) -> None:
    pages.library.draft("t_helper", "浮力", grade="8")
    indexed(pages)
    for name in ("t_second", None):
        assert offers(search(pages.visitor(name), "浮力", grade="7")) == {}


def test_words_are_shown_as_words(pages: Site) -> None:
    html = search(indexed(pages), "<b>语文</b>", literal="<i>")
    assert "<b>" not in html
    assert "<i>" not in html


def test_a_simplified_search_says_so_and_offers_nothing_that_it_cannot_know(pages: Site) -> None:
    lesson = pages.library.draft("t_helper", "秋天的雨")
    reader = indexed(pages)
    assert "简化搜索" not in search(reader, "秋天")
    stacks.lose_index(pages.library.backends.settings.data_dir)
    html = search(reader, "秋天")
    assert "简化搜索" in html
    assert lesson in html
    nothing = search(reader, "冬天")
    assert "简化搜索" in nothing
    assert offers(nothing) == {}


def test_a_chosen_value_stands_open_and_leads_back_without_it(pages: Site) -> None:
    for grade in ("7", "8"):
        pages.library.draft("t_helper", f"浮力{grade}", grade=grade, subject="physics")
    html = search(indexed(pages), "浮力", grade="8", literal="浮力")
    found = re.search(
        r'<a href="([^"]*)" data-key="grade-8" class="chosen" aria-current="true">八年级</a>', html
    )
    assert found is not None
    assert unescape(found.group(1)) == "/search?q=%E6%B5%AE%E5%8A%9B&literal=%E6%B5%AE%E5%8A%9B"
    assert '<details open><summary>年级</summary><ul class="plain">' in html


def test_a_card_names_the_system_of_years_only_where_it_matters(pages: Site) -> None:
    for number, (system, grade) in enumerate((("63", "3"), ("63", "6"), ("54", "3"), ("54", "7"))):
        pages.library.draft("t_helper", f"浮力{number}", system=system, grade=grade)
    html = search(indexed(pages), "浮力")
    places = set(re.findall(r'<p class="place">([^<]*)</p>', html))
    assert {place.replace("\u00a0", " ") for place in places} == {
        "小学 · 三年级", "六三制 · 小学 · 六年级", "五四制 · 小学 · 三年级", "五四制 · 初中 · 七年级",
    }  # fmt: skip
