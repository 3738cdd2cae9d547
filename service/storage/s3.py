"""Objects in a bucket of an S3 server: MinIO, versitygw, or any other.

Plain calls alone: put, ranged get, head, delete, list, multipart. An upload is a multipart upload of its key; what is
too short for a part (AWS, "Amazon S3 multipart upload limits") is an object `_tails/KEY/…` until the next append takes
it in. `_` is in no key, so that a tail is never listed. Docs: docs.aws.amazon.com/AmazonS3/latest/API.
"""

import io
import secrets
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from service.storage import (
    Data,
    Internal,
    ObjectExists,
    ObjectMissing,
    Part,
    Stat,
    StoreDown,
    StoreFull,
    valid,
)
from service.storage.s3_answers import OUTSIDE, SILENT, Stream, code, translated
from service.storage.s3_bodies import Body, crc32, pieces

SMALLEST = 5 * 1024 * 1024
"""Bytes that every part but the last must have."""
LAST = 10_000
"""The highest number of a part; kept for the tail that ends an upload."""
SIGN_SECONDS = 0.8
"""Of silence, before a store says that it is there, or takes a connection. Each call begins with a question that it can
answer at once, so that nobody waits a second for one that does not, and what takes it longer may."""
QUICK_SECONDS = 2
"""Of silence, before the first byte of an answer about one object: whose call was under way when the store fell silent
waits so long."""
READ_SECONDS = 10
"""Of silence, while a store reads or writes one part."""
COMPLETE_SECONDS = 40
"""Of silence, while a store puts parts together: less than what is left of a lease (`library.receiving`)."""
PAUSE = 2.0
"""Seconds in which a store that fell silent is not asked."""
HEARD = 0.2
"""Seconds for which a store that took a part of an upload is taken to be there for the next."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """What a handle says: the key, a mark that the finished object carries, and the id of the multipart upload."""

    key: str
    mark: str
    upload_id: str

    @classmethod
    def of(cls, handle: str) -> "_Stage":
        return cls(*handle.split(" ", 2))

    def __str__(self) -> str:
        return f"{self.key} {self.mark} {self.upload_id}"


class S3Objects:
    """`service.storage.Objects` in a bucket. Opening it asks nothing of the store, which may be down.

    `url` is `s3+http://KEY:SECRET@HOST[:PORT]/BUCKET[/PREFIX][?region=NAME]`, or `s3+https://…`.
    """

    ahead = 2
    """While a store makes one part durable it takes the next."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.bucket, _, prefix = parts.path.strip("/").partition("/")
        if parts.scheme not in ("s3+http", "s3+https") or not (parts.hostname and self.bucket):
            raise ValueError("TONGKE_OBJECTS_URL must look like s3+https://KEY:SECRET@HOST/BUCKET.")
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint = f"{parts.scheme.removeprefix('s3+')}://{parts.netloc.rpartition('@')[2]}"
        self._credentials = Credentials(unquote(parts.username or ""), unquote(parts.password or ""))
        self._region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
        self._sign = self._client(SIGN_SECONDS)
        self._signs = URLLib3Session(
            verify=_session().get_config_variable("ca_bundle") or True,
            timeout=(SIGN_SECONDS, SIGN_SECONDS),
            max_pool_connections=50,
            proxies={},
        )
        """For the question whether the store is there, which costs a quarter of what a call of the client does."""
        self._quick = self._client(QUICK_SECONDS)
        self._s3 = self._client(READ_SECONDS)
        self._patient = self._client(COMPLETE_SECONDS)
        self._again = 0.0
        """A store that fell silent is not asked before this moment (monotonic); 0 while it answers."""
        self._trying = threading.RLock()
        self._heard = 0.0
        """When the store last answered (monotonic)."""

    def _client(self, read_seconds: float) -> Any:
        """No retries: whoever called knows better when to try again, and nobody waits for a store that is down."""
        config = Config(
            connect_timeout=SIGN_SECONDS,
            read_timeout=read_seconds,
            retries={"total_max_attempts": 1},
            max_pool_connections=50,
            signature_version="s3v4",
            # The store compares the bytes with a CRC-32, which costs both a tenth of a SHA-256 in the signature.
            s3={"addressing_style": "path", "payload_signing_enabled": False},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            proxies={},
        )
        return _session().create_client(
            "s3",
            endpoint_url=self._endpoint,
            region_name=self._region,
            aws_access_key_id=self._credentials.access_key,
            aws_secret_access_key=self._credentials.secret_key,
            config=config,
        )

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """The store's errors in the interface's words. Nobody after the first waits for a store that fell silent: one call
        at a time finds out whether it speaks again."""
        if self._again and (monotonic() < self._again or not self._trying.acquire(blocking=False)):
            raise StoreDown("the store fell silent a moment ago")
        trying = bool(self._again)
        try:
            with translated(what):
                yield
        except StoreDown as error:
            if isinstance(error.__cause__, SILENT):
                self._again = monotonic() + PAUSE
            raise
        except (ObjectMissing, ObjectExists, StoreFull):
            self._again = 0.0
            raise
        else:
            self._again, self._heard = 0.0, monotonic()
        finally:
            if trying:
                self._trying.release()

    def _speaks(self, heard: float = 0.0) -> None:
        """Ask for a sign before a call that may take the store its time, unless it answered so many seconds ago. Whatever it
        answers is one."""
        if monotonic() - self._heard > heard:
            self._signs.send(self._signed("HEAD", f"/{self.bucket}").prepare())
            self._heard = monotonic()

    def _signed(self, method: str, path: str) -> AWSRequest:
        request = AWSRequest(method, self._endpoint + path)
        S3SigV4Auth(self._credentials, "s3", self._region).add_auth(request)
        return request

    def put(self, key: str, chunks: Iterable[bytes]) -> Stat:
        found = pieces(chunks)
        first = next(found)
        with self._translated(key):
            second = next(found, None)
            if second is None:
                self._put(key, first)
                return self.stat(key)
            stage = _Stage.of(self.stage(key))
            try:
                parts = [self._upload(stage, 1, first), self._upload(stage, 2, second)]
                parts += [self._upload(stage, n, piece) for n, piece in enumerate(found, 3)]
                self._complete(stage, parts)
            except BaseException:
                with suppress(StoreDown, StoreFull, ObjectMissing):
                    self.discard(str(stage))
                raise
        return self.stat(key)

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        if stop is not None and stop <= start:
            self.stat(key)
            return io.BytesIO()
        return Stream(lambda position: self._get(key, position, stop), start)  # type: ignore[return-value]

    def _get(self, key: str, start: int, stop: int | None) -> Any:
        """The body of [start, stop)."""
        asked = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"} if start or stop else {}
        with self._translated(key):
            self._speaks()
            try:
                body = self._quick.get_object(**self._at(key), **asked)["Body"]
                body.set_socket_timeout(READ_SECONDS)
                return body
            except ClientError as error:
                if code(error) not in OUTSIDE:
                    raise
                return io.BytesIO()

    def stat(self, key: str) -> Stat:
        head = self._head(key)
        return Stat(key, head["ContentLength"], int(head["LastModified"].timestamp()) * 1_000_000)

    def _head(self, key: str) -> Any:
        with self._translated(key):
            self._speaks()
            return self._quick.head_object(**self._at(key))

    def delete(self, key: str) -> None:
        with self._translated(key):
            self._speaks()
            self._s3.delete_object(**self._at(key))

    def list(self, prefix: str = "") -> Iterator[Stat]:
        for found in self._listed(prefix):
            key = found["Key"].removeprefix(self._prefix)
            if not key.startswith("_"):
                # Whole seconds, as HEAD says them.
                yield Stat(key, found["Size"], int(found["LastModified"].timestamp()) * 1_000_000)

    def _listed(self, prefix: str) -> Iterator[Any]:
        pages = self._quick.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self._prefix + prefix
        )
        with self._translated(prefix):
            self._speaks()
            for page in pages:
                yield from page.get("Contents", ())

    def stage(self, key: str) -> str:
        mark = secrets.token_hex(8)
        with self._translated(key):
            self._speaks()
            made = self._s3.create_multipart_upload(
                **self._at(key), Metadata={"stage": mark}, ChecksumAlgorithm="CRC32"
            )
        return str(_Stage(key, mark, made["UploadId"]))

    def append(self, handle: str, parts: Sequence[Part], data: Data, number: int) -> Part:
        stage, offset = _Stage.of(handle), sum(part.size for part in parts)
        tail = parts[-1] if parts and not parts[-1].n else None
        with self._translated(handle):
            self._speaks(HEARD)
            if tail is not None:
                data = b"".join((self._tail(stage, tail), data))
                offset = tail.offset
                self._sweep(stage, offset + tail.size)
            if len(data) >= SMALLEST:
                made = self._upload(stage, number, data)
                return Part(number, offset, len(data), f"{made['ETag']} {made['ChecksumCRC32']}")
            self._require(stage)
            name = f"{offset + len(data):015d}-{secrets.token_hex(8)}"
            self._s3.put_object(
                Bucket=self.bucket,
                Key=self._tails(stage) + name,
                Body=Body(data),
                ChecksumCRC32=crc32(data),
            )
            return Part(0, offset, len(data), name)

    def finish(self, handle: str, parts: Sequence[Part]) -> Stat:
        stage, size = _Stage.of(handle), sum(part.size for part in parts)
        if not self._finished(stage, size):
            whole = [_known(part) for part in parts if part.n]
            tail = parts[-1] if parts and not parts[-1].n else None
            with self._translated(handle):
                rest = self._tail(stage, tail) if tail is not None else b""
                if not whole:
                    self._require(stage)
                    self._put(stage.key, rest, Metadata={"stage": stage.mark})
                else:
                    if tail is not None:
                        whole.append(self._upload(stage, LAST, rest))
                    self._complete(stage, whole)
            if not self._finished(stage, size):
                raise StoreDown(f"{stage.key} is not there after it was written")
        self.discard(handle)
        return self.stat(stage.key)

    def _finished(self, stage: _Stage, size: int) -> bool:
        """Whether the object is there. Raises ObjectExists for another under the key."""
        try:
            head = self._head(stage.key)
        except ObjectMissing:
            return False
        if head["ContentLength"] != size or head["Metadata"].get("stage") != stage.mark:
            raise ObjectExists(stage.key)
        return True

    def discard(self, handle: str) -> None:
        stage = _Stage.of(handle)
        with suppress(ObjectMissing), self._translated(handle):
            self._speaks()
            self._s3.abort_multipart_upload(**self._at(stage.key), UploadId=stage.upload_id)
        with self._translated(handle):
            self._sweep(stage)

    def tidy(self, before: int, handles: Collection[str]) -> None:
        """The bucket's rule does it: MinIO lists the uploads of one key alone."""

    def internal(self, key: str) -> Internal:
        with self._translated(key):
            self._speaks()
        path = f"/{self.bucket}/{self._prefix}{valid(key)}"
        headers = self._signed("GET", path).headers
        names = ("Authorization", "X-Amz-Date", "X-Amz-Content-SHA256")
        return Internal(f"/-/objects{path}", {name: headers[name] for name in names})

    def free(self) -> int | None:
        return None

    def check(self) -> None:
        try:
            with self._translated(self.bucket):
                self._sign.head_bucket(Bucket=self.bucket)
        except ObjectMissing as error:
            raise StoreDown(f"there is no bucket {self.bucket}; tongke migrate makes it") from error

    def prepare(self) -> None:
        with suppress(ObjectMissing), self._translated(self.bucket):
            self._s3.head_bucket(Bucket=self.bucket)
            return
        with suppress(ObjectExists), self._translated(self.bucket):
            self._s3.create_bucket(Bucket=self.bucket)

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self._prefix + valid(key)}

    def _put(self, key: str, data: bytes, **more: Any) -> None:
        """One whole object. Two writers of a key: stores that know `If-None-Match` let one of them win."""
        with suppress(ObjectMissing):
            self.stat(key)
            raise ObjectExists(key)
        self._s3.put_object(**self._at(key), Body=data, IfNoneMatch="*", ChecksumCRC32=crc32(data), **more)

    def _upload(self, stage: _Stage, number: int, data: Data) -> dict[str, Any]:
        """A part, as `_complete` wants to hear of it."""
        if number > LAST:
            raise StoreFull(f"{stage.key} has more than {LAST} parts")
        part = {"PartNumber": number, "ChecksumCRC32": crc32(data)}
        answer = self._s3.upload_part(
            **self._at(stage.key), UploadId=stage.upload_id, Body=Body(data), **part
        )
        return {**part, "ETag": answer["ETag"]}

    def _complete(self, stage: _Stage, parts: Sequence[dict[str, Any]]) -> None:
        self._patient.complete_multipart_upload(
            **self._at(stage.key), UploadId=stage.upload_id, MultipartUpload={"Parts": parts}
        )

    def _require(self, stage: _Stage) -> None:
        """Raise NoSuchUpload where the stage is gone."""
        self._s3.list_parts(**self._at(stage.key), UploadId=stage.upload_id, MaxParts=1)

    def _tails(self, stage: _Stage) -> str:
        return f"{self._prefix}_tails/{stage.key}/"

    def _tail(self, stage: _Stage, part: Part) -> bytes:
        answer = self._s3.get_object(Bucket=self.bucket, Key=self._tails(stage) + part.etag)
        data: bytes = answer["Body"].read()
        return data

    def _sweep(self, stage: _Stage, before: int | None = None) -> None:
        """Delete the stage's tails; those alone that end before an offset, which nobody can need any more: what is
        recorded never goes back. A writer that lost its lease thus takes nothing from the one that has it."""
        folder = self._tails(stage)
        for found in list(self._listed(folder.removeprefix(self._prefix))):
            if before is None or int(found["Key"].removeprefix(folder)[:15]) < before:
                self._s3.delete_object(Bucket=self.bucket, Key=found["Key"])


@cache
def _session() -> Session:
    """One of a process: it reads the service's description, which takes a quarter of a second."""
    return Session()


def _known(part: Part) -> dict[str, Any]:
    """A part that is recorded, as `_complete` wants to hear of it; those of earlier releases have no checksum."""
    etag, _, crc32 = part.etag.partition(" ")
    return {"PartNumber": part.n, "ETag": etag} | ({"ChecksumCRC32": crc32} if crc32 else {})
