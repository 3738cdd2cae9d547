"""A school's own web site, on another origin: the element, the frame and the form find what is public and nothing else;
who may not ask is told why in the console; no cookie is set; axe finds nothing."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.sample import APPROVER, AUTHOR, Client
from tests.e2e.server import Server
from tests.e2e.test_axe import AXE, EVERYTHING, RUN
from web import embedding

PUBLIC_WORD, HIDDEN_WORD = "水到哪里去了", "只给本校看的课"
NUMBERS = count(1)
PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>学校网站</title>
<meta http-equiv="Content-Security-Policy" content="{policy}"><link rel="icon" href="data:,">{script}</head>
<body><main><h1>学校网站</h1>{body}</main></body></html>"""
STRICT = "default-src 'none'; script-src {0}; connect-src {0}; frame-src {0}; form-action {0}; img-src data:"
"""A site that forbids inline styles and all but the library."""


@dataclass
class Elsewhere:
    """A web site of somebody else's, on an origin of its own."""

    url: str
    pages: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def sites() -> Iterator[list[Elsewhere]]:
    """Two sites. `localhost` is another origin, and another site, than the library's 127.0.0.1."""
    opened = []
    for _n in range(2):
        pages: dict[str, str] = {}
        http = ThreadingHTTPServer(("127.0.0.1", 0), _serving(pages))
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        opened.append((http, thread, Elsewhere(f"http://localhost:{http.server_port}", pages)))
    yield [site for _http, _thread, site in opened]
    for http, thread, _site in opened:
        http.shutdown()
        http.server_close()
        thread.join()


