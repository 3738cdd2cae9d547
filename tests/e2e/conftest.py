"""A real server on a free port with the sample content, and a real browser that reaches nothing else."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.needs import ROOT, need

START_SECONDS = 180
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Everything in this folder is an e2e test."""
    item.add_marker(pytest.mark.e2e)


@dataclass(frozen=True)
class Server:
    """A running `tongke serve`: its address without a trailing slash, its data folder, its sample accounts."""

    url: str
    data: Path
    accounts: list[dict[str, Any]]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`tongke serve` on an empty data folder, ready; stopped at the end, and it must stop well."""
    folder = tmp_path_factory.mktemp("serve")
    data, port = folder / "data", _free_port()
    url = f"http://127.0.0.1:{port}"
    program = Path(sys.executable).with_name("tongke")
    command = [str(program), "serve", "--port", str(port), "--data", str(data)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TONGKE_")}
    with (
        (folder / "log").open("w+") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment) as process,
    ):
        try:
            _wait_until_live(url, process, folder / "log")
            accounts = json.loads((data / "demo-accounts.json").read_text(encoding="utf-8"))["accounts"]
            yield Server(url, data, accounts)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_live(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < until:
            try:
                if client.get(f"{url}/api/v1/health/live").is_success:
                    return
            except httpx.TransportError:
                pass  # not listening yet
            try:
                process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            break
    pytest.fail(f"tongke serve did not start:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium. For this package alone: its event loop may not be running when other tests start theirs."""
    path = need("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Callable[..., Page]]:
    """`page(width=390)` opens an empty tab with cookies of its own; relative addresses are the server's.

    The test fails if a script of one of its tabs did, or if a tab asked any other server for anything.
    """
    contexts, faults = [], []

    def asked(address: str) -> None:
        if not address.startswith((server.url, "data:", "blob:", "about:")):
            faults.append(f"asked {address}")

    def open_tab(width: int = 1280, height: int = 800, **options: Any) -> Page:
        context = browser.new_context(
            base_url=server.url, viewport={"width": width, "height": height}, locale="zh-CN", **options
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: faults.append(f"script failed: {_words(error)}"))
        tab.on("request", lambda request: asked(request.url))
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert not faults


def _words(error: Error) -> str:
    return f"{error.name}: {error.message}"
