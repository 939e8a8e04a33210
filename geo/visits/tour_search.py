"""Trips of many stops planned by search: good plans soon, without proof."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.visits.matrices import FAR
from geo.visits.schedules import Route
from geo.visits.trip import Trip

if TYPE_CHECKING:
    from geo.visits._day_rules import Model

PACE = 800_000
"""Steps a second, times stops, that a search takes: so few that it mostly ends before its time, and
is then the same each time.
"""
ROUNDS = (3, 8)
"""Searches side by side, of which the best counts, and how often each begins to take worse plans
again: few long rounds come nearer, many short ones get out of more traps. As many searches on every
machine, for the same plans."""
SEEDS = 1 << 30
"""How far apart the seeds of two searches are."""
AT_ONCE = 500
"""Steps between two looks at the clock."""
MUST, MAY, LEAST = 1 << 44, 1 << 36, 1 << 20
"""Seconds that stand for a stop left out: one that must be seen, the heaviest of the others, and
the lightest. As many stops as a trip may have weigh less than one of the next kind, the lightest
more than the ways to it, and all together less than a day that cannot be."""


def search(
    trip: Trip,
    model: Model,
    begins: list[int],
    ends: list[list[int]],
    *,
    seconds: float = 3.0,
    on_progress: Callable[[float], None] | None = None,
    steps: int | None = None,
) -> list[Route] | None:
    """Search for good routes of all days; None where none was found on which the days can be driven
    at all.

    Parameters
    ----------
    begins, ends
        By day: the node where it begins, -1 for where the day before ended; nodes where it may end.
    seconds
        At most; a search that is done sooner is the same each time.
    steps
        Instead of as many as go with the time.
    """
    from geo.visits import _tour_search as compiled

    until = monotonic() + seconds
    steps = steps or max(1, round(PACE * seconds / max(1, model.stops)))
    frame, towns = _frame(trip, model, begins, ends), _first_towns(begins, ends)

    def run(number: int) -> tuple[int, Any]:
        return _run(model, frame, towns, steps, until, number, on_progress if number == 0 else None)

    with ThreadPoolExecutor(len(ROUNDS)) as pool:  # compiled code does not hold the others up
        least, (route, size, town) = min(
            pool.map(run, range(len(ROUNDS))), key=lambda found: found[0]
        )
    if least >= compiled.BROKEN:
        return None
    routes = []
    for day, begin in enumerate(begins):
        start = begin if begin >= 0 else int(town[day - 1])
        routes.append(Route(start, int(town[day]), tuple(route[day, : size[day]].tolist())))
    return routes


def _run(
    model: Model,
    frame: Any,
    towns: list[int],
    steps: int,
    until: float,
    number: int,
    tell: Callable[[float], None] | None,
) -> tuple[int, Any]:
    """Search once, by its own dice; give the least cost, and route, size and town of the days that
    have it.
    """
    from geo.visits import _tour_search as compiled

    tours = compiled.empty(model, towns)
    best = tours.route.copy(), tours.size.copy(), tours.town.copy()
    least = compiled.worst(model, frame)
    rounds = ROUNDS[number]
    round_ = max(1, steps // rounds)
    for again, first in product(range(rounds), range(0, round_, AT_ONCE)):
        last, before = min(first + AT_ONCE, round_), again * round_
        least = compiled.search(
            model, frame, tours, best, least, (first, last, round_, number * SEEDS + before + first)
        )
        if tell:
            tell((before + last) / (rounds * round_))
        if monotonic() > until:
            break
    return least, best


def _first_towns(begins: list[int], ends: list[list[int]]) -> list[int]:
    """Let each day end where it begins, or else at the first of its ends."""
    towns: list[int] = []
    for begin, end in zip(begins, ends, strict=True):
        start = begin if begin >= 0 else towns[-1]
        towns.append(start if start in end else end[0])
    return towns


def _frame(trip: Trip, model: Model, begins: list[int], ends: list[list[int]]) -> Any:
    from geo.visits._tour_search import Frame

    heaviest = max((stop.weight for stop in trip.stops if not stop.must), default=1.0)
    loss = [
        MUST if stop.must else max(LEAST, round(MAY * stop.weight / heaviest))
        for stop in trip.stops
    ]
    between = np.asarray(model.least_s)[: model.stops, : model.stops]
    near = np.minimum(between, FAR >> 2) + np.minimum(between.T, FAR >> 2)
    np.fill_diagonal(near, -1)
    return Frame(
        fixed=np.array(begins, np.int64),
        end_start=np.cumsum([0, *(len(end) for end in ends)]).astype(np.int64),
        end=np.array([node for end in ends for node in end], np.int64),
        loss=np.array(loss, np.int64),
        near=np.argsort(near, axis=1, kind="stable").astype(np.int64),
        plain=bool((np.diff(model.way_start) <= 1).all()),
    )
