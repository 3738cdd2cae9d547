"""A real Meilisearch is killed, stands still, or has lost all its data: SQL answers meanwhile, everything else goes on, and
what waits drains by itself once it is back."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from service.models import Job
from service.worker import Worker
from tests.api.api_client import Api, serve
from tests.crash import victims
from tests.factories import Clock
from tests.needs import ROOT, need
from tests.test_stack import eventually

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Server:
    """A Meilisearch that is started again where it ends, by the process `stack`, with its data in `folder`."""

    stack: int
    folder: Path
    url: str
    key: str

    @contextmanager
    def killed(self) -> Iterator[None]:
        """It is gone for a while."""
        os.kill(self.stack, signal.SIGSTOP)  # nobody starts it again
        try:
            victims.kill(self.stack, "meilisearch")
            yield
        finally:
            os.kill(self.stack, signal.SIGCONT)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It takes connections and says nothing."""
        pid = victims.find(self.stack, "meilisearch")
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """It is gone, and when it is back it knows nothing, not even its keys."""
        with self.killed():
            shutil.rmtree(self.folder / "meilisearch" / "data")
            yield
        master = json.loads((self.folder / "meilisearch.json").read_text())["MEILI_MASTER_KEY"]
        assert eventually(lambda: self._key(master)) == self.key

    def _key(self, master: str) -> str:
        asked = subprocess.run(
            [str(Path(sys.executable).with_name("tongke")), "search-key"],
            env=os.environ | {"TONGKE_SEARCH_URL": self.url, "MEILI_MASTER_KEY": master},
            capture_output=True,
            text=True,
            check=False,
        )
        return asked.stdout.strip().removeprefix("TONGKE_SEARCH_KEY=")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    need("meilisearch")
    folder = tmp_path / "stack"
    command = [sys.executable, str(ROOT / "scripts" / "stack"), "--only", "meilisearch"]
    command += ["--data", str(folder), "--with-parent", "--again"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            lines = (folder / "stack.env").read_text().splitlines()
            told = dict(line.split("=", 1) for line in lines)
            yield Server(process.pid, folder, told["TONGKE_SEARCH_URL"], told["TONGKE_SEARCH_KEY"])
        finally:
            process.terminate()


class Running(Clock):
    """A clock that goes: what waits is due again after a while."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def api(server: Server, tmp_path: Path) -> Iterator[Api]:
    """A library on it, with a worker at work."""
    with serve(
        tmp_path / "data", Running(), search_url=server.url, search_key=server.key, search_seconds=2
    ) as made:
        worker = Worker(made.library.backends)
        worker.start()
        yield made
        worker.stop()


def found(api: Api, q: str) -> tuple[set[str], bool]:
    answer = api.person().get("/search", q=q).json()
    return {item["id"] for item in answer["items"]}, answer["simplified"]


def waiting(api: Api) -> list[str]:
    """Names of the jobs for the index that are not done."""
    with api.library.backends.reading() as work:
        return list(
            work.session.scalars(select(col(Job.name)).where(col(Job.name).in_(("index", "reindex"))))
        )


@pytest.mark.parametrize("fault", [Server.killed, Server.stopped, Server.emptied])
def test_sql_answers_everything_else_goes_on_and_the_engine_catches_up_by_itself(
    api: Api, server: Server, fault: Callable[[Server], AbstractContextManager[None]]
) -> None:
    before = api.library.draft("t_helper", "秋天的雨")
    eventually(lambda: found(api, "秋天") == ({before}, False))

    with fault(server):
        assert found(api, "秋天") == ({before}, True)
        assert "简化搜索" in api.http.get("/search", params={"q": "秋天"}).text
        assert api.person().get("/suggest", q="语文").status_code == 200
        assert api.http.get("/api/v1/health/ready").json()["parts"]["search"] == "down"
        after = api.person().post("/resources", {"kind": "lesson_case", "title": "秋天的树"}).json()["id"]
        file = api.attached(after, "教案.txt", "落叶归根".encode())
        path = f"/resources/{after}/files/{file['id']}"
        assert api.person().get(f"{path}/content").content == "落叶归根".encode()
        # The worker does not stand still with the engine.
        eventually(
            lambda: api.person().get(f"/resources/{after}/files").json()["items"][0]["state"] == "ready"
        )
        assert found(api, "秋天") == ({before, after}, True)

    eventually(lambda: found(api, "落叶") == ({after}, False))
    assert found(api, "秋天") == ({before, after}, False)
    eventually(lambda: waiting(api) == [])
