"""Accounts: signing in and out, passwords, one-time codes, bearer tokens, a school's programs.

Argon2 takes tens of milliseconds and must not hold the database's only writer: the edge reads the account, checks the
password outside any transaction (`verify`), and writes the outcome (`signed_in`, `failed`) briefly.
"""

import hashlib
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import delete, func, or_, select, update
from sqlmodel import col

from service.errors import Denied, FieldError, Invalid, NotFound, Throttled, Unauthenticated
from service.library import teams
from service.library.callers import fingerprint, same
from service.models import Client, Membership, Organisation, Person, ResetCode, SignInFailure, Token
from service.permissions import Scope
from service.work import Work

HASHER = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
"""argon2id in 19 MiB, as the OWASP Password Storage Cheat Sheet asks: the library's own default of 64 MiB would be a
fifth of a small server's memory for each sign-in."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""More at once would not be faster on two cores."""
WINDOW = timedelta(minutes=15)
BEHIND_AN_ADDRESS = 10
"""A whole school comes from one address: one person's mistakes are not to keep her colleagues out."""
CODE_LIFE = timedelta(hours=24)
OWN_DEVICE = timedelta(days=30)
"""How long a session lasts on a device that its owner says nobody else uses."""
MIN_PASSWORD = 10


@dataclass(frozen=True, slots=True)
class Account:
    """What a sign-in needs of a person."""

    person_id: str | None
    password_hash: str


def look_up(work: Work, username: str, address: str) -> Account:
    """The account behind a name (an empty one where there is none). Throttled after too many failures."""
    since = work.now - WINDOW
    most = {
        _key("name", username): work.settings.sign_in_tries,
        _key("address", address): work.settings.sign_in_tries * BEHIND_AN_ADDRESS,
    }
    failures = work.session.execute(
        select(col(SignInFailure.key), func.count())
        .where(col(SignInFailure.key).in_(list(most)), col(SignInFailure.at) > since)
        .group_by(col(SignInFailure.key))
    )
    if any(number >= most[key] for key, number in failures):
        raise Throttled(
            "登录失败的次数太多。为了保护账号，请 15 分钟后再试；忘记密码请向学校管理员要一次性验证码。",
            headers={"Retry-After": str(int(WINDOW.total_seconds()))},
            english="Too many failed sign-ins. Try again in 15 minutes, or ask the school's administrator for a code.",
        )
    person = work.session.scalars(
        select(Person).where(
            col(Person.username) == username.strip().lower(), col(Person.disabled_at).is_(None)
        )
    ).one_or_none()
    return Account(person.id, person.password_hash) if person else Account(None, "")


@cache
def _nobody() -> str:
    """Checked where the name is unknown, so that an unknown name takes as long as a wrong password."""
    return HASHER.hash(secrets.token_urlsafe())


def verify(account: Account, password: str) -> bool:
    """Whether the password is right. Slow on purpose."""
    if len(password) > 1000:
        return False
    with _AT_ONCE:
        good = HASHER.verify(password, account.password_hash or _nobody())
    return good and account.person_id is not None


def failed(work: Work, username: str, address: str) -> None:
    """Write down a failed sign-in."""
    work.session.add_all(
        SignInFailure(id=work.ids(), key=key, at=work.now)
        for key in (_key("name", username), _key("address", address))
    )
    work.audit("sign_in.failed", by="anonymous")


def wrong() -> Unauthenticated:
    """The same words for an unknown name and a wrong password."""
    return Unauthenticated(
        "用户名或密码不正确。请核对后再试；忘记密码请联系学校管理员。",
        english="The user name or the password is wrong. A forgotten password is reset by the school's administrator.",
    )


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value.strip().lower()}".encode()).hexdigest()


def open_session(work: Work, person_id: str, *, own_device: bool = False) -> str:
    """A page session, longer on a device that is hers alone; returns its secret for the cookie."""
    secret = secrets.token_urlsafe(32)
    life = OWN_DEVICE if own_device else timedelta(hours=work.settings.session_hours)
    _keep(work, "session", secret, work.now + life, person_id=person_id)
    work.audit("sign_in", person_id, by=f"person:{person_id}")
    return secret


def _keep(work: Work, kind: str, secret: str, expires_at: Any, **who: Any) -> None:
    scopes = who.pop("scopes", [str(scope) for scope in Scope])
    work.session.add(
        Token(
            hash=fingerprint(secret),
            kind=kind,
            scopes=scopes,
            created_at=work.now,
            expires_at=expires_at,
            **who,
        )
    )


