"""What stands in a public page for search engines and browsers, in a real browser under the strict policy."""

import json
from urllib.parse import quote

from playwright.sync_api import expect

from tests.e2e.server import Server
from tests.e2e.steps import OpenPage


def test_the_description_for_search_engines_stands_in_the_page_and_the_policy_lets_it(
    page: OpenPage, ids: dict[str, str]
) -> None:
    tab = page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(f"/resources/{ids['film']}")
    described = json.loads(tab.locator('script[type="application/ld+json"]').text_content() or "")
    assert described["@type"] == "LearningResource"
    assert described["name"] == tab.locator("h1").inner_text()
    assert said == []


def test_the_browser_searches_by_the_description_that_the_page_names(
    page: OpenPage, server: Server, ids: dict[str, str]
) -> None:
    tab = page()
    tab.goto("/")
    template = tab.evaluate(
        """async () => {
            const link = document.querySelector('link[rel=search]');
            const text = await (await fetch(link.href)).text();
            const description = new DOMParser().parseFromString(text, 'text/xml');
            return description.querySelector('Url[type="text/html"]').getAttribute('template');
        }"""
    )
    tab.goto(template.replace("{searchTerms}", quote("水到哪里去了")))
    expect(tab.get_by_role("heading", name="共 1 份资源")).to_be_visible()
    assert tab.url.startswith(server.url)
