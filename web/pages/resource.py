"""A resource's page: what it is at a glance, its files, its content, where it comes from, and what resembles it."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request, Response

from service.errors import NotFound
from service.http import Reading, UnitRoute, count_use, site
from service.library import (
    audience,
    citing,
    comments,
    comparing,
    describing,
    lineage,
    previews,
    reports,
    resources,
    sharing,
    similar,
    use,
    versions,
    vocabulary,
)  # fmt: skip
from service.library.fields import PLACE
from service.permissions import ANONYMOUS, Sight, require
from service.work import Work
from web.addresses import keeping_link
from web.rendering import page
from web.typed import NAMES, texts

router = APIRouter(prefix="/resources/{resource_id}", route_class=UnitRoute)

FIELD_NAMES = NAMES | {"language": "语言"}


@router.get("")
def read(
    work: Reading, request: Request, resource_id: str, version: str | None = None, earlier: str | None = None
) -> Response:
    """Everything about it that this caller may know. `earlier`: the cursor of the comments before those shown."""
    found, etag = resources.view(work, resource_id, version)
    sight = require(work.session, work.caller, resource_id, work.now)
    at = keeping_link(work.caller)
    address = site(work, request) + at(f"/resources/{resource_id}")
    answer = page(
        request,
        "resource.html",
        caller=work.caller,
        resource=found,
        etag=etag,
        sight=sight,
        version=version,
        at=at,
        address=address,
        described=describing.learning_resource(found, address) if _by_anybody(work, version) else None,
        previews=previews.of(work, resource_id, found["files"]),
        credits=_by_place(found["credits"]),
        citation=citing.reference(found, address, work.now),
        partner_ids=work.caller.partners,
        names=FIELD_NAMES,
        comments=comments.of_resource(work, resource_id, sight, earlier),
        used=use.total(work, resource_id) if sight.published and sight.allows("edit") else None,
        **_around(work, found, sight),
    )
    return count_use(work, request, answer, resource_id, download=False)


def _by_anybody(work: Work, version: str | None) -> bool:
    """Whether it is read as everybody may read it: search engines are nobody in particular."""
    return work.caller.tokens == ANONYMOUS.tokens and version is None


def _around(work: Work, found: dict[str, Any], sight: Sight) -> dict[str, Any]:
    """Its versions, its lineage, and who can see it."""
    resource_id = found["id"]
    history = versions.history(work, resource_id)
    return {
        "history": history,
        "steps": comparing.steps(work, resource_id, history) if len(history) > 1 else {},
        "waiting": sharing.waiting(work, resource_id) if sight.reviewer else [],
        "source": _source(work, found["adapted_from"]) if found["adapted_from"] else None,
        "adaptations": lineage.adaptations(work, resource_id),
        "audience": audience.account(work, resource_id) if sight.allows("share") else None,
        "similar": similar.similar(work, found),
        "reports": reports.of_resource(work, resource_id),
    }


def _source(work: Work, resource_id: str) -> dict[str, Any] | None:
    """The resource it was adapted from, where the reader may see it."""
    try:
        return resources.view(work, resource_id)[0]
    except NotFound:
        return None


def _by_place(credits: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The people of each school or enterprise, which stand in the order of the first of them."""
    places = [credit.get("school") or credit.get("enterprise") or "" for credit in credits]
    order = sorted(zip(places, credits, strict=True), key=lambda pair: places.index(pair[0]))
    return [
        (place, [credit for _place, credit in people])
        for place, people in groupby(order, key=lambda pair: pair[0])
    ]


@router.get("/compare")
def compare(work: Reading, request: Request, resource_id: str, old: str, new: str) -> Response:
    """What changed between two versions that the caller may read."""
    older, newer = comparing.pair(work, resource_id, old, new)
    return page(
        request,
        "resource_compare.html",
        caller=work.caller,
        older=older,
        newer=newer,
        change=comparing.between(older, newer),
        lines=comparing.lines(older["content"], newer["content"]),
        before=_written(older),
        after=_written(newer),
        names=FIELD_NAMES,
        at=keeping_link(work.caller),
    )


def _written(found: Mapping[str, Any]) -> dict[str, str]:
    """Each field as a person reads it."""
    return texts(found) | vocabulary.labels(found, ("system", *PLACE, "licence"))
