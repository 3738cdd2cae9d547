"""XML from strangers: no entities, no network, no DTD, none of libxml2's limits lifted."""

import io
from collections.abc import Iterator
from typing import IO

from lxml import etree

from service.extract.problems import Unreadable

Element = etree._Element


def parse(data: bytes) -> Element:
    """The root of a small document. Raises Unreadable where it is not well-formed."""
    return _root(
        data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    )


def parse_leniently(text: str) -> Element:
    """The root of what can be made out of a document that is already decoded. Raises Unreadable where nothing can."""
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    return _root(text.encode("utf-8", "replace"), parser)


def _root(data: bytes, parser: etree.XMLParser) -> Element:
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise Unreadable(str(problem)) from problem
    if root is None:
        raise Unreadable("no root")
    return root


def walk(
    source: IO[bytes] | io.RawIOBase, tags: tuple[str, ...], events: tuple[str, ...] = ("end",)
) -> Iterator[tuple[str, Element]]:
    """(event, element) for elements with these local names, in any namespace, while the document is read.

    The caller empties what it is done with, so that a long document never stands in memory. A document that breaks
    off gives what came before the break; raises Unreadable where that is nothing.
    """
    found = False
    names = tuple("{*}" + tag for tag in tags)
    try:
        steps = etree.iterparse(
            source,
            events=events,
            tag=names,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        for event, element in steps:
            found = found or event == "end"
            yield event, element
    except etree.XMLSyntaxError as problem:
        if not found:
            raise Unreadable(str(problem)) from problem


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: Element, name: str) -> str:
    """The attribute of that local name, in any namespace; empty where there is none."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return ""


def empty(element: Element) -> None:
    """Drop what is in the element; the text that follows it stays."""
    element.clear(keep_tail=True)  # type: ignore[call-arg]
