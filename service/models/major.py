"""专业 below the 大类 that ship with the library: the list that the ministry amends yearly, as an administrator imports it."""

from datetime import datetime

from sqlmodel import Field

from service.models.base import Moment, Table


class Major(Table, table=True):
    """An entry of the list: 专业类 (four digits) or 专业 (six); its code begins with that of what it belongs to."""

    code: str = Field(primary_key=True, max_length=6)
    label: str = Field(max_length=60)
    year: int | None = None
    """Of the list that it is from."""
    changed_at: datetime = Field(sa_type=Moment)
