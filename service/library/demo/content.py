"""The demo's resources: one Markdown file each in `content/`, with its fields in TOML between `+++` lines before it."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

TAG = "示例"
"""Every resource of the demo carries it."""

CODED = ("subject", "edition", "volume", "type", "major")
"""Written by label in the files; codes are looked up when they are loaded."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A resource of the demo: who wrote it, how far it is, who it is opened to, which files it has."""

    slug: str
    author: str
    status: str
    fields: dict[str, Any]
    """Of NewResource, without `credits`; CODED fields by label."""
    adapted_from: str | None = None
    grants: tuple[tuple[str, str], ...] = ()
    """(audience, role); an audience names keys of `people`: `pair:qd>hz`, `school:lc`, `team:studio`, `person:…`."""
    credits: tuple[dict[str, str], ...] = ()
    """`who` (an account) or `person` and `enterprise`, and `part`."""
    files: tuple[str, ...] = field(default=())
    """Orders for `demo.files.make`."""


def load() -> list[Piece]:
    """Every piece; one that is adapted from another comes after it."""
    return sorted(_read(), key=lambda piece: (piece.adapted_from is not None, piece.slug))


def _read() -> Iterator[Piece]:
    for file in files("service.library.demo").joinpath("content").iterdir():
        slug, _, ending = file.name.partition(".")
        if ending == "md":
            yield parse(slug, file.read_text("utf-8"))


def parse(slug: str, text: str) -> Piece:
    """A piece from its file's text. Raises ValueError where the fields are not between two `+++` lines."""
    start, head, content = text.split("+++\n", 2)
    if start:
        raise ValueError(f"{slug}: the fields come first")
    data = tomllib.loads(head)
    grants = (f"{grant} viewer".split()[:2] for grant in data.pop("grants", ()))
    return Piece(
        slug=slug,
        author=data.pop("author"),
        status=data.pop("status"),
        adapted_from=data.pop("adapted_from", None),
        grants=tuple((audience, role) for audience, role in grants),
        credits=tuple(data.pop("credits", ())),
        files=tuple(data.pop("files", ())),
        fields={**data, "content": content.strip(), "tags": [*data.get("tags", ()), TAG]},
    )
