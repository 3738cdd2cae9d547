"""Markdown of a resource → blocks that the makers of documents lay out."""

from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark").enable("table")
_TEXT = ("text", "code_inline")


@dataclass(slots=True)
class Block:
    """A heading, a paragraph, a list item (with its mark), or a table of plain text."""

    kind: str
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: list[Block]


def sections(markdown: str) -> list[Section]:
    """The sections of a text, one per second-level heading; what stands before the first one has no title."""
    found = [Section("", [])]
    for block in blocks(markdown):
        if block.kind == "heading":
            found.append(Section(block.text, []))
        else:
            found[-1].blocks.append(block)
    return [section for section in found if section.title or section.blocks]


def blocks(markdown: str) -> list[Block]:
    """The blocks of a text, in order."""
    found: list[Block] = []
    marks: list[str] = []
    kind = "paragraph"
    for token in _PARSER.parse(markdown):
        match token.type:
            case "heading_open":
                kind = "heading"
            case "table_open":
                found.append(Block("table"))
                kind = "cell"
            case "tr_open":
                found[-1].rows.append([])
            case "list_item_open":
                marks.append(f"{token.info}. " if token.info else "• ")
            case "inline" if kind == "cell":
                found[-1].rows[-1].append(_plain(token))
            case "inline":
                mark = marks.pop() if marks else ""
                found.append(Block("item" if mark else kind, mark + _plain(token)))
            case "heading_close" | "table_close":
                kind = "paragraph"
            case "list_item_close":
                marks.clear()
    return found


def _plain(token: Token) -> str:
    """The text of an inline token without its marks."""
    return "".join(
        child.content if child.type in _TEXT else "\n" if child.type == "softbreak" else ""
        for child in token.children or []
    )
