"""Question packages (QTI): which items they hold, and in which order."""

import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from service.errors import NotFound
from service.library import packages
from service.library.manifests import Start
from tests.factories import Library, library
from tests.library.test_packages import content, h5p, scorm, starts, zipped
from tests.needs import need

V2 = "http://www.imsglobal.org/xsd/imsqti_v2p1"
V3 = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
MATCH = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"
CHOICE = f"""<assessmentItem xmlns="{V2}" identifier="q1" title="秋天的颜色" adaptive="false" timeDependent="false">
  <responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">
    <correctResponse><value>gold</value></correctResponse></responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
  <itemBody><p>看图：<img src="图/叶.png" alt="一片叶子"/></p>
    <choiceInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>银杏叶是什么颜色的？</prompt>
      <simpleChoice identifier="gold">金黄色</simpleChoice><simpleChoice identifier="red">火红色</simpleChoice>
    </choiceInteraction></itemBody>
  <responseProcessing template="{MATCH}"/>
</assessmentItem>"""
ENTRY = f"""<assessmentItem xmlns="{V2}" identifier="q2" title="填一填" adaptive="false" timeDependent="false">
  <responseDeclaration identifier="RESPONSE" cardinality="single" baseType="string">
    <mapping defaultValue="0"><mapEntry mapKey="秋天" mappedValue="2"/><mapEntry mapKey="秋" mappedValue="1"/></mapping>
  </responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float" normalMaximum="2"/>
  <outcomeDeclaration identifier="SAID" cardinality="single" baseType="identifier"/>
  <itemBody><p>一叶知<textEntryInteraction responseIdentifier="RESPONSE" expectedLength="4"/>。</p></itemBody>
  <responseProcessing>
    <setOutcomeValue identifier="SCORE"><mapResponse identifier="RESPONSE"/></setOutcomeValue>
    <responseCondition><responseIf><gte><variable identifier="SCORE"/><baseValue baseType="float">2</baseValue></gte>
      <setOutcomeValue identifier="SAID"><baseValue baseType="identifier">well</baseValue></setOutcomeValue></responseIf>
    </responseCondition></responseProcessing>
  <modalFeedback outcomeIdentifier="SAID" identifier="well" showHide="show">写得好！</modalFeedback>
</assessmentItem>"""
OF_VERSION_3 = f"""<qti-assessment-item xmlns="{V3}" identifier="q3" title="新版的题" adaptive="false" time-dependent="false">
  <qti-response-declaration identifier="RESPONSE" cardinality="multiple" base-type="identifier">
    <qti-correct-response><qti-value>a</qti-value><qti-value>c</qti-value></qti-correct-response></qti-response-declaration>
  <qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>
  <qti-item-body><qti-choice-interaction response-identifier="RESPONSE" max-choices="0">
    <qti-prompt>哪些是秋天成熟的？</qti-prompt><qti-simple-choice identifier="a">柿子</qti-simple-choice>
    <qti-simple-choice identifier="b">草莓</qti-simple-choice><qti-simple-choice identifier="c">石榴</qti-simple-choice>
  </qti-choice-interaction></qti-item-body>
  <qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"/>
</qti-assessment-item>"""
TEST = f"""<assessmentTest xmlns="{V2}" identifier="t" title="秋天小测"><testPart identifier="p" navigationMode="linear"
    submissionMode="individual"><assessmentSection identifier="s" title="一" visible="true">
  <assessmentItemRef identifier="r2" href="../items/q2.xml"/><assessmentSectionRef identifier="s2" href="section.xml"/>
  <assessmentItemRef identifier="r9" href="https://www.example.cn/q9.xml"/></assessmentSection></testPart></assessmentTest>"""
SECTION = f"""<assessmentSection xmlns="{V2}" identifier="s2" title="二" visible="true">
  <assessmentItemRef identifier="r1" href="../items/q1.xml"/><assessmentItemRef identifier="r2" href="../items/q2.xml"/>
  <assessmentSectionRef identifier="s" href="section.xml"/></assessmentSection>"""


