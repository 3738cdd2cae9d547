"""Browse: 学段 → 年级 → 学科 → 版本 → 册次 as plain links with counts; for vocational education the 大类."""

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import finding
from web.pages.search import FACET_NAMES, PER_PAGE, Address, chosen_in
from web.rendering import page

router = APIRouter(route_class=UnitRoute)
STEPS = ("stage", "grade", "subject", "edition", "volume")
VOCATIONAL_STEPS = ("stage", "major", "type")


@router.get("/browse")
def browse(work: Reading, request: Request) -> Response:
    """One step at a time; the results so far stand below."""
    chosen = {name: values[:1] for name, values in chosen_in(request.query_params.multi_items()).items()}
    steps = VOCATIONAL_STEPS if chosen.get("stage") == ["vocational"] else STEPS
    chosen = {name: chosen[name] for name in steps if name in chosen}
    found = finding.search(work, "", chosen, sort="newest", per_page=PER_PAGE)
    step = next((name for name in steps if name not in chosen), None)
    return page(
        request,
        "browse.html",
        caller=work.caller,
        found=found,
        steps=steps,
        step=step,
        chosen=chosen,
        address=Address("/browse", "", chosen, "relevance"),
        facet_names=FACET_NAMES,
    )
