"""An empty index of each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.search import Index
from tests import stacks


@pytest.fixture(params=stacks.ENGINES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    with stacks.engine(request.param, tmp_path / "index") as made:
        yield made
