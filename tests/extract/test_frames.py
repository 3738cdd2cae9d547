"""What the service believes of what a child says."""

import pytest

from service.extract import Entry, Extracted, Line, frames

SOUND = b'{"state":"ready","reason":"","texts":[],"pages":%s,"listing":%s,"truncated":false,"details":%s}'


def test_an_answer_survives_the_way() -> None:
    told = Extracted(
        "ready",
        texts=("一", ""),
        pages=2,
        listing=(Entry("课", 3),),
        truncated=True,
        details={"width": 3, "x": 0.5},
    )
    assert frames.unpacked(frames.packed(told)) == told


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"state":1}',
        b'{"state":"ready","reason":"","texts":3}',
        SOUND % (b"Infinity", b"[]", b"{}"),
        SOUND % (b"1e999", b"[]", b"{}"),
        SOUND % (b"-1", b"[]", b"{}"),
        SOUND % (b"99999999999999999999", b"[]", b"{}"),
        SOUND % (b"null", b'[["a",1,2]]', b"{}"),
        SOUND % (b"null", b"[[1,1]]", b"{}"),
        SOUND % (b"null", b"[]", b'{"width":NaN}'),
        SOUND % (b"null", b"[]", b'{"width":[1]}'),
    ],
)
def test_a_malformed_answer_is_refused(bad: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        frames.unpacked(bad)


def test_lone_surrogates_do_not_come_through() -> None:
    data = (SOUND % (b"1", b"[]", b"{}")).replace(b'"texts":[]', b'"texts":["a\\ud800"]')
    assert frames.unpacked(data).texts == ("a?",)


def test_only_webp_is_taken_for_a_picture() -> None:
    assert frames.is_webp(b"RIFF\x10\0\0\0WEBPVP8 ")
    assert not frames.is_webp(b"<svg onload=alert(1)>")
    assert not frames.is_webp(b"")


def test_what_stands_where_survives_the_way() -> None:
    told = (Line(1, -2, 30, 4, True, "春天"), Line(0, 0, 1, 1, False, "<b>"))
    assert frames.unpacked_lines(frames.packed_lines(told)) == told


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{}1",
        b"[1]",
        b"[[1,2,3,4,true]]",
        b"[[1,2,3,4,true,5]]",
        b"[" * 100_000,
        b'[[1.5,2,3,4,true,"a"]]',
    ],
)
def test_malformed_places_are_refused(bad: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        frames.unpacked_lines(bad)


def test_what_stands_nowhere_is_left_out() -> None:
    flat = b'[1,2,3,4,false,""],[1,2,0,4,false,"c"],[1,2,3,-4,false,"d"],[true,2,3,4,false,"e"]'
    assert frames.unpacked_lines(b'[[99999999999,2,3,4,false,"a"],[1,"2",3,4,false,"b"],' + flat + b"]") == ()
