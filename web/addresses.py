"""Addresses that leave a page and keep the link a reader came by."""

from collections.abc import Callable
from urllib.parse import urlencode

from service.permissions import Caller


def keeping_link(caller: Caller) -> Callable[..., str]:
    """A function of path and query → the address. Whoever reads by a secret link (`link:ID`) needs it for every file
    and picture of the page; for all others it adds nothing."""
    link = link_of(caller)

    def at(path: str, **query: object) -> str:
        values = {name: value for name, value in {**query, **link}.items() if value is not None}
        return f"{path}?{urlencode(values)}" if values else path

    return at


def link_of(caller: Caller) -> dict[str, str]:
    """The query that names the link a reader came by; empty where she came by none."""
    link = next((token.partition(":")[2] for token in caller.tokens if token.startswith("link:")), None)
    return {"link": link} if link else {}
