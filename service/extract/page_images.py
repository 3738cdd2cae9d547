"""A page of a PDF as a picture."""

from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from service.extract.pdf import opened
from service.extract.pictures import webp
from service.extract.problems import Unreadable

TALLEST = 4
"""Times the width; a longer page is drawn smaller."""


def page_image(path: Path, n: int, width: int = 720) -> bytes:
    """Page n (from 1) as WebP, `width` px wide. Raises Unreadable, Locked."""
    document = opened(path)
    if not 1 <= n <= len(document):
        raise Unreadable(f"no page {n}")
    return webp(draw(document, n - 1, width, width * TALLEST))


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
