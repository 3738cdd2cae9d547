"""Chinese sorts by pinyin: a stored key, the same on every database."""

from functools import lru_cache

from service.search.pinyin import pypinyin


@lru_cache(maxsize=4096)
def sort_key(text: str) -> str:
    """Pinyin with tone digits, lower case; what is not Chinese stays as it is. At most 200 characters."""
    syllables = pypinyin().lazy_pinyin(text[:60], style=pypinyin().Style.TONE3, neutral_tone_with_five=True)
    return " ".join(syllables).lower()[:200]
