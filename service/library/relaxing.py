"""When everything together finds nothing, less is asked, step by step, and the caller is told what was given up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from service.library.understanding import Understood
from service.search import MAX_TERMS
from service.search.chinese import terms

GIVEN_UP = ("edition", "volume")
"""Fields of chips that are given up, in this order."""
_ASKING = frozenset({
    "怎样", "怎么", "怎么样", "什么", "为什么", "如何", "哪些", "哪里", "哪个", "是否", "可以", "应该", "我们", "有没有", "一个",
})  # fmt: skip
"""Words of a question that nobody looks for."""


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


Relaxed = tuple[Understood, tuple[Dropped, ...]]


def relax(meant: Understood, count: Callable[[Understood], int]) -> Relaxed | None:
    """The first of the wider questions that finds something, and what it dropped; None where none does. `count` says
    how many resources the caller would find."""
    without, dropped = meant, tuple[Dropped, ...]()
    for field in GIVEN_UP:
        gone = [chip for chip in without.chips if chip.field == field]
        if gone:
            without = replace(without, chips=tuple(chip for chip in without.chips if chip.field != field))
            dropped += tuple(Dropped(field, chip.label, chip.text) for chip in gone)
            if (without.chips or without.text) and count(without):
                return without, dropped
    found = _by_words(meant, count)
    if found is None and dropped and (wider := _by_words(without, count)):
        return wider[0], dropped + wider[1]
    return found


def _by_words(meant: Understood, count: Callable[[Understood], int]) -> Relaxed | None:
    """Its text by words instead of as it stands; of these, as few as need be are given up, and a third is kept."""
    cut = {term.needle: _cut(term.needle) for term in terms(meant.text)}
    words = list(dict.fromkeys(word for found in cut.values() for word in found))[:MAX_TERMS]
    if words == list(cut) and len(words) < 2:
        return None
    counts = {word: count(replace(meant, text=word)) for word in words if word not in _ASKING}
    rarest = sorted((word for word in counts if counts[word]), key=counts.__getitem__)
    kept = next((some for some in _fewer(rarest) if some and count(replace(meant, text=" ".join(some)))), [])
    if not kept or len(kept) < len(counts) // 3:
        return None
    phrases = [Dropped("phrase", needle, needle) for needle, found in cut.items() if found != [needle]]
    gone = [Dropped("word", word, word) for word in words if word not in kept]
    return replace(meant, text=" ".join(kept)), (*phrases, *gone)


def _fewer(words: list[str]) -> Iterator[list[str]]:
    """All of the words, rarest first; without one of them, the most frequent first; then fewer and fewer."""
    yield words
    for gone in range(len(words) - 1, -1, -1):
        yield [*words[:gone], *words[gone + 1 :]]
    for left in range(len(words) - 2, 0, -1):
        yield words[:left]


def _cut(needle: str) -> Sequence[str]:
    """Its words of more than one character; itself where there are none."""
    import rjieba  # its dictionary takes 32 MB, which most queries need not

    return [word for word in rjieba.cut(needle) if len(word) > 1] or [needle]
