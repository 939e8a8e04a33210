"""The faults of a table: of its header, of every cell, of rows against each other; all of them, by
row and field.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError, Message, behind
from geo.schema import DATE, FULL_DATE, Field, Layer, unfold
from geo.text import short

Row = dict[str, Any]
"""The cells of a row as text, None for empty ones; ``_at`` says where the row stands: the number of
its line, or words (:func:`line`).
"""
POSITION = ("lon", "lat")
LINE = "wkt"
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
AT_ONCE = 500
MAX_FAULTS = 200
"""So many faults are listed; the rest is counted."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def refuse(origin: str, faults: list[str]) -> None:
    """Raise an `InputError` that lists all faults; without any, do nothing."""
    if not faults:
        return
    shown = faults[:MAX_FAULTS]
    if len(faults) > MAX_FAULTS:
        shown.append(Message("and %(n)s more", {"n": len(faults) - MAX_FAULTS}))
    raise InputError(
        Message("%(origin)s has 1 fault; nothing was changed:", {"origin": origin})
        if len(faults) == 1
        else Message(
            "%(origin)s has %(count)s faults; nothing was changed:",
            {"origin": origin, "count": len(faults)},
        ),
        shown,
    )


def counted(faults: Sequence[str]) -> Message:
    """Count faults in words: “no fault”, “1 fault”, “2 faults”."""
    if len(faults) < 2:
        return Message("1 fault") if faults else Message("no fault")
    return Message("%(count)s faults", {"count": len(faults)})


def line(row: Row) -> str:
    """Return where a row stands. Few rows are asked, so a number becomes words only here."""
    at: int | str = row["_at"]
    return Message("line %(number)s", {"number": at}) if isinstance(at, int) else at


def place(row: Row) -> str:
    """Return where a row stands, and its id."""
    at = line(row)
    key = row.get("id")
    return at if key in (None, at) else Message("%(at)s (%(id)s)", {"at": at, "id": key})


def header_faults(header: Iterable[str], fields: Sequence[Field]) -> list[str]:
    """List the columns that are missing, unknown (with the name that may be meant) or doubled."""
    header = list(header)
    known = [field.name for field in fields]
    faults: list[str] = [
        Message("column “%(name)s” is missing", {"name": field.name})
        for field in fields
        if field.required and field.name not in header
    ]
    for name in dict.fromkeys(header):
        if name in known:
            if (count := header.count(name)) > 1:
                faults.append(
                    Message(
                        "column “%(name)s” stands %(count)s times", {"name": name, "count": count}
                    )
                )
        elif close := difflib.get_close_matches(name, known, 1):
            faults.append(
                Message(
                    "column “%(name)s” is unknown; did you mean “%(close)s”?",
                    {"name": name, "close": close[0]},
                )
            )
        else:
            faults.append(Message("column “%(name)s” is unknown", {"name": name}))
    return faults


def row_faults(rows: list[Row], fields: Sequence[Field]) -> list[str]:
    """List the faults of all rows; a column that is missing altogether is a fault of the header,
    not of its rows.
    """
    present = set().union(*rows)
    checked = [(field, _Checked(field)) for field in fields if field.name in present]
    placed = present.issuperset(POSITION)
    if not _any_fault(rows, checked, fields, placed=placed):
        return []
    faults: list[str] = []
    seen: dict[str, Row] = {}
    for row in rows:
        wrong = position_fault(number(row.get("lon")), number(row.get("lat"))) if placed else None
        if wrong:
            faults.append(behind(place(row), behind("lon, lat", wrong)))
        for field, faults_of in checked:
            fault = faults_of[row.get(field.name)]
            if field.not_below and not fault:
                fault = _below(row, field)
            if fault and not (wrong and field.name in POSITION):
                faults.append(behind(place(row), behind(field.name, fault)))
        if fields[0].name == "id" and (key := row.get("id")):
            if key in seen:
                again = Message("stands already in %(row)s", {"row": line(seen[key])})
                faults.append(behind(place(row), behind("id", again)))
            seen.setdefault(key, row)
    return faults


