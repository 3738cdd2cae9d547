"""What other sites load: the framed page, and the released module of elements."""

import base64
import gzip
import hashlib
import re
import subprocess

import pytest
from markupsafe import escape

from service.library import embed_keys
from tests.needs import ROOT
from tests.web.browsing import Site
from web import embedding

SITE = "https://www.helper.example"
MOST = 12 * 1024
"""Bytes of the module as it travels."""


def make(pages: Site, **wanted: object) -> str:
    with pages.library.writing("a_helper") as work:
        asked = embed_keys.parse({"name": "学校网站", "origins": [SITE], **wanted})
        return embed_keys.create(work, pages.library.schools["helper"], asked)


def test_the_framed_page_needs_no_script_and_sets_no_cookie_and_only_the_keys_sites_may_frame_it(
    pages: Site,
) -> None:
    key = make(pages)
    answer = pages.http.get(f"/embed/{key}", params={"q": "秋天"}, headers=pages.visitor().headers())
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "<script" not in answer.text
    assert f"frame-ancestors 'self' {SITE}" in answer.headers["content-security-policy"]
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "没有找到" in answer.text
    pages.visitor(None).get("/embed/pk_nothing", 404)


@pytest.mark.parametrize(
    ("referer", "status"), [(f"{SITE}/a", 200), ("https://elsewhere.example/", 403), ("", 200)]
)
def test_a_form_on_a_site_that_is_not_listed_is_told_why(pages: Site, referer: str, status: int) -> None:
    key = make(pages)
    answer = pages.http.get(
        f"/embed/{key}", headers={"Accept": "text/html"} | ({"Referer": referer} if referer else {})
    )
    assert answer.status_code == status
    assert ("data-refusal" in answer.text) == (status != 200)
    assert ("elsewhere.example" in answer.text) == (status != 200)


def test_a_revoked_key_and_one_over_its_rate_are_told_why(pages: Site) -> None:
    key = make(pages, per_minute=1)
    path = f"/embed/{key}"
    assert pages.http.get(path, headers={"Accept": "text/html"}).headers["ratelimit"] == '"minute";r=0;t=60'
    throttled = pages.http.get(path, headers={"Accept": "text/html"})
    assert (throttled.status_code, throttled.headers["retry-after"]) == (429, "60")
    assert "太频繁" in throttled.text
    with pages.library.writing("a_helper") as work:
        embed_keys.revoke(work, pages.library.schools["helper"], key)
    gone = pages.http.get(path, headers={"Accept": "text/html"})
    assert gone.status_code == 410
    assert "已停用" in gone.text
    assert f"frame-ancestors 'self' {SITE}" in gone.headers["content-security-policy"]


def test_every_site_may_load_a_released_module_for_good(pages: Site) -> None:
    answer = pages.http.get(f"/embed/tongke-{embedding.NEWEST}.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == embedding.module(embedding.NEWEST).read_bytes()
    assert pages.http.get("/embed/tongke-0.0.0.js").status_code == 404


def test_a_released_module_is_never_changed_and_never_goes() -> None:
    assert {path.name for path in embedding.FOLDER.iterdir()} == {
        embedding.module(version).name for version in embedding.RELEASED
    }
    for version, integrity in embedding.RELEASED.items():
        digest = hashlib.sha384(embedding.module(version).read_bytes()).digest()
        assert integrity == f"sha384-{base64.b64encode(digest).decode()}"


def test_the_module_is_small_depends_on_nothing_and_is_understood_by_chromium_86() -> None:
    source = embedding.module(embedding.NEWEST).read_bytes()
    assert len(gzip.compress(source)) <= MOST
    assert not re.search(rb"\bimport\b(?!\.meta)|innerHTML|localStorage|document\.cookie", source)
    esbuild = ROOT / "web/frontend/node_modules/.bin/esbuild"
    compiled = [
        subprocess.run(
            [esbuild, "--loader=js", "--format=esm", f"--target={target}"],
            input=source,
            capture_output=True,
            check=True,
        ).stdout
        for target in ("chrome86", "esnext")
    ]
    assert compiled[0] == compiled[1]


def test_the_page_of_a_key_shows_each_way_as_code_and_as_it_looks(pages: Site) -> None:
    admin, school = pages.visitor("a_helper"), pages.library.schools["helper"]
    key = make(pages)
    shown = admin.get(f"/admin/embedding/{school}/{key}")
    here = str(pages.http.base_url).rstrip("/")
    for code in (
        f'<form action="{here}/embed/{key}"',
        "<iframe src=",
        f'<tongke-search key="{key}">',
        "<tongke-latest",
    ):
        assert code in shown
        assert str(escape(code)) in shown
    assert embedding.RELEASED[embedding.NEWEST] in shown
