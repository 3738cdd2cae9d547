"""Pictures: what they show is said in words, and where they were taken is nobody's business."""

import io

from PIL import Image

from service.library import contents, files, resources, versions
from service.models import File
from service.worker import Worker
from tests.web.browsing import Site

GPS = 0x8825


def photograph(form: str = "JPEG") -> bytes:
    """A small picture that tells a place and how the camera was held."""
    picture = Image.new("RGB", (64, 48), "green")
    exif = picture.getexif()
    exif[0x0112] = 6
    exif.get_ifd(GPS).update({1: "N", 2: (36.0, 4.0, 12.0), 3: "E", 4: (120.0, 22.0, 48.0)})
    target = io.BytesIO()
    picture.save(target, form, exif=exif)
    return target.getvalue()


def uploaded(pages: Site, content: bytes, name: str, media_type: str) -> tuple[str, str]:
    ident = pages.library.draft("t_helper")
    file_id = pages.library.attach("t_helper", ident, name, content, media_type)
    Worker(pages.library.backends).run(until_idle=True)
    return ident, file_id


def test_a_place_is_flagged_and_taken_out_of_the_picture_and_nothing_else_is(pages: Site) -> None:
    for form, media_type in (("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")):
        ident, file_id = uploaded(pages, photograph(form), f"照片.{form.lower()}", media_type)
        teacher = pages.visitor()
        assert "这张图片里记着拍摄地点" in teacher.get(f"/resources/{ident}/edit")
        teacher.done(f"/resources/{ident}/files/{file_id}/unplace")
        Worker(pages.library.backends).run(until_idle=True)

        assert "这张图片里记着拍摄地点" not in teacher.get(f"/resources/{ident}/edit")
        with pages.library.reading("t_helper") as work:
            (now,) = files.listing(work, ident, "draft")
            found = contents.original(work, ident, now["id"])
            with contents.open_bytes(work, found) as stream:
                picture = Image.open(io.BytesIO(stream.read()))
        assert picture.format == form
        assert not picture.getexif().get_ifd(GPS)
        assert picture.getexif()[0x0112] == 6
        assert (now["name"], picture.size) == (f"照片.{form.lower()}", (64, 48))


def test_a_picture_that_cannot_be_written_anew_is_left_as_it_is(pages: Site) -> None:
    ident, file_id = uploaded(pages, photograph()[:300], "坏的.jpg", "image/jpeg")
    page = pages.visitor().refused(409, f"/resources/{ident}/files/{file_id}/unplace")
    assert "另存一份不带地点的图片" in page
    pages.visitor("t_lonely").refused(404, f"/resources/{ident}/files/{file_id}/unplace")


def test_what_a_picture_shows_is_read_to_those_who_cannot_see_it_once_it_is_published(pages: Site) -> None:
    ident, file_id = uploaded(pages, photograph(), "照片.jpg", "image/jpeg")
    teacher, admin = pages.visitor(), pages.visitor("a_helper")
    teacher.done(f"/resources/{ident}/files/{file_id}/children", {"shows_children": "no"})
    teacher.done(f"/resources/{ident}/files/{file_id}/describe", {"alt": "一面绿色的墙"})
    teacher.done(f"/resources/{ident}/submit")
    admin.done(f"/resources/{ident}/publish")
    assert 'alt="一面绿色的墙"' in teacher.get(f"/resources/{ident}")

    teacher.done(f"/resources/{ident}/files/{file_id}/describe", {"alt": "还没有审过的话"})
    assert "还没有审过的话" in teacher.get(f"/resources/{ident}?version=draft")
    assert "还没有审过的话" not in teacher.get(f"/resources/{ident}").split("<main", 1)[1].split("相似", 1)[0]
    pages.visitor("t_aided").refused(404, f"/resources/{ident}/files/{file_id}/describe", {"alt": "x"})


def test_a_document_of_pictures_that_show_children_stays_closed_and_asks_for_the_consent(pages: Site) -> None:
    ident, file_id = uploaded(pages, b"%PDF-1.4", "活动照片.pdf", "application/pdf")
    teacher = pages.visitor()
    assert "是否拍到学生" not in teacher.get(f"/resources/{ident}/edit").split("tongke-photos>", 1)[1]
    with pages.library.writing("t_helper") as work:
        work.session.get_one(File, file_id).shows_children = "yes"
    assert "监护人同意的日期" in teacher.get(f"/resources/{ident}/edit")
    teacher.done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    with pages.library.reading("t_helper") as work:
        resource = resources.load(work, ident)
        assert not resource.children_clear
        assert versions.unclear_files(work, resource) == ["活动照片.pdf"]
