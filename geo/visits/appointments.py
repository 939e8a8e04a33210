"""The hours for which a host would have to be asked: as close to his own as possible, and every one
of them would do.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil, floor

from geo.visits.edits import appointment
from geo.visits.feasibility import Fits
from geo.visits.moments import between, later
from geo.visits.trip import Stop, Trip

STEP_S = 300.0
"""Hours are looked for in steps of five minutes of the clock."""
MOST_STEPS = 12
"""An hour of choice is enough to ask for."""
OTHER_DAY_S = 4 * 3600.0
"""How much is asked of a host who receives nobody on that day: our estimate."""


@dataclass(frozen=True)
class Appointment:
    """A visit that begins on day ``number``, from 0, at any time from ``first`` to ``last``, on the
    clock of the stop.

    ``off_s`` is how far the hours of the host would have to be extended, with :data:`OTHER_DAY_S`
    for a day without any."""

    stop: Stop
    number: int
    first: datetime
    last: datetime
    off_s: float

    @property
    def until(self) -> datetime:
        """Return when the latest visit ends."""
        return later(self.last, self.stop.visit_s).astimezone(self.last.tzinfo)

    def edit(self, trip: Trip) -> Trip:
        """Return a trip with this appointment."""
        return appointment(trip, self.stop.place.id, self.number, self.first, self.last)


def nearest(fits: Fits, trip: Trip, stop: Stop, numbers: range | None = None) -> Appointment | None:
    """Find the appointment for which a host would have to change his hours least, so that all stops
    of a trip are visited.

    Parameters
    ----------
    numbers
        The days that are tried; None: all.

    Raises
    ------
    TimeUp
        The time is over.
    """
    days = [number for number in numbers or range(len(trip.days)) if stop.day in (None, number)]
    meetings = (_OneDay(fits, trip, stop, number).nearest() for number in days)
    return min(filter(None, meetings), key=lambda meeting: meeting.off_s, default=None)


class _OneDay:
    """Looks for an appointment on one day; moments are numbers of steps on the clock of the stop
    from the midnight before the day.
    """

    def __init__(self, fits: Fits, trip: Trip, stop: Stop, number: int) -> None:
        self.fits, self.trip, self.stop, self.number = fits, trip, stop, number
        day = trip.days[number]
        self.midnight = day.start.astimezone(stop.place.zone).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        self.begin = ceil(between(self.midnight, day.start) / STEP_S)
        self.end = floor((between(self.midnight, day.end) - stop.visit_s) / STEP_S)

    def nearest(self) -> Appointment | None:
        """Find the first begin that is possible with the hours extended least, and those that
        follow it.
        """
        whole, most = (self.begin, self.end), self.end - self.begin
        if not self.possible(whole):
            return None
        date, own = self.own()
        own = own or [whole]
        wide: list[tuple[int, int]] = []

        def extended(steps: int) -> bool:
            wide[:] = [
                (max(self.begin, first - steps), min(self.end, last + steps)) for first, last in own
            ]
            return self.possible(*wide)

        steps = bisect_left(range(most), True, key=extended)
        extended(steps)
        begin = self.begin + bisect_left(
            range(most),
            True,
            key=lambda after: self.possible(
                *((first, min(last, self.begin + after)) for first, last in wide)
            ),
        )
        if not self.possible((begin, begin)):
            return None
        last = begin
        while (
            self.fits.exact(self.trip)
            and last < min(self.end, begin + MOST_STEPS)
            and self.possible((last + 1, last + 1))
        ):
            last += 1
        off_s = steps * STEP_S + (0.0 if date in (None, self.midnight.date()) else OTHER_DAY_S)
        return Appointment(self.stop, self.number, self.at(begin), self.at(last), off_s)

    def own(self) -> tuple[date | None, list[tuple[int, int]]]:
        """Return when visits could begin by the hours of the host on that day, or else on the
        nearest, and its date.

        The last begin lies before the first where the visit is longer than the window.
        """
        zone = self.midnight.tzinfo
        opens = [
            (start.astimezone(zone), end.astimezone(zone)) for start, end in self.stop.windows or ()
        ]
        nearest = min(
            (start.date() for start, _ in opens),
            key=lambda date: abs(date - self.midnight.date()),
            default=None,
        )
        spans = []
        for start, end in opens:
            if start.date() == nearest:
                midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
                spans.append(
                    (
                        ceil(between(midnight, start) / STEP_S),
                        floor((between(midnight, end) - self.stop.visit_s) / STEP_S),
                    )
                )
        return nearest, spans

    def possible(self, *begins: tuple[int, int]) -> bool:
        """Check whether all stops can be visited, this one with its begin in one of some spans."""
        key = self.stop.place.id
        return any(
            self.fits(appointment(self.trip, key, self.number, self.at(first), self.at(last)))
            for first, last in begins
            if first <= last
        )

    def at(self, step: int) -> datetime:
        """Return the moment of a step."""
        return later(self.midnight, step * STEP_S).astimezone(self.midnight.tzinfo)
