"""Markdown of a resource's content: as clean HTML for the page, as plain text for the index."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").enable("strikethrough")
_TAGS = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "s", "del", "blockquote",
    "code", "pre", "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


@lru_cache(maxsize=32)
def html(source: str) -> str:
    """HTML of allow-listed tags; links carry `rel="nofollow noopener"`; raw HTML in the source is shown as text.

    What is read often is made once: the longest content of nothing but marks takes 13 s of a processor.

    Headings go one level down: the page's own title is its only h1.
    """
    tokens = _PARSER.parse(source)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    return nh3.clean(
        _PARSER.renderer.render(tokens, _PARSER.options, {}),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )


def plain(source: str) -> str:
    """The words without the marks, a line per block."""
    lines = []
    for token in _PARSER.parse(source):
        if token.type == "inline":
            lines.append("".join(_words(token)))
        elif token.type in ("fence", "code_block"):
            lines.append(token.content)
    return "\n".join(lines)


def _words(token: Token) -> list[str]:
    return [
        " " if child.type in ("softbreak", "hardbreak") else child.content for child in token.children or []
    ]