def close(work: Work, secret: str) -> None:
    """End a session or a bearer token. An unknown one is no error."""
    token = work.session.scalars(select(Token).where(col(Token.hash) == fingerprint(secret))).one_or_none()
    if token is not None and token.revoked_at is None:
        token.revoked_at = work.now
        work.audit(f"{token.kind}.close", token.person_id or token.client_id or "")


def must_change_password(work: Work, person_id: str) -> bool:
    """Whether this is a first or reset password."""
    query = select(col(Person.must_change_password)).where(col(Person.id) == person_id)
    return bool(work.session.execute(query).scalar())


def open_token(
    work: Work,
    scopes: Iterable[str],
    *,
    person_id: str | None = None,
    client_id: str | None = None,
    name: str = "",
) -> str:
    """A bearer token; returns its secret, which is shown once."""
    if person_id is not None and must_change_password(work, person_id):
        raise Denied(
            "首次登录请先在网页上修改初始密码，再使用程序接口。",
            english="Set your own password on the page /password first, then ask for a token.",
        )
    secret = f"tk_{secrets.token_urlsafe(32)}"
    _keep(
        work,
        "bearer",
        secret,
        work.now + timedelta(days=work.settings.token_days),
        person_id=person_id,
        client_id=client_id,
        scopes=parse_scopes(scopes),
        name=name,
    )
    work.audit("token.open", person_id or client_id or "", scopes=",".join(sorted(scopes)))
    return secret


def parse_scopes(scopes: Iterable[str]) -> list[str]:
    """Known scopes only."""
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in set(Scope)]
    if unknown:
        raise Invalid(
            "没有这个权限范围。",
            errors=[
                FieldError("scope", f"未知：{' '.join(unknown)}。", english=f"Unknown: {' '.join(unknown)}.")
            ],
            english="There is no such scope.",
        )
    return wanted


# A school's programs ----------------------------------------------------------------------------------------------


def register_client(work: Work, organisation_id: str, name: str, scopes: Iterable[str]) -> tuple[str, str]:
    """A program of a school; returns its client id and secret."""
    organisation = work.session.get(Organisation, organisation_id)
    if organisation is None or organisation.level != "school":
        raise NotFound("没有找到这所学校。", english="There is no such school.")
    secret = secrets.token_urlsafe(32)
    client = Client(
        id=work.ids(),
        organisation_id=organisation_id,
        name=name[:100],
        secret_hash=fingerprint(secret),
        scopes=parse_scopes(scopes),
        created_at=work.now,
    )
    work.session.add(client)
    work.audit("client.register", client.id)
    return client.id, secret


def client_scopes(work: Work, client_id: str, secret: str, wanted: Iterable[str]) -> list[str]:
    """The scopes that this program may have of those it wants (all of its own when it names none)."""
    client = work.session.get(Client, client_id)
    if client is None or client.revoked_at is not None or not same(client.secret_hash, fingerprint(secret)):
        raise Unauthenticated(
            "程序编号或密钥不正确。请核对，或请学校管理员重新登记。",
            english="The client id or its secret is wrong. Ask the school's administrator to register it again.",
        )
    asked = parse_scopes(wanted) or client.scopes
    if beyond := sorted(set(asked) - set(client.scopes)):
        raise Denied(
            f"这个程序没有登记权限范围 {' '.join(beyond)}。",
            english=f"This client is not registered for {' '.join(beyond)}.",
        )
    return asked


# Passwords --------------------------------------------------------------------------------------------------------


_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "01234567890", "password", "tongke")


def _guessable(password: str, username: str) -> bool:
    """What is tried first (NIST SP 800-63B-4, 3.1.1.2): short, digits alone, few characters, rows of keys, the name."""
    plain = password.lower()
    rest = plain
    for row in (*_ROWS, *(row[::-1] for row in _ROWS), username.lower()):
        for size in range(len(row), 3, -1):
            for start in range(len(row) - size + 1):
                rest = rest.replace(row[start : start + size], "")
    return len(password) < MIN_PASSWORD or plain.isdigit() or len(set(plain)) < 4 or len(rest) < 4


