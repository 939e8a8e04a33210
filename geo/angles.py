"""Degrees, minutes and seconds, as maps, deeds and spreadsheets write them in three languages."""

from __future__ import annotations

import re

from geo.errors import InputError, Message
from geo.text import short

SIDES = {
    **{"N": 1, "S": -1, "B": 1, "北纬": 1, "南纬": -1, "北緯": 1, "南緯": -1},
    **{"E": 1, "W": -1, "Đ": 1, "T": -1, "东经": 1, "西经": -1, "東經": 1, "西經": -1},
}
"""Words for a side of the globe, in Vietnamese Bắc, Đông and Tây, and their signs."""
NORTH = ("N", "S", "B", "北纬", "南纬", "北緯", "南緯")
SIDE = "|".join(SIDES)
_ANGLE = re.compile(
    rf"({SIDE})? ?(-?\d{{1,3}}(?:\.\d{{1,12}})?)(?: (\d{{1,2}}(?:\.\d{{1,10}})?))?"
    rf"(?: (\d{{1,2}}(?:\.\d{{1,10}})?))? ?({SIDE})?"
)


def plain(text: str) -> str:
    """Write an angle in capitals, with blanks for the signs of degrees, minutes and seconds."""
    return re.sub("[°º′’‘'″”“\"分秒度\\s]+", " ", text.upper()).strip()


def angle(text: str) -> tuple[float, str] | None:
    """Read what :func:`plain` returned as degrees and the letter or word of its side; None where it
    is not an angle.

    Raises
    ------
    InputError
        It has more than 59 minutes or seconds.
    """
    match = _ANGLE.fullmatch(text)
    if not match or (match[1] and match[5]):
        return None
    degrees, minutes, seconds = (float(part or 0) for part in match.group(2, 3, 4))
    side = match[1] or match[5] or ""
    if minutes >= 60 or seconds >= 60:
        raise InputError(
            Message("“%(text)s” has more than 59 minutes or seconds", {"text": short(text)})
        )
    size = abs(degrees) + minutes / 60 + seconds / 3600
    return size * (-1 if match[2].startswith("-") else 1) * SIDES.get(side, 1), side
