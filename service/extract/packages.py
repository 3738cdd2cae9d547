"""Learning packages: which kind a ZIP is, and what its manifest, pages and questions say (SCORM, cmi5, AICC, xAPI, QTI, H5P)."""

import json
import re
import zipfile
from collections.abc import Iterator
from itertools import islice
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from lxml import etree

from service.extract import encodings, xml, zips
from service.extract.html import page_text
from service.extract.problems import TooLarge, Unreadable

_MANIFEST = "imsmanifest.xml"
_KINDS = (
    (b"imsqti", "QTI"),
    (b"/qti/", "QTI"),
    (b"imscc", "Common Cartridge"),
    (b"adlcp_rootv1p2", "SCORM 1.2"),
    (b"adlcp_v1p", "SCORM 2004"),
)
"""What stands in an IMS manifest → the kind; the first that is found counts."""
_TITLES = ("title", "langstring", "description", "name")
_UNREAD = (Unreadable, RuntimeError, *zips.BROKEN)
"""A damaged or locked manifest: the kind is known all the same. zipfile raises RuntimeError for a password."""
_WORDED = re.compile("[\u4e00-\u9fff]|[^\\W\\d_]\\s+[^\\W\\d_]")
MANIFEST = 8 * 1024 * 1024
"""Bytes of a manifest, a page or a file of questions, at most."""
PAGES = 500
"""Pages and files of questions that are read of one package."""
READ = 32 * 1024 * 1024
"""Bytes of all of them, at most."""
_PAGE = (".html", ".htm", ".xhtml")
_INLINE = re.compile(
    "a|abbr|b|big|cite|code|em|gap|hottext|i|img|q|ruby|rb|small|span|strong|sub|sup|tt|u|var"
)
"""Elements of a question that break no word; the names of version 3 are theirs with a prefix."""


def recognised(archive: zipfile.ZipFile) -> tuple[str, str]:
    """(kind, what its manifest says); both empty for a ZIP that is no package."""
    names = set(archive.namelist())
    for name, kind in (("h5p.json", "H5P"), ("cmi5.xml", "cmi5"), ("tincan.xml", "xAPI"), (_MANIFEST, "IMS")):
        if name in names:
            return _read(archive, name, kind)
    course = next((name for name in sorted(names) if name.lower().endswith(".crs")), None)
    return _read(archive, course, "AICC") if course else ("", "")


def _read(archive: zipfile.ZipFile, name: str, kind: str) -> tuple[str, str]:
    try:
        data = zips.content(archive, name, MANIFEST)
        if name == _MANIFEST:
            kind = next((found for mark, found in _KINDS if mark in data), kind)
        if kind == "AICC":
            return kind, encodings.decode(data)[0]
        if kind == "H5P":
            return kind, "\n".join(_said_in_h5p(archive, data))
        root = xml.parse(data)
    except _UNREAD:
        return kind, ""
    titles = (
        " ".join((element.text or "").split()) for element in root.iter(*("{*}" + tag for tag in _TITLES))
    )
    pages = _said_in_pages(archive, root) if name == _MANIFEST else ()
    return kind, "\n".join(dict.fromkeys(filter(None, (*titles, *pages))))


def _said_in_pages(archive: zipfile.ZipFile, manifest: xml.Element) -> Iterator[str]:
    """Of each page and file of questions that an IMS manifest names; one that is damaged or too large says nothing."""
    left = READ
    for name in islice(dict.fromkeys(_named(manifest)), PAGES):
        try:
            left -= archive.getinfo(name).file_size
            if left < 0:
                return
            data = zips.content(archive, name, MANIFEST)
            if name.lower().endswith(_PAGE):
                yield page_text(data).strip()
            else:
                yield "\n".join(filter(None, map(str.strip, _said_in_questions(xml.parse(data)))))
        except (TooLarge, *_UNREAD):
            continue


def _named(manifest: xml.Element) -> Iterator[str]:
    """The members that are pages or questions (`imsqti…`), by their resources (IMS Content Packaging 1.1.4)."""
    every = next(manifest.iter("{*}resources"), None)
    for resource in manifest.iter("{*}resource"):
        file = next(resource.iter("{*}file"), None)
        href = resource.get("href", "") or (file.get("href", "") if file is not None else "")
        bases = [xml.attribute(one, "base") for one in (manifest, every, resource) if one is not None]
        try:
            path = unquote(urlsplit("".join(bases) + href.replace("\\", "/")).path)
        except ValueError:
            continue  # no address at all
        if path and (resource.get("type", "").startswith("imsqti_") or path.lower().endswith(_PAGE)):
            yield normpath(path)


def _said_in_questions(root: xml.Element) -> Iterator[str]:
    """What learners read: the bodies of items (QTI 2 and 3), the texts of QTI 1.2, which may be HTML."""
    for body in root.iter("{*}itemBody", "{*}qti-item-body"):
        yield "".join(_in_body(body))
    for text in root.iter("{*}mattext", "{*}mat_formattedtext"):
        yield _plain("".join(map(str, text.itertext(etree.Element))))


def _in_body(body: xml.Element) -> Iterator[str]:
    for event, element in etree.iterwalk(body, events=("start", "end")):
        around = "" if _INLINE.fullmatch(xml.local(element).removeprefix("qti-")) else "\n"
        if event == "start":
            yield around + (element.text or "") + element.get("alt", "")
        else:
            yield around + ((element.tail or "") if element is not body else "")


def _said_in_h5p(archive: zipfile.ZipFile, data: bytes) -> Iterator[str]:
    """The title, and what reads like words in the content, which is HTML in JSON of the author's own shape."""
    try:
        yield str(json.loads(data)["title"])
        content = json.loads(zips.content(archive, "content/content.json", MANIFEST))
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            waiting.extend(reversed(list(value.values()) if isinstance(value, dict) else value))
        elif isinstance(value, str) and _WORDED.search(value):
            yield _plain(value)


def _plain(value: str) -> str:
    try:
        return page_text(value.encode("utf-8", "replace")).strip() if "<" in value else value
    except Unreadable:
        return ""  # Markup without a word in it, such as a comment.
