"""Documents become PDF by LibreOffice, in the limited process."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest

from service.extract import Limits
from service.extract.office import CONVERTIBLE
from service.extract.sandbox import Extractor
from service.extract.sniff import DOC, SHEET, SLIDES, WORD
from tests.extract import documents
from tests.extract.test_legacy import stand_in
from tests.needs import need


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    made = Extractor(soffice=str(need("soffice")))
    yield made
    made.close()


def text(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    words = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return words


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "media_type", "pages", "words"),
    [
        (documents.word, WORD, 1, documents.WORDS),
        (documents.slides, SLIDES, 2, "第二张"),
        (documents.sheets, SHEET, 2, "王小明"),
    ],
)
def test_a_document_becomes_a_pdf_with_its_words_and_a_picture(
    extractor: Extractor,
    tmp_path: Path,
    make: Callable[[Path], Path],
    media_type: str,
    pages: int,
    words: str,
) -> None:
    target = tmp_path / "made.pdf"
    found = extractor.pdf(make(tmp_path / "file"), media_type, target)
    assert (found.state, found.reason, found.pages) == ("ready", "", pages)
    assert words in text(target).replace("\r\n", "")
    assert found.thumbnail[8:12] == b"WEBP"
    assert extractor.page(target, pages).image[8:12] == b"WEBP"


@pytest.mark.slow
def test_what_a_document_names_is_not_loaded(extractor: Extractor, tmp_path: Path) -> None:
    """A section of a text that is linked to a file beside it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("不可外传")
    section = f'<text:section text:name="s"><text:section-source xlink:href="{secret.as_uri()}" text:filter-name="Text"/></text:section>'
    body = f"<office:text><text:p>正文在此</text:p>{section}</office:text>"
    path = documents.opendocument(tmp_path / "a.odt", "text", body)
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml").decode()
    spaced = content.replace(" xmlns:draw", ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:draw')
    documents.packed(path, {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": spaced})
    target = tmp_path / "out" / "made.pdf"
    target.parent.mkdir()
    found = extractor.pdf(path, "application/vnd.oasis.opendocument.text", target)
    if found.state == "ready":
        assert "不可外传" not in text(target)


def test_what_the_program_cannot_convert_fails_in_words(tmp_path: Path) -> None:
    for does in ("exit 1", 'mkdir "$out"; printf rubbish > "$out/file.pdf"'):
        helped = Extractor(soffice=stand_in(tmp_path, does))
        found = helped.pdf(documents.word(tmp_path / "a.docx"), WORD, tmp_path / "made.pdf")
        assert (found.state, "未能转换" in found.reason) == ("failed", True)
        helped.close()


def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    helped = Extractor(soffice=stand_in(tmp_path, "sleep 600"), office=Limits(seconds=1))
    found = helped.pdf(documents.word(tmp_path / "a.docx"), WORD, tmp_path / "made.pdf")
    assert (found.state, "在 1 秒内未能转换" in found.reason) == ("failed", True)
    helped.close()


def test_each_kind_has_an_ending_that_the_program_knows_it_by() -> None:
    assert CONVERTIBLE[DOC][0] == ".doc"
    assert all(
        ending.startswith(".") and target.startswith("pdf:") for ending, target in CONVERTIBLE.values()
    )
