"""The module of elements for other sites, its released versions, and the code that a school pastes into its pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

FOLDER = Path(__file__).parent / "embed"
RELEASED = {
    "1.0.0": "sha384-PWO33h/EGfCgt1QlXZBCDgPxXUsgVxz2KZAsF4FpDw7WEQG9WBkut2SK7MTZ0ez7",
}
"""Version → its hash (Subresource Integrity). Pages elsewhere name both, so that a released file never changes and
never goes: what is new is a file with a new number."""
NEWEST = max(RELEASED, key=lambda version: [int(part) for part in version.split(".")])


def module(version: str) -> Path:
    """The file of a released version."""
    return FOLDER / f"tongke-{version}.js"


def script(site: str) -> str:
    """The element that loads the module, once a page."""
    address = f"{site}/embed/{module(NEWEST).name}"
    return f'<script type="module" src="{address}" integrity="{RELEASED[NEWEST]}" crossorigin="anonymous"></script>'


def ways(site: str, key: Mapping[str, Any], partner: str, resource: str) -> dict[str, Markup]:
    """Name → code for a page elsewhere. `partner` is the id of the other school, `resource` of a resource to show; both
    may be empty."""
    ident = key["key"]
    school = Markup(' school="{}"').format(partner) if partner else Markup("")
    return {
        "form": Markup(
            '<form action="{site}/embed/{key}" method="get" target="_blank">\n'
            '  <label>搜索教学资源 <input type="search" name="q"></label>\n'
            "  <button>搜索</button>\n"
            "</form>"
        ).format(site=site, key=ident),
        "frame": Markup(
            '<iframe src="{site}/embed/{key}" title="搜索教学资源" width="100%" height="480" loading="lazy"></iframe>'
        ).format(site=site, key=ident),
        "search": Markup('<tongke-search key="{}"></tongke-search>').format(ident),
        "latest": Markup('<tongke-latest key="{}"{} count="5"></tongke-latest>').format(ident, school),
        "resource": Markup('<tongke-resource key="{}" resource="{}"></tongke-resource>').format(
            ident, resource
        ),
    }
