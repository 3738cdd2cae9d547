"""Pictures and frames of the demo's films, drawn with Pillow. No writing in them, so that no font is needed."""

import math
from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

SIZE = (640, 360)
"""Of every picture and film, in px."""

PAPER, INK, GREY = "#fdfaf3", "#37474f", "#cfd8dc"
BLUE, SKY, SUN, LEAF, CLAY = "#3f7fbf", "#d8ecf8", "#f4b942", "#7aa95c", "#c96f4a"

Pen = ImageDraw.ImageDraw


def picture(name: str, note: str) -> bytes:
    """A PNG of PICTURES; `note` goes into its Description (PNG iTXt)."""
    info = PngInfo()
    info.add_itxt("Description", note, lang="zh-CN")
    target = BytesIO()
    frame(PICTURES[name], 0.35).save(target, "PNG", pnginfo=info, optimize=False)
    return target.getvalue()


def frame(draw: Callable[[Pen, float], None], t: float) -> Image.Image:
    """One picture of `draw` at moment t ∈ [0, 1)."""
    image = Image.new("RGB", SIZE, PAPER)
    draw(ImageDraw.Draw(image), t)
    return image


def _pie(pen: Pen, x: int, y: int, radius: int, parts: int, taken: int, turn: float = 0.0) -> None:
    """A circle in equal parts, the first ones filled."""
    box = (x - radius, y - radius, x + radius, y + radius)
    for part in range(parts):
        start = turn + part * 360 / parts - 90
        fill = SUN if part < taken else "white"
        pen.pieslice(box, start, start + 360 / parts, fill=fill, outline=INK, width=3)


