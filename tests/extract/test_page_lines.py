"""Where the words of a page stand on its image: in lines, upright pages and turned ones, across and downwards."""

from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from service.extract import Line
from service.extract.page_images import PageImage
from service.extract.page_lines import CHARACTERS, LINES
from tests.extract import documents
from tests.needs import need

POINTS = 720 / 595.27
"""px of an image of an A4 page, in a point of the page."""


def lines(path: Path, n: int = 1) -> tuple[Line, ...]:
    return PageImage(path, n, 720).lines()


def drawn(path: Path, *words: tuple[float, float, str], size: int = 12) -> Path:
    """An A4 page with words at places, in points from its lower left corner."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path))
    canvas.setFont("STSong-Light", size)
    for x, y, said in words:
        canvas.drawString(x, y, said)
    canvas.save()
    return path


def test_a_line_has_its_words_and_their_box(tmp_path: Path) -> None:
    (line,) = lines(documents.pdf(tmp_path / "a.pdf", (documents.WORDS,)))
    assert (line.words, line.downwards) == (documents.WORDS, False)
    assert line.x == pytest.approx(72 * POINTS, abs=2)
    assert line.width == pytest.approx(len(documents.WORDS) * 14 * POINTS, rel=0.08)
    assert line.y < (841.89 - 700) * POINTS < line.y + line.height
    assert line.height < 2 * 14 * POINTS


def test_a_turned_page_tells_where_its_words_are_seen(tmp_path: Path) -> None:
    """Written upwards on a page that is shown turned by a quarter: upright to who looks at it."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.setPageRotation(90)
    canvas.rotate(90)
    canvas.setFont("STSong-Light", 14)
    canvas.drawString(72, -100, documents.WORDS)
    canvas.save()
    (line,) = lines(tmp_path / "a.pdf")
    assert (line.words, line.downwards) == (documents.WORDS, False)
    assert line.x == pytest.approx(72 * POINTS, abs=2)
    assert line.y < 100 * POINTS < line.y + line.height


def test_columns_are_lines_of_their_own_and_words_keep_their_blanks(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.pdf", (72, 700, "Unit 1 My day"), (300, 700, "第一单元"), (72, 680, "三年级"))
    assert [line.words for line in lines(path)] == ["Unit 1 My day", "第一单元", "三年级"]


def test_han_characters_that_are_set_wide_are_one_word(tmp_path: Path) -> None:
    words = [(72 + 15 * n, 700, one) for n, one in enumerate("关于作战")]
    assert [line.words for line in lines(drawn(tmp_path / "a.pdf", *words))] == ["关于作战"]


def test_words_may_be_written_downwards() -> None:
    found = lines(need("data") / "docs" / "pdfjs-cjk" / "vertical.pdf")
    assert {(line.words, line.downwards) for line in found} == {("日本語", True), ("あいうえお", True)}
    assert all(line.height > 2 * line.width for line in found)


def test_a_page_of_far_too_many_words_tells_of_some(tmp_path: Path) -> None:
    words = [(10 + 50 * (n % 11), 830 - 2 * (n // 11), "春天来了") for n in range(4000)]
    found = lines(drawn(tmp_path / "a.pdf", *words, size=1))
    assert 0 < len(found) <= LINES
    assert sum(len(line.words) for line in found) <= CHARACTERS


def test_a_page_without_words_has_none(tmp_path: Path) -> None:
    assert lines(drawn(tmp_path / "a.pdf")) == ()
