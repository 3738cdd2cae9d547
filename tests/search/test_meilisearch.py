"""What only the server engine can be asked: a server that fails, refuses, or has lost everything; texts beyond its limits."""

import itertools
import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from meilisearch_python_sdk import Client
from meilisearch_python_sdk.errors import MeilisearchApiError
from sqlalchemy import select
from sqlmodel import col

from service import jobs
from service.library import resources, vocabulary
from service.library.said import release, said
from service.library.understanding import understand
from service.models import Job
from service.search import IndexDown, Query, Refused, Soft
from service.search.meilisearch import Meilisearch, limited_key
from service.search.meilisearch_documents import MARK, fields, spell, word
from service.worker import Worker
from tests import stacks
from tests.factories import Library, library
from tests.search.measuring import document


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meilisearch]:
    with stacks.engine("meilisearch", tmp_path_factory.getbasetemp()) as made:
        assert isinstance(made, Meilisearch)
        yield made


@pytest.fixture
def server(engine: Meilisearch) -> Iterator[Client]:
    """The same server by the SDK alone, with the same key."""
    with Client(engine.address, stacks.search()["TONGKE_SEARCH_KEY"]) as client:
        yield client


def elsewhere(url: str, key: str = "", seconds: float = 0.5) -> Meilisearch:
    return Meilisearch(url, key, said, seconds=seconds)


def test_different_tokens_are_different_words_of_letters_and_digits() -> None:
    tokens = [
        "a",
        "z",
        "y",
        "zoo",
        "yes",
        "三年",
        "年级",
        "水",
        "é",
        "e",
        "カ",
        "ガ",
        "·",
        ".",
        "z0061",
        "yz",
        "\ud800",
        "𠮷",
        "课" * 900,
    ]
    words = [word(token) for token in tokens]
    assert len(set(words)) == len(tokens)
    assert all(
        found.isascii() and found.isalnum() and found == found.lower() and len(found) <= 250
        for found in words
    )
    assert not any(found.startswith("y") for found in words)


@pytest.mark.parametrize(
    "texts", [("课" * 200_000,), tuple("春，秋。" * 20_000 for _ in range(4)), ("一、" * 400_000,)]
)
def test_no_attribute_exceeds_what_the_server_reads(texts: tuple[str, ...]) -> None:
    made = fields(replace(document("a"), texts=texts), said)
    attributes = [value for name, value in made.items() if name.startswith("text")]
    assert len(attributes) > 1
    for attribute in attributes:
        for text in attribute:
            positions = sum(8 if found.endswith(".") else 1 for found in text.split())
            assert positions <= 65_000


def test_the_end_of_a_long_text_is_found_and_what_crosses_two_attributes(engine: Meilisearch) -> None:
    long = "".join(f"第{n}段。" for n in range(30_000)) + "末尾的话"
    run = "".join(chr(0x4E00 + n % 9000) for n in range(70_000))
    engine.upsert([document("a", content=long), document("b", content=run)])
    assert engine.search(Query(text="末尾的话")).ids == ("a",)
    assert engine.search(Query(text="第29999段")).ids == ("a",)
    for start in (29_990, 30_100, 59_990, 69_000):
        assert engine.search(Query(text=run[start : start + 12])).ids == ("b",)


def test_the_servers_words_come_with_what_it_refuses(engine: Meilisearch) -> None:
    receipt = engine.send([document("no id of ours!"), document("b", "课")])
    with pytest.raises(Refused, match="invalid_document_id"):
        finish(engine, *receipt)


def test_a_task_that_nobody_knows_is_no_success(engine: Meilisearch) -> None:
    with pytest.raises(IndexDown):
        engine.waits((4_000_000_000,))


