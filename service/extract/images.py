"""Pictures: their size, and whether they tell where they were taken."""

from pathlib import Path

from PIL import Image

from service.extract import Extracted, Limits
from service.extract.pictures import BROKEN, GPS, opened
from service.extract.problems import BROKEN_PICTURE, HUGE_PICTURE

_ORIENTATION = 0x0112


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """width and height in px as seen (EXIF orientation applied); gps is 1 where EXIF has a place."""
    try:
        with opened(path) as picture:
            return Extracted("ready", details=_details(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Extracted("failed", HUGE_PICTURE)
    except BROKEN:
        return Extracted("failed", BROKEN_PICTURE)


def _details(picture: Image.Image) -> dict[str, str | int | float]:
    width, height = picture.size
    details: dict[str, str | int | float] = {}
    try:
        exif = picture.getexif()
        turned = exif.get(_ORIENTATION) in (5, 6, 7, 8)
        placed = bool(exif.get_ifd(GPS)) or GPS in exif
    except BROKEN:
        turned, placed = False, False  # Broken EXIF tells nothing; the picture may still be whole.
    details["width"], details["height"] = (height, width) if turned else (width, height)
    if placed:
        details["gps"] = 1
    return details
