"""Read positions as they are written in cells: numbers with either decimal sign, degrees with
minutes and seconds, both coordinates in one cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import angles
from geo.errors import InputError, Message
from geo.text import decimal_mark, is_grouped, number_of, short

_WORDS = re.compile(r"\b(?:độ|phút|giây|deg(?:rees)?|min(?:utes)?|sec(?:onds)?)\b\.?", re.I)
_LETTERS = re.compile(
    r"(\d)\s*d\s*(\d+(?:\.\d+)?)\s*(?:['′m]\s*)(?:(\d+(?:\.\d+)?)\s*(?:\"|''|s)?)?", re.I
)
_CHAIN = re.compile(r"(\d{1,3})[-:](\d{1,2})[-:](\d{1,2}(?:\.\d+)?)")
_SPACES = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_POINT = re.compile(r"[+-]?\d{1,9}\.(?:\d{1,2}|\d{4,12})", re.ASCII)
"""A number that can be read in one way only."""
_NUMBER = re.compile(r"[+-]?\d[\d.,]*")
MOST = 1e12
"""No coordinate has so many metres."""
DEGREES, ANGLES, METRES = "degrees", "degrees, minutes and seconds", "metres"


@dataclass(frozen=True)
class Written:
    """Positions as they are written.

    Attributes
    ----------
    pairs
        (n, 2): the first and the second number of each; NaN where there is none.
    form
        ``DEGREES``, ``ANGLES`` or ``METRES``.
    lettered
        The rows in which letters such as N and E say which number is which; they stand as longitude
        and latitude.
    wrong
        Faults by row, from 0.
    """

    pairs: NDArray[np.float64]
    form: str
    lettered: NDArray[np.bool_]
    wrong: dict[int, str]


def written(first: Sequence[Any], second: Sequence[Any] | None) -> Written:
    """Read the cells of one or two columns."""
    if second is None:
        halves = [_halves(cell) for cell in first]
        first, second = [half[0] for half in halves], [half[1] for half in halves]
    mark = _decimal([*first, *second])
    columns = [[_safely(cell, mark) for cell in cells] for cells in (first, second)]
    pairs = np.column_stack([_values(column) for column in columns])
    wrong: dict[int, str] = {}
    for row in np.flatnonzero(~np.isfinite(pairs).all(axis=1)).tolist():
        wrong[row] = _fault((first[row], second[row]), [column[row] for column in columns])
    for row in np.flatnonzero((pairs == 0).all(axis=1)).tolist():
        wrong[row] = Message("0, 0 is a position that was not filled in")
    pairs[list(wrong)] = np.nan
    there = np.asarray(np.isfinite(pairs).all(axis=1))
    lettered = np.zeros(len(pairs), np.bool_)
    angled = False
    for row, both in enumerate(zip(*columns, strict=True)):
        if isinstance(both[0], Angle) and isinstance(both[1], Angle) and there[row]:
            north = [half.side in angles.NORTH for half in both if half.side]
            lettered[row] = len(set(north)) == 2
            if north == [True, False]:
                pairs[row] = pairs[row, ::-1].copy()
        angled |= bool(there[row]) and any(isinstance(h, Angle) and h.minutes for h in both)
    metric = bool(there.any()) and float(np.median(np.abs(pairs[there]).max(axis=1))) > 360
    form = METRES if metric else ANGLES if angled else DEGREES
    return Written(pairs, form, lettered, dict(sorted(wrong.items())))


def _values(column: Sequence[Half]) -> NDArray[np.float64]:
    """Return the numbers of a column, NaN where there is none."""
    return np.array(
        [
            half if isinstance(half, float) else half.value if isinstance(half, Angle) else np.nan
            for half in column
        ],
        float,
    )


def _fault(cells: Sequence[Any], halves: Sequence[Half]) -> str:
    """Return what is wrong with the cells of a row."""
    for half in halves:
        if isinstance(half, str):
            return half
    odd = [cell for cell, half in zip(cells, halves, strict=True) if half is None and cell]
    return Message("“%(text)s” is not a coordinate", {"text": short(odd[0])}) if odd else NONE


NONE = Message("has no position")


def _plain(cell: str) -> str:
    if cell.isascii() and _NUMBER.fullmatch(cell):
        return cell
    text = unicodedata.normalize("NFKC", cell.replace("º", "°")).strip()
    text = _WORDS.sub(" ", text)
    text = _CHAIN.sub(r"\1 \2 \3", text)
    text = _LETTERS.sub(lambda match: " ".join(part for part in match.groups() if part), text)
    return _SPACES.sub("", text) if re.fullmatch(r"[+-]?[\d\s'’.,]+", text) else text


def _halves(cell: Any) -> tuple[Any, Any]:
    """Part a cell that holds both coordinates."""
    if not isinstance(cell, str):
        return cell, None
    text = unicodedata.normalize("NFKC", cell.replace("º", "°")).strip()
    for separator in (";", "/", "|", ", "):
        if text.count(separator) == 1:
            first, second = text.split(separator)
            return first.strip(), second.strip()
    if text.count(",") == 1 and "." in text:
        first, second = text.split(",")
        return first.strip(), second.strip()
    side = f"(?:{angles.SIDE})"
    plain = angles.plain(_WORDS.sub(" ", text))
    if cut := re.fullmatch(rf"({side}[^A-ZĐ]+?)({side}.+)|(.+?{side})(.+)", plain):
        first, second = (part.strip(" ,") for part in cut.groups() if part)
        return first, second
    numbers = text.split()
    middle = len(numbers) // 2
    if not numbers or len(numbers) % 2:
        return text, None
    return " ".join(numbers[:middle]), " ".join(numbers[middle:])


@dataclass(frozen=True)
class Angle:
    """A coordinate in degrees with the letter of its side, and whether it has minutes."""

    value: float
    side: str
    minutes: bool


Half = float | Angle | str | None
"""One coordinate of a cell: its number, what is wrong with it, or None where there is none."""


def _safely(cell: Any, mark: str) -> Half:
    """Read one coordinate, or say what is wrong with it."""
    try:
        return _number(cell, mark)
    except InputError as error:
        return error.message


def _number(cell: Any, mark: str) -> float | Angle | None:
    """Read one coordinate."""
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell) if abs(cell) < MOST else None
    if _POINT.fullmatch(cell):
        return float(cell)
    text = _plain(cell)
    if _NUMBER.fullmatch(text):
        own = decimal_mark(text)
        sign = mark if own == "?" else own or mark
        if sign in (".", ",") and is_grouped(text, sign):
            value = number_of(text, sign)
            return value if abs(value) < MOST else None
        return None
    plain = angles.plain(text.replace(",", "."))
    read = angles.angle(plain)
    if read is None:
        return None
    return Angle(read[0], read[1], len(re.findall(r"[\d.]+", plain)) > 1)


def _decimal(cells: Sequence[Any]) -> str:
    """Find the sign before decimals of coordinates. Where no cell tells, it is the sign that they
    hold: no coordinate in metres here has as few digits as one in degrees with three decimals.
    """
    points = commas = 0
    unclear = False
    for cell in cells:
        if not isinstance(cell, str):
            continue
        if _POINT.fullmatch(cell):
            points += 1
            continue
        text = _plain(cell)
        if _NUMBER.fullmatch(text):
            mark = decimal_mark(text)
            points, commas = points + (mark == "."), commas + (mark == ",")
            unclear |= "," in text
    if not points and not commas:
        return "," if unclear else "."
    return "." if points >= commas else ","
