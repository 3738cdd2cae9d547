"""Home: search first; then what she teaches, what is new from the partners, her drafts, what waits for her."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute
from service.library import listing, pairing, partnerships, profile, reports, versions, vocabulary
from service.work import Work
from web import texts
from web.rendering import page

router = APIRouter(route_class=UnitRoute)
SHOWN = 6


@router.get("/")
def home(work: Reading, request: Request) -> Response:
    """For visitors: what is public, and the six pairs of cities."""
    caller = work.caller
    partners = work.caller.partners
    teaching = profile.teaching(work)
    return page(
        request,
        "home.html",
        caller=caller,
        partner_ids=partners,
        partners=_newest(work, school=sorted(partners)) if partners else [],
        latest=[] if partners else _newest(work),
        teaching=teaching,
        taught=[
            (_words(part), f"/search?{urlencode({**part, 'sort': 'newest'}, doseq=True)}")
            for part in teaching.filters()
        ],
        mine=_of_each(work, teaching.filters()),
        drafts=listing.page(work, filters={"status": ["draft", "submitted"]}, mine=True, limit=5).items
        if caller.signed_in
        else [],
        waiting=len(versions.queue(work)) if caller.reviews else 0,
        invited=_invited(work) if caller.reviews else [],
        reported=reports.waiting(work) if caller.reviews else 0,
        pairs=partnerships.listing(work, level="city", status="active"),
    )


def _newest(work: Work, **filters: list[str]) -> list[dict[str, Any]]:
    return listing.page(work, filters={"status": ["published"], **filters}, limit=SHOWN).items


def _words(part: Mapping[str, list[str]]) -> str:
    """A part of what she teaches, as a person says it: 三年级、四年级 语文."""
    order = sorted(part, key=("grade", "stage", "major", "subject").index)
    return " ".join(
        "、".join(texts.gettext(vocabulary.label(name, code)) for code in part[name]) for name in order
    )


def _of_each(work: Work, parts: list[dict[str, list[str]]]) -> list[dict[str, Any]]:
    """The newest of all that she teaches."""
    found = {item["id"]: item for part in parts for item in _newest(work, **part)}
    return sorted(found.values(), key=lambda item: str(item["updated_at"]), reverse=True)[:SHOWN]


def _invited(work: Work) -> list[dict[str, Any]]:
    """Partnerships that the other side has proposed."""
    proposed, _total = pairing.listing(work, status="proposed")
    return [pair for pair in proposed if "accept" in pair["moves"]]