def test_a_lost_index_is_noticed_and_not_made_anew_by_what_is_sent(
    engine: Meilisearch, server: Client
) -> None:
    engine.upsert([document("a", "课")])
    assert engine.fresh()
    finish(engine, server.index(engine.name).delete().task_uid)
    assert not engine.fresh()
    for use in (
        lambda: engine.search(Query(text="课")),
        lambda: engine.send([document("b", "课")]),
        lambda: list(engine.ids()),
        engine.check,
    ):
        with pytest.raises(IndexDown):
            use()
    assert engine.name not in [found.uid for found in server.get_indexes(limit=1000) or ()]
    with engine.rebuild() as fresh:
        fresh.upsert([document("c", "课")])
    assert engine.fresh()
    assert engine.search(Query(text="课")).ids == ("c",)


@pytest.fixture
def made(engine: Meilisearch, tmp_path: Path) -> Iterator[Library]:
    """A library that is searched on the server."""
    opened = library(tmp_path)
    opened.backends.index = engine
    yield opened
    opened.close()


def test_a_worker_fills_again_what_the_server_lost(
    engine: Meilisearch, server: Client, made: Library
) -> None:
    first = made.draft("t_helper", "秋天的雨")
    Worker(made.backends).run(until_idle=True)
    finish(engine, server.index(engine.name).delete().task_uid)
    second = made.draft("t_helper", "秋天的风")
    Worker(made.backends).run(until_idle=True)
    made.clock.tick(minutes=1)
    Worker(made.backends).run(until_idle=True)
    found = engine.search(Query(text="秋天", readers=made.caller("t_helper").tokens))
    assert set(found.ids) == {first, second}


def test_one_refused_document_stays_in_the_outbox_with_the_servers_words(
    engine: Meilisearch, made: Library
) -> None:
    numbers = itertools.count()
    with made.writing("t_helper") as work:
        work.ids = lambda: f"not for them {next(numbers)}"
        bad = resources.create(work, {"kind": "lesson_case", "title": "坏的"})
    good = [made.draft("t_helper", f"好的{n}") for n in range(3)]
    for _ in range(jobs.TRIES + 1):
        Worker(made.backends).run(until_idle=True)
        made.clock.tick(minutes=5)
    assert {ident for ident, _revision in engine.ids()} == set(good)
    with made.backends.reading() as work:
        (left,) = work.session.scalars(select(Job).where(col(Job.name) == "index"))
    assert (left.subject, left.state) == (bad, "buried")
    assert "invalid_document_id" in left.error


def test_an_index_of_another_version_is_not_fresh(engine: Meilisearch, server: Client) -> None:
    mark = {"id": MARK, "version": "0/0", "revision": 0}
    finish(engine, server.index(engine.name).add_documents([mark]).task_uid)
    assert not engine.fresh()
    with pytest.raises(IndexDown):
        engine.send([document("a")])


def test_a_rebuild_leaves_no_other_index(engine: Meilisearch, server: Client) -> None:
    for _ in range(2):
        with engine.rebuild() as fresh:
            fresh.send([document("a")])
    with pytest.raises(ZeroDivisionError), engine.rebuild():
        raise ZeroDivisionError
    task = server.index(f"{engine.name}-never").delete()
    with pytest.raises(Refused):
        finish(engine, task.task_uid)
    names = [found.uid for found in server.get_indexes(limit=1000) or () if found.uid.startswith(engine.name)]
    assert names == [engine.name]


def test_of_two_rebuilds_at_once_the_second_is_given_up_and_nothing_half_is_swapped_in(
    engine: Meilisearch,
) -> None:
    def one_within_the_other() -> None:
        with engine.rebuild() as slow:
            slow.send([document("a")])
            with engine.rebuild() as quick:
                quick.send([document("a"), document("b")])
            slow.send([document("b")])

    with pytest.raises(IndexDown):
        one_within_the_other()
    assert {ident for ident, _revision in engine.ids()} == {"a", "b"}
    assert engine.fresh()


def test_a_rebuild_touches_no_library_whose_name_begins_with_its_own(
    engine: Meilisearch, server: Client
) -> None:
    other = Meilisearch(
        f"{engine.address}/?index={engine.name}-two", stacks.search()["TONGKE_SEARCH_KEY"], said, seconds=60
    )
    with other.rebuild() as fresh:
        fresh.send([document("a")])
    with engine.rebuild():
        pass
    assert other.fresh()
    finish(engine, server.index(other.name).delete().task_uid)
    other.close()


