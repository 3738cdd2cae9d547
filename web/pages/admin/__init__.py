"""The administration pages, for a school's administrator (her school) and the platform's (all)."""

from web.pages.admin import enrolling, overview, people, schools

PAGES = (overview, enrolling, people, schools)
"""In this order: `/admin/people/import` is no person."""
