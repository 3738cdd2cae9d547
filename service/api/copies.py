"""/copies: what programs that keep a whole library in step bring beside the feed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from service.api.safety import SANDBOX
from service.api.schemas import PROBLEMS, ResourceOut, as_json
from service.api.sending import Files
from service.http import Reading, UnitRoute
from service.library import copies, packing

router = APIRouter(prefix="/copies", tags=["changes"], route_class=UnitRoute, responses=PROBLEMS)

Ids = Annotated[list[str], Query(alias="id", max_length=copies.MOST)]


class MadeOut(BaseModel):
    """What was made of a file."""

    kind: str = Field(description="thumbnail, page (n from 1), pdf, play, small.")
    n: int
    media_type: str
    size: int
    sha256: str


class CopiedFile(BaseModel):
    """What a File has beside what api.md says of it."""

    listing: list[dict[str, Any]]
    details: dict[str, Any]
    withheld: bool = Field(description="Its bytes are not given out at present.")
    conversion: dict[str, int | None] | None = Field(
        description="Of what was converted: steps, and pages of the PDF."
    )
    texts: list[tuple[int, str]]
    layers: list[tuple[int, list[tuple[int, int, int, int, bool, str]]]] = Field(
        description="Of each page image the lines on it: x, y, width, height in px, whether downwards, the words."
    )
    made: list[MadeOut]


class CopyOut(BaseModel):
    """A resource with all that its copy shows and finds it by."""

    resource: ResourceOut
    published_at: str
    plain: str = Field(description="The words of `content`, as they are indexed.")
    title_order: str = Field(description="The title as it sorts: its pinyin.")
    public: bool
    downloads: int
    files: dict[str, CopiedFile]


class CopiesOut(BaseModel):
    """Ask again for what is `left`."""

    items: list[CopyOut]
    left: list[str]


class SurroundingsOut(BaseModel):
    """What pages and search need beside the resources."""

    school_id: str
    organisations: list[dict[str, Any]]
    partnerships: list[dict[str, Any]]
    majors: list[dict[str, Any]]


@router.get("", response_model=CopiesOut)
def read_copies(work: Reading, ids: Ids = []) -> Response:
    """The published ones of these resources that everybody of the caller's school may read, with texts and what was
    made of files."""
    copies.reader(work)
    return as_json(copies.of(work, ids))


@router.get("/surroundings", response_model=SurroundingsOut)
def read_surroundings(work: Reading, ids: Ids = []) -> Response:
    """The caller's school, its partnerships, the organisations of these ids, and the majors."""
    copies.reader(work)
    return as_json(copies.surroundings(work, ids))


@router.get("/content", response_class=StreamingResponse)
def read_content(work: Reading, of: Annotated[list[str], Query(max_length=packing.MOST)] = []) -> Response:
    """The bytes of many files at once, as a tar archive made while it is sent: `of` is the id of a file of such a
    resource, or `FILE_ID-KIND-N` for what was made of it. What the reader may not have, or the store does not give out
    just now, is left out."""
    copies.reader(work)
    chosen = packing.entries(work, of)
    headers = {"Content-Security-Policy": SANDBOX, "Cache-Control": "private, no-store"}
    return Files(packing.archive(work.objects, chosen), 200, headers, "application/x-tar")
