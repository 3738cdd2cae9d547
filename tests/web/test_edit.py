"""The form of a resource: nothing typed is lost, nothing is made twice, nobody's change is overwritten unasked."""

import re
from contextlib import closing
from html import unescape
from http.client import HTTPConnection

from service.library import cleaning, resources
from service.worker import Worker
from tests.web.browsing import Site, Visitor, hidden, resource_id


def made(visitor: Visitor, **fields: str) -> str:
    """A draft made by the form; returns its id."""
    sent = {"kind": "lesson_case", "title": "秋天的雨", "form_key": "k1", **fields}
    return resource_id(visitor.done("/resources/new", sent))


def test_a_new_resource_goes_on_to_its_files(pages: Site) -> None:
    author = pages.visitor()
    form = author.get("/resources/new?kind=training_material")
    assert re.search(r'value="training_material"[^>]* checked', form)
    where = author.done("/resources/new", {"kind": "joint_course", "title": "黄河", "form_key": "a"})
    assert where.endswith("/edit?notice=created")
    assert "草稿已建好" in author.get(where)


def test_a_form_with_errors_keeps_what_was_typed_and_points_to_the_field(pages: Site) -> None:
    sent = {
        "kind": "joint_course",
        "title": "",
        "content": "# 写了很久",
        "tags": "黄河、泰山",
        "form_key": "a",
    }
    page = pages.visitor().refused(422, "/resources/new", sent)
    assert '<a href="#title">' in page
    assert 'id="title-error"' in page
    assert "# 写了很久" in page
    assert "黄河、泰山" in page
    assert re.search(r'value="joint_course"[^>]* checked', page)
    assert hidden(page, "form_key") == "a"


def test_a_form_sent_twice_makes_one_resource(pages: Site) -> None:
    author = pages.visitor()
    key = hidden(author.get("/resources/new"), "form_key")
    assert made(author, form_key=key) == made(author, form_key=key)
    assert made(author, form_key="another") != made(author, form_key=key)