@pytest.fixture
def imported() -> Iterator[str]:
    """A name of a 专业 that an administrator imports once it is asked for here."""
    yield "无人机测绘技术"
    vocabulary.extend("major", ())


def test_a_word_that_was_imported_later_is_found_in_what_was_indexed_before(
    engine: Meilisearch, imported: str
) -> None:
    engine.upsert([document("a", f"学习{imported}的第一课")])
    vocabulary.extend("major", (vocabulary.Entry("660199", imported),))
    (chip,) = understand(imported).chips
    assert engine.search(Query(soft=(Soft(chip.field, chip.values, chip.words),))).ids == ("a",)


def test_a_release_whose_vocabularies_have_other_words_rebuilds(engine: Meilisearch) -> None:
    key = stacks.search()["TONGKE_SEARCH_KEY"]
    url = f"{engine.address}/?index={engine.name}"
    for words, fresh in ((release, True), (lambda: "another", False)):
        later = Meilisearch(url, key, said, seconds=60, words=words)
        assert later.fresh() == fresh
        later.close()


def test_the_key_can_do_no_more_than_it_must(engine: Meilisearch, server: Client) -> None:
    for forbidden in (
        lambda: server.index("other").search("x"),
        lambda: server.index("other").add_documents([{"id": "1"}]),
        server.get_keys,
        server.create_dump,
        server.create_snapshot,
        server.get_all_stats,
        lambda: server.cancel_tasks(statuses=["enqueued"]),
        lambda: server.index(engine.name).get_settings(),
    ):
        with pytest.raises(MeilisearchApiError, match="invalid_api_key"):
            forbidden()


def test_a_server_that_does_not_answer_is_down_and_nothing_is_concluded_from_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = elsewhere(f"http://127.0.0.1:{port}", secrets.token_hex(8), seconds=0.2)
        with pytest.raises(IndexDown):
            engine.search(Query(text="课"))
        engine.close()
    engine = elsewhere(f"http://127.0.0.1:{port}")
    for use in (lambda: engine.search(Query()), lambda: engine.send([document("a")]), engine.check):
        with pytest.raises(IndexDown):
            use()
    assert engine.fresh(), "a server that is away has not lost its index"
    with pytest.raises(IndexDown):
        limited_key(f"http://127.0.0.1:{port}", "x")
    engine.close()


def test_no_key_is_told_in_an_error(engine: Meilisearch) -> None:
    key = secrets.token_hex(16)
    wrong = elsewhere(engine.address, key, seconds=30)
    with pytest.raises(IndexDown) as caught:
        wrong.search(Query(text="课"))
    assert key not in f"{caught.value} {caught.value.__cause__}"
    wrong.close()


@pytest.mark.parametrize(
    "value", ['x"] OR readers EXISTS OR id IN ["x', "x\\", "X", " x", "ｘ", "x,y", "", "*"]
)
def test_a_value_that_is_no_code_meets_nothing(engine: Meilisearch, value: str) -> None:
    engine.upsert([replace(document("a", "课"), facets={"subject": ("x",)})])
    assert engine.search(Query(filters={"subject": (value,)})).total == 0
    assert engine.search(Query(filters={"subject": (value, "x")})).total == 1
    assert engine.search(Query(excluded=frozenset({value}))).total == 1


def test_words_of_the_vocabularies_are_told_by_every_form_that_is_asked_for() -> None:
    made = fields(document("a", "初一数学", "第3单元 PPT，三上；3年级，必修一"), said)
    assert set(map(spell, ("初一", "数学", "第3单元", "ppt", "三上", "3年级", "必修一"))) <= set(made["said"])


def finish(engine: Meilisearch, *tasks: int) -> None:
    while engine.waits(tasks):
        threading.Event().wait(0.01)
