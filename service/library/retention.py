"""What the library forgets by itself, once it serves nobody any more (docs/operations.md, "Retention").

What has a life of its own is forgotten beside it: drafts in the bin (`cleaning`), uploads (`uploads`), answers
(`idempotency`), objects without a record (`integrity`), deliveries (`delivering`).
"""

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col

from service.library import notices
from service.models import Notice, ResetCode, SignInFailure, Token
from service.work import Work

AFTERWARDS = timedelta(days=1)
"""For so long an ended token and a failed sign-in can still be looked at."""


def expire(work: Work) -> None:
    """Delete tokens and sessions that have ended, failed sign-ins that count no more, codes that are over, and old
    notices."""
    for over in (
        delete(Token).where(col(Token.expires_at) < work.now - AFTERWARDS),
        delete(SignInFailure).where(col(SignInFailure.at) < work.now - AFTERWARDS),
        delete(ResetCode).where(col(ResetCode.expires_at) < work.now),
        delete(Notice).where(col(Notice.at) < work.now - notices.KEPT),
    ):
        work.session.execute(over)
