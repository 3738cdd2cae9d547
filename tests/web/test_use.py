"""Who made a resource sees how often it was used; a page and a download count, a preview and a broken rest do not."""

import re

from service.models import Use
from tests.web.browsing import Site

LINE = re.compile(r"被打开 (\d+) 次，下载 (\d+) 次；(\d+) 所")


def published(pages: Site) -> tuple[str, str]:
    ident = pages.library.draft("t_helper")
    file_id = pages.library.attach("t_helper", ident, "教案.txt", "秋天的雨".encode())
    pages.library.share("t_helper", ident, f"pair:{pages.library.pairs['school']}")
    pages.visitor().done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    return ident, file_id


def shown(pages: Site, ident: str) -> tuple[int, ...]:
    pages.library.backends.write_uses()
    found = LINE.search(pages.visitor().get(f"/resources/{ident}"))
    assert found is not None
    return tuple(int(number) for number in found.groups())


def test_authors_see_how_often_it_was_opened_and_downloaded_and_readers_do_not(pages: Site) -> None:
    ident, file_id = published(pages)
    partner = pages.visitor("t_aided")
    assert "还没有别人打开过。" in pages.visitor().get(f"/resources/{ident}")
    assert LINE.search(partner.get(f"/resources/{ident}")) is None
    content = f"/api/v1/resources/{ident}/files/{file_id}/content"
    partner.get(content)
    partner.get(f"{content}?download=true")
    partner.get(f"/api/v1/resources/{ident}/files.zip")
    rest = partner.headers() | {"Range": "bytes=3-"}
    assert partner.http.get(f"{content}?download=true", headers=rest).status_code == 206
    assert partner.http.head(f"{content}?download=true", headers=partner.headers()).status_code == 200
    pages.visitor("a_helper").get(f"/resources/{ident}")
    assert shown(pages, ident) == (2, 2, 1)


def test_nothing_is_kept_of_who_used_it() -> None:
    assert set(Use.model_fields) == {"resource_id", "school_id", "month", "views", "downloads"}
