"""How browsers, feed readers and search engines find what is public: OpenSearch, feeds, sitemap, robots.txt."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response

from service.http import Public, UnitRoute, site
from service.library import finding, sitemap, syndication
from service.work import Work
from web.pages.search import chosen_in
from web.rendering import environment

router = APIRouter(route_class=UnitRoute)
HIDDEN = ("/admin", "/account", "/api/", "/embed/", "/my", "/notices", "/reviews", "/search", "/sign-in")
"""What no search engine needs: it is somebody's own, or without end."""
HOUR = {"Cache-Control": "public, max-age=3600"}
ASK = {"Cache-Control": "public, no-cache"}
"""What is withdrawn leaves the feeds and the map at once."""


@router.get("/search.atom")
def atom(work: Public, request: Request, q: Annotated[str, Query(max_length=2000)] = "") -> Response:
    """A search of what is public as an Atom feed, the newest first; its parameters are the page's."""
    items, title, page = _found(work, request, q)
    own = site(work, request) + f"{request.url.path}?{request.url.query}".rstrip("?")
    content = syndication.atom(items, title, site(work, request), own, page, work.now)
    return Response(content, media_type="application/atom+xml", headers=ASK)


@router.get("/search.rss")
def rss(work: Public, request: Request, q: Annotated[str, Query(max_length=2000)] = "") -> Response:
    """The same as RSS 2.0."""
    items, title, page = _found(work, request, q)
    own = site(work, request) + f"{request.url.path}?{request.url.query}".rstrip("?")
    content = syndication.rss(items, title, site(work, request), own, page)
    return Response(content, media_type="application/rss+xml", headers=ASK)


def _found(work: Work, request: Request, q: str) -> tuple[list[dict], str, str]:
    """The hits, the feed's title, and the address of the search as a page."""
    chosen = chosen_in(request.query_params.multi_items())
    found = finding.search(work, q, chosen, facets=(), sort="newest", per_page=syndication.ENTRIES)
    words = [q, *finding.words(work, chosen).values()]
    pairs = [
        *([("q", q)] if q else []),
        *((name, value) for name, found in chosen.items() for value in found),
    ]
    page = f"{site(work, request)}/search" + (f"?{urlencode(pairs)}" if pairs else "")
    return found["items"], " · ".join(["同课", *filter(None, words)]), page


@router.get("/opensearch.xml")
def opensearch(work: Public, request: Request) -> Response:
    """OpenSearch 1.1: the library as a search engine of the browser."""
    content = environment.get_template("opensearch.xml").render(site=site(work, request))
    return Response(content, media_type="application/opensearchdescription+xml", headers=HOUR)


@router.get("/sitemap.xml")
def sitemaps(work: Public, request: Request) -> Response:
    """The files of the map."""
    return Response(sitemap.index(work, site(work, request)), media_type="application/xml", headers=ASK)


@router.get("/sitemap-{n}.xml")
def part(work: Public, request: Request, n: Annotated[int, Path(ge=1, le=10_000)]) -> Response:
    """One of them."""
    return Response(sitemap.part(work, site(work, request), n), media_type="application/xml", headers=ASK)


@router.get("/robots.txt")
def robots(work: Public, request: Request) -> Response:
    """RFC 9309."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in HIDDEN),
        "",
        f"Sitemap: {site(work, request)}/sitemap.xml",
        "",
    ]
    return Response("\n".join(lines), media_type="text/plain", headers=HOUR)
