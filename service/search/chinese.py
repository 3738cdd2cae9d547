"""The one analyser in front of every engine: what is literal in the text is what matches.

Segmenters lose words that teachers can see, so that Han runs become overlapping bigrams, queried as phrases; a second
field of single characters and words carries one-character words and mixed terms ("IC卡", "2022年", "PM2.5"). "Literal"
means substring, with Latin letters and digits at word boundaries.

Folding: NFKC per character, lower case, traditional → simplified character for character (OpenCC's TSCharacters), so
that a match in the folded text has a place in the original.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files as package_files
from operator import add

from service.search import MAX_TERMS

ANALYSER_VERSION = "1"
LONGEST = 400
"""Characters of a query that are asked for: Meilisearch reads 1,000 tokens, and each space between two is one."""
SEPARATOR = "\u241f"
"""The token between runs (SYMBOL FOR UNIT SEPARATOR); folding drops it from texts, so that no query holds it."""

_CJK = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_CJK}]+|[^\\W_{_CJK}]+|\\s+|[^\\s]")
_HAN = re.compile(f"[{_CJK}]")
_BINDING = f"[^\\W_{_CJK}]"
"""A letter or digit: what stands beside another of them is inside a word."""
_LEAST = _CJK[0]
"""The first of them: most of what is none comes before it."""
_CONNECTORS = "-./+#&'·:_%@*~=°℃"
"""Punctuation that holds a term together; all other punctuation parts it."""
_PARTS = re.compile(f"[^\\w{re.escape(_CONNECTORS)}]+")
SHORT = 100
"""Characters of a text whose folding is remembered: titles, tags and queries come again and again."""
_DOTS = "•·‧∙⋅・・"


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    """Every character that folding changes into exactly one other: width, case, tradition, and the dots that all mean
    the same. With it whole texts fold in one pass."""
    table = {ord(dot): "·" for dot in _DOTS} | {ord(SEPARATOR): " ", 0: " "}
    source = package_files("opencc").joinpath("dictionary/TSCharacters.txt").read_text(encoding="utf-8")
    for line in source.splitlines():
        traditional, _, simplified = line.partition("\t")
        target = simplified.split(" ")[0]
        if len(traditional) == len(target) == 1:
            table[ord(traditional)] = target
    for code in (*range(0x20, 0xD800), *range(0xE000, 0x10000)):
        folded = unicodedata.normalize("NFKC", chr(code)).lower()
        if len(folded) == 1 and folded != chr(code) and code not in table:
            table[code] = table.get(ord(folded), folded)
    return table


@lru_cache(maxsize=1)
def _plane() -> str:
    """The same for the basic plane, what stays as it is too: what a table of changes alone does not hold is an exception
    for each character, which were half of the time."""
    table = _table()
    return "".join(table.get(code, chr(code)) for code in range(0x10000))


@lru_cache(maxsize=1)
def _uneven() -> re.Pattern[str]:
    """Characters that fold into several or none (ligatures, ㎡, ½) or into one that binds otherwise (Ⓐ is no letter, a is
    one), and all beyond the basic plane, to be sure."""
    binds, folded = re.compile(_BINDING).match, _plane()
    uneven = (
        re.escape(character)
        for character in map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x10000)))
        if len(unicodedata.normalize("NFKC", character).lower()) != 1
        or bool(binds(character)) != bool(binds(folded[ord(character)]))
    )
    return re.compile(f"[{''.join(uneven)}\U00010000-\U0010ffff]")


@lru_cache(maxsize=1)
def _written() -> Mapping[str, str]:
    """Folded character → the class of characters of the basic plane that fold into it, as a pattern."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, folded in enumerate(_plane()):
        found[folded].append(re.escape(chr(code)))
    return {folded: f"[{''.join(some)}]" for folded, some in found.items() if some != [re.escape(folded)]}


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `offsets[i]` is where its character i stands in the original (None: in the same place)."""

    text: str
    offsets: list[int] | None

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The original's [start, end) of the folded [start, end)."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold a text, keeping the way back."""
    return _fold_short(text) if len(text) <= SHORT else _fold(text)


def _fold(text: str) -> Folded:
    if text.isascii():
        return Folded(text.lower().replace("\0", " "), None)
    if _uneven().search(text) is None:
        return Folded(text.translate(_plane()), None)
    characters: list[str] = []
    offsets: list[int] = []
    for index, character in enumerate(text):
        folded = _fold_one(character)
        characters.append(folded)
        offsets.extend([index] * len(folded))
    return Folded("".join(characters), offsets)


_fold_short = lru_cache(maxsize=8192)(_fold)


@lru_cache(maxsize=65_536)
def _fold_one(character: str) -> str:
    return unicodedata.normalize("NFKC", character).lower().translate(_table())