def fraction_circles(pen: Pen, t: float) -> None:
    """One half, one quarter, one eighth, and three thirds."""
    for column, (parts, taken) in enumerate(((2, 1), (4, 1), (8, 1), (3, 3))):
        _pie(pen, 90 + column * 153, 150, 64, parts, taken)
        pen.line((30 + column * 153, 280, 150 + column * 153, 280), fill=INK, width=3)
        for step in range(parts + 1):
            at = 30 + column * 153 + step * 120 // parts
            pen.line((at, 270, at, 290), fill=INK, width=3)
        pen.line((30 + column * 153, 280, 30 + column * 153 + 120 * taken // parts, 280), fill=CLAY, width=9)


def turning_pie(pen: Pen, t: float) -> None:
    """A cake that turns while it is cut into 2, 4 and 8."""
    parts = (2, 4, 8)[min(2, int(t * 3))]
    _pie(pen, 320, 170, 130, parts, 1, turn=t * 360)
    pen.line((120, 335, 520, 335), fill=GREY, width=6)
    pen.line((120, 335, 120 + 400 // parts, 335), fill=CLAY, width=10)


def _cloud(pen: Pen, x: int, y: int) -> None:
    for dx, dy, radius in ((-38, 6, 26), (0, -8, 36), (38, 6, 28)):
        pen.ellipse(
            (x + dx - radius, y + dy - radius, x + dx + radius, y + dy + radius), fill="white", outline=GREY
        )
    pen.rectangle((x - 40, y + 10, x + 40, y + 32), fill="white")


def _arrow(pen: Pen, x0: float, y0: float, x1: float, y1: float, fill: str) -> None:
    pen.line((x0, y0, x1, y1), fill=fill, width=5)
    angle = math.atan2(y1 - y0, x1 - x0)
    points = [(x1 + 12 * math.cos(angle + turn), y1 + 12 * math.sin(angle + turn)) for turn in (0, 2.4, -2.4)]
    pen.polygon(points, fill=fill)


def water_cycle(pen: Pen, t: float) -> None:
    """Sea, mountain, cloud, and the arrows between them."""
    pen.rectangle((0, 0, 640, 260), fill=SKY)
    pen.ellipse((40, 20, 110, 90), fill=SUN)
    pen.polygon(((380, 260), (520, 90), (640, 220), (640, 360), (380, 360)), fill=LEAF)
    pen.rectangle((0, 260, 400, 360), fill=BLUE)
    pen.line((500, 130, 450, 200, 400, 265), fill=BLUE, width=8)
    _cloud(pen, 280, 90)
    _cloud(pen, 470, 70)
    for x in (110, 170, 230):
        _arrow(pen, x, 245, x + 14, 150, CLAY)
    for x in (450, 475, 500):
        _arrow(pen, x, 112, x - 8, 150, BLUE)
    _arrow(pen, 340, 85, 400, 78, INK)


def evaporation(pen: Pen, t: float) -> None:
    """A glass whose water sinks while drops rise from it; beside it a covered one that stays full."""
    for x, sunk in ((170, t * 70), (400, 0.0)):
        pen.rectangle((x, 150 + sunk, x + 120, 310), fill=BLUE)
        pen.line((x, 110, x, 312, x + 120, 312, x + 120, 110), fill=INK, width=5)
    pen.line((392, 108, 528, 108), fill=CLAY, width=7)
    for drop in range(9):
        rise = (t * 2 + drop * 4 % 9 / 9) % 1
        x, y = 185 + drop * 11, 150 + t * 70 - rise * 130
        radius = 5 * (1 - rise) + 1
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=BLUE)


def orbit(pen: Pen, t: float) -> None:
    """The earth around the sun."""
    pen.ellipse((100, 60, 540, 300), outline=GREY, width=3)
    pen.ellipse((285, 145, 355, 215), fill=SUN)
    x, y = 320 + 220 * math.cos(2 * math.pi * t), 180 + 120 * math.sin(2 * math.pi * t)
    pen.ellipse((x - 20, y - 20, x + 20, y + 20), fill=BLUE)
    spin = 12 * math.pi * t
    x, y = x + 11 * math.cos(spin), y + 11 * math.sin(spin)
    pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=LEAF)


def kite(pen: Pen, t: float) -> None:
    """A swallow kite on its line."""
    pen.rectangle((0, 0, 640, 360), fill=SKY)
    for side in (-1, 1):
        wing = ((320, 110), (320 + side * 170, 70), (320 + side * 190, 120), (320, 170))
        pen.polygon(wing, fill=CLAY, outline=INK)
        pen.ellipse((320 + side * 110 - 16, 96, 320 + side * 110 + 16, 128), fill=SUN)
        pen.polygon(
            ((320, 210), (320 + side * 16, 205), (320 + side * 62, 300), (320 + side * 30, 292)), fill=BLUE
        )
    pen.ellipse((288, 80, 352, 220), fill=PAPER, outline=INK, width=3)
    pen.line((320, 150, 410, 360), fill=INK, width=2)


def dot_cards(pen: Pen, t: float) -> None:
    """Five cards of 16, 8, 4, 2 and 1 dots; the second and the last two are turned over (16 + 4 = 20)."""
    for column, dots in enumerate((16, 8, 4, 2, 1)):
        x = 20 + column * 122
        turned = column in (1, 3, 4)
        pen.rounded_rectangle(
            (x, 90, x + 108, 250), 10, fill=GREY if turned else "white", outline=INK, width=3
        )
        pen.ellipse((x + 40, 275, x + 68, 303), fill=PAPER if turned else SUN, outline=INK, width=3)
        for dot in range(0 if turned else dots):
            left, top = x + 12 + dot % 4 * 23, 110 + dot // 4 * 32
            pen.ellipse((left, top, left + 14, top + 14), fill=BLUE)


def shaft(pen: Pen, t: float) -> None:
    """A stepped shaft with its centre line and dimension lines."""
    x = 90
    for length, half in ((150, 80), (130, 60), (110, 42)):
        pen.rectangle((x, 170 - half, x + length, 170 + half), fill="#e8eef2", outline=INK, width=3)
        pen.line((x, 290, x + length, 290), fill=CLAY, width=2)
        for end in (x, x + length):
            pen.line((end, 280, end, 300), fill=CLAY, width=2)
        x += length
    for dash in range(60, 520, 34):
        pen.line((dash, 170, dash + 22, 170), fill=BLUE, width=2)


PICTURES: dict[str, Callable[[Pen, float], None]] = {
    "fractions": fraction_circles,
    "water": water_cycle,
    "kite": kite,
    "binary": dot_cards,
    "shaft": shaft,
}
FILMS: dict[str, Callable[[Pen, float], None]] = {
    "fractions": turning_pie,
    "water": evaporation,
    "orbit": orbit,
}
