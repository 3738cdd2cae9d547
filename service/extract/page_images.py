"""A page of a PDF as a picture, and where its words stand on it."""

from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from service.extract import Line, page_lines
from service.extract.pdf import opened, with_notes
from service.extract.pictures import webp
from service.extract.problems import Unreadable

TALLEST = 4
"""Times the width; a longer page is drawn smaller."""


class PageImage:
    """Page n (from 1) of a PDF, drawn `width` px wide. Raises Unreadable, Locked."""

    def __init__(self, path: Path, n: int, width: int) -> None:
        self.document = opened(path)
        if not 1 <= n <= len(self.document):
            raise Unreadable(f"no page {n}")
        self.index = n - 1
        picture = draw(self.document, self.index, width, width * TALLEST)
        self.size = picture.size
        self.image = webp(picture)

    def lines(self) -> tuple[Line, ...]:
        """What stands where on the picture, notes and filled-in fields with it. Raises Unreadable."""
        try:
            page = with_notes(self.document, self.index)
            return page_lines.lines(page, *self.size)
        except pdfium.PdfiumError as problem:
            raise Unreadable(str(problem)) from problem


def draw(document: pdfium.PdfDocument, index: int, width: int, height: int) -> Image.Image:
    """The page at this index (from 0), as large as fits into width x height px. Raises Unreadable."""
    try:
        if document.get_formtype() == raw.FORMTYPE_ACRO_FORM:
            document.init_forms()  # Else what was filled in is not drawn.
        page = document[index]
        across, down = page.get_size()
        scale = min(width / max(across, 1), height / max(down, 1))
        picture = page.render(scale=scale, rev_byteorder=True).to_pil()
    except pdfium.PdfiumError as problem:
        raise Unreadable(str(problem)) from problem
    return picture if isinstance(picture, Image.Image) else Image.new("RGB", (1, 1))
