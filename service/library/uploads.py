"""Uploads under way (tus 1.0): limits told beforehand, creation, state, termination, expiry, and handing over.

The bytes of a request go through `service.library.receiving`. An upload's offset is the sum of its recorded parts; it is
complete once it has a SHA-256, and then waits under its object key until a resource takes it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlmodel import col

from service.errors import (
    Conflict,
    Gone,
    Invalid,
    Locked,
    NoSpace,
    NotFound,
    TongkeError,
    TooLarge,
    Unavailable,
)
from service.library import filenames, leases
from service.library.derived import Opens
from service.models import Organisation, Upload, UploadPart
from service.permissions import Scope, require_scope
from service.settings import MEBIBYTE
from service.storage import ObjectExists, ObjectMissing, Objects, Part, StoreDown, StoreFull
from service.work import Work

CHUNK = 64 * MEBIBYTE
"""Bytes that a client is advised to send in one request."""
EXPIRED_AT_ONCE = 500
"""Uploads that one run of `expire` takes away, so that no writer waits long."""
_UNITS = ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB"))


@dataclass(frozen=True, slots=True)
class Limits:
    """What this caller's school may still upload; all in bytes but the days."""

    max_size: int
    quota: int
    used: int
    """Files kept, and the full lengths of uploads under way."""
    remaining: int
    chunk_size: int
    expires_days: int


@dataclass(frozen=True, slots=True)
class State:
    """An upload as its owner sees it: sizes in bytes; `complete` once its bytes are one checked object."""

    id: str
    name: str
    offset: int
    length: int
    upload_metadata: str
    expires_at: datetime
    complete: bool


def limits(work: Work) -> Limits:
    """The limits for the caller's school. Raises Unauthenticated, Denied, Invalid."""
    return _limits(work, _school(work))


def _limits(work: Work, school: Organisation) -> Limits:
    quota = work.settings.school_quota_bytes if school.quota_bytes is None else school.quota_bytes
    under_way = work.session.execute(
        select(func.coalesce(func.sum(col(Upload.length)), 0)).where(
            col(Upload.school_id) == school.id, col(Upload.expires_at) > work.now
        )
    ).scalar_one()
    used = school.used_bytes + int(under_way)
    return Limits(
        max_size=work.settings.max_upload_bytes,
        quota=quota,
        used=used,
        remaining=max(0, quota - used),
        chunk_size=CHUNK,
        expires_days=work.settings.upload_days,
    )


def _school(work: Work, *, lock: bool = False) -> Organisation:
    require_scope(work.caller, Scope.WRITE)
    if work.caller.school_id is None:
        raise Invalid(
            "您的账号没有所属学校，不能上传文件。请联系平台管理员为您加入学校。",
            english="Your account belongs to no school, so you cannot upload.",
        )
    return work.session.get_one(Organisation, work.caller.school_id, with_for_update=lock)


def create(reading: Opens, writing: Opens, length: int, name: str, upload_metadata: str = "") -> State:
    """Begin an upload of `length` bytes for the caller's school; `upload_metadata` is kept as sent. The store is asked
    between two units of work, so that no writer waits for it.

    Raises TooLarge (the file, or the school's quota), NoSpace, Unavailable, Invalid without a school.
    """
    with reading() as work:
        _require_fits(work, _school(work), length)
        require_room(work, length)
        objects, ident = work.objects, work.ids()
    key = f"files/{ident}"
    with store_errors():
        handle = objects.stage(
            key
        )  # a crash before the commit leaves an empty stage, and no row that names it
    try:
        with writing() as work:
            school = _school(work, lock=True)
            _require_fits(work, school, length)
            upload = Upload(
                id=ident,
                person_id=work.caller.person_id,
                school_id=school.id,
                owner=work.caller.actor,
                name=filenames.clean(name),
                upload_metadata=upload_metadata,
                length=length,
                handle=handle,
                object_key=key,
                created_at=work.now,
                expires_at=work.now + timedelta(days=work.settings.upload_days),
            )
            work.session.add(upload)
    except TongkeError:
        with suppress(StoreDown):
            objects.discard(handle)
        raise
    return state_of(upload, 0)


def _require_fits(work: Work, school: Organisation, length: int) -> None:
    """Raise TooLarge unless the file is small enough, and the school has room for it."""
    allowed = _limits(work, school)
    if length > allowed.max_size:
        raise TooLarge(
            f"单个文件最大 {in_words(allowed.max_size)}，这个文件有 {in_words(length)}。"
            "请压缩或拆分后再上传。",
            english=f"A file may have at most {allowed.max_size} bytes; this one has {length}.",
        )
    _require_quota(allowed, length)


def require_quota(work: Work, school_id: str, size: int) -> None:
    """Raise TooLarge unless `size` more bytes fit into what the school may keep."""
    _require_quota(_limits(work, work.session.get_one(Organisation, school_id, with_for_update=True)), size)


def _require_quota(allowed: Limits, size: int) -> None:
    if size > allowed.remaining:
        raise TooLarge(
            f"学校剩余空间 {in_words(allowed.remaining)}，放不下这个 {in_words(size)} 的文件。"
            "请先清理不用的文件，或请平台管理员增加空间。",
            english=f"The school has {allowed.remaining} bytes left; this file has {size}.",
        )


def require_room(work: Work, size: int) -> None:
    """Raise NoSpace unless `size` more bytes leave the reserve free."""
    free = work.objects.free()
    if free is not None and free - size < work.settings.reserve_bytes:
        raise NoSpace(
            "服务器的存储空间不足，暂时不能上传这个文件。已上传的内容都在。请联系平台管理员。",
            english="The server has no room for this file. What was uploaded is kept. Tell the platform's administrator.",
        )


