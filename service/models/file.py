"""Attachments, what was derived from them, and uploads under way."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, Index, Text, text
from sqlmodel import Field

from service.models.base import Moment, Table


class File(Table, table=True):
    """附件: bytes under an opaque key that never changes; versions link to it."""

    __table_args__ = (
        Index(
            "ix_file_withheld",
            "withheld",
            sqlite_where=text("withheld != ''"),
            postgresql_where=text("withheld != ''"),
        ),
    )

    id: str = Field(primary_key=True, max_length=26)
    resource_id: str = Field(foreign_key="resource.id", index=True)
    object_key: str = Field(max_length=200, unique=True)
    name: str = Field(max_length=255)
    media_type: str = Field(max_length=120)
    size: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64, index=True)
    state: str = Field(default="pending", max_length=12, index=True)
    """pending, processing, ready, failed."""
    reason: str = Field(default="", sa_type=Text)
    pages: int | None = None
    shows_children: str = Field(default="unasked", max_length=8)
    consent_on: datetime | None = Field(default=None, sa_type=Moment)
    """Day on which the school recorded the guardians' consent; no names."""
    listing: list[dict[str, str | int]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    details: dict[str, str | int | float] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
    created_by: str | None = Field(default=None, max_length=26)
    created_at: datetime = Field(sa_type=Moment)
    withheld: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=text("''")))
    """Why its bytes are not given out: damaged, missing, or what a scanner found in it; empty for nearly all."""
    scanned_at: datetime | None = Field(default=None, sa_type=Moment)
    """When a virus scanner last looked into it."""
    checked_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    """When its bytes were last found to be what they were."""


class VersionFile(Table, table=True):
    """A file in a version, at a place in its order."""

    __tablename__ = "version_file"

    version_id: str = Field(foreign_key="version.id", primary_key=True)
    file_id: str = Field(foreign_key="file.id", primary_key=True, index=True)
    position: int
    alt: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=text("''")))
    """What a picture shows, for those who cannot see it."""


class PageText(Table, table=True):
    """The text of one page (or of one piece, where the format has no pages)."""

    __tablename__ = "page_text"

    file_id: str = Field(foreign_key="file.id", primary_key=True)
    n: int = Field(primary_key=True)
    text: str = Field(sa_type=Text)
    folded: str = Field(sa_type=Text)
    """As the search's analyser folds it, so that the page of a hit is found by LIKE."""


class Derived(Table, table=True):
    """What was made from a file: `thumbnail`, `page` n, `pdf` (of a document), `play` and `small` (of a film)."""

    file_id: str = Field(foreign_key="file.id", primary_key=True)
    kind: str = Field(primary_key=True, max_length=12)
    n: int = Field(default=0, primary_key=True)
    object_key: str = Field(max_length=200, unique=True)
    media_type: str = Field(max_length=120)
    size: int = Field(sa_type=BigInteger)
    sha256: str | None = Field(default=None, max_length=64)
    checked_at: datetime | None = Field(default=None, sa_type=Moment, index=True)


class PageLayer(Table, table=True):
    """What stands where on a page's image: kept beside each one, also where nothing does."""

    __tablename__ = "page_layer"

    file_id: str = Field(foreign_key="file.id", primary_key=True)
    n: int = Field(primary_key=True)
    lines: list[tuple[int, int, int, int, bool, str]] = Field(sa_column=Column(JSON, nullable=False))
    """`extract.Line`s: x, y, width and height in px of an image 720 px wide, whether downwards, the words."""


class Conversion(Table, table=True):
    """What becomes of a file beyond its text: a document's PDF and page images, a film that every browser plays."""

    file_id: str = Field(foreign_key="file.id", primary_key=True)
    state: str = Field(max_length=8, index=True)
    """waiting, running, ready, failed, absent (this machine has no program for it)."""
    step: int = 1
    """Under way, or next."""
    steps: int
    reason: str = Field(default="", sa_type=Text)
    pages: int | None = None
    """Of the PDF."""
    at: datetime = Field(sa_type=Moment)
    """Of its last change."""


class Upload(Table, table=True):
    """An upload under way (tus 1.0): the sum of its durable parts is its offset."""

    id: str = Field(primary_key=True, max_length=26)
    person_id: str | None = Field(default=None, max_length=26, index=True)
    school_id: str = Field(max_length=26, index=True)
    owner: str = Field(max_length=40)
    """The audience token of whom it belongs to: person:ID or client:ID."""
    name: str = Field(max_length=255)
    upload_metadata: str = Field(default="", sa_type=Text)
    """The Upload-Metadata header, as sent."""
    length: int = Field(sa_type=BigInteger)
    handle: str = Field(max_length=300)
    object_key: str = Field(max_length=200)
    sha256: str | None = Field(default=None, max_length=64)
    """Of the whole file, once it is complete."""
    media_type: str | None = Field(default=None, max_length=120)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
    leased_until: datetime | None = Field(default=None, sa_type=Moment)
    """Another request is writing until then (423)."""
    lease: str | None = Field(default=None, max_length=26)
    numbered: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """The highest number of a part that any request was given: a writer that lost its lease has it for itself."""


class UploadPart(Table, table=True):
    """A durable part of an upload; committed once its bytes are. Number 0: a tail that the next part takes in."""

    __tablename__ = "upload_part"

    upload_id: str = Field(foreign_key="upload.id", primary_key=True)
    n: int = Field(primary_key=True)
    offset: int = Field(sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger)
    etag: str = Field(max_length=100)
