"""Servers of a stack (scripts/stack), found and killed with all that they started."""

import os
import signal
import time
from pathlib import Path

PROGRAMS = {"postgres": "postgres", "minio": "minio", "meilisearch": "meilisearch"}


def kill(stack: int, name: str) -> None:
    """SIGKILL the server of this name among the children of the process `stack`, and its children; they are gone when
    this returns."""
    found = [pid for pid in children(stack) if _program(pid) == PROGRAMS[name]]
    doomed = [pid for one in found for pid in (one, *descendants(one))]
    signal_all(doomed, signal.SIGKILL)
    while any(map(_lives, doomed)):
        time.sleep(0.002)


def find(stack: int, name: str) -> int:
    """The pid of a server."""
    (pid,) = (pid for pid in children(stack) if _program(pid) == PROGRAMS[name])
    return pid


def signal_all(pids: list[int], number: int) -> None:
    """Those that are there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def children(pid: int) -> list[int]:
    """Of all threads of a process (proc(5))."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in path.read_text().split()]
    return found


def descendants(pid: int) -> list[int]:
    """Children and theirs."""
    found = children(pid)
    return found + [further for child in found for further in descendants(child)]


def _program(pid: int) -> str:
    try:
        return Path(os.readlink(f"/proc/{pid}/exe")).name
    except OSError:
        return ""


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
