"""Question packages (1EdTech QTI 1.2, and 2.0 to 3.0): which items they hold, in the order of their tests.

Only where an item stands is read here; what is in it is read in the sandbox (service/api/qti/).
"""

from collections.abc import Callable, Iterator
from posixpath import dirname, join, normpath
from urllib.parse import quote, unquote

from service.extract import xml
from service.library import manifests

FILES = 20
"""Tests and their sections, or files of many items, that are read."""
_ITEM, _TEST = "imsqti_item", ("imsqti_test", "imsqti_assessment")
"""How the types of resources begin; after them stands the version."""
_BANK = "imsqti_xmlv1"
"""Of QTI 1: one file of many items, in Common Cartridge too (`imsqti_xmlv1p2/imscc_xmlv1p1/assessment`)."""
_ITEMS = ("assessmentItemRef", "qti-assessment-item-ref")
_SECTIONS = ("assessmentSectionRef", "qti-assessment-section-ref")
Read = Callable[[str], xml.Element | None]


def held(manifest: xml.Element) -> bool:
    """Whether there is an item in it."""
    return any(kind.startswith((_ITEM, _BANK)) for kind, _href in _typed(manifest))


def items(manifest: xml.Element, read: Read) -> Iterator[str]:
    """Addresses of the items within the package, quoted: those that its tests name, in their order; else all of them.
    After them those of files of many items, as `FILE#N`, N from 1.

    `read` gives a document of the package, or None for what is none.
    """
    tests, every, banks = [], [], []
    for kind, href in _typed(manifest):
        if kind.startswith(_ITEM):
            every.append(manifests.address(href))
        elif kind.startswith(_TEST):
            tests.append(unquote(manifests.address(href)))
        elif kind.startswith(_BANK):
            banks.append(unquote(manifests.address(href)))
    yield from list(dict.fromkeys(_named(tests, read))) or list(dict.fromkeys(every))
    for bank in list(dict.fromkeys(banks))[:FILES]:
        yield from _numbered(bank, read(bank))


def _typed(manifest: xml.Element) -> Iterator[tuple[str, str]]:
    """(type, file) of each resource; Canvas names the file of a test only within."""
    for resource in manifest.iter("{*}resource"):
        kind = resource.get("type", "")
        if kind.startswith(_BANK) and not resource.get("href"):
            file = next(resource.iter("{*}file"), None)
            yield kind, file.get("href", "") if file is not None else ""
    for resource, href in manifests.resources(manifest):
        yield resource.get("type", ""), href


def _numbered(name: str, root: xml.Element | None) -> Iterator[str]:
    if root is not None and xml.local(root) == "questestinterop":
        for n, _item in enumerate(root.iter("{*}item"), 1):
            yield f"{quote(name)}#{n}"


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
