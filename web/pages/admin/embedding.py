"""嵌入: the keys with which a school's web site searches the library."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response

from service.errors import Invalid, NotFound, TongkeError
from service.http import Reading, UnitRoute, site
from service.library import administering, embed_keys, embed_use, embedding
from service.library.callers import anonymous
from service.work import Work
from web import embedding as modules
from web import work as units
from web.forms import Form, lines, text
from web.pages.admin.frame import Text, show
from web.rendering import redirect

router = APIRouter(route_class=UnitRoute)
PATH = "/admin/embedding"


@router.get(PATH)
def listing(work: Reading, request: Request, school: Text = "") -> Response:
    """The keys of a school: the one that was chosen, else the first that she administers."""
    mine = administering.own_schools(work)
    chosen = administering.school(work, school) if school else next(iter(mine), None)
    keys = embed_keys.listing(work, chosen.id) if chosen else []
    return show(
        request, work, "embedding.html", schools=mine, school=chosen, keys=keys, within=embed_keys.WITHIN,
        days=embed_use.DAYS,
    )  # fmt: skip


@router.get(PATH + "/{school_id}/new")
def new(work: Reading, request: Request, school_id: str) -> Response:
    """The form for one key."""
    values = {"per_minute": str(embed_keys.Wanted.model_fields["per_minute"].default), "within": "all"}
    return _form(request, work, school_id, values, [])


def _form(
    request: Request, work: Work, school_id: str, values: dict[str, str], subjects: list[str],
    error: TongkeError | None = None, key: dict[str, Any] | None = None,
) -> Response:  # fmt: skip
    return show(
        request,
        work,
        "embed_key.html" if key else "embed_new.html",
        values=values,
        error=error,
        school=administering.school(work, school_id),
        key=key,
        subjects=subjects,
        within=embed_keys.WITHIN,
        partnerships=embed_keys.partnerships(work, school_id),
        days=embed_use.DAYS,
        **_pasted(request, work, school_id, key),
    )


def _pasted(request: Request, work: Work, school_id: str, key: dict[str, Any] | None) -> dict[str, Any]:
    """The code for the school's pages. What the previews show is what a visitor of its site would see."""
    if key is None or key["revoked_at"]:
        return {}
    here = site(work, request)
    public = replace(work, caller=anonymous())
    row = embedding.find(public, key["key"])
    newest = embedding.search(public, row, here, "", {}, sort="newest", per_page=1)["items"]
    pair = next(
        (pair for pair in embed_keys.partnerships(work, school_id) if pair["id"] == key["partnership_id"]),
        None,
    )
    sides = [pair[side]["id"] for side in ("helper", "aided")] if pair and pair["level"] == "school" else []
    partner = next((side for side in sides if side != school_id), "")
    resource = newest[0]["id"] if newest else ""
    return {
        "script": modules.script(here),
        "ways": modules.ways(here, key, partner, resource),
        "resource": resource,
    }


@router.post(PATH + "/{school_id}/new")
def create(request: Request, school_id: str, form: Form) -> Response:
    """Make it."""
    try:
        with units.writing(request) as work:
            key = embed_keys.create(work, school_id, embed_keys.parse(_wanted(form)))
    except Invalid as error:
        with units.reading(request) as work:
            return _form(request, work, school_id, *_typed(form), error)
    return redirect(f"{PATH}/{school_id}/{key}", "saved")


def _wanted(form: Any) -> dict[str, Any]:
    """The form as `Wanted` takes it."""
    return {
        "name": text(form, "name"),
        "origins": lines(form, "origins"),
        "within": text(form, "within"),
        "partnership_id": text(form, "partnership_id") or None,
        "subjects": form.getlist("subjects"),
        "per_minute": text(form, "per_minute"),
    }


def _typed(form: Any) -> tuple[dict[str, str], list[str]]:
    names = ("name", "origins", "within", "partnership_id", "per_minute")
    return {name: text(form, name) for name in names}, form.getlist("subjects")


@router.get(PATH + "/{school_id}/{key}")
def one(work: Reading, request: Request, school_id: str, key: str) -> Response:
    """A key: its use, and what can be changed of it."""
    found, _etag = embed_keys.one(work, school_id, key)
    return _form(request, work, school_id, _kept(found), found["subjects"], key=found)


def _kept(found: dict[str, Any]) -> dict[str, str]:
    """A key as the fields of its form."""
    return {
        "name": found["name"],
        "origins": "\n".join(found["origins"]),
        "within": found["within"],
        "partnership_id": found["partnership_id"] or "",
        "per_minute": str(found["per_minute"]),
    }


@router.post(PATH + "/{school_id}/{key}/{step}")
def change(request: Request, school_id: str, key: str, step: str, form: Form) -> Response:
    """What can be changed (`settings`), or the end of it (`revoke`)."""
    try:
        with units.writing(request) as work:
            if step == "settings":
                embed_keys.change(work, school_id, key, embed_keys.parse(_wanted(form)))
            elif step == "revoke":
                embed_keys.revoke(work, school_id, key)
            else:
                raise NotFound("没有这个操作。", english="There is no such step.")
    except Invalid as error:
        with units.reading(request) as work:
            found, _etag = embed_keys.one(work, school_id, key)
            return _form(request, work, school_id, *_typed(form), error, found)
    return redirect(f"{PATH}/{school_id}/{key}", "revoked-key" if step == "revoke" else "saved")
