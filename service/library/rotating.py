"""Keys and signs of identity taken out of use: the library's own key, and the tokens of persons and programs.

What is not kept here is rotated where it is made: embed keys and webhooks on their pages, the stores' keys at the stores
(docs/operations.md, "Keys").
"""

import secrets

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import col

from service.errors import NotFound
from service.library import accounts
from service.models import Client, Secret, Token, fetch
from service.work import Work

CURSOR, FORMER = "cursor", "cursor.former"
"""What cursors of the feed are signed with now, and what they were signed with before."""


_KEYS = select(col(Secret.name), col(Secret.value)).where(col(Secret.name).in_([CURSOR, FORMER]))


def cursor_keys(work: Work) -> list[bytes]:
    """The present key, and the former one, whose cursors are still taken."""
    kept: dict[str, str] = dict(fetch(work.session, _KEYS, {}).all())
    return [bytes.fromhex(kept[name]) for name in (CURSOR, FORMER) if name in kept]


def rotate(work: Work, *, forget: bool = False) -> None:
    """Sign cursors with a new key. Clients go on with what they have until the next time; with `forget` (the key may be
    known to somebody) they begin anew."""
    present = work.session.get_one(Secret, CURSOR)
    work.session.execute(delete(Secret).where(col(Secret.name) == FORMER))
    if not forget:
        work.session.add(Secret(name=FORMER, value=present.value))
    present.value = secrets.token_hex(32)
    work.audit("key.rotate", CURSOR)


def revoke(work: Work, who: str) -> int:
    """End every token and page session of a person (username), or of a program (client id) with the program itself;
    how many. Raises NotFound."""
    client = work.session.get(Client, who)
    person_id = accounts.known_as(work, who)
    if client is not None:
        client.revoked_at = client.revoked_at or work.now
        work.audit("client.revoke", client.id)
        return _end(work, col(Token.client_id) == client.id)
    if person_id is None:
        raise NotFound(f"没有找到用户或程序 {who}。", english=f"There is no person or program {who}.")
    work.audit("token.revoke", person_id)
    return _end(work, col(Token.person_id) == person_id)


def revoke_all(work: Work) -> int:
    """End every token and page session that there is: everybody signs in again. How many."""
    work.audit("token.revoke", "all")
    return _end(work)


def _end(work: Work, *whose: ColumnElement[bool]) -> int:
    live = col(Token.revoked_at).is_(None) & (col(Token.expires_at) > work.now)
    ended = update(Token).where(live, *whose).values(revoked_at=work.now).returning(col(Token.hash))
    return len(work.session.execute(ended).all())
