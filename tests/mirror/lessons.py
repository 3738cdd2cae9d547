"""Many lessons at once, by the operator's import: published, and open to the pair of schools."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.library.importing import run
from service.models import Resource
from tests.api.api_client import Api


def load(api: Api, folder: Path, lessons: list[dict[str, Any]]) -> None:
    """Import these lessons of the helper school's teacher (fields of api.md, and `files`: {name: bytes})."""
    folder.mkdir()
    grants = [{"audience": f"pair:{api.library.pairs['school']}", "role": "viewer"}]
    lines = []
    for number, lesson in enumerate(lessons):
        fields = dict(lesson)
        names = []
        for name, content in fields.pop("files", {}).items():
            (folder / f"{number}-{name}").write_bytes(content)
            names.append(f"{number}-{name}")
        lines.append(
            {
                "kind": "lesson_case",
                "key": f"k{number}",
                "status": "published",
                "grants": grants,
                "files": names,
            }
            | fields
        )
    path = folder / "lessons.ndjson"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    backends = api.library.backends
    report = run(
        backends.reading,
        backends.writing,
        path,
        api.library.caller("t_helper"),
        school_id=api.library.schools["helper"],
    )
    assert not report.refused, report.refused
    assert report.created == len(lessons)
    with backends.writing() as work:  # a minute apart, so that their order is no accident
        for number, resource in enumerate(work.session.scalars(select(Resource).order_by(col(Resource.id)))):
            resource.updated_at = work.now + timedelta(minutes=number)
    api.work()
