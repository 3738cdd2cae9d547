"""The audit log as administrators read it: the platform's all of it, a school's what was done to her school, to its
resources, and to people who belong nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from service.library import administering, sheets, terms
from service.library.callers import in_term
from service.models import AuditEntry, Membership, Organisation, Person, Resource
from service.work import SHANGHAI, Work

PER_PAGE = 50
MOST = 20_000
"""Rows of an export."""
NOBODY = {"system": "系统", "anonymous": "访客"}
"""Actors that are no persons."""
ACTIONS = {
    "sign_in": "登录", "sign_in.failed": "登录失败", "password.set": "设置密码", "password.code": "生成一次性验证码",
    "token.open": "取得程序令牌", "client.register": "登记程序", "client.revoke": "停用程序", "token.revoke": "作废令牌", "key.rotate": "更换密钥",
    "member.add": "添加任职", "member.change": "修改任职", "member.end": "结束任职", "member.import": "导入名单",
    "person.rename": "更正姓名", "person.disable": "停用账号", "person.enable": "恢复账号",
    "school.add": "添加学校", "school.rename": "学校改名", "school.change": "修改学校", "school.settle": "修改学校设置", "school.export": "导出学校资源",
    "partnership.propose": "提出结对", "partnership.record": "登记结对", "partnership.accept": "同意结对",
    "partnership.suspend": "暂停结对", "partnership.resume": "恢复结对", "partnership.end": "结束结对",
    "partnership.term": "修改结对期限",
    "resource.create": "新建资源", "resource.update": "修改资源", "resource.bin": "删除草稿", "resource.restore": "恢复资源",
    "resource.withdraw": "撤回资源", "resource.purge": "清除资源", "version.submit": "提交审核", "version.publish": "发布",
    "version.return": "退回修改", "grant.give": "共享", "grant.revoke": "收回共享", "file.attach": "添加附件",
    "major.import": "导入专业目录", "version.begin": "开始写新版本", "version.drop": "放弃新版本", "member.export": "导出人员名单", "file.detach": "移除附件", "file.reattach": "恢复附件", "file.children": "填写是否拍到学生",
    "file.describe": "填写图片说明", "file.unplace": "去掉拍摄地点", "team.create": "建立团队",
    "report.make": "反映问题", "report.settle": "处理反映的问题", "session.close": "退出", "session.close_all": "退出所有设备",
    "embed.create": "新建嵌入密钥", "embed.change": "修改嵌入密钥", "embed.revoke": "停用嵌入密钥",
    "webhook.create": "登记推送地址", "webhook.change": "修改推送地址", "webhook.secret": "更换推送密钥",
    "webhook.remove": "删除推送地址", "webhook.replay": "重发推送", "webhook.disable": "推送一直失败，已停用",
    "job.retry": "重试后台任务", "audit.export": "导出操作记录", "demo.remove": "移除示例",
}  # fmt: skip
"""The usual actions and their words; another one is shown as it was written."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the log is narrowed by; empty values are not asked. `first` and `last` are days."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    first: str = ""
    last: str = ""


def page(work: Work, wanted: Wanted, number: int = 1) -> tuple[list[dict[str, Any]], bool]:
    """A page of the log, newest first, and whether more follow. Invalid for days that are none."""
    rows = _rows(work, wanted, PER_PAGE + 1, (number - 1) * PER_PAGE)
    return _shapes(work, rows[:PER_PAGE]), len(rows) > PER_PAGE


def export(work: Work, wanted: Wanted) -> sheets.Sheet:
    """The log as a sheet, newest first, at most MOST rows; that it was exported is written down."""
    found = _shapes(work, _rows(work, wanted, MOST, 0))
    work.audit("audit.export", rows=len(found))
    return sheets.Sheet(
        ["时间", "操作人", "操作人编号", "操作", "对象", "对象编号", "结果", "详情"],
        [
            (
                item["at"].astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"), item["actor_name"], item["actor"],
                item["words"], item["subject_name"], item["subject"], "拒绝" if item["refused"] else "完成", item["detail"],
            )
            for item in found
        ],
    )  # fmt: skip


def _rows(work: Work, wanted: Wanted, limit: int, offset: int) -> list[AuditEntry]:
    query = select(AuditEntry).where(*_where(work, wanted))
    return list(
        work.session.scalars(
            query.order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc()).limit(limit).offset(offset)
        )
    )


def _where(work: Work, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = _reach(work)
    if wanted.actor:
        found.append(col(AuditEntry.actor).in_(_actors(work, wanted.actor)))
    if wanted.action:
        found.append(col(AuditEntry.action) == wanted.action)
    if wanted.subject:
        found.append(col(AuditEntry.subject).in_(_subjects(work, wanted.subject)))
    starts, ends = terms.parse(wanted.first, wanted.last, ("first", "last"))
    if starts is not None:
        found.append(col(AuditEntry.at) >= starts)
    if ends is not None:
        found.append(col(AuditEntry.at) < ends)
    return found


def _reach(work: Work) -> list[ColumnElement[bool]]:
    within = administering.reach(work)
    if within.everything:
        return []
    schools = sorted(within.schools)
    present = in_term(col(Membership.starts), col(Membership.ends), work.now)
    place = col(Membership.organisation_id)
    elsewhere = select(col(Membership.person_id)).where(place.not_in(schools), present)
    people = select(col(Membership.person_id)).where(
        place.in_(schools), col(Membership.person_id).not_in(elsewhere)
    )
    resources = select(col(Resource.id)).where(col(Resource.school_id).in_(schools))
    subject = col(AuditEntry.subject)
    return [or_(subject.in_(schools), subject.in_(resources), subject.in_(people))]


def _people(work: Work, text: str) -> list[str]:
    return list(
        work.session.scalars(
            select(col(Person.id))
            .where(or_(col(Person.name) == text, col(Person.username) == text.lower()))
            .limit(100)
        )
    )


def _actors(work: Work, text: str) -> list[str]:
    """Actors of a name, a sign-in name, or as they are written (person:…, client:…, system)."""
    return [text, *(f"person:{ident}" for ident in _people(work, text))]


def _subjects(work: Work, text: str) -> list[str]:
    """Ids of a person's name or sign-in name, of a school's name, or as it is written."""
    schools = work.session.scalars(
        select(col(Organisation.id)).where(col(Organisation.name) == text).limit(100)
    )
    return [text, *_people(work, text), *schools]


def _shapes(work: Work, rows: list[AuditEntry]) -> list[dict[str, Any]]:
    ids = {row.actor.removeprefix("person:") for row in rows} | {row.subject for row in rows}
    names = _names(work, sorted(ids))
    return [
        {
            "at": row.at,
            "actor": row.actor,
            "actor_name": names.get(row.actor.removeprefix("person:"), NOBODY.get(row.actor, "")),
            "action": row.action,
            "words": ACTIONS.get(row.action, row.action),
            "subject": row.subject,
            "subject_name": names.get(row.subject, ""),
            "refused": row.outcome == "refused",
            "detail": "；".join(f"{name}={value}" for name, value in row.detail.items() if value is not None),
        }
        for row in rows
    ]


def _names(work: Work, ids: list[str]) -> Mapping[str, str]:
    """Names of the persons and schools among the ids; titles of resources are their authors' own."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        for table in (Person, Organisation):
            rows = work.session.execute(select(col(table.id), col(table.name)).where(col(table.id).in_(part)))
            found.update((ident, name) for ident, name in rows)
    return found
