"""评论: what those who may comment on a resource say to each other about it (教学研讨). Its other readers see none of it.

Written and read by persons who may comment, and by the administrators of its school.
"""

from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from service.errors import Denied, FieldError, Invalid, NotFound, Unauthenticated
from service.library import callers, cursors, notices, shapes
from service.library.fields import printable, visible
from service.library.listing import Listing
from service.models import Comment, Person, fetch
from service.permissions import Scope, Sight, require, require_scope, sight
from service.work import Work

LONGEST = 2000
"""Characters."""
AT_ONCE = 50
TOLD = 20
"""How many of those who spoke last are told of the next comment, beside the authors."""


def write(work: Work, resource_id: str, text: str) -> str:
    """Say something; returns the comment's id. Raises NotFound, Unauthenticated, Denied, Invalid."""
    person_id, _seen = _among(work, resource_id)
    require_scope(work.caller, Scope.WRITE)
    words = printable(text).replace("\r\n", "\n").strip()  # as the form counts it
    if not visible(words) or len(words) > LONGEST:
        message = f"请写评论，最多 {LONGEST} 个字。"
        english = f"Write a comment of at most {LONGEST} characters."
        raise Invalid(message, errors=[FieldError("text", message, english)], english=english)
    told = {*notices.authors(work, resource_id), *_speakers(work, resource_id)}
    made = Comment(id=work.ids(), resource_id=resource_id, person_id=person_id, text=words, at=work.now)
    work.session.add(made)
    notices.tell(work, told, "commented", resource_id=resource_id, by=person_id)
    work.audit("comment.write", resource_id, comment=made.id)
    return made.id


def _among(work: Work, resource_id: str) -> tuple[str, Sight]:
    """Who calls, as one of those who comment on it."""
    seen = require(work.session, work.caller, resource_id, work.now)
    if work.caller.person_id is None:
        raise Unauthenticated("请先登录。", english="Sign in first.")
    seen.require("comment")
    return work.caller.person_id, seen


def _speakers(work: Work, resource_id: str) -> list[str]:
    """Who spoke before, the last ones first, of those who may still read it."""
    ids = work.session.scalars(
        select(col(Comment.person_id))
        .where(col(Comment.resource_id) == resource_id, col(Comment.person_id).is_not(None))
        .group_by(col(Comment.person_id))
        .order_by(func.max(col(Comment.id)).desc())
        .limit(TOLD)
    ).all()
    return [ident for ident in ids if ident is not None and _takes_part(work, ident, resource_id)]


def _takes_part(work: Work, person_id: str, resource_id: str) -> bool:
    caller = callers.person(work.session, person_id, work.now)
    seen = sight(work.session, caller, resource_id, work.now) if caller else None
    return seen is not None and seen.allows("comment")


def remove(work: Work, resource_id: str, comment_id: str) -> None:
    """Take a comment back: who wrote it, a manager of the resource, an administrator of its school. Raises NotFound,
    Unauthenticated, Denied."""
    person_id, seen = _among(work, resource_id)
    require_scope(work.caller, Scope.WRITE)
    found = work.session.get(Comment, comment_id)
    if found is None or found.resource_id != resource_id:
        raise NotFound("没有找到这条评论，可能已经删除。", english="There is no such comment.")
    if found.person_id != person_id and not _moderates(seen):
        raise Denied(
            "只有写评论的人、资源负责人和学校管理员可以删除它。",
            english="Only its writer, a manager of the resource or the school's administrator may remove it.",
        )
    work.session.delete(found)
    work.audit("comment.remove", resource_id, comment=comment_id)


def _moderates(seen: Sight) -> bool:
    return seen.allows("manage") or seen.school_admin


_COLUMNS: tuple[Any, ...] = (
    *(col(getattr(Comment, name)) for name in ("id", "person_id", "text", "at")),
    col(Person.name),
)
_LISTING = (
    select(*_COLUMNS)
    .outerjoin(Person, col(Person.id) == col(Comment.person_id))
    .where(col(Comment.resource_id) == bindparam("resource_id"), col(Comment.id) < bindparam("before"))
    .order_by(col(Comment.id).desc())
    .limit(bindparam("most"))
)
_AFTER_ALL = "z"
"""Sorts after every id: theirs begin with a digit."""


def listing(work: Work, resource_id: str, cursor: str | None = None, limit: int = AT_ONCE) -> Listing:
    """The comments as `{id, by, own, removable, text, at}`, the newest first. `by` is None for who is no more. Raises
    NotFound, Unauthenticated, Denied, and Invalid for a cursor that was not given here."""
    person_id, seen = _among(work, resource_id)
    require_scope(work.caller, Scope.READ)
    before = cursors.decode(cursor, str)[1] if cursor else _AFTER_ALL
    named = {"resource_id": resource_id, "before": before, "most": limit + 1}
    rows = fetch(work.session, _LISTING, named).all()
    moderates = _moderates(seen)
    items = [
        {
            "id": row.id,
            "by": row.name,
            "own": row.person_id == person_id,
            "removable": moderates or row.person_id == person_id,
            "text": row.text,
            "at": shapes.instant(row.at),
        }
        for row in rows[:limit]
    ]
    return Listing(items, cursors.encode("", items[-1]["id"]) if len(rows) > limit else None)


def of_resource(work: Work, resource_id: str, seen: Sight, cursor: str | None = None) -> Listing | None:
    """For the resource's page: None for who takes no part."""
    takes_part = work.caller.person_id is not None and seen.allows("comment")
    return listing(work, resource_id, cursor) if takes_part else None
