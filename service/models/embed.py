"""Keys with which a school's web site searches what is public, and how often they are used."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field

from service.models.base import Moment, Table


class EmbedKey(Table, table=True):
    """嵌入密钥: it stands in the school's pages for everybody to read, so that it is no secret and gives no right; it
    says from which origins search may be asked, how often, and within which part of what is public."""

    __tablename__ = "embed_key"

    id: str = Field(primary_key=True, max_length=32)
    """`pk_` and 26 characters: the key itself."""
    school_id: str = Field(foreign_key="organisation.id", index=True)
    name: str = Field(max_length=100)
    origins: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """scheme://host[:port], as browsers send it (RFC 6454)."""
    within: str = Field(default="all", max_length=12)
    """all, school (its own resources), partnership (those of the schools of both sides)."""
    partnership_id: str | None = Field(default=None, foreign_key="partnership.id")
    subjects: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Codes; empty: every subject."""
    per_minute: int = 120
    revision: int = 1
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime = Field(sa_type=Moment)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)


class EmbedUse(Table, table=True):
    """How often a key was answered and refused on a day; never who asked, nor what for."""

    __tablename__ = "embed_use"

    key_id: str = Field(foreign_key="embed_key.id", primary_key=True, ondelete="CASCADE")
    day: str = Field(primary_key=True, max_length=10)
    """YYYY-MM-DD in Asia/Shanghai."""
    answered: int = 0
    refused: int = 0
