"""Every refusal as an answer: problem+json (RFC 9457), or a page where a browser asked for one. One handler for all."""

import contextlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.errors import (
    Denied,
    FirstPassword,
    Malformed,
    MethodNotAllowed,
    NotFound,
    TongkeError,
    TooLarge,
    Unauthenticated,
    Unsupported,
    wrong_fields,
)
from service.http import JSON_BODY, authenticate, backends
from service.library import audit
from service.library.fields import field_errors

EMBED = "/api/v1/embed/"
"""What other sites' scripts ask; why they are refused may be read by every one of them."""
Renderer = Callable[[Request, TongkeError], Response]


def prefers_english(request: Request) -> bool:
    """Whether English comes first among the languages that the caller accepts."""
    first = request.headers.get("accept-language", "").split(",")[0].strip().lower()
    return first.startswith("en")


def request_id(request: Request) -> str:
    """By which the log knows the request; empty outside of `service.traffic`."""
    ident: str = getattr(request.state, "request_id", "")
    return ident


def problem(request: Request, error: TongkeError) -> Response:
    """RFC 9457."""
    english = prefers_english(request)
    body: dict[str, Any] = {
        "type": error.type,
        "title": error.title_en if english else error.title,
        "status": error.status,
        "detail": error.english if english else error.detail,
    }
    if ident := request_id(request):
        body["request_id"] = ident
    if error.errors:
        body["errors"] = [
            {"field": item.field, "message": item.english if english else item.message}
            for item in error.errors
        ]
    # A name that the caller sent may hold a lone surrogate, which UTF-8 cannot carry.
    sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    media_type = "application/problem+json; charset=utf-8"
    headers = error.headers | (
        {"Access-Control-Allow-Origin": "*"} if request.url.path.startswith(EMBED) else {}
    )
    return Response(sent, error.status, headers=headers, media_type=media_type)


def answered_with(render_page: Renderer, request: Request, error: TongkeError) -> Response:
    """A page where a browser asked for one, else problem+json. A press on the address of a file asks for one too (W3C
    Fetch Metadata)."""
    api = request.url.path.startswith("/api/")
    opened = not api or request.headers.get("sec-fetch-mode") == "navigate"
    wants_page = "text/html" in request.headers.get("accept", "")
    return render_page(request, error) if wants_page and opened else problem(request, error)


def install_error_handler(app: FastAPI, render_page: Renderer) -> None:
    """Have the application answer every error so. `render_page` comes from the pages."""

    answer = partial(answered_with, render_page)

    def expected(request: Request, error: Exception) -> Response:
        assert isinstance(error, TongkeError)
        if isinstance(error, Denied) and not backends(request).settings.mirror:
            _audit_refusal(request, error)
        return answer(request, error)

    def unparsed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, wrong_fields(field_errors(list(error.errors()))))

    def protocol(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(request, translated(error))

    def unexpected(request: Request, error: Exception) -> Response:
        """Beyond every part that could log it or say the request's id; `service.traffic` has logged it."""
        failed = TongkeError(
            "服务器出了意外的错误，我们已经记录下来。请稍后再试，或联系平台管理员。",
            headers={"X-Request-Id": request_id(request)},
        )
        return answer(request, failed)

    app.add_exception_handler(TongkeError, expected)
    app.add_exception_handler(RequestValidationError, unparsed)
    app.add_exception_handler(HTTPException, protocol)
    app.add_exception_handler(Exception, unexpected)


_PROTOCOL: dict[int, tuple[type[TongkeError], str]] = {
    400: (Malformed, "请求的内容无法读取，请核对格式。"),
    404: (NotFound, "没有找到这个页面。请核对地址，或从首页重新查找。"),
    405: (MethodNotAllowed, "这个地址不支持这种操作。"),
    413: (TooLarge, f"请求的内容太大，最多 {JSON_BODY // 1024**2} MB。文件请用上传接口。"),
    415: (Unsupported, "不支持这种内容类型。"),
}


def translated(error: HTTPException) -> TongkeError:
    """The framework's own refusals as ours."""
    kind, detail = _PROTOCOL.get(error.status_code, (TongkeError, f"请求无法处理({error.status_code})。"))
    found = kind(detail, headers=error.headers)
    found.status = error.status_code
    return found


def _audit_refusal(request: Request, error: Denied) -> None:
    """A refusal is written after the rollback, in a transaction of its own."""
    with backends(request).writing() as work:
        with contextlib.suppress(Unauthenticated, FirstPassword):
            work.caller = authenticate(work, request)
        audit.refused(work, request.method, request.url.path)