OF_VERSION_1 = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE questestinterop SYSTEM "ims_qtiasiv1p2p1.dtd">
<questestinterop><assessment ident="a" title="秋天小测"><section ident="s">ITEMS</section></assessment></questestinterop>"""


def bank(*items: str, kind: str = "imsqti_xmlv1p2", **more: str) -> bytes:
    """A package as Canvas writes it: one file of all items, which only <file> names, and a picture beside it."""
    picture = io.BytesIO()
    Image.new("RGB", (120, 80), "#c90").save(picture, "PNG")
    return zipped(
        {
            "imsmanifest.xml": '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><organizations/><resources>'
            f'<resource identifier="r" type="{kind}"><file href="题库/bank.xml"/></resource></resources></manifest>',
            "题库/bank.xml": OF_VERSION_1.replace("ITEMS", "".join(items)),
            "题库/叶.png": picture.getvalue(),
            **more,
        }
    )


def qti(test: str = "tests/test.xml", **items: bytes | str) -> bytes:
    """A package of these items by name, with a test or without one; their picture lies beside them."""
    picture = io.BytesIO()
    Image.new("RGB", (120, 80), "#c90").save(picture, "PNG")
    items = items or {"q1": CHOICE, "q2": ENTRY}
    listed = "".join(
        f'<resource identifier="{name}" type="imsqti_item_xmlv2p1" href="items/{name}.xml"/>'
        for name in items
    )
    tested = f'<resource identifier="t" type="imsqti_test_xmlv2p1" href="{test}"/>' if test else ""
    return zipped(
        {
            "imsmanifest.xml": '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m"><organizations/>'
            f"<resources>{listed}{tested}</resources></manifest>",
            "tests/test.xml": TEST,
            "tests/section.xml": SECTION,
            "items/图/叶.png": picture.getvalue(),
            **{f"items/{name}.xml": item for name, item in items.items()},
        }
    )


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Library]:
    found = library(tmp_path)
    yield found
    found.close()


def items(made: Library, data: bytes) -> list[str] | None:
    found = content(made, data)
    with made.backends.reading() as work:
        return packages.items(work, found)


def test_questions_begin_with_the_page_of_their_player(made: Library) -> None:
    assert starts(made, qti()) == [Start("", "")]


def test_items_come_in_the_order_of_their_test_each_once(made: Library) -> None:
    assert items(made, qti()) == ["items/q2.xml", "items/q1.xml"]


def test_without_a_test_they_come_as_they_are_listed(made: Library) -> None:
    assert items(made, qti(test="")) == ["items/q1.xml", "items/q2.xml"]


def test_a_test_that_cannot_be_read_leaves_the_items_as_they_are_listed(made: Library) -> None:
    assert items(made, qti("gone.xml")) == ["items/q1.xml", "items/q2.xml"]


@pytest.mark.parametrize("kind", ["imsqti_xmlv1p2", "imsqti_xmlv1p2/imscc_xmlv1p1/assessment"])
def test_a_file_of_many_items_gives_each_by_its_number(made: Library, kind: str) -> None:
    data = bank('<item ident="a"/>', '<section ident="b"><item ident="b"/></section>', kind=kind)
    assert starts(made, data) == [Start("", "")]
    assert items(made, data) == [f"{quote('题库/bank.xml')}#{n}" for n in (1, 2)]


def test_of_a_long_file_as_many_items_are_shown_as_of_other_packages(made: Library) -> None:
    assert len(items(made, bank('<item ident="a"/>' * (packages.PAGES + 1))) or []) == packages.PAGES


def test_a_file_of_items_that_is_too_large_is_not_found(made: Library) -> None:
    with pytest.raises(NotFound):
        items(made, bank('<item ident="a"/>', " " * packages.QUESTIONS))


def test_h5p_has_no_items_and_other_packages_have_pages_of_their_own(made: Library) -> None:
    assert items(made, h5p()) is None
    with pytest.raises(NotFound):
        items(made, scorm())


@pytest.mark.parametrize(
    "manifest",
    [
        '<manifest><resources><resource type="imsqti_item_xmlv2p1" href="gone.xml"/></resources></manifest>',
        '<manifest><resources><resource type="imsqti_xmlv1p2" href="q1.xml"/></resources></manifest>',
    ],
    ids=["without its items", "of version 1, without items"],
)
def test_what_has_no_item_that_can_be_shown_is_not_found(made: Library, manifest: str) -> None:
    with pytest.raises(NotFound):
        starts(made, zipped({"imsmanifest.xml": manifest, "q1.xml": "<questestinterop/>"}))


def test_packages_of_others_give_their_items(made: Library) -> None:
    folder = need("data") / "packages/qti"
    paths = sorted(path for path in folder.rglob("*.zip") if "invalid" not in path.parts)
    assert paths
    for path in paths:
        assert items(made, path.read_bytes()), path
