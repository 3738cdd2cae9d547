"""/oembed: what an editor shows of an address that was pasted into it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from lxml import etree
from pydantic import BaseModel

from service.api.schemas import PROBLEMS
from service.errors import NotFound
from service.http import Public, UnitRoute, site
from service.library import describing, resources
from service.library.xmltext import add, document

router = APIRouter(tags=["embedding"], route_class=UnitRoute, responses=PROBLEMS)


class OEmbed(BaseModel):
    """oEmbed 1.0 (oembed.com), of type `link`."""

    version: Literal["1.0"]
    type: Literal["link"]
    title: str
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str


@router.get("/oembed", response_model=OEmbed, responses={200: {"content": {"text/xml": {}}}})
def oembed(
    work: Public,
    request: Request,
    url: Annotated[str, Query(max_length=2000)],
    format: Literal["json", "xml"] = "json",
) -> Any:
    """What an editor shows of the address of a public resource (oEmbed 1.0, type `link`)."""
    here = site(work, request)
    resource_id = url.partition("?")[0].partition("#")[0].removeprefix(f"{here}/resources/")
    if "/" in resource_id:
        raise NotFound(
            "这个地址不是本站的资源。", english="This is not the address of a resource of this site."
        )
    found, _etag = resources.view(work, resource_id)
    told = describing.oembed(found, here)
    if format == "json":
        return told
    root = etree.Element("oembed")
    for name, value in told.items():
        add(root, name, value)
    return Response(document(root), media_type="text/xml")
