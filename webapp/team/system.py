"""The user of the operating system, in whose name the command line writes."""

from __future__ import annotations

import getpass


def user() -> str:
    """Return the name of the user; that of the process where the system has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown user"


def command_line() -> str:
    """Return who writes in a command; no person of a team can have such a name."""
    return f"{user()} (command line)"
