"""The blocking client."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from tongke import drive, flows, uploading
from tongke.calls import Call, Flow, Pause, Progress, Step, advance
from tongke.lines import Lines, direct
from tongke.packed import Wanted
from tongke.session import Session
from tongke.shapes import Change, ChangesPage, File, Resource, SearchPage

T = TypeVar("T")


class Client:
    """A library at `url`, as whoever `token` stands for, as a school's program (`client_id`, `client_secret`), or as
    nobody in particular, who reads what is public.

    Calls raise Problem for what the library refuses, Unreachable where it does not answer. Reads, PUT and uploads are
    tried again by themselves. Several threads may share a client. Use it in a `with` block, or `close` it.
    """

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
        """`language` (`en`, `zh-CN`) is that of the library's sentences. `options` go to httpx.Client: proxies, certificates (`verify`), timeouts."""
        self._session = Session(token, client_id, client_secret)
        self._http = httpx.Client(**{**drive.options(url, language), **options})
        base = self._http.base_url
        self._lines = Lines(base, self._http.timeout, options) if direct(base, options) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        if self._lines:
            self._lines.close()

    def me(self) -> dict[str, Any]:
        """The caller: scopes and audiences."""
        return self.run(flows.me(self._session))

    def search(self, q: str = "", *, page: int = 1, per_page: int = 20, **filters: Any) -> SearchPage:
        """A page of what is found. `filters`: kind, stage, grade, subject, …; a list for several values; `sort`."""
        return self.run(flows.search(self._session, q, page, per_page, filters))

    def resources(self, **filters: Any) -> Iterator[Resource]:
        """What the caller may see, newest change first, without `content`; asked for page by page."""
        cursor: str | None = None
        while True:
            items, cursor = self.run(flows.listing(self._session, cursor, filters))
            yield from items
            if cursor is None:
                return

    def get(self, resource_id: str, *, version: str | None = None) -> Resource:
        """One resource; `version`: "draft", or a number."""
        return self.run(flows.get(self._session, resource_id, version))

    def changes_page(
        self, cursor: str | None = None, *, limit: int = 200, wait: int = 0, audience: str | None = None
    ) -> ChangesPage:
        """A page of the feed; `wait`: seconds that it may take until there is something to tell, at most 60. Keep
        `next_cursor` in the transaction that applies the items. Raises Outdated."""
        return self.run(flows.changes(self._session, cursor, limit, wait, audience))

    def changes(
        self, cursor: str | None = None, *, audience: str | None = None
    ) -> Iterator[tuple[Change, str]]:
        """Each change up to now, with the cursor from which to go on once its page is applied."""
        more = True
        while more:
            page = self.changes_page(cursor, audience=audience)
            cursor, more = page["next_cursor"], page["has_more"]
            for item in page["items"]:
                yield item, cursor

    def create(self, fields: Mapping[str, Any], *, once: str | None = None) -> Resource:
        """A draft; `once` is an Idempotency-Key: sent again with it within a day, it is still one draft."""
        return self.run(flows.create(self._session, fields, once))

    def put_by_key(self, key: str, fields: Mapping[str, Any], files: Sequence[Path] = ()) -> Resource:
        """Create or update by the school's own id. What is unchanged writes nothing; of the files only those are sent
        that it does not have yet, by their SHA-256."""
        hashed = [(path, drive.digest(path)) for path in files]
        return self.run(flows.by_key(self._session, key, fields, hashed))

    def begin_upload(self, path: Path, *, name: str | None = None) -> str:
        """The id of a new upload of this file, to be kept where it should survive this process."""
        return self.run(uploading.begin(self._session, path, name))

    def upload(
        self, path: Path, *, name: str | None = None, at: str | None = None, progress: Progress | None = None
    ) -> str:
        """Send a file by tus, or what is missing of the upload `at`; returns its id. Broken lines are taken up."""
        return self.run(uploading.upload(self._session, path, name, at, progress))

    def attach(self, resource_id: str, path: Path, *, progress: Progress | None = None) -> File:
        """Send a file and put it into the draft. Equal bytes attached twice are one file."""
        ident = self.upload(path, progress=progress)
        return self.run(flows.attach(self._session, resource_id, ident, path.name))

    def submit(self, resource_id: str) -> Resource:
        """Send the draft to the school's administrator."""
        return self.run(flows.step(self._session, resource_id, "submit"))

    def download(
        self, resource_id: str, file: File, target: Path, *, progress: Progress | None = None
    ) -> Path:
        """Bring a file to `target`, resumed from `target.part` and verified by its SHA-256. Raises Damaged."""
        path = flows.content(resource_id, file["id"])
        return self.bring(path, target, size=file["size"], sha256=file["sha256"], progress=progress)

    def bring(
        self,
        path: str,
        target: Path,
        *,
        size: int,
        sha256: str,
        etag: str | None = None,
        progress: Progress | None = None,
    ) -> Path:
        """Any bytes of the interface whose SHA-256 is known, as `download` does; `etag` (without quotes) where it is
        another."""
        return self.run(
            flows.download(
                self._session, path, target, size=size, sha256=sha256, etag=etag or sha256, progress=progress
            )
        )

    def bring_copies(
        self,
        wanted: Mapping[str, Wanted],
        arrived: Callable[[str], None],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Bring many small files in one answer (`/copies/content`), at most 100: `wanted` names them as it does.
        `arrived` is told the name of each that is whole and verified at its target, `progress` how many bytes came. What
        the library leaves out is not told of: `bring` says why."""
        self.run(flows.bring_copies(self._session, wanted, arrived, progress))

    def ask(self, path: str, **params: Any) -> Any:
        """The JSON of a GET of the interface."""
        return self.run(flows.ask(self._session, path, params))

    def run(self, flow: Flow[T]) -> T:
        """Do what a flow asks for (tongke.calls); returns what it comes to."""
        answer: httpx.Response | httpx.TransportError | None = None
        while True:
            try:
                step = advance(flow, answer)
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                answer = self._do(step)
            except httpx.TransportError as error:
                answer = error

    def _do(self, step: Step) -> httpx.Response | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        return self._http.request(**drive.request(step)) if step.sink is None else self._stream(step)

    def _stream(self, call: Call) -> httpx.Response:
        assert call.sink is not None
        if self._lines:
            return self._lines.bring(self._http.build_request(**drive.request(call)), call.sink)
        with self._http.stream(**drive.request(call)) as answer:
            if answer.status_code in (200, 206):
                call.sink.begin(answer)
                for block in answer.iter_raw():
                    call.sink.write(block)
            else:
                answer.read()
            return answer
