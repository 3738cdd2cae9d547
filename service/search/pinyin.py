"""Chinese by its sound: what a query of Latin letters alone may also mean (qiutian and qt for 秋天)."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from service.search.chinese import fold

_HAN = re.compile("[\u4e00-\u9fff]{2,}")
_LETTERS = re.compile("[a-z]{2,40}")
BEGIN = "^"
"""Before the tokens of a text's first run of Han."""
_SYLLABLES = 8
"""How far a token reaches from where it begins; nobody types more before she looks at the suggestions."""


def sounds(*texts: str) -> str:
    """Space-joined tokens of the Han runs of texts: from each character on, the pinyin and the initials of what follows.
    A query finds what begins with it. Those from the beginning of a text stand there once more, after BEGIN."""
    return " ".join(dict.fromkeys(token for text in texts for token in _sounds(fold(text).text)))


def _sounds(folded: str) -> Iterator[str]:
    first = True
    for run in _HAN.findall(folded):
        syllables = spell(run)
        for start in range(len(syllables) - 1):
            heard = syllables[start : start + _SYLLABLES]
            for token in ("".join(heard), initials(heard)):
                yield token
                if first:
                    yield BEGIN + token
            first = False


@cache
def pypinyin() -> Any:
    """The package pypinyin, loaded when it is first needed: its dictionaries take a quarter of a second. The sounds of a
    character in its 47,000 words are a list each, of which a hundredth are different: equal ones become one, 12 MB less."""
    import pypinyin
    from pypinyin.constants import PHRASES_DICT

    known: dict[tuple[str, ...], list[str]] = {}
    for sounds in PHRASES_DICT.values():
        sounds[:] = [known.setdefault(tuple(one), one) for one in sounds]
    return pypinyin


@lru_cache(maxsize=4096)
def spell(run: str) -> tuple[str, ...]:
    """The syllables of a run of Han characters, a to z only (ü as v)."""
    pypinyin()
    from pypinyin.seg.mmseg import seg

    return tuple(syllable for word in seg.cut(run) for syllable in _spell(word))


@lru_cache(maxsize=16_384)
def _spell(word: str) -> tuple[str, ...]:
    """Of a word of pypinyin's dictionary: they recur, and a run seldom does."""
    return tuple(re.sub("[^a-z]", "", syllable.lower()) for syllable in pypinyin().lazy_pinyin(word))


def initials(syllables: Sequence[str]) -> str:
    """The first letter of each syllable."""
    return "".join(syllable[:1] for syllable in syllables)


def letters(query: str) -> str:
    """The letters of a query that may be pinyin, joined; empty where anything but Latin letters is in it."""
    typed = re.sub(r"[\s']", "", fold(query).text)
    return typed if _LETTERS.fullmatch(typed) else ""
