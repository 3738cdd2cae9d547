"""Each family of formats gives its text."""

import io
import tarfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from reportlab.pdfgen.canvas import Canvas

from service.extract import Extracted, Limits, readers
from service.extract.problems import Locked, Unreadable
from service.extract.sniff import sniff
from tests.extract import documents

LIMITS = Limits()


def read(path: Path, name: str = "", limits: Limits = LIMITS) -> Extracted:
    return readers.read(path, sniff(path, name or path.name), name or path.name, limits)


def text_of(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return "\n".join(read(path).texts)


def test_a_pdf_has_a_text_per_page(tmp_path: Path) -> None:
    found = read(documents.pdf(tmp_path / "a.pdf"))
    assert found.pages == 2
    assert documents.WORDS in found.texts[0]
    assert found.texts[1] == "第二页"


def test_a_locked_pdf_says_so(tmp_path: Path) -> None:
    with pytest.raises(Locked):
        read(documents.pdf(tmp_path / "a.pdf", password="secret"))


def test_a_word_document_gives_tables_and_headers(tmp_path: Path) -> None:
    text = "\n".join(read(documents.word(tmp_path / "a.docx")).texts)
    for words in ("教学设计", documents.WORDS, "重点", "难点", "页眉在此"):
        assert words in text


def test_a_text_box_is_read_once(tmp_path: Path) -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>框中字</w:t></w:r></w:p></w:txbxContent>"
    body = (
        '<w:document xmlns:w="w" xmlns:mc="mc"><w:body><w:p><w:r><mc:AlternateContent><mc:Choice>'
        f"{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p></w:body></w:document>"
    )
    path = documents.packed(tmp_path / "a.docx", {"[Content_Types].xml": "", "word/document.xml": body})
    assert read(path).texts == ("框中字",)


def test_pronunciation_guides_do_not_part_words(tmp_path: Path) -> None:
    ruby = "<w:ruby><w:rt><w:r><w:t>{}</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>{}</w:t></w:r></w:rubyBase></w:ruby>"
    equation = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>EQ \\o\\ac(○,</w:instrText></w:r>'
        '<w:r><w:instrText>3)</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    body = ruby.format("chūn", "春") + ruby.format("tiān", "天") + equation
    document = f'<w:document xmlns:w="w"><w:body><w:p>{body}</w:p></w:body></w:document>'
    path = documents.packed(tmp_path / "a.docx", {"[Content_Types].xml": "", "word/document.xml": document})
    assert read(path).texts == ("春天3",)


def test_a_chart_gives_its_title_and_categories_but_no_numbers(tmp_path: Path) -> None:
    chart = (
        '<c:chart xmlns:c="c" xmlns:a="a"><c:title><a:p><a:t>降水量</a:t></a:p></c:title>'
        "<c:strCache><c:pt><c:v>一月</c:v></c:pt></c:strCache><c:numCache><c:pt><c:v>4.3</c:v></c:pt></c:numCache></c:chart>"
    )
    parts = {"[Content_Types].xml": "", "word/document.xml": "<w/>", "word/charts/chart1.xml": chart}
    assert read(documents.packed(tmp_path / "a.docx", parts)).texts == ("降水量\n一月",)


def test_comments_of_a_sheet_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "分数"
    book.active["A1"].comment = Comment("含附加题", "王老师")
    book.save(path)
    assert "含附加题" in "\n".join(read(path).texts)


def test_what_was_typed_into_a_form_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path))
    canvas.drawString(72, 700, "Name:")
    canvas.acroForm.textfield(name="n", value="Wang Xiaoming", x=72, y=600)
    canvas.save()
    assert "Wang Xiaoming" in read(path).texts[0]


def test_slides_come_in_order_with_their_notes(tmp_path: Path) -> None:
    found = read(documents.slides(tmp_path / "a.pptx"))
    assert found.pages == 2
    assert found.texts[0].startswith("第一张")
    assert "备注：提问学生" in found.texts[0]
    assert found.texts[1] == "第二张"


def test_sheets_begin_with_their_names_and_show_plain_numbers(tmp_path: Path) -> None:
    assert read(documents.sheets(tmp_path / "a.xlsx")).texts == (
        "成绩\n姓名\t分数\n王小明\t0.3\t2026-03-05",
        "名单\n李红",
    )


def test_opendocument_text_tables_and_pages(tmp_path: Path) -> None:
    words = "<office:text><text:h>标题</text:h><text:p>一<text:tab/>二<text:span>三</text:span>四</text:p></office:text>"
    assert read(documents.opendocument(tmp_path / "a.odt", "text", words)).texts == ("标题\n一\t二三四",)
    show = "".join(f"<draw:page><text:p>第{n}张</text:p></draw:page>" for n in "一二")
    found = read(
        documents.opendocument(
            tmp_path / "a.odp", "presentation", f"<office:presentation>{show}</office:presentation>"
        )
    )
    assert (found.pages, found.texts) == (2, ("第一张", "第二张"))
    cells = "<table:table-cell><text:p>甲</text:p></table:table-cell><table:table-cell><text:p>乙</text:p></table:table-cell>"
    sheet = f'<table:table table:name="表一"><table:table-row>{cells}</table:table-row></table:table>'
    texts = read(documents.opendocument(tmp_path / "a.ods", "spreadsheet", sheet)).texts
    assert [words.split() for words in texts] == [["表一", "甲", "乙"]]


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    assert read(documents.book(tmp_path / "a.epub")).texts == ("第一章", "第二章")


