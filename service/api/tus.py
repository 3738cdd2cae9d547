"""The headers of tus 1.0.0 (tus.io/protocols/resumable-upload): what is read from a request, what every answer says."""

import base64
from collections.abc import Callable, Coroutine, Mapping
from email.utils import format_datetime
from typing import Any

from fastapi import Request, Response

from service.errors import Malformed, TongkeError, Unsupported, WrongVersion
from service.http import UnitRoute
from service.library.receiving import ALGORITHMS, Checksum
from service.library.uploads import State

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
CONTENT_TYPE = "application/offset+octet-stream"
RESUMABLE = {"Tus-Resumable": VERSION}
UNVERSIONED = frozenset({"GET", "OPTIONS"})
"""Methods of which tus asks no version."""


class TusRoute(UnitRoute):
    """Checks the version before anything else, and puts it on every answer, refusals included."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                _check_version(request)
                response = await handle(request)
            except TongkeError as error:
                error.headers = RESUMABLE | {"Cache-Control": "no-store"} | error.headers
                raise
            response.headers.update(RESUMABLE)
            return response

        return answer


def _check_version(request: Request) -> None:
    if request.method in UNVERSIONED or request.headers.get("tus-resumable") == VERSION:
        return
    raise WrongVersion(
        "上传协议的版本不符。请使用 tus 1.0.0，并带上 Tus-Resumable: 1.0.0。",
        headers={"Tus-Version": VERSION},
        english="Use tus 1.0.0 and send Tus-Resumable: 1.0.0.",
    )


def abilities(max_size: int) -> dict[str, str]:
    """What OPTIONS tells."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_size),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def progress(state: State) -> dict[str, str]:
    """Where the upload stands, and until when it is kept."""
    return {
        "Upload-Offset": str(state.offset),
        "Upload-Expires": format_datetime(state.expires_at, usegmt=True),
        "Cache-Control": "no-store",
    }


def number(request: Request, header: str) -> int:
    """A header that is a count of bytes. Raises Malformed."""
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise Malformed(
            f"缺少 {header}，或它不是字节数。请带上一个不小于 0 的整数。",
            english=f"{header} is missing, or not a number of bytes.",
        )
    return int(value)


def length(request: Request) -> int:
    """Upload-Length of a creation. Raises Malformed, also for a length that is to come later."""
    if "upload-defer-length" in request.headers:
        raise Malformed(
            "不支持 Upload-Defer-Length:新建上传时需要说明文件大小(Upload-Length)。",
            english="Upload-Defer-Length is not supported: send Upload-Length when you create the upload.",
        )
    return number(request, "Upload-Length")


def has_body(request: Request) -> bool:
    """Whether bytes come with a creation. Raises Unsupported for bytes of another content type."""
    if "transfer-encoding" not in request.headers and request.headers.get("content-length", "0") == "0":
        return False
    require_body(request)
    return True


def require_body(request: Request) -> None:
    """Raise Unsupported unless the request says that it carries bytes of the file."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise Unsupported(
            f"内容的格式不正确。请以 Content-Type: {CONTENT_TYPE} 发送文件内容。",
            english=f"Send the bytes with Content-Type: {CONTENT_TYPE}.",
        )


def checksum(request: Request) -> Checksum | None:
    """Upload-Checksum: algorithm and Base64. Raises Malformed."""
    value = request.headers.get("upload-checksum")
    if value is None:
        return None
    algorithm, _, encoded = value.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise Malformed(
            f"不支持校验算法 {algorithm[:20]}。可以使用：{'、'.join(ALGORITHMS)}。",
            english=f"Upload-Checksum knows these algorithms: {', '.join(ALGORITHMS)}.",
        )
    return Checksum(algorithm, _decode("Upload-Checksum", encoded))


def metadata(value: str) -> Mapping[str, str]:
    """Upload-Metadata: `key base64,key base64`; a value is UTF-8, and may be absent. Raises Malformed."""
    found: dict[str, str] = {}
    for pair in value.split(",") if value.strip() else ():
        key, _, encoded = pair.strip().partition(" ")
        if not key or key in found:
            raise Malformed(
                "Upload-Metadata 的内容不正确：名称不能为空，也不能重复。",
                english="Upload-Metadata has an empty or a repeated key.",
            )
        found[key] = _decode("Upload-Metadata", encoded).decode(errors="replace")
    return found


def _decode(header: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except ValueError as error:  # not Base64, or not even ASCII
        raise Malformed(
            f"{header} 的 Base64 不正确。", english=f"The Base64 in {header} is wrong."
        ) from error
