"""Learning packages are recognised by their manifests."""

from pathlib import Path

import pytest

from service.extract import Limits, readers
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
