"""DOCX, PPTX and VSDX: text straight out of the XML parts (ECMA-376, ISO/IEC 29500)."""

import posixpath
import re
import zipfile
from pathlib import Path

from service.extract import Extracted, Limits, fields, xml, zips
from service.extract.pieces import paged, unpaged
from service.extract.problems import Locked, Unreadable

_OLE = b"\xd0\xcf\x11\xe0"
_TAGS = (
    "t",
    "p",
    "tc",
    "tr",
    "tab",
    "br",
    "cr",
    "Fallback",
    "txbxContent",
    "Text",
    "noBreakHyphen",
    "instrText",
    "fldChar",
    "rt",
    "v",
    "comment",
)
_WORD = re.compile(
    r"word/(document\d*|header\d*|footer\d*|footnotes|endnotes|comments|charts/chart\d+|diagrams/data\d+)\.xml",
    re.I,
)
_ORDER = ("header", "document", "chart", "data", "footnotes", "endnotes", "comments", "footer")
_UNSEEN = ("Fallback", "rt")
"""The same text box once more, for readers of 2007; and how a word is pronounced, which parts it (17.3.3.24)."""
_ALONE = re.compile(r"(slide|page)(\d+)\.xml", re.I)


def refuse_locked(path: Path) -> None:
    """Raises Locked for an Office file behind a password: that is an OLE file, not a ZIP (MS-OFFCRYPTO)."""
    with path.open("rb") as source:
        if source.read(4) == _OLE:
            raise Locked


def read_word(path: Path, name: str, limits: Limits) -> Extracted:
    """Paragraphs, tables, text boxes, charts, headers, notes and comments, in pieces. Raises Unreadable, Locked."""
    refuse_locked(path)
    with zips.opened(path) as archive:
        parts = [part for part in archive.namelist() if _WORD.fullmatch(part)]
        if not any("/document" in part.lower() for part in parts):
            raise Unreadable("no document part")
        parts.sort(key=lambda part: (_rank(part), part))
        texts, truncated = unpaged((part_text(archive, part) for part in parts), limits)
    return Extracted("ready", texts=texts, truncated=truncated)


def _rank(part: str) -> int:
    stem = posixpath.basename(part).lower()
    return next(rank for rank, start in enumerate(_ORDER) if stem.startswith(start))


def read_slides(path: Path, name: str, limits: Limits) -> Extracted:
    """A text per slide, in the order of the show, its notes, diagrams and charts at its end. Raises Unreadable, Locked."""
    refuse_locked(path)
    with zips.opened(path) as archive:
        parts = _slides(archive)
        texts, truncated = paged((_slide(archive, part) for part in parts), limits)
    return Extracted("ready", texts=texts, pages=len(parts), truncated=truncated)


def read_drawing(path: Path, name: str, limits: Limits) -> Extracted:
    """A text per page of a Visio drawing. Raises Unreadable, Locked."""
    refuse_locked(path)
    with zips.opened(path) as archive:
        parts = _numbered(archive, "visio/pages/")
        texts, truncated = paged((part_text(archive, part) for part in parts), limits)
    return Extracted("ready", texts=texts, pages=len(parts), truncated=truncated)


def _slides(archive: zipfile.ZipFile) -> list[str]:
    names = set(archive.namelist())
    if "ppt/presentation.xml" not in names:
        return _numbered(archive, "ppt/slides/")
    targets = relations(archive, "ppt/presentation.xml")
    root = xml.parse(zips.content(archive, "ppt/presentation.xml"))
    wanted = [targets.get(_relation(one), ("", ""))[1] for one in root.iter("{*}sldId")]
    return [part for part in wanted if part in names]


def _relation(slide: xml.Element) -> str:
    """`id` is there twice: a number, and the relation's, which alone has a namespace."""
    return next((str(value) for key, value in slide.attrib.items() if str(key).endswith("}id")), "")


def _numbered(archive: zipfile.ZipFile, folder: str) -> list[str]:
    found = []
    for part in archive.namelist():
        match = _ALONE.fullmatch(part.removeprefix(folder)) if part.startswith(folder) else None
        if match:
            found.append((int(match[2]), part))
    return [part for _, part in sorted(found)]


def _slide(archive: zipfile.ZipFile, part: str) -> str:
    found = [part_text(archive, part)]
    names = set(archive.namelist())
    for kind, target in relations(archive, part).values():
        if kind.endswith(("/notesSlide", "/diagramData", "/chart")) and target in names:
            found.append(part_text(archive, target))
    return "\n".join(found)


def relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Of a part: relation id → (type, target part). Empty where it has none (ISO/IEC 29500-2, 6.5)."""
    folder, base = posixpath.split(part)
    try:
        root = xml.parse(zips.content(archive, f"{folder}/_rels/{base}.rels"))
    except KeyError:
        return {}
    found = {}
    for relation in root.iter("{*}Relationship"):
        target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
        found[relation.get("Id", "")] = (relation.get("Type", ""), target.lstrip("/"))
    return found


def part_text(archive: zipfile.ZipFile, part: str) -> str:
    """All text of a part in WordprocessingML, DrawingML or Visio's: a line per paragraph and per table row."""
    out: list[str] = []
    code: list[str] = []
    skipped = cells = 0
    for event, element in xml.walk(zips.stream(archive, part), _TAGS, ("start", "end")):
        tag, begins = xml.local(element), event == "start"
        if tag in _UNSEEN:
            skipped += 1 if begins else -1
        elif tag == "tc":
            cells += 1 if begins else -1
        if skipped:
            continue
        if begins:
            out.append("\n" if tag == "txbxContent" else "")
        elif tag == "instrText":
            code.append(element.text or "")
        elif tag == "fldChar":
            out.append(fields.words("".join(code)))
            code.clear()
        else:
            out.append(_mark(tag, element, cells))
        if not begins and tag in ("p", "tr", "Text"):
            xml.empty(element)
    return "".join(out)


def _mark(tag: str, element: xml.Element, cells: int) -> str:
    if tag == "t":
        return element.text or ""
    if tag == "Text":
        return "".join(map(str, element.itertext())) + "\n"
    if tag == "v":
        return _category(element)
    if tag == "p":
        return " " if cells else "\n"
    return {
        "tc": "\t",
        "tab": "\t",
        "tr": "\n",
        "br": "\n",
        "cr": "\n",
        "comment": "\n",
        "noBreakHyphen": "-",
    }.get(tag, "")


def _category(value: xml.Element) -> str:
    """The words of a chart's data; its numbers say nothing outside of the picture (21.2.2.201)."""
    point = value.getparent()
    cache = point.getparent() if point is not None else None
    return f"{value.text or ''}\n" if cache is not None and xml.local(cache) == "strCache" else ""
