"""Small documents, made on the spot."""

import io
import struct
import zipfile
import zlib
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pptx
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

WORDS = "春天来了，小草从地里钻出来。"


def pdf(path: Path, pages: tuple[str, ...] = ("第一页 " + WORDS, "第二页"), password: str = "") -> Path:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), encrypt=password or None)
    for words in pages:
        canvas.setFont("STSong-Light", 14)
        canvas.drawString(72, 700, words)
        canvas.showPage()
    canvas.save()
    return path


def word(path: Path) -> Path:
    document = docx.Document()
    document.add_heading("教学设计", 1)
    document.add_paragraph(WORDS)
    cells = document.add_table(1, 2).rows[0].cells
    cells[0].text, cells[1].text = "重点", "难点"
    document.sections[0].header.paragraphs[0].text = "页眉在此"
    document.save(str(path))
    return path


def slides(path: Path) -> Path:
    show = pptx.Presentation()
    for title in ("第一张", "第二张"):
        slide = show.slides.add_slide(show.slide_layouts[0])
        assert slide.shapes.title is not None
        slide.shapes.title.text = title
    notes = show.slides[0].notes_slide.notes_text_frame
    assert notes is not None
    notes.text = "备注：提问学生"
    show.save(str(path))
    return path


def sheets(path: Path) -> Path:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "成绩"
    first.append(["姓名", "分数"])
    first.append(["王小明", 0.1 + 0.2, date(2026, 3, 5)])
    book.create_sheet("名单").append(["李红"])
    book.save(path)
    return path


def packed(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def opendocument(path: Path, kind: str, body: str) -> Path:
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    spaces = "".join(
        f' xmlns:{short}="{names}{long}:1.0"'
        for short, long in (("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"))
    )
    content = f"<office:document-content{spaces}><office:body>{body}</office:body></office:document-content>"
    return packed(path, {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content})


def book(path: Path) -> Path:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="b" href="b.xhtml"/>'
        '<item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    container = '<container><rootfiles><rootfile full-path="O/c.opf"/></rootfiles></container>'
    return packed(
        path,
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "O/c.opf": package,
            "O/a.xhtml": "<html><body><p>第一章</p></body></html>",
            "O/b.xhtml": "<html><body><p>第二章</p></body></html>",
        },
    )


def photo(path: Path, size: tuple[int, int] = (800, 600)) -> Path:
    picture = Image.new("RGB", size, "teal")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    picture.save(path, "JPEG", exif=exif)
    return path


def png_that_claims(width: int, height: int) -> bytes:
    target = io.BytesIO()
    Image.new("L", (1, 1)).save(target, "PNG")
    data = bytearray(target.getvalue())
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)
