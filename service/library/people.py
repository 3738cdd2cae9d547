"""Finding a colleague to share with: by name, among the schools that the caller works with; least data."""

from sqlalchemy import or_, select
from sqlmodel import col

from service.library.callers import active_partnership, in_term
from service.models import Membership, Organisation, Partnership, Person
from service.permissions import Scope, require_scope
from service.work import Work

MOST = 20


def search(work: Work, text: str) -> list[dict[str, str]]:
    """`{id, name, school}` of persons of the caller's own and paired schools whose name holds the text."""
    require_scope(work.caller, Scope.SHARE)
    if not text.strip() or work.caller.school_id is None:
        return []
    own = work.caller.school_id
    sides = select(col(Partnership.helper_id), col(Partnership.aided_id)).where(
        col(Partnership.level) == "school",
        or_(col(Partnership.helper_id) == own, col(Partnership.aided_id) == own),
        active_partnership(work.now),
    )
    schools = {own, *(side for row in work.session.execute(sides) for side in row)}
    rows = work.session.execute(
        select(col(Person.id), col(Person.name), col(Organisation.name))
        .join(Membership, col(Membership.person_id) == col(Person.id))
        .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
        .where(
            col(Organisation.id).in_(schools),
            col(Person.disabled_at).is_(None),
            col(Person.name).contains(text.strip(), autoescape=True),
            in_term(col(Membership.starts), col(Membership.ends), work.now),
        )
        .order_by(col(Person.name), col(Person.id))
        .limit(MOST)
    )
    return [{"id": ident, "name": name, "school": school} for ident, name, school in rows]
