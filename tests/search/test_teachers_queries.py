"""What teachers type finds the lesson they mean: two hundred queries over the real titles of 2,119 lessons."""

from functools import partial
from pathlib import Path

from service.library import indexing
from tests.factories import library
from tests.search import measuring

AT_FIVE, AT_ONE = 0.95, 0.9


def test_what_teachers_type_finds_the_lesson_they_mean(tmp_path: Path) -> None:
    made = library(tmp_path)
    with made.writing("t_helper") as work:
        measuring.write_lessons(work)
    indexing.rebuild(made.backends.reading)
    with made.reading("t_helper") as work:
        five, one, missed = measuring.success(partial(measuring.shown, work))
    made.close()
    assert five >= AT_FIVE, missed
    assert one >= AT_ONE, missed
