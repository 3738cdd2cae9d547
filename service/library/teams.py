"""团队: persons across schools who write together for a term."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.errors import FieldError, Invalid, NotFound, Unauthenticated
from service.library import notices, shapes, vocabulary
from service.library.callers import in_term
from service.models import Person, Team, TeamMember
from service.permissions import Scope, require_scope
from service.work import Work


def listing(work: Work) -> list[dict[str, Any]]:
    """The teams that the caller is in, within their term."""
    if work.caller.person_id is None:
        return []
    mine = select(col(TeamMember.team_id)).where(col(TeamMember.person_id) == work.caller.person_id)
    teams = work.session.scalars(
        select(Team)
        .where(col(Team.id).in_(mine), in_term(col(Team.starts), col(Team.ends), work.now))
        .order_by(col(Team.name), col(Team.id))
    ).all()
    members: dict[str, list[dict[str, Any]]] = {team.id: [] for team in teams}
    rows = work.session.execute(
        select(col(TeamMember.team_id), col(Person.id), col(Person.name), col(TeamMember.lead))
        .join(Person, col(Person.id) == col(TeamMember.person_id))
        .where(col(TeamMember.team_id).in_(list(members)))
        .order_by(col(TeamMember.lead).desc(), col(Person.name))
    )
    for team_id, person_id, name, lead in rows:
        members[team_id].append({"id": person_id, "name": name, "lead": lead})
    return [
        {
            "id": team.id,
            "name": team.name,
            "kind": team.kind,
            "starts": team.starts and shapes.instant(team.starts),
            "ends": team.ends and shapes.instant(team.ends),
            "members": members[team.id],
        }
        for team in teams
    ]


def one(work: Work, team_id: str) -> dict[str, Any]:
    """A team that the caller is in; NotFound otherwise."""
    for team in listing(work):
        if team["id"] == team_id:
            return team
    raise NotFound("没有找到这个团队，或您不在其中。", english="There is no such team, or you are not in it.")


def create(
    work: Work,
    name: str,
    kind: str,
    members: Sequence[str],
    *,
    starts: datetime | None = None,
    ends: datetime | None = None,
) -> str:
    """A team led by the caller; returns its id. `members` are person ids."""
    require_scope(work.caller, Scope.SHARE)
    if work.caller.person_id is None:
        raise Unauthenticated(
            "团队需要由老师本人建立，程序不能代建。", english="A team is made by a person, not by a program."
        )
    _require_sound(name, kind, starts, ends)
    wanted = dict.fromkeys([work.caller.person_id, *members])
    _require_known(work, wanted)
    team = Team(
        id=work.ids(),
        name=name.strip()[:100],
        kind=kind,
        created_by=work.caller.person_id,
        starts=starts,
        ends=ends,
        created_at=work.now,
    )
    work.session.add(team)
    work.session.flush()
    work.session.add_all(
        TeamMember(team_id=team.id, person_id=person_id, lead=person_id == work.caller.person_id)
        for person_id in wanted
    )
    notices.teamed(work, team.id, wanted)
    work.audit("team.create", team.id)
    work.session.flush()
    return team.id


def _require_sound(name: str, kind: str, starts: datetime | None, ends: datetime | None) -> None:
    """Raise Invalid, naming the field that is wrong."""
    if not name.strip():
        raise Invalid(
            "请填写团队名称。",
            errors=[FieldError("name", "必填，请补上。", english="Required.")],
            english="Give the team a name.",
        )
    if not vocabulary.check("team_kind", kind):
        raise Invalid(
            "团队类型不正确。",
            errors=[
                FieldError(
                    "kind",
                    "可用的代码见 /api/v1/vocabularies。",
                    english="See /api/v1/vocabularies for the codes.",
                )
            ],
            english="This kind of team does not exist.",
        )
    if starts is not None and ends is not None and ends <= starts:
        raise Invalid(
            "结束时间要晚于开始时间。",
            errors=[FieldError("ends", "请选一个以后的时间。", english="Choose a later time.")],
            english="The end must be after the start.",
        )


def _require_known(work: Work, person_ids: Collection[str]) -> None:
    """Raise Invalid, naming the first that is nobody."""
    known = set(
        work.session.scalars(
            select(col(Person.id)).where(
                col(Person.id).in_(list(person_ids)), col(Person.disabled_at).is_(None)
            )
        )
    )
    if missing := [person_id for person_id in person_ids if person_id not in known]:
        raise Invalid(
            "有的成员没有找到。",
            errors=[
                FieldError(
                    "members", f"没有这位老师：{missing[0]}。", english=f"No such person: {missing[0]}."
                )
            ],
            english="Some members were not found.",
        )
