"""Forms that write carry a token, so that no page elsewhere sends them in a person's name.

The token is signed with what only this browser holds: the cookie of its session or, before anyone
has signed in, one of its own."""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import urlsplit

from flask import Response, current_app, g, request
from itsdangerous import BadData, TimestampSigner
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, Forbidden

from webapp import kept_pages
from webapp.i18n import gettext as _
from webapp.team import cookies

FIELD = "csrf"
HEADER = "X-CSRF-Token"
LASTS_S = 12 * 3600
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
ASKED_FOR = ("PUT", "PATCH", "DELETE")
"""Methods for which a browser asks beforehand, whatever is sent."""
FORMS = ("", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
"""What a page elsewhere can send without asking; for all else a browser asks beforehand."""


def token() -> str:
    """Return the token for a form of this page, which is not kept."""
    kept_pages.of_this_moment()
    secret = g.get("session_secret") or _visit(new=True)
    return _signer(secret).sign(b"form").decode()


def field() -> Markup:
    """Return the hidden field of a form; nothing where nobody can write anything."""
    config = current_app.config
    if not (config["TEAM"] or config["EDITING"]):
        return Markup()
    return Markup('<input type="hidden" name="%s" value="%s">') % (FIELD, token())


def check() -> None:
    """Refuse a request that would write and does not come from a page of ours or from a program.

    Raises
    ------
    Forbidden
        Another site has sent it.
    BadRequest
        It has no token, or one that is too old.
    """
    if request.method in SAFE:
        return
    if _is_foreign():
        raise Forbidden(_("Another site has sent this form; nothing was changed."))
    if g.get("by_header"):  # a browser sends it for pages of ours and of nobody else
        return
    if not current_app.config["TEAM"] and (
        request.mimetype not in FORMS or request.method in ASKED_FOR
    ):
        return
    secret = g.get("session_secret") or _visit()
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    try:
        if not secret:
            raise BadData("no cookie")
        _signer(secret).unsign(sent, max_age=LASTS_S)
    except BadData:
        raise BadRequest(
            _("This form is too old, or cookies are off: open the page again. Nothing was changed.")
        ) from None


def remember(response: Response) -> Response:
    """Let the browser keep what the tokens of this page are signed with."""
    if "visit" in g:
        cookies.put(response, cookies.VISIT, g.visit)
    return response


def _visit(*, new: bool = False) -> str:
    kept = g.get("visit") or cookies.get(cookies.VISIT)
    if not kept and new:
        kept = g.visit = secrets.token_urlsafe(24)
    return str(kept)


def _signer(secret: str) -> TimestampSigner:
    return TimestampSigner(secret, salt="zoneatlas.form", digest_method=hashlib.sha256)


def _is_foreign() -> bool:
    """Check whether a browser states that a page of another site has sent this."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return True
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host
