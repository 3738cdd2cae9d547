"""Browsers, feed readers, editors and search engines find what is public, and only that."""

import json
import re
from html import unescape
from typing import Any

import feedparser
import pytest
from lxml import etree

from service.library import resources, sharing
from service.worker import Worker
from tests.web.browsing import Site

TRICKY = "《秋天\x0b的雨》</script>&"


@pytest.fixture
def shown(pages: Site) -> str:
    """A public resource, beside one that only its school may read and a draft; all of them indexed."""
    public, own = (_published(pages, title) for title in (TRICKY, "秋天的果园"))
    with pages.library.writing("a_helper") as work:
        sharing.give(work, public, sharing.parse({"audience": "public", "role": "viewer"}))
    pages.library.draft("t_helper", "秋天的草稿")
    Worker(pages.library.backends).run(until_idle=True)
    pages.visitor().get(f"/resources/{own}")
    return public


def _published(pages: Site, title: str) -> str:
    fields = {
        "subject": "chinese",
        "grade": "3",
        "licence": "cc-by-4.0",
        "summary": "一课两教。",
        "tags": ["秋天"],
    }
    resource_id = pages.library.draft("t_helper", title, **fields)
    pages.visitor().done(f"/resources/{resource_id}/submit")
    pages.visitor("a_helper").done(f"/resources/{resource_id}/publish")
    return resource_id


def withdraw(pages: Site, resource_id: str) -> None:
    with pages.library.writing("t_helper") as work:
        resources.withdraw(work, resource_id)


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_a_feed_reader_reads_a_search(pages: Site, shown: str, form: str) -> None:
    answer = pages.http.get(f"/search.{form}?q=秋天&subject=chinese", headers=pages.visitor().headers())
    feed = feedparser.parse(answer.content)
    assert feed.bozo == 0
    assert feed.feed.title == "同课 · 秋天 · 语文"
    (entry,) = feed.entries
    assert entry.link == entry.id == f"{str(pages.http.base_url).rstrip('/')}/resources/{shown}"
    assert entry.title == TRICKY.replace("\x0b", "")
    assert entry.published_parsed is not None
    assert "语文" in [tag.term for tag in entry.tags]
    assert pages.http.get(feed.feed.link).status_code == 200
    assert feedparser.parse(pages.http.get(f"/search.{form}?subject=maths").content).entries == []
    withdraw(pages, shown)
    assert feedparser.parse(pages.http.get(f"/search.{form}").content).entries == []


def test_the_page_of_a_search_names_its_feed(pages: Site, shown: str) -> None:
    html = pages.visitor(None).get("/search?q=秋天&subject=chinese")
    found = re.search(r'type="application/atom\+xml" href="([^"]+)"', html)
    assert found is not None
    assert len(feedparser.parse(pages.http.get(unescape(found.group(1))).content).entries) == 1


def test_the_map_names_the_pages_of_what_is_public(pages: Site, shown: str) -> None:
    robots = pages.http.get("/robots.txt").text
    assert "Disallow: /admin" in robots
    index = re.search(r"Sitemap: (\S+)", robots)
    assert index is not None
    (part,) = locations(pages.http.get(index.group(1)).content)
    found = locations(pages.http.get(part).content)
    assert [page for page in found if "/resources/" in page] == [
        f"{str(pages.http.base_url).rstrip('/')}/resources/{shown}"
    ]
    for page in found:
        assert pages.http.get(page, headers={"Accept": "text/html"}).status_code == 200
    assert pages.http.get("/sitemap-2.xml").status_code == 404
    withdraw(pages, shown)
    assert not [page for page in locations(pages.http.get(part).content) if "/resources/" in page]


def locations(content: bytes) -> list[str]:
    return [node.text or "" for node in etree.fromstring(content).iter("{*}loc")]


def test_the_browser_is_told_how_to_search_here(pages: Site, shown: str) -> None:
    html = pages.visitor(None).get("/")
    assert '<link rel="search" href="/opensearch.xml"' in html
    description = etree.fromstring(pages.http.get("/opensearch.xml").content)
    templates = {node.get("type"): node.get("template") for node in description.iter("{*}Url")}
    answer = pages.http.get(
        templates["text/html"].replace("{searchTerms}", "秋天"), headers={"Accept": "text/html"}
    )
    assert "共 1 份资源" in answer.text
    atom = pages.http.get(templates["application/atom+xml"].replace("{searchTerms}", "秋天"))
    assert len(feedparser.parse(atom.content).entries) == 1


def described(html: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert len(found) == 1
    told: dict[str, Any] = json.loads(found[0])
    return told


def test_a_search_engine_is_told_what_a_public_resource_is(pages: Site, shown: str) -> None:
    told = described(pages.visitor(None).get(f"/resources/{shown}"))
    assert told["@type"] == "LearningResource"
    assert told["name"] == TRICKY
    assert told["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert told["educationalLevel"] == ["小学", "三年级"]
    assert told["about"] == ["语文"]
    assert told["publisher"]["name"] == "helper 小学"
    assert "application/ld+json" not in pages.visitor().get(f"/resources/{shown}")


def test_an_editor_is_told_of_a_public_resource_alone(pages: Site, shown: str) -> None:
    html = pages.visitor(None).get(f"/resources/{shown}")
    found = re.search(r'type="application/json\+oembed" href="([^"]+)"', html)
    assert found is not None
    told = pages.http.get(unescape(found.group(1))).json()
    assert (told["version"], told["type"], told["title"]) == ("1.0", "link", TRICKY)
    xml = etree.fromstring(pages.http.get(unescape(found.group(1)) + "&format=xml").content)
    assert xml.findtext("title") == TRICKY.replace("\x0b", "")
    own = pages.library.draft("t_helper", "草稿")
    here = str(pages.http.base_url).rstrip("/")
    for other in (
        f"{here}/resources/{own}",
        f"{here}/",
        "https://elsewhere.example/resources/1",
        f"{here}/resources/{shown}/edit",
    ):
        answer = pages.http.get("/api/v1/oembed", params={"url": other}, headers=pages.visitor().headers())
        assert answer.status_code == 404
