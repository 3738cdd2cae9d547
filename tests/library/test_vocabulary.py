"""The vocabularies: codes, what teachers write instead, and what a path tells."""

import csv
import re

import pytest

from service.library import vocabulary
from tests.needs import need

PAIRS = {
    ("370100", "371300"),
    ("370200", "371700"),
    ("370300", "371600"),
    ("370600", "371400"),
    ("370700", "371500"),
    ("371000", "370400"),
}
STAGES = {"小学": "primary", "初中": "junior", "高中": "senior"}
SUBJECTS = {
    "英语": "english",
    "音乐": "music",
    "美术": "fine_art",
    "数学": "maths",
    "科学": "science",
    "语文·书法练习指导": "chinese",
    "生物学": "biology",
    "物理": "physics",
    "地理": "geography",
    "通用技术": "general_technology",
    "地理图册": "geography",
    "艺术": "arts",
    "体育与健康": "pe",
    "信息技术": "it",
    "化学": "chemistry",
    "语文": "chinese",
    "道德与法治": "morality",
    "历史": "history",
    "俄语": "russian",
    "日语": "japanese",
    "思想政治": "politics",
    "人文地理": "geography",
}


def textbooks() -> list[list[str]]:
    """[stage, subject, edition, rest] of the textbooks in the list: school stages only."""
    source = need("data") / "taxonomy/textbook-list/textbook-paths.tsv"
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines()[1:]]
    kept = [row for row in rows if row[0][:2] in STAGES]
    assert len(rows) - len(kept) == 34, "the list holds 34 rows that are no textbooks"
    return kept


def test_the_province_has_sixteen_cities() -> None:
    cities = [region for region in vocabulary.regions() if region.level == "city"]
    assert len({region.code for region in cities}) == 16
    assert all(region.name.endswith("市") for region in cities)


def test_the_counties_are_those_of_the_national_list() -> None:
    with (need("data") / "region/divisions/areas.csv").open(encoding="utf-8") as source:
        listed = {row["code"]: row["name"] for row in csv.DictReader(source) if row["provinceCode"] == "37"}
    assert {region.code: region.name for region in vocabulary.regions() if region.level == "county"} == listed


def test_the_six_pairs_of_cities_are_those_of_the_opinion() -> None:
    assert len(vocabulary.city_pairs()) == 6
    assert set(vocabulary.city_pairs()) == PAIRS


def test_the_textbooks_of_an_edition_are_of_known_stages_and_subjects() -> None:
    for edition in vocabulary.entries("edition"):
        books = [book.split(".") for book in vocabulary.textbooks("edition", edition.code).split()]
        assert books, edition.label
        assert all(vocabulary.check("stage", stage) for stage, _ in books)
        assert all(vocabulary.check("subject", subject) for _, subject in books)
    assert "primary.chinese" in vocabulary.textbooks("edition", "tongbian").split()
    assert vocabulary.textbooks("edition", "校本教材") == vocabulary.textbooks("subject", "maths") == ""


@pytest.mark.parametrize("name", vocabulary.PUBLIC)
def test_codes_are_lower_case_ascii_and_stand_for_one_thing(name: str) -> None:
    codes = [entry.code for entry in vocabulary.entries(name)]
    assert len(set(codes)) == len(codes) > 0
    assert [code for code in codes if not re.fullmatch(r"[a-z0-9._-]+", code)] == []
    labels = [entry.label for entry in vocabulary.entries(name)]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", vocabulary.PUBLIC)
def test_every_code_and_label_is_understood(name: str) -> None:
    for entry in vocabulary.entries(name):
        assert vocabulary.resolve(name, entry.code) == entry.code
        assert vocabulary.resolve(name, entry.label) == entry.code
        assert vocabulary.label(name, entry.code) == entry.label
        assert vocabulary.check(name, entry.code)


