"""The faults of a table: of its header, of every cell, of rows against each other; all of them, by row and field."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import shapely

from geo.errors import InputError
from geo.schema import Field, Layer, unfold

Row = dict[str, Any]
"""The cells of a row as text, None for empty ones; ``_at`` says where the row stands."""
POSITION = ("lon", "lat")
MAX_FAULTS = 200
"""So many faults are listed; the rest is counted."""


def refuse(origin: str, faults: list[str]) -> None:
    """Raise one `InputError` that lists all faults; without any, do nothing."""
    if not faults:
        return
    shown = faults[:MAX_FAULTS]
    if len(faults) > MAX_FAULTS:
        shown.append(f"and {len(faults) - MAX_FAULTS} more")
    raise InputError(f"{origin} has {counted(faults)}; nothing was changed:", shown)


def counted(faults: Sequence[str]) -> str:
    """Count faults in words: “no fault”, “1 fault”, “2 faults”."""
    return "no fault" if not faults else f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}"


def header_faults(header: Iterable[str], fields: Sequence[Field]) -> list[str]:
    """List the columns that are missing, unknown (with the name that may be meant) or doubled."""
    header = list(header)
    known = [field.name for field in fields]
    missing = [f"column “{field.name}” is missing" for field in fields if field.required and field.name not in header]
    faults = []
    for name in dict.fromkeys(header):
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            faults.append(f"column “{name}” is unknown" + (f"; did you mean “{close[0]}”?" if close else ""))
        elif header.count(name) > 1:
            faults.append(f"column “{name}” stands {header.count(name)} times")
    return missing + faults


def row_faults(rows: list[Row], fields: Sequence[Field]) -> list[str]:
    """List the faults of all rows; a column that is missing altogether is a fault of the header, not of its rows."""
    present = {name for row in rows for name in row}
    faults: list[str] = []
    seen: dict[str, str] = {}
    unique = fields[0].name == "id"
    for row in rows:
        at = f"{row['_at']}" + (f" ({row['id']})" if unique and row.get("id") else "")
        swapped = _swapped(number(row.get("lon")), number(row.get("lat")))
        if swapped:
            faults.append(f"{at}: lon, lat: {swapped}")
        for field in fields:
            if field.name not in present or (swapped and field.name in POSITION):
                continue
            fault = _cell_fault(row.get(field.name), field)
            if fault:
                faults.append(f"{at}: {field.name}: {fault}")
        if unique and row.get("id"):
            if row["id"] in seen:
                faults.append(f"{at}: id: stands already in {seen[row['id']]}")
            seen.setdefault(row["id"], row["_at"])
    return faults


def shape_fault(shape: Any, layer: Layer) -> str | None:
    """Say what is wrong with a shape: empty, of another type, swapped, or not in degrees; None where nothing is."""
    if shape is None or shape.is_empty:
        return "is empty"
    if shape.geom_type != layer.geometry:
        return f"is a {shape.geom_type}, the layer has {layer.geometry}"
    for lon, lat in shapely.get_coordinates(shape):
        if swapped := _swapped(lon, lat):
            return swapped
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            return f"{lon:.10g}, {lat:.10g} is no longitude and latitude in degrees"
    return None


def without_position(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Leave out ``lon`` and ``lat``, for rows that bring a shape."""
    return tuple(field for field in fields if field.name not in POSITION)


def _swapped(lon: float | None, lat: float | None) -> str | None:
    if lon is None or lat is None or not 90 < abs(lat) <= 180 or abs(lon) > 90:
        return None
    return f"{lon:.10g}, {lat:.10g} look swapped: longitude stands before latitude"


def _cell_fault(cell: str | None, field: Field) -> str | None:
    if cell is None:
        return "is empty" if field.required else None
    if field.type in ("number", "integer"):
        value = number(cell)
        if value is None:
            return f"“{_short(cell)}” is not a number"
        if field.type == "integer" and value != int(value):
            return f"{cell} is not a whole number"
        if field.minimum is not None and value < field.minimum:
            return f"{cell} is below {field.minimum:g}"
        if field.maximum is not None and value > field.maximum:
            return f"{cell} is above {field.maximum:g}"
        return None
    if field.type == "boolean":
        return None if cell in ("true", "false") else f"“{_short(cell)}” is neither true nor false"
    if field.allowed:
        parts = unfold(cell) if field.type == "list" else (cell,)
        wrong = [part for part in parts if part not in field.allowed]
        return f"“{_short(wrong[0])}” is unknown; allowed are {', '.join(field.allowed)}" if wrong else None
    if field.pattern and not re.fullmatch(field.pattern, cell):
        return f"“{_short(cell)}” has not the form {field.pattern}"
    return None


def number(cell: str | None) -> float | None:
    """Read a finite ASCII number; anything else, such as ``1_000``, ``NaN`` or ``１０``, is none."""
    if cell is None or not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", cell, re.ASCII):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
