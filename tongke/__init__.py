"""A typed client of a 同课 Tongke library, for programs: `Client`, and `AsyncClient` for asyncio. See docs/client.md."""

from tongke.aio import AsyncClient
from tongke.client import Client
from tongke.errors import Damaged, Outdated, Problem, TongkeError, Unreachable
from tongke.packed import Wanted
from tongke.shapes import (
    Change,
    ChangesPage,
    Credit,
    File,
    Hit,
    Removed,
    Resource,
    School,
    SearchPage,
    Upsert,
)

__all__ = [
    "AsyncClient",
    "Change",
    "ChangesPage",
    "Client",
    "Credit",
    "Damaged",
    "File",
    "Hit",
    "Outdated",
    "Problem",
    "Removed",
    "Resource",
    "School",
    "SearchPage",
    "TongkeError",
    "Unreachable",
    "Upsert",
    "Wanted",
]
