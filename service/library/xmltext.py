"""Elements of XML documents made of what people wrote."""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold (2.2, Char)."""


def clean(text: str) -> str:
    """The text without what XML cannot carry."""
    return _FORBIDDEN.sub("", text)


def root(namespace: str, name: str) -> etree._Element:
    """The root of a document whose elements are of this namespace."""
    prefixes: Any = {None: namespace}
    return etree.Element(f"{{{namespace}}}{name}", nsmap=prefixes)


def add(
    parent: etree._Element, name: str, text: str | None = None, attributes: Mapping[str, str] | None = None
) -> etree._Element:
    """A new last child, of its parent's namespace unless `name` has its own (as lxml writes it)."""
    namespace = etree.QName(parent).namespace
    full = name if namespace is None or name.startswith("{") else f"{{{namespace}}}{name}"
    made = etree.SubElement(parent, full, {key: clean(value) for key, value in (attributes or {}).items()})
    if text is not None:
        made.text = clean(text)
    return made


def document(root: etree._Element) -> bytes:
    """UTF-8, with its declaration."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
