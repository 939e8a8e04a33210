"""Numbers of the picture of a day, a bar between two clocks, which ``templates/_charts.html``
draws as SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from webapp.i18n import gettext as _
from webapp.trips.agenda import Agenda, Clock, both

COLOURS = ("#0072b2", "#c25500", "#00805c", "#a8558a", "#7a6a00", "#5b3f94", "#8c1d2f", "#3c4250")
"""Of the days, on the map and in the list: Okabe and Ito (2008), darkened until white figures on
them can be read.
"""
LEFT, WIDTH = 8, 704
MOST_HOURS = 14
"""Of a day in which every hour is marked; of a longer one every other."""


@dataclass(frozen=True)
class Tick:
    """A mark of an hour, in pixels, with what the clocks show, and which end of the text it is
    at.
    """

    x: float
    times: tuple[str, ...]
    anchor: str


@dataclass(frozen=True)
class Bar:
    """A row of the day as a bar, in pixels; ``number`` where there is room for it."""

    x: float
    width: float
    kind: str
    number: int


@dataclass(frozen=True)
class Timeline:
    """The picture of a day, and what it shows in words."""

    title: str
    colour: str
    ticks: list[Tick]
    bars: list[Bar]
    left: int = LEFT
    width: int = WIDTH


def timeline(day: Agenda, clocks: Sequence[Clock]) -> Timeline:
    """Compute the picture of a day that has rows, which are its table."""
    begin, until = day.rows[0].begin, day.rows[-1].until
    first = begin.replace(minute=0, second=0, microsecond=0)
    last = until.astimezone(begin.tzinfo) + timedelta(minutes=59)
    last = last.replace(minute=0, second=0, microsecond=0)
    span = max(last - first, timedelta(hours=1))
    hours = span // timedelta(hours=1)
    across = (WIDTH - 2 * LEFT) / span.total_seconds()
    every = 1 if hours <= MOST_HOURS else 2
    ticks = [
        Tick(
            LEFT + across * 3600 * hour,
            tuple(clock.time(first + timedelta(hours=hour)) for clock in clocks[:2]),
            "start" if hour == 0 else "end" if hour + every > hours else "middle",
        )
        for hour in range(0, hours + 1, every)
    ]
    bars = []
    for row in day.rows:
        x, end = (
            LEFT + across * (moment - first).total_seconds() for moment in (row.begin, row.until)
        )
        if end - x >= 0.5:
            bars.append(Bar(x, end - x, row.kind, row.number if end - x > 12 else 0))
    title = _(
        "Day %(n)s from %(begin)s to %(end)s",
        n=day.number,
        begin=both(begin, clocks),
        end=both(until, clocks),
    )
    return Timeline(title, COLOURS[day.plan.number % len(COLOURS)], ticks, bars)
