"""Which pages a search engine may know: those of what is public (sitemaps.org, protocol 0.9)."""

from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from service.errors import NotFound
from service.library import shapes, xmltext
from service.library.xmltext import add, document
from service.models import Resource, fetch
from service.permissions import VISIBLE, seen_by
from service.work import Work

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
PER_FILE = 5000
"""Of at most 50,000."""
PAGES = ("/", "/browse", "/partnerships", "/help")
_COUNT = select(func.count()).select_from(Resource).where(VISIBLE)
_PAGE: Any = (
    select(col(Resource.id), col(Resource.updated_at))
    .where(VISIBLE)
    .order_by(col(Resource.id))
    .limit(PER_FILE)
    .offset(bindparam("skipped"))
)


def index(work: Work, site: str) -> bytes:
    """The files of the map."""
    files = max(
        1, -(-(fetch(work.session, _COUNT, seen_by(work.caller, work.now)).scalar() or 0) // PER_FILE)
    )
    root = xmltext.root(NAMESPACE, "sitemapindex")
    for n in range(1, files + 1):
        add(add(root, "sitemap"), "loc", f"{site}/sitemap-{n}.xml")
    return document(root)


def part(work: Work, site: str, n: int) -> bytes:
    """The nth file; NotFound beyond the last."""
    skipped = (n - 1) * PER_FILE
    rows = fetch(work.session, _PAGE, seen_by(work.caller, work.now) | {"skipped": skipped}).all()
    if n > 1 and not rows:
        raise NotFound("没有这一页。", english="There is no such part.")
    root = xmltext.root(NAMESPACE, "urlset")
    for path in PAGES if n == 1 else ():
        add(add(root, "url"), "loc", f"{site}{path}")
    for resource_id, updated_at in rows:
        url = add(root, "url")
        add(url, "loc", f"{site}/resources/{resource_id}")
        add(url, "lastmod", shapes.instant(updated_at))
    return document(root)
