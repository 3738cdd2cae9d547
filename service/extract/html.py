"""HTML: what a reader would see, without scripts and styles."""

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree, html

from service.extract import Extracted, Limits, encodings
from service.extract.pieces import unpaged
from service.extract.problems import Unreadable

_HIDDEN = frozenset(
    {"script", "style", "noscript", "template", "object", "embed", "iframe", "select", "datalist"}
)
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body br caption dd details div dl dt fieldset figcaption figure footer form h1 "
        "h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead title tr ul sync",
    )
)
_CELLS = frozenset({"td", "th"})
_WHITE = re.compile(r"\s+")
_SPACES = re.compile("[ \u00a0]+")
_INDENT = re.compile(r"(?<!\s)\s*\n\s*")  # from where a run begins, or it costs its length squared
MOST = 32 * 1024 * 1024
"""Bytes of a page that are read."""


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """The page's title and text, in pieces. Raises Unreadable where there is no document in it."""
    with path.open("rb") as source:
        data = source.read(MOST)
    texts, truncated = unpaged([page_text(data)], limits)
    return Extracted("ready", texts=texts, truncated=truncated)


def page_text(data: bytes) -> str:
    """The text of an HTML or XHTML document, a line per block. Raises Unreadable."""
    encoding = encodings.declared(data) or encodings.guess(data)
    text = data.decode(encoding, "replace").replace("\0", "").lstrip("\ufeff")
    if not text.strip():
        return ""
    # utf-8 bytes with the parser told so: lxml refuses str that declares an encoding.
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as problem:
        raise Unreadable(str(problem)) from problem
    return _INDENT.sub("\n", _SPACES.sub(" ", "".join(_seen(root))))


def _seen(root: etree._Element) -> Iterator[str]:
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else "script"
        if tag in _HIDDEN:
            hidden += 1 if event == "start" else -1
        elif not hidden:
            yield _around(tag)
            if event == "start":
                yield _WHITE.sub(" ", element.text or "")
                yield element.get("alt", "") if tag == "img" else ""
        if event == "end" and not hidden:
            yield _WHITE.sub(" ", element.tail or "")


def _around(tag: str) -> str:
    if tag in _BLOCKS:
        return "\n"
    return "\t" if tag in _CELLS else ""
