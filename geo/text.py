"""Texts as cells of a spreadsheet, as quotations, and as what is compared of them."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

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


def fold(text: str) -> str:
    """Reduce a word to what is compared: no marks, no case, no blanks, đ as d, full-width signs as
    usual ones.
    """
    return "".join(char for char in decomposed(text) if char.isalnum())


def one_line(cell: Any) -> str:
    """Return the text of a cell as one clean line."""
    if cell is None:
        return ""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    if text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


_AFFIXES = re.compile(
    r"(?:tinh|thanhpho|tp)?(?P<name>.+?)(?:壮族自治区|自治区|自治州|省|市|province|city|municipality)?"
)


def bare(folded: str) -> str:
    """Take “tỉnh”, “TP.”, 省, 市 and their like from the folded name of a province."""
    return _AFFIXES.fullmatch(folded)["name"] if folded else ""  # type: ignore[index]


def decimal_mark(text: str) -> str:
    """Find which sign stands before decimals: ``?`` where it may be either, ``!`` in what is not a
    number, nothing where none is.

    A sign that stands twice separates thousands, so the other one is for decimals.
    """
    points, commas = text.count("."), text.count(",")
    if not points and not commas:
        return ""
    if points and commas:
        last = max(".,", key=text.rfind)
        return last if text.count(last) == 1 else "!"
    if points + commas > 1:
        return "," if points else "."
    sign = "." if points else ","
    before, _, after = text.lstrip("+-").partition(sign)
    return "?" if len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0" else sign


def number_of(text: str, decimal: str) -> float:
    """Read a number whose sign before decimals is known."""
    return float(text.replace("," if decimal == "." else ".", "").replace(",", "."))


def is_grouped(text: str, decimal: str) -> bool:
    """Check that thousands, if they are separated, are separated by threes."""
    return _GROUPED[decimal or ","].fullmatch(text) is not None


_GROUPED = {
    ".": re.compile(r"[+-]?(\d*|\d{1,3}(,\d{3})+)(\.\d+)?"),
    ",": re.compile(r"[+-]?(\d*|\d{1,3}(\.\d{3})+)(,\d+)?"),
}
