"""What a child may do, and what becomes of a call whose child or server is killed."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.extract import Extracted, Limits
from service.extract.confinement import _CREATE_RULESET, _libc
from service.extract.sandbox import ROOT, Extractor

LANDLOCK = _libc.syscall(_CREATE_RULESET, None, 0, 1) >= 2


@dataclass
class Reading:
    """A call whose child has opened a pipe to read from, and waits for what comes."""

    answer: Future[Extracted]
    extractor: Extractor
    pipe: Path
    child: int

    @property
    def server(self) -> int:
        assert self.extractor._server is not None
        return self.extractor._server.pid


def children(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # It ended between the listing and the look.
            if int(stat[1]) == parent:
                found.append(int(folder.name))
    return found


@contextmanager
def a_child_that_waits(folder: Path, limits: Limits) -> Iterator[tuple[Reading, Callable[[], None]]]:
    """The call under way, and what ends the pipe."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    extractor = Extractor(limits, soffice=None)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(extractor.extract, pipe, "text/plain", "a.txt")
        writing = pipe.open("wb")  # Waits until the child has opened its end.
        try:
            assert extractor._server is not None
            (child,) = children(extractor._server.pid)
            yield Reading(answer, extractor, pipe, child), writing.close
        finally:
            writing.close()
            answer.result()
            extractor.close()


def test_a_child_is_confined(tmp_path: Path) -> None:
    with a_child_that_waits(tmp_path, Limits(seconds=20, memory=700 * 1024 * 1024)) as (reading, _):
        told = Path(f"/proc/{reading.child}/limits").read_text().splitlines()
        soft = {line[:26].strip(): line[26:].split()[0] for line in told}
        status = Path(f"/proc/{reading.child}/status").read_text()
        assert soft["Max address space"] == str(700 * 1024 * 1024)
        assert soft["Max cpu time"] == "20"
        assert (soft["Max open files"], soft["Max core file size"]) == ("256", "0")
        assert "unlimited" not in soft["Max file size"]
        assert "NoNewPrivs:\t1" in status
        assert os.getpriority(os.PRIO_PROCESS, reading.child) >= min(
            os.getpriority(os.PRIO_PROCESS, 0) + 10, 19
        )


def test_a_child_that_crashes_fails_its_file_alone(tmp_path: Path) -> None:
    with a_child_that_waits(tmp_path, Limits()) as (reading, _):
        os.kill(reading.child, signal.SIGABRT)
        found = reading.answer.result()
        assert (found.state, "程序中止" in found.reason) == ("failed", True)
        plain = tmp_path / "a.txt"
        plain.write_text("春天")
        assert reading.extractor.extract(plain, "text/plain", "a.txt").texts == ("春天",)


def test_a_file_is_read_again_when_the_server_died_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # A killed server leaves its folder there.
    with a_child_that_waits(tmp_path, Limits()) as (reading, end_of_pipe):
        ended = select.poll()
        handle = os.pidfd_open(reading.child)
        ended.register(handle, select.POLLIN)
        os.kill(reading.server, signal.SIGKILL)
        ended.poll()
        os.close(handle)
        with reading.pipe.open("wb") as again:
            again.write("春天来了".encode())
            end_of_pipe()
        assert reading.answer.result().texts == ("春天来了",)


def test_closing_fails_the_calls_under_way(tmp_path: Path) -> None:
    with a_child_that_waits(tmp_path, Limits()) as (reading, _):
        closing = threading.Thread(target=reading.extractor.close)
        closing.start()
        assert reading.answer.result().state == "failed"
        closing.join()


def confined(folder: Path, code: str) -> str:
    """What a confined process prints that may read one file of the folder and write below another."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom service.extract import Limits\n"
        "from service.extract.confinement import confine\n"
        f"folder = Path({str(folder)!r})\nconfine(Limits(), [folder / 'given'], [folder / 'scratch'])\n{code}"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_a_child_reaches_no_network() -> None:
    code = "import socket\nsocket.socketpair()\nprint('pair')\nsocket.socket(socket.AF_INET)"
    said = confined(Path("/nonexistent"), code)
    assert said.startswith("pair")
    assert "Permission denied" in said


@pytest.mark.skipif(not LANDLOCK, reason="the kernel has no Landlock")
def test_a_child_sees_its_file_alone_and_writes_into_its_scratch_alone(tmp_path: Path) -> None:
    for name in ("given", "other"):
        (tmp_path / name).write_text(name)
    (tmp_path / "scratch").mkdir()
    assert confined(tmp_path, "print((folder / 'given').read_text())") == "given\n"
    assert confined(tmp_path, "print((folder / 'scratch' / 'a').write_text('abc'))") == "3\n"
    for denied in (
        "(folder / 'other').read_text()",
        "(folder / 'a').write_text('')",
        "list(folder.iterdir())",
    ):
        assert "Permission denied" in confined(tmp_path, denied)
