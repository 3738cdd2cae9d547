"""What people make of the library: notices to them, reports of problems, use, searches they keep, comments."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Text, text
from sqlmodel import Field

from service.models.base import Moment, Table


class Notice(Table, table=True):
    """通知: one line for one person, shown in the pages until she has read it."""

    __table_args__ = (Index("ix_notice_person", "person_id", "at"),)

    id: str = Field(primary_key=True, max_length=26)
    person_id: str = Field(foreign_key="person.id", ondelete="CASCADE")
    kind: str = Field(max_length=20)
    """submitted, published, returned, withdrawn, shared, reported, settled, commented, teamed, proposed, declined, paired, found."""
    resource_id: str | None = Field(default=None, foreign_key="resource.id", index=True, ondelete="CASCADE")
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What the line names besides the resource: who, why, how many."""
    at: datetime = Field(sa_type=Moment)
    read_at: datetime | None = Field(default=None, sa_type=Moment)


class Report(Table, table=True):
    """问题反馈: what somebody found wrong with a resource, for its manager and the school's administrator."""

    id: str = Field(primary_key=True, max_length=26)
    resource_id: str = Field(foreign_key="resource.id", index=True, ondelete="CASCADE")
    person_id: str | None = Field(default=None, foreign_key="person.id", ondelete="SET NULL")
    reason: str = Field(max_length=20)
    """mistake, broken, rights, pupils, other."""
    text: str = Field(default="", sa_type=Text)
    at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_by: str | None = Field(default=None, max_length=26)
    answer: str = Field(default="", sa_type=Text)


class Comment(Table, table=True):
    """评论: what somebody who may comment on a resource says about it, to the others who may."""

    __table_args__ = (Index("ix_comment_resource", "resource_id", "id"),)

    id: str = Field(primary_key=True, max_length=26)
    """Rises with time."""
    resource_id: str = Field(foreign_key="resource.id", ondelete="CASCADE")
    person_id: str | None = Field(default=None, foreign_key="person.id", ondelete="SET NULL")
    text: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Moment)


class Use(Table, table=True):
    """How often a school's people opened and downloaded a resource in a month; never who."""

    __tablename__ = "resource_use"

    resource_id: str = Field(foreign_key="resource.id", primary_key=True, ondelete="CASCADE")
    school_id: str = Field(primary_key=True, max_length=26)
    """Empty for visitors and for people of no school."""
    month: str = Field(primary_key=True, max_length=7)
    """YYYY-MM in Asia/Shanghai."""
    views: int = 0
    downloads: int = 0


class SavedSearch(Table, table=True):
    """A search that a person keeps, and what the last look for new hits stood at (`library.watching`)."""

    __tablename__ = "saved_search"

    id: str = Field(primary_key=True, max_length=26)
    person_id: str = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    name: str = Field(max_length=100)
    query: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """The search's parameters, as in its address."""
    seen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    """The change up to which it was looked."""
    held: list[str] | None = Field(default=None, sa_column=Column(JSON))
    """The audience tokens that she held then. None: not known, those of the next look."""
    seen_at: datetime = Field(sa_type=Moment)
    """When it found something last."""
    created_at: datetime = Field(sa_type=Moment)
