"""The tables, one file per noun."""

from service.models.base import Moment, from_micros, to_micros
from service.models.file import Derived, File, PageText, Upload, UploadPart, VersionFile
from service.models.journal import AuditEntry, AuditSeal, Change, Counter, Job
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

__all__ = [
    "AuditEntry",
    "AuditSeal",
    "Change",
    "Client",
    "Counter",
    "Derived",
    "File",
    "Grant",
    "Job",
    "Membership",
    "Moment",
    "Organisation",
    "PageText",
    "Partnership",
    "Person",
    "ResetCode",
    "Resource",
    "SignInFailure",
    "Team",
    "TeamMember",
    "Token",
    "Upload",
    "UploadPart",
    "Version",
    "VersionFile",
    "from_micros",
    "to_micros",
]
