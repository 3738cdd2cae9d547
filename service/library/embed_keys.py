"""嵌入密钥: what a school's administrator makes, so that the school's web site can search what is public."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import or_, select
from sqlmodel import col

from service.errors import FieldError, NotFound, wrong_fields
from service.library import administering, embed_use, shapes
from service.library import partnerships as pairs
from service.library.fields import Text, coded, invalid
from service.library.resources import Condition, unconditional
from service.models import EmbedKey, Partnership
from service.work import Work

PREFIX = "pk_"
WITHIN = {"all": "全部公开资源", "school": "本校的公开资源", "partnership": "一个结对的双方公开的资源"}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


class Wanted(BaseModel):
    """A key as its school wants it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "学校网站首页", "origins": ["https://www.example.cn"], "within": "school"}]
        },
    )

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    origins: list[Annotated[str, Field(max_length=300)]] = Field(
        min_length=1, max_length=20, description="The web sites, as https://host[:port]; a path is left out."
    )
    within: Literal["all", "school", "partnership"] = "all"
    partnership_id: str | None = Field(None, max_length=40)
    subjects: list[Annotated[str, coded("subject")]] = Field(default_factory=list, max_length=100)
    per_minute: int = Field(120, ge=1, le=6000, description="Questions a minute, from all visitors together.")


def parse(data: Mapping[str, Any]) -> Wanted:
    """Raises Invalid naming each wrong field."""
    try:
        return Wanted.model_validate(data)
    except ValidationError as error:
        raise invalid(error) from error


def origin(address: str) -> str | None:
    """The origin of an address as browsers send it (RFC 6454 6.2): lower case, ASCII, without the usual port; None
    where it has none."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        port = parts.port
    except ValueError:  # UnicodeError is one: a name that is no host, a port that is no number
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or _HOST.fullmatch(host) is None:
        return None
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def listing(work: Work, school_id: str) -> list[dict[str, Any]]:
    """The school's keys, the newest first, with their use. NotFound for who does not administer the school."""
    administering.school(work, school_id)
    rows = work.session.scalars(
        select(EmbedKey).where(col(EmbedKey.school_id) == school_id).order_by(col(EmbedKey.id).desc())
    ).all()
    used = embed_use.totals(work, [row.id for row in rows])
    return [shape(row, used[row.id]) for row in rows]


def one(work: Work, school_id: str, key_id: str) -> tuple[dict[str, Any], str]:
    """A key of the school, and its ETag."""
    row = _row(work, school_id, key_id)
    return shape(row, embed_use.totals(work, [row.id])[row.id]), etag(row)


def etag(row: EmbedKey) -> str:
    """Of what can be changed of it."""
    return shapes.etag(row.revision)


def shape(row: EmbedKey, used: embed_use.Total) -> dict[str, Any]:
    """The Embed key of docs/api.md."""
    return {
        "key": row.id,
        "school_id": row.school_id,
        "name": row.name,
        "origins": row.origins,
        "within": row.within,
        "partnership_id": row.partnership_id,
        "subjects": row.subjects,
        "per_minute": row.per_minute,
        "created_at": shapes.instant(row.created_at),
        "revoked_at": row.revoked_at and shapes.instant(row.revoked_at),
        "used": {"answered": used.answered, "refused": used.refused, "last_day": used.last_day or None},
    }


def create(work: Work, school_id: str, wanted: Wanted) -> str:
    """Make a key; returns it."""
    administering.school(work, school_id)
    row = EmbedKey(
        id=PREFIX + work.ids(),
        school_id=school_id,
        created_by=work.caller.actor,
        created_at=work.now,
        **_checked(work, school_id, wanted),
    )
    work.session.add(row)
    work.audit("embed.create", row.id, school=school_id)
    return row.id


def change(
    work: Work, school_id: str, key_id: str, wanted: Wanted, if_match: Condition = unconditional
) -> None:
    """Another name, other origins or limits; from the next question on."""
    row = _row(work, school_id, key_id)
    if_match(etag(row))
    for name, value in _checked(work, school_id, wanted).items():
        setattr(row, name, value)
    row.revision += 1
    work.audit("embed.change", row.id, school=school_id)


def revoke(work: Work, school_id: str, key_id: str) -> None:
    """For good: whoever asks with it is told so."""
    row = _row(work, school_id, key_id)
    if row.revoked_at is None:
        row.revoked_at = work.now
        row.revision += 1
        work.audit("embed.revoke", row.id, school=school_id)


def _row(work: Work, school_id: str, key_id: str) -> EmbedKey:
    administering.school(work, school_id)
    row = work.session.get(EmbedKey, key_id)
    if row is None or row.school_id != school_id:
        raise NotFound("没有找到这个密钥。", english="There is no such key.")
    return row


def _checked(work: Work, school_id: str, wanted: Wanted) -> dict[str, Any]:
    """The columns. Invalid where an origin is none, or the partnership is not one of the school's."""
    found = [origin(address) for address in wanted.origins]
    wrong = []
    if None in found:
        wrong.append(
            FieldError(
                "origins",
                f"“{wanted.origins[found.index(None)]}”不是网站地址。请写成 https://www.example.cn 这样。",
                english="Write origins like https://www.example.cn.",
            )
        )
    chosen = wanted.partnership_id if wanted.within == "partnership" else None
    if wanted.within == "partnership" and chosen not in {
        pair["id"] for pair in partnerships(work, school_id)
    }:
        wrong.append(
            FieldError(
                "partnership_id", "请选择本校的一个结对。", english="Name a partnership of the school."
            )
        )
    if wrong:
        raise wrong_fields(wrong)
    return {
        "name": wanted.name,
        "origins": list(dict.fromkeys(found)),
        "within": wanted.within,
        "partnership_id": chosen,
        "subjects": list(dict.fromkeys(wanted.subjects)),
        "per_minute": wanted.per_minute,
    }


def partnerships(work: Work, school_id: str) -> list[dict[str, Any]]:
    """The partnerships in force that the school is in, itself or through its city or county."""
    school = administering.school(work, school_id)
    places = [place for place in (school.id, school.city_id, school.county_id) if place]
    query = pairs.shaped_rows().where(
        col(Partnership.status) == "active",
        or_(col(Partnership.helper_id).in_(places), col(Partnership.aided_id).in_(places)),
    )
    rows = work.session.execute(query.order_by(col(Partnership.id)))
    return [pairs.shape(row) for row in rows]
