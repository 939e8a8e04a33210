"""The rows of a file of a stranger as they stand in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Table:
    """The rows of a file as they stand in it.

    Attributes
    ----------
    kind
        What the file is.
    part, parts
        The sheet or layer that was read, and all there are.
    rows
        Cells as text, number or truth; None where empty. Of a sheet the header is one of them.
    header
        Names of columns; empty where a row of the sheet holds them.
    shapes
        Well-known binary as hexadecimal digits, or None, of each row; None where there are only
        cells.
    system
        Reference system of the shapes, as the file states it.
    encoding
        What the text was written in, and what it may be read as instead: a sample each.
    sure
        Whether the encoding needs no question.
    formulas
        Row and column of cells with a formula, both from 0.
    merged
        First row and column, last row and column of cells that were made one, all from 0.
    """

    kind: str
    part: str = ""
    parts: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    shapes: list[str | None] | None = None
    system: str = ""
    encoding: str = "UTF-8"
    options: dict[str, str] = field(default_factory=dict)
    sure: bool = True
    formulas: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
