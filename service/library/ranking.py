"""What comes first. Phrases decide what matches; of the engine's first hits this decides the order, from what SQL knows
of them, so that every engine answers nearly alike.

The score of a hit is the sum of WEIGHTS, each times how far (0 to 1) the hit has what it names. docs/ranking.md says the
same in words.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, func, select, type_coerce
from sqlalchemy.orm import aliased
from sqlmodel import col

from service.library import indexing, profile, shapes
from service.library.fields import PLACE
from service.library.understanding import Understood
from service.models import Resource, Use, Version, fetch, to_micros
from service.search import chinese, pinyin
from service.work import Work

FIRST = 60
"""Hits of the engine that are put in order; after them its own order goes on."""

WEIGHTS: Mapping[str, float] = {
    "title": 6.0,  # words of the query that the title holds, as a share of them
    "whole": 3.0,  # how much of the title the words are; all of it: this is what was asked for by name
    "begins": 1.0,  # the title begins with the first of them
    "head": 2.0,  # words that summary, tags or credits hold, as a share of them
    "said": 4.0,  # recognised words that the metadata or the title meet, as a share of them
    "place": 3.0,  # the engine's order: 1 for its first, falling to 0 with the last of FIRST
    "fresh": 1.0,  # halves with each year since the last change
    "approved": 1.0,  # published through its school
    "adapted": 0.7,  # published lessons made from it: one counts a third, MUCH["adapted"] all
    "downloaded": 0.7,  # in the same way
    "partner": 0.8,  # of a school that is paired with the caller's
    "subject": 0.6,  # a subject that the caller says she teaches
    "grade": 0.4,  # and a grade
}
MUCH = {"adapted": 7, "downloaded": 100}
"""From this number on more counts no more."""
HALVES = 365.25 * 86_400_000_000
"""Microseconds in which freshness halves."""
_WEIGHTS = tuple(WEIGHTS.values())
_CHIPS = ("kind", "system", *PLACE)
"""Facts that meet recognised words."""

_Made = aliased(Resource, name="made")
_FACTS = (
    select(
        col(Resource.id),
        col(Resource.kind),
        col(Resource.school_id),
        col(Resource.status),
        type_coerce(col(Resource.updated_at), BigInteger).label("changed"),  # no moment is made of so many
        *(col(getattr(Version, name)) for name in ("title", "summary", "tags", "credits", *_CHIPS[1:])),
        select(func.count())
        .where(col(_Made.adapted_from) == col(Resource.id), col(_Made.status) == "published")
        .correlate(Resource)
        .scalar_subquery()
        .label("adapted"),
        select(func.coalesce(func.sum(col(Use.downloads)), 0))
        .where(col(Use.resource_id) == col(Resource.id))
        .correlate(Resource)
        .scalar_subquery()
        .label("downloaded"),
    )
    .join(Version, col(Version.id) == shapes.SHOWN)
    .where(col(Resource.id).in_(bindparam("ids", expanding=True)))
)


class _Facts(NamedTuple):
    """A row of _FACTS. To ask SQLAlchemy's for one column after another by its name took as long as to weigh them."""

    id: str
    kind: str
    school_id: str
    status: str
    changed: int
    title: str
    summary: str
    tags: list[str]
    credits: list[dict[str, Any]]
    system: str | None
    stage: str | None
    grade: str | None
    subject: str | None
    edition: str | None
    volume: str | None
    type: str | None
    major: str | None
    adapted: int
    downloaded: int


@dataclass(frozen=True, slots=True)
class Asker:
    """What of the caller moves the order."""

    micros: int
    """Now."""
    partners: frozenset[str]
    subjects: frozenset[str]
    grades: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of the query moves it."""

    terms: tuple[chinese.Term, ...]
    letters: str
    chips: tuple[tuple[str, tuple[str, ...], tuple[chinese.Term, ...]], ...]
    """Of each recognised word the fact that meets it and by which values, and the terms of its words."""


def ordered(work: Work, meant: Understood, ids: Sequence[str]) -> list[str]:
    """The engine's first hits in our order; what SQL does not know any more keeps its place at the end."""
    if len(ids) < 2:
        return list(ids)
    rows = {row[0]: _Facts._make(row) for row in fetch(work.session, _FACTS, {"ids": list(ids)})}
    asker, wanted = _asker(work), _wanted(meant)
    scores = {
        ident: sum(map(mul, _WEIGHTS, _parts(rows[ident], wanted, asker, 1 - place / FIRST)))
        if ident in rows and not (wanted.letters and _heard(rows[ident], wanted))
        else -1.0 - place
        for place, ident in enumerate(ids)
    }
    return sorted(ids, key=lambda ident: -round(scores[ident], 6))


def _asker(work: Work) -> Asker:
    taught = profile.teaching(work) if work.caller.person_id is not None else profile.Teaching()
    return Asker(
        to_micros(work.now), work.caller.partners, frozenset(taught.subjects), frozenset(taught.grades)
    )


def _wanted(meant: Understood) -> _Wanted:
    chips = (
        (
            chip.field if chip.field in _CHIPS else "",
            chip.values,
            tuple(term for word in chip.words for term in chinese.terms(word)),
        )
        for chip in meant.chips
    )
    return _Wanted(chinese.terms(meant.text), pinyin.letters(meant.text), tuple(chips))


def _heard(row: _Facts, wanted: _Wanted) -> bool:
    """Whether it was found by its sound alone, as far as title and tags tell: such hits come last, in the engine's
    order."""
    texts = (row.title, *row.tags)
    if any(chinese.spans(text, (term,)) for text in texts for term in wanted.terms):
        return False
    return any(token.startswith(wanted.letters) for token in pinyin.sounds(*texts).split())


def _parts(row: _Facts, wanted: _Wanted, asker: Asker, place: float) -> tuple[float, ...]:
    """How far, from 0 to 1, a hit has what each of WEIGHTS names, in their order."""
    terms, title = wanted.terms, chinese.fold(row.title).text
    head = ""
    if terms:
        head = "\n".join((row.summary, *row.tags, *map(indexing.credit_words, row.credits)))
    in_title = [term.needle for term in terms if chinese.holds(title, term)]
    met = [
        field
        for field, values, words in wanted.chips
        if (field and getattr(row, field) in values) or any(chinese.holds(title, word) for word in words)
    ]
    whole = begins = 0.0
    if in_title:
        whole = min(1.0, _share(sum(map(len, in_title)), sum(map(str.isalnum, title))))
        begins = float(title.lstrip("《“\"'「【[ ").startswith(in_title[0]))
    return (
        _share(len(in_title), len(terms)),
        whole,
        begins,
        _share(sum(bool(chinese.spans(head, (term,))) for term in terms), len(terms)),
        _share(len(met), len(wanted.chips)),
        place,
        0.5 ** max(0.0, (asker.micros - row.changed) / HALVES),
        float(row.status == "published"),
        _much("adapted", row.adapted),
        _much("downloaded", row.downloaded),
        float(row.school_id in asker.partners),
        float(row.subject in asker.subjects),
        float(row.grade in asker.grades),
    )


def _share(some: int, of: int) -> float:
    return some / of if of else 0.0


def _much(name: str, number: int) -> float:
    """0 for none, 1 from MUCH on, growing with the logarithm between."""
    return min(1.0, math.log1p(number) / math.log1p(MUCH[name])) if number else 0.0
