"""Outlook's messages: subject, sender, recipients and body (MS-OXMSG, property names of MS-OXPROPS)."""

from pathlib import Path

from service.extract import Extracted, Limits, encodings, ole
from service.extract.pieces import unpaged

_PROPERTIES = ("0037", "0C1A", "0E04", "1000")
"""Subject, sender's name, recipients' names, body."""


def read(path: Path, name: str, limits: Limits) -> Extracted:
    """The message's text, in pieces; attachments stay where they are. Raises Unreadable, Locked."""
    found = []
    with ole.opened(path) as storage:
        for code in _PROPERTIES:
            if storage.exists(f"__substg1.0_{code}001F"):
                found.append(ole.stream(storage, f"__substg1.0_{code}001F").decode("utf-16-le", "replace"))
            elif storage.exists(f"__substg1.0_{code}001E"):
                found.append(encodings.decode(ole.stream(storage, f"__substg1.0_{code}001E"))[0])
    texts, truncated = unpaged(["\n".join(found)], limits)
    return Extracted("ready", texts=texts, truncated=truncated)
