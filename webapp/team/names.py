"""Names of people: which may be chosen, and which are taken for the same."""

from __future__ import annotations

import unicodedata

from geo.errors import InputError
from webapp.i18n import gettext as _

LONGEST = 60
MARKS = " ._-@'+"
"""What may stand between letters and digits; names may be addresses of mail."""


def tidy(text: str) -> str:
    """Return a name as it is kept: one form of each character, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text[: 4 * LONGEST]).split())


def key(text: str) -> str:
    """Return what names have in common that are taken for the same: neither capitals nor marks nor
    accents tell two people apart.
    """
    plain = unicodedata.normalize("NFKD", tidy(text)).translate({0x111: "d", 0x110: "d"})
    return "".join(letter for letter in plain if letter.isalnum()).casefold()


def check(text: str) -> str:
    """Return a name as it is kept.

    Letters are those of Latin writing, with any accents, and Chinese characters: those of other
    scripts look like them.

    Raises
    ------
    InputError
        It may not be chosen.
    """
    name = tidy(text)
    if (
        not 2 <= len(name) <= LONGEST
        or not all(_is_letter(each) or each in MARKS for each in name)
        or not (_is_letter(name[0]) and _is_letter(name[-1]))
    ):
        raise InputError(
            _(
                "A name has 2 to %(most)s Latin letters, Chinese characters or digits; spaces and"
                " . _ - @ ' + may stand between them.",
                most=LONGEST,
            )
        )
    return name


def _is_letter(letter: str) -> bool:
    base = unicodedata.normalize("NFKD", letter)[0]
    return (
        (base.isascii() and base.isalnum())
        or letter in "đĐ"
        or unicodedata.name(letter, "").startswith("CJK UNIFIED IDEOGRAPH")
    )
