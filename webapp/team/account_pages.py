"""The page of a person of the team: their password, sessions and access tokens; for keepers the
people of the team as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from geo.errors import AtlasError, InputError
from webapp import i18n, team
from webapp.i18n import gettext as _
from webapp.team import accounts, entering, passwords, sessions, words
from webapp.team.entering import engine
from webapp.team.roles import ROLES

pages = Blueprint("account", __name__)


def only_in_a_browser() -> None:
    """Refuse programs: who has an access token makes no other, and changes no password with it.

    Raises
    ------
    Forbidden
        The request has come without a session.
    """
    if "session" not in g:
        raise Forbidden(_("Sign in with a browser for this."))


def shown(*, fault: str = "", secret: tuple[str, str] | None = None, status: int = 200) -> Any:
    """Return the page.

    Parameters
    ----------
    secret
        A password or an access token, which is shown this once, and what it is.
    """
    store, mine = engine(), g.account
    return render_template(
        "team/team.html",
        account=mine,
        current=g.session,
        sessions=sessions.open_sessions(store, mine),
        tokens=sessions.open_tokens(store, mine),
        people=accounts.every(store) if team.may("keeper") else None,
        roles=ROLES,
        words=words,
        least=passwords.LEAST,
        fault=fault,
        secret=secret,
        when=when,
        address=request.host_url.rstrip("/"),
    ), status


def when(seconds: float | None) -> str:
    """Return a moment as the log has it, to a minute; empty for none."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def refused(error: AtlasError) -> Any:
    """Return the page with what was wrong; nothing was changed."""
    return shown(fault=i18n.said(error.message), status=400)


@pages.get("/team")
def own() -> Any:
    """Show what a person keeps here."""
    only_in_a_browser()
    return shown()


@pages.post("/team/password")
def password() -> Any:
    """Take a new password of one's own."""
    only_in_a_browser()
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    try:
        if new != again:
            raise InputError(_("The new password is not the same both times."))
        if g.account.password and entering.proven(g.account.name, old) is None:
            raise InputError(_("The password so far is another one."))
        if new == old:
            raise InputError(_("The new password is the old one."))
        accounts.set_password(engine(), g.account, new, g.account.name, fresh=False, keep=g.session)
    except InputError as error:
        return refused(error)
    return redirect(url_for("account.own"), 303)


@pages.post("/team/sessions/end")
def end_sessions() -> Any:
    """End one session of one's own, or all of them."""
    only_in_a_browser()
    number = request.form.get("number", "")
    if number and not (number.isascii() and number.isdecimal() and len(number) < 10):
        return refused(InputError(_("There is no such session.")))
    sessions.end(engine(), g.account, g.account.name, int(number) if number else None)
    return redirect(url_for("account.own"), 303)


@pages.post("/team/tokens")
def new_token() -> Any:
    """Make an access token; it is shown in the answer and never again."""
    only_in_a_browser()
    try:
        token = sessions.new_token(engine(), g.account, request.form.get("label", ""))
    except InputError as error:
        return refused(error)
    return shown(secret=(_("New access token"), token))


@pages.post("/team/tokens/<int(max=2147483647):number>/end")
def end_token(number: int) -> Response:
    """Revoke an access token of one's own."""
    only_in_a_browser()
    sessions.end_token(engine(), g.account, number)
    return redirect(url_for("account.own"), 303)
