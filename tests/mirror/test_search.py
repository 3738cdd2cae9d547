"""The mirror's search gives the answers that the library gives to the same key."""

from pathlib import Path
from typing import Any

import httpx

from service.library import accounts
from tests.api.api_client import Api, Person
from tests.mirror.conftest import Copy
from tests.mirror.lessons import load
from tests.mirror.test_showing import shown

LESSONS: list[dict[str, Any]] = [
    {"title": "秋天的雨", "grade": "3", "subject": "chinese", "stage": "primary", "edition": "tongbian", "volume": "1"},
    {"title": "秋天的雨 学案", "grade": "3", "subject": "chinese", "type": "study_guide", "tags": ["识字", "写话"]},
    {"title": "背影", "grade": "8", "subject": "chinese", "stage": "junior", "summary": "朱自清的散文，父子之情"},
    {"title": "《背影》课件", "grade": "8", "subject": "chinese", "files": {"背影.txt": "蹒跚地走到铁道边".encode()}},
    {"title": "分数的初步认识", "grade": "3", "subject": "maths", "content": "# 导入\n把一个**月饼**平均分"},
    {"title": "一元二次方程", "grade": "9", "subject": "maths", "stage": "junior", "tags": ["方程", "公开课"]},
    {"title": "水的蒸发", "grade": "3", "subject": "science", "summary": "观察与记录，2022 年版课标"},
    {"title": "荷花", "grade": "4", "subject": "chinese", "files": {"课文.txt": "清晨，我到公园去玩".encode()}},
    {"title": "车刀的刃磨", "kind": "training_material", "stage": "vocational", "equipment": ["砂轮机"], "safety": "戴护目镜"},
    {"title": "浮力", "grade": "8", "subject": "physics", "credits": [{"person": "王老师", "school": "helper 小学"}]},
]  # fmt: skip
QUERIES = [
    "", "秋天", "秋天的雨", "三年级 语文", "三年级上册语文秋天的雨 统编版", "背影 课件", "铁道边", "月饼", "方程", "初二 背影",
    "2022", "清晨公园", "qiutian", "qt", "王老师", "砂轮机", "护目镜", "語文 荷花", "蒸发是怎样发生的", "没有这样的课", "科学 三年级",
]  # fmt: skip
FILTERS: list[dict[str, Any]] = [
    {}, {"subject": ["chinese", "maths"]}, {"grade": "3", "sort": "title"}, {"kind": "training_material"},
    {"sort": "oldest", "per_page": 3, "page": 2}, {"year": "2026"},
]  # fmt: skip


def _program(api: Api, copy: Copy) -> Person:
    with api.library.backends.writing() as work:
        token = accounts.open_token(work, ["resources:read"], client_id=copy.access["client_id"])
    return Person(api.http, {"Authorization": f"Bearer {token}"})


def _answers(answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert body.pop("took_ms") >= 0
    return body


def test_every_query_is_answered_alike(api: Api, copy: Copy, tmp_path: Path) -> None:
    load(api, tmp_path / "lessons", LESSONS)
    other = api.library.draft("t_lonely", "秋天的雨：别的学校的")
    api.publish(other, "lonely")
    api.work()
    copy.sync()
    program = _program(api, copy)
    with shown(copy) as http:
        asked = [{"q": query} for query in QUERIES] + [{"q": "", **more} for more in FILTERS]
        for params in asked:
            theirs = _answers(program.get("/search", **params))
            ours = _answers(http.get("/api/v1/search", params=params))
            assert [hit["id"] for hit in ours["items"]] == [hit["id"] for hit in theirs["items"]], params
            assert ours == theirs, params
        theirs = program.get("/suggest", q="秋").json()
        assert http.get("/api/v1/suggest", params={"q": "秋"}).json() == theirs
