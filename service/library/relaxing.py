"""When everything together finds nothing, less is asked, step by step, and the caller is told what was given up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from service.library.nearest import nearest
from service.library.understanding import Understood
from service.search import MAX_TERMS, Hits
from service.search.chinese import terms

GIVEN_UP = ("edition", "volume")
"""Fields of chips that are given up, in this order."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What is no longer asked for: a chip (`edition`, `volume`), a `word`, or that the words of a `phrase` stand
    together."""

    field: str
    label: str
    text: str

    def as_json(self) -> dict[str, str]:
        """Its form in `relaxed` (api.md)."""
        return {"field": self.field, "label": self.label, "text": self.text}


class Ask(Protocol):
    """What the caller finds for a meaning; with `only`, among these ids."""

    def __call__(self, meant: Understood, limit: int, only: frozenset[str] | None = None, /) -> Hits: ...


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A wider question that finds something, and what it dropped."""

    meant: Understood
    dropped: tuple[Dropped, ...]
    ids: tuple[str, ...] | None = None
    """All it finds, the nearest first; None where the engine is to be asked for what is meant."""


def relax(meant: Understood, ask: Ask) -> Relaxed | None:
    """The first of the wider questions that finds something; None where none does."""
    without, dropped = meant, tuple[Dropped, ...]()
    for field in GIVEN_UP:
        gone = [chip for chip in without.chips if chip.field == field]
        if gone:
            without = replace(without, chips=tuple(chip for chip in without.chips if chip.field != field))
            dropped += tuple(Dropped(field, chip.label, chip.text) for chip in gone)
            if (without.chips or without.text) and ask(without, 1).total:
                return Relaxed(without, dropped)
    found = _by_words(meant, ask)
    if found is None and dropped and (wider := _by_words(without, ask)):
        return replace(wider, dropped=dropped + wider.dropped)
    return found


def _by_words(meant: Understood, ask: Ask) -> Relaxed | None:
    """Its text by words instead of as it stands: what holds most of them."""
    cut = {term.needle: _cut(term.needle) for term in terms(meant.text)}
    words = list(dict.fromkeys(word for found in cut.values() for word in found))
    if len(words) < 2:
        return None
    found = nearest(meant.text, partial(_ask_for, ask, meant))
    if found is None:
        return None
    phrases = [Dropped("phrase", needle, needle) for needle, parts in cut.items() if parts != [needle]]
    gone = [Dropped("word", word, word) for word in words if len(word) > 1 and word not in found.words]
    wider = replace(meant, text=" ".join(found.words[:MAX_TERMS]))
    return Relaxed(wider, (*phrases, *gone), found.ids)


def _ask_for(ask: Ask, meant: Understood, text: str, limit: int, only: frozenset[str] | None = None) -> Hits:
    return ask(replace(meant, text=text), limit, only)


def _cut(needle: str) -> Sequence[str]:
    import rjieba  # its dictionary takes 32 MB, which most queries need not

    return list(rjieba.cut(needle))
