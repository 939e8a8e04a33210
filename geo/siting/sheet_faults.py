"""What may be wrong with a sheet of companies, and notes on how it was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geo.errors import InputError, Message

if TYPE_CHECKING:
    pass


MAX_FAULTS = 200


SENTENCES = {
    "kind": Message("This is neither an XLSX nor a CSV file without a password."),
    "encoding": Message("The CSV file is not UTF-8 text; save it as “CSV UTF-8”."),
    "decoded": Message("The CSV file was read as %(encoding)s text."),
    "broken": Message("The file is damaged or holds more than a table, and was not read."),
    "large": Message("The file is larger than %(n)s bytes, packed or unpacked."),
    "slow": Message("Reading the file took longer than %(n)s seconds and was stopped."),
    "empty": Message("The sheet holds no rows below its header."),
    "long": (
        Message(
            "The sheet reaches beyond row %(n)s; delete what stands below the table,"
            " also empty rows"
            " that are formatted."
        )
    ),
    "wide": Message(
        "The sheet reaches beyond column %(column)s; delete what stands beside the table."
    ),
    "many": Message("The sheet lists %(n)s companies; at most %(most)s are matched at once."),
    "merged": (
        Message(
            "the cells %(cells)s are merged; unmerge them, so that each cell stands in"
            " one row and one"
            " column"
        )
    ),
    "missing": Message("the column “%(column)s” is missing"),
    "header": Message("the column “%(text)s” is not recognised and was ignored"),
    "header_close": (
        Message(
            "the column “%(text)s” is not recognised and was ignored; did you mean “%(close)s”?"
        )
    ),
    "titles": Message("the rows above the header, to row %(n)s, were skipped"),
    "header_unit": Message(
        "the unit “%(unit)s” of the header is not recognised; choose from: %(known)s"
    ),
    "twice": Message("is already in column %(other)s"),
    "outside": Message("the column has no header and was ignored"),
    "cells": Message(
        "has %(n)s cells, the header %(of)s; put cells with a comma between quotation marks"
    ),
    "name": Message("the company has no name"),
    "formula": Message("holds a formula, which is never computed; write its value"),
    "number": Message("“%(text)s” is not a number with a known unit; choose from: %(known)s"),
    "ambiguous": (
        Message(
            "“%(text)s” may mean %(a)s or %(b)s, and no other cell of the column tells which; write"
            " %(a)s or %(b)s"
        )
    ),
    "decimals": (
        Message(
            "“%(text)s” has a decimal %(mark)s, and “%(other)s” in row %(at)s the"
            " other sign; use one"
            " of them in a column"
        )
    ),
    "unit": (
        Message(
            "“%(text)s” has no unit, and others of the column are in %(units)s; write"
            " the unit in every"
            " cell or in the header"
        )
    ),
    "range": Message("“%(text)s” lies outside 0 to %(most)s %(unit)s; is another unit meant?"),
    "a_minimum": Message("“%(text)s” is a minimum, and this column holds a maximum"),
    "a_maximum": Message("“%(text)s” is a maximum, and this column holds a minimum"),
    "range_low": Message("of “%(text)s” the lower end counts"),
    "range_high": Message("of “%(text)s” the upper end counts"),
    "thousands": (
        Message(
            "“%(text)s” is read as %(value)s, as numbers are written in the language of the header"
        )
    ),
    "word": Message("“%(text)s” is not recognised; choose from: %(known)s"),
    "like": Message("“%(text)s” is read as %(known)s"),
    "text": Message("is longer than %(n)s characters"),
    "more": Message("and %(n)s more"),
    "repeated": Message("“%(text)s” is also in row %(other)s; both are matched"),
    "former": Message("“%(text)s” is read as %(known)s, into which it has been merged"),
}
"""What can be said of a sheet, by code; the web app translates these sentences."""


AT = "row %(row)s, column %(column)s"


@dataclass(frozen=True)
class Fault:
    """A fault of a sheet, or a note on it.

    Attributes
    ----------
    code
        Of ``SENTENCES``.
    row, column
        Where: row from 1, and letter of the column.
    values
        Of the sentence: texts, numbers, and lists of codes, which have names in other languages;
        ``of`` is the column of the codes.
    """

    code: str
    row: int = 0
    column: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        at = (
            f"{AT % {'row': self.row, 'column': self.column}}: "
            if self.column
            else f"row {self.row}: "
            if self.row
            else ""
        )
        values = {
            name: ", ".join(value) if isinstance(value, list) else value
            for name, value in self.values.items()
        }
        return at + SENTENCES[self.code] % values


class SheetError(InputError):
    """A sheet that cannot be used, with all its faults; ``found`` holds them as they may be
    translated.
    """

    def __init__(self, found: Sequence[Fault]) -> None:
        self.found = tuple(found[:MAX_FAULTS])
        if len(found) > MAX_FAULTS:
            self.found += (Fault("more", values={"n": len(found) - MAX_FAULTS}),)
        super().__init__("The sheet cannot be matched:", [str(fault) for fault in self.found])
