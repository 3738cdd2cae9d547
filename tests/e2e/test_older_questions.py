"""Questions of QTI 1.2 are worked through in a real browser, and what stands in them reaches nothing."""

import base64
import io

import pytest
from PIL import Image
from playwright.sync_api import FrameLocator, expect

from tests.e2e.server import Server
from tests.e2e.steps import WIDTHS
from tests.e2e.test_questions import Opened, holds_up, opened, within
from tests.library.test_questions import bank

__all__ = ["opened"]  # the fixture
SCORE = '<outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>'
ESCAPED = (
    "&lt;p&gt;银杏叶是&lt;em&gt;什么&lt;/em&gt;颜色的？&lt;/p&gt;&lt;img src='叶.png' alt='一片叶子'&gt;"
)


def material(text: str) -> str:
    return f'<material><mattext texttype="text/plain">{text}</mattext></material>'


def labels(*called: tuple[str, str]) -> str:
    return "".join(
        f'<response_label ident="{ident}">{material(text)}</response_label>' for ident, text in called
    )


def met(test: str, points: float, more: str = "", action: str = "Set", told: str = ' continue="No"') -> str:
    return f'<respcondition{told}><conditionvar>{test}</conditionvar><setvar action="{action}" varname="SCORE">{points}</setvar>{more}</respcondition>'


def item(title: str, presentation: str, *conditions: str, outcomes: str = SCORE, after: str = "") -> str:
    processing = f"<resprocessing>{outcomes}{''.join(conditions)}</resprocessing>"
    return f'<item ident="{title}" title="{title}"><presentation>{presentation}</presentation>{processing}{after}</item>'


def equal(name: str, value: str, more: str = "") -> str:
    return f'<varequal respident="{name}"{more}>{value}</varequal>'


CHOICE = item(
    "选一选",
    f'<material><mattext texttype="text/html">{ESCAPED}</mattext></material><response_lid ident="r" rcardinality="Single">'
    f"<render_choice>{labels(('1602', '金黄色'), ('8292', '火红色'))}</render_choice></response_lid>",
    '<respcondition continue="Yes"><conditionvar><other/></conditionvar><displayfeedback feedbacktype="Response" linkrefid="all"/></respcondition>',
    met(equal("r", "1602"), 100, '<displayfeedback feedbacktype="Response" linkrefid="good"/>'),
    after=f'<itemfeedback ident="good"><flow_mat>{material("答对了！")}</flow_mat></itemfeedback>'
    f'<itemfeedback ident="all"><flow_mat>{material("秋天叶绿素少了。")}</flow_mat></itemfeedback>',
)


def scored(frame: FrameLocator, said: str) -> None:
    frame.get_by_role("button", name="提交").click()
    expect(frame.get_by_role("status").last).to_have_text(said)


def on(frame: FrameLocator, title: str) -> None:
    frame.get_by_role("button", name="后一题").click()
    expect(frame.get_by_role("heading", name=title)).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_choice_is_shown_scored_and_answered_with_what_is_said_to_it(opened: Opened, width: int) -> None:
    tab, frame, _asked = opened(bank(CHOICE), width)
    group = frame.get_by_role("group", name="银杏叶是什么颜色的？")
    leaf = frame.get_by_role("img", name="一片叶子")
    expect(leaf).to_be_visible()
    assert leaf.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 120
    group.get_by_label("火红色").check()
    scored(frame, "得分：0（满分 100）")
    expect(frame.get_by_text("秋天叶绿素少了。")).to_be_visible()
    expect(frame.get_by_text("答对了！")).to_be_hidden()
    group.get_by_label("金黄色").check()
    scored(frame, "得分：100（满分 100）")
    expect(frame.get_by_text("答对了！")).to_be_visible()
    holds_up(tab)
    tab.context.close()


