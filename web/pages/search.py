"""Search: words, facets, sort, pages; every state is an address."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from service.http import Reading, UnitRoute
from service.library import finding, majors, offering, organisations
from service.work import Work
from web.rendering import page

router = APIRouter(route_class=UnitRoute)
PER_PAGE = 20
SORTS = {"relevance": "最相关", "newest": "最新", "oldest": "最早", "title": "按标题"}
FACET_NAMES = {
    "kind": "类别", "stage": "学段", "grade": "年级", "subject": "学科", "edition": "教材版本", "volume": "册次",
    "type": "类型", "system": "学制", "major": "专业", "city": "城市", "school": "学校", "year": "年份",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """The state of a search, and the addresses of the states next to it."""

    path: str
    q: str
    chosen: dict[str, list[str]]
    sort: str
    literal: tuple[str, ...] = ()
    """Words of q that are looked for as they stand."""

    def with_(
        self,
        *,
        page: int = 1,
        sort: str | None = None,
        chosen: dict[str, list[str]] | None = None,
        literal: Iterable[str] | None = None,
    ) -> str:
        """The address with another page, sort, other filters or other literal words."""
        wanted = self.chosen if chosen is None else chosen
        pairs: list[tuple[str, str]] = [("q", self.q)] if self.q else []
        pairs += [("literal", word) for word in (self.literal if literal is None else literal)]
        pairs += [(name, value) for name, values in wanted.items() for value in values]
        if (sort or self.sort) != "relevance":
            pairs.append(("sort", sort or self.sort))
        if page > 1:
            pairs.append(("page", str(page)))
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def pairs(self) -> list[tuple[str, str]]:
        """The filters as a form's hidden fields."""
        return [(name, value) for name, values in self.chosen.items() for value in values]

    def toggled(self, name: str, value: str) -> str:
        """The address with this value chosen, or no longer."""
        values = self.chosen.get(name, [])
        changed = [item for item in values if item != value] if value in values else [*values, value]
        return self.with_(chosen={**self.chosen, name: changed})

    def as_typed(self, word: str) -> str:
        """The address where this word is looked for as it stands, or no longer."""
        others = [kept for kept in self.literal if kept != word]
        return self.with_(literal=others if word in self.literal else [*others, word])

    def has(self, name: str, value: str) -> bool:
        """Whether this value is chosen."""
        return value in self.chosen.get(name, [])


@router.get("/search")
def search(
    work: Reading,
    request: Request,
    q: Annotated[str, Query(max_length=2000)] = "",
    literal: Annotated[list[str], Query()] = [],
    sort: Literal["relevance", "newest", "oldest", "title"] = "relevance",
    page_number: Annotated[int, Query(alias="page", ge=1, le=500)] = 1,
) -> Response:
    """Results with facets; what the words were taken for, each to be taken back; and where to go from nothing."""
    chosen = chosen_in(request.query_params.multi_items())
    address = Address("/search", q, chosen, sort, tuple(dict.fromkeys(literal)))
    found = finding.search(
        work, q, chosen, literal=address.literal, sort=sort, page=page_number, per_page=PER_PAGE
    )
    found["facets"] = _opened(found["facets"], chosen)
    total = found["total"]
    offers = (
        offering.instead(work, q, chosen, address.literal) if total == 0 and not found["simplified"] else []
    )
    return page(
        request,
        "search.html",
        caller=work.caller,
        q=q,
        found=found,
        address=address,
        feed=replace(address, path="/search.atom").with_(sort="relevance"),
        facet_names=FACET_NAMES,
        word_names={**FACET_NAMES, "unit": "单元"},
        sorts=SORTS,
        chips=_chips(work, address),
        offers=[(offer, replace(address, q=offer.text).with_(chosen=offer.filters)) for offer in offers],
        partner_ids=organisations.partner_schools(work),
        page_number=page_number,
        last_page=max(1, -(-total // PER_PAGE)) if total is not None else None,
    )


def _opened(
    facets: dict[str, list[dict[str, Any]]], chosen: dict[str, list[str]]
) -> dict[str, list[dict[str, Any]]]:
    """The counts, of the majors those at the top and those under what is chosen."""
    wanted = tuple(chosen.get("major", []))
    shown = [
        item
        for item in facets.get("major", [])
        if len(item["value"]) == majors.LEVELS[0] or item["value"].startswith(wanted)
    ]
    return facets | {"major": shown}


def chosen_in(items: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    chosen: dict[str, list[str]] = {}
    for name, value in items:
        if name in FACET_NAMES and value and len(value) <= 100:
            chosen.setdefault(name, []).append(value)
    return chosen


def _chips(work: Work, address: Address) -> list[tuple[str, str, str]]:
    """Each chosen value: its facet's name, its words, and the address without it."""
    return [
        (FACET_NAMES[name], words, address.toggled(name, value))
        for (name, value), words in finding.words(work, address.chosen).items()
    ]
