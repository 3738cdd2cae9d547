"""A mirror is kept and shown without anything that only POSIX has (tests/mirror/without_posix.py takes it away)."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.api.api_client import Api
from tests.e2e.server import free_port
from tests.mirror.conftest import Copy, lesson
from tests.needs import ROOT

COMMAND = [sys.executable, str(ROOT / "tests/mirror/without_posix.py")]


def _environment(copy: Copy) -> dict[str, str]:
    access = {f"TONGKE_{name.upper()}": value for name, value in copy.access.items()}
    return os.environ | access | {"NO_PROXY": "*", "no_proxy": "*", "PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_it_is_kept_and_shown_without_posix(api: Api, copy: Copy, tmp_path: Path) -> None:
    ident = lesson(api, "秋天的雨", b"words")
    kept = subprocess.run(
        [*COMMAND, "mirror", str(api.http.base_url), str(copy.folder)],
        env=_environment(copy), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert kept.returncode == 0, kept.stderr
    assert copy.ids() == copy.indexed() == {ident}
    assert copy.bytes_of("秋天的雨.txt") == b"words"

    port = free_port()
    with subprocess.Popen(
        [*COMMAND, "serve", "--mirror", str(copy.folder), "--port", str(port)],
        env=_environment(copy), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith("同课")
            assert _found(port) == [ident]
        finally:
            server.terminate()


def _found(port: int) -> list[str]:
    """What a search for 秋天 finds, once the server listens."""
    transport = httpx.HTTPTransport(retries=7)
    with httpx.Client(transport=transport, trust_env=False, timeout=60) as http:
        answer = http.get(f"http://127.0.0.1:{port}/api/v1/search", params={"q": "秋天"})
    return [hit["id"] for hit in answer.json()["items"]]
