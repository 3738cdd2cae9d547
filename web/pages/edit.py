"""New resources and the editing of drafts: one form, that loses nothing of what was typed."""

import re
import secrets
from datetime import date
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData

from service.errors import (
    Conflict,
    FieldError,
    Invalid,
    NoSpace,
    Stale,
    TongkeError,
    TooLarge,
    Unauthenticated,
)
from service.http import CHANGES, Reading, UnitRoute
from service.library import (
    bykey,
    contents,
    drafts,
    files,
    locations,
    resources,
    uploads,
    versions,
    vocabulary,
)
from service.permissions import require
from service.work import Work
from web import received, typed
from web import work as units
from web.forms import Form, text
from web.rendering import page, redirect

router = APIRouter(route_class=UnitRoute)


@router.get("/resources/new")
def new(work: Reading, request: Request, kind: str = "lesson_case") -> Response:
    """An empty form. Its hidden key makes a double submit one resource."""
    if not work.caller.signed_in:
        raise Unauthenticated("请先登录。")
    known = kind if vocabulary.check("kind", kind) else "lesson_case"
    return _form(request, work, {**typed.texts({}), "kind": known}, form_key=secrets.token_hex(8))


def _form(request: Request, work: Work, values: dict[str, str], **context: Any) -> Response:
    """`values` are the texts of the fields; `resource` is what is edited, with its files."""
    error: TongkeError | None = context.pop("error", None)
    return page(
        request,
        "edit.html",
        caller=work.caller,
        values=values,
        error=error,
        wrong={item.field.split(".")[0]: item.message for item in error.errors} if error else {},
        names=typed.NAMES,
        status=error.status if error else 200,
        limits=uploads.limits(work) if work.caller.school_id else None,
        most_without_script=received.MOST,
        guesses=_guesses(work, context.get("resource")),
        missing=_missing(context.get("resource")),
        located=_located(work, context.get("resource")),
        may_manage=_may_manage(work, context.get("resource")),
        **{"form_key": "", "etag": "", "resource": None, "answers": {}, **context},
    )


def _missing(found: dict[str, Any] | None) -> list[str]:
    """What a reader would look for and not find, in words."""
    if found is None:
        return []
    wanted = {"正文或附件": found["content"] or found["files"], "学段": found["stage"], "学科": found["subject"] or found["major"],
              "使用许可": found["licence"]}  # fmt: skip
    return [words for words, there in wanted.items() if not there]


def _located(work: Work, found: dict[str, Any] | None) -> frozenset[str]:
    return locations.located(work, found["id"]) if found is not None else frozenset()


def _may_manage(work: Work, found: dict[str, Any] | None) -> bool:
    return found is not None and require(work.session, work.caller, found["id"], work.now).allows("manage")


_FORM_KEY = re.compile(r"[0-9a-f]{16}")
"""As `new` makes it. Without one of ours every submit is a resource."""
GUESSED = ("system", "stage", "grade", "subject", "edition", "volume", "type")


def _guesses(work: Work, found: dict[str, Any] | None) -> dict[str, str]:
    """What title, file names and, last, the first lines of the files say of a resource that nobody has placed yet."""
    if found is None or any(found[name] for name in GUESSED):
        return {}
    names = [found["title"], *(file["name"] for file in found["files"])]
    said = [vocabulary.guess(name) for name in (*names, *contents.beginnings(work, found))]
    return {
        name: next(guess[name] for guess in said if guess.get(name))
        for name in GUESSED
        if any(guess.get(name) for guess in said)
    }


@router.post("/resources/new")
def create(request: Request, form: Form) -> Response:
    """Make the draft, then go on to its files."""
    form_key = text(form, "form_key")
    key = f"form:{form_key if _FORM_KEY.fullmatch(form_key) else secrets.token_hex(8)}"
    try:
        with units.writing(request) as work:
            made = bykey.find(work, key) or resources.create(work, typed.values(form), key=key)
    except (Invalid, Conflict) as error:
        with units.reading(request) as work:
            return _form(
                request, work, {**typed.texts({}), "kind": "", **typed.sent(form)},
                form_key=form_key if isinstance(error, Invalid) else secrets.token_hex(8), error=error,
            )  # fmt: skip
    return redirect(f"/resources/{made}/edit", "created")


@router.get("/resources/{resource_id}/new-version")
def new_version(work: Reading, request: Request, resource_id: str) -> Response:
    """What the next version begins with, and what happens to the present one; a draft that is open goes on."""
    require(work.session, work.caller, resource_id, work.now, "edit")
    found, _etag = resources.view(work, resource_id)
    if found["draft"] or found["status"] == "draft":
        return redirect(f"/resources/{resource_id}/edit")
    newest = max(item["version"] for item in versions.history(work, resource_id))
    return page(request, "new_version.html", caller=work.caller, resource=found, next=newest + 1)


@router.post("/resources/{resource_id}/new-version")
def begin_version(request: Request, resource_id: str, form: Form) -> Response:
    """Begin it."""
    with units.writing(request) as work:
        drafts.begin(work, resource_id)
    return redirect(f"/resources/{resource_id}/edit", "begun")


@router.post("/resources/{resource_id}/drop-version")
def drop_version(request: Request, resource_id: str, form: Form) -> Response:
    """Give it up."""
    with units.writing(request) as work:
        drafts.drop(work, resource_id)
    return redirect(f"/resources/{resource_id}", "dropped")


@router.get("/resources/{resource_id}/edit")
def edit(work: Reading, request: Request, resource_id: str) -> Response:
    """The draft; of a published resource what the next version begins with."""
    return _edited(request, work, resource_id)


