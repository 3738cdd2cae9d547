"""A resource's page shows what became of documents and films, in words, with a retry for those who may edit."""

from pathlib import Path

from service.library import conversions
from service.models import File
from tests.extract import documents
from tests.extract.test_legacy import stand_in
from tests.films import film
from tests.web.browsing import Site
from tests.web.test_resource_page import extract

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def document(pages: Site, folder: Path) -> tuple[str, str]:
    """A draft with a lesson plan, whose conversion is asked for; (resource, file)."""
    pages.library.backends.settings.convert = True
    ident = pages.library.draft("t_helper")
    path = documents.word(folder / "教案.docx")
    return ident, pages.library.attach("t_helper", ident, "教案.docx", path.read_bytes(), WORD)


def test_each_step_is_shown_and_then_the_pages(pages: Site, tmp_path: Path) -> None:
    ident, file = document(pages, tmp_path)
    pdf = documents.pdf(tmp_path / "made.pdf")
    pages.library.backends.extractor.soffice = stand_in(tmp_path, f'mkdir "$out"; cp "{pdf}" "$out/file.pdf"')
    with pages.library.backends.writing() as work:
        conversions.begin(work, file, WORD)
    visitor = pages.visitor()
    assert "正在准备预览：转成 PDF（第 1 步，共 2 步）" in visitor.get(f"/resources/{ident}")
    extract(pages)
    page = visitor.get(f"/resources/{ident}")
    assert "正在准备预览" not in page
    assert "2 页" in page
    assert page.count(f"/files/{file}/pages/") == 2
    assert "文字版" in page
    answer = pages.http.get(f"/api/v1/resources/{ident}/files/{file}/pdf", headers=visitor.headers())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content == pdf.read_bytes()


def test_without_a_program_the_page_says_so_plainly(pages: Site, tmp_path: Path) -> None:
    ident, _file = document(pages, tmp_path)
    pages.library.backends.extractor.soffice = None
    extract(pages)
    assert "本机没有转换程序" in pages.visitor().get(f"/resources/{ident}")


def test_a_failure_says_why_and_is_repeated_by_those_who_may_edit(pages: Site, tmp_path: Path) -> None:
    ident, file = document(pages, tmp_path)
    pages.library.share("t_helper", ident, f"pair:{pages.library.pairs['school']}")
    pages.library.backends.extractor.soffice = stand_in(tmp_path, "exit 1")
    extract(pages)
    author, reader = pages.visitor(), pages.visitor("t_aided")
    path = f"/resources/{ident}/files/{file}/retry"
    assert "没有转换成功" in author.get(f"/resources/{ident}")
    assert path in author.get(f"/resources/{ident}")
    assert path not in reader.get(f"/resources/{ident}")
    reader.refused(403, path)
    pages.visitor("t_lonely").refused(404, path)
    author.done(path)
    author.refused(409, path)
    assert "正在准备预览" in author.get(f"/resources/{ident}")


def test_a_file_whose_text_failed_is_read_once_more(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    file = pages.library.attach("t_helper", ident, "教案.docx", b"broken", WORD)
    extract(pages)
    author = pages.visitor()
    assert "未能提取文字" in author.get(f"/resources/{ident}")
    author.done(f"/resources/{ident}/files/{file}/retry")
    with pages.library.backends.reading() as work:
        assert work.session.get_one(File, file).state == "pending"


def test_a_film_plays_in_the_page_and_tells_its_length(pages: Site, tmp_path: Path) -> None:
    pages.library.backends.settings.convert = True
    ident = pages.library.draft("t_helper")
    source = film(tmp_path / "课.mkv", seconds=65, size=(160, 120))
    file = pages.library.attach("t_helper", ident, "课.mkv", source.read_bytes(), "video/matroska")
    visitor = pages.visitor()
    address = f"/api/v1/resources/{ident}/files/{file}/film"
    assert pages.http.get(address, headers=visitor.headers()).content == source.read_bytes()
    extract(pages)
    page = visitor.get(f"/resources/{ident}")
    assert f'src="{address}"' in page
    assert f'poster="/api/v1/resources/{ident}/files/{file}/thumbnail"' in page
    assert '<span class="muted">1:0' in page
    part = pages.http.get(address, headers=visitor.headers() | {"Range": "bytes=0-11"})
    assert (part.status_code, part.headers["content-type"], part.content[4:8]) == (206, "video/mp4", b"ftyp")


def test_macros_and_programs_are_labelled(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    pages.library.attach("t_helper", ident, "点名.exe", b"MZ", "application/octet-stream")
    file = pages.library.attach("t_helper", ident, "成绩.xlsm", b"x", "application/octet-stream")
    with pages.library.backends.writing() as work:
        work.session.get_one(File, file).details = {"macros": 1}
    page = pages.visitor().get(f"/resources/{ident}")
    assert "含宏</span>" in page
    assert "程序</span>" in page


def test_what_is_withheld_is_not_offered(pages: Site) -> None:
    ident = pages.library.draft("t_helper")
    file = pages.library.attach("t_helper", ident, "教案.txt", b"abc")
    with pages.library.backends.writing() as work:
        work.session.get_one(File, file).withheld = "virus: Test"
    visitor = pages.visitor()
    page = visitor.get(f"/resources/{ident}")
    assert "发现了病毒" in page
    assert "下载 3 字节" not in page
    answer = pages.http.get(f"/api/v1/resources/{ident}/files/{file}/content", headers=visitor.headers())
    assert answer.status_code == 403
