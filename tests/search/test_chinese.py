"""The analyser: folding keeps the way back, terms are well-formed, what is literal is marked where it stands."""

import re
from collections.abc import Iterable
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.search import MAX_TERMS, chinese

TEXT = st.text(max_size=60) | st.text("課課件ＰＰＴ½㎡ﬁİΣ•·𠮷春a1 ,\0\u241f", max_size=60)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=8)


@given(st.text(max_size=60))
def test_folding_keeps_the_way_back(text: str) -> None:
    folded = chinese.fold(text)
    if folded.offsets is not None:
        assert len(folded.offsets) == len(folded.text)
        assert folded.offsets == sorted(folded.offsets)
    else:
        assert len(folded.text) == len(text)


@given(TEXT, TEXT)
def test_folding_goes_character_by_character(left: str, right: str) -> None:
    assert chinese.fold(left + right).text == chinese.fold(left).text + chinese.fold(right).text


@example("½㎡ﬁ課ＰＰＴ𠮷", 0, 9)
@given(TEXT, st.integers(0, 60), st.integers(1, 20))
def test_a_folded_slice_leads_back_to_the_characters_it_came_from(text: str, start: int, size: int) -> None:
    folded = chinese.fold(text)
    end = min(start + size, len(folded.text))
    if start < end:
        left, right = folded.origin(start, end)
        assert 0 <= left < right <= len(text)
        assert folded.text[start:end] in chinese.fold(text[left:right]).text


@given(st.lists(st.sampled_from("水的循环地球小学上册"), min_size=2, max_size=40), st.data())
def test_every_part_of_a_text_is_found_everywhere_it_stands(letters: list[str], data: st.DataObject) -> None:
    text = "".join(letters)
    start = data.draw(st.integers(0, len(text) - 2))
    word = text[start : data.draw(st.integers(start + 2, len(text)))]
    assert chinese.spans(text, chinese.terms(word)) == [hit.span() for hit in re.finditer(word, text)]


@example("Ⓐ課ａ1 課a", "課")
@example("ⓐ課ａ ㊀a课A", "a")
@given(TEXT, TEXT)
def test_what_is_found_as_it_was_written_is_what_the_folded_text_holds(text: str, query: str) -> None:
    terms = chinese.terms(query)
    folded = chinese.fold(text)
    # Beside a character that folds into several, the whole text is folded first.
    found = [span for span in chinese.spans(f"{folded.text} ½", terms) if span[1] <= len(folded.text)]
    assert _covered(folded.origin(*span) for span in found) == _covered(chinese.spans(text, terms))


def _covered(spans: Iterable[tuple[int, int]]) -> set[int]:
    return {place for span in spans for place in range(*span)}


@given(TEXT)
def test_the_tokens_of_any_text_are_told_apart_by_single_spaces(text: str) -> None:
    for line in chinese.tokens(text):
        assert line.split() == line.split(" ") or line == ""
        assert line == line.strip()


@given(st.text(max_size=40), HAN, st.text(max_size=40))
def test_a_han_word_is_found_where_it_stands(before: str, word: str, after: str) -> None:
    text = f"{before}{word}{after}"
    spans = chinese.spans(text, chinese.terms(word))
    assert any(chinese.fold(text[left:right]).text == chinese.fold(word).text for left, right in spans)


@given(st.text(max_size=300))
def test_any_words_make_well_formed_terms(query: str) -> None:
    terms = chinese.terms(query)
    assert len(terms) <= MAX_TERMS
    assert all(term.tokens and term.needle and chinese.SEPARATOR not in term.tokens for term in terms)


@given(st.text(max_size=200), HAN)
def test_a_highlight_is_escaped(text: str, word: str) -> None:
    html = chinese.highlight(text + word, chinese.terms(word), size=50)
    plain = html.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in plain
    assert ">" not in plain
    assert html.count("<mark>") == html.count("</mark>")


@example("公式½", "½")
@given(st.text(max_size=120), HAN)
def test_a_highlight_without_its_marks_is_the_escaped_text(text: str, word: str) -> None:
    html = chinese.highlight(text + word, chinese.terms(word), size=None)
    assert html.replace("<mark>", "").replace("</mark>", "") == escape(text + word)
    assert "<mark>" in html


def test_a_passage_is_cut_around_its_hits() -> None:
    html = chinese.highlight("前" * 500 + "浮力" + "后" * 500, chinese.terms("浮力"), size=100)
    assert "<mark>浮力</mark>" in html
    assert html.startswith("…")
    assert html.endswith("…")
    assert len(html) < 140


def test_traditional_and_full_width_fold_alike() -> None:
    assert chinese.fold("ＰＰＴ課件").text == chinese.fold("ppt课件").text == "ppt课件"


def test_like_patterns_escape_their_own_signs() -> None:
    assert chinese.like_patterns(chinese.terms("5%a")) == ["%5\\%a%"]


@pytest.mark.parametrize(
    ("text", "query", "html"),
    [
        ("秋天的雨", "秋天", "<mark>秋天</mark>的雨"),
        ("<b>秋天</b>", "秋天", "&lt;b&gt;<mark>秋天</mark>&lt;/b&gt;"),
        ("課件與课件", "课件", "<mark>課件</mark>與<mark>课件</mark>"),
        ("面积5㎡", "m2", "面积5㎡"),
        ("面积 ㎡", "m2", "面积 <mark>㎡</mark>"),
        ("½ 与 1", "½", "<mark>½</mark> 与 <mark>1</mark>"),
        ("PPT与APPT", "ppt", "<mark>PPT</mark>与APPT"),
        ("秋天的雨", "", "秋天的雨"),
        ("秋天的雨", "，。", "秋天的雨"),
        ("年级组长", "年级 年级组", "<mark>年级组</mark>长"),
    ],
)
def test_what_is_literal_is_marked(text: str, query: str, html: str) -> None:
    assert chinese.highlight(text, chinese.terms(query)) == html


@pytest.mark.parametrize(
    ("query", "needles"),
    [
        ("三年级上册 语文", ["三年级上册", "语文"]),
        ("IC卡，2022年;PM2.5", ["ic卡", "2022年", "pm2.5"]),
        ("课 课 課", ["课"]),
        ("-课 “诗”", ["课", "诗"]),
        ("，。！ -", []),
        ("五•四学制", ["五·四学制"]),
        (" ".join(f"n{n}" for n in range(20)), [f"n{n}" for n in range(10)]),
    ],
)
def test_a_query_is_parted_into_terms(query: str, needles: list[str]) -> None:
    assert [term.needle for term in chinese.terms(query)] == needles
