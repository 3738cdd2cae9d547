"""A file that comes with a form, for browsers without script: one, bounded, through the same steps as every upload."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from anyio import to_thread
from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from service.errors import Denied, FieldError, Invalid, Malformed, TongkeError, TooLarge, Unauthenticated
from service.http import backends, check_csrf
from service.library import files, receiving, uploads
from service.permissions import require
from service.settings import MEBIBYTE
from web import work as units

MOST = 50 * MEBIBYTE
"""Bytes of the whole form: it is kept in a temporary file while it arrives. Larger files are uploaded by the script."""


@asynccontextmanager
async def form(request: Request) -> AsyncGenerator[FormData, None]:
    """The form with its file, once it is bounded, from somebody signed in, and from a page of hers; the file is gone at
    the end."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Malformed("请求没有说明长度(Content-Length)。请用浏览器上传。")
    if len(length) > 18 or int(length) > MOST:
        raise TooLarge(f"这样上传的文件最大 {uploads.in_words(MOST)}。更大的文件请在启用脚本的浏览器中上传。")
    await to_thread.run_sync(_require_signed_in, request)
    async with request.form(max_files=1, max_fields=10, max_part_size=10_000) as found:
        check_csrf(request, str(found.get("csrf", "")))
        yield found


def _require_signed_in(request: Request) -> None:
    with units.reading(request) as work:
        if not work.caller.signed_in:
            raise Unauthenticated("登录已过期，文件没有上传。请重新登录后再试。")
        if not work.caller.school_id:
            raise Denied("您的账号没有所属学校，不能上传文件。请联系平台管理员为您加入学校。")


def attach(request: Request, resource_id: str, found: FormData) -> bool:
    """Upload the form's `file`, and add it to the draft; whether the draft lacked it. Raises as the steps do; then
    nothing of it is kept."""
    file = found.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid("没有选择文件。", errors=[FieldError("file", "请先选择文件。")])
    with units.writing(request) as work:
        require(work.session, work.caller, resource_id, work.now, "edit")
    reading, writing = (
        partial(opens, work.caller) for opens in (backends(request).reading, backends(request).writing)
    )
    upload_id = uploads.create(reading, writing, file.size or 0, file.filename).id
    try:
        begun = receiving.begin(writing, upload_id, 0)
        try:
            while chunk := file.file.read(receiving.PART):
                begun.store(chunk)
            begun.complete()
        finally:
            begun.release()
        with writing() as work:
            return files.attach(work, resource_id, upload_id).new
    except TongkeError:
        uploads.terminate(writing, upload_id)
        raise
