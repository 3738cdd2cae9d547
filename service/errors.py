"""The errors a use-case may raise. Each carries its HTTP status and problem type (RFC 9457); one handler turns them
into a page or `application/problem+json`. The text says what happened, why, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: its name as the caller sent it, and what to write instead."""

    field: str
    message: str
    english: str = "This value is not accepted. The documentation says what the field takes."


class TongkeError(Exception):
    """What every expected refusal is: `detail` is shown to the person who asked, `english` where she prefers it."""

    status = 500
    type = "about:blank"
    title = "出错了"
    title_en = "Something went wrong"
    detail_en = (
        "Something went wrong on our side. Try again; if it happens again, tell the platform's administrator."
    )

    def __init__(
        self,
        detail: str,
        *,
        english: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.english = english or self.detail_en
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class Malformed(TongkeError):
    """The request does not follow its protocol; a program sent it, not a form."""

    status, type = 400, "/problems/malformed"
    title, title_en = "请求格式不正确", "Malformed request"
    detail_en = "The request does not follow the protocol. Look at its headers."


class NotFound(TongkeError):
    """It does not exist, or the caller may not know that it does."""

    status, type = 404, "/problems/not-found"
    title, title_en = "没有找到", "Not found"
    detail_en = (
        "It does not exist, or it is not shared with you. Check the address, or ask the school that owns it."
    )


class Interrupted(TongkeError):
    """The request's body stopped arriving; what came before it is kept."""

    status, type = 408, "/problems/interrupted"
    title, title_en = "传输中断", "Interrupted"
    detail_en = (
        "The body stopped arriving. What came before is kept; ask for the offset and go on from there."
    )


class Gone(TongkeError):
    """It was there and will not come back (an expired upload, an outdated cursor)."""

    status, type = 410, "/problems/gone"
    title, title_en = "已不可用", "Gone"
    detail_en = "It was there and is no longer available. Start again."


class Unauthenticated(TongkeError):
    """The caller must sign in first."""

    status, type = 401, "/problems/sign-in"
    title, title_en = "请先登录", "Sign in first"
    detail_en = "This needs a valid sign-in. Sign in, or send a valid bearer token."


class FirstPassword(TongkeError):
    """She signed in with a password that somebody else gave her; a page leads her to set her own."""

    status, type = 403, "/problems/first-password"
    title, title_en = "请先修改初始密码", "Set your own password first"
    detail_en = "This is a first password. Set your own on the page /password, then go on."


class Denied(TongkeError):
    """The caller sees it but may not do this to it."""

    status, type = 403, "/problems/denied"
    title, title_en = "没有权限", "Not allowed"
    detail_en = (
        "You can see this, but you may not do that to it. Ask its manager, or use a token with the scope."
    )


class ForeignOrigin(TongkeError):
    """A web site asks that the school has not listed. It is no refusal of a person, so that it leaves no audit row."""

    status, type = 403, "/problems/foreign-origin"
    title, title_en = "这个网站没有登记", "Origin not listed"
    detail_en = "This web site is not on the list of the embed key."


class PageExpired(Denied):
    """The form is of an earlier session of this browser, or of another site."""


class MethodNotAllowed(TongkeError):
    """The address exists but does not take this method; `Allow` names those it takes."""

    status, type = 405, "/problems/method-not-allowed"
    title, title_en = "不支持的操作", "Method not allowed"
    detail_en = "This address does not take this method. See Allow."


class CopyOnly(TongkeError):
    """A mirror is read, and changed by nobody but the library that it follows."""

    status, type = 405, "/problems/copy"
    title, title_en = "这是本校的副本", "This is the school's copy"
    detail_en = "A copy can only be read. Sign in, and change things, at the library itself."


class Conflict(TongkeError):
    """It cannot be done in the present state."""

    status, type = 409, "/problems/conflict"
    title, title_en = "与当前状态冲突", "Conflict"
    detail_en = "It cannot be done in the present state. Look at it again and retry."


class Stale(TongkeError):
    """Somebody changed it since the caller read it (RFC 9110 `If-Match`)."""

    status, type = 412, "/problems/stale"
    title, title_en = "内容已被他人修改", "Changed since you read it"
    detail_en = "Somebody changed it since you read it. Read it again, then repeat your change."


class WrongVersion(TongkeError):
    """The protocol's version is not the one that is spoken here (tus 1.0.0, Tus-Resumable)."""

    status, type = 412, "/problems/wrong-version"
    title, title_en = "协议版本不符", "Wrong protocol version"
    detail_en = "This speaks tus 1.0.0 only. Send Tus-Resumable: 1.0.0."


class ConditionMissing(TongkeError):
    """A change must name the version it was made from (RFC 6585 428)."""

    status, type = 428, "/problems/condition-missing"
    title, title_en = "缺少版本条件", "A condition is required"
    detail_en = "Send If-Match with the ETag that you read."


class Invalid(TongkeError):
    """The input is wrong; `errors` names each field."""

    status, type = 422, "/problems/invalid"
    title, title_en = "填写有误", "Invalid input"
    detail_en = "Some of the input is wrong; see `errors`."


class TooLarge(TongkeError):
    """Over a limit of size or quota."""

    status, type = 413, "/problems/too-large"
    title, title_en = "超出大小限制", "Too large"
    detail_en = "It is over a limit of size or quota."


class Unsupported(TongkeError):
    """The media type or protocol version is not understood."""

    status, type = 415, "/problems/unsupported"
    title, title_en = "不支持的格式", "Unsupported"
    detail_en = "The media type or protocol version is not supported."


class Locked(TongkeError):
    """Another writer holds it just now."""

    status, type = 423, "/problems/locked"
    title, title_en = "正在被使用", "Locked"
    detail_en = "Another request is writing it just now. Try again shortly."


class Throttled(TongkeError):
    """Too many tries; `Retry-After` says when."""

    status, type = 429, "/problems/throttled"
    title, title_en = "操作太频繁", "Too many requests"
    detail_en = "Too many tries. Wait as long as Retry-After says."


class ChecksumMismatch(TongkeError):
    """The bytes are not those that the checksum was made of (tus 1.0.0, checksum extension)."""

    status, type = 460, "/problems/checksum-mismatch"
    title, title_en = "校验不一致", "Checksum mismatch"
    detail_en = "The bytes do not match Upload-Checksum. None of them were kept; send them again."


class Unavailable(TongkeError):
    """A part of the system is down or full; it is worth trying again, after so many seconds where that is said."""

    status, type = 503, "/problems/unavailable"
    title, title_en = "暂时不可用", "Unavailable"
    detail_en = "A part of the service does not answer just now. Nothing was lost; try again shortly."
    retry_after = 5

    def __init__(self, detail: str, *, english: str = "", retry_after: int | None = None) -> None:
        seconds = self.retry_after if retry_after is None else retry_after
        super().__init__(detail, english=english, headers={"Retry-After": str(seconds)} if seconds else None)


class NoSpace(Unavailable):
    """The disk is full (RFC 4918 507); nobody knows for how long."""

    status, type = 507, "/problems/no-space"
    retry_after = 0
    title, title_en = "存储空间不足", "No space left"
    detail_en = "The server has no storage left. Nothing was lost; tell the administrator."


def wrong_fields(errors: Sequence[FieldError]) -> Invalid:
    """The refusal of what was filled in, a sentence per field."""
    places = "有一处" if len(errors) == 1 else "有几处"
    return Invalid(
        f"{places}填写不正确，请按提示修改后重新提交。",
        errors=errors,
        english="Some values are not accepted. Correct what is named and send again.",
    )