def tokens(text: str) -> tuple[str, str]:
    """The space-joined tokens of the two fields: overlapping bigrams of Han runs, or their single characters; words whole;
    a separator between, but for connectors, which are tokens of the second field."""
    pairs, alone = list[str](), list[str]()
    pair, single = pairs.append, alone.append  # half of what it costs to feed an index is spent here
    for run in _RUN.findall(fold(text).text):
        first = run[0]
        if first >= _LEAST and ("\u4e00" <= first <= "\u9fff" or _HAN.match(run)):
            alone += run
            if len(run) == 1:
                pair(run)
            else:
                pairs += map(add, run, run[1:])
                pair(SEPARATOR)
        elif first.isalnum():
            pair(run)
            single(run)
        else:
            pair(SEPARATOR)
            single(run if run in _CONNECTORS else SEPARATOR)
    return " ".join(pairs), " ".join(alone)


def bigrams(text: str) -> str:
    """The first of the two fields alone."""
    return tokens(text)[0]


@dataclass(frozen=True, slots=True)
class Term:
    """One literal of a query: the folded needle, and the phrase of tokens that finds it in one of the two fields."""

    needle: str
    tokens: tuple[str, ...]
    single: bool
    """Whether the phrase is asked of the second field."""


def terms(query: str) -> tuple[Term, ...]:
    """The literals of a query, at most MAX_TERMS; a query of punctuation alone has none (and finds nothing)."""
    found: dict[str, Term] = {}
    for _start, part in parts(fold(query[:LONGEST]).text[:LONGEST]):
        needle = part.strip(_CONNECTORS)
        if needle and needle not in found:
            found[needle] = _term(needle)
    return tuple(found.values())[:MAX_TERMS]


def _term(needle: str) -> Term:
    runs = _RUN.findall(needle)
    pairs, alone = tokens(needle)
    if len(runs) == 1 and (not _HAN.match(needle) or len(needle) > 1):
        return Term(needle, tuple(token for token in pairs.split(" ") if token != SEPARATOR), single=False)
    return Term(needle, tuple(alone.split(" ")), single=True)


def parts(folded: str) -> Iterator[tuple[int, str]]:
    """(start, part) of what stands between spaces and parting punctuation in a folded query."""
    at = 0
    for gap in _PARTS.finditer(folded):
        if gap.start() > at:
            yield at, folded[at : gap.start()]
        at = gap.end()
    if at < len(folded):
        yield at, folded[at:]


def like_patterns(wanted: Sequence[Term]) -> list[str]:
    """LIKE patterns (escape character: backslash) that a folded text holding a term satisfies."""
    return ["%" + re.sub(r"([%_\\])", r"\\\1", term.needle) + "%" for term in wanted]


@lru_cache(maxsize=1024)
def _pattern(wanted: tuple[Term, ...], *, folded: bool = True) -> re.Pattern[str]:
    """What finds them in a folded text, or in one that is not but is even."""
    longest = sorted((term.needle for term in wanted), key=len, reverse=True)
    return re.compile("|".join(_bounded(needle, folded) for needle in longest))


def _bounded(needle: str, folded: bool) -> str:
    """The needle, where it begins or ends in a letter or digit at the boundary of a word (Han does not bind)."""
    before = f"(?<!{_BINDING})" if re.match(_BINDING, needle[0]) else ""
    after = f"(?!{_BINDING})" if re.match(_BINDING, needle[-1]) else ""
    within = re.escape(needle)
    if not folded:
        within = "".join(_written().get(character, re.escape(character)) for character in needle)
    return before + within + after


def holds(folded: str, term: Term) -> bool:
    """Whether a folded text holds the term literally."""
    return term.needle in folded and _pattern((term,)).search(folded) is not None


def spans(text: str, wanted: tuple[Term, ...]) -> list[tuple[int, int]]:
    """[start, end) of each literal match in the original text, in order, not overlapping."""
    if not wanted or not text:
        return []
    if _uneven().search(text) is None:  # folding the text of a page of hits took longer than reading it
        return [match.span() for match in _pattern(wanted, folded=False).finditer(text)]
    folded, found = fold(text), list[tuple[int, int]]()
    for match in _pattern(wanted).finditer(folded.text):
        left, right = folded.origin(*match.span())
        if found and left < found[-1][1]:  # of one character (½ has two numbers), which is shown once
            left = found.pop()[0]
        found.append((left, right))
    return found


def highlight(text: str, wanted: tuple[Term, ...], *, size: int | None = 160) -> str:
    """`mark` of the text's literal matches."""
    return mark(text, spans(text, wanted), size=size)


def mark(text: str, found: list[tuple[int, int]], *, size: int | None = 160) -> str:
    """Escaped HTML with the spans in <mark>: the whole text, or `size` characters where most of them are."""
    start, end = _window(text, found, size)
    pieces = ["…" if start > 0 else ""]
    at = start
    for left, right in found:
        if start <= left and right <= end:
            pieces += [escape(text[at:left]), "<mark>", escape(text[left:right]), "</mark>"]
            at = right
    pieces += [escape(text[at:end]), "…" if end < len(text) else ""]
    return "".join(pieces)


def _window(text: str, found: list[tuple[int, int]], size: int | None) -> tuple[int, int]:
    if size is None or len(text) <= size:
        return 0, len(text)
    starts = [left for left, _right in found] or [0]
    best = max(
        starts,
        key=lambda left: (bisect_left(starts, left + size * 3 // 4) - bisect_left(starts, left), -left),
    )
    begin = max(0, min(best - size // 5, len(text) - size))
    return begin, begin + size
