"""相似资源: what else teaches the same, through the search, so that nothing is named that the caller may not see."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from service.errors import Unavailable
from service.library import finding, hits
from service.library.understanding import understand
from service.work import Work

MOST = 5
_NOISE = re.compile(
    r"第[一二三四五六七八九十\d]+课时|[（(《“].{0,3}[)）》”]|教学设计|教案|课件|说课稿|学案|练习"
)
_WORDS = re.compile(r"[\u4e00-\u9fff]{2,12}|[A-Za-z]{3,20}")


def similar(work: Work, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """At most MOST resources like this one (a Resource of api.md): first of its title, then of its unit, then of its
    subject and grade or its major. Empty while the search does not answer: the page does without."""
    chosen: dict[str, None] = {}
    try:
        asked, _exact = finding.scope(work, {})
        for text, filters in _questions(found):
            within = {name: tuple(values) for name, values in filters.items()}
            query = replace(asked, filters=within, limit=MOST + 1)
            chosen |= dict.fromkeys(finding.ask(work, finding.meaning(work, text, filters), query).ids)
            chosen.pop(found["id"], None)
            if len(chosen) >= MOST:
                break
    except Unavailable:
        return []
    return hits.items(work, list(chosen)[:MOST], understand("")) if chosen else []


def _questions(found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """From the narrowest to the widest; none without anything to go by."""
    title = _WORDS.findall(_NOISE.sub(" ", found["title"]))
    if title:
        yield max(title, key=len), {}
    place = {name: [found[name]] for name in ("subject", "grade", "major") if found[name]}
    unit = _WORDS.findall(found["unit"] or "")
    if unit and place:
        yield max(unit, key=len), place
    if "major" in place or len(place) == 2:
        yield "", place
