"""Question packages (1EdTech QTI 2.0 to 3.0): which items they hold, in the order of their tests.

Only where an item stands is read here; what is in it is read in the sandbox (service/api/qti/).
"""

from collections.abc import Callable, Iterator
from posixpath import dirname, join, normpath
from urllib.parse import quote, unquote

from service.extract import xml
from service.library import manifests

FILES = 20
"""Tests and their sections in files of their own that are read."""
_ITEM, _TEST = "imsqti_item", ("imsqti_test", "imsqti_assessment")
"""How the types of resources begin; after them stands the version. Those of QTI 1 are others."""
_ITEMS = ("assessmentItemRef", "qti-assessment-item-ref")
_SECTIONS = ("assessmentSectionRef", "qti-assessment-section-ref")
Read = Callable[[str], xml.Element | None]


def held(manifest: xml.Element) -> bool:
    """Whether there is an item in it."""
    return any(
        resource.get("type", "").startswith(_ITEM) for resource, _href in manifests.resources(manifest)
    )


def items(manifest: xml.Element, read: Read) -> list[str]:
    """Addresses of the items within the package, quoted: those that its tests name, in their order; else all of them.

    `read` gives a document of the package, or None for what is none.
    """
    tests, every = [], []
    for resource, href in manifests.resources(manifest):
        kind = resource.get("type", "")
        if kind.startswith(_ITEM):
            every.append(manifests.address(href))
        elif kind.startswith(_TEST):
            tests.append(unquote(manifests.address(href)))
    return list(dict.fromkeys(_named(tests, read))) or list(dict.fromkeys(every))


def _named(tests: list[str], read: Read) -> Iterator[str]:
    """What the tests name. A file is read once, whoever names it: none can lead in a circle."""
    seen: set[str] = set()

    def walk(name: str) -> Iterator[str]:
        if name in seen or len(seen) == FILES:
            return
        seen.add(name)
        root = read(name)
        if root is None:
            return
        for found in root.iter(*("{*}" + tag for tag in (*_ITEMS, *_SECTIONS))):
            there = _beside(name, found.get("href", ""))
            if xml.local(found) in _ITEMS:
                yield quote(there)
            else:
                yield from walk(there)

    for test in tests:
        yield from walk(test)


def _beside(name: str, href: str) -> str:
    """A reference in the file `name`, from the package's root; what leads out of it leads nowhere."""
    path = normpath(join("/", dirname(name), unquote(href.replace("\\", "/"))))
    return path.lstrip("/")