def test_a_post_without_the_token_of_the_page_changes_nothing(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    for path in ("/resources/new", f"/resources/{ident}/edit", f"/resources/{ident}/share"):
        for token in ("", "0" * 64, pages.visitor("t_aided").token):
            author.refused(403, path, {"csrf": token, "title": "别人的网站", "kind": "lesson_case"})
    assert "别人的网站" not in author.get("/my")


def test_who_is_not_signed_in_is_led_to_sign_in_and_back(pages: Site) -> None:
    for path in ("/resources/new", "/my"):
        answer = pages.http.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=%2F")


def test_a_change_of_somebody_else_is_not_overwritten_unasked(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    shown = author.get(f"/resources/{ident}/edit")
    sent = {"title": "我的标题", "content": "我写的正文", "summary": "", "etag": hidden(shown, "etag")}
    with pages.library.writing("t_helper") as work:
        resources.update(work, ident, {"title": "同事的标题", "summary": "同事写的简介"})
    page = author.refused(412, f"/resources/{ident}/edit", sent)
    assert "别人改成了：同事的标题" in page
    assert "我写的正文" in page
    assert "同事写的简介" in page
    assert re.search(rf'href="/resources/{ident}\?version=draft" target="_blank"', page)
    again = {
        "title": "我的标题",
        "content": "我写的正文",
        "summary": "同事写的简介",
        "etag": hidden(page, "etag"),
    }
    assert author.done(f"/resources/{ident}/edit", again).endswith("notice=saved")
    with pages.library.reading("t_helper") as work:
        found, _etag = resources.view(work, ident)
    assert (found["title"], found["content"], found["summary"]) == ("我的标题", "我写的正文", "同事写的简介")


def test_what_two_change_in_different_places_is_kept_of_both(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    etag = hidden(author.get(f"/resources/{ident}/edit"), "etag")
    with pages.library.writing("t_helper") as work:
        resources.update(work, ident, {"summary": "同事写的简介"})
    fields = {"csrf": author.token, "title": "秋天的雨", "summary": "", "content": "我写的正文", "etag": etag}
    by_script = author.headers() | {"Accept": "application/json"}
    for content in ("我写的正文", "我接着写的正文"):
        saved = author.http.post(
            f"/resources/{ident}/edit", data=fields | {"content": content}, headers=by_script
        )
        assert saved.status_code == 200
        fields["etag"] = saved.json()["etag"]
    with pages.library.reading("t_helper") as work:
        found, _etag = resources.view(work, ident)
    assert (found["content"], found["summary"]) == ("我接着写的正文", "同事写的简介")
    late = author.http.post(
        f"/resources/{ident}/edit", data=fields | {"summary": "我的简介"}, headers=by_script
    )
    assert (late.status_code, late.json()["type"]) == (412, "/problems/stale")


def test_what_is_typed_and_guessed_is_saved_with_the_submission(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    page = author.get(f"/resources/{ident}/edit")
    assert "上次保存时还没有：正文或附件" in page
    sent = {
        "title": "秋天的雨",
        "content": "刚写的正文",
        "grade": "3",
        "then": "submit",
        "etag": hidden(page, "etag"),
    }
    assert author.done(f"/resources/{ident}/edit", sent) == f"/resources/{ident}?notice=submitted"
    waiting = pages.visitor("a_helper").get(f"/reviews?show={ident}")
    assert "刚写的正文" in waiting
    assert "三年级" in waiting


def test_files_and_their_extraction_are_no_change_of_the_text(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    etag = hidden(author.get(f"/resources/{ident}/edit"), "etag")
    pages.library.attach("t_helper", ident, "教案.txt", "第一课时".encode())
    Worker(pages.library.backends).run(until_idle=True)
    where = author.done(f"/resources/{ident}/edit", {"title": "我的标题", "etag": etag})
    assert where.endswith("notice=saved")


def form_of(page: str) -> dict[str, str]:
    """What a browser sends of the main form when nothing is touched."""
    main = page[page.index('id="draft"') : page.index("data-saved")]
    sent = dict(re.findall(r'<input[^>]* name="(\w+)" value="([^"]*)"', main))
    for name, text in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', main, re.S):
        sent[name] = text.removeprefix("\n").replace("\n", "\r\n")
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', main, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        sent[name] = chosen.group(1) if chosen else ""
    return {name: unescape(text) for name, text in sent.items()}


def test_saving_an_untouched_form_changes_nothing(pages: Site) -> None:
    written = {
        "edition": "本校自编版",
        "major": "4602",
        "grade": "3",
        "content": "第一行\n\n    缩进的代码\n",
        "tags": ["秋，冬", "雨"],
        "equipment": ["游标卡尺（0–150 mm，精度 0.02）", "台虎钳、工作台"],
        "credits": [
            {"person": "李老师", "school": "实验小学", "part": "执笔"},
            {"person": "王师傅", "enterprise": "机床厂", "part": "指导，示范"},
        ],
    }
    with pages.library.writing("t_helper") as work:
        ident = resources.create(work, {"kind": "training_material", "title": "量具", **written})
    with pages.library.reading("t_helper") as work:
        before, etag = resources.view(work, ident)
    author = pages.visitor()
    author.done(f"/resources/{ident}/edit", form_of(author.get(f"/resources/{ident}/edit")))
    with pages.library.reading("t_helper") as work:
        assert resources.view(work, ident) == (before, etag)


def test_credits_are_read_a_line_each(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author, credits="李老师，实验小学，执笔\r\n王师傅,企业：机床厂,指导\r\n张老师，，审稿")
    with pages.library.reading("t_helper") as work:
        found, _etag = resources.view(work, ident)
    empty = {"school": None, "enterprise": None, "part": None}
    assert found["credits"] == [
        empty | {"person": "李老师", "school": "实验小学", "part": "执笔"},
        empty | {"person": "王师傅", "enterprise": "机床厂", "part": "指导"},
        empty | {"person": "张老师", "part": "审稿"},
    ]


def test_a_file_is_added_without_script(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    chosen = {"file": ("教案.txt", "第一课时".encode() * 1_000_000, "text/plain")}
    where = author.done(f"/resources/{ident}/upload", files=chosen)
    assert where.endswith("notice=attached")
    assert "教案.txt" in author.get(f"/resources/{ident}/edit")
    with pages.library.reading("t_helper") as work:
        found, _etag = resources.view(work, ident)
    assert found["files"][0]["size"] == 12_000_000
    twin = {"file": ("教案（新）.txt", "第一课时".encode() * 1_000_000, "text/plain")}
    page = author.get(author.done(f"/resources/{ident}/upload", files=twin))
    assert "这个文件和草稿里的一个附件内容相同，没有再加。" in page
    assert "教案（新）.txt" not in page


def test_a_file_without_script_needs_the_token_and_a_choice(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    chosen = {"file": ("教案.txt", b"abc", "text/plain")}
    author.refused(403, f"/resources/{ident}/upload", {"csrf": "no"}, files=chosen)
    page = author.refused(422, f"/resources/{ident}/upload", files={"file": ("", b"", "")})
    assert "请先选择文件" in page
    pages.visitor("t_lonely").refused(404, f"/resources/{ident}/upload", files=chosen)
    assert "教案.txt" not in author.get(f"/resources/{ident}/edit")


def test_a_file_without_script_is_bounded_before_it_is_read(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    with closing(HTTPConnection(pages.http.base_url.host, pages.http.base_url.port)) as connection:
        connection.putrequest("POST", f"/resources/{ident}/upload")
        headers = author.headers() | {"Content-Type": "multipart/form-data; boundary=x"}
        for name, value in (headers | {"Content-Length": str(10**9)}).items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == 413


def test_a_picture_that_shows_children_needs_the_day_of_consent(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    file = pages.library.attach("t_helper", ident, "合影.png", b"png", "image/png")
    address = f"/resources/{ident}/files/{file}/children"
    page = author.refused(422, address, {"shows_children": "yes"})
    assert f'href="#consent-{file}"' in page
    assert re.search(r'value="yes" checked', page)
    author.done(address, {"shows_children": "yes", "consent_on": "2026-08-01"})
    author.done(address, {"shows_children": "no"})
    with pages.library.reading("t_helper") as work:
        assert resources.view(work, ident)[0]["files"][0]["shows_children"] == "no"


def test_a_file_is_taken_out_of_the_draft(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    file = pages.library.attach("t_helper", ident, "教案.txt", b"abc")
    author.done(f"/resources/{ident}/files/{file}/remove")
    assert "还没有附件" in author.get(f"/resources/{ident}/edit")


def test_what_one_may_not_see_or_change_is_refused(pages: Site) -> None:
    ident = made(pages.visitor())
    pages.visitor("t_lonely").get(f"/resources/{ident}/edit", 404)
    pages.library.share("t_helper", ident, f"person:{pages.library.people['t_second']}")
    reader = pages.visitor("t_second")
    reader.get(f"/resources/{ident}/edit", 403)
    reader.refused(403, f"/resources/{ident}/edit", {"title": "改"})


def test_the_script_saves_by_itself_and_learns_the_new_state(pages: Site) -> None:
    author = pages.visitor()
    ident = made(author)
    page = author.get(f"/resources/{ident}/edit")
    fields = {"csrf": author.token, "title": "秋天的雨（二稿）", "etag": hidden(page, "etag")}
    by_script = author.headers() | {"Accept": "application/json"}
    saved = author.http.post(f"/resources/{ident}/edit", data=fields, headers=by_script)
    assert saved.status_code == 200
    assert saved.json()["etag"] == hidden(author.get(f"/resources/{ident}/edit"), "etag")
    late = author.http.post(f"/resources/{ident}/edit", data=fields | {"title": "冬天"}, headers=by_script)
    assert (late.status_code, late.json()["type"]) == (412, "/problems/stale")


def test_what_title_and_file_names_say_is_offered_as_a_guess_until_one_is_chosen(pages: Site) -> None:
    author = pages.visitor()
    ident = pages.library.draft("t_helper", "备课")
    pages.library.attach("t_helper", ident, "三年级上册语文《秋天的雨》教案.txt", "第一课时".encode())
    page = author.get(f"/resources/{ident}/edit")
    assert page.count("按标题、文件名或文件开头猜的，请核对") == 1
    assert page.count('aria-describedby="guessed"') == page.count('class="field guessed"') >= 3
    assert '<option value="3" selected' in page
    with pages.library.reading("t_helper") as work:
        assert resources.view(work, ident)[0]["grade"] is None
    author.done(f"/resources/{ident}/edit", {"grade": "3", "etag": hidden(page, "etag")})
    page = author.get(f"/resources/{ident}/edit")
    assert '<p class="guess" id="guessed" hidden>' in page
    assert "field guessed" not in page


def test_a_file_that_was_taken_out_can_be_put_back_where_it_stood(pages: Site) -> None:
    author = pages.visitor()
    ident = pages.library.draft("t_helper")
    first = pages.library.attach("t_helper", ident, "板书.png", b"\x89PNG one", "image/png")
    pages.library.attach("t_helper", ident, "教案.txt", "教案".encode(), "text/plain")
    Worker(pages.library.backends).run(until_idle=True)
    author.done(f"/resources/{ident}/files/{first}/describe", {"alt": "三种颜色的板书"})
    where = author.done(f"/resources/{ident}/files/{first}/remove")
    Worker(pages.library.backends).run(until_idle=True)
    told = author.get(where)
    assert "板书.png" not in told.split('id="files"', 1)[1]
    undo = re.search(r'action="(/resources/[^"]*/files/[^"]*/restore)"', told)
    assert undo is not None
    author.done(undo.group(1))
    author.done(undo.group(1))
    page = author.get(f"/resources/{ident}/edit")
    assert page.index("板书.png") < page.index("教案.txt")
    assert 'value="三种颜色的板书"' in page
    pages.visitor("t_aided").refused(404, undo.group(1))


def test_a_file_whose_hour_is_over_is_gone(pages: Site) -> None:
    author = pages.visitor()
    ident = pages.library.draft("t_helper")
    file_id = pages.library.attach("t_helper", ident, "教案.txt", "教案".encode(), "text/plain")
    author.done(f"/resources/{ident}/files/{file_id}/remove")
    cleaning.unlink(pages.library.backends.reading, pages.library.backends.writing, file_id)
    author.refused(410, f"/resources/{ident}/files/{file_id}/restore")