def test_each_common_kind_of_question_can_be_answered(opened: Opened) -> None:
    fruits = labels(("a", "柿子"), ("b", "草莓"), ("c", "石榴"))
    several = f'<response_lid ident="r" rcardinality="Multiple"><render_choice>{fruits}</render_choice></response_lid>'
    right = f"<and>{equal('r', 'a')}<not>{equal('r', 'b')}</not>{equal('r', 'c')}</and>"
    blank = '<response_str ident="{}" rcardinality="Single"><render_fib fibtype="{}"><response_label ident="{}"/></render_fib></response_str>'
    colours = labels(("g", "黄"), ("r", "红"))
    lids = "".join(
        f'<response_lid ident="{ident}">{material(tree)}<render_choice>{colours}</render_choice></response_lid>'
        for ident, tree in (("y", "银杏"), ("f", "枫树"))
    )
    groups = "".join(
        f'<response_label ident="{ident}" match_max="1" match_group="3,4">{material(tree)}</response_label>'
        for ident, tree in (("1", "银杏"), ("2", "枫树"))
    )
    pairs = f'<response_grp ident="MQ" rcardinality="Multiple"><render_choice shuffle="Yes">{groups}{labels(("3", "黄"), ("4", "红"))}</render_choice></response_grp>'
    ordered = f'<response_lid ident="o" rcardinality="Ordered"><render_choice>{labels(("b", "乙"), ("a", "甲"))}</render_choice></response_lid>'
    tests = [
        item("选几个", several, met(right, 100)),
        item("填一填", f"<flow>{material('一叶知')}{blank.format('s', 'String', 'ans')}{material('。')}</flow>",
             met(f"<or>{equal('s', '秋')}{equal('s', 'Autumn')}</or>", 100)),
        item("填两空", f"<flow>{material('先')}<response_str ident='t' rcardinality='Ordered'><render_fib>"
             f"<response_label ident='t1'/>{material('后')}<response_label ident='t2'/></render_fib></response_str></flow>",
             met(equal("t1", "听"), 50, action="Add", told=""), met(equal("t2", "说"), 50, action="Add", told="")),
        item("算一算", blank.format("n", "Decimal", "ans"),
             met('<or><varequal respident="n">3.14</varequal><and><vargte respident="n">3.1</vargte><varlte respident="n">3.2</varlte></and></or>', 100)),
        item("连线", lids, met(equal("y", "g"), 50, action="Add", told=""), met(equal("f", "r"), 50, action="Add", told="")),
        item("连成对", pairs, *(met(f'<varsubset respident="MQ">{pair}</varsubset>', 50, action="Add", told=' continue="Yes"') for pair in ("1,3", "4,2"))),
        item("排序", ordered, met(equal("o", "a", ' index="0"') + equal("o", "b", ' index="1"'), 100)),
        item("写一段", f"{material('写一写秋天。')}{blank.format('e', 'String', 'answer1')}", '<respcondition continue="No"><conditionvar><other/></conditionvar></respcondition>'),
        item("指一指", '<response_xy ident="x"><render_hotspot><material><matimage uri="叶.png" label="一片叶子"/></material></render_hotspot></response_xy>'),
    ]  # fmt: skip
    tab, frame, _asked = opened(bank(*tests))
    for fruit in ("柿子", "石榴", "草莓"):
        frame.get_by_label(fruit).check()
    scored(frame, "得分：0（满分 100）")
    frame.get_by_label("草莓").uncheck()
    scored(frame, "得分：100（满分 100）")
    on(frame, "填一填")
    scored(frame, "得分：0（满分 100）")
    frame.get_by_label("第 1 空").fill("autumn")
    scored(frame, "得分：100（满分 100）")
    on(frame, "填两空")
    frame.get_by_label("第 2 空").fill("说")
    scored(frame, "得分：50（满分 100）")
    frame.get_by_label("第 1 空").fill("听")
    scored(frame, "得分：100（满分 100）")
    on(frame, "算一算")
    frame.get_by_label("第 1 空").fill("3.3")
    scored(frame, "得分：0（满分 100）")
    frame.get_by_label("第 1 空").fill("3.15")
    scored(frame, "得分：100（满分 100）")
    on(frame, "连线")
    frame.get_by_role("group", name="银杏").get_by_label("黄").check()
    scored(frame, "得分：50（满分 100）")
    frame.get_by_role("group", name="枫树").get_by_label("红").check()
    scored(frame, "得分：100（满分 100）")
    on(frame, "连成对")
    frame.get_by_role("group", name="枫树").get_by_label("红").check()
    scored(frame, "得分：50（满分 100）")
    frame.get_by_role("group", name="银杏").get_by_label("黄").check()
    scored(frame, "得分：100（满分 100）")
    on(frame, "排序")
    frame.get_by_role("button", name="上移：甲").click()
    scored(frame, "得分：100（满分 100）")
    on(frame, "写一段")
    frame.get_by_role("group", name="写一写秋天。").get_by_label("你的回答").fill("秋天来了。")
    scored(frame, "已作答。这道题没有自动评分，请老师来看。")
    on(frame, "指一指")
    expect(frame.get_by_text("不能作答")).to_be_visible()
    expect(frame.get_by_role("img", name="一片叶子")).to_be_visible()
    tab.context.close()


