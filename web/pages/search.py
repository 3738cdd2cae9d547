"""Search: words, facets, sort, pages; every state is an address."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from service.http import Reading, UnitRoute
from service.library import finding, organisations, vocabulary
from web.rendering import page

router = APIRouter(route_class=UnitRoute)
PER_PAGE = 20
SORTS = {"relevance": "最相关", "newest": "最新", "oldest": "最早", "title": "按标题"}
FACET_NAMES = {
    "kind": "类别", "stage": "学段", "grade": "年级", "subject": "学科", "edition": "教材版本", "volume": "册次",
    "type": "类型", "system": "学制", "major": "专业大类", "city": "城市", "school": "学校", "year": "年份",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """The state of a search, and the addresses of the states next to it."""

    path: str
    q: str
    chosen: dict[str, list[str]]
    sort: str

    def with_(
        self, *, page: int = 1, sort: str | None = None, chosen: dict[str, list[str]] | None = None
    ) -> str:
        """The address with another page, sort or other filters."""
        wanted = self.chosen if chosen is None else chosen
        pairs: list[tuple[str, str]] = [("q", self.q)] if self.q else []
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

    def has(self, name: str, value: str) -> bool:
        """Whether this value is chosen."""
        return value in self.chosen.get(name, [])


@router.get("/search")
def search(
    work: Reading,
    request: Request,
    q: Annotated[str, Query(max_length=2000)] = "",
    sort: Literal["relevance", "newest", "oldest", "title"] = "relevance",
    page_number: Annotated[int, Query(alias="page", ge=1, le=500)] = 1,
) -> Response:
    """Results with facets."""
    chosen = chosen_in(request.query_params.multi_items())
    found = finding.search(work, q, chosen, sort=sort, page=page_number, per_page=PER_PAGE)
    address = Address("/search", q, chosen, sort)
    total = found["total"]
    return page(
        request,
        "search.html",
        caller=work.caller,
        q=q,
        found=found,
        address=address,
        facet_names=FACET_NAMES,
        sorts=SORTS,
        chips=_chips(address, found["facets"]),
        understood=[],
        relaxed=[],
        neighbours=_neighbours(q) if not found["items"] else [],
        partner_ids=organisations.partner_schools(work),
        page_number=page_number,
        last_page=max(1, -(-total // PER_PAGE)) if total is not None else None,
    )


def _neighbours(q: str) -> list[tuple[str, str]]:
    """Searches beside one that found nothing: each of its words alone."""
    words = list(dict.fromkeys(q.split()))
    return [(word, f"/search?{urlencode({'q': word})}") for word in words[:5]] if len(words) > 1 else []


def chosen_in(items: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    chosen: dict[str, list[str]] = {}
    for name, value in items:
        if name in FACET_NAMES and value and len(value) <= 100:
            chosen.setdefault(name, []).append(value)
    return chosen


def _chips(address: Address, facets: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, str]]:
    """Each chosen value: its facet's name, its words, and the address without it."""
    words = {(name, item["value"]): item["label"] for name, values in facets.items() for item in values}
    return [
        (
            FACET_NAMES[name],
            words.get((name, value)) or vocabulary.label(name, value),
            address.toggled(name, value),
        )
        for name, values in address.chosen.items()
        for value in values
    ]