@pytest.mark.parametrize(
    ("name", "written", "code"),
    [
        ("edition", "部编版", "tongbian"),
        ("edition", "统编版", "tongbian"),
        ("system", "五•四学制", "54"),
        ("system", "五·四", None),
        ("system", "五四制", "54"),
        ("system", "六·三学制", "63"),
        ("type", "教案", "lesson_plan"),
        ("type", "ＰＰＴ", "slides"),
        ("type", "課件", "slides"),
        ("subject", "道法", "morality"),
        ("subject", "思想品德", "morality"),
        ("subject", "信息技术", "it"),
        ("subject", " 语 文 ", "chinese"),
        ("grade", "初一", "7"),
        ("grade", "7年级", "7"),
        ("grade", "高三", "12"),
        ("volume", "必修第一册", "required-1"),
        ("volume", "上", "1"),
        ("major", "旅游大类", "74"),
        ("subject", "炼金术", None),
        ("subject", "", None),
    ],
)
def test_what_teachers_write_is_understood(name: str, written: str, code: str | None) -> None:
    assert vocabulary.resolve(name, written) == code


def test_an_unknown_vocabulary_is_a_mistake_and_an_unknown_value_is_none_of_it() -> None:
    with pytest.raises(KeyError):
        vocabulary.entries("colour")
    assert not vocabulary.check("subject", "alchemy")
    assert vocabulary.check("edition", "本校自编")
    assert vocabulary.label("edition", "本校自编") == "本校自编"


@pytest.mark.parametrize(
    ("grade", "system", "stage"),
    [
        ("1", "63", "primary"),
        ("5", "54", "primary"),
        ("6", "63", "primary"),
        ("6", "54", "junior"),
        ("7", "63", "junior"),
        ("9", "54", "junior"),
        ("10", "63", "senior"),
        ("12", "54", "senior"),
    ],
)
def test_grade_six_belongs_to_a_stage_by_the_system(grade: str, system: str, stage: str) -> None:
    assert vocabulary.stage_of(grade, system) == stage


def test_the_paths_of_textbooks_tell_stage_system_and_subject() -> None:
    rows = textbooks()
    wrong = []
    for stage, subject, edition, rest in rows:
        guessed = vocabulary.guess("/".join((stage, subject, edition, rest)))
        wanted = (STAGES[stage[:2]], "54" if "五" in stage else None, SUBJECTS[subject])
        if wanted != tuple(map(guessed.get, ("stage", "system", "subject"))):
            wrong.append((stage, subject, edition, rest))
    assert len(wrong) <= len(rows) * 0.05, wrong[:20]


@pytest.mark.parametrize(
    ("path", "subject", "edition"),
    [
        ("小学/语文/人教版/三年级上册/1 大青树下的小学.docx", "chinese", "tongbian"),
        ("初中/历史/人教版-人民教育出版社/七年级上册.pdf", "history", "tongbian"),
        ("小学/道德与法治/人教版/三年级/x.pdf", "morality", "tongbian"),
        ("小学/数学/人教版-人民教育出版社/三年级上册.pdf", "maths", "renjiao"),
        ("小学/语文/部编版/三年级/x.pdf", "chinese", "tongbian"),
    ],
)
def test_in_three_subjects_renjiao_means_the_national_edition(path: str, subject: str, edition: str) -> None:
    guessed = vocabulary.guess(path)
    assert (guessed["subject"], guessed["edition"]) == (subject, edition)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("五四学制/初一 数学 上册/圆.docx", {"system": "54", "grade": "6", "stage": "junior", "volume": "1"}),
        ("五•四制/六年级/数学/圆.docx", {"system": "54", "grade": "6", "stage": "junior"}),
        ("六年级/数学/圆.docx", {"grade": "6", "stage": "primary", "title": "圆"}),
        ("五四制/数学/初四.docx", {"grade": "9", "stage": "junior"}),
        ("初中/政治/七年级/教案.docx", {"grade": "7", "subject": "morality"}),
        ("高中/政治/高一/教案.docx", {"grade": "10", "subject": "politics"}),
        ("高二/物理/教案.docx", {"grade": "11", "stage": "senior", "type": "lesson_plan"}),
        ("语文/第三单元 童年/学案.docx", {"unit": "第三单元 童年", "type": "study_guide"}),
    ],
)
def test_a_path_tells(path: str, told: dict[str, str]) -> None:
    assert told.items() <= vocabulary.guess(path).items()


def test_a_path_that_tells_nothing_gives_its_title_alone() -> None:
    assert vocabulary.guess("五四运动.docx") == {"title": "五四运动"}
    assert vocabulary.guess("IMG_0042.jpg") == {"title": "IMG_0042"}
