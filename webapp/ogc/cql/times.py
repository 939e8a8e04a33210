"""Times of filters and of the parameter ``datetime``: each is an interval, of days or of
microseconds, and a year or a month is the interval of its days.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.i18n import gettext as _
from webapp.ogc.cql.values import Value, decided, truth
from webapp.readers import shown

DAY = 86_400_000_000
"""Microseconds of a day."""
EVER = 2**62
"""Later than every time; negative, earlier."""
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_EPOCH = date(1970, 1, 1)
_MOMENT_0 = datetime(1970, 1, 1, tzinfo=UTC)


def days(text: str) -> tuple[int, int]:
    """Read a year, a month or a day as its first and last day since 1970; `ValueError` where there
    is none such.
    """
    parts = _DATE.fullmatch(text)
    if not parts:
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in parts.groups())
    if year is None or month is None:
        return _day(year or 0, 1, 1), _day(year or 0, 12, 31)
    if day is None:
        after = _day(year, month + 1, 1) if month < 12 else _day(year, 12, 31) + 1
        return _day(year, month, 1), after - 1
    return (_day(year, month, day),) * 2


def _day(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - _EPOCH).days


def instant(text: str) -> int:
    """Read a time of RFC 3339 as microseconds since 1970; one without a zone is UTC."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    text = re.sub(r"(?<=:\d\d):60", ":59", text.upper())  # a leap second
    text = re.sub(r"(\.\d{6})\d+", r"\1", text)
    time = datetime.fromisoformat(text)
    since = (time if time.tzinfo else time.replace(tzinfo=UTC)) - _MOMENT_0
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def literal(text: str) -> Value:
    """Read a day or an instant."""
    try:
        ends, daily = (days(text), True) if len(text) <= 10 else ((instant(text),) * 2, False)
    except (ValueError, OverflowError):
        raise ValueError(
            _("“%(text)s” is not a date, or a time such as 2026-01-31T08:00:00Z", text=shown(text))
        ) from None
    return Value("time", np.array([ends], np.int64), np.array([True]), daily)


def dated(value: Value) -> Value:
    """Read texts as years, months and days; what is none of them is unknown."""
    read: dict[Any, tuple[int, int] | None] = {}
    for text in set(value.data.tolist()):
        try:
            read[text] = days(text)
        except ValueError:
            read[text] = None
    rows = [read[text] for text in value.data.tolist()]
    known = value.known & np.array([row is not None for row in rows], bool)
    data = np.array([row or (0, 0) for row in rows], np.int64).reshape(-1, 2)
    return Value("time", data, known, True)


def between(low: Value | None, high: Value | None) -> Value:
    """Build the interval from one time to another, None where that end is open."""
    if low is None or high is None:
        end = low or high
        if end is None:
            return Value("time", np.array([[-EVER, EVER]]), np.array([True]), True)
        data = end.data.copy()
        data[:, 1 if high is None else 0] = EVER if high is None else -EVER
        return Value("time", data, end.known, end.daily)
    low, high = alike(low, high)
    n = max(len(low.data), len(high.data))
    data = np.empty((n, 2), np.int64)
    data[:, 0], data[:, 1] = low.data[:, 0], high.data[:, 1]
    return Value("time", data, low.known & high.known, low.daily)


def alike(a: Value, b: Value) -> tuple[Value, Value]:
    """Return two times in one unit: days if both are of days."""
    return (a, b) if a.daily == b.daily else (_fine(a), _fine(b))


def _fine(value: Value) -> Value:
    if not value.daily:
        return value
    data, open_ended = value.data.copy(), np.abs(value.data) >= EVER
    data *= np.where(open_ended, 1, DAY)
    data[:, 1] += np.where(open_ended[:, 1], 0, DAY - 1)
    return Value("time", data, value.known)


# Relations ----------------------------------------------------------------------------------------

Ends = NDArray[np.int64]
RELATIONS: dict[str, Callable[[Ends, Ends, Ends, Ends], Any]] = {
    "t_after": lambda a, _z, _b, y: a > y,
    "t_before": lambda _a, z, b, _y: z < b,
    "t_disjoint": lambda a, z, b, y: (a > y) | (z < b),
    "t_intersects": lambda a, z, b, y: (a <= y) & (z >= b),
    "t_equals": lambda a, z, b, y: (a == b) & (z == y),
    "t_contains": lambda a, z, b, y: (a < b) & (z > y),
    "t_during": lambda a, z, b, y: (a > b) & (z < y),
    "t_finishes": lambda a, z, b, y: (a > b) & (z == y),
    "t_finishedby": lambda a, z, b, y: (a < b) & (z == y),
    "t_meets": lambda _a, z, b, _y: z == b,
    "t_metby": lambda a, _z, _b, y: a == y,
    "t_overlaps": lambda a, z, b, y: (a < b) & (z > b) & (z < y),
    "t_overlappedby": lambda a, z, b, y: (a > b) & (a < y) & (z > y),
    "t_starts": lambda a, z, b, y: (a == b) & (z < y),
    "t_startedby": lambda a, z, b, y: (a == b) & (z > y),
}
"""What holds of an interval from a to z and another from b to y (OGC 21-065r2, 7.8)."""


def related(name: str, a: Value, b: Value) -> Value:
    """Return where two intervals are related so."""
    a, b = alike(a, b)
    ends = (a.data[:, 0], a.data[:, 1], b.data[:, 0], b.data[:, 1])
    return decided(RELATIONS[name](*ends), a, b)


def less(a: Value, b: Value, *, or_equal: bool) -> Value:
    """Return where one time is before another: unknown where some days of a year are, and others
    are not.
    """
    a, b = alike(a, b)
    first, last, begin, end = a.data[:, 0], a.data[:, 1], b.data[:, 0], b.data[:, 1]
    known = a.known & b.known
    holds, fails = (last <= begin, first > end) if or_equal else (last < begin, first >= end)
    return truth(holds & known, fails & known)


def equal(a: Value, b: Value) -> Value:
    """Return where two times are the same; that a day is a certain one of its year is unknown."""
    a, b = alike(a, b)
    first, last, begin, end = a.data[:, 0], a.data[:, 1], b.data[:, 0], b.data[:, 1]
    known = a.known & b.known
    exact = (first == last) & (begin == end)
    return truth(exact & (first == begin) & known, ((first > end) | (last < begin)) & known)
