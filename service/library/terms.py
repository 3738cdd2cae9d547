"""任期: days as people write them, and the moments that are kept. [starts, ends) runs from midnight to midnight in
Asia/Shanghai; people name the last day, which is the one before `ends`."""

import re
from datetime import UTC, date, datetime, time, timedelta

from service.errors import FieldError, Invalid
from service.work import SHANGHAI, Work

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+00:00:00)?")
_YEARS = range(2000, 2200)
UNREADABLE = "日期不正确，请写成 2026-09-01 这样。"
ENGLISH = "Write the day like 2026-09-01."
BACKWARDS = "最后一天不能早于第一天。"


def day(text: str) -> date | None:
    """2026-09-01, 2026/9/1, 2026.9.1 or 2026年9月1日; None where it is empty. ValueError for anything else."""
    if not text.strip():
        return None
    match = _DAY.fullmatch(text.strip())
    if match is None or int(match[1]) not in _YEARS:
        raise ValueError(UNREADABLE)
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError as error:
        raise ValueError(UNREADABLE) from error


def begin(first: date | None) -> datetime | None:
    """The moment a first day begins, in UTC as it is read back."""
    return datetime.combine(first, time(), SHANGHAI).astimezone(UTC) if first else None


def end(last: date | None) -> datetime | None:
    """The moment after a last day."""
    return begin(last + timedelta(days=1)) if last else None


def parse(
    first: str, last: str, names: tuple[str, str] = ("starts", "ends")
) -> tuple[datetime | None, datetime | None]:
    """(starts, ends) of two days as a form sends them. Invalid names each wrong field."""
    days: list[date | None] = []
    errors: list[FieldError] = []
    for name, text in zip(names, (first, last), strict=True):
        try:
            days.append(day(text))
        except ValueError as error:
            errors.append(FieldError(name, str(error), ENGLISH))
    if not errors and days[0] and days[1] and days[1] < days[0]:
        errors.append(FieldError(names[1], BACKWARDS, "The last day is before the first."))
    if errors:
        raise Invalid("日期填写有误。", errors=errors, english="A date is wrong.")
    return begin(days[0]), end(days[1])


def today(work: Work) -> date:
    """The day it is in Asia/Shanghai."""
    return work.now.astimezone(SHANGHAI).date()


def first_day(starts: datetime | None) -> str:
    """The first day as YYYY-MM-DD; empty where it is open."""
    return starts.astimezone(SHANGHAI).date().isoformat() if starts else ""


def last_day(ends: datetime | None) -> str:
    """The last day as YYYY-MM-DD; empty where it is open."""
    return (ends - timedelta(microseconds=1)).astimezone(SHANGHAI).date().isoformat() if ends else ""
