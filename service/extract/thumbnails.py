"""The small picture beside a file: of a PDF its first page, of a picture itself."""

from pathlib import Path

from service.extract import page_images, pdf, pictures
from service.extract.problems import Unreadable

PICTURES = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/avif"}
)


def thumbnail(path: Path, media_type: str) -> bytes:
    """WebP of at most 480 x 480 px; empty where there is none to be had."""
    try:
        if media_type == "application/pdf":
            page = page_images.draw(pdf.opened(path), 0, pictures.SIDE, pictures.SIDE)
            page.thumbnail((pictures.SIDE, pictures.SIDE))
            return pictures.webp(page)
        if media_type in PICTURES:
            return pictures.thumbnail(path)
    except (Unreadable, *pictures.BROKEN):
        return b""  # The text matters; without a picture the file shows its kind's sign.
    return b""
