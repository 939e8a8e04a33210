"""How someone becomes a person of the team: by a session, an access token, or name and password."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable

from flask import current_app, g, redirect, request
from sqlalchemy import Engine
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from geo.exchange.database import writing
from geo.kept import Kept
from webapp.i18n import gettext as _
from webapp.team import accounts, attempts, cookies, passwords, sessions, tables
from webapp.team.accounts import Account
from webapp.turnstile import Turnstile, client

HASHING = Turnstile(inside=2, of_client=1, waiting=8, waiting_of_client=4, patience_s=10.0)
"""A hash takes 64 MiB, and a tenth of a second."""
DEVICE_S = 365 * 24 * 3600
_PROVEN = Kept(500)
"""Passwords that programs have sent, each as a digest with a key of this process: a map asks for a
hundred tiles, and a hash for each would take seconds."""
_PROCESS = secrets.token_bytes(32)


def engine() -> Engine:
    """Return the database of the team."""
    return tables.opened(current_app.config)


def recognise() -> None:
    """Find who sends this request, and keep it in ``g``: by the header of a program, or else by the
    cookie of a session.

    Raises
    ------
    Unauthorized
        The header names nobody.
    """
    if request.authorization is not None:
        account = _of_header()
        if account is None:
            raise Unauthorized(_("Name, password or access token do not fit."))
        g.by_header = True
        _take(account)
    elif secret := cookies.get(cookies.SESSION):
        known = sessions.find(engine(), secret)
        if known is not None:
            g.session_secret, g.session = secret, known.number
            _take(known.account)


def _take(account: Account) -> None:
    g.account, g.person = account, account.person


def _of_header() -> Account | None:
    sent = request.authorization
    if sent is None:
        return None
    if sent.type == "bearer":
        known = sessions.of_token(engine(), sent.token or "")
        return known.account if known else None
    if sent.type != "basic":
        return None
    name, password = sent.username or "", sent.password or ""
    if password.startswith(sessions.PREFIX):
        known = sessions.of_token(engine(), password)
        if known is None:
            return None
        named = accounts.by_name(engine(), name)
        return known.account if named and named.number == known.account.number else None
    account = accounts.by_name(engine(), name)
    if account and account.password:
        parts = (account.password.encode(), password.encode("utf-8", "replace"))
        key = hashlib.blake2b(b"\n".join(parts), key=_PROCESS).digest()
        if _PROVEN.peek(key):
            return account
        if proven(name, password) and not account.fresh:
            _PROVEN.get(key, lambda: True)
            return account
        return None
    proven(name, password)  # takes as long as for a name that there is
    return None


def proven(name: str, password: str) -> Account | None:
    """Return the person of this name if the password is theirs; None if not, after the same time
    whether there is such a person or not.

    Raises
    ------
    TooManyError
        Too many tries have failed.
    BusyError
        Too many sign in at once.
    """
    store, address = engine(), client()
    with attempts.counted(store, name, address, cookies.get(cookies.DEVICE)) as attempt:
        account = accounts.by_name(store, name)
        kept = account.password if account else ""
        aside: Callable[[], None] = current_app.extensions.get("zoneatlas.step_aside", bool)
        aside()
        with HASHING.turn(address):
            attempt.succeeded = passwords.fits(password, kept)
    if account is None or not attempt.succeeded:
        with writing(store) as connection:  # of an unknown name as well, which takes as long
            tables.note(connection, account.name if account else "", "sign-in refused", address)
        return None
    if passwords.is_outdated(kept):
        accounts.renew_hash(store, account, password)
    return account


def welcome(account: Account, onward: str, how: str = "sign-in") -> Response:
    """Begin a session of a person, and lead them on. Its secret is new: none that the browser had
    before is good for anything.
    """
    store = engine()
    if before := cookies.get(cookies.SESSION):
        known = sessions.find(store, before)
        if known is not None:
            sessions.end(store, known.account, known.account.name, known.number)
    secret = sessions.begin(store, account, _agent(), client(), how)
    response = redirect(own_path(onward), 303)
    _bake(response, account, secret)
    return response


def _bake(response: Response, account: Account, secret: str) -> None:
    cookies.put(response, cookies.SESSION, secret, sessions.LONGEST_S)
    cookies.put(response, cookies.DEVICE, attempts.device(engine(), account.name), DEVICE_S)
    cookies.drop(response, cookies.VISIT)
    g.pop("visit", None)


def own_path(text: str) -> str:
    """Return an address that leads to a page of ours; the map for any other.

    Browsers take a backslash for a slash, and two slashes for the beginning of a host."""
    own = re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f-\x9f]*", text)
    return text if own and len(text) <= 60_000 and not text.startswith("/sign-") else "/"


def _agent() -> str:
    """Return what a browser calls itself, in short, for the list of sessions."""
    text = "".join(filter(str.isprintable, request.user_agent.string))
    browser = re.search(r"(Firefox|Edg|OPR|Chrome|Safari|QGIS)\w*/(\d+)", text)
    system = re.search(r"Windows|Android|iPhone|iPad|Mac OS X|Linux", text)
    words = [" ".join(browser.groups()) if browser else "", system[0] if system else ""]
    return " · ".join(filter(None, words)).replace("Edg ", "Edge ") or text[:40]
