"""Captions: SubRip and WebVTT as they come, given to the player as WebVTT; which file goes with which recording."""

from typing import Any

from service.library import captions
from service.library.captions import Cue

SRT = "\ufeff1\r\n00:00:01,500 --> 00:00:03,000\r\n<i>同学们好</i>\r\n今天讲<b>浮力</b>\r\n\r\n2\r\n00:01:05,000 --> 00:01:06,250\r\n3 < 5 &amp; 5 > 3\r\n"


def file(ident: str, name: str, media_type: str) -> dict[str, Any]:
    return {"id": ident, "name": name, "media_type": media_type}


def test_subrip_becomes_webvtt_without_markup() -> None:
    found = captions.parse(SRT)
    assert found == (Cue(1.5, 3.0, "同学们好\n今天讲浮力"), Cue(65.0, 66.25, "3 < 5 & 5 > 3"))
    assert captions.vtt(found) == (
        "WEBVTT\n\n00:00:01.500 --> 00:00:03.000\n同学们好\n今天讲浮力\n"
        "\n00:01:05.000 --> 00:01:06.250\n3 &lt; 5 &amp; 5 &gt; 3\n"
    )
    assert captions.parse(captions.vtt(found)) == found


def test_webvtt_without_hours_and_with_notes_is_read() -> None:
    text = "WEBVTT - 课堂\n\nNOTE 不是字幕\n\nSTYLE\n::cue { color: red }\n\nintro\n00:02.000 --> 00:04.000 align:start\n<v 老师>请看\n"
    assert captions.parse(text) == (Cue(2.0, 4.0, "请看"),)


def test_cues_that_no_empty_line_parts_are_told_apart() -> None:
    text = "1\n00:00:01,0 --> 00:00:02,0\n一\n2\n00:00:02,0 --> 00:00:03,0\n二"
    assert [cue.text for cue in captions.parse(text)] == ["一", "二"]


def test_what_ends_before_it_begins_says_nothing() -> None:
    assert captions.parse("00:00:05,000 --> 00:00:01,000\n反了") == ()
    assert captions.parse("没有时间的文字") == ()


def test_a_start_is_told_as_a_person_reads_it() -> None:
    assert [Cue(at, at + 1, "").clock for at in (5, 65, 3725)] == ["0:05", "1:05", "1:02:05"]


def test_captions_of_the_same_name_go_with_a_recording() -> None:
    film, other = file("f", "浮力.mp4", "video/mp4"), file("o", "实验.mp4", "video/mp4")
    named, translated = (
        file("a", "浮力.srt", "application/x-subrip"),
        file("b", "浮力.zh-CN.vtt", "text/vtt"),
    )
    everything = [film, other, named, translated]
    assert captions.belonging(film, everything) == [named, translated]
    assert captions.belonging(other, everything) == []


def test_the_only_captions_go_with_the_only_recording() -> None:
    film, said = file("f", "浮力.mp4", "video/mp4"), file("a", "字幕.srt", "application/x-subrip")
    assert captions.belonging(film, [film, said]) == [said]
    assert captions.belonging(film, [film, said, file("b", "字幕2.srt", "application/x-subrip")]) == []
    assert captions.belonging(film, [film, file("o", "实验.mp4", "video/mp4"), said]) == []
