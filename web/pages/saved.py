"""保存的搜索: kept from the search page, opened again, given up."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import finding, saved
from service.work import Work
from web import work as units
from web.forms import Form, text
from web.rendering import page, redirect

router = APIRouter(route_class=UnitRoute)


@router.get("/searches")
def listing(work: Reading, request: Request) -> Response:
    """The caller's, each with its address and what it asks for in words."""
    kept = [
        one | {"href": _address(one["query"]), "words": _words(work, one["query"])}
        for one in saved.listing(work)
    ]
    return page(request, "searches.html", caller=work.caller, kept=kept)


@router.get("/searches/{search_id}")
def opened(work: Reading, search_id: str) -> Response:
    """Its hits, the newest first; the list, where it is kept no more."""
    found = next((one for one in saved.listing(work) if one["id"] == search_id), None)
    return redirect(_address(found["query"], newest=True) if found else "/searches")


@router.post("/searches")
def keep(request: Request, form: Form) -> Response:
    """From the search page, to which she goes back: its words and filters, and a name."""
    filters = {name: [str(value) for value in form.getlist(name)] for name in finding.FILTERS}
    literal = [str(value) for value in form.getlist("literal")]
    with units.writing(request) as work:
        saved.keep(work, text(form, "name"), text(form, "q"), filters, literal)
    query: dict[str, str | list[str]] = {
        "q": text(form, "q"),
        "literal": literal,
        **filters,
        "notice": "search-kept",
    }
    return redirect(_address({name: value for name, value in query.items() if value}))


@router.post("/searches/{search_id}/forget")
def forget(request: Request, search_id: str, form: Form) -> Response:
    """No more notices of it."""
    with units.writing(request) as work:
        saved.forget(work, search_id)
    return redirect("/searches", "search-forgotten")


def _address(query: dict[str, str | list[str]], *, newest: bool = False) -> str:
    pairs = urlencode(query | ({"sort": "newest"} if newest else {}), doseq=True)
    return f"/search?{pairs}"


def _words(work: Work, query: dict[str, str | list[str]]) -> list[str]:
    chosen = {name: list(values) for name, values in query.items() if name in finding.FILTERS}
    return [str(query[name]) for name in ("q",) if name in query] + list(finding.words(work, chosen).values())
