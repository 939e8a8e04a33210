"""The faults of a table: of its header, of every cell, of rows against each other; all of them, by
row and field.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import shapely

from geo.errors import InputError, Message
from geo.schema import Field, Layer, unfold

Row = dict[str, Any]
"""The cells of a row as text, None for empty ones; ``_at`` says where the row stands."""
POSITION = ("lon", "lat")
_UNREADABLE = re.compile(
    "[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffd-\uffff]"
)
"""Control characters but line breaks and tabs, marks that turn the direction of text, halves of
pairs, and what stands for an error.
"""
_LETTERS = re.compile(
    r"[\n\r\t -~¡-ÿĂăĐđĨĩŨũƠơƯưĀāĒēĪīŌōŪūǍǎĚěǏǐǑǒǓǔǙǚ"
    r"\u0e00-\u0eff\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u3001-\u9fff\uff01-\uff5e]+"
)
"""What names here are written with, and little else: “太平”, taken for garbled text, would be two
signs that no name holds.
"""
MAX_FAULTS = 200
"""So many faults are listed; the rest is counted."""


def refuse(origin: str, faults: list[str]) -> None:
    """Raise one `InputError` that lists all faults; without any, do nothing."""
    if not faults:
        return
    shown = faults[:MAX_FAULTS]
    if len(faults) > MAX_FAULTS:
        shown.append(f"and {len(faults) - MAX_FAULTS} more")
    raise InputError(
        Message("%(origin)s has 1 fault; nothing was changed:", {"origin": origin})
        if len(faults) == 1
        else Message(
            "%(origin)s has %(count)s faults; nothing was changed:",
            {"origin": origin, "count": len(faults)},
        ),
        shown,
    )


def counted(faults: Sequence[str]) -> str:
    """Count faults in words: “no fault”, “1 fault”, “2 faults”."""
    return (
        "no fault" if not faults else f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}"
    )


def header_faults(header: Iterable[str], fields: Sequence[Field]) -> list[str]:
    """List the columns that are missing, unknown (with the name that may be meant) or doubled."""
    header = list(header)
    known = [field.name for field in fields]
    missing = [
        f"column “{field.name}” is missing"
        for field in fields
        if field.required and field.name not in header
    ]
    faults = []
    for name in dict.fromkeys(header):
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            faults.append(
                f"column “{name}” is unknown" + (f"; did you mean “{close[0]}”?" if close else "")
            )
        elif header.count(name) > 1:
            faults.append(f"column “{name}” stands {header.count(name)} times")
    return missing + faults


def row_faults(rows: list[Row], fields: Sequence[Field]) -> list[str]:
    """List the faults of all rows; a column that is missing altogether is a fault of the header,
    not of its rows.
    """
    present = {name for row in rows for name in row}
    faults: list[str] = []
    seen: dict[str, str] = {}
    unique = fields[0].name == "id"
    for row in rows:
        at = f"{row['_at']}" + (f" ({row['id']})" if unique and row.get("id") else "")
        wrong = position_fault(number(row.get("lon")), number(row.get("lat")))
        if wrong:
            faults.append(f"{at}: lon, lat: {wrong}")
        for field in fields:
            if field.name not in present or (wrong and field.name in POSITION):
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
    """Return what is wrong with a shape: empty, of another type, swapped, or not in degrees; None
    where nothing is.
    """
    if shape is None or shape.is_empty:
        return "is empty"
    if shape.geom_type != layer.geometry:
        return f"is a {shape.geom_type}, the layer has {layer.geometry}"
    for lon, lat in shapely.get_coordinates(shape):
        if wrong := position_fault(lon, lat):
            return wrong
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            return f"{lon:.10g}, {lat:.10g} is no longitude and latitude in degrees"
    return None


def without_position(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Leave out ``lon`` and ``lat``, for rows that bring a shape."""
    return tuple(field for field in fields if field.name not in POSITION)


def position_fault(lon: float | None, lat: float | None) -> str | None:
    """Find what is wrong with a pair of degrees beyond the range of each: not filled in, or
    swapped; None where nothing is.
    """
    if lon is None or lat is None:
        return None
    if lon == lat == 0:
        return "0, 0 is a position that was not filled in"
    if 90 < abs(lat) <= 180 and abs(lon) <= 90:
        return f"{lon:.10g}, {lat:.10g} look swapped: longitude stands before latitude"
    return None


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
        wrong = [f"“{_short(part)}”" for part in dict.fromkeys(parts) if part not in field.allowed]
        verb = "is" if len(wrong) == 1 else "are"
        return (
            f"{', '.join(wrong)} {verb} unknown; allowed are {', '.join(field.allowed)}"
            if wrong
            else None
        )
    if odd := _odd_text(cell):
        return odd
    if field.pattern and not re.fullmatch(field.pattern, cell):
        return f"“{_short(cell)}” has not the form {field.pattern}"
    return None


def number(cell: str | None) -> float | None:
    """Read a finite ASCII number; anything else, such as ``1_000``, ``NaN`` or ``１０``, is
    none.
    """
    if cell is None or not re.fullmatch(
        r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", cell, re.ASCII
    ):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def _odd_text(text: str) -> str | None:
    """Find characters that no text holds, and text that was read in another encoding than it was
    written in.
    """
    if text.isascii() and text.isprintable():
        return None
    for encode in (
        _as_windows,
        lambda text: text.encode("cp1258"),
        lambda text: text.encode("gbk"),
    ):
        try:
            meant = encode(text).decode("utf-8")
        except UnicodeError:
            continue
        chinese = (
            not re.search("[A-Za-z]", text) and ord(max(text)) > 0x2E80
        )  # names such as 卢 would else be Latin letters
        if _LETTERS.fullmatch(meant) and ord(max(meant)) > (0x7FF if chinese else 0x7F):
            return (
                f"“{_short(text)}” is garbled: read in the wrong encoding, it may mean"
                f" “{_short(meant)}”"
            )
    found = _UNREADABLE.search(text)
    return f"holds the character U+{ord(found[0]):04X}, which cannot be read" if found else None


def _as_windows(text: str) -> bytes:
    """Undo reading as Windows-1252, which leaves five bytes as they are."""
    return b"".join(char.encode("latin-1" if ord(char) < 256 else "cp1252") for char in text)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
