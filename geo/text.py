"""Texts as cells of a spreadsheet, as quotations, and as what is compared of them."""

from __future__ import annotations

import re
import unicodedata

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""Signs with which a formula begins. Source: OWASP, CSV Injection."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def guarded(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return "'" + text if text.startswith(FORMULA) else text


def unguarded(cell: str) -> str:
    """Return the text that :func:`guarded` was called with."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def xml_safe(text: str) -> str:
    """Leave out the characters that no XML can hold."""
    return _NOT_XML.sub("", text)


def short(value: object) -> str:
    """Write what somebody typed, cut at 40 characters, to quote it."""
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def decomposed(text: str) -> str:
    """Return a text without case and width, đ as d, each mark a character of its own."""
    return unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D")).casefold()
