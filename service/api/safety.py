"""How user files leave: never as something that runs in our origin.

Every file carries a sandbox CSP and `nosniff`; only allow-listed types may be shown in the page, all else is a download.
"""

import base64
from urllib.parse import quote

from service.library.contents import Content

INLINE = frozenset(
    {
        "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp",
        "video/mp4", "video/webm", "video/ogg", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/flac",
        "text/plain", "text/vtt",
    }
)  # fmt: skip
"""Types that no browser runs as a program. HTML, SVG and XML are not among them."""

SANDBOX = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"


def disposition(name: str, *, inline: bool) -> str:
    """RFC 6266 with the UTF-8 name of RFC 8187, and an ASCII one for old clients."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def content_headers(found: Content, *, download: bool) -> dict[str, str]:
    """Headers of a file's bytes."""
    inline = found.media_type in INLINE and not download
    media_type = found.media_type + ("; charset=utf-8" if found.media_type == "text/vtt" else "")
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": disposition(found.name, inline=inline),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Accept-Ranges": "bytes",
        "ETag": f'"{found.sha256}"',
        "Cache-Control": "private, no-cache",
    }
    if len(found.sha256) == 64:
        digest = base64.b64encode(bytes.fromhex(found.sha256)).decode()
        headers["Repr-Digest"] = f"sha-256=:{digest}:"
    return headers
