"""The help is open to everybody, its pictures are built, and its own links lead somewhere."""

import re
from pathlib import Path

from tests.web.browsing import Site

PICTURES = Path(__file__).parents[2] / "web" / "frontend" / "help"


def test_there_is_no_styleguide_but_in_development(pages: Site) -> None:
    pages.visitor().get("/styleguide", 404)


def test_the_help_is_open_and_whole(pages: Site) -> None:
    html = pages.visitor(None).get("/help")
    anchors = set(re.findall(r'href="#([\w-]+)"', html)) - {"main"}
    assert anchors
    assert anchors <= set(re.findall(r'id="([\w-]+)"', html))
    shown = set(re.findall(r"/static/help/(\w+)\.webp", html))
    assert shown == {path.stem for path in PICTURES.glob("*.webp")}
    assert re.search(r'<a href="/help">帮助</a>', pages.visitor(None).get("/"))
