"""What keepers do to the people of the team, and the log."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from geo.errors import InputError
from webapp.i18n import gettext as _
from webapp.team import accounts, needs, passwords, sessions, tables, words
from webapp.team.account_pages import only_in_a_browser, refused, shown
from webapp.team.entering import engine
from webapp.team.roles import ROLES

pages = Blueprint("keeping", __name__)

LINES = 100
"""Lines of a page of the log."""


@pages.post("/team/people")
@needs("keeper")
def add() -> Any:
    """Add a person, whose first password is shown in the answer and never again."""
    only_in_a_browser()
    first = passwords.new()
    name, role = request.form.get("name", ""), request.form.get("role", ROLES[0])
    try:
        account = accounts.add(engine(), name, role, first, g.account.name)
    except InputError as error:
        return refused(error)
    return shown(secret=(_("First password of %(name)s", name=account.name), first))


@pages.post("/team/people/<int(max=2147483647):number>/role")
@needs("keeper")
def role(number: int) -> Any:
    """Let a person have another role."""
    only_in_a_browser()
    account = accounts.by_number(engine(), number)
    try:
        accounts.set_role(engine(), account, request.form.get("role", ""), g.account.name)
    except InputError as error:
        return refused(error)
    return redirect(url_for("account.own"), 303)


@pages.post("/team/people/<int(max=2147483647):number>/password")
@needs("keeper")
def password(number: int) -> Any:
    """Let a person have a new first password, which ends their sessions."""
    only_in_a_browser()
    account = accounts.by_number(engine(), number)
    if account.number == g.account.number:
        return refused(InputError(_("Change your own password above.")))
    first = passwords.new()
    accounts.set_password(engine(), account, first, g.account.name, fresh=True)
    return shown(secret=(_("First password of %(name)s", name=account.name), first))


@pages.post("/team/people/<int(max=2147483647):number>/end")
@needs("keeper")
def sign_out(number: int) -> Any:
    """End all sessions of a person."""
    only_in_a_browser()
    account = accounts.by_number(engine(), number)
    sessions.end(engine(), account, g.account.name)
    return redirect(url_for("account.own"), 303)


@pages.post("/team/people/<int(max=2147483647):number>/remove")
@needs("keeper")
def remove(number: int) -> Any:
    """Take a person out of the team."""
    only_in_a_browser()
    account = accounts.by_number(engine(), number)
    try:
        accounts.remove(engine(), account, g.account.name)
    except InputError as error:
        return refused(error)
    return redirect(url_for("account.own"), 303)


@pages.get("/team/log")
@needs("reviewer")
def log() -> str:
    """Show who did what, the newest first.

    Raises
    ------
    InputError
        The address does not name a line of the log.
    """
    text = request.args.get("before", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InputError(_("“%(text)s” is not the number of a line.", text=text[:50]))
    lines = tables.lines(engine(), LINES + 1, int(text) if text else None)
    return render_template(
        "team/log.html", lines=lines[:LINES], words=words, more=len(lines) > LINES
    )
