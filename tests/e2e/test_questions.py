"""Question packages (QTI) are worked through in a real browser, and what stands in them reaches nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, StorageState, expect

from tests.e2e.sample import AUTHOR
from tests.e2e.server import Server, free_port, serve
from tests.e2e.steps import WIDTHS, enter
from tests.e2e.test_axe import AXE, EVERYTHING, RUN
from tests.e2e.test_playing import put
from tests.library.test_questions import CHOICE, ENTRY, OF_VERSION_3, V2, qti
from tests.needs import need

FRAME = "iframe.play"
ITEM = f"""<assessmentItem xmlns="{V2}" identifier="q" title="TITLE" adaptive="false" timeDependent="false">
  <responseDeclaration identifier="RESPONSE" cardinality="MANY" baseType="TYPE">
    <correctResponse>CORRECT</correctResponse></responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
  <itemBody>BODY</itemBody>
  <responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/></assessmentItem>"""
"""An item that is right or wrong."""
HOSTILE = f"""<assessmentItem xmlns="{V2}" xmlns:h="http://www.w3.org/1999/xhtml" identifier="x" title="坏题">
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
  <itemBody onload="bad()"><p onclick="bad()">只是文字<script>fetch("https://www.example.cn/s")</script></p>
    <h:script>fetch("https://www.example.cn/h"); document.title = "bad"</h:script>
    <constructor><h:img src="x" onerror="document.title = 'bad'"/></constructor>
    <a href="https://www.example.cn/away">去别处</a><img src="https://www.example.cn/pixel.png" alt="远处的图"/>
    <object type="text/html" data="https://www.example.cn/page">一页</object>
    <h:iframe src="https://www.example.cn/frame"/><h:form action="https://www.example.cn/form"><h:button>发送</h:button></h:form>
    <include href="https://www.example.cn/stimulus.xml"/></itemBody></assessmentItem>"""
ENTITY = '<!DOCTYPE i [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY a "&e;&e;">]>' + CHOICE.replace(
    "金黄色", "&a;"
)


def item(title: str, kind: tuple[str, str], correct: list[str], body: str) -> str:
    """One of a kind (cardinality, base type)."""
    values = "".join(f"<value>{one}</value>" for one in correct)
    told = {"TITLE": title, "MANY": kind[0], "TYPE": kind[1], "CORRECT": values, "BODY": body}
    made = ITEM
    for mark, text in told.items():
        made = made.replace(mark, text)
    return made


@pytest.fixture
def opened(
    browser: Browser, server: Server, entered: Callable[[str], StorageState]
) -> Callable[..., tuple[Page, FrameLocator, list[str]]]:
    """`opened(package, width)`: a tab that plays it, its frame, and the addresses that it has asked for."""

    def open_package(package: bytes, width: int = 1440) -> tuple[Page, FrameLocator, list[str]]:
        context = browser.new_context(
            base_url=server.url, storage_state=entered(AUTHOR), viewport={"width": width, "height": 900}
        )
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        tab = context.new_page()
        tab.goto(put(server, package, "小测.zip"))
        return tab, tab.frame_locator(FRAME), asked

    return open_package


Opened = Callable[..., tuple[Page, FrameLocator, list[str]]]


def within(tab: Page) -> Frame:
    """What is played on this page."""
    return next(one for one in tab.frames if "/api/v1/play/" in one.url)


def holds_up(tab: Page) -> None:
    """It fits the screen, and axe finds nothing."""
    assert within(tab).evaluate("document.documentElement.scrollWidth <= innerWidth")
    within(tab).evaluate(AXE)
    assert within(tab).evaluate(RUN, EVERYTHING) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_items_are_answered_and_scored_one_after_another(opened: Opened, width: int) -> None:
    tab, frame, _asked = opened(qti(q1=CHOICE, q2=ENTRY), width)
    expect(frame.get_by_text("第 1 题，共 2 题")).to_be_visible()
    expect(frame.get_by_role("heading", name="填一填")).to_be_visible()
    frame.get_by_label("第 1 空").fill("秋天")
    frame.get_by_role("button", name="提交").click()
    expect(frame.get_by_role("status")).to_have_text("得分：2（满分 2）")
    expect(frame.get_by_text("写得好！")).to_be_visible()
    frame.get_by_role("button", name="后一题").click()
    expect(frame.get_by_role("heading", name="秋天的颜色")).to_be_focused()
    leaf = frame.get_by_role("img", name="一片叶子")
    expect(leaf).to_be_visible()
    assert leaf.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 120
    frame.get_by_label("火红色").check()
    frame.get_by_role("button", name="提交").click()
    expect(frame.get_by_role("status")).to_have_text("得分：0（满分 1）")
    frame.get_by_label("金黄色").check()
    frame.get_by_role("button", name="提交").click()
    expect(frame.get_by_role("status")).to_have_text("得分：1（满分 1）")
    expect(frame.get_by_text("已评分 2 题，一共 3 分。")).to_be_visible()
    frame.get_by_role("button", name="前一题").click()
    expect(frame.get_by_label("第 1 空")).to_have_value("秋天")
    inner = within(tab)
    assert inner.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert inner.evaluate("self.origin") == "null"
    tab.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_a_question(opened: Opened, width: int) -> None:
    tab, frame, _asked = opened(qti(test="", q1=CHOICE), width)
    expect(frame.get_by_role("heading", name="秋天的颜色")).to_be_visible()
    inner = within(tab)
    inner.evaluate(AXE)
    assert inner.evaluate(RUN, EVERYTHING) == []
    tab.context.close()


def test_version_3_is_read_as_version_2_is(opened: Opened) -> None:
    tab, frame, _asked = opened(qti(test="", q3=OF_VERSION_3))
    for fruit in ("柿子", "石榴"):
        frame.get_by_label(fruit).check()
    frame.get_by_role("button", name="提交").click()
    expect(frame.get_by_role("status")).to_have_text("得分：1（满分 1）")
    tab.context.close()


def test_each_common_kind_of_question_can_be_answered(opened: Opened) -> None:
    season = '<inlineChoice identifier="a">秋</inlineChoice><inlineChoice identifier="s">春</inlineChoice>'
    associable = "".join(
        f'<simpleAssociableChoice identifier="{one}" matchMax="1">{text}</simpleAssociableChoice>'
        for one, text in (("y", "银杏"), ("f", "枫树"))
    )
    colours = "".join(
        f'<simpleAssociableChoice identifier="{one}" matchMax="1">{text}</simpleAssociableChoice>'
        for one, text in (("g", "黄"), ("r", "红"))
    )
    lines = '<simpleChoice identifier="b">乙</simpleChoice><simpleChoice identifier="a">甲</simpleChoice>'
    kinds = {
        "inline": item("选词", ("single", "identifier"), ["a"], f'<p><inlineChoiceInteraction responseIdentifier="RESPONSE" shuffle="false">{season}</inlineChoiceInteraction>天来了</p>'),
        "match": item("连线", ("multiple", "directedPair"), ["y g", "f r"], f'<matchInteraction responseIdentifier="RESPONSE" maxAssociations="2"><prompt>连一连</prompt><simpleMatchSet>{associable}</simpleMatchSet><simpleMatchSet>{colours}</simpleMatchSet></matchInteraction>'),
        "pairs": item("配对", ("multiple", "pair"), ["f y"], f'<associateInteraction responseIdentifier="RESPONSE" maxAssociations="1"><prompt>配一对</prompt>{associable}</associateInteraction>'),
        "order": item("排序", ("ordered", "identifier"), ["a", "b"], f'<orderInteraction responseIdentifier="RESPONSE"><prompt>排一排</prompt>{lines}</orderInteraction>'),
        "gaps": item("补空", ("multiple", "directedPair"), ["w G"], '<gapMatchInteraction responseIdentifier="RESPONSE"><gapText identifier="w" matchMax="1">凉</gapText><p>天气<gap identifier="G"/>了</p></gapMatchInteraction>'),
        "hot": item("找词", ("single", "identifier"), ["h"], '<hottextInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>找动词</prompt><p>秋风<hottext identifier="h">吹</hottext>过<hottext identifier="k">田野</hottext></p></hottextInteraction>'),
        "slider": item("估数", ("single", "integer"), ["7"], '<sliderInteraction responseIdentifier="RESPONSE" lowerBound="0" upperBound="10" step="1"/>'),
    }  # fmt: skip
    tab, frame, _asked = opened(qti("", **kinds))

    def right(title: str, act: Callable[[], None]) -> None:
        expect(frame.get_by_role("heading", name=title)).to_be_visible()
        frame.get_by_role("button", name="提交").click()
        expect(frame.get_by_role("status").last).to_have_text("得分：0（满分 1）")
        act()
        frame.get_by_role("button", name="提交").click()
        expect(frame.get_by_role("status").last).to_have_text("得分：1（满分 1）")
        if title != "估数":
            frame.get_by_role("button", name="后一题").click()

    def matched() -> None:
        frame.get_by_role("group", name="银杏").get_by_label("黄").check()
        frame.get_by_role("group", name="枫树").get_by_label("红").check()

    def paired() -> None:
        frame.get_by_label("第 1 对，左边").select_option("y")
        frame.get_by_label("第 1 对，右边").select_option("f")

    def slid() -> None:
        frame.get_by_label("你的回答").fill("7")

    right("选词", lambda: frame.get_by_label("第 1 空").select_option("a") and None)
    right("连线", matched)
    right("配对", paired)
    right("排序", lambda: frame.get_by_role("button", name="上移：甲").click())
    right("补空", lambda: frame.get_by_label("第 1 空").select_option("w") and None)
    right("找词", lambda: frame.get_by_label("吹").check())
    right("估数", slid)
    tab.context.close()


PICTURE = '<object type="image/png" data="图/叶.png" width="240" height="160">一片叶子</object>'
"""Shown twice as large as it is: coordinates are those of what the item says."""
SPOTS = "".join(
    f'<{{0}} identifier="{one}" shape="{shape}" coords="{coords}" hotspotLabel="{label}" matchMax="1"/>'
    for one, shape, coords, label in (
        ("stalk", "rect", "0,0,60,160", "叶柄"),
        ("vein", "circle", "120,80,40", "叶脉"),
        ("edge", "poly", "180,0,240,0,240,160,180,160", "叶缘"),
    )
)


def graphic(kind: str, spot: str, more: str = "", **attributes: str) -> str:
    """An interaction with the places of the picture."""
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<{kind} responseIdentifier="RESPONSE"{told}><prompt>看图</prompt>{PICTURE}{more}{SPOTS.format(spot)}</{kind}>'


@pytest.mark.parametrize("width", WIDTHS)
def test_places_of_a_picture_are_answered_by_pointer_and_by_number(opened: Opened, width: int) -> None:
    ways = '<gapText identifier="w" matchMax="1">运水</gapText>'
    kinds = {
        "spot": item("指一指", ("single", "identifier"), ["vein"], graphic("hotspotInteraction", "hotspotChoice", maxChoices="1")),
        "order": item("排图", ("ordered", "identifier"), ["vein", "stalk", "edge"], graphic("graphicOrderInteraction", "hotspotChoice")),
        "pairs": item("连图", ("multiple", "pair"), ["edge stalk"], graphic("graphicAssociateInteraction", "associableHotspot", maxAssociations="1")),
        "gaps": item("填图", ("multiple", "directedPair"), ["w vein"], graphic("graphicGapMatchInteraction", "associableHotspot", ways)),
    }  # fmt: skip
    tab, frame, _asked = opened(qti("", **kinds), width)

    def scored(points: int) -> None:
        frame.get_by_role("button", name="提交").click()
        expect(frame.get_by_role("status").last).to_have_text(f"得分：{points}（满分 1）")

    def on(title: str) -> None:
        frame.get_by_role("button", name="后一题").click()
        expect(frame.get_by_role("heading", name=title)).to_be_visible()
        expect(picture).to_be_visible()

    picture = frame.get_by_role("img", name="一片叶子")
    expect(frame.get_by_role("heading", name="指一指")).to_be_visible()
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.decode().then(() => image.width)") == 240
    picture.click(position={"x": 20, "y": 80})
    expect(frame.get_by_label("第 1 处：叶柄")).to_be_checked()
    scored(0)
    picture.click(position={"x": 130, "y": 90})
    expect(frame.get_by_label("第 2 处：叶脉")).to_be_checked()
    scored(1)
    frame.get_by_label("第 3 处：叶缘").check()
    scored(0)
    on("排图")
    frame.get_by_role("button", name="上移：第 2 处：叶脉").click()
    scored(1)
    on("连图")
    frame.get_by_label("第 1 对，左边").select_option("stalk")
    frame.get_by_label("第 1 对，右边").select_option("edge")
    scored(1)
    on("填图")
    frame.get_by_label("第 2 处：叶脉").select_option("w")
    scored(1)
    holds_up(tab)
    tab.context.close()


def test_a_point_of_a_picture_is_worth_what_its_area_is(opened: Opened) -> None:
    areas = '<areaMapping defaultValue="0"><areaMapEntry shape="circle" coords="120,80,40" mappedValue="2"/></areaMapping>'
    body = f'<selectPointInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>点叶脉</prompt>{PICTURE}</selectPointInteraction>'
    point = item("点一点", ("single", "point"), ["120 80"], body)
    point = point.replace("</correctResponse>", f"</correctResponse>{areas}").replace(
        "match_correct", "map_response_point"
    )
    tab, frame, _asked = opened(qti("", q1=point))
    picture = frame.get_by_role("img", name="一片叶子")
    expect(picture).to_be_visible()
    picture.evaluate("(image) => image.decode()")
    picture.click(position={"x": 10, "y": 10})
    expect(frame.get_by_text("已点 1 处：(")).to_be_visible()
    frame.get_by_role("button", name="提交").click()
    expect(frame.get_by_role("status").last).to_have_text("得分：0（满分 2）")
    frame.get_by_label("横的位置（像素）").fill("130")
    frame.get_by_label("纵的位置（像素）").fill("90")
    frame.get_by_role("button", name="放上").click()
    expect(frame.get_by_text("已点 1 处：(130, 90)")).to_be_visible()
    frame.get_by_role("button", name="提交").click()
    expect(frame.get_by_role("status").last).to_have_text("得分：2（满分 2）")
    tab.context.close()


def test_a_hostile_item_runs_nothing_and_asks_nobody(opened: Opened, server: Server) -> None:
    quiet = HOSTILE.replace('<include href="https://www.example.cn/stimulus.xml"/>', "")
    tab, frame, asked = opened(qti("", q1=quiet, q2=HOSTILE, q3=ENTITY, q4=CHOICE))
    expect(frame.get_by_text("只是文字")).to_be_visible()
    expect(frame.get_by_role("link")).to_have_count(0)
    expect(frame.get_by_role("img", name="远处的图")).to_have_count(1)
    inner = within(tab)
    assert inner.evaluate("document.querySelectorAll('iframe, form, #stage script, a').length") == 0
    assert inner.title() == "测试题"
    frame.get_by_role("button", name="后一题").click()
    expect(frame.locator(".unknown")).to_be_visible()
    frame.get_by_role("button", name="后一题").click()
    expect(frame.get_by_text("文档类型声明")).to_be_visible()
    frame.get_by_role("button", name="后一题").click()
    expect(frame.get_by_label("金黄色")).to_be_visible()
    assert not [address for address in asked if not address.startswith((server.url, "data:"))]
    tab.context.close()


def test_questions_play_beside_a_host_of_their_own(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port, play_origin=f"http://localhost:{port}") as server:
        context = browser.new_context(base_url=server.url, storage_state=enter(browser, server, AUTHOR))
        tab = context.new_page()
        tab.goto(put(server, qti(), "小测.zip"))
        frame = tab.frame_locator(FRAME)
        frame.get_by_label("第 1 空").fill("秋")
        frame.get_by_role("button", name="提交").click()
        expect(frame.get_by_role("status")).to_have_text("得分：1（满分 2）")
        context.close()


def test_packages_of_others_can_be_worked_with(opened: Opened) -> None:
    data = (need("data") / "packages/qti/QTI_2.2/test_label_is_persisted.zip").read_bytes()
    tab, frame, _asked = opened(data)
    expect(frame.get_by_role("heading", name="Planets and moons")).to_be_visible()
    frame.get_by_role("button", name="后一题").click()
    expect(frame.get_by_role("heading", name="Elections in the United States, 2004")).to_be_visible()
    frame.get_by_role("button", name="后一题").click()
    expect(frame.get_by_text("不能作答")).to_be_visible()
    tab.context.close()
