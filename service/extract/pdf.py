"""PDF: text by page."""

from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from service.extract import Extracted, Limits
from service.extract.pieces import paged
from service.extract.problems import Locked, Unreadable

NOTES = 500
"""Annotations of a page that are looked at."""


def opened(path: Path) -> pdfium.PdfDocument:
    """The document. Raises Locked where it asks for a password, Unreadable where it is damaged."""
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as problem:
        if "password" in str(problem).lower():
            raise Locked from problem
        raise Unreadable(str(problem)) from problem


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """A text per page; a page that cannot be read is empty. Raises Unreadable, Locked."""
    document = opened(path)
    if not len(document):
        raise Unreadable("no pages")
    texts, truncated = paged(_pages(document), limits)
    return Extracted("ready", texts=texts, pages=len(document), truncated=truncated)


def _pages(document: pdfium.PdfDocument) -> Iterator[str]:
    for n in range(len(document)):
        yield _text(document, n)


def _text(document: pdfium.PdfDocument, n: int) -> str:
    try:
        page = with_notes(document, n)
    except pdfium.PdfiumError:
        return ""  # One broken page does not take the others with it.
    try:
        return str(page.get_textpage().get_text_range())
    except pdfium.PdfiumError:
        return ""
    finally:
        page.close()


def with_notes(document: pdfium.PdfDocument, n: int) -> pdfium.PdfPage:
    """The page at this index (from 0), with what was typed onto it or into fields of it as text of its own.

    Raises pdfium.PdfiumError.
    """
    page = document[n]
    if _has_notes(page) and raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS:
        # What was flattened into the page shows once it is opened anew.
        page.close()
        page = document[n]
    return page


def _has_notes(page: pdfium.PdfPage) -> bool:
    """Whether text was typed onto the page or into fields of it: that is no part of the page's own content."""
    for at in range(min(raw.FPDFPage_GetAnnotCount(page), NOTES)):
        note = raw.FPDFPage_GetAnnot(page, at)
        kind = raw.FPDFAnnot_GetSubtype(note)
        raw.FPDFPage_CloseAnnot(note)
        if kind in (raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_WIDGET):
            return True
    return False
