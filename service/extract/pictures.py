"""Pillow, tamed: few formats, a bound on pixels, WebP out."""

import io
import warnings
from pathlib import Path

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
SIDE = 480
"""Of a thumbnail, in px, at most."""
PIXELS = 120_000_000
"""Of a picture; one with more gets no thumbnail."""

GPS = 0x8825
"""EXIF's directory of the place (EXIF 3.0, 4.6.6)."""

Image.MAX_IMAGE_PIXELS = PIXELS
BROKEN = (
    OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, OverflowError, ZeroDivisionError,
    ArithmeticError, AttributeError, RuntimeError, NotImplementedError, EOFError, MemoryError,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""What Pillow raises on damaged, unknown and oversized pictures; its plugins do not agree on one class."""


def opened(path: Path) -> Image.Image:
    """The picture, not yet decoded. Raises one of BROKEN."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(path, formats=FORMATS)


def thumbnail(path: Path) -> bytes:
    """WebP of at most SIDE x SIDE px, turned as the camera was held. Raises one of BROKEN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = opened(path)
        picture.draft("RGB", (SIDE * 2, SIDE * 2))
        picture.thumbnail((SIDE, SIDE))
        return webp(ImageOps.exif_transpose(picture))


def unplaced(path: Path) -> bytes:
    """The picture in its own format, without the place that its camera wrote into it; its tables of quantisation stay
    (JPEG), so that nothing is lost that can be seen. Empty for a format that has no such place or cannot be kept.

    Raises one of BROKEN.
    """
    with opened(path) as picture:
        exif = picture.getexif()
        exif.pop(GPS, None)
        kept = {"exif": exif.tobytes(), "icc_profile": picture.info.get("icc_profile")}
        target = io.BytesIO()
        if picture.format == "JPEG":
            picture.save(target, "JPEG", quality="keep", subsampling="keep", **kept)
        elif picture.format == "PNG":
            picture.save(target, "PNG", **kept)
        elif picture.format == "WEBP":
            picture.save(target, "WEBP", quality=92, method=4, **kept)
        return target.getvalue()


def webp(picture: Image.Image) -> bytes:
    """The picture as WebP, without its metadata."""
    if picture.mode not in ("RGB", "RGBA"):
        seen_through = picture.mode in ("LA", "PA", "La", "RGBa") or "transparency" in picture.info
        picture = picture.convert("RGBA" if seen_through else "RGB")
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=78, method=2, exif=b"", icc_profile=b"")
    return target.getvalue()
