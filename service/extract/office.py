"""What LibreOffice makes of a file, where it is installed: a PDF, and text as the last resort after our own readers."""

import csv
import hashlib
import io
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from service.extract import Extracted, Limits, encodings, pdf
from service.extract import sniff as kinds
from service.extract.pieces import unpaged
from service.extract.problems import NotConverted, Unreadable

program: str | None = None
"""Path of soffice; the process that reads a file is told it with the request."""

_WRITER = "pdf:writer_pdf_Export"
_SLIDES = 'pdf:impress_pdf_Export:{"ExportHiddenSlides":{"type":"boolean","value":"true"}}'
"""Hidden slides too, so that page n is slide n."""
_TABLES = 'pdf:calc_pdf_Export:{"PageRange":{"type":"string","value":"1-60"}}'
"""A sheet of measurements may come to thousands of pages, which nobody looks at."""
CONVERTIBLE = {
    kinds.WORD: (".docx", _WRITER),
    kinds.DOC: (".doc", _WRITER),
    "application/rtf": (".rtf", _WRITER),
    kinds.ODF + "text": (".odt", _WRITER),
    kinds.SLIDES: (".pptx", _SLIDES),
    kinds.PPT: (".ppt", _SLIDES),
    kinds.ODF + "presentation": (".odp", _SLIDES),
    kinds.SHEET: (".xlsx", _TABLES),
    kinds.BINARY_SHEET: (".xlsb", _TABLES),
    kinds.XLS: (".xls", _TABLES),
    kinds.ODF + "spreadsheet": (".ods", _TABLES),
}
"""Media type → the ending that LibreOffice is told, and what it shall make (its PDF filters' options, 7.4)."""


def _setting(path: str, name: str, value: str) -> str:
    return (
        f'<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
    )


_PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    + _setting("Common/Security/Scripting", "MacroSecurityLevel", "3")
    + _setting("Common/Security/Scripting", "DisableMacrosExecution", "true")
    + _setting("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true")
    + _setting("Writer/Content/Update", "Link", "0")
    + _setting("Calc/Content/Update", "Link", "2")
    + "</oor:items>"
)
"""No macro runs, and nothing that a document names is loaded."""

_PROFILE_FOLDER = "profile"
"""In the folder of a conversion, which lies in its child's scratch folder."""
SOCKETS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 -- not ours to choose
"""Where LibreOffice keeps a socket: in the first that can be written to, whatever TMPDIR says (sal/osl/unx/pipe.cxx)."""

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
    made = [one.read_bytes()[: limits.characters * 4] for one in run(soffice, copy, target)]
    return "\n\n".join(encodings.decode(one)[0] for one in made)


def socket_of(profile: Path) -> str:
    """The name, in one of SOCKETS, of the socket by which LibreOffice with this profile hears of other starts of itself;
    it stays there where LibreOffice is killed (desktop/source/app/officeipcthread.cxx, 7.4)."""
    digest = hashlib.md5(profile.as_uri().encode("utf-16-le"), usedforsecurity=False).digest()
    return f"OSL_PIPE_{os.getuid()}_SingleOfficeIPC_{''.join(f'{byte:x}' for byte in digest)}"


def clear(scratch: Path) -> None:
    """Remove what LibreOffice, killed at its work in this folder, left outside of it."""
    for profile in scratch.glob(f"*/{_PROFILE_FOLDER}"):
        for place in SOCKETS:
            with suppress(OSError):  # mostly it is not there
                (place / socket_of(profile)).unlink()


def run(soffice: str, copy: Path, target: str) -> list[Path]:
    """What LibreOffice makes of the file at copy, beside it; nothing where it fails."""
    folder = copy.parent
    user = folder / _PROFILE_FOLDER / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    command = [soffice, f"-env:UserInstallation={user.parent.as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", target, "--outdir", str(folder / "out"), str(copy)]
    import resource  # of the child's machine; a mirror on Windows, which knows this module, converts nothing

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    environment = {"HOME": str(folder), "TMPDIR": str(folder)}
    # Its process group is this child's and dies with it, so that there is no timeout to set here.
    subprocess.run(  # noqa: S603 -- the program that the operator installed
        command, check=False, capture_output=True, env={**os.environ, **environment}
    )
    return sorted((folder / "out").glob("*"))


def convert(path: Path, media_type: str, target: Path) -> Extracted:
    """The document as a PDF at target, and how many pages that has. Raises NotConverted, KeyError for a type that is
    not among CONVERTIBLE."""
    ending, wanted = CONVERTIBLE[media_type]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"file{ending}"
        shutil.copyfile(path, copy)
        made = run(program, copy, wanted) if program else []
        if not made:
            raise NotConverted("no PDF came out")
        shutil.copyfile(made[0], target)
    try:
        pages = len(pdf.opened(target))
    except Unreadable as problem:
        raise NotConverted(str(problem)) from problem
    return Extracted("ready", pages=pages)