def _any_fault(
    rows: list[Row], checked: list[tuple[Field, _Checked]], fields: Sequence[Field], *, placed: bool
) -> bool:
    """Check for faults column by column: of right rows none has to be looked at alone."""
    for part in parts(rows):
        for field, faults_of in checked:
            if faults_of.any_in({row.get(field.name) for row in part}):
                return True
    if placed and any(
        position_fault(number(row.get("lon")), number(row.get("lat"))) for row in rows
    ):
        return True
    if any(_below(row, field) for field, _ in checked if field.not_below for row in rows):
        return True
    keys = [key for row in rows if (key := row.get("id"))] if fields[0].name == "id" else []
    return len(set(keys)) < len(keys)


def parts(rows: list[Row]) -> Iterator[list[Row]]:
    """Part rows into so few that a column of them is read from memory that is near."""
    return (rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE))


class _Checked(dict[str | None, str | None]):
    """What is wrong with the values of a field: each is looked at once, however often it stands."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self.is_text = field.type == "string" and not (field.allowed or field.pattern)

    def any_in(self, cells: set[str | None]) -> bool:
        """Check for faults among cells, in plain letters all at once."""
        if self.is_text and not (self.field.required and None in cells):
            text = "".join(filter(None, cells))
            if text.isascii() and text.isprintable():
                return False
        return any(self[cell] for cell in cells)

    def __missing__(self, cell: str | None) -> str | None:
        self[cell] = cell_fault(cell, self.field)
        return self[cell]


def shape_fault(shape: BaseGeometry | None, layer: Layer) -> str | None:
    """Return what is wrong with a shape: empty, of another type, swapped, or not in degrees; None
    where nothing is.
    """
    if shape is None or shape.is_empty:
        return Message("is empty")
    if shape.geom_type != layer.geometry:
        return Message(
            "is a %(type)s, the layer has %(needed)s",
            {"type": shape.geom_type, "needed": layer.geometry},
        )
    for lon, lat in shapely.get_coordinates(shape):
        if wrong := degrees_fault(lon, lat):
            return wrong
    return None


def degrees_fault(lon: float, lat: float) -> str | None:
    """Find what is wrong with a pair of numbers that should be degrees; None where nothing is."""
    if wrong := position_fault(lon, lat):
        return wrong
    if abs(lon) <= 180 and abs(lat) <= 90:
        return None
    return Message(
        "%(lon)s, %(lat)s is no longitude and latitude in degrees",
        {"lon": f"{lon:.10g}", "lat": f"{lat:.10g}"},
    )


def without_position(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Leave out the columns that hold a shape, for rows that bring one."""
    return tuple(field for field in fields if field.name not in (*POSITION, LINE))


def position_fault(lon: float | None, lat: float | None) -> str | None:
    """Find what is wrong with a pair of degrees beyond the range of each: not filled in, or
    swapped; None where nothing is.
    """
    if lon is None or lat is None:
        return None
    if lon == lat == 0:
        return Message("0, 0 is a position that was not filled in")
    if 90 < abs(lat) <= 180 and abs(lon) <= 90:
        return Message(
            "%(lon)s, %(lat)s look swapped: longitude stands before latitude",
            {"lon": f"{lon:.10g}", "lat": f"{lat:.10g}"},
        )
    return None


def cell_fault(cell: str | None, field: Field) -> str | None:
    """Return what is wrong with a cell of a field; None where nothing is."""
    if cell is None:
        return Message("is empty") if field.required else None
    if field.type in ("number", "integer"):
        return _number_fault(cell, field)
    if field.type == "boolean":
        return (
            None
            if cell.lower() in ("true", "false")  # spreadsheets write TRUE
            else Message("“%(text)s” is neither true nor false", {"text": short(cell)})
        )
    if field.allowed:
        parts = unfold(cell) if field.type == "list" else (cell,)
        wrong = [f"“{short(part)}”" for part in dict.fromkeys(parts) if part not in field.allowed]
        values = {"texts": ", ".join(wrong), "known": ", ".join(field.allowed)}
        if len(wrong) == 1:
            return Message("%(texts)s is unknown; allowed are %(known)s", values)
        return Message("%(texts)s are unknown; allowed are %(known)s", values) if wrong else None
    if odd := _odd_text(cell):
        return odd
    if field.pattern and not re.fullmatch(field.pattern, cell):
        return Message(
            "“%(text)s” has not the form %(form)s", {"text": short(cell), "form": field.pattern}
        )
    if field.type == "line":
        return _line_fault(cell)
    return _date_fault(cell) if field.pattern in (DATE, FULL_DATE) else None


