"""Cross-site request forgery: a form carries a token that only the page's own session can make.

The token is an HMAC of the session's secret, so that nothing has to be kept, and it dies with the session.
Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "HMAC Based Token Pattern".
"""

import hashlib
import hmac

from service.errors import Denied


def token(session_secret: str) -> str:
    """The token for the forms and scripts of one session."""
    return hmac.new(session_secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def require(session_secret: str, given: str) -> None:
    """Raise Denied unless the token is this session's."""
    if not hmac.compare_digest(token(session_secret).encode(), given.encode("utf-8", "replace")):
        raise Denied(
            "这个页面已经过期，或请求来自别的网站，所以没有执行。请刷新页面后再试。",
            english="The CSRF token is missing or wrong. Reload the page and try again.",
        )
