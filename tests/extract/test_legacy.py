"""Office's old binary formats."""

import os
import select
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.extract import Limits, fields, legacy, office, powerpoint97, readers, word97
from service.extract.problems import Locked, Unreadable
from service.extract.sandbox import Extractor
from service.extract.sniff import DOC, WORD, sniff
from tests import needs
from tests.extract import documents
from tests.test_stack import eventually


def word_streams(text: str, narrow: bytes) -> tuple[bytes, bytes]:
    """The streams of a Word 97 file of two pieces: one in UTF-16, one of a byte per character."""
    wide = text.encode("utf-16-le")
    start, second = 0x400, 0x400 + len(wide)
    ends = struct.pack("<III", 0, len(text), len(text) + len(narrow))
    pieces = struct.pack("<HIH", 0, start, 0) + struct.pack("<HIH", 0, second * 2 | 0x40000000, 0)
    table = b"\x02" + struct.pack("<I", len(ends + pieces)) + ends + pieces
    head = bytearray(0x400)
    struct.pack_into("<HH", head, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", head, 0x0A, 0x0200)
    struct.pack_into("<II", head, 0x1A2, 0, len(table))
    return bytes(head) + wide + narrow, table


def test_word_pieces_of_both_widths_are_joined() -> None:
    main, table = word_streams("教案\r一\x07二\x07", b"abc\r")
    assert word97.text(main, table) == "教案\n一\t二\tabc\n"
    assert word97.table_name(word97.fib(main)[1]) == "1Table"


def test_the_codes_of_fields_are_not_read() -> None:
    assert word97.plain("见\x13 PAGEREF a \x13 X \x14y\x15 \x14第 3 页\x15。") == "见第 3 页。"


def test_the_base_of_a_pronunciation_guide_is_read() -> None:
    guide = '\x13EQ \\* jc2 \\* "Font:宋体" \\* hps10 \\o\\ad(\\s\\up 9({}),{})\x15'
    assert word97.plain(guide.format("chūn", "春") + guide.format("tiān", "天") + "\r") == "春天\n"
    assert fields.words("EQ \\f(1,2)") == fields.words("HYPERLINK x") == ""


def test_a_locked_and_a_broken_word_file_are_told_apart() -> None:
    main, table = word_streams("字", b"a")
    with pytest.raises(Locked):
        word97.text(main[:0x0A] + b"\x00\x03" + main[0x0C:], table)
    with pytest.raises(Unreadable):
        word97.text(main, table[:3])
    with pytest.raises(Unreadable):
        word97.fib(b"")


def test_slides_without_a_directory_still_give_their_text() -> None:
    atom = "放映".encode("utf-16-le")
    data = struct.pack("<HHI", 0, 4000, len(atom)) + atom
    assert powerpoint97.slides(data, b"") == ["放映"]
    with pytest.raises(Unreadable):
        powerpoint97.slides(b"", b"")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "pages", "words"),
    [
        ("poi-misc/ppt/basic_test_ppt_file.ppt", 2, "These are the notes for page 1"),
        ("poi-misc/doc/simple-table.doc", None, "created using Word 97"),
        ("poi-misc/doc/Word6_sections2.doc", None, "STATEMENT  OF  INSOLVENCY"),
        ("poi-misc/xls/61287.xls", None, "资产负债表"),
        ("tika-misc/testRTF-ms932.rtf", None, "こんにちは"),
        ("poi-misc/msg/simple_test_msg.msg", None, "This is a test message."),
    ],
)
def test_real_files_of_the_last_century(file: str, pages: int | None, words: str) -> None:
    path = needs.need("data") / "docs" / file
    found = readers.read(path, sniff(path, path.name), path.name, Limits())
    assert (found.state, found.pages) == ("ready", pages)
    assert words in "\n".join(found.texts)


def stand_in(folder: Path, does: str) -> str:
    """A program that is called as LibreOffice is; `does` sees the folder for its output as $out."""
    program = folder / "soffice"
    program.write_text(
        f'#!/bin/sh\nfor last; do [ "$before" = --outdir ] && out="$last"; before="$last"; done\n{does}\n'
    )
    program.chmod(0o755)
    return str(program)


def test_what_our_readers_cannot_read_goes_to_the_office_program(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"
    path.write_bytes(b"\xdb\xa5-\0 Word 2")
    without = Extractor(soffice=None)
    assert without.extract(path, DOC, "a.doc").state == "failed"
    without.close()
    program = stand_in(tmp_path, 'mkdir "$out"; printf 教案 > "$out/file.txt"')
    helped = Extractor(soffice=program)
    assert helped.extract(path, DOC, "a.doc").texts == ("教案",)
    helped.close()


def test_an_office_program_that_hangs_dies_with_the_child(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"
    path.write_bytes(b"\xdb\xa5-\0 Word 2")
    os.mkfifo(tmp_path / "never")
    impatient = Extractor(
        Limits(seconds=2), soffice=stand_in(tmp_path, f'exec 3< "{tmp_path}/never"; sleep 600')
    )
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(impatient.extract, path, DOC, "a.doc")
        with (tmp_path / "never").open("wb") as held_by_it:
            ended = select.poll()
            ended.register(held_by_it, 0)
            assert ended.poll() == [
                (held_by_it.fileno(), select.POLLERR)
            ]  # When the last process that reads it ends.
        assert "在 2 秒内" in answer.result().reason
    impatient.close()


@pytest.mark.slow
def test_a_libreoffice_that_is_killed_leaves_no_socket_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    never_ends = f'exec {needs.need("soffice")} "$1" --headless --norestore'
    extractor = Extractor(soffice=stand_in(tmp_path, never_ends))
    path, target = documents.word(tmp_path / "a.docx"), tmp_path / "made" / "a.pdf"
    target.parent.mkdir()

    def sockets() -> list[Path]:
        profiles = tmp_path.glob("tongke-extract-*/*/*/profile")
        named = [place / office.socket_of(profile) for profile in profiles for place in office.SOCKETS]
        return [one for one in named if one.exists()]

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(extractor.pdf, path, WORD, target)
        (socket,) = eventually(sockets)
        extractor.close()
        assert answer.result().state == "failed"
    assert not socket.exists()


@pytest.mark.slow
def test_libreoffice_reads_what_we_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "program", str(needs.need("soffice")))
    path = documents.word(tmp_path / "a.docx")
    assert documents.WORDS in "\n".join(legacy.read_other(path, "a.docx", Limits()).texts)