def _serving(pages: dict[str, str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture(scope="module")
def school(server: Server) -> str:
    return str(server.account(AUTHOR)["school_id"])


@pytest.fixture(scope="module")
def hidden(server: Server, ids: dict[str, str]) -> str:
    """A published resource that only its school may read; found there, so that the index knows it."""
    with Client.of(server, AUTHOR) as author, Client.of(server, APPROVER) as approver:
        made = author.draft("lesson_case", HIDDEN_WORD)
        author.call("POST", f"/resources/{made}/submit")
        approver.call("POST", f"/resources/{made}/publish")
        server.settle()
        assert author.call("GET", "/search", params={"q": HIDDEN_WORD})["total"]
    return made


@pytest.fixture(scope="module")
def key(server: Server, school: str, sites: list[Elsewhere]) -> str:
    return make(server, school, sites[0].url)


def make(server: Server, school: str, origin: str, **wanted: Any) -> str:
    """A key for this origin."""
    with Client.of(server, APPROVER) as approver:
        body = {"name": f"网站 {next(NUMBERS)}", "origins": [origin], **wanted}
        return str(approver.call("POST", f"/schools/{school}/embed-keys", json=body)["key"])


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody who never was at the library. No script may fail, and no cookie may be left."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 800, "height": 900})
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(error.error.message))
    yield context
    cookies = context.cookies()
    context.close()
    assert not faults
    assert cookies == []


def show(site: Elsewhere, server: Server, body: str, tab: Page, lang: str = "zh-CN") -> list[str]:
    """Put the code into a page of the site and open it; returns what its console says, as it says it."""
    path = f"/{len(site.pages)}.html"
    site.pages[path] = PAGE.format(
        lang=lang, policy=STRICT.format(server.url), script=embedding.script(server.url), body=body
    )
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(site.url + path)
    return said


def test_the_element_finds_what_is_public_and_nothing_else(
    visitor: BrowserContext,
    server: Server,
    sites: list[Elsewhere],
    key: str,
    hidden: str,
    ids: dict[str, str],
) -> None:
    tab = visitor.new_page()
    said = show(sites[0], server, f'<tongke-search key="{key}"></tongke-search>', tab)
    box = tab.get_by_role("searchbox", name="搜索公开的教学资源")
    box.focus()
    tab.keyboard.type(PUBLIC_WORD)
    tab.keyboard.press("Enter")
    link = tab.get_by_role("link", name=PUBLIC_WORD)
    expect(link).to_have_attribute("href", f"{server.url}/resources/{ids['film']}")
    expect(tab.get_by_role("status")).to_have_text("共 1 份资源")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.shadowRoot.activeElement.href").endswith(ids["film"])
    box.fill(HIDDEN_WORD)
    box.press("Enter")
    expect(tab.get_by_role("status")).to_contain_text("没有找到")
    expect(link).to_have_count(0)
    assert said == []


def test_everything_that_the_element_shows_is_public(
    visitor: BrowserContext, server: Server, sites: list[Elsewhere], key: str, hidden: str
) -> None:
    public = httpx.get(f"{server.url}/api/v1/search?per_page=100", trust_env=False).json()
    tab = visitor.new_page()
    show(sites[0], server, f'<tongke-search key="{key}" per-page="3"></tongke-search>', tab)
    tab.get_by_role("button", name="搜索").click()
    shown: set[str] = set()
    for n in range(1, -(-public["total"] // 3) + 1):
        expect(tab.get_by_text(f"第 {n} 页")).to_be_visible()
        expect(tab.get_by_role("status")).to_have_text(f"共 {public['total']} 份资源")
        shown |= set(
            tab.get_by_role("link").evaluate_all("links => links.map((link) => link.href.split('/').pop())")
        )
        if n * 3 < public["total"]:
            tab.get_by_role("button", name="下一页").click()
    expect(tab.get_by_role("button", name="下一页")).to_be_disabled()
    assert shown == {item["id"] for item in public["items"]}
    assert hidden not in shown


def test_the_card_and_the_list_show_what_is_public(
    visitor: BrowserContext,
    server: Server,
    sites: list[Elsewhere],
    key: str,
    hidden: str,
    ids: dict[str, str],
) -> None:
    tab = visitor.new_page()
    body = (
        f'<tongke-latest key="{key}" heading="结对学校的新资源" count="3"></tongke-latest>'
        f'<tongke-resource key="{key}" resource="{ids["film"]}"></tongke-resource>'
    )
    said = show(sites[0], server, body, tab)
    expect(tab.get_by_role("heading", name="结对学校的新资源")).to_be_visible()
    expect(tab.locator("tongke-latest").get_by_role("listitem")).to_have_count(3)
    expect(tab.locator("tongke-resource").get_by_role("link", name=PUBLIC_WORD)).to_be_visible()
    assert said == []
    said = show(sites[0], server, f'<tongke-resource key="{key}" resource="{hidden}"></tongke-resource>', tab)
    expect(tab.get_by_text("这份资源现在不能查看。")).to_be_visible()


def test_the_element_speaks_english(
    visitor: BrowserContext, server: Server, sites: list[Elsewhere], key: str
) -> None:
    tab = visitor.new_page()
    show(sites[0], server, f'<tongke-search key="{key}"></tongke-search>', tab, lang="en")
    tab.get_by_role("searchbox", name="Search open teaching resources").fill(PUBLIC_WORD)
    tab.get_by_role("button", name="Search").click()
    expect(tab.get_by_role("status")).to_have_text("1 resource")


def test_the_frame_finds_what_is_public_and_nothing_else_without_script(
    browser: Browser, server: Server, sites: list[Elsewhere], key: str, hidden: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    show(sites[0], server, str(embedding.ways(server.url, {"key": key}, "", "")["frame"]), tab)
    frame = tab.frame_locator("iframe")
    for word, number in ((PUBLIC_WORD, 1), (HIDDEN_WORD, 0)):
        frame.get_by_role("searchbox").fill(word)
        frame.get_by_role("button", name="搜索").click()
        expect(frame.get_by_role("status")).to_have_text(
            "共 1 份资源" if number else "没有找到。换一个更短的词再试。"
        )
        expect(frame.get_by_role("link", name=word)).to_have_count(number)
    assert context.cookies() == []
    context.close()


def test_the_form_finds_what_is_public_and_nothing_else(
    visitor: BrowserContext, server: Server, sites: list[Elsewhere], key: str, hidden: str
) -> None:
    tab = visitor.new_page()
    show(sites[0], server, str(embedding.ways(server.url, {"key": key}, "", "")["form"]), tab)
    for word, number in ((PUBLIC_WORD, 1), (HIDDEN_WORD, 0)):
        tab.get_by_role("searchbox").fill(word)
        with visitor.expect_page() as opened:
            tab.get_by_role("button", name="搜索").click()
        expect(opened.value.get_by_role("status")).to_contain_text("共 1 份资源" if number else "没有找到")
        expect(opened.value.get_by_role("link", name=word)).to_have_count(number)


def hears(tab: Page, *words: str) -> Any:
    """Within this the page's console says all of these words in one line; it may say them after the visitor was told."""
    return tab.expect_console_message(lambda message: all(word in message.text for word in words))


def ask(site: Elsewhere, server: Server, key: str, tab: Page, *words: str) -> None:
    """Search with the element: the console says these words, and the visitor is told."""
    with hears(tab, *words):
        show(site, server, f'<tongke-search key="{key}" q="{PUBLIC_WORD}"></tongke-search>', tab)
    expect(tab.get_by_role("status")).not_to_have_text("正在搜索……")
    expect(tab.get_by_role("link")).to_have_count(0)


def test_a_site_that_is_not_listed_is_refused_and_told_why(
    visitor: BrowserContext, server: Server, sites: list[Elsewhere], key: str
) -> None:
    tab = visitor.new_page()
    ask(sites[1], server, key, tab, sites[1].url, "不在这个嵌入密钥的名单里")
    expect(tab.get_by_role("status")).to_have_text("这里的搜索暂时不能用。")
    ways = embedding.ways(server.url, {"key": key}, "", "")
    with hears(tab, "frame-ancestors"):
        show(sites[1], server, str(ways["frame"]), tab)
    show(sites[1], server, str(ways["form"]), tab)
    with visitor.expect_page() as opened:
        tab.get_by_role("button", name="搜索").click()
    expect(opened.value.get_by_role("alert")).to_contain_text("不在这个嵌入密钥的名单里")


def test_a_revoked_key_is_refused_and_the_site_told_why(
    visitor: BrowserContext, server: Server, sites: list[Elsewhere], school: str
) -> None:
    revoked = make(server, school, sites[0].url)
    with Client.of(server, APPROVER) as approver:
        approver.call("DELETE", f"/schools/{school}/embed-keys/{revoked}")
    tab = visitor.new_page()
    ask(sites[0], server, revoked, tab, "已停用")
    with hears(tab, "已停用"):
        show(sites[0], server, str(embedding.ways(server.url, {"key": revoked}, "", "")["frame"]), tab)
    expect(tab.frame_locator("iframe").get_by_role("alert")).to_contain_text("已停用")


def test_a_key_over_its_rate_is_refused_and_the_site_told_why(
    visitor: BrowserContext, server: Server, sites: list[Elsewhere], school: str
) -> None:
    slow = make(server, school, sites[0].url, per_minute=1)
    tab = visitor.new_page()
    with hears(tab, "太频繁"):
        show(sites[0], server, f'<tongke-search key="{slow}"></tongke-search>', tab)
        while "请稍后再试" not in tab.get_by_role("status").inner_text():  # a minute may end in between
            tab.get_by_role("searchbox").press("Enter")
            expect(tab.get_by_role("status")).to_have_text(re.compile("份资源|数量更新中|请稍后再试"))


def test_axe_finds_nothing_in_the_elements(
    browser: Browser, server: Server, sites: list[Elsewhere], key: str, ids: dict[str, str]
) -> None:
    context = browser.new_context(bypass_csp=True, viewport={"width": 360, "height": 800})
    tab = context.new_page()
    body = (
        f'<tongke-search key="{key}" q="的" per-page="2"></tongke-search><tongke-latest key="{key}"></tongke-latest>'
        f'<tongke-resource key="{key}" resource="{ids["film"]}"></tongke-resource>'
    )
    show(sites[0], server, body, tab)
    expect(tab.locator("tongke-search").get_by_role("link").first).to_be_visible()
    expect(tab.locator("tongke-latest").get_by_role("link").first).to_be_visible()
    expect(tab.locator("tongke-resource").get_by_role("link").first).to_be_visible()
    tab.evaluate(AXE)
    assert tab.evaluate(RUN, EVERYTHING) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
