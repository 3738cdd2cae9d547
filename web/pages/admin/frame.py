"""What every administration page has: its tabs, lists as addresses, forms shown again with what is wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from service.errors import TongkeError
from service.library import administering
from service.work import Work
from web.rendering import page

TABS = {"/admin": "概览", "/admin/people": "人员", "/admin/schools": "学校", "/admin/partnerships": "结对", "/admin/embedding": "嵌入", "/admin/webhooks": "推送", "/admin/reports": "反映的问题", "/admin/storage": "存储",
        "/admin/vocabularies": "词表", "/admin/audit": "操作记录"}  # fmt: skip
PLATFORM_TABS = {"/admin/jobs": "后台任务", "/admin/integrity": "附件完好"}
Row = TypeVar("Row")
PageNumber = Annotated[int, Query(alias="page", ge=1, le=100_000)]
Text = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class Address:
    """The state of a list in its address, and the addresses beside it."""

    path: str
    chosen: Mapping[str, str]
    """What narrows it; empty values are left out."""
    sort: str
    page: int
    pages: int

    def with_(self, **changes: str | int) -> str:
        """The address with some of its state changed; another filter or sort begins at the first page."""
        state: dict[str, Any] = {**self.chosen, "sort": self.sort, **changes}
        query = urlencode(
            {name: value for name, value in state.items() if value and (name, value) != ("page", 1)}
        )
        return f"{self.path}?{query}" if query else self.path

    def sorted_by(self, key: str) -> str:
        """The address sorted by a column, or the other way round where it is already."""
        return self.with_(sort=f"-{key}" if self.sort == key else key)

    def direction(self, key: str) -> str:
        """aria-sort of a column."""
        return {key: "ascending", f"-{key}": "descending"}.get(self.sort, "none")


def address(
    path: str, chosen: Mapping[str, str], *, sort: str = "", page: int = 1, total: int = 0, per_page: int = 50
) -> Address:
    """The address of a page of a list of `total` rows."""
    return Address(path, chosen, sort, page, max(1, -(-total // per_page)))


def show(
    request: Request, work: Work, template: str, *, values: Mapping[str, str] | None = None,
    error: TongkeError | None = None, **context: Any,
) -> Response:  # fmt: skip
    """Render a page of the administration. With an error: its status, and each field's own words in `wrong`."""
    within = administering.reach(work)
    return page(
        request,
        f"admin/{template}",
        caller=work.caller,
        status=error.status if error else 200,
        tabs=TABS | (PLATFORM_TABS if within.everything else {}),
        platform=within.everything,
        values=values or {},
        error=error,
        wrong={item.field: item.message for item in error.errors} if error else {},
        **context,
    )


MOST_ROWS = 20_000
"""Of a list that leaves as a file."""


def every(listing: Callable[[int], tuple[list[Row], int]]) -> Iterator[Row]:
    """All rows of a list that comes by pages, at most MOST_ROWS."""
    given, page = 0, 1
    while True:
        rows, total = listing(page)
        yield from rows
        given, page = given + len(rows), page + 1
        if not rows or given >= min(total, MOST_ROWS):
            return


def texts(form: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Fields of a form as text; absent ones are empty."""
    return {name: value.strip() if isinstance(value := form.get(name, ""), str) else "" for name in names}
