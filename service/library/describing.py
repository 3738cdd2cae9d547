"""A public resource in the words of others: schema.org/LRMI for search engines, oEmbed for editors."""

from collections.abc import Mapping
from typing import Any

from service.library import vocabulary
from service.library.fields import PLACE

CREATIVE_COMMONS = "https://creativecommons.org"
LICENCES = {
    "cc-by-4.0": f"{CREATIVE_COMMONS}/licenses/by/4.0/",
    "cc-by-sa-4.0": f"{CREATIVE_COMMONS}/licenses/by-sa/4.0/",
    "cc-by-nc-4.0": f"{CREATIVE_COMMONS}/licenses/by-nc/4.0/",
    "cc-by-nc-sa-4.0": f"{CREATIVE_COMMONS}/licenses/by-nc-sa/4.0/",
    "cc0-1.0": f"{CREATIVE_COMMONS}/publicdomain/zero/1.0/",
}
"""Codes of `licence` that have an address."""


def learning_resource(found: Mapping[str, Any], address: str) -> dict[str, Any]:
    """A Resource as a schema.org `LearningResource` (LRMI), for JSON-LD. Its caller has checked that it is public."""
    words = vocabulary.labels(found, (*PLACE, "licence"))
    described = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "@id": address,
        "url": address,
        "name": found["title"],
        "description": found["summary"],
        "inLanguage": found["language"],
        "learningResourceType": words.get("type"),
        "educationalLevel": [words[name] for name in ("stage", "grade") if name in words],
        "educationalAlignment": [
            {"@type": "AlignmentObject", "alignmentType": kind, "targetName": words[name]}
            for name, kind in (("subject", "educationalSubject"), ("grade", "educationalLevel"))
            if name in words
        ],
        "about": [words[name] for name in ("subject", "major") if name in words],
        "keywords": found["tags"],
        "license": LICENCES.get(found["licence"] or "", words.get("licence")),
        "author": [_author(credit) for credit in found["credits"] if credit.get("person")],
        "publisher": {"@type": "EducationalOrganization", "name": found["school"]["name"]},
        "isAccessibleForFree": True,
        "version": str(found["version"]),
        "dateCreated": found["created_at"],
        "dateModified": found["updated_at"],
        "encoding": [
            {
                "@type": "MediaObject",
                "name": file["name"],
                "encodingFormat": file["media_type"],
                "contentSize": str(file["size"]),
                "sha256": file["sha256"],
            }
            for file in found["files"]
        ],
    }
    return {name: value for name, value in described.items() if value not in (None, "", [])}


def _author(credit: Mapping[str, Any]) -> dict[str, Any]:
    place = credit.get("school") or credit.get("enterprise")
    author: dict[str, Any] = {"@type": "Person", "name": credit["person"]}
    return author | ({"affiliation": {"@type": "Organization", "name": place}} if place else {})


def oembed(found: Mapping[str, Any], site: str) -> dict[str, str]:
    """oEmbed 1.0 of type `link`: a frame would have to open to every site, and only a school's key opens one."""
    return {
        "version": "1.0",
        "type": "link",
        "title": found["title"],
        "author_name": found["school"]["name"],
        "author_url": f"{site}/schools/{found['school']['id']}",
        "provider_name": "同课 Tongke",
        "provider_url": f"{site}/",
    }
