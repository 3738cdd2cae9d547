"""Persons, what they are where and until when, and the ways they prove who they are."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field

from service.models.base import Moment, Table


class Person(Table, table=True):
    """An adult with an account: a name, a sign-in name, and what she teaches if she says so."""

    id: str = Field(primary_key=True, max_length=26)
    username: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=60)
    password_hash: str = ""
    must_change_password: bool = False
    subjects: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    grades: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    stages: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    majors: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    """What she says she teaches, for her own pages: `stages` are those without grades."""
    disabled_at: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)
    demo: bool = False


class Membership(Table, table=True):
    """任职: a person at an organisation, in a role, for a term [starts, ends)."""

    id: str = Field(primary_key=True, max_length=26)
    person_id: str = Field(foreign_key="person.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    role: str = Field(max_length=16)
    """teacher, school_admin, researcher, officer, platform_admin."""
    kind: str = Field(default="regular", max_length=16)
    """regular 在编, support 支教, post 挂职, shadow 跟岗."""
    starts: datetime | None = Field(default=None, sa_type=Moment)
    ends: datetime | None = Field(default=None, sa_type=Moment)


class Team(Table, table=True):
    """团队: persons across schools, for a term [starts, ends)."""

    id: str = Field(primary_key=True, max_length=26)
    name: str = Field(max_length=100)
    kind: str = Field(max_length=16)
    """teaching 教学团队, studio 名师工作室, project 课题组, craft 技能大师工作室, follow 结对跟学."""
    created_by: str = Field(foreign_key="person.id")
    starts: datetime | None = Field(default=None, sa_type=Moment)
    ends: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)
    demo: bool = False


class TeamMember(Table, table=True):
    """A person in a team; `lead` may change its members."""

    __tablename__ = "team_member"

    team_id: str = Field(foreign_key="team.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True, index=True)
    lead: bool = False


class Client(Table, table=True):
    """A school's program: holds its school's audience tokens, never a person's."""

    id: str = Field(primary_key=True, max_length=26)
    organisation_id: str = Field(foreign_key="organisation.id")
    name: str = Field(max_length=100)
    secret_hash: str = Field(max_length=64)
    scopes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_type=Moment)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)


class Token(Table, table=True):
    """A bearer token or a page session, kept as the SHA-256 of its secret."""

    hash: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=8)
    """bearer, session."""
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    client_id: str | None = Field(default=None, foreign_key="client.id", index=True)
    scopes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    name: str = Field(default="", max_length=100)
    csrf: str = Field(default="", max_length=64)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)


class ResetCode(Table, table=True):
    """A one-time code with which a person sets a new password; only its hash is kept."""

    __tablename__ = "reset_code"

    person_id: str = Field(foreign_key="person.id", primary_key=True)
    hash: str = Field(max_length=64)
    expires_at: datetime = Field(sa_type=Moment)
    created_by: str | None = Field(default=None, max_length=26)


class SignInFailure(Table, table=True):
    """A failed sign-in, by name and by address (both hashed), for throttling; swept after a day."""

    __tablename__ = "sign_in_failure"

    id: str = Field(primary_key=True, max_length=26)
    key: str = Field(index=True, max_length=64)
    at: datetime = Field(sa_type=Moment, index=True)
