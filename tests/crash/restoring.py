"""Backup and restore, killed and begun again until they are done: the restored library is whole, and the same."""

import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from service.library import checking
from service.library.backup import making
from service.library.checking import Mark
from service.models import Derived, File, Grant, Person, Resource
from service.storage.local import LocalObjects
from service.wiring import open_backends
from tests.crash import grounds, processes
from tests.crash.grounds import Ground
from tests.crash.points import Doom
from tests.crash.processes import KILLED, Time
from tests.crash.story import Wrong

COMMANDS = ("backup", "restore")
OVER = "这里已经有内容了"
TRIES = 1000
PAUSE = 0.1
"""Seconds before it is run again, that a server may have to come back."""


def there_and_back(ground: Ground, folder: Path, environment: dict[str, str], doom: Doom | None) -> None:
    """Back up the ground's source, and restore it into the empty place of this run. Raises Wrong."""
    place = str(folder / "place")
    _insist("backup", {"place": place, "keep": 0, "verify": False}, ground.source, ground, folder, doom)
    _insist("restore", {"place": place, "snapshot": ""}, environment, ground, folder, doom)
    if found := making.verify(LocalObjects(Path(place))):
        raise Wrong(f"the backup is not whole: {found}")
    with_source, restored = (
        processes.once_it_is_back(partial(_told, one)) for one in (ground.source, environment)
    )
    if with_source != restored:
        raise Wrong(f"restored {restored}, backed up {with_source}")


def _insist(
    command: str,
    arguments: dict[str, Any],
    environment: dict[str, str],
    ground: Ground,
    folder: Path,
    doom: Doom | None,
) -> None:
    """Run it again until it ends well; a server that died makes it end with 1 and a sentence."""
    clock = Time()
    for doomed in (doom, *[None] * TRIES):
        process = processes.start(
            command, arguments | {"data": None}, environment, folder, clock, doomed, ground.pid
        )
        process.join()
        time.sleep(PAUSE if process.exitcode == 1 else 0)
        if process.exitcode == 0:
            return
        told = (folder / f"{command}.log").read_text()
        if command == "restore" and doomed is None and OVER in told:
            return  # it was done, and died before it could say so; what it did is looked at
        fair = doom is not None and process.exitcode == (KILLED if doom.victim == "itself" else 1)
        if not fair or "Traceback" in told:
            raise Wrong(f"{command} ended with {process.exitcode}: {told[-2000:]}")
    raise Wrong(f"{command} did not end well")


def _told(environment: dict[str, str]) -> dict[str, Any]:
    """What a library holds; a check of it finds nothing."""
    backends = open_backends(grounds.settings(environment))
    try:
        found = list(checking.check(backends.reading, backends.writing, Mark("1/1")))
        if found:
            raise Wrong(f"tongke check: {found}")
        with backends.reading() as work:
            rows = {
                table.__name__: Counter(work.session.scalars(select(column)))
                for table, column in (
                    (Resource, col(Resource.id)), (File, col(File.object_key)), (Derived, col(Derived.object_key)),
                    (Grant, col(Grant.id)), (Person, col(Person.id)),
                )
            }  # fmt: skip
        return {name: sorted(found.items()) for name, found in rows.items()}
    finally:
        backends.close()
