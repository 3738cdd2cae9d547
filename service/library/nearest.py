"""A question's nearest answers: what holds most of its telling words, the rarest counting most.

Every engine can say what holds one word, and how many do; the rest is done here, so that all engines answer alike. The
weight of a word is its inverse document frequency (Spärck Jones 1972) in what the caller may see.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from service.search import MAX_ONLY, MAX_TERMS, Hits
from service.search.chinese import terms

DEEP = 100
"""Hits of one word that are looked at."""
WORDS = 16
"""Words of a question that are asked for."""
SHARE = 0.5
"""What an answer must hold of the best one's weight."""
_ASKING = frozenset({
    "怎样", "怎么", "怎么样", "什么", "为什么", "如何", "哪些", "哪里", "哪个", "哪位", "是否", "可以", "应该", "我们", "有没有",
    "一个", "多少", "什么样", "何时", "何处",
})  # fmt: skip
"""Words of a question that nobody looks for."""
_LITTLE = frozenset(
    "的了是在有和与及或之而于以为被把从到对不也就都很又等吗呢吧啊么其此该这那哪谁何几个种位次年月日大可会要能由将并让使得着过"
)
"""Characters that say nothing by themselves."""
_HAN = re.compile("[\u4e00-\u9fff]+")


class Ask(Protocol):
    """What the engine finds for a text in the caller's scope, chips and filters included."""

    def __call__(self, text: str, limit: int, only: frozenset[str] | None = None, /) -> Hits: ...


@dataclass(frozen=True, slots=True)
class Near:
    """Ids, the nearest first, and of the words asked for those that the nearest holds (rarest first)."""

    ids: tuple[str, ...]
    words: tuple[str, ...]


def nearest(text: str, ask: Ask) -> Near | None:
    """At most DEEP answers; None where even the best holds less than a quarter of the words."""
    asked = _asked(words(text), ask)
    found = {word: hits for word, hits in asked.items() if hits.total}
    rarest = sorted(found, key=lambda word: (found[word].total, -len(word)))[:WORDS]
    candidates = _candidates(rarest, found, ask)
    holders = _holders(rarest, found, candidates, ask)
    most = max((found[word].total for word in rarest), default=0)
    weights = {word: math.log(1 + 2 * most / found[word].total) for word in rarest}
    scores = {ident: sum(weights[word] for word in rarest if ident in holders[word]) for ident in candidates}
    places = {ident: place for place, ident in enumerate(candidates)}
    order = sorted(scores, key=lambda ident: (-round(scores[ident], 6), places[ident]))
    if not order:
        return None
    held = tuple(word for word in rarest if order[0] in holders[word])
    if 4 * len(held) < len(asked):
        return None
    enough = SHARE * scores[order[0]]
    return Near(tuple(ident for ident in order[:DEEP] if scores[ident] >= enough), held)


def words(text: str) -> list[str]:
    """The telling words of a question: those of the segmenter, long ones with the words inside them; and what it leaves
    as single characters (names, mostly) as pairs with their neighbours."""
    found = [word for term in terms(text) for word in _words(term.needle)]
    return list(dict.fromkeys(found))


def _words(needle: str) -> Iterator[str]:
    import rjieba  # its dictionary takes 32 MB, which most queries need not

    if not _HAN.search(needle):
        yield needle
        return
    yield from (word for word in rjieba.cut_for_search(needle) if len(word) > 1 and word not in _ASKING)
    cut = rjieba.cut(needle)
    for before, word, after in zip(["", *cut], cut, [*cut[1:], ""], strict=False):
        if _HAN.fullmatch(word) and len(word) == 1 and word not in _LITTLE:
            pairs = [before[-1:] + word, word + after[:1]]
            kept = [
                pair for pair in pairs if _HAN.fullmatch(pair) and len(pair) == 2 and not set(pair) & _LITTLE
            ]
            yield from kept or [word]


def _asked(wanted: Sequence[str], ask: Ask) -> dict[str, Hits]:
    """Word → its hits. A long word that nothing holds was no word: its pairs are asked for instead."""
    found: dict[str, Hits] = {}
    for word in wanted:
        found[word] = ask(word, DEEP)
        if found[word].total == 0 and len(word) > 2 and _HAN.fullmatch(word):
            pairs = ["".join(pair) for pair in pairwise(word)]
            found |= {pair: ask(pair, DEEP) for pair in pairs if not set(pair) & _LITTLE}
    return found


def _candidates(rarest: Sequence[str], found: Mapping[str, Hits], ask: Ask) -> list[str]:
    """What may be the answer: all that holds a rare word; and what holds several of the frequent ones together."""
    ids = dict.fromkeys(ident for word in rarest if found[word].total <= DEEP for ident in found[word].ids)
    together: list[str] = []
    for word in rarest[:MAX_TERMS]:
        together.append(word)
        if found[word].total <= DEEP:
            continue
        hits = found[word] if len(together) == 1 else ask(" ".join(together), DEEP)
        if not hits.total:
            together.pop()
        ids |= dict.fromkeys(hits.ids)
    return list(ids)[:MAX_ONLY]


def _holders(
    rarest: Sequence[str], found: Mapping[str, Hits], candidates: Sequence[str], ask: Ask
) -> dict[str, frozenset[str]]:
    """Word → the candidates that hold it."""
    among = frozenset(candidates)
    return {
        word: frozenset(found[word].ids if found[word].total <= DEEP else ask(word, len(among), among).ids)
        for word in rarest
    }
