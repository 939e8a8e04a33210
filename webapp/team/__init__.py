"""Who may: what the other rooms ask of a person, whether there is a team or none.

A page that writes stands below ``@team.needs("contributor")``, has ``{{ csrf_field() }}`` in its
form, and writes in the name of ``team.who()``. Without a team nobody signs in. Everyone who reaches
the server may read; what writes is allowed where the setting EDITING is on, in the name of the user
of the operating system."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from webapp.i18n import gettext as _
from webapp.team.roles import ROLES, Person

__all__ = ["ROLES", "Person", "may", "needs", "note", "person", "who"]


def person() -> Person | None:
    """Return who has signed in; None where nobody has, and without a team."""
    from flask import g

    signed_in: Person | None = g.get("person")
    return signed_in


def may(role: str) -> bool:
    """Return whether whoever asks may do what takes this role."""
    from flask import current_app

    if current_app.config["TEAM"]:
        signed_in = person()
        return signed_in is not None and signed_in.may(role)
    return role == ROLES[0] or bool(current_app.config["EDITING"])


def who() -> str:
    """Return in whose name something is written: that of the person, or without a team that of the
    user of the operating system.
    """
    from webapp.team import system

    signed_in = person()
    return signed_in.name if signed_in else system.user()


def needs(role: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator of views that take a role; what they write asks for the token of a form.

    It stands below the decorator of the route. The view answers others with 403."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(**values: Any) -> Any:
            _check(role)
            return view(**values)

        return guarded

    return decorate


def _check(role: str) -> None:
    """Check that whoever asks has a role, and that a form comes from a page of ours.

    Raises
    ------
    Forbidden
        They have not.
    BadRequest
        The form has no token.
    """
    from flask import current_app
    from werkzeug.exceptions import Forbidden

    from webapp.team import forgery, words

    in_team = current_app.config["TEAM"]
    if not may(role):
        if not in_team:
            raise Forbidden(
                _("This server is for reading: start it with --editing, or for a team with --team.")
            )
        raise Forbidden(_("This takes the role “%(role)s”.", role=words.role(role)))
    if not in_team:  # with one, the gate has looked at every form
        forgery.check()


def note(act: str, subject: str) -> None:
    """Write into the log that whoever asks did this.

    Raises
    ------
    UnavailableError
        The database does not answer.
    """
    from flask import current_app

    from geo.exchange import database
    from webapp.team import tables

    with database.writing(tables.opened(current_app.config)) as connection:
        tables.note(connection, who(), act, subject)
