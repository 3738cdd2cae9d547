"""Which words of a query belong to a vocabulary, and which of them may be cut out of it.

A word inside a longer one stays where it is (语文园地, 一元二次): `_stands` has the rules.
"""

import itertools
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from service.library import vocabulary
from service.search import MAX_TERMS, pinyin
from service.search.chinese import fold, parts

FIELDS = ("unit", "volume", "system", "grade", "edition", "stage", "subject", "type", "kind", "major")
"""What is recognised; where two fields know a word, the earlier has it."""
NUMERALS = "〇一二三四五六七八九十"
UNIT = re.compile(
    f"第([一二三四五六七八九]?十[一二三四五六七八九]?|[{NUMERALS[:-1]}]{{1,2}}|[ivx]{{1,5}})(单元|章|课)(?!时)"
)
_MORE = {
    "kind": {"实训": "training_material", "实训资源": "training_material"},
    "stage": {"中学": "senior"},
    "grade": {f"{number}年级": str(number) for number in (10, 11, 12)},
    "subject": {"政治": "morality"},
}
"""Words that teachers search by, beyond the vocabularies' own names. A word may stand for several codes."""
_WHOLE = (
    "语文园地", "数学广角", "数学乐园", "数学百花园", "综合性学习", "信息社会", "信息意识", "信息安全",
    "一年级起点", "三年级起点",
)  # fmt: skip
"""Words of textbooks that hold a word of a vocabulary and are not in the segmenter's dictionary."""
_PRESSES = ("教版", "科版", "美版", "少版", "师大版")
"""Editions that are known without 版 too; places (北京版) are not."""
_HAN = str.maketrans("0123456789", "〇一二三四五六七八九")
_SURE = re.compile("(年级|[上中下一二三四五六]册|版|制|学期|单元|章|课)$")
_STAGES = ("小学", "初中", "高中", "中职", "幼儿园")
_JOINTS = " ·-_/&+"

Entries = Callable[[str], tuple[vocabulary.Entry, ...]]
"""The entries of a vocabulary by its name."""


@dataclass(frozen=True, slots=True)
class Match:
    """A word in a folded query: [start, end) is cut out of it."""

    start: int
    end: int
    typed: tuple[int, int]
    """[start, end) of what it was recognised by: of 三上 and 三年级上 more than the one character that is cut out."""
    field: str
    """One of FIELDS; empty for a word that is to be searched as text."""
    codes: tuple[str, ...]
    word: str
    """The vocabulary's form: digits as Han, without dots and spaces."""


def recognised(folded: str, literal: Collection[str]) -> list[Match]:
    """The words to be cut out of a folded query, in order; those of `literal` are told apart but stay text."""
    found = [
        match
        for start, part in _parts(folded)
        for match in _kept(part, start, list(_found(part, start, literal)))
    ]
    return found[:MAX_TERMS]


@vocabulary.cached
def words() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Word (folded, digits as Han) → field and codes."""
    return words_of(vocabulary.entries)


def words_of(entries: Entries) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The same for other entries than all that this process knows."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    cities = {region.name.removesuffix("市") for region in vocabulary.regions()}
    for field in FIELDS[1:]:
        for word, code in _names(field, entries):
            key = fold(word).text.translate(_HAN)
            owner, codes = found.setdefault(key, (field, ()))
            if owner == field and code not in codes and word not in cities and len(key) > 1:
                found[key] = (field, (*codes, code))
    return {word: entry for word, entry in found.items() if entry[1]}


def heard(letters: str) -> Match | None:
    """The word of a vocabulary that a whole query of Latin letters (empty: of anything else) spells in pinyin."""
    word = _spelt().get(letters) if letters else None
    return Match(0, 0, (0, 0), *words()[word], word) if word else None


@vocabulary.cached
def _spelt() -> dict[str, str]:
    """Pinyin → the first word of a vocabulary that sounds so."""
    return {
        "".join(pinyin.spell(word)): word
        for word in reversed(words())
        if re.fullmatch("[\u4e00-\u9fff]{2,}", word)
    }


def _names(field: str, entries: Entries) -> Iterator[tuple[str, str]]:
    """(word, code): labels, aliases, and an edition's name without what it has in brackets, and without 版."""
    for entry in entries(field):
        for word in (entry.label, *entry.aliases):
            base, bracket, rest = word.partition("（")
            yield base, entry.code
            if field == "edition" and base.endswith(_PRESSES):
                yield base.removesuffix("版"), entry.code
            if bracket and rest == "领域）":
                yield f"{base}领域", entry.code
    yield from _MORE.get(field, {}).items()


