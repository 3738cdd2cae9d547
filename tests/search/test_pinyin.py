"""The sounds of Chinese, and what their dictionaries take."""

from service.search.pinyin import initials, pypinyin, spell


def test_equal_sounds_are_held_once_and_sound_as_before() -> None:
    assert spell("重庆的秋天") == ("chong", "qing", "de", "qiu", "tian")
    assert initials(spell("银行")) == "yh"
    words = pypinyin().constants.PHRASES_DICT
    sounds = [one for word in words.values() for one in word]
    assert len({id(one) for one in sounds}) == len({tuple(one) for one in sounds})
