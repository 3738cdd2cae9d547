"""The administration pages, for a school's administrator (her school) and the platform's (all)."""

from web.pages.admin import (
    audit,
    embedding,
    enrolling,
    overview,
    partnerships,
    people,
    schools,
    upkeep,
    vocabularies,
    webhooks,
)

PAGES = (overview, enrolling, people, schools, partnerships, embedding, webhooks, upkeep, vocabularies, audit)
"""In this order: `/admin/people/import` is no person."""
