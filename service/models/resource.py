"""Resources (identity, owner, grants) and their versions (metadata, content, files, credits)."""

from datetime import datetime

from sqlalchemy import JSON, Boolean, Column, Index, Text, UniqueConstraint, false, text
from sqlmodel import Field

from service.models.base import Moment, Table


class Resource(Table, table=True):
    """What a resource is across its versions. Publishing moves `published_id`; a draft stands beside it."""

    __table_args__ = (
        UniqueConstraint("school_id", "key", name="uq_resource_key"),
        Index("ix_resource_updated_at", "updated_at", "id"),
        # Partial: SQLite would go through all that are not in the bin, which are nearly all, rather than through a few ids.
        *(
            Index(
                f"ix_resource_{name}",
                name,
                sqlite_where=text(f"{name} IS NOT NULL"),
                postgresql_where=text(f"{name} IS NOT NULL"),
            )
            for name in ("deleted_at", "adapted_from")
        ),
        Index(
            "ix_resource_stale",
            "acl_stale",
            sqlite_where=text("acl_stale"),
            postgresql_where=text("acl_stale"),
        ),
    )

    id: str = Field(primary_key=True, max_length=26)
    key: str | None = Field(default=None, max_length=200)
    kind: str = Field(max_length=20)
    school_id: str = Field(foreign_key="organisation.id", index=True)
    created_by: str | None = Field(default=None, foreign_key="person.id")
    status: str = Field(default="draft", max_length=10)
    """draft, submitted (of a first version), published, withdrawn."""
    draft_id: str | None = Field(default=None, max_length=26)
    published_id: str | None = Field(default=None, max_length=26)
    adapted_from: str | None = Field(default=None, max_length=26)
    reviewing: bool = False
    """Something of it awaits the school's review: a submitted draft, or a wider grant."""
    children_clear: bool = True
    """Every picture and recording says `shows_children: no`; otherwise nothing open (public, link) reaches it."""
    revision: int = 1
    """Grows with each change of the resource; the ETag, and the index's version guard."""
    acl_rev: int = 1
    acl_stale: bool = True
    """Readers changed since the index was fed."""
    readers: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Audience tokens that could read it at the last change row."""
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    held: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    """Withdrawn by the school's administrator: it comes back through a review only."""
    deleted_at: datetime | None = Field(default=None, sa_type=Moment)
    """In the bin (never published) since."""
    demo: bool = False


class Version(Table, table=True):
    """The content of a resource; immutable once published."""

    __table_args__ = (UniqueConstraint("resource_id", "number", name="uq_version_number"),)

    id: str = Field(primary_key=True, max_length=26)
    resource_id: str = Field(foreign_key="resource.id", index=True)
    number: int
    status: str = Field(default="draft", max_length=10)
    """draft, submitted, published, replaced."""
    title: str = Field(max_length=300)
    title_order: str = Field(default="", max_length=400)
    summary: str = Field(default="", sa_type=Text)
    language: str = Field(default="zh-CN", max_length=20)
    system: str | None = Field(default=None, max_length=4)
    stage: str | None = Field(default=None, max_length=20)
    grade: str | None = Field(default=None, max_length=4)
    subject: str | None = Field(default=None, max_length=40)
    edition: str | None = Field(default=None, max_length=60)
    volume: str | None = Field(default=None, max_length=40)
    unit: str | None = Field(default=None, max_length=200)
    type: str | None = Field(default=None, max_length=40)
    major: str | None = Field(default=None, max_length=20)
    job_task: str | None = Field(default=None, max_length=500)
    equipment: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    safety: str | None = Field(default=None, sa_type=Text)
    training_base: str | None = Field(default=None, max_length=200)
    tags: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    licence: str | None = Field(default=None, max_length=40)
    credits: list[dict[str, str | None]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """In order: person, school or enterprise, part."""
    created_by: str | None = Field(default=None, max_length=26)
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    submitted_at: datetime | None = Field(default=None, sa_type=Moment)
    submitted_by: str | None = Field(default=None, max_length=26)
    published_at: datetime | None = Field(default=None, sa_type=Moment)
    published_by: str | None = Field(default=None, max_length=26)
    review_note: str = Field(default="", sa_type=Text)
    """What the reviewer wrote when returning it."""
    # Last, because SQLite reads a row from its front, and lists do without the long texts.
    content: str = Field(default="", sa_type=Text)
    plain: str = Field(default="", sa_type=Text)
    """The words of `content` without the Markdown marks: what is indexed and highlighted."""


class Grant(Table, table=True):
    """授权: a resource opened to an audience in a role, over [not_before, expires_at)."""

    __table_args__ = (
        Index("ix_grant_resource", "resource_id", "audience"),
        Index("ix_grant_audience", "audience", "resource_id"),
    )

    id: str = Field(primary_key=True, max_length=26)
    resource_id: str = Field(foreign_key="resource.id")
    audience: str = Field(max_length=40)
    role: int
    """Rank of the role: 1 viewer, 2 commenter, 3 editor, 4 manager."""
    near: bool
    """No wider than one school partnership: reaches a draft, needs no approval."""
    open: bool = False
    """public or link: nothing that may show children passes."""
    approved: bool = True
    """A wider grant waits for the school's approval."""
    not_before: datetime | None = Field(default=None, sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)
    granted_by: str | None = Field(default=None, max_length=40)
    """The audience token of whom gave it."""
    created_at: datetime = Field(sa_type=Moment)
    clocked: bool = True
    """False while its start or end still has to be written to the feed by the clock job."""
