"""Completions for what is being typed: words of the vocabularies, and titles and tags of what the caller may see."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from sqlalchemy import bindparam, select
from sqlmodel import col

from service.errors import Unavailable
from service.library import finding, shapes, vocabulary
from service.library.understanding import Understood
from service.models import Resource, Version, fetch
from service.permissions import VISIBLE_OF_FEW, seen_by
from service.search import chinese, pinyin
from service.work import Work

MOST = 10
WORDS = 3
"""Words of the vocabularies at most, so that titles have room."""
LOOKED_AT = 20
"""Resources whose title and tags are looked at."""
_FIELDS = ("grade", "volume", "subject", "edition", "type", "stage", "major")

_HEADS = (
    select(col(Resource.id), col(Version.title), col(Version.tags))
    .join(Version, col(Version.id) == shapes.SHOWN)
    .where(col(Resource.id).in_(bindparam("ids", expanding=True)), VISIBLE_OF_FEW)
)


def suggest(work: Work, typed: str) -> list[dict[str, str]]:
    """At most MOST completions, each `{text, source}`, source being `vocabulary`, `title` or `tag`. None where no letter
    or digit was typed; words of the vocabularies alone while the index is down."""
    typed = " ".join(typed[:200].split())
    if not chinese.terms(typed):
        return []
    found: dict[str, str] = {}
    for text, source in (*_words(typed), *_heads(work, typed)):
        found.setdefault(text, source)
    found.pop(typed, None)
    return [{"text": text, "source": source} for text, source in list(found.items())[:MOST]]


def _words(typed: str) -> list[tuple[str, str]]:
    """What was typed, its last part completed to words of the vocabularies."""
    before, space, part = typed.rpartition(" ")
    begun = chinese.fold(part).text
    words = [word for word, keys in _known().items() if any(key.startswith(begun) for key in keys)]
    return [(before + space + word, "vocabulary") for word in words[:WORDS]]


@vocabulary.cached
def _known() -> dict[str, tuple[str, str, str]]:
    """Word of a vocabulary → how it may be typed: as it is, in pinyin, by the initials."""
    words = {
        word: pinyin.spell(word)
        for field in _FIELDS
        for entry in vocabulary.entries(field)
        for word in (entry.label, *entry.aliases)
        if len(word) > 1 and "（" not in word
    }
    return {
        word: (chinese.fold(word).text, "".join(spelt), pinyin.initials(spelt))
        for word, spelt in words.items()
    }


def _heads(work: Work, typed: str) -> Iterator[tuple[str, str]]:
    """Titles, then tags, that hold what was typed or sound like it; those that begin with it come first."""
    try:
        ids = _looked_at(work, typed)
    except Unavailable:
        return
    rows = fetch(work.session, _HEADS, seen_by(work.caller, work.now) | {"ids": list(ids)}).all()
    seen = {row.id: row for row in rows}
    shown = [seen[resource_id] for resource_id in ids if resource_id in seen]
    begun, fits = chinese.fold(typed).text, _fitting(typed)
    titles = [row.title for row in shown if fits(row.title)]
    yield from (
        (text, "title")
        for text in sorted(titles, key=lambda text: not chinese.fold(text).text.startswith(begun))
    )
    yield from ((tag, "tag") for row in shown for tag in row.tags if fits(tag))


def _looked_at(work: Work, typed: str) -> tuple[str, ...]:
    """Of letters first what begins with their sound, which comes first: what only holds it is asked for where that is too
    little."""
    asked, _exact = finding.scope(work, {})
    query = replace(asked, heads=True, limit=LOOKED_AT)
    if pinyin.letters(typed):
        begun = finding.ask(work, Understood((), typed), replace(query, begins=True))
        if len(begun.ids) == LOOKED_AT:
            return begun.ids
    return finding.ask(work, Understood((), typed), query).ids


def _fitting(typed: str) -> Callable[[str], bool]:
    """Whether a title or tag holds every term, or a word of it begins with, or sounds like, the letters typed."""
    terms, letters = chinese.terms(typed), pinyin.letters(typed)

    begun = re.compile(rf"(?<![^\W_]){letters}", re.ASCII) if letters else None

    def fits(text: str) -> bool:
        if all(chinese.spans(text, (term,)) for term in terms):
            return True
        return begun is not None and any(map(begun.search, (chinese.fold(text).text, pinyin.sounds(text))))

    return fits
