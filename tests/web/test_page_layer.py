"""The words of a page lie over its image, in whatever way they are written, and nowhere where the image is not shown."""

import re
from pathlib import Path
from xml.etree import ElementTree

from service.extract import Line
from service.models import File
from tests.extract import documents
from tests.web.browsing import Site
from tests.web.test_resource_page import extract
from web.page_layer import svg

SIZE = (720, 1018)


def texts(*lines: Line) -> list[str]:
    """What each text element reads."""
    drawn = ElementTree.fromstring(str(svg(lines, SIZE)))
    return ["".join(text.itertext()) for text in drawn]


def test_a_full_line_goes_on_below_so_that_a_broken_word_is_found() -> None:
    first, second = (
        Line(80, 100, 500, 20, False, "春天来了，小草从地"),
        Line(80, 130, 120, 20, False, "里钻出来。"),
    )
    assert texts(first, second) == ["春天来了，小草从地里钻出来。"]
    assert texts(Line(80, 100, 60, 20, False, "春天"), second) == ["春天", "里钻出来。"]
    assert texts(first, second._replace(height=30)) == ["春天来了，小草从地", "里钻出来。"]
    assert texts(first, second._replace(y=300)) == ["春天来了，小草从地", "里钻出来。"]


def test_latin_words_keep_their_blank_across_the_end_of_a_line() -> None:
    assert texts(Line(80, 100, 500, 20, False, "my"), Line(80, 130, 500, 20, False, "day")) == ["my day"]


def test_words_downwards_have_a_place_each() -> None:
    drawn = str(svg([Line(600, 60, 26, 80, True, "日本語字")], SIZE))
    assert 'x="600 600 600 600" y="77 97 117 137" font-size="26"' in drawn


def test_what_a_file_says_is_text_and_nothing_else() -> None:
    drawn = str(svg([Line(1, 2, 3, 4, False, '</text><script>alert("1")</script>')], SIZE))
    assert "<script" not in drawn
    assert texts(Line(1, 2, 3, 4, False, "a < b & c")) == ["a < b & c"]


def test_the_layer_lies_over_each_page_image_and_goes_with_it(pages: Site, tmp_path: Path) -> None:
    ident = pages.library.draft("t_helper")
    content = documents.pdf(tmp_path / "a.pdf").read_bytes()
    file = pages.library.attach("t_helper", ident, "讲义.pdf", content, "application/pdf")
    extract(pages)
    visitor = pages.visitor()
    for address in (f"/resources/{ident}", f"/resources/{ident}/files/{file}/view"):
        page = visitor.get(address)
        assert page.count('<svg class="page-layer" viewBox="0 0 720 1019">') == 2
        assert re.search(rf"<tspan[^>]*>第一页 ?{documents.WORDS}</tspan>", page)
    with pages.library.backends.writing() as work:
        work.session.get_one(File, file).withheld = "damaged"
    assert "page-layer" not in visitor.get(f"/resources/{ident}")
    visitor.get(f"/resources/{ident}/files/{file}/view", 503)
