"""What a command writes is what it was given, letter by letter; what a process that runs for long spares itself."""

import gc
import os
import threading
from pathlib import Path

import pytest
import typer

from service import terminal
from service.errors import NotFound
from service.settings import Settings
from tests import stacks

WORDS = "AB:33:CD:37 《[red]枫桥夜泊[/red]》 [第2版] :smile:"


def test_words_with_brackets_and_colons_are_written_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.out.print(WORDS)
    terminal.failed(ValueError(WORDS))
    written = capsys.readouterr()
    assert written.out == f"{WORDS}\n"
    assert written.err == f"没有完成：{WORDS}\n"


def test_no_word_is_a_command_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.out.print("教案\x1b]0;别的标题\x07\x9b31m一\n二")
    terminal.failed(ValueError("\x1b[2J没有"))
    written = capsys.readouterr()
    assert written.out == "教案\ufffd]0;别的标题\ufffd\ufffd31m一\n二\n"
    assert written.err == "没有完成：\ufffd[2J没有\n"


def test_a_failure_says_what_the_interface_would_say(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.failed(error := NotFound("没有这份资源"))
    assert capsys.readouterr().err == f"没有完成：{error.detail}\n"


def test_garbage_is_looked_for_seldom_and_not_among_what_is_loaded() -> None:
    before = gc.get_threshold()
    try:
        terminal.collect_seldom(10_000, 20, 50)
        assert gc.get_threshold() == (10_000, 20, 50)
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def at_another_place(url: str, folder: Path) -> tuple[Settings, Path, str]:
    """A library whose PostgreSQL is looked for where it is not yet; where that is, and where it is in truth."""
    there = url.partition("host=")[2]
    place = folder / "sockets"
    return Settings(data_dir=folder / "library", database_url=url.replace(there, str(place))), place, there


def test_a_service_waits_for_a_database_that_is_being_started_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "AGAIN", 0.01)
    settings, place, there = at_another_place(stacks.postgres(tmp_path), tmp_path)
    starting = threading.Timer(0.3, os.symlink, (there, place))
    starting.start()
    with terminal.opened(settings, patience=60) as backends:
        assert backends.database.current()
    starting.join()


def test_a_command_does_not_wait_for_a_database_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, _place, _there = at_another_place(stacks.postgres(tmp_path), tmp_path)
    with pytest.raises(typer.Exit), terminal.opened(settings):
        pytest.fail("it was opened")
    assert "数据库暂时连接不上" in capsys.readouterr().err
