"""Twenty deaths drawn at random (scripts/crash dies them all): on files in a folder, and on servers of which one dies."""

import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.crash import grounds, run
from tests.crash.grounds import Ground
from tests.crash.plan import drawn, plan
from tests.needs import need

SEED = int(os.environ.get("TONGKE_CRASH_SEED") or random.SystemRandom().randrange(1_000_000))
DRAWN = {"embedded": 14, "servers": 6}
"""Of each stack; a server takes seconds to come back."""
MAKES: dict[str, Callable[[Path], AbstractContextManager[Ground]]] = {
    "embedded": grounds.embedded,
    "servers": grounds.servers,
}


@pytest.fixture(params=MAKES)
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """Not in pytest's folder, which is closed to PostgreSQL's user."""
    if request.param == "servers":
        need("postgres")
        need("minio")
    with (
        tempfile.TemporaryDirectory(prefix="tongke-crash-") as folder,
        MAKES[request.param](Path(folder)) as made,
    ):
        yield made


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_refers_to_nothing_whoever_dies(ground: Ground) -> None:
    found = plan(run.record(ground), ground.victims)
    dooms = drawn(found.dooms, DRAWN[ground.name], SEED)
    print(f"{ground.name}: {found.points} points, {len(found.dooms)} deaths, {len(dooms)} drawn, seed {SEED}")

    for doom in dooms:
        print(doom, flush=True)
        print("  ", run.run(ground, doom), flush=True)
