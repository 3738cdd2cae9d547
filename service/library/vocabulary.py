"""The vocabularies and regions that ship as data files (`service/data`): codes are stored, labels shown.

A code is lower-case ASCII. `resolve` understands what teachers write; `guess` reads a document's path.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar, cast

from service.search.chinese import fold

DATA = Path(__file__).parent.parent / "data"
OPEN = ("edition",)
"""Vocabularies in which an unknown value stands for itself."""
PUBLIC = (
    "kind",
    "system",
    "stage",
    "grade",
    "subject",
    "edition",
    "volume",
    "type",
    "major",
    "licence",
    "team_kind",
)
"""What GET /vocabularies shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A code, its label, and the other names by which teachers know it."""

    code: str
    label: str
    aliases: tuple[str, ...] = ()
    editor: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A province, city or county by its code."""

    code: str
    level: str
    name: str


@cache
def _loaded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "vocabularies.json").read_text(encoding="utf-8"))
    return found


def _rows(name: str) -> Iterator[list[str]]:
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


_grown: dict[str, tuple[Entry, ...]] = {}
_kept: list[Callable[[], None]] = []


Function = TypeVar("Function", bound=Callable[..., Any])


def cached(function: Function) -> Function:
    """As functools.cache, until a vocabulary grows."""
    keeping = cache(function)
    _kept.append(keeping.cache_clear)
    return cast(Function, keeping)


def extend(name: str, more: tuple[Entry, ...]) -> None:
    """Let a vocabulary hold these beside the shipped ones, in the order of their codes, in this process."""
    if _grown.get(name, ()) != more:
        _grown[name] = more
        for forget in _kept:
            forget()


@cached
def entries(name: str) -> tuple[Entry, ...]:
    """The entries of a vocabulary, in their order. KeyError where there is none of that name."""
    more = _grown.get(name)
    return tuple(sorted((*shipped(name), *more), key=lambda entry: entry.code)) if more else shipped(name)


@cache
def shipped(name: str) -> tuple[Entry, ...]:
    """The entries of the data files alone."""
    if name == "edition":
        return tuple(
            Entry(code, label, tuple(filter(None, aliases.split("|"))), editor)
            for code, label, editor, aliases, _books in _rows("editions.tsv")
        )
    return tuple(Entry(row["code"], row["label"], tuple(row["aliases"])) for row in _loaded()[name])


def source(name: str) -> str:
    """Where a vocabulary is from."""
    if name == "edition":
        return "教育部中小学教学用书目录中的书名，以及学校的通行叫法"
    return str(_loaded()["source"])


@cached
def _labels(name: str) -> dict[str, str]:
    return {entry.code: entry.label for entry in entries(name)}


def label(name: str, code: str) -> str:
    """The words for a code; a value that is no code stands for itself."""
    return _labels(name).get(code, code) if name in _loaded() or name == "edition" else code


