"""What a mirror knows of itself (`tongke mirror`): where its library is, how far it has come, and which bytes it keeps.
Elsewhere these tables are empty."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from service.models.base import Moment


class Mirror(SQLModel, table=True):
    """One row. Its cursor is committed with what it brought, so that a mirror that is killed goes on exactly there."""

    id: int = Field(default=1, primary_key=True)
    url: str = Field(sa_type=Text)
    """Of the library, where people reach it."""
    school_id: str = Field(max_length=26)
    cursor: str | None = Field(default=None, sa_type=Text)
    epoch: int = 0
    """Grows when everything has to be brought anew; what is of a former epoch then goes."""
    walked: bool = False
    """Everything of this epoch was told once."""
    contact_at: datetime | None = Field(default=None, sa_type=Moment)
    """When the library last answered, by our clock: from then on what is not public is shown for 30 days."""
    complete_at: datetime | None = Field(default=None, sa_type=Moment)
    """When every byte that has its place here was here."""


class MirrorResource(SQLModel, table=True):
    """A resource of the mirror, and the epoch that told of it last."""

    __tablename__ = "mirror_resource"

    resource_id: str = Field(primary_key=True, max_length=26)
    epoch: int = Field(index=True)


class MirrorObject(SQLModel, table=True):
    """Bytes that a resource of the mirror has at the library; equal ones lie here once, under their SHA-256."""

    __tablename__ = "mirror_object"
    __table_args__ = (Index("ix_mirror_object_next", "state", "rank", "newness"),)

    key: str = Field(primary_key=True, max_length=200)
    """`SHA-256/FILE_ID-KIND-N`: the object key of the File or Derived row."""
    resource_id: str = Field(index=True, max_length=26)
    file_id: str = Field(index=True, max_length=26)
    kind: str = Field(max_length=12)
    """file, or the kind of a Derived."""
    n: int = 0
    media_type: str = Field(max_length=120)
    size: int = Field(sa_type=BigInteger)
    sha256: str = Field(index=True, max_length=64)
    rank: int
    """What is brought first, and dropped last: `library.mirroring.wanted.RANKS`."""
    newness: int = Field(sa_type=BigInteger)
    """Minus the time of the resource's last change, in microseconds: among equals the newest comes first."""
    state: str = Field(default="wanted", max_length=8)
    """wanted, kept, over (beyond the budget), failed (not to be had at present)."""
