"""On which stack the tests' libraries stand: files in a folder, or (`pytest --stack servers`) a PostgreSQL and a MinIO
of our own, and a Meilisearch where there is one.

A library is known by its data folder on both: here a folder has a database, a part of a bucket and an index beside it.
"""

import atexit
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from meilisearch_python_sdk import Client

from service.library.said import release, said
from service.search import Index
from service.search.embedded import Embedded
from service.search.meilisearch import Meilisearch
from service.settings import Settings
from service.storage.s3 import S3Objects
from service.work import ulid
from tests.needs import ROOT, THINGS, need

STACKS = ("embedded", "servers")
TEST_URL = "TONGKE_TEST_MEILISEARCH_URL"
chosen = "embedded"
"""Set by conftest.py."""
_made: list[str] = []
_indexes: set[str] = set()
"""Indexes of the libraries on a Meilisearch."""
_copied: set[str] = set()
"""Databases that others are made from; they stay."""


def settings(folder: Path, **more: Any) -> Settings:
    """Settings of the library in this folder; nothing is converted or scanned unless that is asked for. On servers its
    database is made if need be; skips without PostgreSQL and MinIO."""
    return Settings(
        data_dir=folder,
        database_url=database_url(folder),
        **{
            "objects_url": objects_url(folder),
            **{name.removeprefix("TONGKE_").lower(): value for name, value in index(folder).items()},
            "search_seconds": 60,
            "convert": False,
            "scanner": "none",
            **more,
        },
    )


def objects_url(folder: Path) -> str:
    """Where the folder's objects are, as TONGKE_OBJECTS_URL names it: empty on the embedded stack."""
    return "" if chosen == "embedded" else bucket("minio", folder)


def bucket(name: str, folder: Path) -> str:
    """The URL of the folder's part of a bucket of an S3 server, on either stack. Skips without the server."""
    return f"{_bucket(name)}/{_name(folder)}"


def new_bucket(name: str) -> str:
    """The URL of a bucket of an S3 server that is not there yet. Skips without the server."""
    return f"{server(name)['TONGKE_OBJECTS_URL'].rpartition('/')[0]}/{ulid()}"


@cache
def _bucket(name: str) -> str:
    url = server(name)["TONGKE_OBJECTS_URL"]
    S3Objects(url).prepare()
    return url


def database_url(folder: Path, like: Path | None = None) -> str:
    """The folder's database, as TONGKE_DATABASE_URL names it: empty on the embedded stack. A new one is empty, or a
    copy of another folder's, which nobody has open."""
    if chosen == "embedded":
        return ""
    if like is None:
        return postgres(folder)
    _copied.add(_name(like))
    return postgres(folder, _name(like))


def postgres(folder: Path, template: str = "template0") -> str:
    """The URL of the folder's PostgreSQL database on either stack, made from the template where it is new. Skips
    without PostgreSQL."""
    name = _name(folder)
    if name not in _made:
        _administrator().execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        _made.append(name)
    return server("postgres")["TONGKE_DATABASE_URL"].replace("/tongke?", f"/{name}?connect_timeout=60&")


def environment(folder: Path) -> dict[str, str]:
    """What a process needs to open the library in this folder."""
    return {
        "TONGKE_DATA_DIR": str(folder),
        "TONGKE_DATABASE_URL": database_url(folder),
        "TONGKE_OBJECTS_URL": objects_url(folder),
        **index(folder),
        "TONGKE_SEARCH_SECONDS": "60",
        "TONGKE_CONVERT": "false",
        "TONGKE_SCANNER": "none",
    }


def index(folder: Path) -> dict[str, str]:
    """The settings of the folder's index; none where it lies in the folder: on the embedded stack, and without a
    Meilisearch."""
    if chosen == "embedded" or not (os.environ.get(TEST_URL) or THINGS["meilisearch"][0]()):
        return {}
    found, name = search(), f"tongke-{_name(folder)}"
    _indexes.add(name)
    return found | {"TONGKE_SEARCH_URL": f"{found['TONGKE_SEARCH_URL']}/?index={name}"}


def lose_index(folder: Path) -> None:
    """The folder's index is gone, as after a fault."""
    if not (found := index(folder)):
        shutil.rmtree(folder / "index")
        return
    with Client(search()["TONGKE_SEARCH_URL"], found["TONGKE_SEARCH_KEY"]) as client:
        gone = client.wait_for_task(client.index(f"tongke-{_name(folder)}").delete().task_uid)
        assert gone.status == "succeeded", gone.error


def made() -> int:
    """How many databases there are."""
    return len(_made)


def forget(after: int) -> None:
    """Drop the databases made after there were so many, but for those that others are made from; and the indexes."""
    for name in set(_made[after:]) - _copied:
        _administrator().execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        _made.remove(name)
    if _indexes:
        found = search()
        with Client(found["TONGKE_SEARCH_URL"], found["TONGKE_SEARCH_KEY"]) as client:
            for name in _indexes:
                client.index(name).delete()
        _indexes.clear()


def search() -> dict[str, str]:
    """The settings that reach a Meilisearch: the one of TONGKE_TEST_MEILISEARCH_URL and _KEY, else our own. Skips where
    there is none."""
    if url := os.environ.get(TEST_URL):
        key = os.environ.get("TONGKE_TEST_MEILISEARCH_KEY", "")
        return {"TONGKE_SEARCH_URL": url, "TONGKE_SEARCH_KEY": key}
    return server("meilisearch")


def meilisearch(_folder: Path) -> Index:
    """An index of this process's own on a Meilisearch; whoever needs it empty rebuilds it. Skips without one."""
    found = search()
    url = f"{found['TONGKE_SEARCH_URL']}/?index=tongke-{os.getpid()}"
    return Meilisearch(url, found["TONGKE_SEARCH_KEY"], said, seconds=60, words=release)


ENGINES: dict[str, Callable[[Path], Index]] = {"embedded": Embedded, "meilisearch": meilisearch}


@contextmanager
def engine(name: str, folder: Path) -> Iterator[Index]:
    """An empty index on the engine of this name, whichever stack is chosen. Skips without its server."""
    made = ENGINES[name](folder)
    with made.rebuild():
        pass
    yield made
    made.close()


@cache
def server(name: str) -> dict[str, str]:
    """The settings that reach a server of this process's own, started when first asked for: postgres, minio,
    versitygw or meilisearch."""
    need(name)
    folder = tempfile.TemporaryDirectory(prefix="tongke-stack-")
    atexit.register(folder.cleanup)
    place = Path(folder.name)
    place.chmod(0o711)  # PostgreSQL runs as another user
    command = [sys.executable, str(ROOT / "scripts" / "stack"), "--only", name, "--data", str(place)]
    process = subprocess.Popen(
        [*command, "--throwaway", "--with-parent"], stdout=subprocess.PIPE, text=True, process_group=0
    )
    atexit.register(_stop, process)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", f"{name} does not start"
    lines = (place / "stack.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    process.communicate()


@cache
def _administrator() -> psycopg.Connection[Any]:
    connection = psycopg.connect(server("postgres")["TONGKE_DATABASE_URL"], autocommit=True)
    atexit.register(connection.close)
    return connection


def _name(folder: Path) -> str:
    return "t" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:20]
