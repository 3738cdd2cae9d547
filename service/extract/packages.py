"""Learning packages: which kind a ZIP is, and what its manifest says (SCORM, cmi5, AICC, xAPI, QTI, H5P)."""

import json
import re
import zipfile
from collections.abc import Iterator

from service.extract import encodings, xml, zips
from service.extract.html import page_text
from service.extract.problems import Unreadable

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
"""Bytes of a manifest, at most."""


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
        said = (
            " ".join((element.text or "").split()) for element in root.iter(*("{*}" + tag for tag in _TITLES))
        )
        return kind, "\n".join(dict.fromkeys(filter(None, said)))
    except _UNREAD:
        return kind, ""


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