@vocabulary.cached
def _pattern() -> re.Pattern[str]:
    """Any word, the longest first; 五·四 may have its dot, 必修 第一册 its gap; 三上 and 三年级上 have a volume's
    first character. No word begins inside a number (二十三年级)."""
    longest = sorted({word.replace("·", "") for word in (*words(), *_WHOLE)}, key=lambda word: -len(word))
    whole = "|".join(
        re.sub("(?<=[五六])(?=[四三])", "·?", re.sub("(?<=必修)(?=第)", " *", re.escape(word)))
        for word in longest
    )
    after = "|".join(
        ("$", "册", "第", "期", *(w for w, (field, _codes) in words().items() if field == "subject"))
    )
    short = f"[一二三四五六七八九](?=[上下](?:{after}))|(?<=[一二三四五六七八九])[上下](?={after})"
    return re.compile(
        f"(?!(?<=[{NUMERALS}])[{NUMERALS}])(?:{UNIT.pattern}|{whole}|五·四|(?<=年级)[上下]|{short})"
    )


def _parts(folded: str) -> Iterator[tuple[int, str]]:
    """The query's parts; 必修 第一册 is one."""
    held: tuple[int, str] | None = None
    for start, part in parts(folded):
        if held is not None and held[1].endswith("必修") and re.match("第[一二三四五六1-6]册", part):
            held = held[0], f"{held[1]}{' ' * (start - held[0] - len(held[1]))}{part}"
            continue
        if held is not None:
            yield held
        held = start, part
    if held is not None:
        yield held


def _found(part: str, offset: int, literal: Collection[str]) -> Iterator[Match]:
    """The words in a part of a query, whether or not they are to be cut out of it."""
    plain = part.translate(_HAN)
    for match in _pattern().finditer(plain):
        start, end = match.span()
        word = re.sub("[ ·]", "", match.group())
        word = {"上": "上册", "下": "下册", "五四": "五四制"}.get(word, word)
        if word in NUMERALS:
            word += "年级"
        field, codes = ("unit", ()) if UNIT.fullmatch(word) else words().get(word, ("", ()))
        first, last = _typed(part, start, end)
        if part[first:last] in literal:
            field, codes = "", ()
        elif not field or _inside_latin(part, start, end):
            continue
        yield Match(start + offset, end + offset, (first + offset, last + offset), field, codes, word)


def _typed(part: str, start: int, end: int) -> tuple[int, int]:
    if end - start > 1:
        return start, end
    if part[start] not in "上下":
        return start, end + 1
    return (start - 2 if part[:start].endswith("年级") else start - 1), end


def _inside_latin(part: str, start: int, end: int) -> bool:
    def latin(place: int) -> bool:
        return 0 <= place < len(part) and part[place].isascii() and part[place].isalnum()

    return (latin(start - 1) and latin(start)) or (latin(end - 1) and latin(end))


def _kept(part: str, offset: int, found: list[Match]) -> list[Match]:
    """The words that are cut out of a part: one after the other is taken back until all that stay may."""
    while True:
        starts = [match.start - offset for match in found] + [len(part)]
        ends = [0] + [match.end - offset for match in found]
        for n, match in enumerate(found):
            left = part[ends[n] : starts[n]].strip(_JOINTS)
            right = part[ends[n + 1] : starts[n + 1]].strip(_JOINTS)
            if match.field and not _stands(
                part, match, starts[n], ends[n + 1], left, right, alone=len(found) == 1
            ):
                del found[n]
                break
        else:
            return found


def _stands(part: str, match: Match, start: int, end: int, left: str, right: str, *, alone: bool) -> bool:
    """Whether a word is one of its own between what is left and right of it in its part (empty: another word, or the
    end). A single character binds to its neighbour (三年级组); a subject needs company (三年级语文古诗, but 化学反应);
    a type comes last (秋天的雨教案, but 教案模板); the 上 of 三上 follows its grade."""
    if end - start == 1 and match.field == "volume" and (left or start == 0):
        return False
    if not left and not right:
        return True
    if any(len(text) == 1 and text != "的" for text in (left, right)):
        return False
    if match.field in ("unit", "grade", "volume", "edition", "system") and _SURE.search(
        part[start:end] if match.field == "grade" else match.word
    ):
        return True
    if not {start, end} <= _borders(part):
        return False
    match match.field:
        case "grade" | "volume" | "unit":
            return True
        case "type" | "kind":
            return not right
        case "stage" if match.word in _STAGES:
            return not left or not right
        case _:
            return not alone and not (left and right)


@lru_cache(maxsize=64)
def _borders(part: str) -> frozenset[int]:
    """Where the segmenter parts its words."""
    import rjieba  # its dictionary takes 32 MB, which most queries need not

    return frozenset(itertools.accumulate(map(len, rjieba.cut(part)), initial=0))
