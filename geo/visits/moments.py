"""Moments and lengths of time: how they are written, and arithmetic on what really passes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEVER = datetime.max.replace(tzinfo=UTC)
"""Later than any moment that comes; it has no hour on other clocks."""


def at(moment: datetime) -> str:
    """Write a moment as its clock shows it, with seconds where there are some."""
    return f"{moment:%H:%M:%S}" if moment.second or moment.microsecond else f"{moment:%H:%M}"


def length(seconds: float) -> str:
    """Write a length of time in hours, minutes and seconds, without those that are nothing."""
    sign, whole = "−" if round(seconds) < 0 else "", abs(round(seconds))
    amounts = (whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s")
    return sign + (" ".join(f"{amount} {unit}" for amount, unit in amounts if amount) or "0 s")


def between(start: datetime, end: datetime) -> float:
    """Return the seconds that really pass: on one clock Python counts its hands, on which an hour
    may come twice."""
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()


def later(moment: datetime, seconds: float) -> datetime:
    """Return the moment so many seconds later, in UTC; :data:`NEVER` stays what it is."""
    return NEVER if moment is NEVER else moment.astimezone(UTC) + timedelta(seconds=seconds)


def clock(day: date, hour: str, zone: ZoneInfo) -> datetime:
    """Return the moment at which a clock shows ``HH:MM`` on a day."""
    hours, minutes = hour.split(":")
    return datetime.combine(day, time(int(hours), int(minutes)), zone)


def shows(moment: datetime, zone: ZoneInfo) -> bool:
    """Return whether a moment is written as the clock there shows it."""
    return moment.utcoffset() == moment.astimezone(zone).utcoffset()
