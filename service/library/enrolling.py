"""A list of people that comes as a sheet: every row is checked, nothing is written until it is confirmed, and the same
list again changes nothing. A row is matched to a person by her sign-in name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.errors import Invalid
from service.library import administering, posts, roster, sheets, vocabulary
from service.models import Membership, Organisation, Person
from service.work import Work

COLUMNS = {
    "name": "姓名",
    "username": "用户名",
    "role": "角色",
    "kind": "身份",
    "starts": "开始日期",
    "ends": "结束日期",
}
_ALIASES = {
    "教师姓名": "name", "账号": "username", "登录名": "username", "登录账号": "username", "任职性质": "kind",
    "性质": "kind", "起始日期": "starts", "开始": "starts", "截止日期": "ends", "最后一天": "ends", "结束": "ends",
}  # fmt: skip
PROBLEM = "问题"
CODE = "一次性验证码"
NEW, CHANGED, SAME, WRONG = "new", "changed", "same", "wrong"


@dataclass(slots=True)
class Row:
    """A row as it was sent, what is wrong with it (field → words), and what confirming it would do."""

    number: int
    """In the sheet, its heads being row 1."""
    values: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    state: str = WRONG
    person_id: str | None = None
    membership_id: str | None = None
    post: posts.Post = field(default_factory=posts.Post)


def template(level: str) -> sheets.Sheet:
    """An empty list, with the words that may stand in its columns."""
    choices = {
        COLUMNS["role"]: tuple(vocabulary.label("role", role) for role in posts.ROLES_AT[level]),
        COLUMNS["kind"]: tuple(entry.label for entry in vocabulary.entries("membership_kind")),
    }
    return sheets.Sheet(list(COLUMNS.values()), (), choices)


def columns(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """The rows of a sheet by our names; columns we do not know are left out. Invalid where one we need is missing."""
    heads = [head.rstrip("*（必填） ") for head in rows[0]]
    return sheets.named([heads, *rows[1:]], COLUMNS, _ALIASES, ("name", "username"), "名单")


def check(work: Work, organisation_id: str, listed: Sequence[Mapping[str, str]]) -> list[Row]:
    """Every row with its errors and its outcome. NotFound where the caller does not administer the place."""
    place = administering.organisation(work, organisation_id)
    rows = [_read(number, values, place.level) for number, values in enumerate(listed, 2)]
    seen: dict[str, int] = {}
    for row in rows:
        username = row.values["username"]
        if "username" not in row.problems:
            first = seen.setdefault(username, row.number)
            if first != row.number:
                row.problems["username"] = f"与第 {first} 行重复。"
    _match(work, place, rows)
    return rows


def _read(number: int, values: Mapping[str, str], level: str) -> Row:
    row = Row(number, {name: values.get(name, "").strip()[: sheets.CELL] for name in COLUMNS})
    row.values["role"] = row.values["role"] or vocabulary.label("role", posts.ROLES_AT[level][0])
    row.values["kind"] = row.values["kind"] or vocabulary.label("membership_kind", "regular")
    for name, text in row.values.items():
        if text == sheets.FORMULA:
            row.problems[name] = "单元格里是公式，请改成文字。"
    rules: dict[str, Callable[[str], str]] = {"name": posts.name_of, "username": posts.username_of}
    for name, rule in rules.items():
        try:
            row.values[name] = rule(row.values[name])
        except ValueError as error:
            row.problems.setdefault(name, str(error))
    try:
        row.post = posts.post(row.values, level)
    except Invalid as error:
        for item in error.errors:
            row.problems.setdefault(item.field, item.message)
    return row


def _match(work: Work, place: Organisation, rows: Sequence[Row]) -> None:
    """Who is there already; the newest membership at this place is the one that a list changes."""
    names = sorted({row.values["username"] for row in rows})
    known = {
        person.username: (person, membership)
        for person, membership in work.session.execute(
            select(Person, Membership)
            .outerjoin(
                Membership,
                (col(Membership.person_id) == col(Person.id)) & (col(Membership.organisation_id) == place.id),
            )
            .where(col(Person.username).in_(names))
            .order_by(col(Membership.id))
        )
    }
    for row in rows:
        found = known.get(row.values["username"])
        if found is not None and "username" not in row.problems:
            _compare(work, row, *found)
        elif not row.problems:
            row.state = NEW


def _compare(work: Work, row: Row, person: Person, membership: Membership | None) -> None:
    if membership is None:
        row.problems["username"] = "已被使用，请换一个。"
    elif person.name != row.values["name"]:
        row.problems.setdefault("name", f"这个用户名在本单位是“{person.name}”。")
    elif person.disabled_at is not None:
        row.problems["username"] = "这个账号已停用。要恢复请打开她的页面。"
    elif not row.problems:
        present = posts.Post(membership.role, membership.kind, membership.starts, membership.ends)
        row.person_id, row.membership_id = person.id, membership.id
        row.state = SAME if present == row.post else CHANGED
        if row.state == CHANGED and person.id == work.caller.person_id:
            row.state, row.problems["username"] = WRONG, "不能改动自己的任职，请另一位管理员来做。"


def confirm(
    work: Work,
    organisation_id: str,
    listed: Sequence[Mapping[str, str]],
    tell: Callable[[int, int], None] = lambda done, whole: None,
) -> tuple[list[Row], list[dict[str, str]]]:
    """Write the good rows. Returns all rows as they were found, and `{name, username, code}` of each new person. `tell`
    hears how many rows are done, and of how many; all are kept or none."""
    rows = check(work, organisation_id, listed)
    place = administering.organisation(work, organisation_id)
    made = []
    for done, row in enumerate(rows, 1):
        if row.state == NEW:
            name, username = row.values["name"], row.values["username"]
            _ident, code = roster.open_account(work, place, name, username, row.post)
            made.append({"name": name, "username": username, "code": code})
        elif row.state == CHANGED and row.membership_id is not None:
            roster.change(work, row.membership_id, row.values)
        tell(done, len(rows))
    work.audit("member.import", place.id, made=len(made), rows=len(rows))
    return rows, made


def wrong_rows(rows: Sequence[Row]) -> sheets.Sheet:
    """The bad rows as a sheet of the same columns, with what is wrong; it can be mended and sent again."""
    return sheets.Sheet(
        [*COLUMNS.values(), PROBLEM],
        [
            [
                *row.values.values(),
                "；".join(f"{COLUMNS[name]}：{words}" for name, words in row.problems.items()),
            ]
            for row in rows
            if row.problems
        ],
    )


def codes(made: Sequence[Mapping[str, Any]]) -> sheets.Sheet:
    """The one-time codes to hand out."""
    return sheets.Sheet(
        ["姓名", "用户名", CODE],
        [[str(item.get(name, ""))[:100] for name in ("name", "username", "code")] for item in made],
    )
