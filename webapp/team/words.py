"""What roles and steps of the log are called on the pages."""

from __future__ import annotations

from webapp.i18n import lazy_gettext as _

ROLE_WORDS: dict[str, str] = {
    "viewer": _("viewer"),
    "contributor": _("contributor"),
    "reviewer": _("reviewer"),
    "keeper": _("keeper"),
}
MAY: dict[str, str] = {
    "viewer": _("reads all pages and data"),
    "contributor": _("also brings files and states facts"),
    "reviewer": _("also decides, releases and reads the log"),
    "keeper": _("also keeps the people of the team"),
}
"""What each role may."""
ACTS: dict[str, str] = {
    "sign-in": _("signed in"),
    "sign-in elsewhere": _("signed in elsewhere"),
    "sign-in refused": _("refused to sign in"),
    "sign-out": _("signed out"),
    "team add": _("added to the team"),
    "team back": _("taken back into the team"),
    "team role": _("changed a role"),
    "team remove": _("removed from the team"),
    "team password": _("changed a password"),
    "token add": _("made an access token"),
    "token remove": _("revoked an access token"),
}
"""Steps that the team itself writes into the log."""


def role(code: str) -> str:
    """Return what a role is called."""
    return str(ROLE_WORDS[code])


def act(code: str) -> str:
    """Return what a step is called; one of another room as it stands in the log."""
    return str(ACTS.get(code, code))
