"""The client for asyncio: the same calls, awaited. Only connections are waited for; local files are read in place."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from tongke import drive, flows, uploading
from tongke.calls import Call, Flow, Pause, Progress, Step, advance
from tongke.packed import Wanted
from tongke.session import Session
from tongke.shapes import Change, ChangesPage, File, Resource, SearchPage

T = TypeVar("T")


class AsyncClient:
    """`tongke.Client` for asyncio; see there for what the calls mean. Use it in an `async with` block."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        language: str = "en",
        **options: Any,
    ) -> None:
        """`language` (`en`, `zh-CN`) is that of the library's sentences. `options` go to httpx.AsyncClient."""
        self._session = Session(token, client_id, client_secret)
        self._http = httpx.AsyncClient(**{**drive.options(url, language), **options})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def me(self) -> dict[str, Any]:
        """The caller."""
        return await self.run(flows.me(self._session))

    async def search(self, q: str = "", *, page: int = 1, per_page: int = 20, **filters: Any) -> SearchPage:
        """A page of what is found."""
        return await self.run(flows.search(self._session, q, page, per_page, filters))

    async def resources(self, **filters: Any) -> AsyncIterator[Resource]:
        """What the caller may see."""
        cursor: str | None = None
        while True:
            items, cursor = await self.run(flows.listing(self._session, cursor, filters))
            for item in items:
                yield item
            if cursor is None:
                return

    async def get(self, resource_id: str, *, version: str | None = None) -> Resource:
        """One resource."""
        return await self.run(flows.get(self._session, resource_id, version))

    async def changes_page(
        self, cursor: str | None = None, *, limit: int = 200, wait: int = 0, audience: str | None = None
    ) -> ChangesPage:
        """A page of the feed."""
        return await self.run(flows.changes(self._session, cursor, limit, wait, audience))

    async def changes(
        self, cursor: str | None = None, *, audience: str | None = None
    ) -> AsyncIterator[tuple[Change, str]]:
        """Each change up to now, with the cursor of its page's end."""
        more = True
        while more:
            page = await self.changes_page(cursor, audience=audience)
            cursor, more = page["next_cursor"], page["has_more"]
            for item in page["items"]:
                yield item, cursor

    async def create(self, fields: Mapping[str, Any], *, once: str | None = None) -> Resource:
        """A draft."""
        return await self.run(flows.create(self._session, fields, once))

    async def put_by_key(self, key: str, fields: Mapping[str, Any], files: Sequence[Path] = ()) -> Resource:
        """Create or update by the school's own id."""
        hashed = [(path, await asyncio.to_thread(drive.digest, path)) for path in files]
        return await self.run(flows.by_key(self._session, key, fields, hashed))

    async def begin_upload(self, path: Path, *, name: str | None = None) -> str:
        """The id of a new upload."""
        return await self.run(uploading.begin(self._session, path, name))

    async def upload(
        self, path: Path, *, name: str | None = None, at: str | None = None, progress: Progress | None = None
    ) -> str:
        """Send a file by tus; returns the upload's id."""
        return await self.run(uploading.upload(self._session, path, name, at, progress))

    async def attach(self, resource_id: str, path: Path, *, progress: Progress | None = None) -> File:
        """Send a file and put it into the draft."""
        ident = await self.upload(path, progress=progress)
        return await self.run(flows.attach(self._session, resource_id, ident, path.name))

    async def submit(self, resource_id: str) -> Resource:
        """Send the draft to the school's administrator."""
        return await self.run(flows.step(self._session, resource_id, "submit"))

    async def download(
        self, resource_id: str, file: File, target: Path, *, progress: Progress | None = None
    ) -> Path:
        """Bring a file to `target`, resumed and verified."""
        path = flows.content(resource_id, file["id"])
        size, sha256 = file["size"], file["sha256"]
        return await self.run(
            flows.download(
                self._session, path, target, size=size, sha256=sha256, etag=sha256, progress=progress
            )
        )

    async def bring_copies(
        self,
        wanted: Mapping[str, Wanted],
        arrived: Callable[[str], None],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Bring many small files in one answer (`/copies/content`), at most 100: `wanted` names them as it does.
        `arrived` is told the name of each that is whole and verified at its target, `progress` how many bytes came. What
        the library leaves out is not told of: `bring` says why."""
        await self.run(flows.bring_copies(self._session, wanted, arrived, progress))

    async def ask(self, path: str, **params: Any) -> Any:
        """The JSON of a GET of the interface."""
        return await self.run(flows.ask(self._session, path, params))

    async def run(self, flow: Flow[T]) -> T:
        """Do what a flow asks for; returns what it comes to."""
        answer: httpx.Response | httpx.TransportError | None = None
        while True:
            try:
                step = advance(flow, answer)
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                answer = await self._do(step)
            except httpx.TransportError as error:
                answer = error

    async def _do(self, step: Step) -> httpx.Response | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        return await (self._http.request(**drive.request(step)) if step.sink is None else self._stream(step))

    async def _stream(self, call: Call) -> httpx.Response:
        assert call.sink is not None
        async with self._http.stream(**drive.request(call)) as answer:
            if answer.status_code in (200, 206):
                call.sink.begin(answer)
                async for block in answer.aiter_raw():
                    call.sink.write(block)
            else:
                await answer.aread()
            return answer
