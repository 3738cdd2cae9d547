"""Addresses of schools' programs that are told when there is something new for them, and what they were told."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, Index, Text
from sqlmodel import Field

from service.models.base import Moment, Table


class Webhook(Table, table=True):
    """推送地址: it is told that the feed has something for its school, never what."""

    id: str = Field(primary_key=True, max_length=26)
    school_id: str = Field(foreign_key="organisation.id", index=True)
    name: str = Field(max_length=100)
    url: str = Field(sa_type=Text)
    secret: str = Field(max_length=80)
    """`whsec_` and base64, as Standard Webhooks writes it; what deliveries are signed with."""
    told_at: int = Field(default=0, sa_type=BigInteger)
    """The newest change of the feed that was looked at for it."""
    held: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """The school's audience tokens at that time."""
    failing_since: datetime | None = Field(default=None, sa_type=Moment)
    disabled_at: datetime | None = Field(default=None, sa_type=Moment)
    revision: int = 1
    created_by: str | None = Field(default=None, max_length=40)
    created_at: datetime = Field(sa_type=Moment)


class Delivery(Table, table=True):
    """One message to one address, and how far it came."""

    __table_args__ = (Index("ix_delivery_webhook_at", "webhook_id", "at", "id"),)

    id: str = Field(primary_key=True, max_length=26)
    """With `msg_` before it the `webhook-id`: the same at every try, so that a receiver can tell a repetition."""
    webhook_id: str = Field(foreign_key="webhook.id", ondelete="CASCADE")
    at: datetime = Field(sa_type=Moment, index=True)
    state: str = Field(default="waiting", max_length=10)
    """waiting, sending, delivered, failed."""
    tries: int = 0
    status: int | None = None
    """HTTP status of the last try's answer."""
    error: str = Field(default="", max_length=20)
    """Why the last try failed: address, connection, timeout, tls, status; empty otherwise."""
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    """When the last try began."""
    took_ms: int | None = None
