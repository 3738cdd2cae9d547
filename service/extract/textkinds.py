"""Kinds of text. What a browser would run (HTML, SVG, XML) is found by content, whatever the name says."""

import re

from service.extract import encodings

_BY_NAME = {
    ".md": "text/markdown", ".markdown": "text/markdown", ".csv": "text/csv", ".tsv": "text/tab-separated-values",
    ".srt": "application/x-subrip", ".vtt": "text/vtt", ".json": "application/json",
    ".ipynb": "application/x-ipynb+json", ".smi": "application/x-sami", ".sami": "application/x-sami",
    ".js": "text/javascript", ".css": "text/css",
}  # fmt: skip
_MARKUP_BY_NAME = {
    ".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml",
    ".svg": "image/svg+xml", ".xml": "application/xml",
}  # fmt: skip
_PAGE = re.compile(r"<(!doctype\s+html|html|head|body|script|iframe|title|style|meta)\b", re.I)
_FRAGMENT = re.compile(
    r"<(h1|div|font|table|a|b|br|p|img|span|ul|ol|form|input|object|embed|link|base|video)\b|<!--", re.I
)
_PROLOGUE = re.compile(r"(\s+|<\?[^>]*\?>|<!--.*?-->|<!DOCTYPE\s[^>\[]*(\[.*?\]\s*)?>)", re.I | re.S)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)[\s/>]")
_ROOTS = {"svg": "image/svg+xml", "html": "text/html", "tt": "application/ttml+xml", "sami": "application/x-sami",
          "math": "application/mathml+xml"}  # fmt: skip
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_NOT_CONTROLS = bytes(set(range(256)) - (set(range(32)) - {8, 9, 10, 12, 13, 27}))


def kind(head: bytes, ending: str) -> str | None:
    """The media type of a text that begins with these bytes; None where they are no text."""
    if not head:
        return _BY_NAME.get(ending, "text/plain") if ending in (*_BY_NAME, ".txt") else None
    text = _decoded(head)
    if text is None:
        return None
    if markup := _markup(text, ending):
        return markup
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("WEBVTT"):
        return "text/vtt"
    if ending in _BY_NAME:
        return _BY_NAME[ending]
    return "application/json" if _is_json(start) else "text/plain"


def _decoded(head: bytes) -> str | None:
    encoding = encodings.guess(head)
    # Controls that no text has: for wide encodings counted after decoding, else before, where they are cheap to see.
    if not encoding.startswith(("utf-16", "utf-32")) and head.translate(None, _NOT_CONTROLS):
        return None
    text = head.decode(encoding, "ignore")
    if len(_CONTROLS.findall(text)) > len(text) // 500:
        return None
    return text


def _markup(text: str, ending: str) -> str | None:
    start = text.lstrip("\ufeff \t\r\n\f")
    if not start.startswith("<"):
        return None
    if _PAGE.match(start):
        return "text/html"
    declared = start[:5].lower() == "<?xml"
    if ending in (".md", ".markdown") and not declared:
        return None  # Markdown may begin with a picture or a centred title in HTML; it is shown cleaned.
    root = _root(start)
    if root in _ROOTS:
        return _ROOTS[root]
    if _FRAGMENT.match(start) and not declared:
        return _MARKUP_BY_NAME.get(ending, "text/html")
    if root or declared or re.match(r"<[!?]", start):
        return _MARKUP_BY_NAME.get(ending, "application/xml")
    return None


def _root(text: str) -> str:
    at = 0
    while match := _PROLOGUE.match(text, at):
        at = match.end()
    found = _ROOT.match(text, at)
    return found[1].lower() if found else ""


def _is_json(start: str) -> bool:
    return bool(re.match(r"""\{\s*("|\})|\[\s*(["{\[\]]|-?\d+\s*[,\]])""", start))
