"""单元 of a volume: the last level of browsing. Units are free text, so they are counted over what the caller may see."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from service.library import listing, shapes
from service.library.understanding import number
from service.models import Version, fetch
from service.permissions import VISIBLE, seen_by
from service.work import Work

MOST = 60
_ORDER = re.compile(r"第([一二三四五六七八九]?十?[一二三四五六七八九]|[一二三四五六七八九]?十|[0-9]{1,3})")


def of(work: Work, filters: Mapping[str, list[str]]) -> list[tuple[str, int]]:
    """(unit, how many published resources) of what these filters leave, 第一单元 before 第十单元."""
    query = shapes.rows().where(VISIBLE, col(Version.unit).is_not(None), col(Version.unit) != "")
    for name, values in filters.items():
        query = query.where(listing.FILTERS[name].in_(values))
    inner = query.with_only_columns(col(Version.unit).label("unit")).order_by(None).subquery()
    counted = (
        select(inner.c.unit, func.count()).group_by(inner.c.unit).order_by(func.count().desc()).limit(MOST)
    )
    found: list[Any] = list(fetch(work.session, counted, seen_by(work.caller, work.now)))
    return sorted(((unit, count) for unit, count in found), key=lambda pair: (_place(pair[0]), pair[0]))


def _place(unit: str) -> int:
    named = _ORDER.search(unit)
    if named is None:
        return 1000
    written = named.group(1)
    return int(written) if written.isascii() else number(written)