def test_a_page_is_read_without_its_scripts(tmp_path: Path) -> None:
    page = "<html><head><title>题</title><script>bad()</script></head><body>一<style>x</style>二<p>三</body></html>"
    assert text_of(tmp_path / "a.html", page.encode()) == "题\n一二\n三"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5", "utf-32"])
def test_chinese_text_is_read_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    words = "我們的學校在這裡，老師和學生都來了。"
    assert text_of(tmp_path / "a.txt", words.encode(encoding)) == words


def test_an_escaped_json_can_be_read(tmp_path: Path) -> None:
    assert "课" in text_of(tmp_path / "a.json", b'{"title": "\\u8bfe"}')


def test_xml_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("秘密")
    data = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file://{secret}">]><a>明&e;文</a>'
    text = text_of(tmp_path / "a.xml", data.encode())
    assert "秘密" not in text
    assert "明" in text


def test_subtitles_lose_their_times(tmp_path: Path) -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,000\n<i>同学们好</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n3 加 4\n"
    assert text_of(tmp_path / "a.srt", srt.encode("gb18030")) == "同学们好\n3 加 4"
    vtt = "WEBVTT\n\nNOTE 不读\n\n00:01.000 --> 00:02.000 align:start\n你好 &amp; 再见\n"
    assert text_of(tmp_path / "a.vtt", vtt.encode()) == "你好 & 再见"
    ttml = "<tt xmlns='http://www.w3.org/ns/ttml'><body><div><p begin='1s'>上课<br/>了</p></div></body></tt>"
    assert text_of(tmp_path / "a.ttml", ttml.encode()) == "上课 了"
    sami = "<SAMI><BODY><SYNC Start=1><P>起立</SAMI>"
    assert text_of(tmp_path / "a.smi", sami.encode()) == "起立"


def test_rtf_code_pages_and_escapes(tmp_path: Path) -> None:
    data = rb"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fcharset134 SimSun;}}\f0 \'b4\'ba\'cc\'ec\par\u22825?\u27668?{\*\x no}}"
    assert text_of(tmp_path / "a.rtf", data) == "春天\n天气"


def test_a_zip_is_listed_with_names_in_gbk(tmp_path: Path) -> None:
    name = "课件.txt".encode("gbk")
    path = documents.packed(tmp_path / "a.zip", {"x" * len(name): "abc"})
    path.write_bytes(path.read_bytes().replace(b"x" * len(name), name))
    assert [(entry.name, entry.size) for entry in read(path).listing] == [("课件.txt", 3)]


def test_a_packed_tar_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("教案/一.txt")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"12345"))
    assert [(entry.name, entry.size) for entry in read(path).listing] == [("教案/一.txt", 5)]


def test_sizes_that_no_file_has_are_cut_and_absurd_headers_end_a_listing(tmp_path: Path) -> None:
    path = documents.packed(tmp_path / "a.zip", {"a": "1"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.infolist()[0].file_size = (1 << 64) - 1
        archive.writestr("b", "2")  # The directory is written anew, with the size claimed.
    assert [entry.size for entry in read(path).listing] == [(1 << 63) - 1, 1]
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 60
    tar = tmp_path / "a.tar"
    tar.write_bytes(header.tobuf(tarfile.GNU_FORMAT))
    assert read(tar) == Extracted("ready")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "")
        with archive.open("word/document.xml", "w") as member:
            member.write(b"<w:document xmlns:w='w'><w:t>")
            for _ in range(300):
                member.write(b"a" * 1024 * 1024)
    with pytest.raises(Unreadable):
        read(path)


def test_a_photo_tells_its_size_as_seen_and_that_it_has_a_place(tmp_path: Path) -> None:
    assert read(documents.photo(tmp_path / "a.jpg")).details == {"width": 600, "height": 800, "gps": 1}


def test_a_film_is_ready_without_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom")
    assert read(path) == Extracted("ready")


def test_long_text_is_cut_at_paragraphs_and_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join("字" * 300 for _ in range(40)))
    found = read(path)
    assert all(len(piece) % 301 == 300 and 1000 <= len(piece) <= 4000 for piece in found.texts)
    cut = read(path, limits=Limits(characters=2500))
    assert cut.truncated
    assert sum(map(len, cut.texts)) == 2500


def test_texts_hold_no_nul_and_no_lone_surrogate(tmp_path: Path) -> None:
    data = rb"{\rtf1 a\u-10179?b\'00c}"
    assert not set(text_of(tmp_path / "a.rtf", data)) & {"\0", "\ud83d"}
