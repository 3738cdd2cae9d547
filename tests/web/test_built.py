"""The built files run where teachers are: reading, search and upload in Chromium 86 (an old WeChat), the opening of a
PDF inside a page in Chrome 109 (the last on Windows 7)."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.needs import ROOT

STATIC, ESBUILD = ROOT / "web" / "static", ROOT / "web" / "frontend" / "node_modules" / ".bin" / "esbuild"
PDF = "pdf"
"""How the names of the parts begin that open a PDF; without them its pages are images."""
ARRIVED = {
    r"\.at\(-?\d": 92, r"\.findLast\(": 97, r"\.toSorted\(": 110, r"\.toReversed\(": 110, r"\.toSpliced\(": 110,
    r"Object\.hasOwn\b": 93, r"Object\.groupBy\b": 117, r"\bstructuredClone\(": 98, r"crypto\.randomUUID": 92,
    r"AbortSignal\.timeout": 103, r"AbortSignal\.any": 116, r"Promise\.withResolvers": 119, r"Array\.fromAsync": 121,
    r"\.isWellFormed\(": 111, r"\.showPicker\(": 99, r"\.checkVisibility\(": 105, r"\.showPopover\(": 114,
    r"\.replaceAll\(": 85, r"\.replaceChildren\(": 86, r"\bnew WeakRef": 84, r"\.requestSubmit\(": 76,
}  # fmt: skip
"""What a script may call → the first Chrome that has it (MDN, browser-compat-data). esbuild lowers syntax alone."""
STYLES = {
    r"@layer\b": 99, r"@container\b": 105, r"color-mix\(": 111, r"text-wrap:": 114, r"\d[dsl]v[hw]\b": 108,
    r"inset:": 87, r":is\(|:where\(": 88, r"overflow:clip": 90, r"light-dark\(": 123,
}  # fmt: skip
"""Likewise for style sheets. What older browsers skip without harm (`:has`, `aspect-ratio`, `accent-color`) is left out."""


PLAY = STATIC / "play"
"""What others' packages are played with, as its makers built it."""


def built(suffix: str) -> list[Path]:
    return [
        path
        for path in sorted(STATIC.rglob(f"*.{suffix}"))
        if not path.parent.name.startswith("pdf-") and PLAY not in path.parents
    ]


def lowered(path: Path, target: str) -> bytes:
    """The file as esbuild prints it for a target."""
    command = [str(ESBUILD), str(path), f"--target={target}", "--log-level=error"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def too_new(path: Path, arrived: dict[str, int], chrome: int) -> list[str]:
    words = path.read_text(encoding="utf-8")
    return [
        f"{path.relative_to(STATIC)}: {pattern} came with Chrome {version}"
        for pattern, version in arrived.items()
        if version > chrome and re.search(pattern, words)
    ]


@pytest.mark.parametrize("path", [*built("js"), *built("css")], ids=lambda path: path.name.split("-")[0])
def test_no_built_file_has_syntax_that_chromium_86_lacks(path: Path) -> None:
    assert lowered(path, "chrome86") == lowered(path, "esnext")


@pytest.mark.parametrize("path", sorted(PLAY.rglob("*.js")), ids=lambda path: path.name)
def test_packages_are_played_in_chrome_109(path: Path) -> None:
    assert lowered(path, "chrome109") == lowered(path, "esnext")


def test_the_build_names_the_target() -> None:
    assert "--target=chrome86" in (ROOT / "scripts" / "build-frontend").read_text()
    assert built("js")


def test_what_reading_search_and_upload_call_is_there_in_chromium_86() -> None:
    scripts = [path for path in built("js") if not path.name.startswith(PDF)]
    assert [fault for path in scripts for fault in too_new(path, ARRIVED, 86)] == []


def test_the_style_sheets_need_nothing_that_chromium_86_lacks() -> None:
    assert [fault for path in built("css") for fault in too_new(path, STYLES, 86)] == []
