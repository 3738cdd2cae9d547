"""What a file is, by its content."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.extract import sniff as kinds
from service.extract.sniff import sniff
from tests import needs
from tests.extract import documents

EXE = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0"


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (EXE, "课件.pdf", "application/vnd.microsoft.portable-executable"),
        (b"<!DOCTYPE html><p>1", "notes.txt", "text/html"),
        (b"\xef\xbb\xbf \n<script>1</script>", "a.csv", "text/html"),
        ("<html>好</html>".encode("utf-16"), "a.txt", "text/html"),
        (b"<?xml version='1.0'?><!-- x --><svg xmlns='s'/>", "a.png", "image/svg+xml"),
        (b"<?xml version='1.0'?><html xmlns='h'/>", "a.xml", "text/html"),
        (b"<?xml version='1.0'?><rss/>", "a.txt", "application/xml"),
        (b"<img src=x onerror=alert(1)>", "a.txt", "text/html"),
        (b"<img src=x>\n# Title", "a.md", "text/markdown"),
        (b"<tt xmlns='t'/>", "a.ttml", "application/ttml+xml"),
        (b"%PDF-1.4", "a.doc", "application/pdf"),
        (b"{\\rtf1 a}", "a.doc", "application/rtf"),
        (b"\xff\xd8\xff\xe0", "a.txt", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a", "image/webp"),
        (b"\0\0\0\x18ftypisom", "a", "video/mp4"),
        (b"\0\0\0\x18ftypM4A ", "a", "audio/mp4"),
        ("姓名,分数\n".encode("gb18030"), "a.csv", "text/csv"),
        ("春天来了".encode("utf-16"), "a.txt", "text/plain"),
        ("第1课 春天 abc".encode("utf-16-le"), "a.txt", "text/plain"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nhi\n", "a.srt", "application/x-subrip"),
        (b"WEBVTT\n\n", "a.txt", "text/vtt"),
        (b'{"a": 1}', "a", "application/json"),
        (b"", "a.txt", "text/plain"),
        (b"", "a.pdf", kinds.UNKNOWN),
        (bytes(range(256)) * 4, "a.txt", kinds.UNKNOWN),
        (b"PK\x03\x04 no zip", "a.docx", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no ole", "a.doc", kinds.OLE),
    ],
)
def test_content_decides_and_the_name_only_among_texts(
    tmp_path: Path, data: bytes, name: str, kind: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert sniff(path, name) == kind


def test_office_and_book_are_told_by_their_members(tmp_path: Path) -> None:
    assert sniff(documents.word(tmp_path / "a"), "a.zip") == kinds.WORD
    assert sniff(documents.slides(tmp_path / "b"), "b") == kinds.SLIDES
    assert sniff(documents.sheets(tmp_path / "c.xlsx"), "c") == kinds.SHEET
    assert sniff(documents.book(tmp_path / "d"), "d") == "application/epub+zip"
    assert sniff(documents.packed(tmp_path / "e", {"a.txt": "a"}), "e.docx") == "application/zip"


def test_a_zip_whose_table_of_contents_is_huge_is_not_looked_into(tmp_path: Path) -> None:
    path = documents.word(tmp_path / "a.docx")
    data = bytearray(path.read_bytes())
    end = data.rfind(b"PK\x05\x06")
    size, start = struct.unpack_from("<II", data, end + 12)
    # The 64-bit end record (APPNOTE 4.3.14) outdoes the modest figures of the plain one.
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size + (1 << 30), start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    path.write_bytes(bytes(data[:end]) + wide + locator + bytes(data[end:]))
    assert sniff(path, "a.docx") == "application/zip"


@given(st.binary(max_size=600), st.sampled_from(["a.txt", "a.docx", "a", "a.html"]))
def test_no_bytes_make_it_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    for start in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<?xml "):
        path.write_bytes(start + data)
        assert "/" in sniff(path, name)


@pytest.mark.slow
def test_no_hostile_file_makes_it_raise() -> None:
    for path in (needs.need("data") / "nasty").rglob("*"):
        if path.is_file():
            assert "/" in sniff(path, path.name)
