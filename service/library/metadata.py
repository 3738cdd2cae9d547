"""A public resource as others' catalogues hold it: Dublin Core (oai_dc) and IEEE LOM 1484.12.3, which GB/T 21365 follows."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lxml import etree

from service.library import vocabulary
from service.library.fields import PLACE
from service.library.xmltext import add, root

DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
LOM = "http://ltsc.ieee.org/xsd/LOM"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CONTEXTS = {"preschool": "other", "vocational": "training", "higher": "higher education"}
"""Stage → LOMv1.0 context; of the others, school."""


class Format(NamedTuple):
    """A metadata format: its schema, its namespace, and how it is written."""

    schema: str
    namespace: str
    write: Callable[[Mapping[str, Any], str], etree._Element]


def _rights(found: Mapping[str, Any]) -> str:
    return vocabulary.label("licence", found["licence"]) if found["licence"] else ""


def dublin_core(found: Mapping[str, Any], address: str) -> etree._Element:
    """Fifteen elements, each as often as there is something to say."""
    made = etree.Element(f"{{{OAI_DC}}}dc", nsmap={"oai_dc": OAI_DC, "dc": DC, "xsi": XSI})
    made.set(f"{{{XSI}}}schemaLocation", f"{OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd")
    words = vocabulary.labels(found, PLACE)
    people = [credit["person"] for credit in found["credits"] if credit["person"]]
    told = [
        ("title", [found["title"]]),
        ("creator", people or [found["school"]["name"]]),
        ("subject", [words[name] for name in ("subject", "major") if name in words] + found["tags"]),
        ("description", [found["summary"]]),
        ("publisher", [found["school"]["name"]]),
        ("date", [found["updated_at"]]),
        ("type", ["LearningResource", vocabulary.label("kind", found["kind"]), words.get("type", "")]),
        ("format", sorted({file["media_type"] for file in found["files"]})),
        ("identifier", [address]),
        ("language", [found["language"]]),
        ("coverage", [words[name] for name in ("stage", "grade", "edition", "volume") if name in words]),
        ("rights", [_rights(found)]),
    ]
    for name, texts in told:
        for text in filter(None, texts):
            add(made, f"{{{DC}}}{name}", text)
    return made


def lom(found: Mapping[str, Any], address: str) -> etree._Element:
    """The LOM of a lesson, in the order of its schema."""
    made = root(LOM, "lom")
    made.set(f"{{{XSI}}}schemaLocation", f"{LOM} http://ltsc.ieee.org/xsd/lomv1.0/lom.xsd")
    language = found["language"]
    general = add(made, "general")
    identifier = add(general, "identifier")
    add(identifier, "catalog", "URI")
    add(identifier, "entry", address)
    _say(general, "title", found["title"], language)
    add(general, "language", language)
    if found["summary"]:
        _say(general, "description", found["summary"], language)
    for tag in found["tags"]:
        _say(general, "keyword", tag, language)
    _life_cycle(add(made, "lifeCycle"), found)
    add(add(made, "metaMetadata"), "metadataSchema", "LOMv1.0")
    technical = add(made, "technical")
    for kind in sorted({file["media_type"] for file in found["files"]}):
        add(technical, "format", kind)
    if found["files"]:
        add(technical, "size", str(sum(file["size"] for file in found["files"])))
    add(technical, "location", address)
    _uses(made, found)
    return made


def _say(parent: etree._Element, name: str, text: str, language: str) -> None:
    add(add(parent, name), "string", text, {"language": language})


def _choose(parent: etree._Element, name: str, value: str, source: str = "LOMv1.0") -> None:
    chosen = add(parent, name)
    add(chosen, "source", source)
    add(chosen, "value", value)


def _life_cycle(cycle: etree._Element, found: Mapping[str, Any]) -> None:
    _say(cycle, "version", str(found["version"]), found["language"])
    for credit in found["credits"]:
        contribute = add(cycle, "contribute")
        _choose(contribute, "role", "author")
        add(
            contribute,
            "entity",
            _card(credit["person"], credit.get("school") or credit.get("enterprise") or ""),
        )
    contribute = add(cycle, "contribute")
    _choose(contribute, "role", "publisher")
    add(contribute, "entity", _card(found["school"]["name"], found["school"]["name"]))
    add(add(contribute, "date"), "dateTime", found["updated_at"])


def _uses(made: etree._Element, found: Mapping[str, Any]) -> None:
    """Whom it is for, what may be done with it, and where it belongs."""
    language, words = found["language"], vocabulary.labels(found, PLACE)
    educational = add(made, "educational")
    if "type" in words:
        _choose(educational, "learningResourceType", words["type"], "Tongke")
    if found["stage"]:
        _choose(educational, "context", CONTEXTS.get(found["stage"], "school"))
    add(educational, "language", language)
    rights = add(made, "rights")
    _choose(rights, "cost", "no")
    _choose(rights, "copyrightAndOtherRestrictions", "yes")
    if _rights(found):
        _say(rights, "description", _rights(found), language)
    for name, purpose in (("subject", "discipline"), ("major", "discipline"), ("grade", "educational level")):
        if name in words:
            classification = add(made, "classification")
            _choose(classification, "purpose", purpose)
            path = add(classification, "taxonPath")
            _say(path, "source", f"Tongke {name}", language)
            taxon = add(path, "taxon")
            add(taxon, "id", found[name])
            _say(taxon, "entry", words[name], language)


def _card(name: str, organisation: str) -> str:
    """vCard 3.0 (RFC 2426), as LOM asks for."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{_escaped(name)}", f"N:{_escaped(name)};;;;"]
    return "\n".join([*lines, *([f"ORG:{_escaped(organisation)}"] if organisation else []), "END:VCARD"])


def _escaped(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\r", "").replace("\n", "\\n")


FORMATS = {
    "oai_dc": Format("http://www.openarchives.org/OAI/2.0/oai_dc.xsd", OAI_DC, dublin_core),
    "lom": Format("http://ltsc.ieee.org/xsd/lomv1.0/lom.xsd", LOM, lom),
}
