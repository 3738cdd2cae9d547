"""Chinese sorts by pinyin: a stored key, the same on every database."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def sort_key(text: str) -> str:
    """Pinyin with tone digits, lower case; what is not Chinese stays as it is. At most 200 characters."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take a quarter of a second to load

    return " ".join(lazy_pinyin(text[:60], style=Style.TONE3, neutral_tone_with_five=True)).lower()[:200]
