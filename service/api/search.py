"""/search: what the caller may view, in full text."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from service.answers import link_pages
from service.api.schemas import PROBLEMS, ResourceItem, as_json
from service.http import Reading, UnitRoute
from service.library import finding, suggesting

router = APIRouter(tags=["search"], route_class=UnitRoute, responses=PROBLEMS)

Many = Annotated[list[str], Query()]
Facet = Literal[
    "kind",
    "system",
    "stage",
    "grade",
    "subject",
    "edition",
    "volume",
    "type",
    "major",
    "school",
    "city",
    "year",
]


class HitIn(BaseModel):
    """A page that holds a hit; `page` is null where the format has no pages."""

    file_id: str
    page: int | None


class Hit(ResourceItem):
    """A Resource with its highlights (escaped HTML, hits in `<mark>`) and the pages of its files."""

    highlights: dict[str, str]
    hits_in: list[HitIn]


class FacetValue(BaseModel):
    """A value that can be filtered by, its words, and how many hits have it."""

    value: str
    label: str
    count: int


class Understanding(BaseModel):
    """A word of `q` that is of a vocabulary (or a unit, which has no `values`): met by one of `values` in `field`, or
    by its words in the text. `value` is the first of them."""

    field: str
    value: str
    values: list[str]
    label: str
    text: str


class Relaxation(BaseModel):
    """What is no longer asked for: an `edition`, a `volume`, a `word`, or that the words of a `phrase` stand together."""

    field: str
    label: str
    text: str


class Answer(BaseModel):
    """`total` is null while counts are being updated. `simplified`: the index was down, and the newest titles, summaries
    and tags were looked through instead; there are no facets then, and `total` is null beyond 200."""

    total: int | None
    page: int
    items: list[Hit]
    facets: dict[str, list[FacetValue]]
    understood: list[Understanding]
    relaxed: list[Relaxation]
    simplified: bool
    took_ms: float


class Suggestion(BaseModel):
    """A completion, and whether it is of a vocabulary, a title or a tag."""

    text: str
    source: Literal["vocabulary", "title", "tag"]


class Suggestions(BaseModel):
    """Completions, the best first."""

    items: list[Suggestion]


@router.get("/search", response_model=Answer)
def search(
    work: Reading,
    request: Request,
    kind: Many = [],
    system: Many = [],
    stage: Many = [],
    grade: Many = [],
    subject: Many = [],
    edition: Many = [],
    volume: Many = [],
    type: Many = [],
    major: Many = [],
    school: Many = [],
    city: Many = [],
    year: Many = [],
    literal: Many = [],
    facet: Annotated[list[Facet], Query()] = [],
    q: Annotated[str, Query(max_length=2000)] = "",
    sort: Literal["relevance", "newest", "oldest", "title"] = "relevance",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    per_page: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Every literal word that the caller can see, with filters (OR within a name, AND across names) and facets. Words of
    the vocabularies are also met by metadata, but for those that `literal` repeats. `facet` names what is counted; where
    it is not given, everything is."""
    filters = {
        "kind": kind, "system": system, "stage": stage, "grade": grade, "subject": subject, "edition": edition,
        "volume": volume, "type": type, "major": major, "school": school, "city": city, "year": year,
    }  # fmt: skip
    found = finding.search(
        work,
        q,
        filters,
        literal=literal,
        facets=dict.fromkeys(facet) or finding.FILTERS,
        sort=sort,
        page=page,
        per_page=per_page,
    )
    answer = as_json(found)
    more = len(found["items"]) == per_page if found["total"] is None else page * per_page < found["total"]
    link_pages(
        request,
        answer,
        prev={"page": page - 1} if page > 1 else None,
        next={"page": page + 1} if more else None,
    )
    return answer


@router.get("/suggest", response_model=Suggestions)
def suggest(work: Reading, q: Annotated[str, Query(max_length=2000)] = "") -> dict[str, Any]:
    """Up to 10 completions: words of the vocabularies, titles and tags that the caller may see; also by pinyin."""
    return {"items": suggesting.suggest(work, q)}
