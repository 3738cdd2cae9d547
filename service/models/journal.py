"""What the system writes about itself: jobs (the outbox), the ordered feed, the audit log."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, Index, String, Text, text
from sqlmodel import Field

from service.models.base import Moment, Table


class Job(Table, table=True):
    """An outbox row: written in the transaction of the change, done by a worker afterwards."""

    __table_args__ = (Index("ix_job_due", "state", "priority", "run_at"),)

    id: str = Field(primary_key=True, max_length=26)
    name: str = Field(max_length=40)
    subject: str = Field(max_length=200, index=True)
    """Id of what it is about."""
    priority: int = 5
    """Smaller is sooner."""
    state: str = Field(default="waiting", max_length=8)
    """waiting, running, buried."""
    run_at: datetime = Field(sa_type=Moment)
    """Waiting: not before; running: the lease ends then."""
    attempts: int = 0
    error: str = Field(default="", sa_type=Text)
    created_at: datetime = Field(sa_type=Moment)
    worker: str = Field(default="", sa_column=Column(String(26), nullable=False, server_default=text("''")))
    """Who claimed it last (`library.leases`)."""


class Counter(Table, table=True):
    """A named number, locked while it is taken, so that number order is commit order."""

    name: str = Field(primary_key=True, max_length=20)
    value: int = Field(sa_type=BigInteger)


class Secret(Table, table=True):
    """A random key of this library, shared by all its processes; the migration that made the table filled it."""

    name: str = Field(primary_key=True, max_length=20)
    value: str = Field(max_length=64)


class RateCount(Table, table=True):
    """Requests that one asker has made in one minute, by all processes together; on PostgreSQL it is not logged, so that
    a crash of the server empties it. `who` is a digest."""

    __tablename__ = "rate_count"

    who: str = Field(primary_key=True, max_length=64)
    window: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    number: int


class Change(Table, table=True):
    """变更: one row of the ordered feed, with the audience before and after."""

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    resource_id: str = Field(max_length=26, index=True)
    at: datetime = Field(sa_type=Moment)
    before: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    after: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class Harvested(Table, table=True):
    """A resource that is public or once was, and when it changed last: what harvesters are told of. The row stays when
    the resource goes."""

    __table_args__ = (Index("ix_harvested_stamp", "stamp", "resource_id"),)

    resource_id: str = Field(primary_key=True, max_length=26)
    stamp: datetime = Field(sa_type=Moment)


class AuditEntry(Table, table=True):
    """Who did what to what, when. Rows are only added, and sealed in hash-chained batches."""

    __tablename__ = "audit_entry"

    id: str = Field(primary_key=True, max_length=26)
    at: datetime = Field(sa_type=Moment, index=True)
    actor: str = Field(max_length=40)
    action: str = Field(max_length=40)
    subject: str = Field(default="", max_length=40, index=True)
    outcome: str = Field(default="done", max_length=10)
    """done, refused."""
    detail: dict[str, str | int | None] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class AuditSeal(Table, table=True):
    """A sealed batch of audit rows: the SHA-256 over the former seal and the rows up to `last_id`."""

    __tablename__ = "audit_seal"

    last_id: str = Field(primary_key=True, max_length=26)
    rows: int
    hash: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)


class Answered(Table, table=True):
    """What was answered to a request that carried an `Idempotency-Key`; swept after a day."""

    hash: str = Field(primary_key=True, max_length=64)
    """SHA-256 of who asked and the key."""
    fingerprint: str = Field(max_length=64)
    """SHA-256 of method, address and body."""
    status: int | None = None
    headers: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    body: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Moment, index=True)
