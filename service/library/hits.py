"""The hits of a search as a page or a program shows them: checked against SQL, with highlights and the pages they are
on."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlmodel import col

from service.library import indexing, shapes
from service.library.listing import shaped
from service.library.understanding import Understood
from service.models import File, PageText, Resource, Version, VersionFile, fetch
from service.permissions import VISIBLE_OF_FEW, seen_by
from service.search import chinese
from service.work import Work

HITS_IN = 3
"""Pages of a resource's files that a hit names."""

_HITS = (
    shapes.rows()
    .add_columns(col(Version.plain))
    .where(col(Resource.id).in_(bindparam("ids", expanding=True)), VISIBLE_OF_FEW)
)


def items(work: Work, ids: list[str], meant: Understood, *, pages: bool = True) -> list[dict[str, Any]]:
    """The hits that the caller may see, in this order, with highlights and (`pages`) the pages they are on. The words of
    chips are marked too; pages are looked for by them only where there is no other text."""
    said = chinese.terms(meant.text)
    recognised = tuple(term for chip in meant.chips for word in chip.words for term in chinese.terms(word))
    terms = (*said, *recognised)
    rows = fetch(work.session, _HITS, seen_by(work.caller, work.now) | {"ids": ids}).all()
    found = {item["id"]: item for item in shaped(work, rows)}
    versions = {row.version_id: row.id for row in rows if found[row.id]["files"]}
    words = {row.id: row.plain for row in rows}
    places = _pages(work, versions, said or recognised) if versions and terms and pages else {}
    made = []
    for resource_id in ids:
        if (item := found.get(resource_id)) is None:
            continue
        here = places.get(resource_id, [])
        item["highlights"] = _highlights(item, words[resource_id], here, terms) if terms else {}
        item["hits_in"] = [{"file_id": file_id, "page": page} for file_id, page, _text in here]
        made.append(item)
    return made


def _highlights(
    item: dict[str, Any],
    content: str,
    pages: list[tuple[str, int | None, str]],
    terms: tuple[chinese.Term, ...],
) -> dict[str, str]:
    """Field → HTML (escaped, hits in <mark>) for the fields that hold a hit."""
    fields = {
        "title": (item["title"], None),
        "summary": (item["summary"], 160),
        "tags": (" · ".join(item["tags"]), None),
        "credits": (" · ".join(indexing.credit_words(credit) for credit in item["credits"]), 160),
        "content": (content, 160),
        "text": (next((text for _file, _page, text in pages), ""), 160),
    }
    return {
        name: chinese.mark(text, found, size=size)
        for name, (text, size) in fields.items()
        if text and (found := chinese.spans(text, terms))
    }


@lru_cache(maxsize=64)
def _holding(patterns: int) -> Select[str, str, int, int | None, str]:
    """The pages of versions that hold one of so many patterns, in order. Built once for each number: most of the time of
    asking went into it."""
    holds = (col(PageText.folded).like(bindparam(f"pattern_{n}"), escape="\\") for n in range(patterns))
    return (
        select(
            col(VersionFile.version_id),
            col(PageText.file_id),
            col(PageText.n),
            col(File.pages),
            col(PageText.text),
        )
        .join(File, col(File.id) == col(VersionFile.file_id))
        .join(PageText, col(PageText.file_id) == col(File.id))
        .where(col(VersionFile.version_id).in_(bindparam("ids", expanding=True)), or_(*holds))
        .order_by(col(VersionFile.version_id), col(VersionFile.position), col(PageText.n))
    )


def _pages(
    work: Work, versions: Mapping[str, str], terms: tuple[chinese.Term, ...]
) -> dict[str, list[tuple[str, int | None, str]]]:
    """Resource id → (file id, page or None where it has no pages, text) of the first pages that hold a term."""
    patterns = chinese.like_patterns(terms)
    parameters = {f"pattern_{n}": pattern for n, pattern in enumerate(patterns)} | {"ids": list(versions)}
    found: dict[str, list[tuple[str, int | None, str]]] = {}
    for version_id, file_id, n, pages, text in fetch(work.session, _holding(len(patterns)), parameters):
        here = found.setdefault(versions[version_id], [])
        if len(here) < HITS_IN and chinese.spans(text, terms):
            here.append((file_id, n if pages else None, text))
    return found
