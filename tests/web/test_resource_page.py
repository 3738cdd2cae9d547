"""A resource's page without script: everything is read, seen and taken from there, and nothing else shows through."""

import re
from html import unescape
from xml.etree import ElementTree

import pytest

from service.library import resources, sharing, versions
from service.worker import Worker
from tests.api.test_files import pdf, picture
from tests.web.browsing import Site

SRT = "1\n00:00:01,000 --> 00:00:02,000\n同学们好\n"


def extract(pages: Site) -> None:
    """Let a worker do what is due."""
    Worker(pages.library.backends).run(until_idle=True)


def publish(pages: Site, ident: str) -> None:
    with pages.library.writing("t_helper") as work:
        versions.submit(work, ident)
    with pages.library.writing("a_helper") as work:
        versions.publish(work, ident)


def test_at_a_glance_it_says_what_it_is_and_whose(pages: Site) -> None:
    ident = pages.library.draft("t_helper", "秋天的雨", grade="3", subject="chinese")
    pages.library.share("t_helper", ident, f"pair:{pages.library.pairs['school']}")
    page = pages.visitor("t_aided").get(f"/resources/{ident}")
    assert "helper 小学</a>&nbsp;· 青岛市" in page
    assert re.search(r'<span class="tag tag-pair">结对学校</span>', page)
    assert re.search(r'<time datetime="2026-09-01T[^"]*">2026年9月1日</time>', page)
    assert "小学\u00a0· 三年级\u00a0· 语文" in page
    own = pages.visitor("t_helper").get(f"/resources/{ident}")
    assert "本校</span>" in own
    assert "现在可以看到的有" in own
    assert "谁能看到" not in page