def set_password(
    work: Work, person_id: str, password: str, *, must_change: bool = False, by: str | None = None
) -> None:
    """Set it, end every session and token of the person. `by`: as of Work.audit."""
    person = work.session.get_one(Person, person_id)
    if _guessable(password, person.username):
        raise Invalid(
            "这个密码太容易被猜到。",
            errors=[
                FieldError(
                    "password",
                    f"至少 {MIN_PASSWORD} 个字符，不要只用数字，不要重复或顺着键盘，也不要含用户名。可以用几个词连起来。",
                    english=f"At least {MIN_PASSWORD} characters; not digits alone, no row of keys or repetition, not your user "
                    "name; some words in a row will do.",
                )
            ],
            english="This password is too easy to guess.",
        )
    if len(password) > 200:
        raise Invalid(
            "密码太长。",
            errors=[FieldError("password", "最多 200 个字符。", english="At most 200 characters.")],
            english="The password is too long.",
        )
    person.password_hash = HASHER.hash(password)
    person.must_change_password = must_change
    work.session.execute(
        update(Token)
        .where(col(Token.person_id) == person_id, col(Token.revoked_at).is_(None))
        .values(revoked_at=work.now)
    )
    work.audit("password.set", person_id, by=by)


def issue_code(work: Work, person_id: str, life: timedelta = CODE_LIFE) -> str:
    """A one-time code, handed over by an administrator of one of the person's present schools (or of the platform)."""
    schools = set(
        work.session.scalars(
            select(col(Membership.organisation_id)).where(
                col(Membership.person_id) == person_id,
                or_(col(Membership.ends).is_(None), col(Membership.ends) > work.now),
            )
        )
    )
    if not (work.caller.platform_admin or work.caller.actor == "system" or schools & work.caller.reviews):
        raise NotFound("没有找到这位老师。", english="There is no such person.")
    code = "-".join(f"{secrets.randbelow(10_000):04d}" for _ in range(4))
    work.session.execute(delete(ResetCode).where(col(ResetCode.person_id) == person_id))
    work.session.add(
        ResetCode(
            person_id=person_id,
            hash=fingerprint(code),
            expires_at=work.now + life,
            created_by=work.caller.person_id,
        )
    )
    work.audit("password.code", person_id)
    return code


def redeem_code(work: Work, username: str, code: str, password: str) -> str:
    """Set a new password with a one-time code; returns the person's id."""
    row = work.session.execute(
        select(ResetCode)
        .join(Person, col(Person.id) == col(ResetCode.person_id))
        .where(col(Person.username) == username.strip().lower(), col(Person.disabled_at).is_(None))
    ).scalar()
    if row is None or row.expires_at <= work.now or not same(row.hash, fingerprint(code.strip())):
        raise Unauthenticated(
            "用户名或验证码不正确，或验证码已过期。请向学校管理员要一个新的。",
            english="The user name or the code is wrong, or the code is too old. Ask for a new one.",
        )
    work.session.delete(row)
    set_password(work, row.person_id, password, by=f"person:{row.person_id}")
    return row.person_id


def known_as(work: Work, username: str) -> str | None:
    """The id of the person whose sign-in name this is."""
    return work.session.scalar(select(col(Person.id)).where(col(Person.username) == username))


def username(work: Work, person_id: str) -> str:
    """The name with which she signs in."""
    return str(
        work.session.execute(select(col(Person.username)).where(col(Person.id) == person_id)).scalar_one()
    )


def me(work: Work) -> dict[str, Any]:
    """The caller: person, memberships, teams, scopes."""
    if not work.caller.signed_in:
        raise Unauthenticated("请先登录。", headers={"WWW-Authenticate": "Bearer"}, english="Sign in first.")
    rows = work.session.execute(
        select(Membership, Organisation)
        .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
        .where(col(Membership.person_id) == work.caller.person_id)
        .order_by(col(Membership.id))
    ).all()
    return {
        "person": {"id": work.caller.person_id, "name": work.caller.name} if work.caller.person_id else None,
        "client": work.caller.actor.removeprefix("client:")
        if work.caller.actor.startswith("client:")
        else None,
        "school_id": work.caller.school_id,
        "memberships": [
            {
                "organisation": {"id": place.id, "level": place.level, "name": place.name},
                "role": membership.role,
                "kind": membership.kind,
                "starts": membership.starts,
                "ends": membership.ends,
            }
            for membership, place in rows
        ],
        "teams": teams.listing(work),
        "scopes": sorted(work.caller.scopes),
        "audiences": sorted(work.caller.tokens),
    }
