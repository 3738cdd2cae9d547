"""What a query means: which words become chips, what they stand for, and what stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.library.understanding import Understood, understand
from service.search import MAX_TERMS
from service.search.chinese import fold

WORDS = (
    "三年级", "3年级", "三上", "上册", "语文", "人教版", "统编", "初一", "五•四学制", "第Ⅲ单元", "必修 第一册", "教案",
    "課件", "ＰＰＴ", "政治", "秋天的雨", "的", "化学反应", " ", "，", "-", "12", "IC卡",
)  # fmt: skip
QUERY = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)


def chips(found: Understood) -> dict[str, tuple[str, ...]]:
    """Field → values; a unit by its label."""
    return {chip.field: chip.values or (chip.label,) for chip in found.chips}


@pytest.mark.parametrize(
    ("query", "fields", "text"),
    [
        (
            "三年级上册 语文 人教版 古诗",
            {"grade": "3", "volume": "1", "subject": "chinese", "edition": "tongbian renjiao"},
            "古诗",
        ),
        (
            "三年级上册语文人教版古诗",
            {"grade": "3", "volume": "1", "subject": "chinese", "edition": "tongbian renjiao"},
            "古诗",
        ),
        ("三上语文古诗", {"grade": "3", "volume": "1", "subject": "chinese"}, "古诗"),
        ("语文四下第三单元", {"subject": "chinese", "grade": "4", "volume": "2", "unit": "第三单元"}, ""),
        ("三年级上 数学", {"grade": "3", "volume": "1", "subject": "maths"}, ""),
        ("第三单元", {"unit": "第三单元"}, ""),
        ("第3单元", {"unit": "第三单元"}, ""),
        ("第Ⅲ单元", {"unit": "第三单元"}, ""),
        ("第十二课", {"unit": "第十二课"}, ""),
        ("七年级", {"grade": "7"}, ""),
        ("７年级", {"grade": "7"}, ""),
        ("初一", {"grade": "6 7"}, ""),
        ("初一 五四制", {"grade": "6", "system": "54"}, ""),
        ("初四数学", {"grade": "9", "subject": "maths"}, ""),
        ("五四制", {"system": "54"}, ""),
        ("五·四", {"system": "54"}, ""),
        ("五•四学制", {"system": "54"}, ""),
        ("五·四制", {"system": "54"}, ""),
        ("部编版", {"edition": "tongbian"}, ""),
        ("统编版", {"edition": "tongbian"}, ""),
        ("道法", {"subject": "morality"}, ""),
        ("思想品德", {"subject": "morality"}, ""),
        ("政治", {"subject": "politics morality"}, ""),
        ("八年级政治", {"grade": "8", "subject": "morality"}, ""),
        ("高一政治", {"grade": "10", "subject": "politics"}, ""),
        ("教案", {"type": "lesson_plan"}, ""),
        ("教学设计", {"type": "lesson_plan"}, ""),
        ("課件", {"type": "slides"}, ""),
        ("ＰＰＴ", {"type": "slides"}, ""),
        ("秋天的雨课件", {"type": "slides"}, "秋天的雨"),
        ("必修 第一册 化学", {"volume": "required-1", "subject": "chemistry"}, ""),
        ("必修1", {"volume": "required-1"}, ""),
        ("高中数学必修一函数", {"stage": "senior", "subject": "maths", "volume": "required-1"}, "函数"),
        ("数控车床实训", {"kind": "training_material"}, "数控车床"),
        ("小学语文教研", {"stage": "primary", "subject": "chinese"}, "教研"),
        ("三年级的古诗", {"grade": "3"}, "古诗"),
        ("语文，教案", {"subject": "chinese", "type": "lesson_plan"}, ""),
        ("jiaoan", {"type": "lesson_plan"}, ""),
        ("Jiao An ", {"type": "lesson_plan"}, ""),
        ("shuxue", {"subject": "maths"}, ""),
        ("怎样教三年级孩子写作文？", {"grade": "3"}, "怎样教 孩子写作文？"),
    ],
)
def test_what_teachers_type_becomes_chips(query: str, fields: dict[str, str], text: str) -> None:
    found = understand(query)
    assert chips(found) == {field: tuple(values.split()) for field, values in fields.items()}
    assert " ".join(found.text.split()) == text


@pytest.mark.parametrize(
    "query",
    [
        "一元二次", "一元二次方程", "语文园地", "语文园地三", "化学反应", "化学反应速率", "物理变化", "信息社会", "综合性学习",
        "音乐之声", "科学家的故事", "历史上的今天", "英语四级", "三年级组", "二十三年级", "第123课", "第三课时", "星期三上语文课",
        "教案模板", "秋天的雨", "IC卡", "2022年", "ja", "jiaoanben", "music", "青岛", "为什么天空是蓝色的", "课", "的", "", "，。", "APPT",
    ],
)  # fmt: skip
def test_a_word_inside_a_longer_one_stays_text(query: str) -> None:
    assert understand(query) == Understood((), query)


def test_the_first_year_of_junior_school_goes_by_the_callers_system() -> None:
    assert chips(understand("初一", system="54")) == {"grade": ("6",)}
    assert chips(understand("初一", system="63")) == {"grade": ("7",)}
    assert chips(understand("初一 六三制", system="54")) == {"grade": ("7",), "system": ("63",)}


def test_renjiao_means_the_national_edition_in_three_subjects_and_its_own_elsewhere() -> None:
    assert chips(understand("人教版", subjects=["history"])) == {"edition": ("tongbian", "renjiao")}
    of_maths = chips(understand("人教版数学"))["edition"]
    assert "renjiao" in of_maths
    assert "tongbian" not in of_maths
    assert {"renjiao", "tongbian"} <= set(chips(understand("人教版"))["edition"])


def test_a_word_that_is_to_be_kept_literal_is_no_chip() -> None:
    found = understand("三年级語文 教案", literal=["语文", "教案"])
    assert chips(found) == {"grade": ("3",)}
    assert found.text.split() == ["語文", "教案"]
    assert understand("三上", literal=["三上"]).chips == ()
    assert understand("jiaoan", literal=["jiaoan"]) == Understood((), "jiaoan")


def test_a_chip_says_what_was_typed_and_what_it_stands_for() -> None:
    (chip,) = understand("部編版").chips
    assert chip.as_json() == {
        "field": "edition", "value": "tongbian", "values": ["tongbian"], "label": "统编版", "text": "部編版",
    }  # fmt: skip


@given(QUERY)
def test_nothing_that_was_typed_is_lost(query: str) -> None:
    found = understand(query)
    rest = fold(" ".join([found.text, *(chip.text for chip in found.chips)])).text
    assert {letter for letter in fold(query).text if letter.isalnum()} - {"的"} <= set(rest)
    assert all(chip.text in chip.words for chip in found.chips)


@given(QUERY)
def test_what_is_left_is_understood_as_text(query: str) -> None:
    found = understand(query)
    kept = understand(query, literal=[chip.text for chip in found.chips])
    assert not {chip.text for chip in kept.chips} & {chip.text for chip in found.chips}
    assert len(understand(" ".join([query] * 9)).chips) <= MAX_TERMS


def test_what_is_pasted_is_all_text() -> None:
    pasted = "三年级语文" * 100
    assert understand(pasted) == Understood((), pasted)


@given(st.text(max_size=80) | st.text("第三单元课上下年级语文初必修 ·1Ⅲ版的½㎡", max_size=40))
def test_any_words_can_be_understood(query: str) -> None:
    found = understand(query)
    assert len(found.chips) <= MAX_TERMS
    assert all(chip.words and chip.label and (chip.values or chip.field == "unit") for chip in found.chips)
