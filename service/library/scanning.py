"""Viruses: where a scanner is found (ClamAV's clamdscan or clamscan), each file is looked into before it is read."""

import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path

from service.extract import Extracted
from service.models import File
from service.work import Work

SECONDS = 300
INFECTED = 1
"""ClamAV's exit codes: 0 clean, 1 found something, 2 could not look (clamscan(1), clamdscan(1))."""
REFUSED = Extracted(
    "failed", "杀毒程序在这个附件里发现了病毒，已停止提供下载和预览。请移除它，检查电脑后重新上传。"
)
_KNOWN = (("clamdscan", "--fdpass", "--no-summary", "--stdout"), ("clamscan", "--no-summary", "--stdout"))


class ScannerFailed(Exception):
    """The scanner could not look; the file is tried again."""


@cache
def command(setting: str) -> tuple[str, ...]:
    """The scanner and its arguments; empty without one. clamdscan alone is taken where its daemon answers."""
    if setting == "none":
        return ()
    if setting:
        return tuple(shlex.split(setting))
    for name, *arguments in _KNOWN:
        if (found := shutil.which(name)) and _answers(found):
            return (found, *arguments)
    return ()


def _answers(program: str) -> bool:
    """Whether it can look into a file at all: the daemon runs, the signatures are there."""
    asked = [program, "--no-summary", "--stdout", __file__]
    try:
        return subprocess.run(asked, capture_output=True, timeout=SECONDS, check=False).returncode == 0  # noqa: S603 -- ClamAV, from the PATH
    except (OSError, subprocess.TimeoutExpired):
        return False


def infection(work: Work, path: Path) -> str | None:
    """What the scanner found in the file at path, empty for nothing; None where there is no scanner. Raises
    ScannerFailed."""
    program = command(work.settings.scanner)
    if not program:
        return None
    try:
        done = subprocess.run(  # noqa: S603 -- the scanner that the operator installed
            [*program, str(path)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise ScannerFailed(str(problem)) from problem
    if done.returncode == 0:
        return ""
    if done.returncode != INFECTED:
        raise ScannerFailed(f"{program[0]}: {done.returncode}: {done.stdout}{done.stderr}"[:500])
    # "PATH: Name.Of-Signature FOUND"
    return (
        next((line for line in done.stdout.splitlines() if line.endswith("FOUND")), "FOUND")
        .rpartition(": ")[2]
        .removesuffix(" FOUND")[:100]
    )


def record(work: Work, file_id: str, found: str) -> None:
    """Write down that the file was looked into; what something was found in is withheld from then on."""
    file = work.session.get(File, file_id)
    if file is None:
        return
    file.scanned_at = work.now
    if found:
        file.withheld = f"virus: {found}"
        work.audit("file.infected", file.resource_id, file=file_id, found=found)
