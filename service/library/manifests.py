"""What an IMS manifest offers to begin with (IMS Content Packaging 1.1.4): the pages of its organization, in its order."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from service.extract import xml

BASE = "{http://www.w3.org/XML/1998/namespace}base"


@dataclass(frozen=True, slots=True)
class Start:
    """A page that a package begins with: what it is called, and its address within the package, quoted."""

    title: str
    href: str


def offered(root: xml.Element) -> Iterator[Start]:
    """Of the default organization, else of the first."""
    hrefs = {resource.get("identifier"): href for resource, href in resources(root)}
    organizations = next(root.iter("{*}organizations"), None)
    chosen = organizations.get("default") if organizations is not None else None
    every = list(root.iter("{*}organization"))
    for organization in [one for one in every if one.get("identifier") == chosen] or every[:1]:
        for item in organization.iter("{*}item"):
            href = hrefs.get(item.get("identifierref"))
            if href and item.get("isvisible", "true") != "false":
                yield Start(title(item), address(href + item.get("parameters", "")))


def resources(root: xml.Element) -> Iterator[tuple[xml.Element, str]]:
    """Each resource that names a file, and the file as it stands in the package."""
    every = next(root.iter("{*}resources"), None)
    for resource in root.iter("{*}resource"):
        bases = [element.get(BASE, "") for element in (root, every, resource) if element is not None]
        if href := resource.get("href"):
            yield resource, "".join(bases) + href


def title(item: xml.Element) -> str:
    """Its title, in one line."""
    found = item.find("{*}title")
    return in_one_line(found.text or "") if found is not None else ""


def in_one_line(text: str) -> str:
    """At most 200 characters of it."""
    return " ".join(text.split())[:200]


def address(href: str) -> str:
    """Within the package, quoted; what leads elsewhere leads nowhere."""
    parts = urlsplit(href.replace("\\", "/"))
    path = "/".join(part for part in unquote(parts.path).split("/") if part not in ("", ".", ".."))
    query = f"?{quote(parts.query, safe='=&%')}" if parts.query else ""
    return quote(path) + query
