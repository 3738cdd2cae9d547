"""名册: the people of a school or bureau and their 任职, kept by its administrator."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlmodel import col

from service.errors import Conflict, Denied, FieldError, Invalid, NotFound
from service.library import accounts, administering, posts, terms
from service.library.callers import in_term
from service.models import Membership, Organisation, Person, Token
from service.work import Work

PER_PAGE = 50
FIRST_CODE_LIFE = timedelta(days=14)
"""A new teacher may be on holiday; the code is 53 bits, and sign-in is throttled."""
STATES = ("present", "ended", "disabled", "all")
_SORTS: dict[str, Any] = {
    "name": col(Person.name),
    "username": col(Person.username),
    "school": col(Organisation.name_order),
    "role": col(Membership.role),
    "since": col(Membership.id),
}


# Reading -----------------------------------------------------------------------------------------------------------


def listing(
    work: Work, *, school: str = "", text: str = "", role: str = "", state: str = "present", sort: str = "name",
    page: int = 1,
) -> tuple[list[dict[str, Any]], int]:  # fmt: skip
    """A page of the memberships that the caller administers, and how many there are. `sort` is a key, `-key` turns it."""
    wanted = _wanted(work, school=school, text=text, role=role, state=state)
    total = work.session.execute(_joined(func.count()).where(*wanted)).scalar_one()
    key = _SORTS.get(sort.removeprefix("-"), col(Person.name))
    rows = work.session.execute(
        _joined(Membership, Person, Organisation)
        .where(*wanted)
        .order_by(key.desc() if sort.startswith("-") else key, col(Membership.id))
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return [shape(work, *row) for row in rows], total


def _joined(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(Membership)
        .join(Person, col(Person.id) == col(Membership.person_id))
        .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
    )


def _wanted(work: Work, *, school: str, text: str, role: str, state: str) -> list[ColumnElement[bool]]:
    ended = and_(col(Membership.ends).is_not(None), col(Membership.ends) <= work.now)
    found = [administering.reach(work).within(col(Membership.organisation_id))]
    if school:
        found.append(col(Membership.organisation_id) == school)
    if text.strip():
        part = text.strip()
        found.append(
            or_(
                col(Person.name).contains(part, autoescape=True),
                col(Person.username).contains(part.lower(), autoescape=True),
            )
        )
    if role:
        found.append(col(Membership.role) == role)
    if state == "present":
        found += [~ended, col(Person.disabled_at).is_(None)]
    elif state == "ended":
        found.append(ended)
    elif state == "disabled":
        found.append(col(Person.disabled_at).is_not(None))
    return found


def shape(work: Work, membership: Membership, person: Person, place: Organisation) -> dict[str, Any]:
    """A membership as the pages show it; days are YYYY-MM-DD, the last one inclusive."""
    if membership.ends is not None and membership.ends <= work.now:
        state = "ended"
    elif membership.starts is not None and membership.starts > work.now:
        state = "coming"
    else:
        state = "present"
    return {
        "id": membership.id,
        "person": {"id": person.id, "name": person.name, "username": person.username},
        "place": {"id": place.id, "name": place.name, "level": place.level},
        "role": membership.role,
        "kind": membership.kind,
        "starts": terms.first_day(membership.starts),
        "ends": terms.last_day(membership.ends),
        "state": state,
        "disabled": person.disabled_at is not None,
    }


def person(work: Work, person_id: str) -> dict[str, Any]:
    """Somebody with her memberships that the caller administers; NotFound where there is none."""
    within = administering.reach(work)
    rows = work.session.execute(
        _joined(Membership, Person, Organisation)
        .where(col(Person.id) == person_id, within.within(col(Membership.organisation_id)))
        .order_by(col(Membership.id))
    ).all()
    found = work.session.get(Person, person_id)
    if found is None or not (rows or within.everything):
        raise _nobody()
    return {
        "id": found.id,
        "name": found.name,
        "username": found.username,
        "disabled": found.disabled_at is not None,
        "has_password": bool(found.password_hash),
        "created_at": found.created_at,
        "memberships": [shape(work, *row) for row in rows],
        "elsewhere": bool(_elsewhere(work, person_id)),
    }


def person_of(work: Work, membership_id: str) -> str:
    """Whose membership it is; NotFound where the caller does not administer it."""
    return _membership(work, membership_id)[0].person_id


def _nobody() -> NotFound:
    return NotFound(
        "没有找到这位老师，或她不在您管理的学校。",
        english="There is no such person in a school that you administer.",
    )


def _elsewhere(work: Work, person_id: str) -> list[str]:
    """Her roles, present and to come, at places that the caller does not administer."""
    within = administering.reach(work)
    rows = work.session.execute(
        select(col(Membership.organisation_id), col(Membership.role)).where(
            col(Membership.person_id) == person_id,
            in_term(col(Membership.starts), col(Membership.ends), work.now),
        )
    )
    return [role for place, role in rows if not within.covers(place)]


# Changing ----------------------------------------------------------------------------------------------------------


def add(work: Work, organisation_id: str, values: Mapping[str, str]) -> tuple[str, str]:
    """A new person at a place, from the fields of a form; returns her id and the one-time code of her first sign-in.

    Invalid names each wrong field; a sign-in name that is taken is one.
    """
    place = administering.organisation(work, organisation_id)
    errors: list[FieldError] = []
    read: dict[str, str] = {}
    for name, rule in (("name", posts.name_of), ("username", posts.username_of)):
        try:
            read[name] = rule(values.get(name, ""))
        except ValueError as error:
            errors.append(FieldError(name, str(error)))
    if "username" in read and accounts.known_as(work, read["username"]) is not None:
        errors.append(FieldError("username", "已被使用，请换一个。", "It is taken. Choose another."))
    wanted = posts.post(values, place.level, errors)
    return open_account(work, place, read["name"], read["username"], wanted)


def open_account(
    work: Work, place: Organisation, name: str, username: str, wanted: posts.Post
) -> tuple[str, str]:
    """A checked new person: an account without a password, and the code with which she sets one. Nobody else knows it."""
    made = Person(id=work.ids(), username=username, name=name, created_at=work.now)
    work.session.add(made)
    work.session.flush()
    _begin(work, made.id, place, wanted)
    return made.id, accounts.issue_code(work, made.id, FIRST_CODE_LIFE)


def _begin(work: Work, person_id: str, place: Organisation, wanted: posts.Post) -> None:
    if place.closed_at is not None:
        raise Conflict("这所学校已关闭，不能再加入人员。", english="This school is closed.")
    work.session.add(
        Membership(
            id=work.ids(), person_id=person_id, organisation_id=place.id, role=wanted.role, kind=wanted.kind,
            starts=wanted.starts, ends=wanted.ends,
        )
    )  # fmt: skip
    work.session.flush()
    work.audit("member.add", person_id, place=place.id, role=wanted.role)


def join(work: Work, person_id: str, organisation_id: str, values: Mapping[str, str]) -> None:
    """One more membership for somebody who has an account: by the platform's administrator, because an account that
    joined a school could be taken over by that school's administrator."""
    administering.require_platform(work)
    person(work, person_id)
    place = administering.organisation(work, organisation_id)
    _begin(work, person_id, place, posts.post(values, place.level))


