"""An engine that is too slow is given up on, and not waited for again until it answers."""

import threading
from time import monotonic

import pytest

from service.search import IndexDown
from service.search.patience import Patience


def answer() -> str:
    return "answer"


def refuse() -> str:
    raise IndexDown("gone")


def test_an_answer_and_a_refusal_pass_through_and_neither_trips_it() -> None:
    patience = Patience(60)
    assert patience.ask(answer) == "answer"
    for _ in range(5):
        with pytest.raises(IndexDown, match="gone"):
            patience.ask(refuse)
    assert patience.ask(answer) == "answer"


def test_nobody_waits_longer_than_she_said_and_that_is_no_fault_of_the_engine() -> None:
    patience, free = Patience(60), threading.Event()
    with pytest.raises(IndexDown):
        patience.ask(answer, until=monotonic())
    with pytest.raises(IndexDown):
        patience.ask(free.wait, until=monotonic() + 0.05)
    free.set()
    assert patience.ask(answer) == "answer"


def test_what_was_begun_goes_on_meanwhile_and_its_time_runs_from_then() -> None:
    patience, free, begun = Patience(60), threading.Event(), threading.Event()

    def ask() -> str:
        begun.set()
        return answer() if free.wait() else ""

    waiting = patience.begin(ask)
    begun.wait()
    late = patience.begin(free.wait, until=monotonic() + 0.05)
    with pytest.raises(IndexDown):
        late()
    free.set()
    assert waiting() == "answer"


def test_who_asks_after_a_slow_answer_does_not_wait_until_the_engine_answers_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patience, free, begun, asked = Patience(0.05), threading.Event(), threading.Event(), list[int]()

    def slow() -> str:
        asked.append(1)
        begun.set()
        free.wait()
        return "late"

    with pytest.raises(IndexDown):
        patience.ask(slow)
    begun.wait()
    for _ in range(50):
        with pytest.raises(IndexDown):
            patience.ask(slow)
    assert len(asked) == 1, "it was asked again"
    free.set()
    patience.seconds = 60
    monkeypatch.setattr("service.search.patience.monotonic", lambda: patience._again)
    assert patience.ask(slow) == "late"
    monkeypatch.undo()
    assert patience.ask(answer) == "answer"
