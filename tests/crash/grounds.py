"""Where a run takes place: on files in a folder, or on servers that may die and are started again. Each run has a fresh
copy of one small library."""

import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from service.library import accounts, indexing
from service.permissions import Scope
from service.settings import Settings
from service.storage.s3 import S3Objects
from service.wiring import open_backends
from service.worker import Worker
from tests.api.test_files import pdf
from tests.factories import Clock, Library, populate
from tests.needs import ROOT

PEOPLE = ("t_helper", "a_helper", "t_aided")
COMMON = {
    "TONGKE_SEARCH_SECONDS": "60",
    "TONGKE_EXTRACT_SECONDS": "3600",  # a campaign may be stopped and go on: that is no file's fault
    "TONGKE_SCANNER": "none",
    "TONGKE_LOG_LEVEL": "warning",
}


@dataclass(frozen=True)
class Ground:
    """One stack: its servers' settings and names, the pid of who starts them again, the library that is copied."""

    name: str
    folder: Path
    environment: dict[str, str]
    victims: tuple[str, ...] = ()
    pid: int | None = None
    told: dict[str, Any] = field(default_factory=dict)
    """Tokens by person, and the id of the partnership."""

    @property
    def processes(self) -> tuple[str, ...]:
        """What runs: the worker is a process of its own on servers."""
        return ("serve", "worker") if self.environment else ("serve",)

    @property
    def source(self) -> dict[str, str]:
        """The environment of a library with lessons in it, that is backed up and never changed."""
        return _environment(self, "source", self.folder / "source")

    @contextmanager
    def library(self, *, empty: bool = False) -> Iterator[tuple[Path, dict[str, str]]]:
        """A copy of its own, or an empty place: the folder of a run, and the environment of its processes. Gone
        afterwards, unless something raises."""
        name = f"run_{secrets.token_hex(5)}"
        folder = self.folder / name
        folder.mkdir()
        if not empty:
            shutil.copytree(self.folder / "template", folder / "data")
        if self.environment:
            _administer(self, f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else 'template_run'}")
        yield folder, _environment(self, name, folder / "data")
        if self.environment:
            _administer(self, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        shutil.rmtree(folder)


def _environment(ground: Ground, name: str, data: Path) -> dict[str, str]:
    made = {"TONGKE_DATA_DIR": str(data), **COMMON}
    if ground.environment:
        servers = ground.environment
        made["TONGKE_DATABASE_URL"] = servers["TONGKE_DATABASE_URL"].replace("/tongke?", f"/{name}?")
        made["TONGKE_OBJECTS_URL"] = f"{servers['TONGKE_OBJECTS_URL']}/{name}"
        if url := servers.get("TONGKE_SEARCH_URL"):
            made["TONGKE_SEARCH_URL"] = f"{url}/?index=tongke-{name}"
            made["TONGKE_SEARCH_KEY"] = servers["TONGKE_SEARCH_KEY"]
    return made


def _administer(ground: Ground, sql: str) -> None:
    with psycopg.connect(ground.environment["TONGKE_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.encode())


def settings(environment: dict[str, str]) -> Settings:
    """The settings that such an environment gives."""
    return Settings(**{name.removeprefix("TONGKE_").lower(): value for name, value in environment.items()})  # type: ignore[arg-type]


@contextmanager
def embedded(folder: Path) -> Iterator[Ground]:
    """Nothing beside the data folder."""
    ground = Ground("embedded", folder, {})
    _prepare(ground)
    yield ground


@contextmanager
def servers(folder: Path, victims: tuple[str, ...] = ("postgres", "minio")) -> Iterator[Ground]:
    """PostgreSQL and MinIO, and Meilisearch where it is asked for, of our own; who dies is started again."""
    place = folder / "stack"
    place.mkdir(mode=0o711)
    folder.chmod(0o711)  # PostgreSQL runs as another user
    command = [sys.executable, str(ROOT / "scripts" / "stack"), "--only", ",".join(victims)]
    command += ["--data", str(place), "--throwaway", "--with-parent", "--again"]
    with (folder / "stack.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, process_group=0)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", f"the servers do not start; see {folder}/stack.log"
        lines = (place / "stack.env").read_text().splitlines()
        environment = dict(line.split("=", 1) for line in lines)
        ground = Ground("servers", folder, environment, victims, process.pid)
        S3Objects(environment["TONGKE_OBJECTS_URL"]).prepare()
        for name in ("template_run", "source"):
            _administer(ground, f"CREATE DATABASE {name} TEMPLATE template0")
        _prepare(ground)
        yield ground
    finally:
        process.terminate()
        process.communicate()


def _prepare(ground: Ground) -> None:
    """What is copied: the small province of tests.factories, with tokens for those who act. And what is backed up."""
    template = _environment(ground, "template_run", ground.folder / "template")
    template.pop("TONGKE_SEARCH_URL", None)  # a copy of an index on a server would be another's
    with _made(template) as made:
        with made.backends.writing() as work:
            scopes = [str(scope) for scope in Scope]
            ground.told["tokens"] = {
                name: accounts.open_token(work, scopes, person_id=made.people[name]) for name in PEOPLE
            }
        ground.told["pair"] = made.pairs["school"]
    with _made(ground.source) as made:
        lesson = made.draft("t_helper", "秋天的雨", summary="一把钥匙")
        made.attach("t_helper", lesson, "教案.txt", "秋天的雨，是一把钥匙。".encode())
        made.attach("t_helper", lesson, "试卷.pdf", pdf(2), "application/pdf")
        made.share("t_helper", lesson, f"pair:{made.pairs['school']}")
        Worker(made.backends).run(until_idle=True)


@contextmanager
def _made(environment: dict[str, str]) -> Iterator[Library]:
    backends = open_backends(settings(environment))
    backends.database.migrate()
    indexing.rebuild(backends.reading)
    made = Library(backends, Clock(datetime.now(UTC)))
    with backends.writing() as work:
        populate(work, made)
    yield made
    made.close()


def forget(folder: Path) -> None:
    """Remove a ground's folder."""
    shutil.rmtree(folder)
