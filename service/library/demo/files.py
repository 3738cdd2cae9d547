"""The files of the demo, made when it is loaded: real documents, a few pictures, three short films."""

from collections.abc import Callable
from dataclasses import dataclass

from service.library.demo import documents, drawings, films, outline
from service.library.demo.people import MARK

_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class Made:
    """A file: its name, its media type, its bytes. None of them shows a child."""

    name: str
    media_type: str
    data: bytes


def make(order: str, title: str, markdown: str) -> Made:
    """Make what a resource orders: `docx`, `pptx`, `pdf`, `xlsx`, `md`, `txt` from its text; `png:NAME`, `mp4:NAME`,
    `srt:NAME` of the drawings and films. Raises KeyError for anything else."""
    kind, _, drawing = order.partition(":")
    if drawing:
        return _DRAWN[kind](drawing)
    media_type, maker = _WRITTEN[kind]
    return Made(f"{title}{MARK}.{kind}", media_type, maker(title, markdown))


def _text(title: str, markdown: str) -> bytes:
    return f"# {title}\n\n{markdown}\n---\n\n{documents.NOTE}\n".encode()


def _plain(title: str, markdown: str) -> bytes:
    lines = [title, ""]
    for section in outline.sections(markdown):
        lines += [
            section.title,
            *("\t".join(row) for block in section.blocks for row in block.rows or [[block.text]]),
        ]
        lines.append("")
    return "\r\n".join([*lines, documents.NOTE, ""]).encode("utf-8-sig")


_WRITTEN: dict[str, tuple[str, Callable[[str, str], bytes]]] = {
    "docx": (f"{_OFFICE}.wordprocessingml.document", documents.docx),
    "pptx": (f"{_OFFICE}.presentationml.presentation", documents.pptx),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", documents.xlsx),
    "pdf": ("application/pdf", documents.pdf),
    "md": ("text/markdown", _text),
    "txt": ("text/plain", _plain),
}

_TITLES = {
    "fractions": "分数图",
    "water": "水的旅行",
    "orbit": "地球绕太阳",
    "kite": "沙燕风筝",
    "binary": "点卡",
    "shaft": "阶梯轴",
    "weld": "平敷焊解说",
}


def _name(drawing: str) -> str:
    return _TITLES[drawing] + MARK


_DRAWN: dict[str, Callable[[str], Made]] = {
    "png": lambda name: Made(f"{_name(name)}.png", "image/png", drawings.picture(name, _name(name))),
    "mp4": lambda name: Made(f"{_name(name)}.mp4", "video/mp4", films.film(name, _name(name))),
    "srt": lambda name: Made(f"{_name(name)}.srt", "application/x-subrip", films.subtitles(name)),
}