def state(work: Work, upload_id: str) -> State:
    """How far it is. Raises NotFound, Gone. All bytes without `complete`: `receiving.settle` finishes it."""
    upload = owned(work, upload_id)
    return state_of(upload, sum(part.size for part in parts_of(work, upload_id)))


def state_of(upload: Upload, offset: int) -> State:
    """The row, with the offset that its parts add up to."""
    return State(
        upload.id,
        upload.name,
        offset,
        upload.length,
        upload.upload_metadata,
        upload.expires_at,
        upload.sha256 is not None,
    )


def owned(work: Work, upload_id: str, *, lock: bool = False) -> Upload:
    """The caller's upload; with `lock` nobody else changes its row meanwhile. Raises NotFound, Gone."""
    require_scope(work.caller, Scope.WRITE)
    upload = work.session.get(Upload, upload_id, with_for_update=lock)
    if upload is None or upload.owner != work.caller.actor:
        raise NotFound(
            "没有找到这个上传。它可能已经完成、已被取消，或属于别人。请重新选择文件上传。",
            english="There is no such upload of yours: it was taken, cancelled, or belongs to somebody else.",
        )
    if upload.expires_at <= work.now:
        raise Gone(
            "这个上传已经过期，收到的内容不再保留。请重新上传这个文件。",
            english="This upload has expired. Upload the file again.",
        )
    return upload


def require_unlocked(work: Work, upload: Upload) -> None:
    """Raise Locked while a request writes it."""
    if upload.lease is None or upload.leased_until is None or upload.leased_until <= work.now:
        return
    if not leases.orphaned(upload.lease):
        raise Locked(
            "这个文件正在通过另一个连接上传。请稍候几秒再试。",
            headers={"Retry-After": "2"},
            english="Another connection is uploading this file. Try again in a few seconds.",
        )


def parts_of(work: Work, upload_id: str) -> list[Part]:
    """The durable parts, in order."""
    rows = work.session.execute(
        select(col(UploadPart.n), col(UploadPart.offset), col(UploadPart.size), col(UploadPart.etag))
        .where(col(UploadPart.upload_id) == upload_id)
        .order_by(col(UploadPart.offset))
    )
    return [Part(n, offset, size, etag) for n, offset, size, etag in rows]


def terminate(writing: Opens, upload_id: str) -> None:
    """Cancel it: from now on it is nobody's, and its bytes go; where the store is down, with those that `expire` takes.
    Raises NotFound, Gone, Locked."""
    with writing() as work:
        upload = owned(work, upload_id, lock=True)
        require_unlocked(work, upload)
        upload.expires_at = work.now
        objects = work.objects
    with suppress(Unavailable):
        _drop(writing, objects, upload)


def expire(writing: Opens) -> int:
    """Take away uploads whose days are over, with the objects nobody attached; returns how many (at most 500). Raises
    Unavailable; then the rest is for the next time."""
    with writing() as work:
        over = work.session.scalars(
            select(Upload)
            .where(
                col(Upload.expires_at) <= work.now,
                col(Upload.leased_until).is_(None) | (col(Upload.leased_until) <= work.now),
            )
            .order_by(col(Upload.expires_at))
            .limit(EXPIRED_AT_ONCE)
        ).all()
        objects = work.objects
    for upload in over:
        _drop(writing, objects, upload)
    return len(over)


def _drop(writing: Opens, objects: Objects, upload: Upload) -> None:
    """Of an expired upload, which nobody can write or take any more. Bytes first, outside of any transaction: a crash in
    between leaves rows, and the next try finds nothing more to delete."""
    with store_errors():
        objects.discard(upload.handle)
        objects.delete(upload.object_key)
    with writing() as work:
        if (row := work.session.get(Upload, upload.id)) is not None:
            _forget(work, row)


def _forget(work: Work, upload: Upload) -> None:
    work.session.execute(delete(UploadPart).where(col(UploadPart.upload_id) == upload.id))
    work.session.delete(upload)
    work.session.flush()


def take(work: Work, upload_id: str) -> Upload:
    """Hand a complete upload over: its rows go, its object stays under `object_key`.

    Raises NotFound (also for another's), Gone, Conflict where it is not complete.
    """
    upload = owned(work, upload_id, lock=True)
    if upload.sha256 is None:
        raise Conflict(
            "这个文件还没有传完，不能添加为附件。请等上传完成后再试。",
            english="The upload is not complete. Ask for its offset (HEAD) and send the rest first.",
        )
    _forget(work, upload)
    return upload


@contextmanager
def store_errors() -> Iterator[None]:
    """The store's errors in words for the person who uploads."""
    try:
        yield
    except StoreFull as error:
        raise NoSpace(
            "服务器的存储空间已满，这部分内容没有保存，之前收到的都在。请联系平台管理员。",
            english="The server's disk is full: this part was not saved, what came before is kept.",
        ) from error
    except StoreDown as error:
        raise Unavailable(
            "文件存储暂时不可用，之前收到的内容都在。请稍后继续上传。",
            english="The file store is down for the moment. What came before is kept; go on later.",
        ) from error
    except (ObjectMissing, ObjectExists) as error:
        raise Gone(
            "这个上传收到的内容已经不在了。请重新上传这个文件。",
            english="What was received of this upload is lost. Upload the file again.",
        ) from error


def in_words(size: int) -> str:
    """A size in bytes as people read it, for example 1.5 GB."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} 字节"
