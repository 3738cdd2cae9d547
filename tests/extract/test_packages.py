"""Learning packages are recognised by their manifests."""

from pathlib import Path

import pytest

from service.extract import Limits, packages, readers
from service.extract.sniff import sniff
from tests import needs
from tests.extract import documents

MANIFEST = (
    '<manifest xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:a="http://www.adlnet.org/xsd/{}">'
    "<organizations><organization><title>高尔夫入门</title></organization></organizations></manifest>"
)


@pytest.mark.parametrize(
    ("members", "kind", "said"),
    [
        ({"imsmanifest.xml": MANIFEST.format("adlcp_rootv1p2")}, "SCORM 1.2", "高尔夫入门"),
        ({"imsmanifest.xml": MANIFEST.format("adlcp_v1p3")}, "SCORM 2004", "高尔夫入门"),
        ({"imsmanifest.xml": "<manifest><broken"}, "IMS", ""),
        ({"imsmanifest.xml": '<!DOCTYPE m [<!ENTITY e "1">]><m><title>&e;课</title></m>'}, "IMS", ""),
        ({"cmi5.xml": "<c><title><langstring>地质</langstring></title></c>"}, "cmi5", "地质"),
        ({"one.crs": "[Course]\nCourse_Title=识字"}, "AICC", "[Course]\nCourse_Title=识字"),
        (
            {
                "h5p.json": '{"title": "贺卡"}',
                "content/content.json": '{"a": ["<p>你好</p>", "#fff", "<!-- 不读 -->"], "b": 1}',
            },
            "H5P",
            "贺卡\n你好",
        ),
        ({"h5p.json": "[]"}, "H5P", ""),
    ],
)
def test_a_package_tells_its_kind_and_its_titles(
    tmp_path: Path, members: dict[str, str | bytes], kind: str, said: str
) -> None:
    path = documents.packed(tmp_path / "a.zip", members)
    found = readers.read(path, sniff(path, path.name), path.name, Limits())
    assert (found.state, found.details) == ("ready", {"package": kind})
    assert "\n".join(found.texts) == said
    assert {entry.name for entry in found.listing} == set(members)


LISTED = (
    '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><organizations><organization><title>秋天</title></organization></organizations>'
    '<resources xml:base="content/"><resource type="webcontent" href="a%20b/第一节.html?x=1"/><resource type="imsqti_item_xmlv2p1" href="q.xml"/>'
    '<resource type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment"><file href="bank.xml"/></resource><resource type="webcontent" href="gone.html"/>'
    '<resource type="imsqti_item_xmlv2p1" href="broken.xml"/><resource type="webcontent" href="data.xml"/><resource type="webcontent" href="http://[x/"/></resources></manifest>'
)
OLDER = (
    '<!DOCTYPE questestinterop SYSTEM "x.dtd" [<!ENTITY e SYSTEM "file:///etc/passwd">]><questestinterop><item><presentation><material>'
    '<mattext texttype="text/html">&lt;p&gt;水的&lt;b&gt;三&lt;/b&gt;态&lt;script&gt;不读&lt;/script&gt;&lt;/p&gt;&e;</mattext></material></presentation></item></questestinterop>'
)


def test_what_its_pages_and_questions_say_is_read(tmp_path: Path) -> None:
    item = (
        "<assessmentItem><responseDeclaration><correctResponse><value>不读</value></correctResponse></responseDeclaration>"
        '<itemBody><p>银杏<em>叶</em></p><img alt="一片叶子"/><simpleChoice>金黄</simpleChoice><simpleChoice>火红</simpleChoice></itemBody></assessmentItem>'
    )
    members: dict[str, str | bytes] = {
        "imsmanifest.xml": LISTED,
        "content/a b/第一节.html": "<html><script>不读</script><body><p>秋天的雨</p></body></html>",
        "content/q.xml": item,
        "content/bank.xml": OLDER,
        "content/broken.xml": "<assessmentItem><itemBody>",
        "content/data.xml": "<itemBody>不读</itemBody>",
        "content/other.html": "<p>不读</p>",
    }
    path = documents.packed(tmp_path / "a.zip", members)
    found = readers.read(path, sniff(path, path.name), path.name, Limits())
    said = "".join(found.texts).split()
    assert said == ["秋天", "秋天的雨", "银杏叶", "一片叶子", "金黄", "火红", "水的三态"]


@pytest.mark.parametrize(("bound", "kept"), [("MANIFEST", False), ("READ", False), ("PAGES", True)])
def test_of_a_package_as_much_is_read_as_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, kept: bool
) -> None:
    monkeypatch.setattr(packages, bound, 1 if kept else len(LISTED.encode()) + 1)
    page = f"<p>秋天的雨</p>{' ' * len(LISTED.encode())}"
    members: dict[str, str | bytes] = {"imsmanifest.xml": LISTED, "content/a b/第一节.html": page}
    path = documents.packed(tmp_path / "a.zip", members)
    found = readers.read(path, sniff(path, path.name), path.name, Limits())
    assert found.details == {"package": "QTI"}
    assert ("秋天的雨" in "".join(found.texts)) == kept


@pytest.mark.slow
def test_every_real_package_is_recognised() -> None:
    folder = needs.need("data") / "packages"
    for path in [
        *folder.rglob("*.h5p"),
        *(folder / "scorm").glob("*.zip"),
        *(folder / "qti" / "QTI_2.2").rglob("*.zip"),
    ]:
        kind = sniff(path, path.name)
        found = readers.read(path, kind, path.name, Limits())
        assert (kind, found.state) == ("application/zip", "ready"), path
        assert found.details["package"] != "IMS", path
        assert found.listing, path
