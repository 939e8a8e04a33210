"""Days joined to a trip by sets of stops: which stops are seen on which day, once it is known what
each day costs with each set. A set is a whole number, bit i for stop i.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.visits.matrices import FAR, towns
from geo.visits.trip import Trip

if TYPE_CHECKING:
    from geo.visits._day_rules import Model

Sums = NDArray[np.int64]


class Share(NamedTuple):
    """What a day has of a trip: the nodes where it begins and ends, and its set of stops."""

    begin: int
    end: int
    stops: int


def ends_of_days(trip: Trip) -> tuple[list[int], list[list[int]]]:
    """Return the nodes where each day begins, -1 for where the day before ended, and where it may
    end.
    """
    node = {place.id: len(trip.stops) + number for number, place in enumerate(towns(trip))}
    begins = [node[day.begin.id] if day.begin else -1 for day in trip.days]
    return begins, [list(dict.fromkeys(node[place.id] for place in day.ends)) for day in trip.days]


def begins_of_days(fixed: list[int], ends: list[list[int]]) -> list[list[int]]:
    """Return the nodes where each day may begin, from what :func:`ends_of_days` returns."""
    return [[begin] if begin >= 0 else ends[number - 1] for number, begin in enumerate(fixed)]


def orders(model: Model) -> tuple[Sums, Sums]:
    """Return the least and the greatest place in the order of each set of stops."""
    sets = np.arange(1 << model.stops)
    lowest, highest = np.full(len(sets), FAR), np.full(len(sets), -1)
    for stop in np.flatnonzero(model.order >= 0):
        inside, order = sets >> stop & 1 == 1, model.order[stop]
        lowest[inside] = np.minimum(lowest[inside], order)
        highest[inside] = np.maximum(highest[inside], order)
    return lowest, highest


@dataclass(eq=False)
class JoinedDays:
    """Days of a trip that are joined one by one.

    Attributes
    ----------
    fixed, ends
        As :func:`ends_of_days` returns them.
    lowest, highest
        As :func:`orders` returns them.
    best
        Of each day the least sums (begins, sets, ends).
    total
        By the end of each day the least sums (sets, ends).
    """

    fixed: list[int]
    ends: list[list[int]]
    lowest: Sums
    highest: Sums
    best: list[Sums] = field(default_factory=list)
    total: list[Sums] = field(default_factory=list)

    @classmethod
    def of(cls, trip: Trip, model: Model) -> JoinedDays:
        """Return a trip of which no day is joined yet."""
        return cls(*ends_of_days(trip), *orders(model))

    @property
    def begins(self) -> list[list[int]]:
        """Return the nodes where each day may begin."""
        return begins_of_days(self.fixed, self.ends)

    def join(self, best: Sums) -> None:
        """Join the next day, of which the least sums (begins, sets, ends) are known."""
        from geo.visits import _exact

        if self.total:
            before = self._before(len(self.total))
            total: Sums = _exact.days_joined(before, best, self.lowest, self.highest)
        else:
            total = np.ascontiguousarray(best[0])
        self.best.append(best)
        self.total.append(total)

    def shares(self, chosen: int) -> list[Share]:
        """Return what each day has of a set of stops that is seen in all; all days are joined."""
        shares = []
        end = int(self.total[-1][chosen].argmin())
        for number in range(len(self.total) - 1, -1, -1):
            today, row = self._split(number, chosen, end) if number else (chosen, 0)
            shares.append(Share(self.begins[number][row], self.ends[number][end], today))
            if number:
                chosen ^= today
                end = (
                    row if self.fixed[number] < 0 else int(self.total[number - 1][chosen].argmin())
                )
        return shares[::-1]

    def _before(self, number: int) -> Sums:
        """Return the sums of the days before a day, by where it begins."""
        total = self.total[number - 1]
        return np.ascontiguousarray(
            total if self.fixed[number] < 0 else total.min(axis=1, keepdims=True)
        )

    def _split(self, number: int, seen: int, end: int) -> tuple[int, int]:
        """Find which of the stops seen by the end of a day are seen on it, and at which of its
        beginnings it began.
        """
        before, best = self._before(number), self.best[number][:, :, end]
        today = np.flatnonzero(np.arange(len(self.lowest)) & ~seen == 0)
        fits = self.highest[seen ^ today] <= self.lowest[today]
        for row in range(len(best)):
            earlier, now = before[seen ^ today, row], best[row, today]
            same = earlier + now == self.total[number][seen, end]
            matches = np.flatnonzero((earlier < FAR) & (now < FAR) & fits & same)
            if len(matches):
                return int(today[matches[0]]), row
        raise AssertionError("The sums of the days do not match.")
