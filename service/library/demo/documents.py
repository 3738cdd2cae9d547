"""Office and PDF files made from a resource's own text."""

from io import BytesIO
from typing import Any

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from lxml import etree
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.oxml.ns import qn as slide_name
from pptx.util import Inches
from pptx.util import Pt as SlidePt
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from service.library.demo.outline import Block, Section, blocks, sections

NOTE = "示例：本文件随演示内容生成，可随演示内容一并删除。"
SERIF, SANS = "宋体", "黑体"
PDF_FONT = "STSong-Light"
"""A CID font every PDF reader knows by name (ISO 32000-1, 9.7.5.2): the file stays small, nothing is embedded."""

_LINES_A_SLIDE = 8
_SUBSCRIPTS = {0x2080 + digit: f"<sub>{digit}</sub>" for digit in range(10)}
"""₁ is not in the font's character collection (Adobe-GB1), a small 1 is."""


def docx(title: str, markdown: str) -> bytes:
    """A Word document with headings, lists and tables; East Asian fonts are set."""
    document = Document()
    for name, font, size in (("Normal", SERIF, 11), ("Title", SANS, 20), ("Heading 1", SANS, 14)):
        style = document.styles[name]
        style.font.size = Pt(size)
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    document.core_properties.title = title
    document.core_properties.comments = NOTE
    document.add_heading(title, 0)
    for block in blocks(markdown):
        if block.kind == "heading":
            document.add_heading(block.text, 1)
        elif block.kind == "table":
            _docx_table(document, block)
        else:
            document.add_paragraph(block.text)
    document.add_paragraph(NOTE)
    return _saved(document)


def _docx_table(document: Any, block: Block) -> None:
    table = document.add_table(len(block.rows), len(block.rows[0]), style="Table Grid")
    for row, cells in zip(table.rows, block.rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text


def _saved(document: Any) -> bytes:
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def pptx(title: str, markdown: str) -> bytes:
    """Slides: a title slide, then one for each of the first five sections."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    deck.core_properties.title = title
    cover = deck.slides.add_slide(deck.slide_layouts[6])
    _write(cover, title, (1, 2.4, 11.3, 1.6), 40, "1F5F8B")
    _write(cover, NOTE, (1, 4.4, 11.3, 0.8), 18, "607D8B")
    for section in [found for found in sections(markdown) if found.title][:5]:
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        _write(slide, section.title, (0.7, 0.4, 12, 1), 32, "1F5F8B")
        _write(slide, "\n".join(_slide_lines(section)), (0.7, 1.6, 12, 5.4), 20, "263238")
    return _saved(deck)


def _slide_lines(section: Section) -> list[str]:
    lines = []
    for block in section.blocks:
        lines += ["　".join(row) for row in block.rows] if block.kind == "table" else [block.text]
    return lines[:_LINES_A_SLIDE]


def _write(slide: Any, text: str, box: tuple[float, float, float, float], size: int, colour: str) -> None:
    frame = slide.shapes.add_textbox(*(Inches(side) for side in box)).text_frame
    frame.word_wrap = True
    for n, line in enumerate(text.split("\n")):
        run = (frame.paragraphs[0] if n == 0 else frame.add_paragraph()).add_run()
        run.text = line
        run.font.size = SlidePt(size)
        run.font.color.rgb = RGBColor(*bytes.fromhex(colour))  # type: ignore[no-untyped-call]
        etree.SubElement(run.font._element, slide_name("a:ea")).set("typeface", SANS)


def pdf(title: str, markdown: str) -> bytes:
    """An A4 document. Text is extractable everywhere; a reader without any Chinese font shows blanks."""
    if PDF_FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(PDF_FONT))
    body = ParagraphStyle("body", fontName=PDF_FONT, fontSize=10.5, leading=17, wordWrap="CJK", spaceAfter=3)
    heading = ParagraphStyle("heading", body, fontSize=13, leading=22, spaceBefore=8, textColor="#1F5F8B")
    story: list[Any] = [
        Paragraph(title, ParagraphStyle("title", body, fontSize=17, leading=30)),
        Spacer(1, 6),
    ]
    for block in blocks(markdown):
        if block.kind == "table":
            story.append(_pdf_table(block, body))
        else:
            story.append(Paragraph(_escaped(block.text), heading if block.kind == "heading" else body))
    story += [Spacer(1, 12), Paragraph(NOTE, ParagraphStyle("note", body, fontSize=9, textColor="#607D8B"))]
    target = BytesIO()
    SimpleDocTemplate(target, pagesize=A4, title=title, subject=NOTE, invariant=1).build(
        story, onFirstPage=_band, onLaterPages=_band
    )
    return target.getvalue()


def _escaped(text: str) -> str:
    marked = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br/>")
    return marked.translate(_SUBSCRIPTS)


def _pdf_table(block: Block, body: ParagraphStyle) -> Table:
    cells = [[Paragraph(_escaped(text), body) for text in row] for row in block.rows]
    grid = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.5, colors.HexColor("#90A4AE")),
            ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#E3EEF5")),
        ]
    )
    return Table(cells, style=grid, spaceBefore=4, spaceAfter=8)


def _band(canvas: Canvas, _template: Any) -> None:
    width, height = A4
    canvas.setFillColor(colors.HexColor("#1F5F8B"))
    canvas.rect(0, height - 28, width, 28, stroke=0, fill=1)


def xlsx(title: str, markdown: str) -> bytes:
    """A scoring sheet: the rows of the text's last table (else its section titles), three columns of marks, a sum."""
    tables = [block.rows for block in blocks(markdown) if block.kind == "table"]
    rows = tables[-1] if tables else [["项目"], *([section.title] for section in sections(markdown))]
    book = Workbook()
    sheet: Worksheet = book.worksheets[0]
    sheet.title = "评分表"
    sheet.append([f"{title}　评分表（示例）"])
    sheet.append([*rows[0], "自评", "互评", "教师评"])
    for row in rows[1:]:
        sheet.append(row)
    last, width = len(rows) + 1, len(rows[0])
    sheet.cell(last + 1, 1, "合计")
    for column in range(width + 1, width + 4):
        letter = get_column_letter(column)
        sheet.cell(last + 1, column, f"=SUM({letter}3:{letter}{last})")
    sheet.cell(last + 2, 1, NOTE)
    _dress(sheet, width)
    return _saved(book)


def _dress(sheet: Worksheet, width: int) -> None:
    sheet["A1"].font = Font(name=SANS, size=14, bold=True)
    sheet.freeze_panes = "A3"
    for column in range(1, width + 4):
        sheet.column_dimensions[get_column_letter(column)].width = 22 if column <= width else 9
        head = sheet.cell(2, column)
        head.fill = PatternFill("solid", fgColor="E3EEF5")
        head.alignment = Alignment(horizontal="center")
