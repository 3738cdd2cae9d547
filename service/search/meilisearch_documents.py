"""What Meilisearch is given of a document, and its settings: our tokens in words that nothing in the server touches.

Its tokenizer folds and parts what it reads by rules of its own (accents, kana, Hangul, dots). So each token becomes one
word of ASCII letters and digits, which every build of the server leaves alone: whole where it is such a word, else the
hexadecimal UTF-16 of its characters. A separator becomes a full stop, which the server keeps eight positions wide and
across which it stores no pair of words.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any

from meilisearch_python_sdk.models.settings import (
    Faceting,
    Filter,
    FilterableAttributeFeatures,
    FilterableAttributes,
    LocalizedAttributes,
    MeilisearchSettings,
    Pagination,
    TypoTolerance,
)

from service.search import FACETS, Document, chinese, pinyin

LAYOUT = "1"
"""Of the fields below; part of the version that an index carries."""
MARK = "0-version"
"""Id of the document that carries the version. It has no readers, so that no search finds it; a rebuild writes it last."""
TEXTS = 320
"""Attributes of the longest text: what a resource contributes at most is 1,000,000 characters, two tokens each, and
where every character is parted from the next a token takes nine positions."""
POSITIONS = 60_000
"""Of an attribute; Meilisearch drops what stands beyond 65,535 without a word."""
GAP = 8
"""Positions between two sentences, and between two strings of an attribute."""
VALUES = 2000
"""Values of a facet that are counted (124 editions exist, and some hundred schools)."""
HEAD = "y"
"""Before the words of title, summary, tags and credits where they stand once more, for queries of heads."""
_CODED = "z"
EVERY = "\u241e"
"""The token that every document holds, so that a way of filters alone can be weighed; no query holds it."""
_LONGEST_WORD = 240
"""Bytes; Meilisearch leaves out words of more than 250."""
_LONGEST_VALUE = 400
"""Of a value to filter or sort by; Meilisearch cuts at 479."""


@lru_cache(maxsize=131_072)
def word(token: str) -> str:
    """A token as one word of [a-z0-9]; different tokens are different words. What begins a word without its last
    characters begins its coded form."""
    if token.isascii() and token.isalnum() and token[0] not in (_CODED, HEAD):
        coded = token
    else:
        coded = _CODED + spell(token)
    return coded if len(coded) <= _LONGEST_WORD else f"{_CODED}h{sha256(coded.encode()).hexdigest()}"


def spell(text: str) -> str:
    """UTF-16 in hexadecimal: sorts like the text's code points (of the basic plane), and a beginning stays one."""
    return text.encode("utf-16-be", "surrogatepass").hex()


def phrase(tokens: Iterable[str], *, heads: bool = False) -> str:
    """A quoted phrase of a query."""
    return '"' + " ".join((HEAD if heads else "") + word(token) for token in tokens) + '"'


def fields(source: Document, said: Callable[[str], frozenset[str]]) -> dict[str, Any]:
    """The document as JSON. `said` tells the words of soft conditions that a folded text holds."""
    heads, texts = (
        [source.title, source.summary, *source.tags, *source.credits],
        [source.content, *source.texts],
    )
    made: dict[str, Any] = {
        "id": source.id,
        "revision": source.revision,
        "readers": list(source.readers),
        "updated_at": source.updated_at,
        "title_order": spell(source.title_order)[:_LONGEST_VALUE],
        "title": [_joined(sentence) for sentence in _sentences([source.title])],
        "head": [_joined(sentence) for sentence in _sentences(heads[1:])],
        "heads": [_joined(sentence, HEAD) for sentence in _sentences(heads)],
        "sounds": _sounds(source),
        "said": sorted({spell(word) for text in (*heads, *texts) for word in said(chinese.fold(text).text)}),
        "every": word(EVERY),
    }
    for n, attribute in enumerate(_attributes(texts)):
        made[f"text{n}"] = attribute
    return made | {name: list(values) for name, values in source.facets.items()}


def _sounds(source: Document) -> list[str]:
    """What a query of Latin letters finds by its beginning: pinyin of title and tags; after a full stop, the title's
    words, for queries of heads."""
    begun = [
        f".{spell(token)}"[:_LONGEST_VALUE]
        for token in chinese.bigrams(source.title).split()
        if pinyin.letters(token[:2])
    ]
    return [*pinyin.sounds(source.title, *source.tags).split(), *dict.fromkeys(begun)]


def _sentences(texts: Iterable[str]) -> Iterator[list[str]]:
    """Of each text the tokens that may stand in a phrase together: of the first field, then of the second."""
    for text in texts:
        for tokens in chinese.tokens(text):
            yield from (found for part in tokens.split(chinese.SEPARATOR) if (found := part.split()))


def _joined(tokens: Iterable[str], before: str = "") -> str:
    return " ".join(before + word(token) for token in tokens)


def _attributes(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts over attributes that each stay within POSITIONS; no phrase is torn, but where a single run of Han is
    longer than an attribute: its parts overlap by as much as a query may hold. What exceeds TEXTS is left out."""
    number, room, filled = 0, POSITIONS, list[str]()
    for sentence in _sentences(texts):
        for start in range(0, len(sentence), POSITIONS // 2):
            part = sentence[start : start + POSITIONS // 2 + chinese.LONGEST]
            if len(part) + GAP > room:
                yield [". ".join(filled)]
                number, room, filled = number + 1, POSITIONS, []
                if number == TEXTS:
                    return
            filled.append(_joined(part))
            room -= len(part) + GAP
    if filled:
        yield [". ".join(filled)]


def version(words: str) -> str:
    """What an index says that it was made as: by this layout, this analyser, these settings, and a release of the words of
    soft conditions. Another one is rebuilt."""
    made = settings().model_dump_json(by_alias=True, exclude_none=True)
    return f"{LAYOUT}/{chinese.ANALYSER_VERSION}/{sha256(made.encode()).hexdigest()[:12]}/{words}"


def _filterable(*names: str, begins: bool = False) -> FilterableAttributes:
    features = FilterableAttributeFeatures(
        facet_search=False, filter=Filter(equality=True, comparison=begins)
    )
    return FilterableAttributes(attribute_patterns=list(names), features=features)


def settings() -> MeilisearchSettings:
    """Of the index. Sorting comes first, but only acts where a query asks for it; what is alike is newest first."""
    return MeilisearchSettings(
        searchable_attributes=["title", "head", *(f"text{n}" for n in range(TEXTS)), "heads", "every"],
        displayed_attributes=["id", "revision", "version", "made_as"],
        filterable_attributes=[
            _filterable("id", "readers", "said", *FACETS),
            _filterable("sounds", begins=True),
        ],
        sortable_attributes=["updated_at", "title_order"],
        ranking_rules=["sort", "words", "proximity", "attribute", "exactness", "updated_at:desc"],
        localized_attributes=[LocalizedAttributes(locales=["eng"], attribute_patterns=["*"])],
        typo_tolerance=TypoTolerance(enabled=False),
        prefix_search="disabled",
        facet_search=False,
        faceting=Faceting(max_values_per_facet=VALUES),
        pagination=Pagination(max_total_hits=1_000_000_000),
        search_cutoff_ms=500,
    )
