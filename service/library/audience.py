"""Who can see a resource, and why: one sentence and a table, in words."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from service.library import sharing, vocabulary
from service.library.partnerships import Aided, Helper
from service.library.resources import load
from service.models import Grant, Organisation, Partnership, Person, Team, fetch
from service.permissions import ROLE_NAMES, require
from service.work import Work

_STATES = {
    "scheduled": "尚未开始",
    "waiting": "等待本校管理员审核",
    "sleeping": "发布后生效",
    "blocked": "有图片或音视频未确认没有拍到学生，暂不公开",
    "active": "已生效",
}


def account(work: Work, resource_id: str) -> dict[str, Any]:
    """`{"summary", "items": [{grant_id, audience, label, role, state, reason, expires_at}]}` for those who may share."""
    require(work.session, work.caller, resource_id, work.now, "share")
    resource = load(work, resource_id)
    grants = sharing.live(work, resource_id)
    names = labels(work, [grant.audience for grant in grants])
    items = []
    for grant in grants:
        shaped = sharing.shape(grant, resource, work.now)
        items.append(
            {
                "grant_id": grant.id,
                "audience": grant.audience,
                "label": names[grant.audience],
                "role": shaped["role"],
                "state": shaped["state"],
                "reason": _reason(grant, shaped["state"]),
                "not_before": shaped["not_before"],
                "expires_at": shaped["expires_at"],
            }
        )
    return {"summary": _summary(items), "items": items}


def _reason(grant: Grant, state: str) -> str:
    role = vocabulary.label("grant_role", ROLE_NAMES[grant.role])
    if grant.audience.startswith("review:"):
        return "本校管理员正在审核"
    return f"{_STATES[state]}，可以{role}"


def _summary(items: list[dict[str, Any]]) -> str:
    active = [item["label"] for item in items if item["state"] == "active"]
    later = [item["label"] for item in items if item["state"] != "active"]
    sentence = (
        f"现在可以看到的有：{'、'.join(dict.fromkeys(active))}。" if active else "现在只有负责人可以看到。"
    )
    if later:
        sentence += f"还没有生效的有：{'、'.join(dict.fromkeys(later))}。"
    return sentence


def labels(work: Work, audiences: list[str]) -> dict[str, str]:
    """Audience token → the words a teacher reads."""
    by_kind: dict[str, list[str]] = {}
    for audience in audiences:
        kind, _, ident = audience.partition(":")
        by_kind.setdefault(kind, []).append(ident)
    found = {"public": "所有人（公开）", "paired": "全部结对学校"}
    found |= {f"link:{ident}": "知道链接的人" for ident in by_kind.get("link", [])}
    found |= {f"client:{ident}": "本校的程序" for ident in by_kind.get("client", [])}
    found |= _named(work, by_kind, Person, {"person": "{}"})
    found |= _named(work, by_kind, Team, {"team": "团队“{}”"})
    found |= _named(
        work,
        by_kind,
        Organisation,
        {"school": "{}", "city": "{}的学校", "county": "{}的学校", "review": "{}的管理员"},
    )
    found |= _pairs(work, by_kind.get("pair", []))
    return {audience: found.get(audience, audience) for audience in audiences}


def _named(work: Work, by_kind: dict[str, list[str]], table: Any, forms: dict[str, str]) -> dict[str, str]:
    ids = {ident for kind in forms for ident in by_kind.get(kind, [])}
    if not ids:
        return {}
    names = dict(fetch(work.session, _NAMES[table], {"ids": sorted(ids)}).all())
    return {
        f"{kind}:{ident}": form.format(names[ident])
        for kind, form in forms.items()
        for ident in by_kind.get(kind, [])
        if ident in names
    }


def _pairs(work: Work, ids: list[str]) -> dict[str, str]:
    if not ids:
        return {}
    words = {"school": "结对学校", "county": "结对县区的学校", "city": "结对城市的学校"}
    rows = fetch(work.session, _PAIRS, {"ids": ids})
    return {f"pair:{ident}": f"{words[level]}：{left}与{right}" for ident, level, left, right in rows}


_IDS: Any = bindparam("ids", expanding=True)
_NAMES: dict[Any, Any] = {
    table: select(col(table.id), col(table.name)).where(col(table.id).in_(_IDS))
    for table in (Person, Team, Organisation)
}
_PAIRS = (
    select(col(Partnership.id), col(Partnership.level), col(Helper.name), col(Aided.name))
    .join(Helper, col(Helper.id) == col(Partnership.helper_id))
    .join(Aided, col(Aided.id) == col(Partnership.aided_id))
    .where(col(Partnership.id).in_(_IDS))
)
