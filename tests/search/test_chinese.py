"""The analyser: folding keeps the way back, terms are well-formed, what is literal is marked where it stands."""

from hypothesis import given
from hypothesis import strategies as st

from service.search import MAX_TERMS, chinese

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=8)


@given(st.text(max_size=60))
def test_folding_keeps_the_way_back(text: str) -> None:
    folded = chinese.fold(text)
    if folded.offsets is not None:
        assert len(folded.offsets) == len(folded.text)
        assert folded.offsets == sorted(folded.offsets)
    else:
        assert len(folded.text) == len(text)


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
