"""Files are scanned for viruses where there is a scanner, and what is infected is withheld."""

from pathlib import Path

import pytest

from service.errors import Denied
from service.library import bundles, contents, files, scanning
from service.models import File
from service.worker import Worker
from tests.factories import Library, library
from tests.needs import need

HARMFUL = b"a harmful file, as far as this test's signatures know"


def scanned(folder: Path, scanner: str) -> tuple[Library, str, str]:
    """A library with this scanner, a draft, and a harmful file in it that was worked on."""
    made = library(folder / "data")
    made.backends.settings.scanner = scanner
    ident = made.draft("t_helper")
    file = made.attach("t_helper", ident, "课件.bin", HARMFUL, "application/octet-stream")
    made.attach("t_helper", ident, "教案.txt", b"a harmless one")
    Worker(made.backends).run(until_idle=True)
    return made, ident, file


def test_what_is_infected_is_withheld_and_says_why(tmp_path: Path) -> None:
    signatures = tmp_path / "test.ndb"
    signatures.write_text(f"Test.Harmful:0:*:{HARMFUL[:30].hex()}\n")
    made, ident, file = scanned(tmp_path, f"{need('clamscan')} --no-summary --stdout -d {signatures}")
    with made.reading("t_helper") as work:
        row = work.session.get_one(File, file)
        assert row.withheld.startswith("virus: Test.Harmful")
        assert (row.state, "发现了病毒" in row.reason) == ("failed", True)
        with pytest.raises(Denied):
            contents.original(work, ident, file)
        with pytest.raises(Denied):
            bundles.bundle(work, ident)
        others = [item["state"] for item in files.listing(work, ident) if item["id"] != file]
    assert others == ["ready"]
    made.close()


def test_a_scanner_that_cannot_look_leaves_the_file_for_a_later_try(tmp_path: Path) -> None:
    made, _ident, file = scanned(tmp_path, "sh -c 'exit 2'")
    with made.backends.reading() as work:
        row = work.session.get_one(File, file)
        assert (row.state, row.withheld, row.scanned_at) == ("pending", "", None)
    made.close()


def test_without_a_scanner_nothing_is_scanned() -> None:
    assert scanning.command("none") == ()
