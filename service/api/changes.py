"""/changes: the ordered feed for programs that keep a copy."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from service.api.schemas import PROBLEMS, ResourceOut, as_json, problems
from service.http import UnitRoute, backends, client_address, reading
from service.library import changes, waiting
from service.library.changes import Page
from service.library.waiting import Mark, Seat
from service.permissions import as_school

router = APIRouter(
    tags=["changes"],
    route_class=UnitRoute,
    responses=PROBLEMS | problems(_410="Begin without a cursor, and replace the copy."),
)


class Upsert(BaseModel):
    """Put it in the copy, or replace it there."""

    op: Literal["upsert"]
    resource: ResourceOut


class Removed(BaseModel):
    """Take it out of the copy: the caller may no longer see it."""

    op: Literal["removed"]
    id: str


class Named(BaseModel):
    """With `brief`: put it in the copy, or replace it there; its content is asked for elsewhere."""

    op: Literal["upsert"]
    id: str


class ChangesPage(BaseModel):
    """Apply the items in their order, keep `next_cursor` with the copy, ask again at once while `has_more`."""

    items: list[Upsert | Removed | Named]
    next_cursor: str
    has_more: bool


@router.get("/changes", response_model=ChangesPage)
async def read_changes(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=8000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    wait: Annotated[int, Query(ge=0, le=waiting.LONGEST)] = 0,
    audience: Literal["school"] | None = None,
    brief: bool = False,
) -> Response:
    """What changed for this caller since the cursor, in order; without one, everything visible first. 410: begin anew.
    `wait`: seconds that the answer may take until there is something to tell. `audience=school`: only what everybody of
    the caller's school may read; for a person of several schools, of all of them: a copy of one takes its program's
    key. `brief`: of an upsert only the id."""
    ask, look = partial(_page, request, limit, audience, brief), partial(_mark, request)
    waiters = backends(request).waiters
    mark = await waiters.mark(look) if wait else None  # before the page, so that nothing comes between
    found, actor = await to_thread.run_sync(ask, cursor)
    if mark is None or found.items or found.has_more:
        return _answer(found)
    who = actor if actor != "anonymous" else f"anonymous {client_address(request)}"
    with waiters.seat(who) as seat:
        if seat is None:
            answer = _answer(found)
            answer.headers["Retry-After"] = str(wait)
            return answer
        return _answer(await _later(request, seat, found, ask, wait, mark))


def _page(
    request: Request, limit: int, audience: str | None, brief: bool, cursor: str | None
) -> tuple[Page, str]:
    with reading(request) as work:
        if audience is not None:
            work.caller = as_school(work.caller)
        return changes.page(work, cursor, limit, brief=brief), work.caller.actor


def _answer(found: Page) -> Response:
    return as_json({"items": found.items, "next_cursor": found.next_cursor, "has_more": found.has_more})


def _mark(request: Request) -> Mark:
    with backends(request).reading() as work:
        return changes.mark(work)


async def _later(
    request: Request, seat: Seat, found: Page, ask: Callable[[str], tuple[Page, str]], wait: int, mark: Mark
) -> Page:
    """The first page with something in it, or what there is when the time is over: a term that began or ended by the
    clock is seen then at the latest."""
    waiters, now = backends(request).waiters, asyncio.get_running_loop().time
    over, look = now() + wait, partial(_mark, request)
    while not (found.items or found.has_more or waiters.ending):
        woken = await seat.until_woken(max(0.0, min(over - now(), waiting.LOOK)))
        last = now() >= over
        if waiters.ending or await request.is_disconnected():
            break
        former, mark = mark, await waiters.mark(look)
        if woken or last or mark[0] > found.at or mark != former:
            found, _actor = await to_thread.run_sync(ask, found.next_cursor)
        if last:
            break
        if woken and not found.items:
            await asyncio.sleep(waiting.PAUSE)
    return found
