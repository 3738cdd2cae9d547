"""Province, cities, counties and schools: one table, so that a bureau is an organisation too."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column
from sqlmodel import Field

from service.models.base import Moment, Table


class Organisation(Table, table=True):
    """Regions carry their GB/T 2260 code as id; schools carry a ULID, and the optional 10-digit 标识码 as `code`."""

    id: str = Field(primary_key=True, max_length=26)
    level: str = Field(index=True, max_length=10)
    """province, city, county, school."""
    parent_id: str | None = Field(default=None, foreign_key="organisation.id", index=True)
    city_id: str | None = Field(default=None, index=True)
    county_id: str | None = Field(default=None, index=True)
    code: str | None = Field(default=None, unique=True, max_length=16)
    name: str = Field(max_length=200)
    name_order: str = Field(default="", index=True)
    """Sort key in pinyin."""
    former_names: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    category: str = Field(default="regular", max_length=16)
    """regular, special 特殊教育, research 教研机构."""
    system: str | None = Field(default=None, max_length=4)
    stages: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    waives_review: bool = False
    """Publishing needs no approval for audiences no wider than one school partnership."""
    reviews_sharing: bool = False
    """Sharing a draft beyond persons and teams needs approval too."""
    quota_bytes: int | None = Field(default=None, sa_type=BigInteger)
    used_bytes: int = Field(default=0, sa_type=BigInteger)
    succeeded_by: str | None = Field(default=None, foreign_key="organisation.id", index=True)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    demo: bool = False


class Partnership(Table, table=True):
    """结对关系: one helper, one aided organisation of the same level. Many-to-one is several rows."""

    id: str = Field(primary_key=True, max_length=26)
    level: str = Field(max_length=10)
    helper_id: str = Field(foreign_key="organisation.id", index=True)
    aided_id: str = Field(foreign_key="organisation.id", index=True)
    stages: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    subjects: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    starts: datetime = Field(sa_type=Moment)
    """In force from this moment (midnight in Asia/Shanghai)."""
    ends: datetime | None = Field(default=None, sa_type=Moment)
    """No longer in force from this moment on."""
    status: str = Field(max_length=10, index=True)
    """proposed, active, suspended, ended."""
    proposed_by: str | None = Field(default=None, max_length=26)
    suspended_by: str | None = Field(default=None, max_length=26)
    """The side whose administrator suspended it last, or "platform"; null: either side may resume it."""
    demo: bool = False
