"""Captions of a recording, out of SubRip and WebVTT files of the same resource; and what is said, by time."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from service.errors import NotFound
from service.extract import encodings
from service.library import contents
from service.work import Work

TYPES = frozenset({"application/x-subrip", "text/vtt"})
LARGEST = 2 * 1024 * 1024
"""Bytes of a caption file that are read; a film of three hours has a tenth of it."""
CUES = 5000
"""Cues that are kept."""
_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|<\d[\d:.]{0,20}>|\{\\[^}\n]{0,200}\}")

File = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said over [start, end), in seconds."""

    start: float
    end: float
    text: str

    @property
    def clock(self) -> str:
        """The start as a person reads it."""
        return clock(self.start)


def clock(moment: float) -> str:
    """Seconds as a person reads them: 1:05, 1:02:05."""
    minutes, seconds = divmod(int(moment), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def is_recording(media_type: str) -> bool:
    """Whether it plays, so that captions can go with it."""
    return media_type.startswith(("video/", "audio/"))


def belonging(recording: File, all_files: Sequence[File]) -> list[File]:
    """The caption files of a recording: those of its name (课.srt, 课.zh.vtt), else the only one of the only recording."""
    found = [file for file in all_files if file["media_type"] in TYPES]
    stem = PurePosixPath(recording["name"]).stem.casefold()
    named = [file for file in found if _named_for(file["name"], stem)]
    if named:
        return named
    alone = sum(is_recording(file["media_type"]) for file in all_files) == 1
    return found if alone and len(found) == 1 else []


def _named_for(name: str, stem: str) -> bool:
    own = PurePosixPath(name).stem.casefold()
    return own == stem or own.startswith(f"{stem}.")


def cues(work: Work, resource_id: str, file_id: str) -> tuple[Cue, ...]:
    """What a caption file says. NotFound where the caller may not read it, or where it is no caption file."""
    content = contents.original(work, resource_id, file_id)
    if content.media_type not in TYPES:
        raise NotFound("这个附件不是字幕文件。", english="This file holds no captions.")
    with contents.open_bytes(work, content, 0, LARGEST) as source:
        return parse(encodings.decode(source.read())[0])


def parse(text: str) -> tuple[Cue, ...]:
    """The cues of SubRip or WebVTT text, by time; blocks without times (WEBVTT, NOTE, STYLE) say nothing."""
    found = []
    for cue in _parsed(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
        found.append(cue)
        if len(found) == CUES:
            break
    return tuple(sorted(found, key=lambda cue: cue.start))


def _parsed(lines: list[str]) -> Iterator[Cue]:
    times, said = None, []
    for line in [*lines, ""]:
        begins = _TIMES.match(line)
        if times and (begins or not line.strip()):
            if begins and said and said[-1].isdecimal():
                said.pop()  # the number of the next cue, where no empty line parts them
            if said and times[1] > times[0]:
                yield Cue(*times, "\n".join(said))
            times, said = None, []
        if begins:
            parts = begins.groups()
            times = (_seconds(parts[:4]), _seconds(parts[4:]))
        elif times and (words := html.unescape(_TAG.sub("", line)).strip()):
            said.append(words)


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


def vtt(found: Sequence[Cue]) -> str:
    """The cues as WebVTT (W3C, WebVTT 1), the words as plain text."""
    blocks = (
        f"{_time(cue.start)} --> {_time(cue.end)}\n{html.escape(cue.text, quote=False)}\n" for cue in found
    )
    return "\n".join(("WEBVTT\n", *blocks))


def _time(seconds: float) -> str:
    millis = round(seconds * 1000)
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}.{millis % 1000:03}"
