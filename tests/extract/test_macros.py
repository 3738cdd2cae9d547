"""A document that brings programs of its own is told from one that does not."""

import zipfile
from pathlib import Path

from service.extract import Limits, readers
from service.extract.macros import has_macros
from service.extract.sniff import DOC, WORD
from tests.extract import documents

ODT = "application/vnd.oasis.opendocument.text"


def test_a_word_document_with_vba_is_told(tmp_path: Path) -> None:
    plain = documents.word(tmp_path / "a.docx")
    assert not has_macros(plain, WORD)
    assert "macros" not in readers.read(plain, WORD, "a.docx", Limits()).details
    with zipfile.ZipFile(plain, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"x")
    assert readers.read(plain, WORD, "a.docm", Limits()).details["macros"] == 1


def test_an_opendocument_with_basic_is_told(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {"mimetype": ODT, "Basic/Standard/Module1.xml": "<x/>"}
    assert has_macros(documents.packed(tmp_path / "a.odt", members), ODT)


def test_what_is_damaged_is_not_said_to_have_any(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken")
    assert not has_macros(path, DOC)
    assert not has_macros(path, WORD)
