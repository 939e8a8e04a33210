"""XLSX, for people who work with tables."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo import crs
from geo.errors import InputError, Message
from geo.export.about import About
from geo.export.archive import dateless
from geo.export.frames import ROWS_AT_ONCE, are_points, has_geometry, table
from geo.schema import LAYERS, Layer
from geo.text import FORMULA, xml_safe

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

MOST_ROWS = 1_048_576 - 1
MOST_LETTERS = 32_767
"""What a sheet and a cell hold. **Source:** Microsoft, Excel specifications and limits."""
RUNS = (*FORMULA, "#")
"""How texts begin that a spreadsheet might take for something else."""


def check(frame: pd.DataFrame) -> None:
    """Refuse what a sheet cannot hold; `InputError`."""
    if len(frame) > MOST_ROWS:
        raise InputError(
            Message(
                "A sheet holds %(most)s rows, and these are %(count)s.",
                {"most": MOST_ROWS, "count": len(frame)},
            )
        )


def workbook(frame: pd.DataFrame, about: About) -> bytes:
    """Write a sheet of all rows, numbers as numbers, and a sheet “About” with every fact and what
    each column means. No text is run: it is marked as a text, also for who edits it.
    """
    import openpyxl

    layer, points = LAYERS.get(about.layer), False
    if has_geometry(frame):
        assert frame.crs is not None  # geo.export.parts put it there
        points = are_points(frame, layer)
        if frame.crs.to_epsg() != crs.WGS84:
            about = about.positioned(frame.crs)
    names = list(table(frame.iloc[:0], layer, points))
    book = openpyxl.Workbook(write_only=True)
    sheet, facts = book.create_sheet("Data"), book.create_sheet("About")
    sheet.freeze_panes = "A2"
    _append(sheet, _titles(names, layer), bold=True)
    long = dict.fromkeys(names, 0)
    for at in range(0, len(frame), ROWS_AT_ONCE):
        cells = table(frame.iloc[at : at + ROWS_AT_ONCE], layer, points)
        for name, values in cells.items():
            long[name] += _shorten(values, whole=name == "wkt")
        for row in zip(*cells.values(), strict=True):
            _append(sheet, row)
    facts.freeze_panes, facts.column_dimensions["A"].width = "A2", 30
    for number, line in enumerate(_about(about, names, layer, long)):
        _append(facts, line, bold=number == 0)
    held = io.BytesIO()
    book.save(held)
    return dateless(held.getvalue())


def _titles(names: Iterable[str], layer: Layer | None) -> list[str]:
    """Return the heads of the columns, with units; a name where a title stands there already."""
    titles: list[str] = []
    for name in names:
        field = layer.field(name) if layer and layer.has(name) else None
        unit = f" ({field.unit})" if field and field.unit else ""
        title = f"{field.title}{unit}" if field else name
        titles.append(name if title in titles else title)
    return titles


def _shorten(values: list[Any], *, whole: bool) -> int:
    """Cut texts that no cell holds, or leave them out where a part of one is worth nothing; return
    how many.
    """
    count = 0
    for at, value in enumerate(values):
        if isinstance(value, str) and len(value) > MOST_LETTERS:
            values[at] = None if whole else value[: MOST_LETTERS - 1] + "…"
            count += 1
    return count


def _append(sheet: WriteOnlyWorksheet, row: Iterable[Any], *, bold: bool = False) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cells: list[Any] = []
    for value in row:
        if isinstance(value, str):
            value = xml_safe(value).replace("\r\n", "\n").replace("\r", "\n")
        runs = isinstance(value, str) and value.startswith(RUNS)
        if runs or bold:
            cell: Any = WriteOnlyCell(sheet, value)
            cell.font = Font(bold=bold)
            if runs:
                cell.data_type, cell.quotePrefix = "s", True
            value = cell
        cells.append(value)
    sheet.append(cells)


def _about(
    about: About, names: Iterable[str], layer: Layer | None, long: dict[str, int]
) -> Iterator[tuple[str, ...]]:
    yield "About", about.title
    for name, text in about.texts().items():
        yield name.replace("_", " ").capitalize(), text
    for name, count in long.items():
        if count:
            what = "were left out" if name == "wkt" else "were cut"
            yield name, f"{count} texts are longer than a cell can hold and {what}."
    yield ("",)
    yield "Column", "Name", "Meaning"
    names = list(names)
    for name, title in zip(names, _titles(names, layer), strict=True):
        field = layer.field(name) if layer and layer.has(name) else None
        yield title, name, field.described() if field else ""
