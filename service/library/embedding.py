"""What a school's web site may ask through its key: what is public, narrowed as the school says.

The key gives no right. Who asks through it is nobody in particular, so that the one rule answers; the key only refuses
and narrows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.errors import ForeignOrigin, Gone, NotFound, Throttled
from service.library import embed_keys, finding, organisations, resources, vocabulary
from service.library.fields import PLACE
from service.library.rates import Allowance, Rates
from service.models import EmbedKey, Organisation, Partnership
from service.work import Work

NOTHING = ["-"]
"""The value of a filter that no resource has: what the site asks for lies outside of what the school chose."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A key that may be asked through now."""

    key: EmbedKey
    allowance: Allowance


def find(work: Work, key_id: str) -> EmbedKey:
    """The key, revoked or not; NotFound where there is none."""
    row = work.session.get(EmbedKey, key_id)
    if row is None:
        raise NotFound(
            "没有这个嵌入密钥。请核对网页代码里的 key。",
            english="There is no such embed key. Check `key` in the page's code.",
        )
    return row


def admit(work: Work, rates: Rates, key: EmbedKey, origin: str | None, own: str) -> Opened:
    """Let one question through. `origin` is who asks, as the browser says it (None: it says nothing, as for a page of
    the library itself), `own` the library's. Raises Gone, ForeignOrigin, Throttled."""
    if key.revoked_at is not None:
        raise Gone(
            "这个嵌入密钥已停用。请向学校管理员要新的网页代码。",
            english="This embed key was revoked. Ask the school's administrator for new code.",
        )
    if origin is not None and origin not in (*key.origins, embed_keys.origin(own)):
        raise ForeignOrigin(
            f"网站 {origin} 不在这个嵌入密钥的名单里。请学校管理员在“管理 › 嵌入”里加上它。",
            english=f"The site {origin} is not on the list of this embed key. The school's administrator can add it.",
        )
    allowance = rates.take(key.id, key.per_minute, work.now)
    if allowance.used_up:
        raise Throttled(
            f"这个网站的搜索太频繁（每分钟最多 {key.per_minute} 次），请稍后再试。",
            headers=allowance.headers,
            english=f"This site searches too often (at most {key.per_minute} times a minute). Try again soon.",
        )
    return Opened(key, allowance)


def fixed(work: Work, key: EmbedKey) -> dict[str, list[str]]:
    """The filters that the school fixed."""
    filters: dict[str, list[str]] = {"subject": list(key.subjects)} if key.subjects else {}
    if key.within == "school":
        filters["school"] = organisations.schools_of(work, key.school_id)
    elif key.within == "partnership":
        pair = work.session.get_one(Partnership, key.partnership_id)
        sides = [pair.helper_id, pair.aided_id]
        if pair.level == "city":
            filters["city"] = sides
        else:
            filters["school"] = [school for side in sides for school in organisations.schools_of(work, side)]
    return filters


def narrowed(asked: Mapping[str, list[str]], fixed: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What is asked for, within what is fixed."""
    both = {name: values for name, values in asked.items() if values} | dict(fixed)
    for name in fixed.keys() & asked.keys():
        if asked[name]:
            both[name] = [value for value in asked[name] if value in fixed[name]] or NOTHING
    return both


def search(
    work: Work, key: EmbedKey, site: str, text: str, asked: Mapping[str, list[str]], **shown: Any
) -> dict[str, Any]:
    """`finding.search` within the key, its items as cards; `site` is the address that their links begin with."""
    found = finding.search(work, text, narrowed(asked, fixed(work, key)), facets=(), **shown)
    return {
        "total": found["total"],
        "page": found["page"],
        "items": [card(item, site) for item in found["items"]],
        "relaxed": found["relaxed"],
    }


def resource(work: Work, key: EmbedKey, site: str, resource_id: str) -> dict[str, Any]:
    """One resource as a card; NotFound where it is not public, or outside of what the school chose."""
    found, _etag = resources.view(work, resource_id)
    school = work.session.get_one(Organisation, found["school"]["id"])
    has = {"subject": found["subject"], "school": school.id, "city": school.city_id}
    if any(has[name] not in values for name, values in fixed(work, key).items()):
        raise NotFound(
            "没有找到这份资源，或它不在这个网站可以展示的范围里。",
            english="There is no such resource within what this site shows.",
        )
    return card(found, site)


def card(item: Mapping[str, Any], site: str) -> dict[str, Any]:
    """What a site shows of a resource."""
    codes = [(name, item[name]) for name in PLACE[1:] if item[name]]
    return {
        "id": item["id"],
        "url": f"{site}/resources/{item['id']}",
        "kind": vocabulary.label("kind", item["kind"]),
        "title": item["title"],
        "summary": item["summary"],
        "place": [vocabulary.label(name, code) for name, code in codes]
        + ([item["unit"]] if item["unit"] else []),
        "school": {"name": item["school"]["name"], "city": item["school"]["city"]},
        "updated_at": item["updated_at"],
        "highlights": item.get("highlights", {}),
    }
