"""/oai: OAI-PMH 2.0, for catalogues that harvest what is public."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from service.http import Public, UnitRoute, site
from service.library import oai

router = APIRouter(tags=["harvesting"], route_class=UnitRoute)
PATH = "/oai"
XML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/xml": {}}}}


async def _sent(request: Request) -> list[tuple[str, str]]:
    """The arguments as they came, in the address or in a form."""
    if request.method == "GET":
        return request.query_params.multi_items()
    form = await request.form(max_files=0, max_fields=20)
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


Sent = Annotated[list[tuple[str, str]], Depends(_sent)]


@router.get(PATH, response_class=Response, responses=XML)
def harvest(work: Public, request: Request, sent: Sent) -> Response:
    """OAI-PMH 2.0 over what is public and once was: `verb` and its arguments. Errors are the protocol's, answered 200."""
    here = site(work, request)
    return Response(oai.answer(work, here, here + request.url.path, sent), media_type="text/xml")


@router.post(PATH, response_class=Response, responses=XML)
def harvest_by_form(work: Public, request: Request, sent: Sent) -> Response:
    """The same, with the arguments in a form."""
    return harvest(work, request, sent)
