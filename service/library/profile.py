"""What a person says of herself: what she teaches. It orders her own pages and is shown to nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlmodel import col

from service.errors import FieldError, Invalid, Unauthenticated
from service.library import vocabulary
from service.models import Person, Token
from service.permissions import Scope, require_scope
from service.work import Work


@dataclass(frozen=True, slots=True)
class Teaching:
    """Codes of the vocabularies `subject` and `grade`; empty where she has not said."""

    subjects: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.subjects or self.grades)


def teaching(work: Work) -> Teaching:
    """What the caller teaches; nothing for a visitor or a program."""
    row = work.session.execute(
        select(col(Person.subjects), col(Person.grades)).where(col(Person.id) == work.caller.person_id)
    ).one_or_none()
    return Teaching(*map(tuple, row)) if row else Teaching()


def set_teaching(work: Work, subjects: Iterable[str], grades: Iterable[str]) -> None:
    """Keep what the caller teaches. Raises Invalid for a code that does not exist."""
    wanted = {"subject": list(dict.fromkeys(subjects)), "grade": list(dict.fromkeys(grades))}
    for name, codes in wanted.items():
        if unknown := [code for code in codes if not vocabulary.check(name, code)]:
            raise Invalid(
                "学科或年级的代码不正确，请从页面上重新选择。",
                errors=[FieldError(f"{name}s", f"“{unknown[0][:40]}”不存在。", "There is no such code.")],
                english="A code of a subject or grade is wrong.",
            )
    person = _herself(work)
    person.subjects, person.grades = wanted["subject"], wanted["grade"]


def end_sessions(work: Work) -> None:
    """End every page session of the caller, on every device, this one too."""
    person = _herself(work)
    work.session.execute(
        update(Token)
        .where(
            col(Token.person_id) == person.id, col(Token.kind) == "session", col(Token.revoked_at).is_(None)
        )
        .values(revoked_at=work.now)
    )
    work.audit("session.close_all", person.id)


def _herself(work: Work) -> Person:
    if work.caller.person_id is None:
        raise Unauthenticated("请先登录。", english="Sign in first.")
    require_scope(work.caller, Scope.WRITE)
    return work.session.get_one(Person, work.caller.person_id)
