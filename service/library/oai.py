"""OAI-PMH 2.0 (openarchives.org/OAI/openarchivesprotocol.html): the six verbs, over what is public."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from lxml import etree

from service.library import harvesting, vocabulary
from service.library.harvesting import Record, Wanted
from service.library.metadata import FORMATS, XSI
from service.library.xmltext import add, clean, document, root
from service.work import Work

OAI = "http://www.openarchives.org/OAI/2.0/"
LISTS = ("ListRecords", "ListIdentifiers")
ARGUMENTS: dict[str, tuple[set[str], set[str]]] = {
    "Identify": (set(), set()),
    "ListMetadataFormats": (set(), {"identifier"}),
    "ListSets": (set(), {"resumptionToken"}),
    "GetRecord": ({"identifier", "metadataPrefix"}, set()),
    **{verb: ({"metadataPrefix"}, {"from", "until", "set", "resumptionToken"}) for verb in LISTS},
}
"""Verb → the arguments that it needs, and those that it takes."""


class Refused(Exception):
    """An error of the protocol (3.6): its code, and a sentence."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def answer(work: Work, site: str, base: str, sent: Sequence[tuple[str, str]]) -> bytes:
    """The answer to these arguments. `site` is the address that resources' pages begin with, `base` that of the
    repository."""
    made = root(OAI, "OAI-PMH")
    made.set(f"{{{XSI}}}schemaLocation", f"{OAI} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd")
    add(made, "responseDate", _second(work.now))
    request = add(made, "request", base)
    try:
        verb, arguments = _checked(sent)
        for name, value in [("verb", verb), *arguments.items()]:
            request.set(name, clean(value))
        body = root(OAI, verb)
        _Repository(work, site, base).write(body, verb, arguments)
        made.append(body)
    except Refused as refusal:
        if refusal.code in ("badVerb", "badArgument"):
            request.attrib.clear()
        add(made, "error", str(refusal), {"code": refusal.code})
    return document(made)


def _checked(sent: Sequence[tuple[str, str]]) -> tuple[str, dict[str, str]]:
    arguments = dict(sent)
    verb = arguments.pop("verb", "")
    if verb not in ARGUMENTS or sum(name == "verb" for name, _value in sent) > 1:
        raise Refused("badVerb", "verb must be one of " + ", ".join(ARGUMENTS))
    needed, taken = ARGUMENTS[verb]
    resumed = "resumptionToken" in arguments and "resumptionToken" in taken
    wrong = (
        len(arguments) + 1 != len(sent)
        or not arguments.keys() <= needed | taken
        or (resumed and len(arguments) > 1)
        or (not resumed and not needed <= arguments.keys())
    )
    if wrong:
        raise Refused("badArgument", f"{verb} needs {sorted(needed)} and takes {sorted(taken)}, each once")
    return verb, arguments


def _second(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class _Repository:
    """One request."""

    def __init__(self, work: Work, site: str, base: str) -> None:
        self.work, self.site, self.base = work, site, base
        self.prefix = f"oai:{urlsplit(site).hostname}:"

    def write(self, body: etree._Element, verb: str, arguments: Mapping[str, str]) -> None:
        """Fill the element of the verb. Raises Refused."""
        if verb == "Identify":
            self._identify(body)
        elif verb == "ListMetadataFormats":
            self._formats(body, arguments)
        elif verb == "ListSets":
            self._sets(body, arguments)
        elif verb == "GetRecord":
            record = self._one(arguments["identifier"])
            self._record(body, record, self._format(arguments["metadataPrefix"]))
        else:
            self._list(body, verb, arguments)

    def _identify(self, body: etree._Element) -> None:
        for name, text in (
            ("repositoryName", "同课 Tongke"),
            ("baseURL", self.base),
            ("protocolVersion", "2.0"),
            ("adminEmail", self.work.settings.contact_email),
            ("earliestDatestamp", _second(harvesting.earliest(self.work))),
            ("deletedRecord", "persistent"),
            ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        ):
            add(body, name, text)

    def _formats(self, body: etree._Element, arguments: Mapping[str, str]) -> None:
        if "identifier" in arguments:
            self._one(arguments["identifier"])
        for prefix, known in FORMATS.items():
            found = add(body, "metadataFormat")
            add(found, "metadataPrefix", prefix)
            add(found, "schema", known.schema)
            add(found, "metadataNamespace", known.namespace)

    def _sets(self, body: etree._Element, arguments: Mapping[str, str]) -> None:
        if "resumptionToken" in arguments:
            raise Refused("badResumptionToken", "the list of sets is whole")
        for name in harvesting.SETS:
            for entry in vocabulary.entries(name):
                found = add(body, "set")
                add(found, "setSpec", f"{name}:{entry.code}")
                add(found, "setName", entry.label)

    def _format(self, prefix: str) -> str:
        if prefix not in FORMATS:
            raise Refused("cannotDisseminateFormat", "metadataPrefix must be one of " + ", ".join(FORMATS))
        return prefix

    def _one(self, identifier: str) -> Record:
        known = identifier.startswith(self.prefix)
        record = harvesting.one(self.work, identifier.removeprefix(self.prefix)) if known else None
        if record is None:
            raise Refused("idDoesNotExist", "no such identifier")
        return record

    def _list(self, body: etree._Element, verb: str, arguments: Mapping[str, str]) -> None:
        resumed = arguments.get("resumptionToken")
        wanted = self._wanted(arguments) if resumed is None else harvesting.opened(resumed)
        if wanted is None or wanted.prefix not in FORMATS:
            raise Refused("badResumptionToken", "not a token of this repository")
        records, following = harvesting.page(self.work, wanted)
        if not records and resumed is None:
            raise Refused("noRecordsMatch", "nothing matches")
        for record in records:
            if verb == "ListRecords":
                self._record(body, record, wanted.prefix)
            else:
                self._header(body, record)
        if following is not None or resumed is not None:
            add(
                body,
                "resumptionToken",
                harvesting.token(following) if following else None,
                {"cursor": str(wanted.told)},
            )

    def _wanted(self, arguments: Mapping[str, str]) -> Wanted:
        since, until = (self._moment(arguments.get(name)) for name in ("from", "until"))
        if since and until and (since[1] != until[1] or since[0] > until[0]):
            raise Refused("badArgument", "from and until: of one granularity, from first")
        chosen = arguments.get("set", "")
        if chosen and not harvesting.is_set(chosen):
            raise Refused("badArgument", "no such set; see ListSets")
        return Wanted(
            self._format(arguments["metadataPrefix"]),
            since[0] if since else None,
            until[0] + until[1] if until else None,
            chosen,
        )

    def _moment(self, text: str | None) -> tuple | None:
        found = None if text is None else harvesting.moment(text)
        if text is not None and found is None:
            raise Refused("badArgument", "dates are YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")
        return found

    def _record(self, body: etree._Element, record: Record, prefix: str) -> None:
        made = add(body, "record")
        self._header(made, record)
        if record.found is not None:
            address = f"{self.site}/resources/{record.id}"
            add(made, "metadata").append(FORMATS[prefix].write(record.found, address))

    def _header(self, parent: etree._Element, record: Record) -> None:
        header = add(parent, "header", attributes={} if record.found else {"status": "deleted"})
        add(header, "identifier", self.prefix + record.id)
        add(header, "datestamp", _second(record.stamp))
        for name in harvesting.SETS if record.found else ():
            if (value := (record.found or {})[name]) is not None:
                add(header, "setSpec", f"{name}:{value}")
