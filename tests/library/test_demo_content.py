"""What the demo is made of: its texts, its codes, its people, and the files made from them."""

from collections import Counter
from functools import cache
from io import BytesIO

import av
import docx
import openpyxl
import pptx
import pypdfium2
import pytest
from PIL import Image

from service.library.demo import content, drawings, films, people
from service.library.demo.cast import password, side
from service.library.demo.files import Made, make
from service.library.demo.outline import blocks, sections
from service.library.demo.seed import codes
from service.library.fields import new_resource

PIECES = content.load()
ORDERS = sorted({(order, piece.slug) for piece in PIECES for order in piece.files})


@cache
def made(kind: str) -> Made:
    """The first file of this kind that a resource orders."""
    order, slug = next(found for found in ORDERS if found[0].partition(":")[0] == kind)
    piece = next(piece for piece in PIECES if piece.slug == slug)
    return make(order, piece.fields["title"], piece.fields["content"])


def test_there_are_more_than_thirty_resources_of_all_three_kinds() -> None:
    kinds = Counter(piece.fields["kind"] for piece in PIECES)

    assert len(PIECES) >= 32
    assert min(kinds[kind] for kind in ("lesson_case", "joint_course", "training_material")) >= 5


def test_the_resources_stand_in_every_state_a_reader_can_meet() -> None:
    states = Counter(piece.status for piece in PIECES)

    assert states["published"] > len(PIECES) / 2
    assert states["draft"] >= 2
    assert states["submitted"] >= 1
    assert any(piece.adapted_from for piece in PIECES)


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.slug)
def test_every_resource_has_known_codes_and_a_text_of_substance(piece: content.Piece) -> None:
    parsed = new_resource(codes(piece.fields))

    assert content.TAG in parsed.tags
    assert 300 <= len(parsed.content) <= 1200
    assert parsed.summary
    assert parsed.kind != "training_material" or (parsed.major and parsed.job_task)


def test_every_word_that_content_uses_for_people_is_known() -> None:
    usernames = {account.username for account in people.ACCOUNTS}
    named = {credit["who"] for piece in PIECES for credit in piece.credits if "who" in credit}

    assert {piece.author for piece in PIECES} | named <= usernames
    assert {member for team in people.TEAMS for member in team.members} <= usernames


def test_no_resource_with_pictures_is_made_of_photographs() -> None:
    drawn = {order.partition(":")[2] for piece in PIECES for order in piece.files if ":" in order}

    assert drawn <= {*drawings.PICTURES, *drawings.FILMS, *films.CAPTIONS}


@pytest.mark.parametrize(
    ("place", "expected"), [("qd", "helper"), ("qb", "helper"), ("hz", "aided"), ("ta", None)]
)
def test_each_of_the_four_kinds_of_school_has_a_teacher_and_an_administrator(
    place: str, expected: str | None
) -> None:
    roles = {account.role for account in people.ACCOUNTS if account.place == place}

    assert roles == {"teacher", "school_admin"}
    assert side(place) == expected


def test_two_helpers_aid_the_same_school() -> None:
    helpers = [pair.helper for pair in people.PAIRS if pair.aided == "hz" and pair.status == "active"]

    assert helpers == ["qd", "qb"]


def test_passwords_differ_and_can_be_typed() -> None:
    made_up = {password() for _ in range(50)}

    assert len(made_up) == 50
    assert all(len(found) >= 12 and found.isascii() and found.islower() for found in made_up)


def test_markdown_becomes_headings_items_and_tables() -> None:
    found = blocks("## 过程\n\n1. 一\n2. **二**\n\n- 三\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n\n段落")

    assert [(block.kind, block.text) for block in found] == [
        ("heading", "过程"),
        ("item", "1. 一"),
        ("item", "2. 二"),
        ("item", "• 三"),
        ("table", ""),
        ("paragraph", "段落"),
    ]
    assert found[4].rows == [["甲", "乙"], ["1", "2"]]


def test_the_word_file_has_headings_a_table_and_east_asian_fonts() -> None:
    document = docx.Document(BytesIO(made("docx").data))

    assert [
        paragraph
        for paragraph in document.paragraphs
        if paragraph.style and paragraph.style.name == "Heading 1"
    ]
    assert document.tables
    assert "eastAsia" in document.styles["Normal"].element.xml
    assert "示例" in document.paragraphs[-1].text


def test_the_slides_are_four_to_six_and_say_that_they_are_a_sample() -> None:
    deck = pptx.Presentation(BytesIO(made("pptx").data))

    assert 4 <= len(deck.slides) <= 6
    assert any("示例" in shape.text_frame.text for shape in deck.slides[0].shapes)


def test_the_pdf_gives_its_chinese_text() -> None:
    page = pypdfium2.PdfDocument(made("pdf").data)[0].get_textpage()

    assert "教学" in page.get_text_bounded()
    assert "示例" in page.get_text_bounded()


def test_the_scoring_sheet_sums_the_marks() -> None:
    sheet = openpyxl.load_workbook(BytesIO(made("xlsx").data)).worksheets[0]
    values = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]

    assert any(str(value).startswith("=SUM(") for value in values)
    assert "示例" in str(sheet["A1"].value)


@pytest.mark.parametrize("name", drawings.PICTURES)
def test_every_picture_opens_and_is_not_blank(name: str) -> None:
    picture = Image.open(BytesIO(drawings.picture(name, "示例")))

    assert picture.size == drawings.SIZE
    assert picture.info["Description"] == "示例"
    assert len(picture.getcolors(1_000_000) or []) >= 3


def test_the_film_is_h264_that_plays_while_it_loads() -> None:
    data = made("mp4").data
    with av.open(BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(video=0))

        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert frames == films.SECONDS * films.RATE
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_subtitles_are_numbered_cues() -> None:
    cues = made("srt").data.decode().strip().split("\n\n")

    assert [cue.split("\n")[0] for cue in cues] == [str(n + 1) for n in range(len(cues))]
    assert "示例" in cues[-1]


@pytest.mark.parametrize("kind", ["md", "txt"])
def test_text_files_carry_the_whole_text(kind: str) -> None:
    text = made(kind).data.decode("utf-8-sig")

    assert "示例" in text
    assert len(text) > 300


def test_every_section_of_the_content_has_a_title() -> None:
    assert all(section.title for piece in PIECES for section in sections(piece.fields["content"]))


def test_all_files_together_stay_small() -> None:
    pieces = {piece.slug: piece for piece in PIECES}
    total = sum(
        len(make(order, pieces[slug].fields["title"], pieces[slug].fields["content"]).data)
        for order, slug in ORDERS
    )

    assert total < 10_000_000


def test_a_content_file_whose_fields_do_not_come_first_is_refused() -> None:
    with pytest.raises(ValueError, match="come first"):
        content.parse("odd", "text\n+++\n+++\n")
