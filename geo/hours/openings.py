"""Whether a gate may be entered at a moment, and its hours on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from geo.hours.gate_notices import Notice
from geo.hours.osm_hours import Span

NEAR = timedelta(hours=1)
"""How long before the last entry a gate is called near to closing."""


@dataclass(frozen=True)
class Opening:
    """Whether one may enter a gate at a moment, and when otherwise; every moment is on the clock of
    the gate.

    Attributes
    ----------
    open
        Whether one may enter.
    known
        Whether that rests on published hours and complete holidays, up to the next opening;
        otherwise the hours are remembered (``source_kind``) or assumed, or cargo is asked for on a
        day of the lunar new year of either country, of which no notice speaks.
    until
        End of the time in which one may enter, last entry considered; None where it is closed, or
        does not end within 30 days.
    opens
        When one may enter next, the moment itself where it is open; None where that is not within
        30 days.
    wait_s
        Until then; infinite where there is no such moment.
    why
        ``open``; ``assumed_daylight``: hours unknown, it is day; ``holidays_unknown``: open by its
        hours, but the holidays of that year are not published yet; ``new_year``: open by its hours,
        but cargo mostly stands still at the lunar new year; ``closed``; ``holiday``, named in
        ``holiday``; ``after_last_entry``: open, but for nobody who comes now; ``assumed_night``:
        hours unknown, it is night; ``never``: the gate does not serve this traffic.
    source, source_kind, as_of
        Of the hours; None where they are unknown.
    """

    open: bool
    known: bool
    until: datetime | None
    opens: datetime | None
    wait_s: float
    why: str
    source: str | None = None
    source_kind: str | None = None
    as_of: str | None = None
    holiday: str | None = None


@dataclass(frozen=True)
class DayHours:
    """The hours of a gate on the day of a moment, for one direction and kind of traffic; every
    moment is on the clock of the gate.

    Attributes
    ----------
    openings
        From when until when it is open on that day, cut at its midnights; in daylight, where
        nothing is known.
    closes
        When the opening ends in which the moment lies; None if it is closed then, or stays open for
        a day and more.
    last_entry
        Until when one may enter in that opening, which is `closes` where there is no last entry of
        its own; None as there.
    notice
        What is said of the hours of that day, with its source; None where nothing is known.
    """

    openings: tuple[Span, ...]
    closes: datetime | None
    last_entry: datetime | None
    notice: Notice | None

    def text(self) -> str:
        """Write the openings as ``07:00–11:30, 13:00–24:00``; empty if it is open from midnight to
        midnight.
        """
        ends = [
            (f"{start:%H:%M}", "24:00" if end.date() > start.date() else f"{end:%H:%M}")
            for start, end in self.openings
        ]
        if not ends:
            return "–"
        return (
            ""
            if ends == [("00:00", "24:00")]
            else ", ".join(f"{start}–{end}" for start, end in ends)
        )

    def is_near(self, enter: datetime) -> bool:
        """Return whether one enters less than an hour before the last moment at which one may."""
        return self.last_entry is not None and self.last_entry - enter < NEAR
