"""What to look for instead when a search finds nothing: which condition stands in the way, and what is near."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from service.errors import Unavailable
from service.library import finding, vocabulary
from service.library.understanding import Chip, Understood
from service.work import Work

NEAR = ("stage", "grade", "subject", "major")
"""What makes a neighbour: all of it that was asked for."""
MOST = 6


@dataclass(frozen=True, slots=True)
class Offer:
    """Another search, and how many resources the caller would find by it."""

    without: str
    """The filter or the kind of word that is left out; empty for what is near."""
    label: str
    """What is left out, or what is near, in words."""
    text: str
    filters: dict[str, list[str]]
    total: int


def instead(
    work: Work, text: str, filters: Mapping[str, list[str]], literal: Collection[str] = ()
) -> list[Offer]:
    """At most MOST searches that find something. None while counts are not exact, or the index takes too long."""
    query, exact = finding.scope(work, {})
    if not exact:
        return []
    meant = finding.meaning(work, text, filters, literal)

    def counted(offer: Offer, asked: Understood) -> Offer:
        asked_for = {name: tuple(values) for name, values in offer.filters.items() if values}
        return replace(offer, total=finding.ask(work, asked, replace(query, filters=asked_for)).total)

    labels = finding.words(work, filters)
    try:
        found = [counted(offer, asked) for offer, asked in _offers(meant, text, filters, labels)]
    except Unavailable:
        return []
    return [offer for offer in found if offer.total][:MOST]


def _offers(
    meant: Understood, text: str, filters: Mapping[str, list[str]], labels: Mapping[tuple[str, str], str]
) -> Iterator[tuple[Offer, Understood]]:
    for name, values in filters.items():
        label = "、".join(labels[name, value] for value in values)
        yield Offer(name, label, text, {**filters, name: []}, 0), meant
    for chip in meant.chips:
        rest = tuple(other for other in meant.chips if other is not chip)
        words = " ".join(dict.fromkeys([*(other.text for other in rest), meant.text])).strip()
        if words or filters:
            yield Offer(chip.field, chip.label, words, dict(filters), 0), replace(meant, chips=rest)
    near = _near(meant.chips, filters)
    if near:
        label = " ".join(vocabulary.label(name, value) for name, values in near.items() for value in values)
        yield Offer("", label, "", near, 0), Understood((), "")


def _near(chips: Collection[Chip], filters: Mapping[str, list[str]]) -> dict[str, list[str]]:
    said = {chip.field: list(chip.values) for chip in chips}
    return {name: values for name in NEAR if (values := filters.get(name) or said.get(name, []))}
