"""A mirror holds what every teacher of the school may read: no less, no more, and exactly."""

import hashlib

import pytest

from service.library.mirroring import keeping
from service.mirror import lock
from tests.api.api_client import Api
from tests.mirror.conftest import Copy, lesson, share


def test_it_holds_what_every_teacher_may_read_and_neither_drafts_nor_what_is_one_persons(
    api: Api, copy: Copy
) -> None:
    shared = lesson(api, "秋天的雨", b"words")
    near = api.library.draft("t_helper", "一份草稿")
    share(api, near)
    personal = api.published("给一位老师的")
    api.library.share("t_helper", personal, f"person:{api.library.people['t_aided']}")
    api.published("本校的")
    copy.sync()
    assert copy.ids() == {shared}
    assert copy.indexed() == {shared}
    assert copy.bytes_of("秋天的雨.txt") == b"words"
    assert copy.on_disk() == {hashlib.sha256(b"words").hexdigest()}


def test_what_changes_comes_and_what_is_taken_back_goes_with_its_bytes_and_its_index_entry(
    api: Api, copy: Copy
) -> None:
    ident = api.library.draft("t_helper", "秋天的雨")
    api.library.attach("t_helper", ident, "课文.txt", b"words")
    api.publish(ident)
    grant = share(api, ident)
    other = lesson(api, "荷花", b"lotus")
    copy.sync()
    assert copy.ids() == {ident, other}

    assert api.person().delete(f"/resources/{ident}/grants/{grant}").status_code == 204
    copy.sync()
    assert copy.ids() == copy.indexed() == {other}
    assert copy.on_disk() == {hashlib.sha256(b"lotus").hexdigest()}

    share(api, ident)
    copy.sync()
    assert copy.ids() == copy.indexed() == {ident, other}
    assert copy.bytes_of("课文.txt") == b"words"


def test_equal_bytes_lie_there_once_and_go_with_the_last_that_has_them(api: Api, copy: Copy) -> None:
    first, second = lesson(api, "一", b"same"), lesson(api, "二", b"same")
    copy.sync()
    assert copy.on_disk() == {hashlib.sha256(b"same").hexdigest()}
    for ident in (first, second):
        assert copy.on_disk()
        assert api.person("a_helper").post(f"/resources/{ident}/withdraw").status_code == 204
        copy.sync()
    assert copy.on_disk() == set()


def test_a_partnership_that_ends_takes_all_that_came_by_it(api: Api, copy: Copy) -> None:
    lesson(api, "秋天的雨", b"words")
    copy.sync()
    assert api.person("a_helper").post(f"/partnerships/{api.library.pairs['school']}/end").status_code == 200
    copy.sync()
    assert copy.ids() == copy.indexed() == set()
    assert copy.on_disk() == set()


def test_a_cursor_that_the_library_does_not_know_any_more_brings_everything_anew(
    api: Api, copy: Copy
) -> None:
    gone, stays = lesson(api, "一", b"one"), lesson(api, "二", b"two")
    copy.sync()
    with copy.opened() as backends, backends.writing() as work:
        keeping.state(work).cursor = "of a library that was restored"
    assert api.person("a_helper").post(f"/resources/{gone}/withdraw").status_code == 204
    copy.sync()
    assert copy.ids() == copy.indexed() == {stays}
    assert copy.on_disk() == {hashlib.sha256(b"two").hexdigest()}


def test_one_process_keeps_a_mirror(copy: Copy) -> None:
    with lock.held(copy.folder), pytest.raises(lock.InUse), lock.held(copy.folder):
        pass
    with lock.held(copy.folder):
        pass
