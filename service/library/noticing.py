"""The lines of a person's notices in words, by what she may see at this moment."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Row, bindparam, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from service.library import notices, saved, shapes
from service.models import Organisation, Partnership, Person, Resource, Team, Version, fetch
from service.permissions import VISIBLE, seen_by
from service.work import Work

_WORDS = {
    "submitted": "{title}等您审核。",
    "published": "{title}通过了审核。",
    "returned": "{title}被退回修改。",
    "withdrawn": "学校管理员撤回了{title}。",
    "shared": "{by}把{title}共享给您。",
    "reported": "有人反映{title}有问题：{reason}。",
    "settled": "您反映的{title}的问题已处理。",
    "commented": "{by}评论了{title}。",
    "teamed": "{by}把您加进了{team}。",
    "proposed": "{other}提出结对，等您答复。",
    "declined": "与{other}的结对没有谈成。",
    "webhook": "推送地址“{name}”一直没有成功，已停用。请核对地址。",
    "found": "您保存的搜索“{search}”有 {n} 份新资源{named}。",
}
_STEPS = {
    "accept": "与{other}的结对已生效。",
    "suspend": "与{other}的结对已暂停。",
    "resume": "与{other}的结对已恢复。",
    "end": "与{other}的结对已结束。",
    "term": "与{other}的结对改了结束日期。",
}
"""Of the kind `paired`."""
_LOST = "您保存的搜索“{search}”找到的新资源，您现在不能查看了。"


def listing(work: Work) -> list[dict[str, Any]]:
    """`{id, words, more, href, at, read}` of the caller's notices, newest first. `more` is what somebody wrote to her;
    `href` is empty where there is nothing that she may open."""
    found = notices.rows(work)
    named = {ident for row in found for ident in row.detail.get("ids", ())}
    titles = _titles(work, named | {row.resource_id for row in found if row.resource_id})
    people = _people(work, _named_in(found, "by"))
    teams = _teams(work, _named_in(found, "team"))
    others = _others(work, _named_in(found, "partnership"))
    kept = saved.listing(work) if _named_in(found, "search") else []
    searches = {one["id"]: one for one in kept}
    lines = []
    for row in found:
        title = titles.get(row.resource_id or "")
        pair = row.detail.get("partnership", "")
        form, hits = _hits(row, titles)
        words = form.format(
            title=_named(title) if title else "一份您现在不能查看的资源",
            by=people.get(row.detail.get("by", ""), "有人") if title or row.kind != "commented" else "有人",
            team=teams.get(row.detail.get("team", ""), "一个团队（您现在不在其中）"),
            other=others.get(pair, "一个单位"),
            reason=row.detail.get("reason", ""),
            first=row.detail.get("first", ""),
            search=searches[ident]["name"]
            if (ident := row.detail.get("search", "")) in searches
            else "（已取消）",
            **hits,
            name=row.detail.get("name", ""),
        )
        lines.append(
            {
                "id": row.id,
                "words": words,
                "more": _more(row, seen=title is not None),
                "href": _href(work, row, seen=title is not None, pair=pair if pair in others else ""),
                "at": row.at,
                "read": row.read_at is not None,
            }
        )
    return lines


def _named_in(found: Sequence[Row[Any]], what: str) -> set[str]:
    """The ids that the lines have of these."""
    return {row.detail[what] for row in found if row.detail.get(what)}


def _named(title: str) -> str:
    """The title in 书名号; in quotation marks where it has some of its own (GB/T 15834)."""
    return f"“{title}”" if "《" in title else f"《{title}》"


def _form(row: Row[Any]) -> str:
    if row.kind != "paired":
        return _WORDS[row.kind]
    if row.detail.get("first") and row.detail["step"] == "accept":
        return "与{other}的结对从 {first} 起生效。"
    return _STEPS[row.detail["step"]]


def _hits(row: Row[Any], titles: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The line's form, and of a saved search how many its new hits are and the titles of the first: without those of the
    first that she may not see any more."""
    ids = row.detail.get("ids", ())
    seen = [_named(titles[ident]) for ident in ids if ident in titles]
    number = int(row.detail.get("n", 0)) - len(ids) + len(seen)
    if row.kind == "found" and number == 0:
        return _LOST, {}
    more = "等" if number > len(seen) else ""
    return _form(row), {"n": number, "named": f"：{''.join(seen)}{more}" if seen else ""}


