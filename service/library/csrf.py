"""Cross-site request forgery: a form carries a token that only the page's own session can make.

The token is an HMAC of the session's secret, so that nothing has to be kept, and it dies with the session. It is
another one on every page: pages are compressed, and what repeats in them can be guessed from their lengths (BREACH).
Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "HMAC Based Token Pattern".
"""

import hashlib
import hmac
import secrets

from service.errors import PageExpired


def token(session_secret: str) -> str:
    """A token for the forms and scripts of one session: a salt of 16 hex digits, and the HMAC over it."""
    return _token(session_secret, secrets.token_hex(8).encode()).decode()


def _token(session_secret: str, salt: bytes) -> bytes:
    return salt + hmac.new(session_secret.encode(), b"csrf " + salt, hashlib.sha256).hexdigest().encode()


def require(session_secret: str, given: str) -> None:
    """Raise PageExpired unless the token is this session's."""
    sent = given.encode("utf-8", "replace")
    if not hmac.compare_digest(_token(session_secret, sent[:16]), sent):
        raise PageExpired(
            "这个页面已经过期，或请求来自别的网站，所以没有执行。请刷新页面后再试。",
            english="The CSRF token is missing or wrong. Reload the page and try again.",
        )
