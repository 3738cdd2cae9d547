"""The words of a page over its image, unseen, where they stand in the picture: to select, to copy, to be found by the
browser. As SVG, which grows and shrinks with the image by itself."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from markupsafe import Markup

from service.extract import Line

HAN = "\u2e80"
"""From here on characters follow each other without a blank (Unicode, CJK Radicals)."""
FOOT = 0.15
"""Of a line's height that lies below its base line."""


def svg(lines: Sequence[Line], size: tuple[int, int]) -> Markup:
    """A text element a paragraph, so that a word is found across the end of a line; empty without lines. `size`: of
    the image, in px."""
    if not lines:
        return Markup()
    texts = "".join(f"<text>{''.join(_spans(paragraph))}</text>" for paragraph in _paragraphs(lines))
    return Markup(f'<svg class="page-layer" viewBox="0 0 {size[0]} {size[1]}">{texts}</svg>')  # noqa: S704  (escaped)


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    paragraph = [lines[0]]
    for above, line in pairwise(lines):
        if _goes_on(above, line):
            paragraph.append(line)
        else:
            yield paragraph
            paragraph = [line]
    yield paragraph


def _goes_on(above: Line, line: Line) -> bool:
    """Whether the line goes on with what stands above it: as large, right below, and the one above is full."""
    size = above.height
    return (
        not above.downwards
        and not line.downwards
        and abs(line.height - size) <= size / 4
        and size / 2 < line.y - above.y < 2.5 * size
        and abs(line.x - above.x) < 3 * size
        and above.x + above.width > line.x + line.width - 2 * size
    )


def _spans(paragraph: Sequence[Line]) -> Iterator[str]:
    for n, line in enumerate(paragraph):
        following = paragraph[n + 1].words[:1] if n + 1 < len(paragraph) else HAN
        blank = " " if max(line.words[-1], following) < HAN else ""
        yield _downwards(line) if line.downwards else _across(line, blank)


def _across(line: Line, blank: str) -> str:
    """Stretched to the width that it has in the picture, whatever the font here."""
    base = line.y + round(line.height * (1 - FOOT))
    return (
        f'<tspan x="{line.x}" y="{base}" font-size="{line.height}" textLength="{line.width}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(line.words, quote=False)}</tspan>{blank}'
    )


def _downwards(line: Line) -> str:
    """A place for each character, one below the other."""
    step = line.height / len(line.words)
    down = " ".join(str(round(line.y + step * (n + 1 - FOOT))) for n in range(len(line.words)))
    across = " ".join([str(line.x)] * len(line.words))
    return (
        f'<tspan x="{across}" y="{down}" font-size="{line.width}">{escape(line.words, quote=False)}</tspan>'
    )