def _more(row: Row[Any], *, seen: bool) -> str:
    """What somebody wrote to her: the answer to her report always, a review's reason while she sees the resource."""
    if row.kind == "settled":
        return str(row.detail.get("answer", ""))
    return str(row.detail.get("reason", "")) if seen and row.kind == "returned" else ""


def _href(work: Work, row: Row[Any], *, seen: bool, pair: str) -> str:
    if row.kind == "reported" and row.detail.get("school") in work.caller.reviews:
        return "/admin/reports"
    if row.kind == "webhook" and row.detail.get("school") in work.caller.reviews:
        return f"/admin/webhooks/{row.detail['school']}/{row.detail['webhook']}"
    if row.kind == "submitted" and seen and work.caller.reviews:
        return f"/reviews?show={row.resource_id}"
    if row.kind == "found":
        return f"/searches/{row.detail['search']}"
    if row.kind == "commented" and seen:
        return f"/resources/{row.resource_id}#comments"
    if pair:
        return f"/partnerships/{pair}"
    if row.kind == "teamed":
        return "/account"
    return f"/resources/{row.resource_id}" if row.resource_id and seen else ""


_TITLES = (
    select(col(Resource.id), col(Version.title))
    .join(Version, col(Version.id) == shapes.SHOWN)
    .where(col(Resource.id).in_(shapes.ids()), VISIBLE)
)


def _titles(work: Work, ids: Iterable[str]) -> dict[str, str]:
    """Resource id → title, of those that the caller may see now."""
    return dict(_asked(work, _TITLES, ids, **seen_by(work.caller, work.now)))


_PEOPLE = select(col(Person.id), col(Person.name)).where(col(Person.id).in_(shapes.ids()))


def _people(work: Work, ids: Iterable[str]) -> dict[str, str]:
    return dict(_asked(work, _PEOPLE, ids))


_TEAMS = select(col(Team.id), col(Team.name)).where(col(Team.id).in_(shapes.ids()))


def _teams(work: Work, ids: Iterable[str]) -> dict[str, str]:
    """Team id → “name”, of those that the caller is in now."""
    mine = [ident for ident in ids if f"team:{ident}" in work.caller.tokens]
    return {ident: f"团队“{name}”" for ident, name in _asked(work, _TEAMS, mine)}


_Helper, _Aided = aliased(Organisation), aliased(Organisation)
_OTHERS = (
    select(col(Partnership.id), col(Partnership.helper_id), col(_Helper.name), col(_Aided.name))
    .join(_Helper, col(_Helper.id) == col(Partnership.helper_id))
    .join(_Aided, col(_Aided.id) == col(Partnership.aided_id))
    .where(
        col(Partnership.id).in_(shapes.ids()),
        or_(
            col(Partnership.helper_id).in_(bindparam("sides", expanding=True)),
            col(Partnership.aided_id).in_(bindparam("sides", expanding=True)),
        ),
    )
)


def _others(work: Work, ids: Iterable[str]) -> dict[str, str]:
    """Partnership id → the other side's name, where the caller still belongs to one side."""
    sides = {token.partition(":")[2] for token in work.caller.tokens}
    rows = _asked(work, _OTHERS, ids, sides=sorted(sides))
    return {ident: right if helper_id in sides else left for ident, helper_id, left, right in rows}


def _asked(work: Work, statement: Executable, ids: Iterable[str], **parameters: Any) -> Sequence[Any]:
    """The rows of these ids; nothing is asked for none."""
    wanted = sorted(ids)
    return fetch(work.session, statement, {"ids": wanted, **parameters}).all() if wanted else []
