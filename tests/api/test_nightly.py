"""A school's program that sends everything every night: what is unchanged costs no writes."""

import re
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from service.models import AuditEntry, Change, Job
from tests.api.api_client import Api, problem
from tests.api.test_by_key import keep, make, program
from tests.test_statements import counted

ITEMS = 60
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|REPLACE)\b", re.IGNORECASE)


def lesson(n: int) -> dict[str, Any]:
    return {
        "kind": "lesson_case",
        "title": f"第{n}课",
        "summary": f"第{n}课的说明",
        "content": f"# 第{n}课\n\n教学过程。",
        "subject": "chinese",
        "grade": "3",
        "tags": ["识字", "阅读"],
        "credits": [{"person": "示例老师", "part": "设计"}],
    }


def plan(n: int) -> bytes:
    return f"第{n}课 教学目标".encode()


def test_a_night_without_changes_writes_nothing(api: Api) -> None:
    who = api.person()
    for n in range(ITEMS):
        new = (
            [{"upload_id": api.upload(f"教案{n}.txt", plan(n)), "name": f"教案{n}.txt"}] if n % 3 == 0 else []
        )
        assert make(who, lesson(n) | {"files": new}, f"/resources/by-key/n{n}").status_code == 201
    for n in range(0, ITEMS, 2):
        api.publish(who.get("/resources", limit=200).json()["items"][n]["id"])
    api.work()
    before = rows(api)
    night = [
        lesson(n) | {"files": [{"sha256": sha256(plan(n)).hexdigest()}] if n % 3 == 0 else []}
        for n in range(ITEMS)
    ]

    with counted(api.library) as sent:
        answers = [keep(who, body, f"/resources/by-key/n{n}") for n, body in enumerate(night)]

    assert {answer.status_code for answer in answers} == {200}
    assert [statement for statement in sent if WRITES.match(statement)] == []
    assert rows(api) == before


def rows(api: Api) -> list[int]:
    """How many there are of what a write leaves behind: feed, audit, jobs."""
    with api.library.backends.reading() as work:
        return [
            work.session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Change, AuditEntry, Job)
        ]


def test_one_change_among_many_is_one_row_of_the_feed(api: Api) -> None:
    who = program(api)
    made = [make(who, lesson(n), f"/resources/by-key/n{n}").json()["id"] for n in range(5)]
    with api.library.backends.reading() as work:
        last = work.session.scalar(select(func.max(col(Change.number))))
    for n in range(5):
        body = lesson(n) | ({"summary": "改过"} if n == 3 else {})
        assert keep(who, body, f"/resources/by-key/n{n}").status_code == 200
    with api.library.backends.reading() as work:
        changed = work.session.scalars(select(col(Change.resource_id)).where(col(Change.number) > last)).all()
    assert changed == [made[3]]


def test_a_hash_names_only_bytes_that_the_resource_has(api: Api) -> None:
    who, content = api.person(), plan(1)
    other = api.library.draft("t_helper")
    api.attached(other, "教案.txt", content)
    known = {"sha256": sha256(content).hexdigest()}

    answer = make(who, lesson(1) | {"files": [known]}, "/resources/by-key/n1")

    assert problem(answer, 422)["errors"][0]["field"] == "files.sha256"
    new = {"upload_id": api.upload("教案.txt", content), "name": "教案.txt"}
    made = make(who, lesson(1) | {"files": [new]}, "/resources/by-key/n1")
    assert made.status_code == 201
    again = keep(who, lesson(1) | {"files": [known]}, "/resources/by-key/n1")
    assert [file["sha256"] for file in again.json()["files"]] == [known["sha256"]]
    problem(keep(who, lesson(1) | {"files": [{"name": "x"}]}, "/resources/by-key/n1"), 422)
