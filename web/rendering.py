"""Templates → pages. What every page has: who is signed in, the CSRF token, a notice of what was just done."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup

from service.http import backends, beside, session_secret
from service.library import csrf, markdown, notices, sheets, uploads, vocabulary
from service.library.fields import PLACE
from service.library.mirroring import showing
from service.permissions import ANONYMOUS, Caller
from service.work import SHANGHAI
from web import assets, media, page_layer, texts

NOTICES = {
    "signed-in": "已登录。",
    "signed-out": "已退出登录。",
    "search-kept": "已保存这个搜索，有新资源符合时会通知您。",
    "search-forgotten": "已取消，不再通知。",
    "password": "密码已修改，请用新密码登录。",
    "created": "草稿已建好，可以继续填写和上传附件。",
    "saved": "已保存。",
    "begun": "新版本的草稿已建好，从现在发布的版本开始。读者暂时看不到它。",
    "dropped": "已放弃新版本，读者看到的没有变化。",
    "shared": "共享已更新，立即生效。",
    "waiting": "已记下。这个范围超出一对结对学校，需要本校管理员审核后生效。",
    "not-yet": "已记下，现在还没有生效；原因写在下面的表里。",
    "revoked": "共享已收回，对方从现在起看不到了。",
    "submitted": "已提交本校管理员审核，结果会在“通知”里告诉您。",
    "published": "已发布，作者会收到通知。",
    "returned": "已退回，作者会看到原因。",
    "changed": "在您审核期间，这份资源又有改动，所以没有执行。请看过现在的内容再决定。",
    "withdrawn": "已撤回。读者现在看不到它；可以随时恢复。",
    "binned": "已移到回收站，30 天内可以恢复。",
    "restored": "已恢复。",
    "attached": "附件已添加，正在提取文字和预览。",
    "there-already": "这个文件和草稿里的一个附件内容相同，没有再加。",
    "adapted": "这是改编用的草稿，原作者的署名和出处都在。标题也改一改，别人才分得清；改好后提交审核。",
    "adapted-part": "这是改编用的草稿，原作者的署名和出处都在。标题也改一改，别人才分得清。拍到学生的和太大的附件没有带过来，需要时请另外准备。",
    "unplaced": "已去掉图片里的拍摄地点。",
    "detached": "附件已从草稿中移除，一小时内可以撤销。",
    "reattached": "附件已放回草稿。",
    "reported": "已转告作者和学校管理员。处理结果会在“通知”里告诉您。",
    "settled": "已处理，反映问题的老师会收到您的答复。",
    "commented": "评论已发表，能评论它的老师都能看到。",
    "uncommented": "评论已删除。",
    "partnership": "结对关系已更新，立即生效。",
    "ended": "任职已结束，立即生效。",
    "revoked-key": "密钥已停用，网页里的搜索立即失效。",
    "sent-again": "已放回队列，马上重发。",
    "removed-webhook": "推送地址已删除。",
    "majors": "专业目录已导入，马上可以在填写和浏览时选用。",
    "retried": "已放回队列，马上重试。",
}
"""What a page may say after a redirect: the address carries a code, never the text."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
PARTED = ("6", "7", "8", "9")
"""Grades of another stage, or another year of it, under 五四制 than under 六三制."""


def _day(value: str | datetime | None, clock: str = "") -> str:
    """A day as people here write it, in Asia/Shanghai; `clock` is what follows, as strftime takes it. A date alone
    (2026-09-01) is that day."""
    if not value:
        return ""
    if isinstance(value, str) and _DATE.fullmatch(value):
        year, month, day = map(int, value.split("-"))
        return f"{year}年{month}月{day}日"
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    here = moment.astimezone(SHANGHAI)
    return f"{here.year}年{here.month}月{here.day}日{here.strftime(clock) if clock else ''}"


def _moment(value: str | datetime | None) -> str:
    """Likewise, to the minute."""
    return _day(value, " %H:%M")


def _label(name: str, code: str) -> str:
    return texts.gettext(vocabulary.label(name, code))


def _place(item: Mapping[str, Any]) -> str:
    """One line that places a resource: 学段 年级 学科 版本 册次 类型, or the vocational 大类. 五四制 is said always, 六三制
    from the grade on in which the two part (domain.md: system)."""
    system, grade = item["system"], item["grade"] or ""
    parts = [_label("system", system)] if system == "54" or (system and grade in PARTED) else []
    parts += [_label(name, item[name]) for name in PLACE if item[name]]
    return "\u00a0· ".join([*parts, item["unit"]] if item["unit"] else parts)


