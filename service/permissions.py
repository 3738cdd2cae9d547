"""The one rule for who may do what, and its three renderings.

The rule is `opens(now)`: a grant opens a resource when it is in force and the resource's state lets that grant through.
The renderings only ask it:

- `sight` / `require`: what may this caller do to this resource (object);
- `VISIBLE`: which resources may she see (SQL predicate);
- `readable_tokens`: who may see this resource (what the search engine and the feed store).

Model: Datasette's permissions, where "may I" and "which may I" share one SQL.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from service.errors import Denied, NotFound, Unauthenticated
from service.models import SNAPSHOT, Grant, Moment, Resource, fetch

ROLES = {"viewer": 1, "commenter": 2, "editor": 3, "manager": 4}
ROLE_NAMES = {rank: name for name, rank in ROLES.items()}
VIEWER, COMMENTER, EDITOR, MANAGER = 1, 2, 3, 4


class Scope(StrEnum):
    """What a bearer token may be used for. A page session has all of them."""

    READ = "resources:read"
    WRITE = "resources:write"
    SHARE = "sharing:write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for the length of one request: computed from the active memberships, teams and partnerships."""

    actor: str
    """person:ID, client:ID, anonymous, or system."""
    tokens: frozenset[str] = frozenset({"public"})
    person_id: str | None = None
    school_id: str | None = None
    """The school that new resources belong to."""
    reviews: frozenset[str] = frozenset()
    """Schools she administers."""
    partners: frozenset[str] = frozenset()
    """Schools that hers are paired with now."""
    platform_admin: bool = False
    scopes: frozenset[str] = frozenset({Scope.READ})
    name: str = ""
    first_password: bool = False
    """She still has to set a password of her own: nothing else is open to her session until she has."""

    @property
    def signed_in(self) -> bool:
        """Whether anybody stands behind the request."""
        return self.actor != "anonymous"


ANONYMOUS = Caller(actor="anonymous")
SYSTEM = Caller(actor="system", scopes=frozenset(Scope))


def in_force(now: datetime) -> ColumnElement[bool]:
    """A grant within its term, not revoked."""
    return and_(
        col(Grant.revoked_at).is_(None),
        or_(col(Grant.not_before).is_(None), col(Grant.not_before) <= now),
        or_(col(Grant.expires_at).is_(None), col(Grant.expires_at) > now),
    )


def opens(now: datetime) -> ColumnElement[bool]:
    """The rule, over a Grant joined to its Resource.

    Editors and managers reach it in every state but the bin, where nobody does (`library.listing.binned` lists
    it). Everybody else reaches what is published; and what was never published when the grant is near (no wider than
    one school partnership). A wider grant counts once it is approved; an open one (public, link) only while nothing
    in it may show children.
    """
    never_published = and_(col(Resource.published_id).is_(None), col(Resource.status) != "withdrawn")
    state_lets_through = or_(
        col(Grant.role) >= EDITOR,
        col(Resource.status) == "published",
        and_(never_published, col(Grant.near)),
    )
    return and_(
        in_force(now),
        col(Grant.approved),
        or_(~col(Grant.open), col(Resource.children_clear)),
        col(Resource.deleted_at).is_(None),
        state_lets_through,
    )


_NOW: Any = bindparam("now", type_=Moment())
_AUDIENCES: Any = bindparam("audiences", expanding=True)

_HERS = col(Grant.audience).in_(_AUDIENCES)


def _visible(hers: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(col(Grant.id)).where(col(Grant.resource_id) == col(Resource.id), hers, opens(_NOW)))


VISIBLE: ColumnElement[bool] = _visible(_HERS)
"""SQL predicate over Resource: what the caller of `seen_by` may see. Built once, because every read asks it."""
VISIBLE_OF_FEW: ColumnElement[bool] = _visible(_HERS.is_(True)).is_(True)
"""The same where a few resources are named. `is_`, so that SQLite begins at those and goes through the grants of each: it
would join the grants and walk all resources that are not deleted, and look for each of her tokens among a resource's
grants, which took half the time that a page of hits does."""


def seen_by(caller: Caller, now: datetime) -> dict[str, Any]:
    """The parameters of a statement that holds VISIBLE."""
    return {"audiences": sorted(caller.tokens), "now": now}


def readable_tokens(session: Session, resource_ids: Iterable[str], now: datetime) -> dict[str, list[str]]:
    """Resource id → sorted audience tokens whose holders may see it now. Every id asked for has an entry."""
    ids = list(resource_ids)
    found: dict[str, list[str]] = {resource_id: [] for resource_id in ids}
    rows = session.execute(
        select(col(Grant.resource_id), col(Grant.audience))
        .join(Resource, col(Resource.id) == col(Grant.resource_id))
        .where(col(Resource.id).in_(ids), opens(now))
        .distinct()
        .order_by(col(Grant.resource_id), col(Grant.audience))
    )
    for resource_id, audience in rows:
        found[resource_id].append(audience)
    return found


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may do to one resource that she sees."""

    role: int
    reviewer: bool
    """Its school's administrator, while something of it awaits review."""
    school_admin: bool
    """Administrator of its school."""
    published: bool
    """It has a published version that stands."""

    @property
    def draft(self) -> bool:
        """Whether the draft may be read: by editors, by the reviewer, and by all who see a never published one."""
        return self.role >= EDITOR or self.reviewer or not self.published

    @property
    def history(self) -> bool:
        """Whether former published versions may be read."""
        return self.published or self.role >= EDITOR

    def allows(self, action: str) -> bool:
        """Whether the action of ACTIONS is allowed."""
        return ACTIONS[action][0](self)

    def require(self, action: str) -> None:
        """Raise Denied, saying who could do it, unless the action is allowed."""
        allowed, words, english = ACTIONS[action]
        if not allowed(self):
            raise Denied(words, english=english)


