"""Imported once by the process that others are forked from: what is loaded at its first use is loaded here, so that a
restart takes a moment. It starts no thread, and no engine of search, which would not survive a fork."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from service.app import create_app
from service.library import resources
from service.settings import Settings
from service.wiring import open_backends
from tests.crash import processes
from tests.factories import Clock, Library, populate

__all__ = ["processes"]

with tempfile.TemporaryDirectory() as folder:
    backends = open_backends(Settings(data_dir=Path(folder)))
    backends.database.migrate()
    backends.database.current()
    made = Library(backends, Clock(datetime.now(UTC)))
    with backends.writing() as work:
        populate(work, made)
    lesson = made.draft("t_helper")
    made.share("t_helper", lesson, f"pair:{made.pairs['school']}")
    with made.reading("t_helper") as work:
        resources.view(work, lesson)
    create_app(backends.settings, backends, with_worker=False).openapi()
    made.close()
