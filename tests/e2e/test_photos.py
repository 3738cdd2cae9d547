"""Pictures of the camera become one PDF in the browser, upright, small, and without the place they were taken at."""

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.server import Server
from tests.e2e.steps import WIDTHS, OpenPage, begin_draft, sign_in

GPS, ORIENTATION, ROTATED = 0x8825, 0x0112, 6
RED, BLUE = (200, 30, 30), (30, 30, 200)


def photograph(folder: Path, name: str, colour: tuple[int, int, int]) -> Path:
    """A large picture of a camera that was held upright: it lies on its side, and says so, and where it was."""
    picture = Image.new("RGB", (3000, 2000), colour)
    exif = picture.getexif()
    exif[ORIENTATION] = ROTATED
    exif.get_ifd(GPS).update({1: "N", 2: (36.0, 4.0, 12.0), 3: "E", 4: (120.0, 22.0, 48.0)})
    path = folder / name
    picture.save(path, "JPEG", exif=exif)
    return path


def begun(page: OpenPage, server: Server, width: int) -> Page:
    tab = page(width=width)
    sign_in(tab, server, "teacher", "helper")
    begin_draft(tab, "拍下来的教案")
    tab.get_by_text("把几张照片合成一个 PDF").click()
    return tab


@pytest.mark.parametrize("width", WIDTHS)
def test_pictures_become_one_pdf_that_has_said_whether_it_shows_children(
    page: OpenPage, server: Server, tmp_path: Path, width: int
) -> None:
    first, second = photograph(tmp_path, "一.jpg", BLUE), photograph(tmp_path, "二.jpg", RED)
    tab = begun(page, server, width)
    tab.locator("tongke-photos input[type=file]").set_input_files([first, second])
    expect(tab.locator("tongke-photos [data-says]")).to_have_text("共 2 页")
    tab.get_by_role("button", name="上移 二.jpg").click()
    tab.get_by_label("合成后的文件名").fill("教案手稿")
    tab.locator("tongke-photos").get_by_label("没有").check()
    tab.get_by_role("button", name="合成并上传").click()
    row = tab.locator("#files .files .file", has_text="教案手稿.pdf")
    expect(row).to_be_visible()
    expect(row.get_by_label("没有")).to_be_checked()

    address = row.locator("a[download]").first.get_attribute("href")
    assert address is not None
    content = tab.request.get(address).body()
    assert b"Exif" not in content
    assert len(content) < 300_000
    pdf = pypdfium2.PdfDocument(content)
    shown = [sheet.render(scale=0.2).to_pil().convert("RGB") for sheet in pdf]
    assert [picture.width < picture.height for picture in shown] == [True, True]
    assert [max(range(3), key=picture.getpixel((20, 20)).__getitem__) for picture in shown] == [0, 2]


def test_what_is_no_picture_is_said_to_be_none(page: OpenPage, server: Server, tmp_path: Path) -> None:
    broken, good = tmp_path / "坏.jpg", io.BytesIO()
    broken.write_bytes(b"\xff\xd8 no picture")
    Image.new("RGB", (10, 10)).save(good, "PNG")
    tab = begun(page, server, 360)
    chooser = tab.locator("tongke-photos input[type=file]")
    chooser.set_input_files(broken)
    expect(tab.locator("tongke-photos [data-says]")).to_contain_text("“坏.jpg”打不开")
    chooser.set_input_files({"name": "好.png", "mimeType": "image/png", "buffer": good.getvalue()})
    expect(tab.locator("tongke-photos [data-says]")).to_have_text("共 1 页")
    tab.get_by_role("button", name="移除 好.png").click()
    expect(tab.get_by_role("button", name="合成并上传")).to_be_hidden()
