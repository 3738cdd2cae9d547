"""A library to be backed up, its answers, and how the commands are run."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.library import versions
from service.settings import Settings
from service.wiring import open_backends
from service.worker import Worker
from tests import stacks
from tests.api.api_client import bearer
from tests.api.serving import application, serving
from tests.api.test_files import pdf
from tests.factories import Library, library


@dataclass
class Source:
    """A library with lessons in it, and how it answers."""

    made: Library
    published: str
    draft: str
    file: str
    paths: tuple[str, ...]
    tokens: tuple[dict[str, str], ...]
    """The headers that carry them."""


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    made = library(tmp_path / "source")
    published = made.draft("t_helper", "秋天的雨", summary="一把钥匙", grade="3", subject="chinese")
    file = made.attach("t_helper", published, "教案.txt", "秋天的雨，是一把钥匙。".encode())
    made.attach("t_helper", published, "试卷.pdf", pdf(2), "application/pdf")
    made.share("t_helper", published, f"pair:{made.pairs['school']}")
    with made.writing("t_helper") as work:
        versions.submit(work, published)
    with made.writing("a_helper") as work:
        versions.publish(work, published)
    draft = made.draft("t_aided", "分数的初步认识", content="# 分一分")
    Worker(made.backends).run(until_idle=True)
    paths = (
        "/resources", "/search?q=钥匙", "/search?q=分数", "/changes", "/partnerships", f"/resources/{published}",
        f"/resources/{published}/files/{file}/content", f"/resources/{published}/files/{file}/text",
        f"/resources/{draft}", "/me",
    )  # fmt: skip
    tokens = tuple(bearer(made, name) for name in ("t_helper", "t_aided", "t_lonely", "platform"))
    yield Source(made, published, draft, file, paths, tokens)
    made.close()


def answers(source: Source, settings: Settings) -> list[tuple[int, Any]]:
    """What a library says to four persons, who keep their tokens."""
    backends = open_backends(settings)
    backends.clock = source.made.clock
    said = []
    with application(backends) as app, serving(app) as http:
        for token in source.tokens:
            for path in source.paths:
                answer = http.get(f"/api/v1{path}", headers=token | {"X-Request-Id": "the-same-for-both"})
                said.append((answer.status_code, _body(answer)))
    backends.close()
    assert {status for status, _said in said} == {200, 404}
    return said


def _body(answer: Any) -> Any:
    if not answer.headers["content-type"].startswith("application/json"):
        return answer.content
    body = answer.json()
    if isinstance(body, dict):
        body.pop("took_ms", None)
    return body


def tongke(settings: Settings, *arguments: str, place: str = "") -> "subprocess.CompletedProcess[str]":
    """A command on the library of these settings, whose backups go to this place where none is named."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TONGKE_DATA_DIR": str(settings.data_dir),
        "TONGKE_DATABASE_URL": settings.database_url,
        "TONGKE_OBJECTS_URL": settings.objects_url,
        "TONGKE_CONVERT": "false",
        "TONGKE_SCANNER": "none",
        "TONGKE_BACKUP_URL": place,
    }
    program = Path(sys.executable).with_name("tongke")
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, env=environment)


def good(done: "subprocess.CompletedProcess[str]") -> str:
    """What it said; it must have ended well."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def settings(folder: Path, **more: Any) -> Settings:
    """Of a library that is not there yet, on the stack of the tests."""
    folder.mkdir(exist_ok=True)
    return stacks.settings(folder, **more)
