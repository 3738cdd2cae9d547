"""What a person says of herself: what she teaches. It orders her own pages and is shown to nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from service.errors import FieldError, Invalid, Unauthenticated
from service.library import vocabulary
from service.models import Person, Token, fetch
from service.permissions import Scope, require_scope
from service.work import Work


@dataclass(frozen=True, slots=True)
class Teaching:
    """Codes of the vocabularies `subject`, `grade`, `stage` (those without grades: UNGRADED) and `major` (专业大类); empty
    where she has not said."""

    subjects: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    majors: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.subjects or self.grades or self.stages or self.majors)

    def filters(self) -> list[dict[str, list[str]]]:
        """What she teaches as filters of a list, each of them a part of it: subjects and grades, majors, stages. A stage
        whose majors are named is no part of its own."""
        stages = [stage for stage in self.stages if not (stage == "vocational" and self.majors)]
        parts = (
            {"subject": list(self.subjects), "grade": list(self.grades)},
            {"major": list(self.majors)},
            {"stage": stages},
        )
        kept = [{name: codes for name, codes in part.items() if codes} for part in parts]
        return [part for part in kept if part]


def teaching(work: Work) -> Teaching:
    """What the caller teaches; nothing for a visitor or a program."""
    row = fetch(work.session, _TEACHING, {"person_id": work.caller.person_id}).one_or_none()
    return Teaching(*map(tuple, row)) if row else Teaching()


_TEACHING = select(col(Person.subjects), col(Person.grades), col(Person.stages), col(Person.majors)).where(
    col(Person.id) == bindparam("person_id")
)
"""Asked at every search, so that it is built once."""


UNGRADED = ("preschool", "vocational", "higher")
"""Stages that a teacher names because they have no grades."""


def set_teaching(
    work: Work,
    subjects: Iterable[str],
    grades: Iterable[str],
    stages: Iterable[str] = (),
    majors: Iterable[str] = (),
) -> None:
    """Keep what the caller teaches. Raises Invalid for a code that does not exist."""
    named = {"subject": subjects, "grade": grades, "stage": stages, "major": majors}
    wanted = {name: list(dict.fromkeys(codes)) for name, codes in named.items()}
    for name, codes in wanted.items():
        if unknown := [code for code in codes if not vocabulary.check(name, code)]:
            raise Invalid(
                "学科、年级、学段或专业的代码不正确，请从页面上重新选择。",
                errors=[FieldError(f"{name}s", f"“{unknown[0][:40]}”不存在。", "There is no such code.")],
                english="A code of a subject, grade, stage or major is wrong.",
            )
    person = _herself(work)
    person.subjects, person.grades = wanted["subject"], wanted["grade"]
    person.stages, person.majors = wanted["stage"], wanted["major"]


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
