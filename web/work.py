"""A page's unit of work: the session's caller, without the header that a script would send (forms carry the token)."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from service.errors import Unauthenticated
from service.http import authenticate, backends, under_way
from service.permissions import as_reader
from service.work import Work


@contextmanager
def writing(request: Request) -> Iterator[Work]:
    """Commits when the block ends well. The form's token was checked before."""
    with backends(request).writing() as work:
        work.caller = authenticate(work, request)
        if not work.caller.signed_in:
            raise Unauthenticated("登录已过期，刚才的内容没有保存。请重新登录后再试。")
        yield work


@contextmanager
def reading(request: Request) -> Iterator[Work]:
    """For pages that answer a form without having changed anything."""
    with backends(request).reading() as work, under_way(request, work):
        work.caller = as_reader(authenticate(work, request))
        yield work
