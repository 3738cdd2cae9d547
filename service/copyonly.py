"""A mirror takes no changes: everything but reading is refused before a route sees it, with words for where to go."""

from collections.abc import Callable
from functools import partial

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import CopyOnly, TongkeError
from service.http import SAFE_METHODS
from service.problems import answered_with

ACCOUNTS = frozenset({"/sign-in", "/reset"})
"""Pages that only begin a change."""


class CopyAlone:
    """Refuses changes, and the pages that begin one, with 405. Pure ASGI."""

    def __init__(self, app: ASGIApp, render_page: Callable[[Request, TongkeError], Response]) -> None:
        self.app = app
        self._answer = partial(answered_with, render_page)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = scope["type"] == "http" and (
            scope["method"] not in SAFE_METHODS or scope["path"] in ACCOUNTS
        )
        if not refused:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        error = CopyOnly(
            "这里是本校的副本，只能查看和下载。登录、新建和修改，请到资源库。",
            headers={"Allow": "GET, HEAD, OPTIONS"},
            english="This is the school's copy, and can only be read. Sign in, and change things, at the library itself.",
        )
        await self._answer(request, error)(scope, receive, send)
