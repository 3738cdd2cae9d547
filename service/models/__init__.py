"""The tables, one file per noun."""

from sqlmodel import SQLModel

from service.models.base import Moment, from_micros, to_micros
from service.models.community import Comment, Notice, Report, SavedSearch, Use
from service.models.embed import EmbedKey, EmbedUse
from service.models.fetch import SNAPSHOT, fetch
from service.models.file import (
    Conversion,
    Derived,
    File,
    PageLayer,
    PageText,
    Upload,
    UploadPart,
    VersionFile,
)
from service.models.journal import (
    Answered,
    AuditEntry,
    AuditSeal,
    Change,
    Counter,
    Harvested,
    Job,
    RateCount,
    Secret,
)
from service.models.major import Major
from service.models.mirror import Mirror, MirrorObject, MirrorResource
from service.models.organisation import Organisation, Partnership
from service.models.person import (
    Client,
    Membership,
    Person,
    ResetCode,
    SignInFailure,
    Team,
    TeamMember,
    Token,
)
from service.models.resource import Grant, Resource, Version
from service.models.webhook import Delivery, Webhook

# Rows that refer to each other are written in any order; the database checks them together at the commit.
for _table in SQLModel.metadata.tables.values():
    for _constraint in _table.foreign_key_constraints:
        _constraint.deferrable, _constraint.initially = True, "DEFERRED"

__all__ = [
    "SNAPSHOT",
    "Answered",
    "AuditEntry",
    "AuditSeal",
    "Change",
    "Client",
    "Comment",
    "Conversion",
    "Counter",
    "Delivery",
    "Derived",
    "EmbedKey",
    "EmbedUse",
    "File",
    "Grant",
    "Harvested",
    "Job",
    "Major",
    "Membership",
    "Mirror",
    "MirrorObject",
    "MirrorResource",
    "Moment",
    "Notice",
    "Organisation",
    "PageLayer",
    "PageText",
    "Partnership",
    "Person",
    "RateCount",
    "Report",
    "ResetCode",
    "Resource",
    "SavedSearch",
    "Secret",
    "SignInFailure",
    "Team",
    "TeamMember",
    "Token",
    "Upload",
    "UploadPart",
    "Use",
    "Version",
    "VersionFile",
    "Webhook",
    "fetch",
    "from_micros",
    "to_micros",
]
