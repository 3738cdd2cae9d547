"""Taking the demo away: rows, objects and index entries. The audit log stays, and the feed's rows, so that clients
are told."""

from collections.abc import Iterable

from sqlalchemy import delete, or_, select, update
from sqlmodel import SQLModel, col

from service.library import cleaning, feed
from service.library.derived import Opens
from service.models import (
    Client,
    EmbedKey,
    Grant,
    Membership,
    Organisation,
    Partnership,
    Person,
    ResetCode,
    Resource,
    Team,
    TeamMember,
    Token,
    Upload,
)
from service.work import Work


def remove(reading: Opens, writing: Opens) -> int:
    """Remove the demo and all that its schools and accounts made since; returns how many resources went.

    First readers lose sight of it, in the feed and the index; then the rows go. Objects and index entries follow as
    jobs. Stopped in between, it can be run again.
    """
    with writing() as work:
        for resource_id in _resources(work):
            work.session.get_one(Resource, resource_id).deleted_at = work.now
            feed.touch(work, resource_id)
    with writing() as work:
        gone = _resources(work)
        for resource_id in gone:
            cleaning.drop_resource(work, resource_id)
        _remove_people(work)
        work.audit("demo.remove", resources=len(gone))
    return len(gone)


def _ids(work: Work, table: type[Organisation] | type[Person]) -> list[str]:
    return list(work.session.scalars(select(col(table.id)).where(col(table.demo))))


def _resources(work: Work) -> list[str]:
    query = select(col(Resource.id)).where(
        or_(col(Resource.demo), col(Resource.school_id).in_(_ids(work, Organisation)))
    )
    return list(work.session.scalars(query.order_by(col(Resource.id))))


def _remove_people(work: Work) -> None:
    """Schools, partnerships, persons and teams, and what refers to them."""
    session = work.session
    schools, persons = _ids(work, Organisation), _ids(work, Person)
    teams = list(
        session.scalars(select(col(Team.id)).where(or_(col(Team.demo), col(Team.created_by).in_(persons))))
    )
    pairs = list(
        session.scalars(
            select(col(Partnership.id)).where(
                or_(
                    col(Partnership.demo),
                    col(Partnership.helper_id).in_(schools),
                    col(Partnership.aided_id).in_(schools),
                )
            )
        )
    )
    clients = list(session.scalars(select(col(Client.id)).where(col(Client.organisation_id).in_(schools))))
    _close_grants(
        work, school=schools, review=schools, person=persons, team=teams, pair=pairs, client=clients
    )
    session.execute(
        update(Upload)
        .where(col(Upload.school_id).in_(schools))
        .values(expires_at=work.now, leased_until=None)
    )
    session.execute(update(Resource).where(col(Resource.created_by).in_(persons)).values(created_by=None))
    _delete(work, Token, or_(col(Token.person_id).in_(persons), col(Token.client_id).in_(clients)))
    _delete(work, ResetCode, col(ResetCode.person_id).in_(persons))
    _delete(work, Client, col(Client.id).in_(clients))
    _delete(work, TeamMember, or_(col(TeamMember.team_id).in_(teams), col(TeamMember.person_id).in_(persons)))
    _delete(work, Team, col(Team.id).in_(teams))
    _delete(
        work,
        Membership,
        or_(col(Membership.person_id).in_(persons), col(Membership.organisation_id).in_(schools)),
    )
    _delete(
        work, EmbedKey, or_(col(EmbedKey.school_id).in_(schools), col(EmbedKey.partnership_id).in_(pairs))
    )
    _delete(work, Partnership, col(Partnership.id).in_(pairs))
    _delete(work, Person, col(Person.id).in_(persons))
    _delete(work, Organisation, col(Organisation.id).in_(schools))


def _delete(work: Work, table: type[SQLModel], where: object) -> None:
    work.session.execute(delete(table).where(where))  # type: ignore[arg-type]


def _close_grants(work: Work, **ids_by_kind: Iterable[str]) -> None:
    """Grants that other schools gave to the demo's: their resources stay, the audience is gone."""
    audiences = [f"{kind}:{ident}" for kind, ids in ids_by_kind.items() for ident in ids]
    given = col(Grant.audience).in_(audiences)
    for resource_id in work.session.scalars(select(col(Grant.resource_id)).where(given).distinct()).all():
        feed.touch(work, resource_id)
    _delete(work, Grant, given)
