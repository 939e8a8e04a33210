"""Cells of a sheet that were made one: which they are, and whether their value counts for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geo.errors import Message
from geo.exchange.doubts import Doubts, Proposal
from geo.text import short

if TYPE_CHECKING:
    from geo.exchange.table import Table

Cells = tuple[int, int, int, int]
"""First row and column, last row and column, all from 0."""
MAX_MERGED = 10_000
MOST_ROWS = 100_000
_MERGED = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)


def cells_of(sheet: bytes) -> list[Cells]:
    """Find the cells of a sheet that were made one, over several rows."""
    merged: list[Cells] = []
    for match in _MERGED.finditer(sheet):
        west, north, east, south = (_number(part.decode()) for part in match.groups())
        if south > north and len(merged) < MAX_MERGED and south - north <= MOST_ROWS:
            merged.append((north - 1, west - 1, south - 1, east - 1))
    return merged


def _number(part: str) -> int:
    """Read a row, or a column of letters, from 1."""
    if part.isdecimal():
        return int(part)
    number = 0
    for letter in part:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def filled(rows: Sequence[list[Any]], merged: Sequence[Cells]) -> list[list[Any]]:
    """Write the value of cells that were made one into each of their rows."""
    filled = [list(row) for row in rows]
    for north, west, south, _ in merged:
        if north >= len(filled) or west >= len(filled[north]):
            continue
        for row in filled[north + 1 : south + 1]:
            row += [None] * (west + 1 - len(row))
            if row[west] is None:
                row[west] = filled[north][west]
    return filled


def settled(table: Table, at: int, doubts: Doubts) -> list[list[Any]]:
    """Ask whether cells below the header that were made one count for each of their rows."""
    below = [cells for cells in table.merged if cells[0] > at]
    if not below:
        return table.rows
    north, west, south, _ = below[0]
    cell = table.rows[north][west] if west < len(table.rows[north]) else None
    answer = doubts.ask(
        "merged",
        Message(
            "Merged cells (%(n)s), such as “%(text)s” in the rows %(first)s to %(last)s: does their"
            " value count for each of the rows?",
            {
                "n": len(below),
                "text": short("" if cell is None else cell),
                "first": north + 1,
                "last": south + 1,
            },
        ),
        [
            Proposal("each", Message("yes, for each of its rows")),
            Proposal("first", Message("no, for the first one only")),
        ],
    )
    return filled(table.rows, below) if answer == "each" else table.rows
