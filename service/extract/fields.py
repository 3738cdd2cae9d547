"""Words that stand in the code of a field: Word writes pronunciation guides and circled characters as EQ fields."""

import re

_OVERSTRIKE = re.compile(r"\\o(?:\\a[a-z])?\s*\((.*)\)\s*$", re.I | re.S)
_RAISED = re.compile(r"\\s(?:\\[a-z]+\s*\d*)*\s*\([^()]*\)", re.I)
_LAST = re.compile(r"[,;，；]([^,;，；]*)$")


def words(code: str) -> str:
    """Of EQ \\o(\\s\\up 9(chūn),春) the 春: what is read when the guide is left out. Empty for every other field."""
    if code.lstrip()[:2].upper() != "EQ":
        return ""
    found = _OVERSTRIKE.search(code)
    if found is None:
        return ""
    last = _LAST.search(_RAISED.sub("", found[1]))
    return last[1].strip() if last else ""
