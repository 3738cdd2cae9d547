"""Who may play a package: a ticket in the address, because what plays has no cookie.

The ticket says for whom it was made and of which file; whether she may still read it is asked each time. It ends by itself,
and opens nothing but the files of this one package.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import timedelta

from service.errors import NotFound
from service.library import callers, contents, packages, rotating
from service.library.contents import Content
from service.library.packages import Member
from service.permissions import Caller
from service.work import Work

LASTS = timedelta(hours=4)
"""A double lesson, and the break before it."""
_SIGNATURE = 16
_TICKET = re.compile(r"[A-Za-z0-9_-]+")


def ticket(work: Work, resource_id: str, file_id: str) -> str:
    """For the caller, who may read the file. NotFound as for its download."""
    contents.original(work, resource_id, file_id)
    links = sorted(token for token in work.caller.tokens if token.startswith("link:"))
    over = int((work.now + LASTS).timestamp())
    told = json.dumps(
        [resource_id, file_id, work.caller.person_id, links, over], separators=(",", ":")
    ).encode()
    return base64.urlsafe_b64encode(_sign(rotating.cursor_keys(work)[0], told) + told).decode().rstrip("=")


def member(work: Work, given: str, name: str) -> Member:
    """A file of the package that the ticket opens. NotFound for a ticket that is none, is over, or whose holder may not
    read the file any more."""
    return packages.member(work, _content(work, given), name)


def items(work: Work, given: str) -> list[str] | None:
    """The items of the question package that the ticket opens; None for H5P. NotFound as for `member`, and for another
    package, which has pages of its own."""
    return packages.items(work, _content(work, given))


def _content(work: Work, given: str) -> Content:
    resource_id, file_id, work.caller = _holder(work, given)
    return contents.original(work, resource_id, file_id)


def _sign(key: bytes, told: bytes) -> bytes:
    return hmac.new(key, b"play\n" + told, hashlib.sha256).digest()[:_SIGNATURE]


def _holder(work: Work, given: str) -> tuple[str, str, Caller]:
    try:
        if not _TICKET.fullmatch(given):  # the decoder passes over the rest, and the ticket goes into headers
            raise ValueError("not a ticket")
        whole = base64.urlsafe_b64decode(given.encode("ascii") + b"=" * (-len(given) % 4))
    except (ValueError, binascii.Error) as error:
        raise _over() from error
    signature, told = whole[:_SIGNATURE], whole[_SIGNATURE:]
    if not any(hmac.compare_digest(signature, _sign(key, told)) for key in rotating.cursor_keys(work)):
        raise _over()
    resource_id, file_id, person_id, links, over = json.loads(told)
    found = callers.person(work.session, person_id, work.now) if person_id else callers.anonymous()
    if found is None or over <= work.now.timestamp():
        raise _over()
    return resource_id, file_id, replace(found, tokens=found.tokens | set(links))


def _over() -> NotFound:
    return NotFound(
        "播放时间已过，请回到资源页重新打开。",
        english="The time to play it is over. Open it again from the resource's page.",
    )
