"""同课 Tongke: a shared library of lessons for paired schools."""
