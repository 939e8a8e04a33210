"""Read positions as they are written in cells: numbers with either decimal sign, degrees with
minutes and seconds, both coordinates in one cell."""

from __future__ import annotations

import math
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
    pairs = np.full((len(first), 2), np.nan)
    wrong: dict[int, str] = {}
    angled = 0
    sided = np.zeros(len(first), np.bool_)
    for row, cells in enumerate(zip(first, second, strict=True)):
        try:
            read = [_number(cell, mark) for cell in cells]
        except InputError as error:
            wrong[row] = error.message
            continue
        values = [value for value, _, _ in read]
        if None in values:
            odd = next(
                (cell for cell, value in zip(cells, values, strict=True) if value is None and cell),
                None,
            )
            wrong[row] = (
                NONE
                if odd is None
                else Message("“%(text)s” is not a coordinate", {"text": short(odd)})
            )
            continue
        sides = [side in angles.NORTH if side else None for _, side, _ in read]
        if sides == [True, False]:
            values.reverse()
        if None not in sides and sides[0] != sides[1]:
            sided[row] = True
        angled += read[0][2] or read[1][2]
        pairs[row] = [float(value) for value in values if value is not None]
        if (pairs[row] == 0).all():
            wrong[row] = Message("0, 0 is a position that was not filled in")
            pairs[row] = np.nan
    there = np.isfinite(pairs).all(axis=1)
    metric = bool(there.any()) and float(np.median(np.abs(pairs[there]).max(axis=1))) > 360
    form = METRES if metric else ANGLES if angled else DEGREES
    return Written(pairs, form, sided & there, wrong)


NONE = Message("has no position")


def _plain(cell: Any) -> str:
    text = unicodedata.normalize("NFKC", str(cell).replace("º", "°")).strip()
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


def _number(cell: Any, mark: str) -> tuple[float | None, str, bool]:
    """Read one coordinate: its value, the letter of its side, and whether it has minutes."""
    if cell is None or isinstance(cell, bool):
        return None, "", False
    if isinstance(cell, int | float):
        return (float(cell) if math.isfinite(cell) else None), "", False
    text = _plain(cell)
    if re.fullmatch(r"[+-]?\d[\d.,]*", text):
        own = decimal_mark(text)
        sign = mark if own == "?" else own or mark
        if sign in (".", ",") and is_grouped(text, sign):
            return number_of(text, sign), "", False
        return None, "", False
    plain = angles.plain(text.replace(",", "."))
    read = angles.angle(plain)
    if read is None:
        return None, "", False
    return read[0], read[1], len(re.findall(r"[\d.]+", plain)) > 1


def _decimal(cells: Sequence[Any]) -> str:
    """Find the sign before decimals of coordinates. Where no cell tells, it is the sign that they
    hold: no coordinate in metres here has as few digits as one in degrees with three decimals.
    """
    texts = [_plain(cell) for cell in cells if isinstance(cell, str)]
    texts = [text for text in texts if re.fullmatch(r"[+-]?\d[\d.,]*", text)]
    marks = [mark for text in texts if (mark := decimal_mark(text)) in (".", ",")]
    if not marks:
        return "," if any("," in text for text in texts) else "."
    return max(".,", key=marks.count)
