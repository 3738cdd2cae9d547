"""Signing in and out, one's own account, the password, and the one-time code."""

from fastapi import APIRouter, Request, Response

from service.errors import Denied, Invalid, Throttled, TongkeError, Unauthenticated
from service.http import (
    HOST_COOKIE,
    SESSION_COOKIE,
    Reading,
    UnitRoute,
    backends,
    client_address,
    over_https,
    session_secret,
)
from service.library import accounts, callers, majors, profile, signing_in, vocabulary
from web import kept
from web import work as units
from web.forms import Form, OpenForm, text
from web.rendering import local, page, redirect

router = APIRouter(route_class=UnitRoute)
DEVICE_COOKIE = "tongke_device"
"""Tells the page's script that this device is hers alone; on any other it remembers nothing beyond the tab."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


@router.get("/sign-in")
def sign_in_page(work: Reading, request: Request, next: str = "/") -> Response:
    """The form; who is signed in already goes on."""
    if work.caller.signed_in:
        return redirect(local(next))
    return page(
        request, "sign_in.html", caller=work.caller, next=local(next), username="", error=None, typed=None
    )


@router.post("/sign-in")
def sign_in(request: Request, form: OpenForm) -> Response:
    """Check the password, open a session, set its cookie; then on, or to what she was sending when the last one had
    ended."""
    typed = kept.carried(form)
    username, onward = text(form, "username"), local(text(form, "next") or "/")
    secure = _is_secure(request)
    try:
        person_id = signing_in.check(
            backends(request), username, str(form.get("password", "")), client_address(request)
        )
    except TongkeError as error:
        return page(
            request, "sign_in.html", status=error.status, headers=error.headers,
            next=onward, username=username, error=error.detail, typed=typed,
        )  # fmt: skip
    own_device = text(form, "own_device") == "yes"
    with backends(request).writing() as work:
        secret = accounts.open_session(work, person_id, own_device=own_device)
        must_change = accounts.must_change_password(work, person_id)
        caller = callers.person(work.session, person_id, work.now)
    if must_change:
        answer = redirect("/password", next=onward)
    else:
        answer = kept.again(request, typed, caller, secret) if typed else redirect(onward)
    name = HOST_COOKIE if secure else SESSION_COOKIE
    life = int(accounts.OWN_DEVICE.total_seconds()) if own_device else None
    answer.set_cookie(name, secret, path="/", httponly=True, secure=secure, samesite="lax", max_age=life)
    if own_device:
        answer.set_cookie(DEVICE_COOKIE, "own", path="/", secure=secure, samesite="lax", max_age=life)
    else:
        answer.delete_cookie(DEVICE_COOKIE, path="/", secure=secure, samesite="lax")
    return answer


def _is_secure(request: Request) -> bool:
    """Whether the cookie may be `__Host-`; a plain one is given on loopback alone."""
    if over_https(request):
        return True
    if request.url.hostname in LOOPBACK:
        return False
    raise Denied(
        "这个地址没有使用 https，密码可能被别人看到，所以不能在这里登录。请使用 https 开头的地址，或联系平台管理员。"
    )


@router.post("/sign-out")
def sign_out(request: Request, form: Form) -> Response:
    """End the session; the browser forgets what it kept of it."""
    secret = session_secret(request)
    if secret:
        with backends(request).writing() as work:
            accounts.close(work, secret)
    return _signed_out(redirect("/", "signed-out"))


def _signed_out(answer: Response) -> Response:
    """The answer, and the browser forgets the session and what it kept of it."""
    for name, secure in ((HOST_COOKIE, True), (SESSION_COOKIE, False)):
        answer.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
        answer.delete_cookie(DEVICE_COOKIE, path="/", secure=secure, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


DOMAIN = "domain_"
"""How the codes of the five 领域 of 学前 begin, which it has instead of subjects."""


@router.get("/account")
def account(work: Reading, request: Request) -> Response:
    """Who she is here, what she teaches, where she is signed in."""
    if work.caller.person_id is None:
        raise Unauthenticated("请先登录。")
    return page(
        request,
        "account.html",
        caller=work.caller,
        me=accounts.me(work),
        username=accounts.username(work, work.caller.person_id),
        teaching=profile.teaching(work),
        subjects=[entry for entry in vocabulary.entries("subject") if not entry.code.startswith(DOMAIN)],
        domains=[entry for entry in vocabulary.entries("subject") if entry.code.startswith(DOMAIN)],
        stages=[entry for entry in vocabulary.entries("stage") if entry.code in profile.UNGRADED],
        fields=[entry for entry in vocabulary.entries("major") if len(entry.code) == majors.LEVELS[0]],
    )


@router.post("/account")
def save_account(request: Request, form: Form) -> Response:
    """Keep what she teaches."""
    with units.writing(request) as work:
        profile.set_teaching(
            work,
            *(
                [str(code) for code in form.getlist(name)]
                for name in ("subjects", "grades", "stages", "majors")
            ),
        )
    return redirect("/account", "saved")


@router.post("/account/sign-out-everywhere")
def sign_out_everywhere(request: Request, form: Form) -> Response:
    """End the sessions of every device."""
    with units.writing(request) as work:
        profile.end_sessions(work)
    return _signed_out(redirect("/", "signed-out"))


@router.get("/password")
def password_page(work: Reading, request: Request, next: str = "/") -> Response:
    """Change the password."""
    if work.caller.person_id is None:
        raise Unauthenticated("请先登录。")
    first = accounts.must_change_password(work, work.caller.person_id)
    return page(request, "password.html", caller=work.caller, next=local(next), first=first, error=None)


@router.post("/password")
def change_password(request: Request, form: Form) -> Response:
    """Set the new password; every session ends, this one too."""
    with units.reading(request) as work:
        person_id, caller = work.caller.person_id, work.caller
        if person_id is None:
            raise Unauthenticated("请先登录。")
        username = accounts.username(work, person_id)
        first = accounts.must_change_password(work, person_id)
    try:
        _check_present(request, username, str(form.get("current", "")))
        if form.get("password") != form.get("again"):
            raise Invalid("两次填写的新密码不一样，请重新填写。")
        with units.writing(request) as work:
            accounts.set_password(work, person_id, str(form.get("password", "")))
    except (Invalid, Throttled) as error:
        words = " ".join([error.detail, *(item.message for item in error.errors)])
        return page(
            request,
            "password.html",
            status=error.status,
            caller=caller,
            next=text(form, "next"),
            first=first,
            error=words,
        )
    return _signed_out(redirect("/sign-in", "password", next=local(text(form, "next") or "/")))


def _check_present(request: Request, username: str, password: str) -> None:
    """As a sign-in, so that whoever finds the session open has no more guesses than elsewhere."""
    try:
        signing_in.check(backends(request), username, password, client_address(request))
    except Unauthenticated as error:
        raise Invalid("原来的密码不正确，请核对。") from error


@router.get("/reset")
def reset_page(request: Request) -> Response:
    """Set a new password with a one-time code from the administrator."""
    return page(request, "reset.html", username="", error=None)


@router.post("/reset")
def reset(request: Request, form: OpenForm) -> Response:
    """Redeem the code."""
    username = text(form, "username")
    address = client_address(request)
    try:
        with backends(request).reading() as work:
            accounts.look_up(work, username, address)
        if form.get("password") != form.get("again"):
            raise Invalid("两次填写的新密码不一样，请重新填写。")
        with backends(request).writing() as work:
            accounts.redeem_code(work, username, text(form, "code"), str(form.get("password", "")))
    except TongkeError as error:
        if isinstance(error, Unauthenticated):
            with backends(request).writing() as work:
                accounts.failed(work, username, address)
        words = " ".join([error.detail, *(item.message for item in error.errors)])
        return page(request, "reset.html", status=error.status, username=username, error=words)
    return redirect("/sign-in", "password")
