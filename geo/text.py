"""Texts as cells of a spreadsheet, and as what is compared of them."""

from __future__ import annotations

import unicodedata

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""Signs with which a formula begins. Source: OWASP, CSV Injection."""


def guarded(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return "'" + text if text.startswith(FORMULA) else text


def unguarded(cell: str) -> str:
    """Return the text that :func:`guarded` was called with."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def decomposed(text: str) -> str:
    """Return a text without case and width, đ as d, each mark a character of its own."""
    return unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D")).casefold()
