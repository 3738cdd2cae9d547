"""The served pages for every test of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.browsing import Site, site


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Site]:
    """A province of its own for each test."""
    with site(tmp_path) as found:
        yield found
