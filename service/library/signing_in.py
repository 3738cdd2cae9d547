"""One sign-in for API and pages: look up, check the password outside any transaction, write the outcome briefly."""

from contextlib import AbstractContextManager
from typing import Protocol

from service.library import accounts
from service.permissions import Scope
from service.work import Work

DEFAULT_SCOPES = [str(scope) for scope in (Scope.READ, Scope.WRITE, Scope.SHARE)]


class Opens(Protocol):
    """Opens units of work."""

    def writing(self) -> AbstractContextManager[Work]: ...

    def reading(self) -> AbstractContextManager[Work]: ...


def check(opens: Opens, username: str, password: str, address: str) -> str:
    """The id of the person whose name and password these are. Unauthenticated, or Throttled after too many failures."""
    with opens.reading() as work:
        account = accounts.look_up(work, username, address)
    if not accounts.verify(account, password) or account.person_id is None:
        with opens.writing() as work:
            accounts.failed(work, username, address)
        raise accounts.wrong()
    return account.person_id
