"""Names of files, as whatever sends them may write them."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.library.filenames import clean


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("教案.docx", "教案.docx"),
        (r"C:\Users\teacher\教案.docx", "教案.docx"),
        ("../../etc/passwd", "passwd"),
        ("folder/", "folder"),
        ("..", "未命名"),
        ("", "未命名"),
        (" \t\r\n ", "未命名"),
        ("a\x00b\x1f.txt", "ab.txt"),
        ("课件\u202egpj.exe", "课件gpj.exe"),
        ("e\u0301tude.pdf", "\u00e9tude.pdf"),
        ("\ufeff秋天.txt. . ", "秋天.txt"),
        ("👩\u200d🏫.png", "👩\u200d🏫.png"),
    ],
)
def test_a_name_is_the_last_segment_without_what_cannot_be_seen(sent: str, kept: str) -> None:
    assert clean(sent) == kept


def test_a_long_name_keeps_its_extension_and_whole_characters() -> None:
    kept = clean("长" * 300 + ".pptx")

    assert kept == "长" * 83 + ".pptx"
    assert len(kept.encode()) <= 255


def test_a_name_whose_end_is_no_extension_is_cut_at_its_end() -> None:
    assert clean("第1.2课" + "长" * 300) == "第1.2课" + "长" * 82


@given(st.text())
@example("." * 300 + "x" * 30)
@example("/".join(["a"] * 300))
@example("\U0001f600" * 100 + ".a.b")
def test_whatever_is_sent_the_name_is_fit_to_keep_and_cleaning_it_again_changes_nothing(sent: str) -> None:
    kept = clean(sent)

    assert 0 < len(kept.encode()) <= 255
    assert kept not in (".", "..")
    assert "/" not in kept
    assert "\\" not in kept
    assert kept.isprintable() or not any(unicodedata.category(c) in ("Cc", "Cs") for c in kept)
    assert unicodedata.is_normalized("NFC", kept)
    assert clean(kept) == kept