def change(work: Work, membership_id: str, values: Mapping[str, str]) -> str:
    """Another role, kind or term, from the fields of a form; returns the person's id."""
    membership, place = _membership(work, membership_id)
    administering.not_herself(work, membership.person_id)
    wanted = posts.post(values, place.level)
    membership.role, membership.kind = wanted.role, wanted.kind
    membership.starts, membership.ends = wanted.starts, wanted.ends
    work.audit("member.change", membership.person_id, place=place.id, role=wanted.role)
    return membership.person_id


def end(work: Work, membership_id: str) -> str:
    """The membership is over with the commit; returns the person's id. Her resources stay with the school."""
    membership, place = _membership(work, membership_id)
    administering.not_herself(work, membership.person_id)
    membership.ends = work.now
    if membership.starts is not None and membership.starts > work.now:
        membership.starts = work.now
    work.audit("member.end", membership.person_id, place=place.id)
    return membership.person_id


def _membership(work: Work, membership_id: str) -> tuple[Membership, Organisation]:
    within = administering.reach(work)
    found = work.session.get(Membership, membership_id)
    if found is None or not within.covers(found.organisation_id):
        raise _nobody()
    return found, work.session.get_one(Organisation, found.organisation_id)


def _account(work: Work, person_id: str) -> Person:
    """Somebody whose account the caller may change: all her present places are administered by the caller."""
    person(work, person_id)
    administering.not_herself(work, person_id)
    if _elsewhere(work, person_id):
        raise Denied(
            "这位老师在别的学校还有任职，她的账号要由平台管理员处理。您可以结束她在本校的任职。",
            english="This person works elsewhere too; ask the platform's administrator. You can end her membership.",
        )
    return work.session.get_one(Person, person_id)


def rename(work: Work, person_id: str, name: str) -> None:
    """Correct somebody's name. Credits on published versions stay as they were written."""
    found = _account(work, person_id)
    try:
        found.name = posts.name_of(name)
    except ValueError as error:
        raise Invalid(
            "姓名填写有误。", errors=[FieldError("name", str(error))], english="The name is wrong."
        ) from error
    work.audit("person.rename", person_id)


def disable(work: Work, person_id: str) -> None:
    """Close the account: every session and token ends with the commit."""
    found = _account(work, person_id)
    found.disabled_at = found.disabled_at or work.now
    work.session.execute(
        update(Token)
        .where(col(Token.person_id) == person_id, col(Token.revoked_at).is_(None))
        .values(revoked_at=work.now)
    )
    work.audit("person.disable", person_id)


def enable(work: Work, person_id: str) -> None:
    """Open a closed account again; she signs in anew."""
    _account(work, person_id).disabled_at = None
    work.audit("person.enable", person_id)


def reset_code(work: Work, person_id: str) -> str:
    """A one-time code with which she sets a new password. Denied where she holds an office that the caller does not
    administer: who has the code could act in it."""
    found = person(work, person_id)
    if found["disabled"]:
        raise Conflict("这个账号已停用，请先恢复。", english="The account is disabled. Enable it first.")
    if set(_elsewhere(work, person_id)) - {"teacher"}:
        raise Denied(
            "这位老师在别处担任管理职务，请平台管理员为她生成验证码。",
            english="This person holds an office elsewhere. Ask the platform's administrator for the code.",
        )
    return accounts.issue_code(
        work, person_id, accounts.CODE_LIFE if found["has_password"] else FIRST_CODE_LIFE
    )
