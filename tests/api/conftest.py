"""The served application for every test of the interface."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.api_client import Api, serve


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A province of its own for each test."""
    with serve(tmp_path) as found:
        yield found
