"""Field visits planned: which stops on which day, in what order, over which gates, with proof where
the trip is small.

Up to EXACT stops that can be visited at all, and mostly up to PERHAPS, are planned with proof
(:mod:`geo.visits._exact`), more by search (:mod:`geo.visits.tour_search`). What counts is, in this
order: stops one must see, the weight of the others, little time on the road, and early arrivals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from geo.errors import InputError, Message
from geo.visits import verify
from geo.visits.joined_days import JoinedDays, Sums, begins_of_days, ends_of_days
from geo.visits.matrices import FAR, Route, Tables
from geo.visits.plan_lengths import measured
from geo.visits.tour_search import search
from geo.visits.trip import Day, Lunch, Place, Plan, Proof, Stop, Trip
from geo.visits.trip_check import check
from geo.visits.world import World

if TYPE_CHECKING:
    from geo.visits._day_rules import Model

EXACT, PERHAPS = 12, 14
"""Stops up to which a plan is proven: whatever the days, and if not too many days and towns go with
them.
"""
EXACT_WORK = 3e8
"""Pairs of sets that are joined at most for more than EXACT stops: some seconds."""
LABELS = 1 << 23
"""States of one day at most, 28 bytes each."""
MILLIONTHS = 1_000_000
"""Weights are added as whole millionths, so that their order does not matter."""
Progress = Callable[[float], None]


def plan(
    trip: Trip,
    world: World,
    *,
    seconds: float = 3.0,
    on_progress: Progress | None = None,
    rehearse: bool = True,
    tables: Tables | None = None,
) -> Plan:
    """Plan a trip.

    Parameters
    ----------
    seconds
        How long a search may take; what is proven takes as long as it takes.
    on_progress
        Is told the share that is done.
    rehearse
        Whether :mod:`geo.visits.verify` goes through the plan, and its faults are kept in it.
    tables
        Of a trip with the same places, or more.

    Raises
    ------
    InputError
        The trip contradicts itself, or its days cannot be driven even without a stop; every fault
        is named.
    NotFoundError
        The network has no such vehicle.
    """
    check(
        trip,
        [f"There is no gate “{gate}”." for gate in trip.closed if gate not in world.gates.index],
    )
    if tables is None:
        tables = Tables.of(trip, world)
    best = solve(trip, tables, seconds=seconds, on_progress=on_progress)
    best = replace(best, days=measured(best, world))
    if rehearse:
        best = replace(best, faults=tuple(verify.rehearse(best, world)))
    return best


def solve(
    trip: Trip, tables: Tables, *, seconds: float = 3.0, on_progress: Progress | None = None
) -> Plan:
    """Plan a trip by tables of times alone; lengths of ways stay unknown, and nothing is rehearsed.

    Raises
    ------
    InputError
        As :func:`plan` does.
    """
    check(trip)
    tell = on_progress or (lambda _: None)
    tell(0.0)
    whole = tables.model(trip)
    possible = replace(
        trip,
        stops=tuple(stop for number, stop in enumerate(trip.stops) if _possible(whole, number)),
    )
    model = tables.model(possible)
    proof: Proof = "proven"
    routes = _proven(possible, model, tell) if _small(possible) else None
    if routes is None:
        proof, ends = "unproven", ends_of_days(possible)
        routes = search(possible, model, *ends, seconds=seconds, on_progress=tell)
    if not routes:
        raise InputError(
            Message("The days of this trip cannot be driven, even without a stop."),
            _undrivable(possible, model),
        )
    from geo.visits.schedules import schedule  # compiled

    days = tuple(
        schedule(possible, tables, model, number, route) for number, route in enumerate(routes)
    )
    visited = {visit.stop.place.id for day in days for visit in day.visits}
    left_out = tuple(stop for stop in trip.stops if stop.place.id not in visited)
    tell(1.0)
    on_road_s = sum(day.on_road_s for day in days)
    return Plan(trip, days, left_out, proof, on_road_s)


def _nothing(_step: str) -> None:
    """Ignore that a step begins."""


def warm_up(on_step: Callable[[str], None] = _nothing) -> None:
    """Compile everything, or load what was compiled before: half a minute once, so that the first
    trip need not wait.

    Parameters
    ----------
    on_step
        Called when each of two steps begins.
    """
    trip, tables = small_trip(stops=2, days=1)
    on_step("exact")
    solve(trip, tables)
    on_step("search")
    search(trip, tables.model(trip), *ends_of_days(trip), steps=2)


def small_trip(stops: int, days: int) -> tuple[Trip, Tables]:
    """Build a trip on which all compiled code is used, and its times."""
    home, *sites = (
        Place(str(number), {"en": str(number)}, 0, 0, None, "VN", "Asia/Ho_Chi_Minh")
        for number in range(1 + stops)
    )
    start = datetime(2026, 1, 5, 8, tzinfo=home.zone)
    mornings = [start.replace(day=5 + number) for number in range(days)]
    wish = tuple(Day(begin, begin.replace(hour=20), home, (home,)) for begin in mornings)
    trip = Trip("", tuple(Stop(site, 60) for site in sites), wish, Lunch(60))
    return trip, Tables((home, *sites), np.full((1 + stops, 1 + stops), 60))


# Small trips --------------------------------------------------------------------------------------


def _possible(model: Model, stop: int) -> bool:
    """Return whether a stop has an hour on some day, a way to it and a way from it."""
    least_s, begin_start = np.asarray(model.least_s), np.asarray(model.begin_start)
    to, on = least_s[:, stop].copy(), least_s[stop].copy()
    to[stop] = on[stop] = FAR
    begins = begin_start[stop :: model.stops][: len(model.day)]
    ends = begin_start[stop + 1 :: model.stops][: len(model.day)]
    return bool((ends > begins).any() and (to < FAR).any() and (on < FAR).any())


def _small(trip: Trip) -> bool:
    """Return whether a trip is small enough for a proof."""
    fixed, ends = ends_of_days(trip)
    begins = begins_of_days(fixed, ends)
    pairs = sum(len(start) * len(end) for start, end in zip(begins, ends, strict=True))
    joined = 3.0 ** len(trip.stops) if len(trip.days) > 1 else 0
    return len(trip.stops) <= EXACT or (len(trip.stops) <= PERHAPS and pairs * joined <= EXACT_WORK)


def _proven(trip: Trip, model: Model, tell: Progress) -> list[Route] | None:
    """Return the best routes of all days; none if the days cannot be driven, None if the labels do
    not suffice.
    """
    from geo.visits import _exact as compiled

    joined = JoinedDays.of(trip, model)
    steps, done = sum(len(begins) for begins in joined.begins), 0
    sets = 1 << model.stops
    for number, (begins, ends) in enumerate(zip(joined.begins, joined.ends, strict=True)):
        best = np.full((len(begins), sets, len(ends)), FAR)
        for row, node in enumerate(begins):
            best[row], *_, whole = compiled.one_day(
                model, number, node, np.array(ends), sets - 1, LABELS
            )
            if not whole:
                return None
            done += 1
            tell(0.9 * done / steps)
        joined.join(best)
    chosen = _chosen(trip, joined.total[-1].min(axis=1))
    if chosen is None:
        return []
    return [_route(model, number, *share) for number, share in enumerate(joined.shares(chosen))]


def _chosen(trip: Trip, least: Sums) -> int | None:
    """Choose the set of stops to be visited."""
    must, weight = np.zeros((2, len(least)), np.int64)
    for number, stop in enumerate(trip.stops):
        inside = np.arange(len(least)) >> number & 1
        if stop.must:
            must += inside
        else:
            weight += round(stop.weight * MILLIONTHS) * inside
    can = np.flatnonzero(least < FAR)
    if not len(can):
        return None
    order = np.lexsort((can, least[can], -weight[can], -must[can]))
    return int(can[order[0]])


def _route(model: Model, day: int, begin: int, end: int, stops: int) -> Route:
    """Find the order in which a set of stops is best visited on a day."""
    from geo.visits import _exact as compiled

    _, last, parent, stop, _ = compiled.one_day(model, day, begin, np.array([end]), stops, LABELS)
    order: list[int] = []
    label = int(last[stops, 0])
    while label >= 0:
        order.append(int(stop[label]))
        label = int(parent[label])
    return Route(begin, end, tuple(order[::-1]))


def _undrivable(trip: Trip, model: Model) -> Iterator[str]:
    """Name the days that cannot be driven without a stop, wherever they begin."""
    from geo.visits._day_rules import empty_day

    fixed, ends = ends_of_days(trip)
    for number, starts in enumerate(begins_of_days(fixed, ends)):
        pairs = product(starts, ends[number])
        if not any(empty_day(model, number, begin, end) < FAR for begin, end in pairs):
            yield Message("Day %(day)s: no end is reached in time.", {"day": number + 1})