def _date_fault(cell: str) -> str | None:
    """Return what is wrong with a year, month or day that has the right form."""
    try:
        date.fromisoformat(f"{cell}-01-01"[:10])
    except ValueError:
        return Message("“%(text)s” is not in the calendar", {"text": cell})
    return None


def _line_fault(cell: str) -> str | None:
    """Return what is wrong with a line in well-known text: unreadable, without two points, or not
    in degrees.
    """
    try:
        shape = shapely.from_wkt(cell)
    except shapely.GEOSException:
        if "," in cell:
            return Message("“%(text)s” cannot be read as a line", {"text": short(cell)})
        shape = None
    if shape is None or not shape.is_valid or shape.is_empty:
        return Message("has no two points")
    if shape.geom_type != "LineString":
        return Message("is a %(type)s, not a line", {"type": shape.geom_type})
    west, south, east, north = shape.bounds
    for lon, lat in ((west, south), (east, north)):
        if wrong := degrees_fault(lon, lat):
            return wrong
    return None


def _below(row: Row, field: Field) -> str | None:
    """Find a value that is less, or a date that is earlier, than the one it may not be below."""
    cell, other = row.get(field.name), row.get(field.not_below)
    if cell is None or other is None:
        return None
    if field.type in ("number", "integer"):
        high, low = number(cell), number(other)
        wrong = high is not None and low is not None and high < low
    else:
        shared = min(len(cell), len(other))
        wrong = cell[:shared] < other[:shared]
    values = {"text": cell, "other": other, "field": field.not_below}
    return Message("%(text)s is below %(field)s, %(other)s", values) if wrong else None


def _number_fault(cell: str, field: Field) -> str | None:
    value = number(cell)
    if value is None:
        return Message("“%(text)s” is not a number", {"text": short(cell)})
    if field.type == "integer" and value != int(value):
        return Message("%(text)s is not a whole number", {"text": cell})
    if field.minimum is not None and value < field.minimum:
        limit = f"{field.minimum:g}"
        return Message("%(text)s is below %(limit)s", {"text": cell, "limit": limit})
    if field.maximum is not None and value > field.maximum:
        limit = f"{field.maximum:g}"
        return Message("%(text)s is above %(limit)s", {"text": cell, "limit": limit})
    return None


def number(cell: str | None) -> float | None:
    """Read a finite ASCII number; anything else, such as ``1_000``, ``NaN`` or ``１０``, is
    none.
    """
    if cell is None or not _NUMBER.fullmatch(cell):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def _odd_text(text: str) -> str | None:
    """Find characters that no text holds, and text that was read in another encoding than it was
    written in.
    """
    if text.isascii() and text.isprintable():
        return None
    for encode in _ENCODERS if _TRAILS.search(text) else _ENCODERS[-1:]:
        try:
            meant = encode(text).decode("utf-8")
        except UnicodeError:
            continue
        chinese = (
            not re.search("[A-Za-z]", text) and ord(max(text)) > 0x2E80
        )  # names such as 卢 would else be Latin letters
        if _LETTERS.fullmatch(meant) and ord(max(meant)) > (0x7FF if chinese else 0x7F):
            return Message(
                "“%(text)s” is garbled: read in the wrong encoding, it may mean “%(meant)s”",
                {"text": short(text), "meant": short(meant)},
            )
    if odd := _UNREADABLE.search(text):
        return Message(
            "holds the character %(character)s, which cannot be read",
            {"character": f"U+{ord(odd[0]):04X}"},
        )
    return None


def _as_windows(text: str) -> bytes:
    """Undo reading as Windows-1252, which leaves five bytes as they are."""
    if not _OPEN.search(text):
        return text.encode("cp1252")
    return b"".join(char.encode("latin-1" if ord(char) < 256 else "cp1252") for char in text)


_OPEN = re.compile("[\x80-\x9f]")
_TRAILS = re.compile("[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
"""What the bytes that end a letter of UTF-8 are in Windows-1252 and Windows-1258."""
_ENCODERS = (
    _as_windows,
    lambda text: text.encode("cp1258"),
    lambda text: text.encode("gbk"),
)