def _edited(
    request: Request, work: Work, resource_id: str, sent: dict[str, str] | None = None, **context: Any
) -> Response:
    """The form of a resource: as it stands, under what was typed and sent."""
    found = _draft(work, resource_id)
    shown = {**typed.texts(found), "kind": found["kind"], **(sent or {})}
    return _form(request, work, shown, etag=typed.state(found), resource=found, **context)


def _draft(work: Work, resource_id: str) -> dict[str, Any]:
    require(work.session, work.caller, resource_id, work.now, "edit")
    found, _etag = resources.view(work, resource_id)
    return resources.view(work, resource_id, "draft")[0] if found["draft"] else found


@router.post("/resources/{resource_id}/edit")
def save(request: Request, resource_id: str, form: Form) -> Response:
    """Save the fields that she changed, and submit where she asked for it (`then`). What somebody else changed in the
    meantime stays; where both changed the same field nothing is lost, and she decides. The page's script saves by
    itself meanwhile, and is told the new state."""
    by_script = "application/json" in request.headers.get("accept", "")
    submitting = text(form, "then") == "submit"
    try:
        with units.writing(request) as work:
            found = _draft(work, resource_id)
            _require_no_clash(form, found)
            resources.update(work, resource_id, typed.values(form, typed.touched(form)))
            if submitting:
                versions.submit(work, resource_id)
            now = typed.state_after(form, _draft(work, resource_id)) if by_script else ""
    except (Invalid, Conflict, Stale) as error:
        if by_script:
            raise
        with units.reading(request) as work:
            return _edited(request, work, resource_id, typed.touched(form), error=error)
    if by_script:
        return JSONResponse({"etag": now})
    return (
        redirect(f"/resources/{resource_id}", "submitted")
        if submitting
        else redirect(f"/resources/{resource_id}/edit", "saved")
    )


def _require_no_clash(form: FormData, found: dict[str, Any]) -> None:
    theirs = typed.clashes(form, found)
    if theirs:
        raise Stale(
            "在您修改期间，别人也改了下面这几项。您填写的内容还在，没有丢失；别人改的其他地方都已保留。",
            errors=[FieldError(name, f"别人改成了：{_short(words)}") for name, words in theirs.items()],
        )


def _short(words: str) -> str:
    return "（空）" if not words else words if len(words) <= 200 else f"{words[:200]}……"


@router.post("/resources/{resource_id}/upload")
async def upload(request: Request, resource_id: str) -> Response:
    """Add one file, for browsers without script."""
    async with received.form(request) as form:
        return await to_thread.run_sync(_upload, request, resource_id, form, limiter=CHANGES)


def _upload(request: Request, resource_id: str, form: FormData) -> Response:
    try:
        new = received.attach(request, resource_id, form)
    except (Invalid, Conflict, TooLarge, NoSpace) as error:
        with units.reading(request) as work:
            return _edited(request, work, resource_id, error=error)
    return redirect(f"/resources/{resource_id}/edit", "attached" if new else "there-already")


@router.post("/resources/{resource_id}/files/{file_id}/remove")
def detach(request: Request, resource_id: str, file_id: str, form: Form) -> Response:
    """Take a file out of the draft."""
    with units.writing(request) as work:
        files.detach(work, resource_id, file_id)
    return redirect(f"/resources/{resource_id}/edit", "detached", undo=resource_id, undo_file=file_id)


@router.post("/resources/{resource_id}/files/{file_id}/restore")
def reattach(request: Request, resource_id: str, file_id: str, form: Form) -> Response:
    """Undo that."""
    with units.writing(request) as work:
        files.reattach(work, resource_id, file_id)
    return redirect(f"/resources/{resource_id}/edit", "reattached")


@router.post("/resources/{resource_id}/files/{file_id}/children")
def children(request: Request, resource_id: str, file_id: str, form: Form) -> Response:
    """Say whether a picture or recording shows children."""
    answer = text(form, "shows_children")
    try:
        with units.writing(request) as work:
            _answer(work, resource_id, file_id, answer, text(form, "consent_on"))
    except Invalid as error:
        at_field = [FieldError(f"consent-{file_id}", item.message) for item in error.errors]
        with units.reading(request) as work:
            return _edited(
                request, work, resource_id, answers={file_id: answer},
                error=Invalid(error.detail, errors=at_field),
            )  # fmt: skip
    return redirect(f"/resources/{resource_id}/edit", "saved")


@router.post("/resources/{resource_id}/files/{file_id}/describe")
def describe(request: Request, resource_id: str, file_id: str, form: Form) -> Response:
    """Say what a picture shows."""
    with units.writing(request) as work:
        files.describe(work, resource_id, file_id, text(form, "alt"))
    return redirect(f"/resources/{resource_id}/edit", "saved")


@router.post("/resources/{resource_id}/files/{file_id}/unplace")
def unplace(request: Request, resource_id: str, file_id: str, form: Form) -> Response:
    """Take the place out of a picture."""
    locations.remove(lambda: units.reading(request), lambda: units.writing(request), resource_id, file_id)
    return redirect(f"/resources/{resource_id}/edit", "unplaced")


def _answer(work: Work, resource_id: str, file_id: str, answer: str, day: str) -> None:
    if answer != "yes" and answer != "no":
        raise Invalid("请选择是否拍到学生。", errors=[FieldError("shows_children", "请选择“没有”或“有”。")])
    try:
        consent_on = date.fromisoformat(day) if day and answer == "yes" else None
    except ValueError as error:
        raise Invalid("日期不正确。", errors=[FieldError("consent_on", "例如 2026-09-01。")]) from error
    files.answer_children(work, resource_id, file_id, answer, consent_on)  # type: ignore[arg-type]
