"""专业目录: the majors below the shipped 大类 come by an administrator's import of a sheet, and every process learns of
them within a minute (职业教育专业目录 2021 年, amended yearly)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.library import administering, sheets, vocabulary
from service.models import Major
from service.work import Work

COLUMNS = {"code": "专业代码", "label": "名称", "year": "目录年份"}
_ALIASES = {
    "代码": "code", "专业类代码": "code", "专业名称": "label", "专业类名称": "label", "专业": "label", "年份": "year",
    "年度": "year",
}  # fmt: skip
NEW, CHANGED, SAME, WRONG = "new", "changed", "same", "wrong"
LEVELS = (2, 4, 6)
"""Digits of 大类, 专业类 and 专业."""
LONGEST = 60


@dataclass(slots=True)
class Row:
    """A row as it was sent, what is wrong with it (field → words), and what confirming it would do."""

    number: int
    values: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    state: str = WRONG


def above(code: str) -> list[str]:
    """The codes that a code belongs to, from the top, itself last: 660102 → 66, 6601, 660102."""
    return [code[:digits] for digits in LEVELS if digits <= len(code)] or [code]


def template() -> sheets.Sheet:
    """An empty list with one example of each level."""
    examples = [("6601", "机械设计制造类", "2021"), ("660101", "机械制造技术", "2021")]
    return sheets.Sheet(list(COLUMNS.values()), examples)


def columns(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """The rows of a sheet by our names. Invalid where a column that is needed is missing."""
    return sheets.named(rows, COLUMNS, _ALIASES, ("code", "label"), "目录")


def check(work: Work, listed: Sequence[Mapping[str, str]]) -> list[Row]:
    """Every row with its errors and its outcome. For the platform's administrator."""
    administering.require_platform(work)
    kept = {major.code: major for major in work.session.scalars(select(Major))}
    shipped = {entry.code: entry.label for entry in vocabulary.shipped("major")}
    codes = {values.get("code", "") for values in listed} | set(kept) | set(shipped)
    first: dict[str, int] = {}
    rows = []
    for number, values in enumerate(listed, 2):
        row = Row(number, {name: values.get(name, "").strip()[: sheets.CELL] for name in COLUMNS})
        row.problems = dict(_problems(row.values, codes, shipped))
        if first.setdefault(row.values["code"], number) != number:
            row.problems.setdefault("code", f"与第 {first[row.values['code']]} 行重复。")
        if not row.problems:
            row.state = _state(row.values, kept.get(row.values["code"]), shipped)
        rows.append(row)
    return rows


def _problems(
    values: Mapping[str, str], codes: set[str], shipped: Mapping[str, str]
) -> list[tuple[str, str]]:
    code, label, year = values["code"], values["label"], values["year"]
    found = []
    if not re.fullmatch("([0-9]{2}){1,3}", code):
        found.append(("code", "应为 2、4 或 6 位数字。"))
    elif len(code) > 2 and code[:-2] not in codes:
        found.append(("code", f"上一级 {code[:-2]} 不在目录里，也不在这个表格里。"))
    elif code in shipped and label != shipped[code]:
        found.append(("label", f"专业大类 {code} 是“{shipped[code]}”，不能改名。"))
    if not 1 <= len(label) <= LONGEST or label == sheets.FORMULA:
        found.append(("label", f"必填，最多 {LONGEST} 个字。"))
    if year and not re.fullmatch("20[0-9]{2}", year):
        found.append(("year", "写成四位数字，例如 2021。"))
    return found


def _state(values: Mapping[str, str], kept: Major | None, shipped: Mapping[str, str]) -> str:
    if kept is None:
        return SAME if values["code"] in shipped else NEW
    same = (kept.label, str(kept.year or "")) == (values["label"], values["year"])
    return SAME if same else CHANGED


def confirm(work: Work, listed: Sequence[Mapping[str, str]]) -> list[Row]:
    """Write the good rows; all are returned as they were found."""
    rows = check(work, listed)
    for row in rows:
        if row.state in (NEW, CHANGED):
            year = int(row.values["year"]) if row.values["year"] else None
            label = row.values["label"]
            work.session.merge(Major(code=row.values["code"], label=label, year=year, changed_at=work.now))
    written = sum(row.state in (NEW, CHANGED) for row in rows)
    work.audit("major.import", rows=len(rows), written=written)
    return rows


def wrong_rows(rows: Sequence[Row]) -> sheets.Sheet:
    """The bad rows as a sheet of the same columns, with what is wrong; it can be mended and sent again."""
    return sheets.Sheet(
        [*COLUMNS.values(), "问题"],
        [[*row.values.values(), "；".join(row.problems.values())] for row in rows if row.problems],
    )


# What this process knows ---------------------------------------------------------------------------------------------

EVERY = timedelta(minutes=1)
_seen: tuple[Any, datetime] | None = None


def refresh(work: Work, *, now: bool = False) -> None:
    """Let this process's vocabulary hold the imported majors: looked up once a minute, and `now` after an import."""
    global _seen
    database = work.session.get_bind()
    known = not now and _seen is not None and _seen[0] is database
    if known and _seen is not None and abs(work.now - _seen[1]) < EVERY:
        return
    rows = work.session.execute(select(col(Major.code), col(Major.label)).order_by(col(Major.code)))
    vocabulary.extend("major", tuple(vocabulary.Entry(code, label) for code, label in rows))
    _seen = (database, work.now)
