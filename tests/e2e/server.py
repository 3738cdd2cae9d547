"""A real server on a free port with the sample content."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from tests.api.nginx import stack
from tests.needs import ROOT

START_SECONDS = 600
STOP_SECONDS = 120
SETTLE_SECONDS = 600


@dataclass(frozen=True)
class Server:
    """A running `tongke serve`: its address without a trailing slash, its data folder, its sample accounts,
    its process."""

    url: str
    data: Path
    accounts: list[dict[str, Any]]
    pid: int

    def account(self, username: str) -> dict[str, Any]:
        """The sample account of that name."""
        return next(account for account in self.accounts if account["username"] == username)

    def settle(self) -> None:
        """Until its worker has done all that is due: files have been read, and search finds what is in them."""
        until = time.monotonic() + SETTLE_SECONDS
        with httpx.Client(base_url=self.url, trust_env=False, timeout=60) as client:
            while time.monotonic() < until:
                samples = [
                    sample
                    for family in parsed(client.get("/metrics").raise_for_status().text)
                    for sample in family.samples
                ]
                due = sum(one.value for one in samples if one.name == "tongke_outbox_due")
                running = sum(one.value for one in samples if one.labels.get("state") == "running")
                if not due + running:
                    return
        pytest.fail(f"the worker was not done within {SETTLE_SECONDS} s")


@contextmanager
def serve(folder: Path, port: int = 0, **settings: str) -> Iterator[Server]:
    """`tongke serve` on an empty data folder, ready; stopped at the end, and it must stop well. `settings` are those of
    service.settings."""
    data, port = folder / "data", port or free_port()
    url = f"http://127.0.0.1:{port}"
    program = Path(sys.executable).with_name("tongke")
    command = [str(program), "serve", "--port", str(port), "--data", str(data)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TONGKE_")}
    environment |= {
        "TONGKE_DEVELOPMENT": "true",
        "TONGKE_SEARCH_SECONDS": "60",
        "TONGKE_CONVERT": "false",
        "TONGKE_SCANNER": "none",
    }
    environment |= {f"TONGKE_{name.upper()}": value for name, value in settings.items()}
    with (
        (folder / "log").open("w+") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment) as process,
    ):
        try:
            wait_until_live(url, process, folder / "log")
            accounts = json.loads((data / "demo-accounts.json").read_text(encoding="utf-8"))["accounts"]
            yield Server(url, data, accounts, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=STOP_SECONDS)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has."""
    return int(stack().free_port())


def wait_until_live(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers. Fails with its log where it does not start."""
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