class _Template(Template):
    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        """As Jinja's, for what is imported without its context; but the globals are not compared with those of the page
        that imports it: all templates have the same."""
        return super()._get_default_module()


class _Environment(Environment):
    template_class = _Template

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As Jinja's, but a dict is first asked for its item: most of what a page shows is one, and a failed attribute
        costs as much as ten items."""
        if type(obj) is dict:
            try:
                return obj[attribute]
            except KeyError:
                pass
        return super().getattr(obj, attribute)


environment = _Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.filters["moment"] = _moment
environment.filters["day"] = _day
environment.filters["media"] = media.words
environment.filters["size"] = uploads.in_words
environment.filters["markdown"] = lambda source: Markup(markdown.html(source))  # noqa: S704  (cleaned by nh3)
environment.filters["marked"] = lambda html: Markup(html)  # noqa: S704  (escaped where it was made)
environment.filters["page_layer"] = page_layer.svg
environment.globals["_"] = texts.gettext
environment.globals["static"] = assets.url
environment.globals["label"] = _label
environment.globals["place"] = _place
environment.globals["waits"] = media.waits
environment.globals["stages_with"] = vocabulary.stages_with
environment.globals["textbooks"] = vocabulary.textbooks
environment.globals["entries"] = vocabulary.entries


def page(
    request: Request,
    template: str,
    *,
    caller: Caller | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    secret: str | None = None,
    **context: Any,
) -> Response:
    """Render a template. `caller` is who asked; error pages have none. `secret` is of a session that this answer
    opens."""
    secret = secret or session_secret(request)
    who = caller or ANONYMOUS
    html = environment.get_template(template).render(
        request=request,
        path=request.url.path,
        caller=who,
        signed_in=who.signed_in or (caller is None and secret is not None),
        csrf=csrf.token(secret) if secret else "",
        notice=texts.gettext(NOTICES.get(request.query_params.get("notice", ""), "")),
        language=texts.language(),
        script_texts=texts.for_scripts(),
        undo=_undo(request),
        wechat="MicroMessenger" in request.headers.get("user-agent", ""),
        unread=lambda: _unread(request, who),
        copy=_copy(request),
        **context,
    )
    return HTMLResponse(html, status, headers=dict(headers or {}))


def _copy(request: Request) -> showing.Shown | None:
    """At a mirror, what its head says."""
    if not backends(request).settings.mirror:
        return None
    with beside(request) as work:
        return showing.shown(work)


def _unread(request: Request, who: Caller) -> int:
    """How many notices the frame announces; asked only where a page has the frame."""
    if who.person_id is None or who.first_password:
        return 0
    with beside(request) as work:
        return notices.unread(work, who.person_id)


def _undo(request: Request) -> str:
    """The address that takes back what the notice tells: a withdrawal or removal of a resource, or of its file."""
    parts = {"resources": request.query_params.get("undo"), "files": request.query_params.get("undo_file")}
    named = [
        f"/{noun}/{ident}" for noun, ident in parts.items() if re.fullmatch(r"[0-9a-z]{26}", ident or "")
    ]
    return f"{''.join(named)}/restore" if named and named[0].startswith("/resources/") else ""


def download(sheet: sheets.Sheet, name: str, form: str) -> Response:
    """A sheet as a file; `form` is csv, or else xlsx. The name is sent as RFC 6266 asks."""
    suffix, media_type = (".csv", sheets.CSV) if form == "csv" else (".xlsx", sheets.XLSX)
    content = sheets.as_csv(sheet) if form == "csv" else sheets.as_xlsx(sheet)
    disposition = f"attachment; filename=\"sheet{suffix}\"; filename*=UTF-8''{quote(name + suffix, safe='')}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


def redirect(path: str, notice: str = "", *, part: str = "", **query: str) -> Response:
    """After a change: go on to a page, or to the part of it with this id, that says what was done (303, so that a reload
    repeats nothing)."""
    values = {**query, **({"notice": notice} if notice else {})}
    address = f"{path}?{urlencode(values)}" if values else path
    return RedirectResponse(f"{address}#{part}" if part else address, 303)


def to_sign_in(request: Request) -> Response:
    """Sign in, then come back."""
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(back, safe='')}", 303)


def local(path: str) -> str:
    """A path of this site, or the home page: nobody is sent elsewhere after signing in."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
