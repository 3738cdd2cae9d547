"""Where a resource was adapted from is told only to those who may see the source."""

from pathlib import Path

from service.library import listing, resources
from tests.factories import library


def test_a_source_that_the_reader_may_not_see_is_not_named(tmp_path: Path) -> None:
    made = library(tmp_path)
    source = made.draft("t_helper", "原来的课")
    with made.writing("t_helper") as work:
        copy = resources.create(work, {"kind": "lesson_case", "title": "改编的课"}, adapted_from=source)
    made.share("t_helper", copy, f"pair:{made.pairs['school']}")
    with made.reading("t_helper") as work:
        assert resources.view(work, copy)[0]["adapted_from"] == source
    with made.reading("t_aided") as work:
        assert resources.view(work, copy)[0]["adapted_from"] is None
        assert [item["adapted_from"] for item in listing.page(work).items] == [None]
    made.share("t_helper", source, f"pair:{made.pairs['school']}")
    with made.reading("t_aided") as work:
        assert resources.view(work, copy)[0]["adapted_from"] == source
    made.close()
