"""Natural questions lead to what answers them (CMRC 2018, trial part), and what people type to the title they mean
(QBQTC, dev part)."""

from functools import partial

from service.search import Index
from tests.search import measuring

QUESTIONS = 0.97
"""MRR@10 of 1,000 questions over 256 passages: measured .985 on both engines."""
TITLES = 0.75
"""nDCG@10 of every 16th query over 19,317 titles."""


def test_a_question_leads_to_the_passage_that_answers_it(index: Index) -> None:
    found = measuring.passages()
    index.upsert(measuring.document(str(n), content=passage) for n, (passage, _questions) in enumerate(found))
    assert measuring.reciprocal_rank(partial(measuring.first_ten, index)) >= QUESTIONS


def test_what_people_type_leads_to_the_title_they_mean(index: Index) -> None:
    ids, _grades = measuring.titles()
    index.upsert(measuring.document(ident, title) for title, ident in ids.items())
    assert measuring.cumulative_gain(partial(measuring.first_ten, index), 16) >= TITLES
