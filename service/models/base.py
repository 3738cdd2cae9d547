"""What every table shares: how a row is made, and the time type."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.orm.attributes import set_attribute
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(moment: datetime) -> int:
    """Unix microseconds of an aware time, exactly (no float)."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(micros: int) -> datetime:
    """The aware UTC time of Unix microseconds."""
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


class Moment(TypeDecorator[datetime]):
    """A point in time: aware UTC in Python, Unix microseconds in SQL, so that both databases compare alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


_Maker = Callable[[], Any]


class Table(SQLModel):
    """A table's row. As SQLModel makes it, but each column is set once: SQLModel sets each in SQLAlchemy's record and
    again in pydantic's, which was a quarter of an import (scripts/bench/library)."""

    def __init__(self, **values: Any) -> None:
        for name, default in _defaults(type(self)).items():
            set_attribute(self, name, values.pop(name) if name in values else default())
        for name, value in values.items():
            set_attribute(self, name, value)


@cache
def _defaults(table: type[Table]) -> Mapping[str, _Maker]:
    """Column → what makes its default, for the columns that have one."""

    # A factory by itself: pydantic looks at its signature anew for every row, which took five times what the rest does.
    found = {name: field for name, field in table.model_fields.items() if not field.is_required()}
    return {name: cast(_Maker, field.default_factory or field.get_default) for name, field in found.items()}