def labels(found: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """The words for the codes that a Resource of api.md has in these fields."""
    return {name: label(name, found[name]) for name in names if found[name]}


def check(name: str, code: str) -> bool:
    """Whether this is a code of the vocabulary (anything is, of an open one)."""
    return name in OPEN or code in _labels(name)


def _plain(text: str) -> str:
    return re.sub(r"[\s·()（）]", "", fold(text).text)


@cached
def _names(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries(name):
        for word in (entry.code, entry.label, *entry.aliases):
            found.setdefault(_plain(word), entry.code)
    return found


def resolve(name: str, text: str) -> str | None:
    """The code for what a teacher wrote: code, label or alias; None where it is unknown."""
    return _names(name).get(_plain(text))


def stage_of(grade: str, system: str) -> str | None:
    """The stage of a grade: grade 6 is 小学 under 63, 初中 under 54."""
    number = int(grade)
    if number >= 10:
        return "senior"
    return "primary" if number <= (5 if system == "54" else 6) else "junior"


def stages_with(name: str, code: str) -> tuple[str, ...]:
    """The stages that have this grade (under either 学制) or this domain of 学前; empty for a code of any stage."""
    if name == "grade":
        return tuple(dict.fromkeys(filter(None, (stage_of(code, system) for system in ("63", "54")))))
    return ("preschool",) if name == "subject" and code.startswith("domain_") else ()


@cache
def _textbooks() -> dict[str, str]:
    return {row[0]: row[-1] for row in _rows("editions.tsv")}


def textbooks(name: str, code: str) -> str:
    """The stages and subjects that have textbooks of this edition, as "primary.maths junior.maths"; empty for a code of
    another vocabulary, and where none is known."""
    return _textbooks().get(code, "") if name == "edition" else ""


def junior_grades(year: int, system: str | None) -> tuple[str, ...]:
    """The grades that 初一 (year 1) to 初四 may be: 初一 is 7 under 63, 6 under 54, either where the system is unknown;
    only 54 has a fourth year. Empty where there is no such year."""
    if not 1 <= year <= 3:
        return ("9",) if year == 4 else ()
    under = {"54": str(5 + year), "63": str(6 + year)}
    return (under[system],) if system in under else tuple(under.values())


@cache
def regions() -> tuple[Region, ...]:
    """Province, cities and counties of Shandong."""
    return tuple(Region(*row) for row in _rows("regions.tsv"))


def city_pairs() -> tuple[tuple[str, str], ...]:
    """The six pairs of 鲁教厅办发〔2019〕5号: helper, aided."""
    return tuple((helper, aided) for helper, aided in _loaded()["city_pairs"])


@cached
def as_json() -> dict[str, Any]:
    """Name → entries with code, label and aliases."""
    return {
        name: [
            {"code": entry.code, "label": entry.label, "aliases": list(entry.aliases)}
            for entry in entries(name)
        ]
        for name in PUBLIC
    }


# Guessing from a path ---------------------------------------------------------------------------------------------

_VOLUME = re.compile(
    r"(选择性必修|必修)(?:\s*第?([一二三四五六\d])[册]?|上册|中册|下册)?|(上|下)册|全一册|全册"
)
_GRADE = re.compile(r"([一二三四五六七八九]|[1-9])年级|(初|高)([一二三四123])")
_UNIT = re.compile(r"第[一二三四五六七八九十\d]+(?:单元|章|课)[^/\\.]{0,40}")
_DIGITS = {word: str(number) for number, word in enumerate("一二三四五六七八九", 1)}


def guess(path: str) -> dict[str, str]:
    """Metadata that a path tells: title, system, stage, grade, subject, edition, volume, unit, type; only what is
    found."""
    place = PurePosixPath(path)
    words = fold("/".join((*place.parts[:-1], place.stem))).text
    system = "54" if re.search(r"五·?四学?制", words) else None
    found = {
        "title": place.stem,
        "system": system,
        "stage": _first("stage", words),
        "grade": _grade(words, system),
        "subject": _part("subject", place) or _first("subject", words),
        "volume": _volume(words),
        "type": _first("type", words),
        "unit": unit.group().strip() if (unit := _UNIT.search(words)) else None,
    }
    if found["stage"] is None and found["grade"] is not None:
        found["stage"] = stage_of(found["grade"], system or "63")
    if found["subject"] == "politics" and found["stage"] in ("primary", "junior"):
        found["subject"] = "morality"  # 政治 is 思想政治 from grade 10
    found["edition"] = _edition(place, found["subject"])
    return {name: value for name, value in found.items() if value}


@cached
def _by_length(name: str) -> list[tuple[str, str]]:
    return sorted(
        ((word, code) for word, code in _names(name).items() if len(word) > 1), key=lambda p: -len(p[0])
    )


def _first(name: str, words: str) -> str | None:
    """The code whose longest name stands in the words; Chinese names only, so that codes do not match file names."""
    return next((code for word, code in _by_length(name) if not word.isascii() and word in words), None)


def _part(name: str, place: PurePosixPath) -> str | None:
    """The code of a folder that is named by it."""
    return next((code for part in place.parts[:-1] if (code := resolve(name, part)) is not None), None)


def _grade(words: str, system: str | None) -> str | None:
    match = _GRADE.search(words)
    if match is None:
        return None
    if match.group(1):
        return _DIGITS.get(match.group(1), match.group(1))
    number = int(_DIGITS.get(match.group(3), match.group(3)))
    if match.group(2) == "高":
        return str(9 + number) if number <= 3 else None
    return next(iter(junior_grades(number, system or "63")), None)


def _volume(words: str) -> str | None:
    match = _VOLUME.search(words)
    if match is None:
        return None
    return resolve("volume", match.group()) or resolve("volume", match.group(1) or "")


def _edition(place: PurePosixPath, subject: str | None) -> str | None:
    """The edition that a folder names; in 语文, 道德与法治 and 历史 人教版 means 统编版."""
    for part in place.parts[:-1]:
        name = re.sub(r"-[^-]*$", "", part)
        code = resolve("edition", name) or next(
            (code for word, code in _by_length("edition") if word.endswith("版") and word in _plain(name)),
            None,
        )
        if code is not None:
            return "tongbian" if code == "renjiao" and subject in ("chinese", "morality", "history") else code
    return None
