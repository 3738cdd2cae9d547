"""Browse: 学段 → 年级 → 学科 → 版本 → 册次 → 单元 as a tree beside the results; for vocational education 大类 → 专业类 →
专业 → type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import finding, listing, majors, units, vocabulary
from service.work import Work
from web.pages.search import FACET_NAMES, PER_PAGE, Address, chosen_in
from web.rendering import page, redirect

router = APIRouter(route_class=UnitRoute)


@dataclass(frozen=True, slots=True)
class Step:
    """A level of the tree: a field, of the majors those with so many digits."""

    name: str
    words: str
    digits: int = 0


STEPS = tuple(Step(name, FACET_NAMES[name]) for name in ("stage", "grade", "subject", "edition", "volume"))
UNIT = Step("unit", "单元")
VOCATIONAL_STEPS = (
    Step("stage", FACET_NAMES["stage"]),
    *(Step("major", words, digits) for words, digits in zip(("专业大类", "专业类", "专业"), majors.LEVELS, strict=True)),
    Step("type", FACET_NAMES["type"]),
)  # fmt: skip
NAMES = frozenset(step.name for step in (*STEPS, *VOCATIONAL_STEPS))
LAST = "tongke_browse"
"""The cookie that remembers, until the browser closes, where she was."""


@router.get("/browse")
def browse(work: Reading, request: Request, unit: str = "") -> Response:
    """Every branch is an address; the last one is come back to."""
    if not request.query_params and (last := _remembered(request.cookies.get(LAST, ""))):
        return redirect("/browse", **last)
    wanted = {name: values[0] for name, values in chosen_in(request.query_params.multi_items()).items()}
    steps = VOCATIONAL_STEPS if wanted.get("stage") == "vocational" else STEPS
    names = {step.name for step in steps}
    chosen = {name: [wanted[name]] for name in wanted if name in names}
    found = finding.search(
        work, "", chosen, facets=names & set(finding.FILTERS), sort="newest", per_page=PER_PAGE
    )
    tree = _tree(steps, wanted, found["facets"])
    if "volume" in chosen:
        tree += _units(work, chosen, unit)
        if unit:
            found = _of_unit(work, chosen, unit, tree)
    answer = page(
        request,
        "browse.html",
        caller=work.caller,
        found=found,
        tree=tree,
        path_words=[
            item["label"] for level in tree for item in level["values"] if item["chosen"]
        ],
        chosen=chosen,
        partner_ids=work.caller.partners,
        search_address=Address("/search", unit, chosen, "relevance").with_(sort="newest"),
    )  # fmt: skip
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
        if name in NAMES and vocabulary.check(name, values[0])
    }


def _tree(
    steps: tuple[Step, ...], wanted: Mapping[str, str], facets: Mapping[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The branch that is open, from the top: each level's words, its values with counts, and the chosen one.

    A level above the last chosen shows its chosen value alone; the last chosen shows its neighbours too."""
    levels: list[dict[str, Any]] = []
    above: dict[str, str] = {}
    chosen = {step: value for step in steps if (value := _chosen(step, wanted)) is not None}
    last = next((step for step in reversed(steps) if step in chosen), None)
    for step in steps:
        value = chosen.get(step)
        shown = [
            item
            for item in _offered(step, facets, above.get("major", ""))
            if value is None or step == last or item["value"] == value
        ]
        if value is not None and not any(item["value"] == value for item in shown):
            shown = [{"value": value, "label": vocabulary.label(step.name, value), "count": 0}, *shown]
        if step.digits and value is None and (not shown or (last and steps.index(last) > steps.index(step))):
            continue  # a 大类 without 专业 below goes on to the types
        if not shown:
            break
        order = {entry.code: n for n, entry in enumerate(vocabulary.entries(step.name))}
        shown.sort(key=lambda item: (order.get(item["value"], 9999), item["label"]))
        levels.append(_level(step, shown, value, above))
        if value is None and not step.digits:
            break
        if value is not None:
            above[step.name] = value
        elif step.digits > 2 or "major" not in above:
            break
    return levels


def _chosen(step: Step, wanted: Mapping[str, str]) -> str | None:
    value = wanted.get(step.name)
    if value is None or not step.digits:
        return value
    return value[: step.digits] if len(value) >= step.digits else None


def _offered(step: Step, facets: Mapping[str, list[dict[str, Any]]], parent: str) -> list[dict[str, Any]]:
    values = facets.get(step.name, [])
    if not step.digits:
        return values
    return [item for item in values if len(item["value"]) == step.digits and item["value"].startswith(parent)]


def _level(
    step: Step, shown: list[dict[str, Any]], value: str | None, above: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "name": step.name,
        "words": step.words,
        "values": [
            item
            | {
                "chosen": item["value"] == value,
                "href": f"/browse?{urlencode({**above, step.name: item['value']})}",
            }
            for item in shown
        ],
    }


def _units(work: Work, chosen: Mapping[str, list[str]], unit: str) -> list[dict[str, Any]]:
    """The last level: the units of the volume."""
    shown = [{"value": name, "label": name, "count": count} for name, count in units.of(work, chosen)]
    return [_level(UNIT, shown, unit, _values(chosen))] if shown else []


def _of_unit(
    work: Work, chosen: Mapping[str, list[str]], unit: str, tree: list[dict[str, Any]]
) -> dict[str, Any]:
    """The resources of one unit, as the search answers."""
    items = listing.page(work, filters={**chosen, "unit": [unit]}, limit=PER_PAGE).items
    total = next((item["count"] for item in tree[-1]["values"] if item["value"] == unit), len(items))
    return {"items": items, "total": total}
