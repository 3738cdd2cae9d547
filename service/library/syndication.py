"""A search as a feed: Atom (RFC 4287) and RSS 2.0, of what is public."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree

from service.library import vocabulary, xmltext
from service.library.xmltext import add, clean, document

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 50


def atom(
    items: Sequence[Mapping[str, Any]], title: str, site: str, own: str, page: str, now: datetime
) -> bytes:
    """Hits, the newest first; `own` is the address of the feed, `page` of the same search as a page."""
    feed = xmltext.root(ATOM, "feed")
    add(feed, "id", own)
    add(feed, "title", title)
    newest = max((item["updated_at"] for item in items), default=now.isoformat())
    add(feed, "updated", newest)
    add(feed, "link", attributes={"rel": "self", "href": own, "type": "application/atom+xml"})
    add(feed, "link", attributes={"rel": "alternate", "href": page, "type": "text/html"})
    for item in items:
        entry = add(feed, "entry")
        address = f"{site}/resources/{item['id']}"
        add(entry, "id", address)
        add(entry, "title", item["title"])
        add(entry, "updated", item["updated_at"])
        add(entry, "published", item["created_at"])
        add(entry, "link", attributes={"rel": "alternate", "href": address, "type": "text/html"})
        add(add(entry, "author"), "name", item["school"]["name"])
        if item["summary"]:
            add(entry, "summary", item["summary"])
        for label in _subjects(item):
            add(entry, "category", attributes={"term": label})
    return document(feed)


def rss(items: Sequence[Mapping[str, Any]], title: str, site: str, own: str, page: str) -> bytes:
    """The same as RSS 2.0 (rssboard.org/rss-specification)."""
    root = etree.Element("rss", {"version": "2.0"}, nsmap={"atom": ATOM})
    channel = add(root, "channel")
    add(channel, "title", title)
    add(channel, "link", page)
    add(channel, "description", clean(f"同课 Tongke：{title}"))
    add(channel, "language", "zh-CN")
    add(channel, f"{{{ATOM}}}link", attributes={"rel": "self", "href": own, "type": "application/rss+xml"})
    for item in items:
        entry = add(channel, "item")
        address = f"{site}/resources/{item['id']}"
        add(entry, "title", item["title"])
        add(entry, "link", address)
        add(entry, "guid", address, {"isPermaLink": "true"})
        add(entry, "pubDate", format_datetime(datetime.fromisoformat(item["updated_at"])))
        if item["summary"]:
            add(entry, "description", item["summary"])
        for label in _subjects(item):
            add(entry, "category", label)
    return document(root)


def _subjects(item: Mapping[str, Any]) -> list[str]:
    return [vocabulary.label(name, item[name]) for name in ("stage", "subject", "type") if item[name]]
