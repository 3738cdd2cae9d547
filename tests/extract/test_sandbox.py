"""The limited process: it answers for every file, and survives all of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from service.extract import Limits, frames
from service.extract.sandbox import ROOT, Extractor
from service.extract.sniff import WORD, sniff
from tests import needs
from tests.extract import documents


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    made = Extractor(Limits(seconds=20))
    yield made
    made.close()


def size_of(picture: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(picture)) as opened:
        assert opened.format == "WEBP"
        return opened.size


def test_a_pdf_comes_with_a_thumbnail(extractor: Extractor, tmp_path: Path) -> None:
    found = extractor.extract(documents.pdf(tmp_path / "a.pdf"), "application/pdf", "a.pdf")
    assert (found.state, found.pages) == ("ready", 2)
    assert documents.WORDS in found.texts[0]
    assert max(size_of(found.thumbnail)) == 480


def test_a_photo_is_turned_upright(extractor: Extractor, tmp_path: Path) -> None:
    found = extractor.extract(documents.photo(tmp_path / "a.jpg"), "image/jpeg", "a.jpg")
    assert size_of(found.thumbnail) == (360, 480)


def test_page_images_are_as_wide_as_asked_and_empty_for_no_page(extractor: Extractor, tmp_path: Path) -> None:
    path = documents.pdf(tmp_path / "a.pdf")
    assert size_of(extractor.page(path, 2).image)[0] == 720
    assert size_of(extractor.page(path, 1, 300).image)[0] == 300
    assert extractor.page(path, 3).image == b""
    assert extractor.page(documents.word(tmp_path / "b"), 1).image == b""


def test_a_page_tells_what_stands_where_on_its_image(extractor: Extractor, tmp_path: Path) -> None:
    page = extractor.page(documents.pdf(tmp_path / "a.pdf"), 2)
    assert [line.words for line in page.lines] == ["第二页"]


def test_a_locked_file_says_so(extractor: Extractor, tmp_path: Path) -> None:
    found = extractor.extract(documents.pdf(tmp_path / "a.pdf", password="x"), "application/pdf", "a.pdf")
    assert (found.state, found.reason) == ("failed", "文件有密码保护，未能提取文字")


def test_a_picture_of_too_many_pixels_gets_no_thumbnail(extractor: Extractor, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(documents.png_that_claims(60_000, 60_000))
    assert extractor.extract(path, "image/png", "a.png").thumbnail == b""


def test_a_missing_file_fails_in_words(extractor: Extractor, tmp_path: Path) -> None:
    assert extractor.extract(tmp_path / "none", WORD, "a.docx").state == "failed"


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)  # Opening it to read waits for a writer that never comes.
    impatient = Extractor(Limits(seconds=1))
    found = impatient.extract(path, "text/plain", "a.txt")
    assert (found.state, "在 1 秒内未能提取文字" in found.reason) == ("failed", True)
    impatient.close()


class Woken(Extractor):
    """Its server stands still from before the first question until the next one."""

    asked = 0

    def _ask(self, *question: Any) -> Any:
        self._running()
        assert self._server is not None
        os.kill(self._server.pid, signal.SIGCONT if self.asked else signal.SIGSTOP)
        self.asked += 1
        return super()._ask(*question)


def test_a_file_is_read_although_the_machine_stood_still_for_longer_than_it_may_take(tmp_path: Path) -> None:
    woken = Woken(Limits(seconds=5))
    assert woken.extract(documents.word(tmp_path / "a.docx"), WORD, "a.docx").state == "ready"
    assert woken.asked == 2
    woken.close()


def test_what_takes_too_much_memory_fails_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"word " * 20_000_000)
    modest = Extractor(Limits(memory=300 * 1024 * 1024, characters=50_000_000))
    found = modest.extract(path, "text/plain", "a.txt")
    assert found.state == "failed"
    assert "内存" in found.reason
    assert modest.extract(documents.word(tmp_path / "b"), WORD, "b.docx").state == "ready"
    modest.close()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"a" + b" " * 3_000_000, "a.txt"),
        (b"<html>" + b"<td></td>" * 200_000, "a.html"),
        (b"<p>" * 200_000, "a.html"),
        (b"[" * 1_000_000 + b"\\u4e00", "a.json"),
        (b"{\\rtf1" + b"{" * 1_000_000, "a.rtf"),
        (b"1\n" * 1_000_000, "a.srt"),
    ],
)
def test_monotonous_files_are_read_in_time(
    extractor: Extractor, tmp_path: Path, data: bytes, name: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert extractor.extract(path, sniff(path, name), name).state == "ready"


def test_threads_share_it(extractor: Extractor, tmp_path: Path) -> None:
    path = documents.word(tmp_path / "a.docx")
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: extractor.extract(path, WORD, "a.docx"), range(30)))
    assert found == [found[0]] * 30
    assert found[0].state == "ready"


def test_a_dead_server_is_replaced_at_the_next_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # A killed server leaves its folder there.
    path = documents.word(tmp_path / "a.docx")
    mortal = Extractor()
    assert mortal.extract(path, WORD, "a.docx").state == "ready"
    server = mortal._server
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    assert mortal.extract(path, WORD, "a.docx").state == "ready"
    mortal.close()


def test_closing_ends_the_server(tmp_path: Path) -> None:
    brief = Extractor()
    brief.extract(documents.word(tmp_path / "a.docx"), WORD, "a.docx")
    server = brief._server
    brief.close()
    assert server is not None
    assert server.returncode == 0


def test_it_imports_no_tables() -> None:
    code = "import sys, service.extract.server, service.extract.sandbox; print('sqlmodel' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["docs", "nasty"])
def test_every_real_and_hostile_file_gets_an_answer_of_our_own_readers(folder: str) -> None:
    """Without LibreOffice, which may well use up its time on a hostile file."""
    extractor = Extractor(soffice=None)
    paths = [path for path in (needs.need("data") / folder).rglob("*") if path.is_file()]
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda path: extractor.extract(path, sniff(path, path.name), path.name), paths)
        for path, found in zip(paths, answers, strict=True):
            assert (found.state == "failed") == bool(found.reason), path
            assert "在 20 秒内" not in found.reason, path
            assert "程序中止" not in found.reason, path
            assert replace(found, thumbnail=b"") == frames.unpacked(frames.packed(found)), path
    extractor.close()


@pytest.mark.slow
def test_nearly_all_real_documents_that_hold_text_give_it(extractor: Extractor) -> None:
    least = {".docx": 0.88, ".xlsx": 1, ".pptx": 0.85, ".pdf": 0.84, ".doc": 0.96, ".xls": 0.96, ".ppt": 0.93,
             ".rtf": 1, ".epub": 1, ".odt": 0.74, ".html": 0.92, ".csv": 1, ".vtt": 1, ".srt": 1}  # fmt: skip
    for ending, share in least.items():
        paths = list((needs.need("data") / "docs").rglob(f"*{ending}"))
        found = [extractor.extract(path, sniff(path, path.name), path.name) for path in paths]
        assert sum(any(one.texts) for one in found) >= share * len(paths), ending
