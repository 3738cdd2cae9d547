"""Search: words, facets, sort, pages; every state is an address."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote_plus

from fastapi import APIRouter, Query, Request, Response

from service.http import Reading, UnitRoute
from service.library import finding, majors, offering
from service.work import Work
from web.rendering import page
from web.typed import NAMES

router = APIRouter(route_class=UnitRoute)
PER_PAGE = 20
SHOWN, OPEN = 12, 5
"""Values of a facet before the rest is folded away; facets that stand open."""
SORTS = {"relevance": "最相关", "newest": "最新", "oldest": "最早", "title": "按标题"}
FACET_NAMES = {
    **{name: NAMES[name] for name in ("kind", "stage", "grade", "subject", "edition", "volume", "type", "system", "major")},
    "city": "城市", "school": "学校", "year": "年份",
}  # fmt: skip
"""In the order in which they stand beside the results."""


@lru_cache(maxsize=4096)
def _pair(name: str, value: str) -> str:
    """A parameter as an address has it. A page of results has a thousand of them, and most are alike."""
    return f"{quote_plus(name)}={quote_plus(value)}"


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
        return f"{self.path}?{'&'.join([_pair(*pair) for pair in pairs])}" if pairs else self.path

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


class Choice(NamedTuple):
    """A value of a facet: the address leads to the results with it, or without it where it is chosen."""

    label: str
    number: int
    href: str
    key: str
    chosen: bool


class Facet(NamedTuple):
    """A facet as it is drawn; what is chosen of it is never folded away."""

    words: str
    open: bool
    values: list[Choice]
    rest: list[Choice]
    rest_open: bool


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
        facets=_facets(_opened(found["facets"], chosen), address),
        word_names={**FACET_NAMES, "unit": "单元"},
        sorts=SORTS,
        chips=_chips(work, address),
        offers=[(offer, replace(address, q=offer.text).with_(chosen=offer.filters)) for offer in offers],
        partner_ids=work.caller.partners,
        page_number=page_number,
        last_page=max(1, -(-total // PER_PAGE)) if total is not None else None,
    )


def _facets(found: dict[str, list[dict[str, Any]]], address: Address) -> list[Facet]:
    """Those that narrow the results, or do so already."""
    facets = []
    for place, (name, words) in enumerate(FACET_NAMES.items()):
        chosen = address.chosen.get(name, [])
        values = [
            Choice(item["label"], item["count"], address.toggled(name, item["value"]),
                   f"{name}-{item['value']}", item["value"] in chosen)
            for item in found.get(name, [])
        ]  # fmt: skip
        if len(values) > 1 or (values and chosen):
            rest = values[SHOWN:]
            rest_open = any(value.chosen for value in rest)
            facets.append(Facet(words, place < OPEN or bool(chosen), values[:SHOWN], rest, rest_open))
    return facets


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
