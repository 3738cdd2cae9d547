"""推送: the addresses that learn at once that the library has something new for a school's program."""

from typing import Any

from fastapi import APIRouter, Request, Response

from service.errors import Invalid, NotFound, TongkeError
from service.http import Reading, UnitRoute
from service.library import administering, webhooks
from service.work import Work
from web import work as units
from web.forms import Form
from web.pages.admin.frame import Text, show, texts
from web.rendering import redirect

router = APIRouter(route_class=UnitRoute)
PATH = "/admin/webhooks"
FIELDS = ("name", "url")
STATES = {"waiting": "等待发送", "sending": "正在发送", "delivered": "已收到", "failed": "没有成功"}
REASONS = {
    "address": "地址不能用：它指向内网", "connection": "连接不上", "timeout": "10 秒内没有回答",
    "tls": "证书不可信", "status": "对方没有接受",
}  # fmt: skip


@router.get(PATH)
def listing(work: Reading, request: Request, school: Text = "") -> Response:
    """The addresses of a school: the one that was chosen, else the first that she administers."""
    mine = administering.own_schools(work)
    chosen = administering.school(work, school) if school else next(iter(mine), None)
    found = webhooks.listing(work, chosen.id) if chosen else []
    return show(request, work, "webhooks.html", schools=mine, school=chosen, webhooks=found)


@router.get(PATH + "/{school_id}/new")
def new(work: Reading, request: Request, school_id: str) -> Response:
    """The form for one address."""
    return _new(request, work, school_id, {})


def _new(
    request: Request, work: Work, school_id: str, values: dict[str, str], error: TongkeError | None = None
) -> Response:
    school = administering.school(work, school_id)
    return show(request, work, "webhook_new.html", values=values, error=error, school=school)


@router.post(PATH + "/{school_id}/new")
def create(request: Request, school_id: str, form: Form) -> Response:
    """Register it; the page shows the secret, once."""
    values = texts(form, FIELDS)
    try:
        with units.writing(request) as work:
            webhook_id, secret = webhooks.create(work, school_id, webhooks.parse(values))
    except Invalid as error:
        with units.reading(request) as work:
            return _new(request, work, school_id, values, error)
    with units.reading(request) as work:
        return _one(request, work, school_id, webhook_id, secret=secret)


@router.get(PATH + "/{school_id}/{webhook_id}")
def one(work: Reading, request: Request, school_id: str, webhook_id: str) -> Response:
    """An address, what it was told, and what can be changed of it."""
    return _one(request, work, school_id, webhook_id)


def _one(
    request: Request, work: Work, school_id: str, webhook_id: str, *, secret: str = "",
    values: dict[str, str] | None = None, error: TongkeError | None = None,
) -> Response:  # fmt: skip
    found, _etag = webhooks.one(work, school_id, webhook_id)
    told, _next = webhooks.deliveries(work, school_id, webhook_id)
    return show(
        request,
        work,
        "webhook.html",
        values=values or _kept(found),
        error=error,
        school=administering.school(work, school_id),
        webhook=found,
        deliveries=told,
        signing=secret,
        states=STATES,
        reasons=REASONS,
    )


def _kept(found: dict[str, Any]) -> dict[str, str]:
    return {name: found[name] for name in FIELDS}


@router.post(PATH + "/{school_id}/{webhook_id}/{step}")
def change(request: Request, school_id: str, webhook_id: str, step: str, form: Form) -> Response:
    """`settings`, a new `secret`, a message once more (`replay`), or the end of it (`remove`)."""
    values, secret = texts(form, (*FIELDS, "delivery")), ""
    here = f"{PATH}/{school_id}/{webhook_id}"
    try:
        with units.writing(request) as work:
            if step == "settings":
                wanted = webhooks.parse({name: values[name] for name in FIELDS})
                webhooks.change(work, school_id, webhook_id, wanted)
            elif step == "secret":
                secret = webhooks.renew_secret(work, school_id, webhook_id)
            elif step == "replay":
                webhooks.replay(work, school_id, webhook_id, values["delivery"])
            elif step == "remove":
                webhooks.remove(work, school_id, webhook_id)
                here = PATH
            else:
                raise NotFound("没有这个操作。", english="There is no such step.")
    except Invalid as error:
        with units.reading(request) as work:
            return _one(request, work, school_id, webhook_id, values=values, error=error)
    if secret:
        with units.reading(request) as work:
            return _one(request, work, school_id, webhook_id, secret=secret)
    return redirect(here, {"replay": "sent-again", "remove": "removed-webhook"}.get(step, "saved"))
