"""A server, and a real browser that reaches nothing else."""

import os
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, StorageState, expect, sync_playwright

from tests.e2e import sample
from tests.e2e.server import Server, serve
from tests.e2e.steps import PATIENCE, begun, enter
from tests.e2e.views import View
from tests.needs import need

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
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

expect.set_options(timeout=PATIENCE)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Everything in this folder is an e2e test. In CI one that fails is asked once more, as Playwright's own runner does:
    a browser shares its processors with the other tests there. The summary names it under RERUN."""
    item.add_marker(pytest.mark.e2e)
    if os.environ.get("CI"):
        item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of these tests; search finds everything in its samples."""
    with serve(tmp_path_factory.mktemp("serve")) as found:
        found.settle()
        yield found


@pytest.fixture(scope="session")
def ids(server: Server) -> dict[str, str]:
    """Ids of the server's content by the names that `views.py` uses; every file has been read."""
    return sample.prepare(server)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium. For this package alone: its event loop may not be running when other tests start theirs."""
    path = need("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=PATIENCE)
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
        context.set_default_timeout(PATIENCE)
        tab = context.new_page()
        tab.on("pageerror", lambda error: faults.append(f"script failed: {_words(error)}"))
        tab.on("request", lambda request: asked(request.url))
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert not faults


@pytest.fixture(scope="package")
def entered(browser: Browser, server: Server) -> Callable[[str], StorageState]:
    """`entered("qd-teacher")` is what a browser keeps of that person's one session here."""

    return cache(partial(enter, browser, server))


@pytest.fixture
def look(
    page: Callable[..., Page], entered: Callable[[str], StorageState], ids: dict[str, str]
) -> Callable[..., Page]:
    """`look(view, width=320)` opens a tab on a view of `views.py`, as its person, everything folded open."""

    def open_view(view: View, **options: Any) -> Page:
        tab = page(storage_state=entered(view.who) if view.who else None, **options)
        answer = tab.goto(view.path.format(**ids))
        assert answer is not None
        assert answer.status == view.status, f"{view}: {answer.status}"
        view.act(tab)
        begun(tab)
        tab.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
        return tab

    return open_view


def _words(error: Error) -> str:
    return f"{error.name}: {error.message}"
