"""How a step becomes a request of httpx; the same for both clients."""

import hashlib
from pathlib import Path
from typing import Any

import httpx

from tongke.calls import Call

ROOT = "/api/v1"
TIMEOUT = httpx.Timeout(90, connect=20)
BLOCK = 256 * 1024


def options(url: str, language: str) -> dict[str, Any]:
    """Of the client that httpx opens; `language` is that of the library's sentences."""
    return {
        "base_url": url.rstrip("/") + ROOT,
        "timeout": TIMEOUT,
        "headers": {"User-Agent": "tongke/0.1", "Accept-Language": language},
        "follow_redirects": False,
    }


def request(call: Call) -> dict[str, Any]:
    """Of one request."""
    return {
        "method": call.method,
        "url": call.path,
        "params": {name: value for name, value in call.params.items() if value is not None} or None,
        "headers": dict(call.headers),
        "json": call.json,
        "data": call.form,
        "content": call.content,
    }


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
