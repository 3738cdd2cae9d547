"""What a query means: the words of the vocabularies become chips, the rest is text.

A chip is soft: it is met by a resource's metadata or by its words in the text, so that nothing a teacher can see is
lost.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.library import vocabulary
from service.library.recognising import NUMERALS, UNIT, Match, heard, recognised
from service.search.chinese import fold, terms
from service.search.pinyin import letters

NATIONAL = ("chinese", "morality", "history")
"""Subjects in which 人教版 means 统编版."""
LONGEST = 200
_ROMAN = {"i": 1, "v": 5, "x": 10}


@dataclass(frozen=True, slots=True)
class Chip:
    """A recognised word: met by one of `values` in `field`, or by one of `words` in the text."""

    field: str
    """One of recognising.FIELDS; `unit` has no values."""
    values: tuple[str, ...]
    label: str
    text: str
    """As it was typed."""
    words: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Its form in `understood` and `relaxed` (api.md)."""
        return {
            "field": self.field,
            "value": self.values[0] if self.values else self.label,
            "values": list(self.values),
            "label": self.label,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Understood:
    """The chips of a query, and the text that is left of it."""

    chips: tuple[Chip, ...]
    text: str


def understand(
    query: str, *, system: str | None = None, subjects: Collection[str] = (), literal: Collection[str] = ()
) -> Understood:
    """Split a query. `system` decides what 初一 is where the query does not say; `subjects` (with the query's own) what
    人教版 and 政治 are; the words of `literal` stay text. More than LONGEST characters were pasted: they are all text."""
    if len(query) > LONGEST:
        return Understood((), query)
    folded = fold(query)
    kept = {fold(word).text.strip() for word in literal}
    if folded.text.strip() not in kept and (word := heard(letters(query))):
        return Understood(_chips([(word, query.strip())], system, subjects), "")
    matches, pieces, at = [], [], 0
    for match in recognised(folded.text, kept):
        start, end = folded.origin(match.start, match.end)
        pieces += [query[at:start], " "]
        if match.field:
            first, last = folded.origin(*match.typed)
            matches.append((match, query[first:last]))
        else:
            pieces += [query[start:end], " "]
        at = end
    if not matches:
        return Understood((), query)
    text = re.sub(r"(^|\s)的|的(?=\s|$)", " ", "".join([*pieces, query[at:]])).strip()
    return Understood(_chips(matches, system, subjects), text if terms(text) else "")


def _chips(
    found: Sequence[tuple[Match, str]], system: str | None, subjects: Collection[str]
) -> tuple[Chip, ...]:
    said = [(match.field, code) for match, _text in found for code in match.codes]
    systems = [code for field, code in said if field == "system"]
    context = _Context(
        system=systems[0] if len(systems) == 1 else system,
        subjects={code for field, code in said if field == "subject"} | set(subjects),
        grades={int(code) for field, code in said if field == "grade"},
        stages={code for field, code in said if field == "stage"},
    )
    return tuple(dict.fromkeys(_chip(match, text, context) for match, text in found))


@dataclass(frozen=True, slots=True)
class _Context:
    system: str | None
    subjects: set[str]
    grades: set[int]
    stages: set[str]


def _chip(match: Match, text: str, context: _Context) -> Chip:
    if match.field == "unit":
        forms = _unit_words(match.word)
        return Chip("unit", (), forms[0], text, tuple(dict.fromkeys([text, *forms])))
    values = _values(match, context)
    labels = [vocabulary.label(match.field, value) for value in values]
    label = "或".join(labels) if len(labels) <= 2 else text
    names = [name for name in labels if "（" not in name]
    words = dict.fromkeys(
        [text, match.word, *names, *(_digits(name) for name in names if match.field == "grade")]
    )
    return Chip(match.field, values, label, text, tuple(words))


def _values(match: Match, context: _Context) -> tuple[str, ...]:
    if match.field == "grade" and match.word[0] == "初":
        return vocabulary.junior_grades(NUMERALS.index(match.word[1]), context.system)
    if match.word == "政治":
        older = "senior" in context.stages or any(grade > 9 for grade in context.grades)
        younger = bool(context.stages & {"primary", "junior"}) or any(grade < 10 for grade in context.grades)
        return match.codes if older == younger else ("politics",) if older else ("morality",)
    if "renjiao" in match.codes:
        national = context.subjects & set(NATIONAL)
        if national and national == context.subjects:
            return ("tongbian", "renjiao")
        return match.codes if context.subjects and not national else (*match.codes, "tongbian")
    return match.codes


def _digits(label: str) -> str:
    """三年级 → 3年级."""
    return re.sub("^[一二三四五六七八九](?=年级)", lambda found: str(NUMERALS.index(found.group())), label)


def _unit_words(word: str) -> list[str]:
    """第三单元, 第3单元 and 第iii单元, for any of them."""
    found = UNIT.fullmatch(word)
    assert found is not None
    value, kind = number(found[1]), found[2]
    tens, ones = divmod(value, 10)
    han = (
        (NUMERALS[tens] if tens > 1 else "")
        + ("十" if tens else "")
        + (NUMERALS[ones] if ones or not tens else "")
    )
    roman = "x" * tens + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[ones]
    return [f"第{form}{kind}" for form in (han, str(value), roman if 0 < value < 40 else "") if form]


def number(written: str) -> int:
    """Of Chinese or Roman numerals, or Chinese digits (一二 is 12); below 100."""
    if written[0] in _ROMAN:
        values = [_ROMAN[letter] for letter in written]
        return sum(
            -value if value < later else value for value, later in zip(values, [*values[1:], 0], strict=True)
        )
    tens, ten, ones = written.partition("十")
    if ten:
        return (NUMERALS.index(tens) if tens else 1) * 10 + (NUMERALS.index(ones) if ones else 0)
    return int("".join(str(NUMERALS.index(digit)) for digit in written))