def test_sizes_stand_before_each_download_and_before_all(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    pages.library.attach("t_helper", ident, "一.bin", b"1" * 2048, "application/octet-stream")
    alone = pages.visitor().get(f"/resources/{ident}")
    assert "下载 2 KB" in alone
    assert "全部下载" not in alone
    pages.library.attach("t_helper", ident, "二.bin", b"2" * 1024, "application/octet-stream")
    both = pages.visitor().get(f"/resources/{ident}")
    assert "2 个，共 3 KB" in both
    address = pages.http.get(f"/resources/{ident}/files.zip").headers["location"]
    answer = pages.http.get(address, headers=pages.visitor().headers())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")


def test_in_wechat_it_says_how_to_download(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    pages.library.attach("t_helper", ident, "一.txt", b"abc")
    visitor = pages.visitor()
    headers = visitor.headers() | {"User-Agent": "Mozilla/5.0 (Linux; Android 10) MicroMessenger/8.0.50"}
    assert "在浏览器打开" in pages.http.get(f"/resources/{ident}", headers=headers).text
    assert "在浏览器打开" not in visitor.get(f"/resources/{ident}")


def test_the_pages_of_a_pdf_keep_their_room_and_it_opens_in_the_page(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    file = pages.library.attach("t_helper", ident, "试卷.pdf", pdf(12), "application/pdf")
    extract(pages)
    visitor = pages.visitor()
    page = visitor.get(f"/resources/{ident}")
    assert page.count(f"/files/{file}/pages/") == 10
    assert '/pages/1" alt="第 1 页" width="720" height="960" fetchpriority="high"' in page
    first, others = page.split("<summary>后面 9 页</summary>")
    assert "/pages/2" not in first
    assert '/pages/2" alt="第 2 页" width="720" height="960" loading="lazy"' in others
    assert "pdf.js" not in page
    opened = visitor.get(f"/resources/{ident}/files/{file}/view")
    assert opened.count(f"/files/{file}/pages/") == 12
    assert 'id="page=12"' in opened
    assert "<tongke-pdf" in opened
    pages.visitor("t_lonely").get(f"/resources/{ident}/files/{file}/view", 404)


def test_only_a_pdf_opens_in_the_page(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    file = pages.library.attach("t_helper", ident, "教案.txt", b"abc")
    assert "只有 PDF" in pages.visitor().get(f"/resources/{ident}/files/{file}/view", 404)


def test_a_picture_is_small_first_and_keeps_its_room(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    file = pages.library.attach("t_helper", ident, "板书.png", picture(), "image/png")
    extract(pages)
    page = pages.visitor().get(f"/resources/{ident}")
    assert f'/files/{file}/thumbnail" alt="板书.png" loading="lazy" width="480" height="360"' in page
    assert "查看原图 640×480" in page


def test_captions_are_served_as_webvtt_and_written_out_below(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    pages.library.attach("t_helper", ident, "浮力.mp4", b"film", "video/mp4")
    said = pages.library.attach("t_helper", ident, "浮力.srt", SRT.encode("gb18030"), "application/x-subrip")
    visitor = pages.visitor()
    page = visitor.get(f"/resources/{ident}")
    address = f"/resources/{ident}/files/{said}/captions.vtt"
    assert f'<track kind="captions" src="{address}"' in page
    assert re.search(r'data-at="1.0">0:01</span> <span data-words>同学们好', page)
    answer = pages.http.get(address, headers=visitor.headers())
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    assert answer.text.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n同学们好")
    pages.visitor("t_lonely").get(address, 404)


def test_a_file_that_holds_no_captions_has_none(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    file = pages.library.attach("t_helper", ident, "教案.txt", b"abc")
    pages.visitor().get(f"/resources/{ident}/files/{file}/captions.vtt", 404)


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("成绩.csv", "text/csv", '项目,说明\n朗读,"有感情,流利"\n'),
        ("成绩.tsv", "text/tab-separated-values", "项目\t说明\n朗读\t有感情,流利\n"),
    ],
)
def test_a_table_is_shown_by_rows_and_cells(pages: Site, name: str, media_type: str, content: str) -> None:
    ident = pages.library.draft("t_helper")
    pages.library.attach("t_helper", ident, name, content.encode(), media_type)
    extract(pages)
    page = pages.visitor().get(f"/resources/{ident}")
    assert "<tr><td>朗读</td><td>有感情,流利</td></tr>" in page


def test_the_qr_code_is_a_drawing_for_those_who_may_see_the_page(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    answer = pages.http.get(f"/resources/{ident}/qr.svg", headers=pages.visitor().headers())
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ElementTree.fromstring(answer.text).tag.endswith("svg")
    assert f'src="/resources/{ident}/qr.svg"' in pages.visitor().get(f"/resources/{ident}")
    pages.visitor("t_lonely").get(f"/resources/{ident}/qr.svg", 404)


def test_the_citation_is_there_to_be_selected(pages: Site) -> None:
    credits = [{"person": "李老师", "school": "helper 小学", "part": "执笔"}, {"person": "王师傅"}]
    ident = pages.library.draft("t_helper", "秋天的雨", credits=credits)
    page = pages.visitor().get(f"/resources/{ident}")
    assert "李老师, 王师傅. 秋天的雨[EB/OL]. 青岛市: helper 小学, 2026(2026-09-01)[2026-09-01]. http" in page
    assert "<strong>helper 小学</strong> 李老师（执笔）" in page


def test_lineage_names_only_what_the_reader_may_see(pages: Site) -> None:
    source = pages.library.draft("t_helper", "原来的课")
    with pages.library.writing("t_helper") as work:
        copy = resources.create(work, {"kind": "lesson_case", "title": "改编的课"}, adapted_from=source)
    pages.library.share("t_helper", source, f"pair:{pages.library.pairs['school']}")
    assert "改编的课" in pages.visitor().get(f"/resources/{source}")
    assert "改编的课" not in pages.visitor("t_aided").get(f"/resources/{source}")
    assert re.search(r"改编自</dt><dd><a[^>]*>原来的课", pages.visitor().get(f"/resources/{copy}"))


def test_versions_say_what_changed_and_can_be_compared(pages: Site) -> None:
    ident = pages.library.draft("t_helper", content="第一行")
    publish(pages, ident)
    with pages.library.writing("t_helper") as work:
        resources.update(work, ident, {"grade": "3", "content": "第一行\n第二行"})
    pages.library.attach("t_helper", ident, "学案.txt", b"abc")
    author = pages.visitor()
    page = author.get(f"/resources/{ident}")
    assert "修改：正文、年级；新增附件：学案.txt" in page
    compared = author.get(f"/resources/{ident}/compare?old=1&new=2")
    assert "三年级" in compared
    assert re.search(r"<ins>.*第二行</ins>", compared)
    pages.visitor("t_second").get(f"/resources/{ident}/compare?old=1&new=2", 404)
    assert "您在看草稿" in author.get(f"/resources/{ident}?version=draft")


def test_similar_resources_are_of_the_same_title_or_subject_and_visible(pages: Site) -> None:
    ident = pages.library.draft("t_helper", "秋天的雨", grade="3", subject="chinese")
    titles = ["秋天的雨 教学设计", "火烧云"]
    for title in titles:
        pages.library.draft("t_helper", title, grade="3", subject="chinese")
    pages.library.draft("t_helper", "分数的初步认识", grade="3", subject="maths")
    pages.library.draft("t_lonely", "秋天的雨（别校）", grade="3", subject="chinese")
    extract(pages)
    page = pages.visitor().get(f"/resources/{ident}")
    shown = re.findall(r"<h3><a[^>]*>(.*?)</a></h3>", page[page.index('id="similar"') :])
    assert [unescape(re.sub("<[^>]+>", "", title)) for title in shown] == titles


def test_who_came_by_a_link_keeps_it_on_every_address(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    file = pages.library.attach("t_helper", ident, "教案.txt", "秋天".encode())
    publish(pages, ident)
    extract(pages)
    pages.library.share("a_helper", ident, "link")
    with pages.library.reading("t_helper") as work:
        audiences = [grant["audience"] for grant in sharing.listing(work, ident)]
    secret = next(audience for audience in audiences if audience.startswith("link:")).removeprefix("link:")
    guest = pages.visitor(None)
    guest.get(f"/resources/{ident}", 404)
    page = guest.get(f"/resources/{ident}?link={secret}")
    inside = re.findall(rf'(?:href|src)="([^"]*/{ident}/[^"]*)"', page)
    assert any(file in address for address in inside)
    for address in map(unescape, inside):
        assert f"link={secret}" in address
        assert guest.http.get(address).status_code == 200
