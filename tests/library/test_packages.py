"""Learning packages out of their ZIP: where they begin, and that nothing in them leads anywhere else."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import NotFound
from service.library import contents, packages
from service.library.manifests import Start
from tests.factories import Library, library
from tests.needs import need

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="m" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <organizations default="two"><organization identifier="one"><item identifierref="r3"><title>别的</title></item></organization>
    <organization identifier="two"><title>秋天的雨</title>
      <item identifier="i1" identifierref="r1"><title>第一节 认识秋天</title></item>
      <item identifier="i2" identifierref="r2" parameters="?page=2"><title>第二节</title></item>
      <item identifier="i3"><title>没有页面的一章</title></item>
      <item identifier="i4" identifierref="r4"><title>包里没有</title></item>
      <item identifier="i5" identifierref="r5"><title>别的网站</title></item>
      <item identifier="i6" identifierref="r1" isvisible="false"><title>隐藏</title></item>
  </organization></organizations>
  <resources xml:base="content/">
    <resource identifier="r1" type="webcontent" adlcp:scormtype="sco" href="第一节/index.html"/>
    <resource identifier="r2" type="webcontent" href="two.html"/>
    <resource identifier="r3" type="webcontent" href="other.html"/>
    <resource identifier="r4" type="webcontent" href="missing.html"/>
    <resource identifier="r5" type="webcontent" href="https://www.example.cn/x.html"/>
  </resources>
</manifest>"""
PAGE = "<!DOCTYPE html><html><head><title>秋</title></head><body>秋天</body></html>".encode()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path)
    yield found
    found.close()


