"""My resources, by state, and the bin; several at once: one step for all, or fields that they share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import FormData

from service.errors import Invalid, TongkeError, Unauthenticated
from service.http import Reading, UnitRoute
from service.library import listing, resources, versions, vocabulary
from service.work import Work
from web import telling, typed
from web import work as units
from web.forms import Form, text
from web.rendering import page

router = APIRouter(route_class=UnitRoute)
TABS = {
    "": "全部",
    "draft": "草稿",
    "submitted": "待审核",
    "published": "已发布",
    "withdrawn": "已撤回",
    "bin": "回收站",
}
MOST = 100
"""At once."""
SHARED = ("stage", "grade", "subject", "edition", "volume", "type", "system", "unit", "tags", "licence")
"""Fields that several resources may be given together."""


@dataclass(frozen=True, slots=True)
class Step:
    """What can be done with several resources at once."""

    words: str
    done: str
    run: Callable[[Work, str], None]
    tabs: tuple[str, ...]
    """Where it is offered."""


STEPS = {
    "submit": Step("提交审核", "已提交审核", versions.submit, ("", "draft")),
    "remove": Step("撤回或移到回收站", "已撤回或移到回收站", resources.remove, ("", "draft", "submitted", "published")),
    "restore": Step("恢复", "已恢复", resources.restore, ("withdrawn", "bin")),
}  # fmt: skip


@router.get("/my")
def mine(
    work: Reading,
    request: Request,
    status: str = "",
    kind: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Newest change first, narrowed by state, kind and words of the title."""
    if not work.caller.signed_in:
        raise Unauthenticated("请先登录。")
    if status == "bin":
        found = listing.Listing(listing.binned(work), None)
    else:
        filters = {"status": [status]} if status in TABS and status else {}
        if vocabulary.check("kind", kind):
            filters["kind"] = [kind]
        found = listing.page(work, filters=filters, mine=True, title=q.strip(), cursor=cursor, limit=30)
    return page(
        request,
        "mine.html",
        caller=work.caller,
        listing=found,
        tab=status,
        tabs=TABS,
        kind=kind,
        q=q,
        steps={name: step for name, step in STEPS.items() if status in step.tabs},
    )


@router.post("/my/bulk")
def bulk(request: Request, form: Form) -> Response:
    """One step for each that was chosen. What cannot be done is said for each, and keeps the others from nothing."""
    chosen = _chosen(form)
    if text(form, "step") == "fields":
        return _fields(request, chosen)
    step = STEPS.get(text(form, "step"))
    if step is None:
        raise Invalid("请选择要做什么。")
    return _each(request, step.done, chosen, step.run, undoable=text(form, "step") == "remove")


@router.post("/my/fields")
def fields(request: Request, form: Form) -> Response:
    """Give the same fields to each; what is left empty stays as it is in each."""
    chosen = _chosen(form)
    wanted = {name: value for name, value in typed.values(form).items() if name in SHARED and value}
    if not wanted:
        return _fields(request, chosen, Invalid("至少填一项，才有可以应用的内容。"))

    def give(work: Work, resource_id: str) -> None:
        resources.update(work, resource_id, wanted)

    return _each(request, "已填好共同的信息", chosen, give)


def _chosen(form: FormData) -> list[str]:
    ids = list(dict.fromkeys(str(value) for value in form.getlist("id")))
    if not ids:
        raise Invalid("还没有选资源。请先在“我的资源”里勾选。")
    if len(ids) > MOST:
        raise Invalid(f"一次最多 {MOST} 份，请分几次做。")
    return ids


def _each(
    request: Request,
    done: str,
    chosen: list[str],
    run: Callable[[Work, str], None],
    *,
    undoable: bool = False,
) -> Response:
    """Do it with one after the other, and say how far it is."""

    def all_of_them(tell: telling.Tell) -> Response:
        tried = []
        for number, one in enumerate(chosen, 1):
            tried.append((one, _tried(request, one, run)))
            tell(number, len(chosen))
        return _outcome(request, done, undoable, tried)

    return telling.answer(request, all_of_them)


def _tried(request: Request, resource_id: str, run: Callable[[Work, str], None]) -> str:
    """Why it could not be done; empty where it was. Each is a unit of work of its own."""
    try:
        with units.writing(request) as work:
            run(work, resource_id)
    except Unauthenticated:
        raise
    except TongkeError as error:
        return " ".join([error.detail, *(item.message for item in error.errors)])
    return ""


def _outcome(request: Request, done: str, undoable: bool, tried: list[tuple[str, str]]) -> Response:
    with units.reading(request) as work:
        refused = [(_title(work, one), one, why) for one, why in tried if why]
        number = len(tried) - len(refused)
        return page(
            request, "mine_done.html", caller=work.caller, done=done, undoable=undoable, number=number, refused=refused,
            ids=[one for one, why in tried if not why],
        )  # fmt: skip


def _fields(request: Request, ids: list[str], error: TongkeError | None = None) -> Response:
    with units.reading(request) as work:
        return page(
            request,
            "mine_fields.html",
            status=error.status if error else 200,
            caller=work.caller,
            ids=ids,
            titles=[_title(work, one) for one in ids],
            names=typed.NAMES,
            shared=SHARED,
            error=error.detail if error else "",
        )


def _title(work: Work, resource_id: str) -> str:
    """What the caller may see it called."""
    try:
        found: dict[str, Any] = resources.view(work, resource_id)[0]
    except TongkeError:
        return "一份您现在不能查看的资源"
    return str(found["title"])
