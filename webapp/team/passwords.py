"""Passwords: what one must be like, their hashes, and new ones."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geo.errors import InputError
from webapp.i18n import gettext as _
from webapp.team import names

LEAST, MOST = 10, 200
"""Characters of a password. Source: NIST SP 800-63B asks for 8 at least, and for 64 to be taken."""
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of new passwords: none looks like another."""

HASHER = PasswordHasher()
"""Argon2id with the second profile of RFC 9106, which the library has as its default."""


def check(password: str, name: str) -> None:
    """Check what is to become the password of a person.

    Raises
    ------
    InputError
        It is too short, too long, or easily guessed.
    """
    if not LEAST <= len(password) <= MOST:
        raise InputError(
            _("A password has %(least)s to %(most)s characters.", least=LEAST, most=MOST)
        )
    plain = names.key(password)
    if len(set(password)) < 5 or (plain and plain in names.key(name) * 3):
        raise InputError(_("This password is too easily guessed."))


def hashed(password: str) -> str:
    """Return the hash of a password, with its salt."""
    return HASHER.hash(_written(password))


def fits(password: str, kept: str) -> bool:
    """Check a password against its hash; without one, an equal time is spent on another."""
    try:
        fitting = HASHER.verify(kept or _of_no_one(), _written(password))
    except (VerificationError, InvalidHashError):
        return False
    return fitting and bool(kept)


def is_outdated(kept: str) -> bool:
    """Check whether a hash was made with other parameters than new ones."""
    return HASHER.check_needs_rehash(kept)


def new() -> str:
    """Return a password to be handed over once, in groups of four letters."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _written(password: str) -> bytes:
    """Return the bytes of a password, the same however a keyboard composes its letters; one that is
    too long fits nothing.
    """
    return unicodedata.normalize("NFKC", password[: MOST + 1]).encode("utf-8", "surrogatepass")


@cache
def _of_no_one() -> str:
    return HASHER.hash(secrets.token_bytes(32))