def zipped(members: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def scorm(**more: bytes | str) -> bytes:
    return zipped(
        {
            "imsmanifest.xml": MANIFEST,
            "content/第一节/index.html": PAGE,
            "content/two.html": PAGE,
            "content/other.html": PAGE,
            "content/app.js": "alert(1)",
            **more,
        }
    )


def h5p(**more: bytes | str) -> bytes:
    """A package whose one library writes its content's words."""
    version = {"machineName": "T.Words", "majorVersion": 1, "minorVersion": 0}
    about = {
        "title": "秋天的雨",
        "mainLibrary": "T.Words",
        "embedTypes": ["iframe"],
        "preloadedDependencies": [version],
    }
    library = {**version, "title": "Words", "runnable": 1, "preloadedJs": [{"path": "words.js"}]}
    script = (
        "window.T = {Words: function (told) { this.attach = ($place) => { $place.text(told.words); }; }};"
    )
    return zipped(
        {
            "h5p.json": json.dumps(about),
            "content/content.json": json.dumps({"words": "五彩缤纷"}),
            "T.Words-1.0/library.json": json.dumps(library),
            "T.Words-1.0/words.js": script,
            **more,
        }
    )


def content(made: Library, data: bytes) -> contents.Content:
    resource_id = made.draft("t_helper")
    file_id = made.attach("t_helper", resource_id, "课件.zip", data, "application/zip")
    with made.reading("t_helper") as work:
        return contents.original(work, resource_id, file_id)


def starts(made: Library, data: bytes) -> list[Start]:
    found = content(made, data)
    with made.backends.reading() as work:
        return packages.starts(work, found)


def read(made: Library, data: bytes, name: str) -> bytes:
    found = content(made, data)
    with made.backends.reading() as work:
        return b"".join(packages.member(work, found, name).blocks)


def test_a_package_begins_with_what_its_manifest_offers(made: Library) -> None:
    assert starts(made, scorm()) == [
        Start("第一节 认识秋天", "content/%E7%AC%AC%E4%B8%80%E8%8A%82/index.html"),
        Start("第二节", "content/two.html?page=2"),
    ]


def test_h5p_begins_with_the_page_of_its_player(made: Library) -> None:
    assert starts(made, h5p()) == [Start("秋天的雨", "")]


def test_h5p_of_others_begins_so_too(made: Library) -> None:
    paths = sorted((need("data") / "packages/h5p").glob("*.h5p"))
    assert paths
    for path in paths:
        [start] = starts(made, path.read_bytes())
        assert (bool(start.title), start.href) == (True, "")


def test_a_member_comes_as_it_is_whatever_its_name_is_written_like(made: Library) -> None:
    data = scorm()
    assert read(made, data, "content/第一节/index.html") == PAGE
    assert read(made, data, "Content/TWO.HTML") == PAGE


def test_a_large_member_comes_by_pieces(made: Library) -> None:
    film = bytes(range(256)) * 8192
    assert read(made, scorm(film=film), "film") == film


@pytest.mark.parametrize(
    "name", ["", "content", "content/", "../content/two.html", "/content/two.html", "content/../content/two.html",
             "missing.html", "content\\two.html", "..\\..\\x"]
)  # fmt: skip
def test_what_is_not_in_the_package_is_not_found(made: Library, name: str) -> None:
    with pytest.raises(NotFound):
        read(made, scorm(), name)


def test_a_member_that_claims_a_path_outside_is_only_a_name(made: Library) -> None:
    data = zipped({"../../etc/passwd": b"mine", "imsmanifest.xml": MANIFEST})
    assert read(made, data, "../../etc/passwd") == b"mine"


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04 no archive",
        zipped({"index.html": PAGE}),
        zipped({"imsmanifest.xml": "<manifest"}),
        zipped({"imsmanifest.xml": "<manifest/>"}),
        zipped({"imsmanifest.xml": MANIFEST}),
        zipped({"imsmanifest.xml": b" " * (packages.MANIFEST_BYTES + 1)}),
        zipped(
            {
                "imsmanifest.xml": '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><manifest>&x;</manifest>'
            }
        ),
        zipped({"h5p.json": "{"}),
        zipped({"h5p.json": "[]"}),
        h5p(**{"h5p.json": '{"mainLibrary": "T.Words", "preloadedDependencies": []}'}),
        h5p(
            **{
                "h5p.json": '{"mainLibrary": "T.Words", "preloadedDependencies": [{"machineName": "T.Words"}]}'
            }
        ),
        zipped(
            {
                "h5p.json": json.dumps(
                    {
                        "title": "x",
                        "mainLibrary": "T.W",
                        "preloadedDependencies": [
                            {"machineName": "T.W", "majorVersion": 1, "minorVersion": 0}
                        ],
                    }
                )
            }
        ),
        zipped({f"{n}.html": b"" for n in range(packages.MEMBERS + 1)}),
    ],
    ids=[
        "no zip",
        "no manifest",
        "broken",
        "empty",
        "without its pages",
        "long",
        "entities",
        "broken H5P",
        "no H5P",
        "H5P without libraries",
        "H5P without versions",
        "H5P that lacks its library",
        "many members",
    ],
)
def test_what_cannot_be_played_is_not_found(made: Library, data: bytes) -> None:
    with pytest.raises(NotFound):
        starts(made, data)


def test_a_bomb_is_not_sent(made: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.zips, "MEMBER", 1000)
    with pytest.raises(NotFound):
        read(made, scorm(bomb=b"\0" * 1001), "bomb")


def test_a_member_that_unpacks_to_more_than_it_claims_ends_where_it_said(made: Library) -> None:
    data = bytearray(zipped({"imsmanifest.xml": MANIFEST, "bomb.html": b"\0" * 100_000}))
    where = data.rindex(b"PK\x01\x02")
    data[where + 24 : where + 28] = (100).to_bytes(4, "little")  # its size in the table of contents
    assert len(read(made, bytes(data), "bomb.html")) <= 100


def test_a_locked_member_is_not_found(made: Library) -> None:
    data = bytearray(scorm())
    where = data.rindex(b"PK\x01\x02")
    data[where + 8] |= 1
    with pytest.raises(NotFound):
        read(made, bytes(data), "content/app.js")


def test_a_damaged_member_ends_before_its_end(made: Library) -> None:
    film = bytes(range(256)) * 4096
    data = bytearray(zipped({"imsmanifest.xml": MANIFEST, "film": film}))
    start = data.index(b"film") + 200
    data[start : start + 50] = b"\xff" * 50
    assert len(read(made, bytes(data), "film")) < len(film)
