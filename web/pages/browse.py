"""Browse: 学段 → 年级 → 学科 → 版本 → 册次 as a tree beside the results; for vocational education 大类 and type."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import finding, organisations, vocabulary
from web.pages.search import FACET_NAMES, PER_PAGE, Address, chosen_in
from web.rendering import page, redirect

router = APIRouter(route_class=UnitRoute)
STEPS = ("stage", "grade", "subject", "edition", "volume")
VOCATIONAL_STEPS = ("stage", "major", "type")
LAST = "tongke_browse"
"""The cookie that remembers, until the browser closes, where she was."""


@router.get("/browse")
def browse(work: Reading, request: Request) -> Response:
    """Every branch is an address; the last one is come back to."""
    if not request.query_params and (last := _remembered(request.cookies.get(LAST, ""))):
        return redirect("/browse", **last)
    wanted = {name: values[0] for name, values in chosen_in(request.query_params.multi_items()).items()}
    steps = VOCATIONAL_STEPS if wanted.get("stage") == "vocational" else STEPS
    chosen = {name: [wanted[name]] for name in steps if name in wanted}
    found = finding.search(work, "", chosen, sort="newest", per_page=PER_PAGE)
    address = Address("/browse", "", chosen, "relevance")
    answer = page(
        request,
        "browse.html",
        caller=work.caller,
        found=found,
        tree=_tree(steps, wanted, found["facets"]),
        chosen=chosen,
        address=address,
        partner_ids=organisations.partner_schools(work),
        search_address=Address("/search", "", chosen, "relevance").with_(sort="newest"),
    )
    answer.set_cookie(LAST, urlencode(_values(chosen)), path="/browse", httponly=True, samesite="lax")
    return answer


def _values(chosen: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in chosen.items()}


def _remembered(cookie: str) -> dict[str, str]:
    """What an earlier visit chose; anything that is no choice of ours is left out."""
    pairs = [part.partition("=")[::2] for part in cookie.strip('"').split("&")]
    kept = chosen_in((name, value) for name, value in pairs)
    return {
        name: values[0]
        for name, values in kept.items()
        if name in (*STEPS, *VOCATIONAL_STEPS) and vocabulary.check(name, values[0])
    }


def _tree(
    steps: tuple[str, ...], wanted: Mapping[str, str], facets: Mapping[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The branch that is open, from the top: each level's words, its values with counts, and the chosen one.

    A level above the last chosen shows its chosen value alone; the last chosen shows its neighbours too."""
    levels: list[dict[str, Any]] = []
    above: dict[str, str] = {}
    order = {name: {entry.code: n for n, entry in enumerate(vocabulary.entries(name))} for name in steps}
    last = next((name for name in reversed(steps) if name in wanted), None)
    for name in steps:
        values = facets.get(name, [])
        value = wanted.get(name)
        shown = [item for item in values if value is None or name == last or item["value"] == value]
        if value is not None and not any(item["value"] == value for item in shown):
            shown = [{"value": value, "label": vocabulary.label(name, value), "count": 0}]
        shown = sorted(shown, key=lambda item: (order[name].get(item["value"], 999), item["label"]))
        if not shown:
            break
        levels.append(
            {
                "name": name,
                "words": FACET_NAMES[name],
                "values": [
                    item
                    | {
                        "chosen": item["value"] == value,
                        "href": f"/browse?{urlencode({**above, name: item['value']})}",
                    }
                    for item in shown
                ],
            }
        )
        if value is None:
            break
        above[name] = value
    return levels