def test_what_exporters_write_in_ways_of_their_own_is_understood(opened: Opened) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "#c90").save(picture, "PNG")
    drawn = f'<material><matimage imagtype="image/png" embedded="base64" label="小图">{base64.b64encode(picture.getvalue()).decode()}</matimage></material>'
    far = '<material><mattext texttype="text/html">&lt;img src="$IMS-CC-FILEBASE$/Uploaded%20Media/x.png" alt="文件夹里的图"&gt;</mattext></material>'
    choices = f'<response_lid ident="r" rcardinality="Single"><render_choice>{labels(("t", "对"), ("f", "错"))}</render_choice></response_lid>'
    unnamed = item("没有名字的得分", drawn + far + choices,
                   f'<respcondition title="对"><conditionvar>{equal("r", "t")}</conditionvar><setvar varname="que_score" action="Set">2</setvar></respcondition>', outcomes="<outcomes><decvar/></outcomes>")  # fmt: skip
    accepted = f"<response_lid ident='b'>{material('空')}<render_choice>{labels(('1', '秋'), ('2', '秋天'))}</render_choice></response_lid>"
    kind = "<itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>fill_in_multiple_blanks_question</fieldentry></qtimetadatafield></qtimetadata></itemmetadata>"
    hidden = item("答案不外露", accepted, met(equal("b", "1"), 50), met(equal("b", "2"), 100), after=kind)
    minus = item(
        "倒扣", choices, met(equal("r", "f"), 5, action="Subtract", told=""), met(equal("r", "t"), 500)
    )
    section = f"<section ident='p'><presentation_material><flow_mat>{material('秋天的雨，是一把钥匙。')}</flow_mat></presentation_material>{minus}</section>"
    tab, frame, _asked = opened(
        bank(unnamed, hidden, section, **{"web_resources/Uploaded Media/x.png": picture.getvalue()})
    )
    for name in ("小图", "文件夹里的图"):
        shown = frame.get_by_role("img", name=name)
        expect(shown).to_be_visible()
        assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 60
    frame.get_by_label("对").check()
    scored(frame, "得分：2")
    on(frame, "答案不外露")
    expect(frame.get_by_text("秋天")).to_have_count(0)
    frame.get_by_label("第 1 空").fill("秋天")
    scored(frame, "得分：100（满分 100）")
    on(frame, "倒扣")
    expect(frame.get_by_text("秋天的雨，是一把钥匙。")).to_be_visible()
    frame.get_by_label("错").check()
    scored(frame, "得分：0（满分 100）")
    frame.get_by_label("对").check()
    scored(frame, "得分：100（满分 100）")
    tab.context.close()


def test_a_hostile_item_runs_nothing_and_asks_nobody(opened: Opened, server: Server) -> None:
    html = (
        "<p onclick='bad()'>只是文字</p><script>document.title = 'bad'</script><iframe src='https://www.example.cn/frame'></iframe>"
        "<img src='https://www.example.cn/pixel.png' onerror='document.title = 1' alt='远处的图'><a href='https://www.example.cn/away'>去别处</a>"
        "<form action='https://www.example.cn/form'><button>发送</button></form><svg onload='document.title = 2'><script>bad()</script></svg>"
    )
    escaped = html.replace("&", "&amp;").replace("<", "&lt;")
    far = '<material><matimage uri="https://www.example.cn/far.png" label="远"/></material>'
    scripted = f'<material><matimage imagtype="text/html" embedded="base64" label="页">{base64.b64encode(html.encode()).decode()}</matimage></material>'
    inline = '<material><mattext><script xmlns="http://www.w3.org/1999/xhtml">document.title = 3</script>直接写的</mattext></material>'
    hostile = item(
        "坏题",
        f'<material><mattext texttype="text/html">{escaped}</mattext></material>{far}{scripted}{inline}',
    )
    deep = item("太深", "<flow>" * 200 + material("很深") + "</flow>" * 200)
    tab, frame, asked = opened(bank(hostile, '<item title="空"/>', deep, CHOICE))
    expect(frame.get_by_text("只是文字")).to_be_visible()
    expect(frame.get_by_text("直接写的")).to_be_visible()
    expect(frame.get_by_role("link")).to_have_count(0)
    inner = within(tab)
    assert inner.evaluate("document.querySelectorAll('iframe, form, #stage script, a, svg').length") == 0
    assert inner.title() == "测试题"
    frame.get_by_role("button", name="后一题").click()
    expect(frame.get_by_text("这道题没有内容。")).to_be_visible()
    on(frame, "太深")
    expect(frame.get_by_text("很深")).to_be_visible()
    on(frame, "选一选")
    assert not [address for address in asked if not address.startswith((server.url, "data:"))]
    tab.context.close()


@pytest.mark.parametrize(
    "begin", ["<!DOCTYPE q [<!ENTITY a 'x'>]>", '<!DOCTYPE q SYSTEM "a" [<!ENTITY % b SYSTEM "c">]>']
)
def test_a_document_type_that_brings_anything_along_is_not_opened(opened: Opened, begin: str) -> None:
    text = f"{begin}<questestinterop>{CHOICE}</questestinterop>"
    tab, frame, _asked = opened(bank(**{"题库/bank.xml": text}))
    expect(frame.get_by_text("文档类型声明")).to_be_visible()
    tab.context.close()
