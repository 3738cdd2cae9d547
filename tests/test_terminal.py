"""What a command writes is what it was given, letter by letter; what a process that runs for long spares itself."""

import gc

import pytest

from service import terminal
from service.errors import NotFound

WORDS = "AB:33:CD:37 《[red]枫桥夜泊[/red]》 [第2版] :smile:"


def test_words_with_brackets_and_colons_are_written_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.out.print(WORDS)
    terminal.failed(ValueError(WORDS))
    written = capsys.readouterr()
    assert written.out == f"{WORDS}\n"
    assert written.err == f"没有完成：{WORDS}\n"


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
