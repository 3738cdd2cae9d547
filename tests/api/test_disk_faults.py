"""The disk fails: system calls of the running program on chosen files answer EIO or ENOSPC. strace tampers with them
(strace(1), `--inject`), from outside and for a while, so that nothing of the program is another than in use; a full tmpfs
would need rights to mount, and dm-error a block device."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.settings import MEBIBYTE
from tests import stacks
from tests.api.api_client import EVERY_SCOPE, ROOT, Person
from tests.api.test_uploads_survive import Process, running
from tests.api.tus_client import Client, bearer
from tests.factories import Clock, library
from tests.needs import need

pytestmark = pytest.mark.slow
WRITES = "write,pwrite64,writev,fsync,fdatasync,ftruncate,link,linkat"
READS = "read,pread64,readv,sendfile"
FULL, BROKEN = "ENOSPC", "EIO"


@contextmanager
def fault(process: Process, error: str, calls: str, *paths: Path) -> Iterator[None]:
    """Inside the block every such call of the process on these files fails."""
    command = [str(need("strace")), "-f", "-o", os.devnull, "-p", str(process.process.pid)]
    for path in paths:
        command += ["-P", str(path.resolve())]
    command += ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        if "ermitted" in said:
            pytest.skip(f"no process may be traced on this machine (ptrace(2)): {said}")
        assert "attached" in said, said
        try:
            yield
        finally:
            tracer.terminate()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Process, Person, Path]]:
    """The real program on a folder, a teacher, and the folder."""
    if stacks.chosen != "embedded":
        pytest.skip("only the embedded stack keeps its database and files on the program's own disk")
    need("strace")
    made = library(tmp_path, Clock(datetime.now(UTC)))
    headers = bearer(made, "t_helper", EVERY_SCOPE)
    made.close()
    with running(tmp_path, headers) as process:
        yield process, Person(process.client.http, headers), tmp_path


def create(server: Process, title: str) -> tuple[int, dict[str, str]]:
    """Status and headers of a new draft."""
    sent = {"kind": "lesson_case", "title": title}
    answer = server.client.http.post(f"{ROOT}/resources", json=sent, headers=server.client.headers)
    return answer.status_code, dict(answer.headers)


@pytest.mark.parametrize(("error", "status"), [(FULL, 507), (BROKEN, 503)])
def test_an_upload_that_the_disk_fails_goes_on_where_it_was(
    server: tuple[Process, Person, Path], error: str, status: int
) -> None:
    process, _teacher, folder = server
    client: Client = process.client
    content = os.urandom(3 * MEBIBYTE)
    location = client.create(len(content), "film.bin")
    assert client.send(location, 0, content[:MEBIBYTE]).status_code == 204
    upload_id = location.rpartition("/")[2]
    staged = folder / "objects" / "staged" / f"files_{upload_id}"

    with fault(process, error, WRITES, staged):
        refused = client.send(location, MEBIBYTE, content[MEBIBYTE:])
        assert refused.status_code == status, refused.text
        assert client.offset(location) == MEBIBYTE, "what was acknowledged is there, and no more"
    assert client.send(location, MEBIBYTE, content[MEBIBYTE:]).status_code == 204
    assert client.offset(location) == len(content)


@pytest.mark.parametrize(("error", "status"), [(FULL, 507), (BROKEN, 503)])
def test_a_database_that_cannot_write_says_so_reads_on_and_recovers(
    server: tuple[Process, Person, Path], error: str, status: int
) -> None:
    process, teacher, folder = server
    assert create(process, "之前")[0] == 201
    files = [folder / f"tongke.db{end}" for end in ("", "-wal", "-journal")]

    with fault(process, error, WRITES, *files):
        for _ in range(3):
            found, headers = create(process, "当中")
            assert found == status
            assert error == FULL or int(headers["retry-after"]) > 0
        assert [item["title"] for item in teacher.get("/resources").json()["items"]] == ["之前"]
    assert create(process, "之后")[0] == 201
    titles = {item["title"] for item in teacher.get("/resources").json()["items"]}
    assert titles == {"之前", "之后"}


def test_bytes_that_cannot_be_read_are_unavailable_and_come_back(
    server: tuple[Process, Person, Path],
) -> None:
    process, teacher, folder = server
    client = process.client
    lesson = teacher.post("/resources", {"kind": "lesson_case", "title": "秋天的雨"}).json()["id"]
    location = client.create(3, "教案.txt")
    client.send(location, 0, b"abc")
    sent = {"upload_id": location.rpartition("/")[2], "name": "教案.txt"}
    file_id = teacher.post(f"/resources/{lesson}/files", sent).json()["id"]
    (stored,) = (folder / "objects" / "objects").glob("*/files_*")
    path = f"{ROOT}/resources/{lesson}/files/{file_id}/content"

    with fault(process, BROKEN, "openat,open", stored):
        answer = client.http.get(path, headers=client.headers)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert client.http.get(path, headers=client.headers).content == b"abc"
