"""What a test needs from the machine. Absent: the test is skipped, visibly; listed in REQUIRE: it fails.

DATA = need("data")          # in a test or a fixture: the folder, or a skip
REQUIRE=chromium,data pytest # a skip whose reason names one of these is a failure (see conftest.py)
"""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"


def _data() -> Path | None:
    return DATA if DATA.is_dir() else None


def _chromium() -> Path | None:
    return _program("chromium", "chromium-browser", "google-chrome")


def _soffice() -> Path | None:
    return _program("soffice", "libreoffice")


def _postgres() -> Path | None:
    return _program("initdb", places=sorted(Path("/usr/lib/postgresql").glob("*/bin")))


def _minio() -> Path | None:
    return _program("minio", places=[_built()])


def _versitygw() -> Path | None:
    return _program("versitygw", places=[_built()])


def _toxiproxy() -> Path | None:
    return _program("toxiproxy-server", places=[_built()])


def _nginx() -> Path | None:
    return _program("nginx", places=[Path("/usr/sbin")])


def _built() -> Path:
    """Where scripts/setup --servers puts what it builds."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tongke" / "bin"


def _meilisearch() -> Path | None:
    return _program("meilisearch")


def _program(*names: str, places: Sequence[Path] = ()) -> Path | None:
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, places)])
    return next((Path(found) for name in names if (found := shutil.which(name, path=path))), None)


def _strace() -> Path | None:
    return _program("strace")


def _clamscan() -> Path | None:
    return _program("clamscan")


def _cluster() -> Path | None:
    """Four nodes on two processors lose sight of each other while other tests run: only where it is asked for."""
    return _minio() if "cluster" in required() else None


THINGS = {
    "data": (_data, "the folder ../shared/data of real material"),
    "chromium": (_chromium, "the browser Chromium on the PATH"),
    "postgres": (_postgres, "PostgreSQL's programs (scripts/setup --servers)"),
    "minio": (_minio, "MinIO's server (scripts/setup --servers)"),
    "versitygw": (_versitygw, "the S3 server versitygw (scripts/setup --servers)"),
    "toxiproxy": (_toxiproxy, "Toxiproxy's server (scripts/setup --servers)"),
    "nginx": (_nginx, "nginx (scripts/setup --servers)"),
    "meilisearch": (_meilisearch, "Meilisearch's server on the PATH, or TONGKE_TEST_MEILISEARCH_URL"),
    "soffice": (_soffice, "LibreOffice's soffice on the PATH (scripts/setup --converters)"),
    "strace": (_strace, "strace on the PATH"),
    "clamscan": (_clamscan, "ClamAV's clamscan on the PATH"),
    "cluster": (_cluster, "a quiet machine for four nodes of an object store (REQUIRE=cluster says so)"),
}


def need(name: str) -> Path:
    """Where the thing is: a folder or a program. Skips the test, or the module that asks while it is imported."""
    find, what = THINGS[name]
    found = find()
    if found is None:
        pytest.skip(f"{name}: {what} is not here", allow_module_level=True)
    return found


def required() -> set[str]:
    """The names in REQUIRE. Raises pytest.UsageError for one that no test can ask for."""
    names = {name.strip() for name in os.environ.get("REQUIRE", "").split(",")} - {""}
    if unknown := names - THINGS.keys():
        raise pytest.UsageError(f"REQUIRE: {', '.join(sorted(unknown))} is not among {', '.join(THINGS)}")
    return names


def missed(reason: str) -> str | None:
    """The required thing that a skip's reason names, if any."""
    return next((name for name in sorted(required()) if re.search(rf"\b{name}\b", reason, re.I)), None)
