"""The texts of the pages. They are written in Chinese where they are used; here they are gathered into a catalogue for
translators (`scripts/texts`), and their translations looked up where the pages are in another language.

Templates and scripts mark a text by `_()`; of a Python module every text in Chinese is one, its docstrings aside."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parent
LOCALE = WEB / "locale"
SOURCE = "zh-CN"
"""The language that the texts are written in."""
HAN = re.compile("[\u4e00-\u9fff]")

_language = SOURCE
_translated: dict[str, str] = {}
_of_scripts: dict[str, str] = {}


def use(language: str, folder: Path = LOCALE) -> None:
    """Let this process render its pages in a language. FileNotFoundError where there is no catalogue of it."""
    global _language
    catalogue = _read(folder, language) if language != SOURCE else Catalog()
    _language = language
    _translated.clear()
    _of_scripts.clear()
    for message in catalogue:
        if message.id and message.string and not message.fuzzy:
            _translated[str(message.id)] = str(message.string)
            if any(name.endswith(".js") for name, _line in message.locations):
                _of_scripts[str(message.id)] = str(message.string)


def language() -> str:
    """The language of the pages, as HTML names it (BCP 47)."""
    return _language


def gettext(message: str, **values: object) -> str:
    """A text in the language of the pages, its `{names}` filled in; Chinese where it has no translation."""
    found = _translated.get(message, message)
    return found.format(**values) if values else found


def for_scripts() -> dict[str, str]:
    """The translations that the scripts look up; none in Chinese."""
    return _of_scripts


# The catalogue -------------------------------------------------------------------------------------------------------


def extracted() -> Catalog:
    """Every text of the templates, the scripts and the pages' modules, with its places."""
    catalogue = Catalog(project="tongke", charset="utf-8", fuzzy=False)
    methods: list[tuple[str, Any]] = [
        ("templates/**.html", "jinja2"), ("frontend/*.js", "javascript"), ("**.py", _from_python),
    ]  # fmt: skip
    found = extract_from_dir(
        WEB,
        methods,
        {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}},
        {"_": None},
        directory_filter=lambda folder: Path(folder).name not in ("node_modules", "static"),
    )
    for name, line, message, comments, _context in found:
        catalogue.add(message, None, [(name, line)], auto_comments=comments)
    return catalogue


def _from_python(
    file: BinaryIO, _keywords: Any, _comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, str, list[str]]]:
    """The texts in Chinese of a module, as Babel's extraction methods yield them."""
    tree = ast.parse(file.read())
    quiet = {id(statement.value) for statement in ast.walk(tree) if isinstance(statement, ast.Expr)}
    quiet |= {
        id(part) for joined in ast.walk(tree) if isinstance(joined, ast.JoinedStr) for part in joined.values
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in quiet:
            continue
        if isinstance(node.value, str) and HAN.search(node.value):
            yield node.lineno, "_", node.value, []


def _path(folder: Path, language: str) -> Path:
    return folder / language / "LC_MESSAGES" / "messages.po"


def _read(folder: Path, language: str) -> Catalog:
    with _path(folder, language).open("rb") as file:
        return read_po(file, locale=language.replace("-", "_"))


def write(language: str = "", folder: Path = LOCALE) -> Path:
    """Write the catalogue, or bring that of a language up to date with it, keeping its translations; returns where."""
    texts = extracted()
    target = _path(folder, language) if language else folder / "messages.pot"
    target.parent.mkdir(parents=True, exist_ok=True)
    found = texts
    if language:
        found = _read(folder, language) if target.is_file() else Catalog(locale=language.replace("-", "_"))
        found.update(texts, no_fuzzy_matching=True)
    with target.open("wb") as file:
        write_po(file, found, width=100, omit_header=False)
    return target


if __name__ == "__main__":
    wanted = "".join(sys.argv[1:2])
    sys.stdout.write(f"{write(wanted)}\n")
