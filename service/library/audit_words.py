"""The audit log in words: what was done, and the details that were written down with it."""

from collections.abc import Mapping

from service.library import uploads, vocabulary

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
    "comment.write": "评论", "comment.remove": "删除评论", "report.make": "反映问题", "report.settle": "处理反映的问题", "session.close": "退出", "session.close_all": "退出所有设备",
    "embed.create": "新建嵌入密钥", "embed.change": "修改嵌入密钥", "embed.revoke": "停用嵌入密钥",
    "webhook.create": "登记推送地址", "webhook.change": "修改推送地址", "webhook.secret": "更换推送密钥",
    "webhook.remove": "删除推送地址", "webhook.replay": "重发推送", "webhook.disable": "推送一直失败，已停用",
    "school.merge": "合并学校", "school.separate": "撤销合并", "resource.erase": "清除附件", "file.retry": "重新处理附件",
    "file.infected": "附件带病毒", "file.quarantine": "停止提供附件", "file.release": "恢复提供附件", "file.remake": "重做预览",
    "job.retry": "重试后台任务", "audit.export": "导出操作记录", "demo.remove": "移除示例",
}  # fmt: skip
"""The usual actions and their words; another one is shown as it was written."""
NAMES = {
    "role": "角色", "place": "单位", "school": "学校", "into": "并入", "version": "版本", "fields": "改了", "audience": "对象",
    "file": "附件编号", "size": "大小", "quota": "配额", "rows": "行数", "made": "新建账号", "resources": "份数", "reason": "原因",
    "answer": "回答", "found": "结果", "kind": "种类", "n": "第几页", "name": "任务", "report": "反映编号", "comment": "评论编号", "webhook": "推送编号",
    "scopes": "权限", "waives": "对内发布免审", "reviews": "共享草稿要审",
}  # fmt: skip
"""The usual details and their words."""
VOCABULARIES = {"role": ("role", "grant_role"), "reason": ("report_reason",)}
ANSWERS = {
    "answer": {"yes": "拍到学生", "no": "没有拍到学生", "unasked": "还没有回答"},
    "found": {"good": "完好", "damaged": "损坏", "missing": "丢失"},
    "waives": {"0": "否", "1": "是"},
    "reviews": {"0": "否", "1": "是"},
}


def details(
    detail: Mapping[str, str | int | None], known: Mapping[str, str], fields: Mapping[str, str]
) -> str:
    """What was written down with an action. `known`: ids and audiences and their words; `fields`: what the fields of a
    resource are called. What has no words stays as it was written."""
    return "；".join(
        f"{NAMES.get(name, name)}：{_value(name, str(value), known, fields)}"
        for name, value in detail.items()
        if value is not None
    )


def _value(name: str, value: str, known: Mapping[str, str], fields: Mapping[str, str]) -> str:
    if name == "fields":
        return "、".join(fields.get(field, field) for field in value.split(","))
    if name in ("size", "quota") and value.isdecimal():
        return uploads.in_words(int(value))
    for vocabulary_name in VOCABULARIES.get(name, ()):
        if vocabulary.check(vocabulary_name, value):
            return vocabulary.label(vocabulary_name, value)
    return ANSWERS.get(name, {}).get(value) or known.get(value, value)
