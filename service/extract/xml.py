"""XML from strangers: no entities, no network, no DTD, none of libxml2's limits lifted."""

import io
from collections.abc import Iterator
from typing import IO

from lxml import etree

from service.extract.problems import Unreadable

SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def parse(data: bytes) -> etree._Element:
    """The root of a small document. Raises Unreadable where it is not well-formed."""
    try:
        return etree.fromstring(data, etree.XMLParser(**SAFE))
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise Unreadable(str(problem)) from problem


def walk(
    source: IO[bytes] | io.RawIOBase, tags: tuple[str, ...], events: tuple[str, ...] = ("end",)
) -> Iterator[tuple[str, etree._Element]]:
    """(event, element) for elements with these local names, in any namespace, while the document is read.

    The caller empties what it is done with, so that a long document never stands in memory. A document that breaks
    off gives what came before the break; raises Unreadable where that is nothing.
    """
    found = False
    names = tuple("{*}" + tag for tag in tags)
    try:
        for event, element in etree.iterparse(source, events=events, tag=names, **SAFE):  # type: ignore[arg-type]
            found = True
            yield event, element
    except etree.XMLSyntaxError as problem:
        if not found:
            raise Unreadable(str(problem)) from problem


def local(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: etree._Element, name: str) -> str:
    """The attribute of that local name, in any namespace; empty where there is none."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return ""
