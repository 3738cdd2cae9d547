"""A learning package plays in a real browser, and reaches nothing of ours: no cookie, no storage, no page, no other address."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.sample import AUTHOR, Client
from tests.e2e.server import Server, free_port, serve
from tests.e2e.steps import enter
from tests.library.test_packages import h5p, scorm
from tests.needs import need

TRIES = """<!doctype html><html><head><meta charset="utf-8"><title>秋天</title><script src="own.js"></script></head>
<body><h1>秋天的雨</h1><pre id="told">running</pre><script>
function tried(what) { try { return String(what()); } catch (error) { return error.name; } }
function asked(address) { return fetch(address).then((a) => a.text(), (error) => error.name); }
const api = (function find(win) { return win.API || (win.parent !== win ? find(win.parent) : null); })(window);
const told = {
    begun: api.LMSInitialize(""), kept: api.LMSSetValue("cmi.core.lesson_status", "completed"),
    status: api.LMSGetValue("cmi.core.lesson_status"), newer: window.API_1484_11.Initialize(""),
    own: window.own, cookie: tried(() => document.cookie), storage: tried(() => localStorage.length),
    parent: tried(() => parent.document.title), top: tried(() => { top.location = "https://www.example.cn/"; return "gone"; }),
    origin: self.origin,
};
Promise.all([asked("data.json"), asked("/api/v1/me"), asked("https://www.example.cn/")]).then(([data, me, away]) => {
    document.getElementById("told").textContent = JSON.stringify({...told, data, me, away});
});
</script></body></html>"""
PACKAGE = scorm(
    **{"content/two.html": TRIES, "content/own.js": "window.own = 'loaded'", "content/data.json": "秋"}
)


def played(tab: Page, where: str) -> dict[str, Any]:
    """What the package tells of itself once it has tried everything."""
    tab.goto(f"{where}?n=2")
    place = tab.frame_locator("iframe.play").locator("#told")
    expect(place).not_to_have_text("running")
    found: dict[str, Any] = json.loads(place.inner_text())
    return found


def put(server: Server, package: bytes = PACKAGE, name: str = "课件.zip") -> str:
    """The page that plays it."""
    with Client.of(server, AUTHOR) as author:
        resource = author.draft("training_material", "课件包")
        file = author.attach(resource, name, package)
    return f"/resources/{resource}/files/{file}/play"


def test_a_package_runs_and_finds_its_interface_and_its_files_and_nothing_else(
    browser: Browser, server: Server, entered: Callable[[str], StorageState]
) -> None:
    context = browser.new_context(base_url=server.url, storage_state=entered(AUTHOR))
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url))
    tab = context.new_page()
    told = played(tab, put(server))
    assert (told["begun"], told["kept"], told["status"], told["newer"]) == (
        "true",
        "true",
        "completed",
        "true",
    )
    assert (told["own"], told["data"]) == ("loaded", "秋")
    assert told["origin"] == "null"
    assert (told["cookie"], told["storage"], told["parent"], told["top"]) == ("SecurityError",) * 4
    assert (told["me"], told["away"]) == ("TypeError", "TypeError")
    assert not [address for address in addresses if not address.startswith((server.url, "data:"))]
    assert f"{server.url}/api/v1/me" not in addresses
    tab.get_by_text("目录").click()
    tab.get_by_role("link", name="第一节 认识秋天").click()
    expect(tab.frame_locator("iframe.play").get_by_text("秋天")).to_be_visible()
    context.close()


def test_on_a_host_of_its_own_it_has_an_origin_and_no_session(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port, play_origin=f"http://localhost:{port}") as server:
        context = browser.new_context(base_url=server.url, storage_state=enter(browser, server, AUTHOR))
        told = played(context.new_page(), put(server))
        assert told["origin"] == f"http://localhost:{port}"
        assert (told["begun"], told["own"], told["data"]) == ("true", "loaded", "秋")
        assert (told["cookie"], told["parent"], told["top"]) == ("", "SecurityError", "SecurityError")
        assert (told["me"], told["away"]) == ("TypeError", "TypeError")
        context.close()


def test_h5p_plays_without_an_origin_and_on_a_host_of_its_own(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    for origin in ("", f"http://localhost:{port}"):
        folder = tmp_path / ("own" if origin else "none")
        folder.mkdir()
        with serve(folder, port, play_origin=origin) as server:
            context = browser.new_context(base_url=server.url, storage_state=enter(browser, server, AUTHOR))
            addresses: list[str] = []
            context.on("request", lambda request, seen=addresses: seen.append(request.url))  # type: ignore[misc]
            tab = context.new_page()
            tab.goto(put(server, h5p(), "秋天.h5p"))
            expect(tab.frame_locator("iframe.play").locator(".h5p-content")).to_contain_text("五彩缤纷")
            own = (server.url, f"http://localhost:{port}", "data:", "blob:")
            assert not [address for address in addresses if not address.startswith(own)]
            context.close()


def test_h5p_of_others_can_be_worked_with(
    browser: Browser, server: Server, entered: Callable[[str], StorageState]
) -> None:
    package = (need("data") / "packages/h5p/H5P.DragText.h5p").read_bytes()
    context = browser.new_context(base_url=server.url, storage_state=entered(AUTHOR))
    tab = context.new_page()
    tab.goto(put(server, package, "拖词.h5p"))
    frame = tab.frame_locator("iframe.play")
    expect(frame.locator(".h5p-drag-text .h5p-drag-draggables-container")).to_be_visible()
    expect(frame.get_by_role("button", name="Check")).to_be_visible()
    context.close()
