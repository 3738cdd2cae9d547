"""The bytes of one upload request on their way into the store: a lease, durable parts, a checksum, the finish.

Order of writing, so that the process may die between any two steps:
part durable in the store → its row → … → last row (the offset is the length) → one object → its SHA-256 and type.
A store may take several parts at a time; a part has no row before the one in front of it has. What was stored without a row is dropped by the next append; an upload with all rows but no SHA-256 is finished again.
"""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import col

from service.errors import ChecksumMismatch, Conflict, Locked
from service.library import leases, uploads
from service.library.derived import Opens
from service.library.digests import DIGESTS, Hash, digest_of
from service.library.media import media_type_of
from service.library.uploads import State, store_errors
from service.models import Upload, UploadPart
from service.settings import MEBIBYTE
from service.storage import Data, Part
from service.work import Work

PART = 8 * MEBIBYTE
"""A part is at least this long, but for the last one of a request."""
LONGEST = 2 * PART
"""Of a part that comes fast: each costs the processor 10 ms beside its bytes."""
HASHING = ThreadPoolExecutor(thread_name_prefix="hashing")
"""Bytes are hashed while the store writes them: neither holds the interpreter's lock meanwhile."""
LEASE = timedelta(seconds=60)
RENEW = timedelta(seconds=20)
"""Age at which a lease is renewed before anything is written under it."""
ALGORITHMS: dict[str, Callable[[], Hash]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": lambda: hashlib.sha256(),
}


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must hash to; `algorithm` is one of ALGORITHMS."""

    algorithm: str
    digest: bytes


def begin(
    writing: Opens, upload_id: str, offset: int | None = None, checksum: Checksum | None = None
) -> "Receiving":
    """Lease the upload to one request that goes on at `offset` (None: wherever it is); `release` it at the end.

    Raises NotFound, Gone, Locked while another request has it, Conflict at another offset, NoSpace.
    """
    with writing() as work:
        upload = uploads.owned(work, upload_id, lock=True)
        uploads.require_unlocked(work, upload)
        parts = uploads.parts_of(work, upload_id)
        here = _end(parts)
        if offset is not None and offset != here:
            raise Conflict(
                f"已收到 {here} 字节，请从那里继续上传。",
                english=f"The offset is {here}. Go on from there.",
                headers={"Upload-Offset": str(here)},
            )
        uploads.require_room(work, upload.length - here)
        lease = leases.new(work)
        upload.lease, upload.leased_until = lease, work.now + LEASE
        upload.numbered += work.objects.ahead
        return Receiving(writing, work, upload, lease, parts, checksum)


def settle(writing: Opens, upload_id: str) -> State:
    """Finish an upload that has all its bytes, where a process died before it could. Raises as `begin`."""
    receiving = begin(writing, upload_id)
    try:
        return receiving.complete()
    finally:
        receiving.release()


@dataclass(slots=True, eq=False)
class Taken:
    """A part of a request, to be written: its number, those in front of it, and the hashes with it, which are made while the
    store writes it. `part` once it is durable."""

    number: int
    before: list[Part]
    data: Data
    digest: "Future[Hash | None]"
    check: "Future[Hash | None]"
    part: Part | None = None

    @property
    def coming(self) -> Part:
        """As those behind it see it."""
        return Part(self.number, _end(self.before), len(self.data), "")


class Receiving:
    """One request that writes one upload: its parts are taken one after another, and written by as many threads as the store
    has appends `ahead`."""

    def __init__(
        self,
        writing: Opens,
        work: Work,
        upload: Upload,
        lease: str,
        parts: list[Part],
        checksum: Checksum | None,
    ) -> None:
        self._writing, self._objects, self._clock = writing, work.objects, work.clock
        self._upload, self._lease, self._leased_at = upload, lease, work.now
        self._numbers = deque(range(upload.numbered - self._objects.ahead + 1, upload.numbered + 1))
        """For the next parts, the highest that were given out; without any more are asked for."""
        self._recorded = parts
        self._stored: list[Part] = []
        """Durable, but without a row: under a checksum they wait for the end."""
        self._under_way: deque[Taken] = deque()
        """Not durable, or behind one that is not."""
        self._lock = threading.Lock()
        """Of all that is here, and of the rows."""
        self._checksum = checksum
        self._check = ALGORITHMS[checksum.algorithm]() if checksum else None
        self._digest: Hash | None = None
        """Of all that is stored, recorded or not."""

    @property
    def ahead(self) -> int:
        """How many parts may be under way at once."""
        return self._objects.ahead

    @property
    def offset(self) -> int:
        """Bytes recorded."""
        return _end(self._recorded)

    @property
    def room(self) -> int:
        """Bytes still to come."""
        return self._upload.length - _end(self._parts)

    @property
    def _parts(self) -> list[Part]:
        """All that is durable, recorded or not."""
        return _joined(self._recorded, self._stored)

    @property
    def checked(self) -> bool:
        """Whether nothing counts before a checksum is verified."""
        return self._checksum is not None

    def take(self, data: Data) -> Taken:
        """The next part, to be written. One of less than PART bytes is the last that is under way.

        Raises NotFound, Gone, Locked where the upload or the lease was lost.
        """
        with self._lock:
            self._keep_lease()
            last = self._under_way[-1] if self._under_way else None
            before = _joined(last.before, [last.coming]) if last else self._parts
            digest, check = (last.digest, last.check) if last else (self._running_digest(), self._check)
            taken = Taken(
                self._next_number(),
                before,
                data,
                HASHING.submit(_after, digest, data),
                HASHING.submit(_after, check, data),
            )
            self._under_way.append(taken)
            return taken

    def store(self, data: Data) -> None:
        """Take and write one part."""
        self.write(self.take(data))

    def write(self, taken: Taken) -> None:
        """Make it durable; recorded as soon as those in front of it are, or under a checksum at the end. Its bytes are not
        looked at any more when this returns.

        Raises NotFound, Gone, Locked where the upload or the lease was lost; NoSpace, Unavailable.
        """
        with store_errors():
            part = self._objects.append(self._upload.handle, taken.before, taken.data, taken.number)
        taken.digest.result(), taken.check.result()
        with self._lock:
            taken.part = part
            while self._under_way and (durable := self._under_way[0].part) is not None:
                first = self._under_way.popleft()
                if not durable.n:
                    self._numbers.appendleft(first.number)
                self._stored = _joined(self._stored, [durable])
                self._digest, self._check = first.digest.result(), first.check.result()
            if self._check is None and self._stored:
                self._record()

    def complete(self) -> State:
        """The request's body has arrived whole: verify its checksum, and finish the upload with its last byte.

        Raises ChecksumMismatch (nothing of the request is kept), and as `store`.
        """
        if self._check is not None and self._checksum is not None:
            if self._check.digest() != self._checksum.digest:
                raise ChecksumMismatch(
                    "收到的内容与校验值不一致，可能在传输中损坏，这一段没有保存。请重新发送这一段。",
                    english="What came does not match the checksum and was not saved. Send this part again.",
                )
            self._record()
        if self.offset == self._upload.length and self._upload.sha256 is None:
            self._finish()
        return uploads.state_of(self._upload, self.offset)

    def release(self) -> None:
        """End the lease, if it is still ours, and keep the running hash for the next request."""
        leases.end(self._lease)
        if self._digest is not None and not self._stored:
            DIGESTS.put(self._upload.id, self.offset, self._digest)
        with self._lock, self._writing() as work:
            work.session.execute(
                update(Upload)
                .where(col(Upload.id) == self._upload.id, col(Upload.lease) == self._lease)
                .values(
                    lease=None,
                    leased_until=None,
                    numbered=col(Upload.numbered) - len(self._numbers),
                )
            )

    def _held(self, work: Work) -> Upload:
        """The upload, with its lease renewed. Raises NotFound, Gone, Locked."""
        upload = uploads.owned(work, self._upload.id, lock=True)
        if upload.lease != self._lease:
            raise Locked(
                "这个文件已改由另一个连接上传，本次连接到此为止。",
                english="Another connection has taken over this upload; this one ends here.",
            )
        upload.leased_until = work.now + LEASE
        self._leased_at = work.now
        return upload

    def _keep_lease(self) -> None:
        """So that nobody else can have it while we write: a write takes less than the rest of the lease."""
        if self._clock() - self._leased_at >= RENEW:
            with self._writing() as work:
                self._held(work)

    def _next_number(self) -> int:
        """A number that no part of this upload had before, used up by asking."""
        if not self._numbers:
            with self._writing() as work:
                more = self._more_numbers(self._held(work))
            self._numbers.extend(more)
        return self._numbers.popleft()

    def _more_numbers(self, upload: Upload) -> range:
        """As many as may be needed before a row is written again."""
        missing = max(0, self.ahead - len(self._numbers))
        upload.numbered += missing
        return range(upload.numbered - missing + 1, upload.numbered + 1)

    def _record(self) -> None:
        with self._writing() as work:
            more = self._more_numbers(self._held(work))
            if self._stored:  # in the place of a tail, where there was one
                work.session.execute(
                    delete(UploadPart).where(
                        col(UploadPart.upload_id) == self._upload.id,
                        col(UploadPart.offset) >= self._stored[0].offset,
                    )
                )
            work.session.add_all(
                UploadPart(
                    upload_id=self._upload.id, n=part.n, offset=part.offset, size=part.size, etag=part.etag
                )
                for part in self._stored
            )
        self._numbers.extend(more)
        self._recorded, self._stored = self._parts, []

    def _running_digest(self) -> Hash | None:
        """The hash of what is stored. None where another process received the beginning: a store need not give back
        what is not finished, so that such an upload is hashed as a whole in the end."""
        if self._digest is None:
            begun = hashlib.sha256() if not self._parts else None
            self._digest = begun or DIGESTS.take(self._upload.id, self.offset)
        if self.checked and not self._stored and self._digest is not None:
            DIGESTS.put(self._upload.id, self.offset, self._digest.copy())
        return self._digest

    def _finish(self) -> None:
        upload = self._upload
        self._keep_lease()
        with store_errors():
            self._objects.finish(upload.handle, self._recorded)
            digest = self._digest or DIGESTS.take(upload.id, upload.length)
            if digest is None:
                with self._objects.open(upload.object_key) as source:
                    digest = digest_of(source, self._keep_lease)
            media_type = media_type_of(self._objects, upload.object_key, upload.length, upload.name)
        with self._writing() as work:
            held = self._held(work)
            held.sha256, held.media_type = digest.hexdigest(), media_type
        self._upload = held  # not before: of a row that was rolled back nothing can be read
        self._digest = None


def _after(running: "Future[Hash | None] | Hash | None", data: Data) -> Hash | None:
    """The hash with these bytes after those it has; the given one stays as it is, for bytes that fail to be stored. One that
    is being made was submitted before, so that its thread waits for none behind it."""
    running = running.result() if isinstance(running, Future) else running
    if running is None:
        return None
    more = running.copy()
    more.update(data)
    return more


def _end(parts: Sequence[Part]) -> int:
    return parts[-1].offset + parts[-1].size if parts else 0


def _joined(parts: Sequence[Part], more: Sequence[Part]) -> list[Part]:
    """Parts that follow others, in the place of those from their offset on."""
    return [part for part in parts if not more or part.offset < more[0].offset] + list(more)
