"""Find the header of a sheet, and what its columns are called."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from geo.siting.amounts import known_units, unit_of
from geo.siting.companies import COLUMNS, HEADERS, NUMBERS, UNITS, language_of
from geo.siting.sheet_faults import Fault
from geo.text import fold, one_line, short

MAX_TITLES = 20
"""Rows among which the header is looked for."""


CALLED = {fold(text): name for name in COLUMNS for text in (name, *HEADERS[name].split(", "))}
"""What a header may be, folded, and the column that it names."""


LANGUAGE_OF = {
    fold(text): language_of(text) for name in COLUMNS for text in (name, *HEADERS[name].split(", "))
}
"""What a header may be, folded, and its language."""


Rows = list[tuple[int, list[Any]]]


def named_cells(cells: Sequence[Any]) -> int:
    """Count the cells of a row that name a column known here."""
    return len({name for cell in cells if (name := named(one_line(cell))[0])})


def header_at(rows: Rows) -> int:
    """Find the header among the first rows: the first of those that name most columns; the first of
    all where none names any.
    """
    counts = [named_cells(cells) for _, cells in rows[:MAX_TITLES]]
    return counts.index(max(counts)) if counts else 0


def header_language(header: Sequence[Any]) -> str:
    """Find the language in which most of these columns are named; where two are even, the one that
    is not English.
    """
    languages = [
        LANGUAGE_OF[fold(text)]
        for cell in header
        if fold(text := re.split(r"[(（\[]", one_line(cell))[0]) in LANGUAGE_OF
    ]
    return max(("vi", "zh", "en"), key=languages.count) if languages else ""


def letter_of(at: int) -> str:
    return ("" if at < 26 else chr(64 + at // 26)) + chr(65 + at % 26)


def named(header: str) -> tuple[str, str]:
    """Return the column that a header names, empty where none is known, and the unit in brackets
    behind it.
    """
    bare, unit = re.fullmatch(
        r"([^(\[]*)(?:[(\[](.*)[)\]])?.*", unicodedata.normalize("NFKC", header), re.DOTALL
    ).groups()  # type: ignore[union-attr]
    return CALLED.get(fold(header)) or CALLED.get(fold(bare), ""), unit or ""


def header_of(
    row: int, cells: Sequence[Any], notes: list[Fault]
) -> tuple[list[str], list[str], list[Fault]]:
    """Find for each column its name, empty where none is known, and the unit that its header
    states; and the faults.
    """
    names, units, faults = [""] * len(cells), [""] * len(cells), []
    for at, cell in enumerate(cells):
        text = one_line(cell)
        if not text:
            continue
        name, unit = named(text)
        if not name:
            close = difflib.get_close_matches(fold(short(text)), CALLED, 1, 0.8)
            code, more = (
                ("header_close", {"close": [CALLED[close[0]]], "of": "column"})
                if close
                else ("header", {})
            )
            notes.append(Fault(code, row, letter_of(at), {"text": short(text)} | more))
        elif name in names:
            faults.append(
                Fault("twice", row, letter_of(at), {"other": letter_of(names.index(name))})
            )
        else:
            names[at] = name
            units[at] = unit_of(unit) or ("named" if fold(text) == fold(name) else "")
            if name in NUMBERS and unit and units[at] not in UNITS[name]:
                faults.append(
                    Fault(
                        "header_unit",
                        row,
                        letter_of(at),
                        {"unit": short(unit), "known": known_units(name)},
                    )
                )
    if "company" not in names:
        faults.append(Fault("missing", row, "", {"column": ["company"], "of": "column"}))
    return names, units, faults
