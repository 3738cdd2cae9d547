"""What LibreOffice makes of a file, where it is installed: the last resort after our own readers."""

import csv
import io
import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

from service.extract import Extracted, Limits, encodings
from service.extract.pieces import unpaged
from service.extract.problems import Unreadable

program: str | None = None
"""Path of soffice; the process that reads a file is told it with the request."""

_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1"
_TARGETS = {".xls": _SHEETS, ".xlsb": _SHEETS, ".et": _SHEETS}
_WORDS = "txt:Text (encoded):UTF8"


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """The text as LibreOffice converts it; failed, with a reason, where it is not there or gets none either."""
    if program is None:
        return Extracted("failed", Unreadable.reason)
    ending = Path(name).suffix.lower()
    target = _TARGETS.get(ending, _WORDS)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"file{ending or '.doc'}"
        shutil.copyfile(path, copy)
        whole = _converted(program, copy, target, limits)
    if target != _WORDS:
        whole = "\n".join("\t".join(row) for row in csv.reader(io.StringIO(whole)))
    texts, truncated = unpaged([whole], limits)
    if not texts:
        return Extracted("failed", Unreadable.reason)
    return Extracted("ready", texts=texts, truncated=truncated)


def _converted(soffice: str, copy: Path, target: str, limits: Limits) -> str:
    folder = copy.parent
    command = [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", target, "--outdir", str(folder / "out"), str(copy)]
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    # Its process group is this child's and dies with it, so that there is no timeout to set here.
    subprocess.run(  # noqa: S603 -- the program that the operator installed
        command, check=False, capture_output=True, env={**os.environ, "HOME": str(folder)}
    )
    made = [one.read_bytes()[: limits.characters * 4] for one in sorted((folder / "out").glob("*"))]
    return "\n\n".join(encodings.decode(one)[0] for one in made)
