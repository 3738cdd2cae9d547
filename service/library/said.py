"""The words of the vocabularies that a text holds. An engine that knows no OR between a word of the text and metadata
answers soft conditions by them.

These are the words of the shipped vocabularies alone. A word that a library imports is not told of by what it has indexed
already: it is looked for as text.
"""

import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256

from service.library import vocabulary
from service.library.recognising import FIELDS, NUMERALS, words_of
from service.search.chinese import Term, fold, holds, terms

_UNIT = re.compile(f"第(?:[{NUMERALS}]{{1,3}}|[0-9]{{1,2}}|[ivx]{{1,7}})(?:单元|章|课)")
"""In whichever numerals; 第一课时 holds 第一课."""
_LATIN_END = re.compile("^[a-z0-9]|[a-z0-9]$")
_DIGITS = str.maketrans("一二三四五六七八九", "123456789")


def said(folded: str) -> frozenset[str]:
    """The forms in which `understanding` asks for a recognised word, units too, that a folded text holds literally. A
    word holds itself where it is such a form."""
    found = {
        word for word, term in _forms().items() if word in folded and (term is None or holds(folded, term))
    }
    return frozenset(found.union(_UNIT.findall(folded)))


@cache
def release() -> str:
    """Another one where the forms are others: what was indexed by the former does not tell of them."""
    return sha256("\n".join(sorted(_forms())).encode()).hexdigest()[:12]


@cache
def _forms() -> dict[str, Term | None]:
    """Form, folded → the term that finds it, None where any place in the text will do: it has no Latin end."""
    found: dict[str, Term | None] = {}
    for form in {fold(form).text for form in _written()}:
        asked = terms(form)
        if len(asked) == 1 and asked[0].needle == form:
            found[form] = asked[0] if _LATIN_END.search(form) else None
    return found


def _written() -> Iterator[str]:
    names = (
        name
        for field in FIELDS[1:]
        for entry in vocabulary.shipped(field)
        for whole in (entry.label, *entry.aliases)
        for name in (whole, whole.partition("（")[0])
    )
    for name in (*names, *words_of(vocabulary.shipped)):
        yield name
        yield name.translate(_DIGITS)
    for half in "上下":
        yield f"年级{half}"
        for number in range(1, 10):
            yield from (f"{NUMERALS[number]}{half}", f"{number}{half}")