ACTIONS: dict[str, tuple[Callable[[Sight], bool], str, str]] = {
    "comment": (
        lambda s: s.role >= COMMENTER or s.school_admin,
        "您可以查看这份资源，但没有评论权限。如需评论，请向资源负责人申请。",
        "You may read this resource but not comment on it. Ask its manager.",
    ),
    "edit": (
        lambda s: s.role >= EDITOR,
        "您可以查看这份资源，但没有编辑权限。如需修改，请向资源负责人申请编辑权限。",
        "You may read this resource but not edit it. Ask its manager for that role.",
    ),
    "manage": (
        lambda s: s.role >= MANAGER,
        "只有这份资源的负责人可以这样做。",
        "Only a manager of the resource may do that.",
    ),
    "share": (
        lambda s: s.role >= MANAGER or s.reviewer or (s.school_admin and s.published),
        "只有这份资源的负责人可以设置共享范围。",
        "Only a manager of the resource may share it.",
    ),
    "entrust": (
        lambda s: s.role >= MANAGER or (s.school_admin and s.published),
        "审核期间不能改变由谁来写：编辑和负责人由这份资源的负责人决定。",
        "Who writes it is for its manager to say; a review does not change that.",
    ),
    "review": (
        lambda s: s.school_admin,
        "只有资源所属学校的管理员可以审核。",
        "Only an administrator of the school that owns the resource may review it.",
    ),
    "withdraw": (
        lambda s: s.role >= MANAGER or (s.school_admin and s.published),
        "只有这份资源的负责人或学校管理员可以撤回。",
        "Only a manager of the resource or an administrator of its school may withdraw it.",
    ),
}
"""Action → who may, and what the others are told, in Chinese and in English."""


_SIGHT = (
    select(
        func.max(col(Grant.role)),
        func.max(case((col(Grant.audience).startswith("review:", autoescape=True), 1), else_=0)),
        col(Resource.school_id),
        col(Resource.status),
    )
    .join(Resource, col(Resource.id) == col(Grant.resource_id))
    .where(col(Resource.id) == bindparam("resource_id"), col(Grant.audience).in_(_AUDIENCES), opens(_NOW))
    .group_by(col(Resource.school_id), col(Resource.status))
)


def sight(session: Session, caller: Caller, resource_id: str, now: datetime) -> Sight | None:
    """What the caller may do to the resource; None where she may not even see it. Asked once in a unit of work that only
    reads, however many of its use-cases require it."""
    seen: dict[tuple[Caller, str, datetime], Sight | None] | None = session.info.get(SNAPSHOT)
    if seen is None:
        return _sight(session, caller, resource_id, now)
    asked = (caller, resource_id, now)
    if asked not in seen:
        seen[asked] = _sight(session, caller, resource_id, now)
    return seen[asked]


def _sight(session: Session, caller: Caller, resource_id: str, now: datetime) -> Sight | None:
    row = fetch(session, _SIGHT, seen_by(caller, now) | {"resource_id": resource_id}).one_or_none()
    if row is None:
        return None
    role, reviewer, school_id, status = row
    return Sight(
        role=role,
        reviewer=bool(reviewer),
        school_admin=school_id in caller.reviews,
        published=status == "published",
    )


def require(
    session: Session, caller: Caller, resource_id: str, now: datetime, action: str | None = None
) -> Sight:
    """The caller's sight of the resource. NotFound where she may not see it, Denied where she may not do `action`."""
    found = sight(session, caller, resource_id, now)
    if found is None:
        raise NotFound(
            "没有找到这份资源。它可能不存在、已被撤回，或没有共享给您。请核对地址，或向对方学校询问。",
            english="There is no such resource, or it is not shared with you. Check the address, or ask the school that owns it.",
        )
    if action is not None:
        found.require(action)
    return found


def require_scope(caller: Caller, scope: Scope) -> None:
    """Unauthenticated for nobody, Denied for a token without the scope."""
    if not caller.signed_in:
        raise Unauthenticated(
            "此操作需要登录。请先登录后再试。",
            headers={"WWW-Authenticate": "Bearer"},
            english="Sign in first.",
        )
    if scope not in caller.scopes:
        raise Denied(
            f"这个令牌没有“{scope}”权限。请使用带有该权限的令牌。",
            english=f"This token lacks the scope {scope}.",
        )


def as_reader(caller: Caller) -> Caller:
    """Who reads with this token: without `resources:read` nothing but what is open to everybody."""
    if Scope.READ in caller.scopes:
        return caller
    links = {audience for audience in caller.tokens if audience.startswith("link:")}
    administers = Scope.ADMIN in caller.scopes
    return replace(
        caller,
        tokens=ANONYMOUS.tokens | links,
        partners=frozenset(),
        reviews=caller.reviews if administers else frozenset(),
        platform_admin=caller.platform_admin and administers,
    )


_OWN = ("person:", "client:", "team:", "review:", "link:")


def as_school(caller: Caller) -> Caller:
    """Who reads as everybody of the caller's school may: without what is open to her, her teams, or for a review.
    Another actor, so that a place in the feed is not taken for one of hers."""
    return replace(
        caller,
        actor=f"{caller.actor}/school",
        tokens=frozenset(token for token in caller.tokens if not token.startswith(_OWN)),
        reviews=frozenset(),
        platform_admin=False,
    )
