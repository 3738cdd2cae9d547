"""引用: how a resource is cited in a paper (GB/T 7714-2015, 4.6: electronic resources)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.work import SHANGHAI

NAMED = 3
"""Authors that are named; of more, these and 等 (GB/T 7714-2015, 8.1.2)."""


def reference(found: Mapping[str, Any], address: str, now: datetime) -> str:
    """作者. 题名[EB/OL]. 城市: 学校, 年(更新日期)[引用日期]. 地址. Without credits the school is the author."""
    school = found["school"]
    people = list(dict.fromkeys(credit["person"] for credit in found["credits"] if credit["person"]))
    authors = ", ".join([*people[:NAMED], *(["等"] if len(people) > NAMED else [])]) or school["name"]
    updated = datetime.fromisoformat(found["updated_at"]).astimezone(SHANGHAI)
    place = f"{school['city']}: {school['name']}" if school["city"] else school["name"]
    read_on = now.astimezone(SHANGHAI).date()
    return f"{authors}. {found['title']}[EB/OL]. {place}, {updated.year}({updated.date()})[{read_on}]. {address}."
