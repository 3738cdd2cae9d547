"""Where the words of a PDF's page stand on its image, line by line, so that they can be selected there."""

import ctypes
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from service.extract import Line
from service.extract.pieces import clean

LINES, CHARACTERS = 400, 8_000
"""Of a page, at most; what is beyond is read in the text alone."""
GAP = 1.5
"""Of a character's height: what stands further off is another column's."""
WIDE = 0.35
"""Of a character's height: what a reader sees as a blank."""
HAN = "\u2e80"
"""From here on characters are written without blanks between words (Unicode, CJK Radicals)."""
FAR = 100_000
"""Device units that a page is measured in, so that whole numbers are exact enough."""


@dataclass(slots=True)
class _Box:
    """In px of the image, growing to the right and down."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def join(self, other: "_Box") -> None:
        self.left, self.top = min(self.left, other.left), min(self.top, other.top)
        self.right, self.bottom = max(self.right, other.right), max(self.bottom, other.bottom)


@dataclass(slots=True)
class _Run:
    """A line that grows."""

    box: _Box
    last: _Box
    words: str
    downwards: bool | None = None
    """Unknown while it has one character."""
    blank: bool = False
    """A blank follows, of the PDF or of its reader."""

    def take(self, box: _Box, said: str) -> bool:
        """Append the character where it goes on with this line; whether it did."""
        along = _beside(self.last, box)
        if not along and not _below(self.last, box):
            return False
        if self.downwards is not None and self.downwards == along:
            return False
        self.downwards = not along
        if self.blank and self._apart(box, said):
            self.words += " "
        self.blank = False
        self.box.join(box)
        self.last = box
        self.words += said
        return True

    def _apart(self, box: _Box, said: str) -> bool:
        """Whether the blank before this character is one: between Han characters that are set wide it is none."""
        seen = box.left - self.last.right > WIDE * box.height
        return seen or max(self.words[-1], said) < HAN


def _beside(last: _Box, box: _Box) -> bool:
    size = max(last.height, box.height)
    level = min(last.bottom, box.bottom) - max(last.top, box.top)
    return level > min(last.height, box.height) / 2 and -size < box.left - last.right < GAP * size


def _below(last: _Box, box: _Box) -> bool:
    size = max(last.right - last.left, box.right - box.left)
    level = min(last.right, box.right) - max(last.left, box.left)
    return level > size / 2 and -size / 2 < box.top - last.bottom < size / 2


def lines(page: pdfium.PdfPage, width: int, height: int) -> tuple[Line, ...]:
    """The lines of the page in the order of its text, for an image of width x height px. Empty for a page of pictures.

    Raises pdfium.PdfiumError.
    """
    runs: list[_Run] = []
    fresh = True
    for said, box in _characters(page, width, height):
        if said == "\n" or len(runs) > LINES:
            fresh = True
        elif box is None:
            if runs and not fresh:
                runs[-1].blank = True
        elif fresh or not runs[-1].take(box, said):
            runs.append(_Run(_Box(box.left, box.top, box.right, box.bottom), box, said))
            fresh = False
    made = (_line(run) for run in runs[:LINES])
    return tuple(line for line in made if line.words and line.width > 0 and line.height > 0)


def _line(run: _Run) -> Line:
    box = run.box
    left, top = round(box.left), round(box.top)
    return Line(
        left, top, round(box.right) - left, round(box.bottom) - top, bool(run.downwards), clean(run.words)
    )


def _characters(page: pdfium.PdfPage, width: int, height: int) -> Iterator[tuple[str, _Box | None]]:
    """Each character with its box; a blank without one, as it is there for the reader alone; a line feed at the end of
    a line."""
    text = page.get_textpage()
    place = _placing(page, width, height)
    found = raw.FS_RECTF()
    for n in range(min(text.count_chars(), CHARACTERS)):
        code = raw.FPDFText_GetUnicode(text, n)
        said = chr(code) if 0x20 <= code < 0x110000 and code not in (0x7F, 0xFFFE) else "\n"
        if said in "\n " or not raw.FPDFText_GetLooseCharBox(text, n, found):
            yield said, None
        else:
            box = place(found)
            yield said, box if _within(box, width, height) else None


def _within(box: _Box, width: int, height: int) -> bool:
    sides = (box.left, box.top, box.right, box.bottom)
    return all(map(math.isfinite, sides)) and (
        box.right > 0 and box.bottom > 0 and box.left < width and box.top < height
    )


def _placing(page: pdfium.PdfPage, width: int, height: int) -> Callable[[raw.FS_RECTF], _Box]:
    """What turns a rectangle of the page into a box on its image: the page may be turned and cut."""

    def device(x: float, y: float) -> tuple[int, int]:
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, FAR, FAR, 0, x, y, across, down)
        return across.value, down.value

    (x0, y0), (xx, yx), (xy, yy) = device(0, 0), device(1000, 0), device(0, 1000)
    xx, yx, xy, yy = xx - x0, yx - y0, xy - x0, yy - y0

    def place(rect: raw.FS_RECTF) -> _Box:
        corners = [
            ((x0 + (xx * x + xy * y) / 1000) * width / FAR, (y0 + (yx * x + yy * y) / 1000) * height / FAR)
            for x, y in ((rect.left, rect.top), (rect.right, rect.bottom))
        ]
        (left, right), (top, bottom) = (sorted(side) for side in zip(*corners, strict=True))
        return _Box(left, top, right, bottom)

    return place
