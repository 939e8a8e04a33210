"""Field visits planned: which stops on which day, in what order, over which gates, with proof where
the trip is small.

Up to EXACT stops that can be visited at all, and mostly up to PERHAPS, are planned with proof
(:mod:`geo.visits._exact`), more by search (:mod:`geo.visits.tour_search`). What counts is, in this
order: stops one must see, the weight of the others, little time on the road, and early arrivals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time
from itertools import pairwise
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message, behind
from geo.roads import access
from geo.roads.network import Network
from geo.visits.matrices import FAR, Tables, domestic, places_of, points, towns
from geo.visits.schedules import Route, on_road_s, schedule
from geo.visits.tour_search import search
from geo.visits.trip import (
    LEAST_WEIGHT,
    MOST_DAYS,
    MOST_RESERVE_S,
    MOST_STOPS,
    MOST_WEIGHT,
    DayPlan,
    Leg,
    Plan,
    Proof,
    Stop,
    Trip,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.visits._day_rules import Model

__all__ = [
    "EXACT",
    "MOST_DAYS",
    "MOST_STOPS",
    "PERHAPS",
    "Tables",
    "check",
    "plan",
    "solve",
    "warm_up",
]

EXACT, PERHAPS = 12, 14
"""Stops up to which a plan is proven: whatever the days, and if not too many days and towns go with
them.
"""
EXACT_WORK = 3e8
"""Pairs of sets that are joined at most for more than EXACT stops: some seconds."""
LABELS = 1 << 23
"""States of one day at most, 28 bytes each."""
KINDS = ("passenger", "cargo")
MILLIONTHS = 1_000_000
"""Weights are added as whole millionths, so that their order does not matter."""
Progress = Callable[[float], None]
Sums = NDArray[np.int64]


def plan(
    trip: Trip,
    network: Network,
    gates: gpd.GeoDataFrame,
    crossings: pd.DataFrame,
    hours: Any,
    *,
    seconds: float = 3.0,
    on_progress: Progress | None = None,
    rehearse: bool = True,
    tables: Tables | None = None,
) -> Plan:
    """Plan a trip on a network.

    Parameters
    ----------
    gates, crossings
        The layer and the table of these names.
    hours
        A :class:`geo.hours.gates.Hours`: when which gate is open.
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
    check(trip, [f"There is no gate “{gate}”." for gate in trip.closed if gate not in gates.index])
    if tables is None:
        tables = Tables.of(trip, network, gates, crossings, hours)
    found = solve(trip, tables, seconds=seconds, on_progress=on_progress)
    found = replace(found, coarse=network.manifest.coarse, days=_measured(found, network, gates))
    if rehearse:
        from geo.visits.verify import rehearse as go_through

        found = replace(found, faults=tuple(go_through(found, network, gates, crossings, hours)))
    return found


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
        proof, routes = (
            "unproven",
            search(possible, model, *_ends(possible), seconds=seconds, on_progress=tell),
        )
    if not routes:
        raise InputError(
            Message("The days of this trip cannot be driven, even without a stop."),
            _undrivable(possible, model),
        )
    days = tuple(
        schedule(possible, tables, model, number, route) for number, route in enumerate(routes)
    )
    visited = {visit.stop.place.id for day in days for visit in day.visits}
    left_out = tuple(stop for stop in trip.stops if stop.place.id not in visited)
    tell(1.0)
    return Plan(
        trip=trip,
        days=days,
        left_out=left_out,
        proof=proof,
        on_road_s=on_road_s(days),
        coarse=False,
    )


def warm_up() -> None:
    """Compile everything, or load what was compiled before: some seconds once, so that the first
    trip need not wait.
    """
    from geo.visits.trip import Day, Lunch, Place

    places = [
        Place(str(one), {"en": str(one)}, 0, 0, None, "VN", "Asia/Ho_Chi_Minh") for one in range(3)
    ]
    start = datetime(2026, 1, 5, 8, tzinfo=places[0].zone)
    days = (Day(start, start.replace(hour=20), places[0], (places[0],)),)
    trip = Trip("", tuple(Stop(place, 60) for place in places[1:]), days, Lunch(60))
    tables = Tables(tuple(places), np.full((3, 3), 60))
    solve(trip, tables)
    search(trip, tables.model(trip), *_ends(trip), steps=2)


# What is wrong with a trip ------------------------------------------------------------------------


def check(trip: Trip, faults: list[str] | None = None) -> None:
    """Refuse a trip that contradicts itself.

    Parameters
    ----------
    faults
        Found before; they are named with the others.

    Raises
    ------
    InputError
        Every fault, one line each.
    """
    found = [*(faults or []), *_faults_of_trip(trip), *_faults_of_days(trip)]
    for stop in trip.stops:
        found += [behind(stop.place.name(), fault) for fault in _faults_of_stop(trip, stop)]
    if found:
        raise InputError(Message("This trip cannot be planned."), found)


def _faults_of_trip(trip: Trip) -> Iterator[str]:
    if not trip.stops:
        yield Message("There are no stops.")
    if len(trip.stops) > MOST_STOPS:
        yield Message(
            "There are %(count)s stops; at most %(most)s are planned at once.",
            {"count": len(trip.stops), "most": MOST_STOPS},
        )
    ids = [stop.place.id for stop in trip.stops]
    yield from (
        Message(
            "The stop “%(id)s” is listed %(count)s times.", {"id": one, "count": ids.count(one)}
        )
        for one in dict.fromkeys(ids)
        if ids.count(one) > 1
    )
    every: dict[str, set[tuple[float, float, str, str]]] = {}
    for place in (*(stop.place for stop in trip.stops), *towns(trip)):
        every.setdefault(place.id, set()).add((place.lon, place.lat, place.country, place.timezone))
    yield from (
        Message("The id “%(id)s” stands for %(count)s places.", {"id": one, "count": len(where)})
        for one, where in every.items()
        if len(where) > 1
    )
    if trip.kind not in KINDS:
        yield Message(
            "The kind of traffic is “%(kind)s”; it can be %(kinds)s.",
            {"kind": trip.kind, "kinds": " or ".join(KINDS)},
        )
    if not 0 <= trip.reserve_s <= MOST_RESERVE_S:
        yield (
            Message(
                "The reserve before a gate closes is %(reserve)s min; it lies between 0 and"
                " %(most)s min.",
                {
                    "reserve": f"{trip.reserve_s / 60:g}",
                    "most": f"{MOST_RESERVE_S / 60:g}",
                },
            )
        )
    if trip.lunch:
        if not (isfinite(trip.lunch.length_s) and trip.lunch.length_s > 0):
            yield Message("Lunch takes no time, or an unknown one.")
        try:
            first, last = time.fromisoformat(trip.lunch.from_), time.fromisoformat(trip.lunch.until)
        except ValueError:
            yield (
                Message(
                    "Lunch from “%(from)s” until “%(until)s”: times are written HH:MM.",
                    {"from": trip.lunch.from_, "until": trip.lunch.until},
                )
            )
        else:
            if first.tzinfo or last.tzinfo:
                yield Message("Lunch is told by the clock of the place, without a zone.")
            elif first > last:
                yield (
                    Message(
                        "Lunch may begin from %(from)s until %(until)s: that ends"
                        " before it begins.",
                        {"from": trip.lunch.from_, "until": trip.lunch.until},
                    )
                )


def _faults_of_days(trip: Trip) -> Iterator[str]:
    if not trip.days:
        yield Message("There are no days.")
    if len(trip.days) > MOST_DAYS:
        yield Message(
            "There are %(count)s days; at most %(most)s are planned at once.",
            {"count": len(trip.days), "most": MOST_DAYS},
        )
    for number, day in enumerate(trip.days, 1):
        naive = _naive(day.start, day.end)
        if naive:
            yield Message("Day %(day)s: a time without a zone.", {"day": number})
        elif day.end < day.start:
            yield Message("Day %(day)s: it ends before it begins.", {"day": number})
        elif (day.end - day.start).days >= 7:
            yield Message("Day %(day)s: it is longer than a week.", {"day": number})
        if not day.ends:
            yield Message("Day %(day)s: it has no place to end.", {"day": number})
    if trip.days and trip.days[0].begin is None:
        yield Message("Day 1: it has no place to begin.")
    for number, (one, other) in enumerate(pairwise(trip.days), 2):
        if not _naive(one.end, other.start) and other.start < one.end:
            yield Message(
                "Day %(day)s: it begins before day %(before)s ends.",
                {"day": number, "before": number - 1},
            )


def _faults_of_stop(trip: Trip, stop: Stop) -> Iterator[str]:
    if not (isfinite(stop.visit_s) and stop.visit_s >= 0):
        yield Message("the visit takes less than no time, or an unknown one.")
    if not LEAST_WEIGHT <= stop.weight <= MOST_WEIGHT:
        yield (
            Message(
                "the weight is %(weight)s; it lies between %(least)s and %(most)s.",
                {
                    "weight": f"{stop.weight:g}",
                    "least": f"{LEAST_WEIGHT:f}",
                    "most": f"{MOST_WEIGHT:.0f}",
                },
            )
        )
    if stop.order is not None and stop.order < 0:
        yield Message("its place in the order is negative.")
    if stop.day is not None and not 0 <= stop.day < len(trip.days):
        yield Message(
            "it is to be visited on day %(day)s; the trip has %(count)s.",
            {"day": stop.day + 1, "count": len(trip.days)},
        )
    windows = stop.windows or ()
    if any(_naive(*window) for window in windows):
        yield Message("a window without a zone.")
        return
    yield from (
        Message(
            "the window from %(start)s ends before it begins.", {"start": f"{start:%Y-%m-%d %H:%M}"}
        )
        for start, end in windows
        if end < start
    )
    for (_, end), (start, _) in pairwise(windows):
        if start < end:
            yield (
                Message(
                    "the window from %(start)s begins before the one listed before it ends.",
                    {"start": f"{start:%Y-%m-%d %H:%M}"},
                )
            )


def _naive(*moments: datetime) -> bool:
    return any(moment.utcoffset() is None for moment in moments)


# Small trips --------------------------------------------------------------------------------------


def _possible(model: Model, stop: int) -> bool:
    """Return whether a stop has an hour on some day, a way to it and a way from it."""
    to, on = model.least_s[:, stop].copy(), model.least_s[stop].copy()
    to[stop] = on[stop] = FAR
    begins = model.begin_start[stop :: model.stops][: len(model.day)]
    ends = model.begin_start[stop + 1 :: model.stops][: len(model.day)]
    return bool((ends > begins).any() and (to < FAR).any() and (on < FAR).any())


def _ends(trip: Trip) -> tuple[list[int], list[list[int]]]:
    """Return the nodes where each day begins, -1 for where the day before ended, and where it may
    end.
    """
    node = {place.id: len(trip.stops) + number for number, place in enumerate(towns(trip))}
    begins = [node[day.begin.id] if day.begin else -1 for day in trip.days]
    return begins, [list(dict.fromkeys(node[place.id] for place in day.ends)) for day in trip.days]


def _small(trip: Trip) -> bool:
    """Return whether a trip is small enough for a proof."""
    fixed, ends = _ends(trip)
    pairs = sum(
        len(here) * (1 if begin >= 0 else len(before))
        for begin, before, here in zip(fixed, [[0], *ends], ends, strict=False)
    )
    joined = 3.0 ** len(trip.stops) if len(trip.days) > 1 else 0
    return len(trip.stops) <= EXACT or (len(trip.stops) <= PERHAPS and pairs * joined <= EXACT_WORK)


def _proven(trip: Trip, model: Model, tell: Progress) -> list[Route] | None:
    """Return the best routes of all days; none if the days cannot be driven, None if the labels do
    not suffice.
    """
    from geo.visits import _exact as compiled

    n = model.stops
    fixed, ends = _ends(trip)
    begins = [[begin] if begin >= 0 else ends[number - 1] for number, begin in enumerate(fixed)]
    lowest, highest = _orders(model)
    steps, done = sum(len(one) for one in begins), 0
    bests: list[Sums] = []
    totals: list[Sums] = []
    for number, (starts, goals) in enumerate(zip(begins, ends, strict=True)):
        best = np.full((len(starts), 1 << n, len(goals)), FAR)
        for row, node in enumerate(starts):
            best[row], *_, whole = compiled.one_day(
                model, number, node, np.array(goals), (1 << n) - 1, LABELS
            )
            if not whole:
                return None
            done += 1
            tell(0.9 * done / steps)
        if number == 0:
            total = np.ascontiguousarray(best[0])
        else:
            total = compiled.days_joined(
                _handed_on(totals[-1], fixed[number]), best, lowest, highest
            )
        bests.append(best)
        totals.append(total)
    chosen = _chosen(trip, totals[-1].min(axis=1))
    if chosen is None:
        return []
    routes: list[Route] = []
    end = int(totals[-1][chosen].argmin())
    for number in range(len(trip.days) - 1, -1, -1):
        today, row = chosen, 0
        if number:
            before = _handed_on(totals[number - 1], fixed[number])
            today, row = _split(
                before,
                bests[number][:, :, end],
                int(totals[number][chosen, end]),
                chosen,
                (lowest, highest),
            )
        begin = begins[number][row]
        routes.append(_route(model, number, begin, ends[number][end], today))
        if number:
            chosen ^= today
            end = row if fixed[number] < 0 else int(totals[number - 1][chosen].argmin())
    return routes[::-1]


def _orders(model: Model) -> tuple[Sums, Sums]:
    """Return the least and the greatest order in every set of stops."""
    lowest, highest = np.full(1 << model.stops, FAR), np.full(1 << model.stops, -1)
    sets = np.arange(1 << model.stops)
    for stop, order in enumerate(model.order.tolist()):
        if order >= 0:
            inside = sets >> stop & 1 == 1
            lowest[inside], highest[inside] = (
                np.minimum(lowest[inside], order),
                np.maximum(highest[inside], order),
            )
    return lowest, highest


def _handed_on(total: Sums, fixed: int) -> Sums:
    """Return the sums by where the next day begins."""
    return np.ascontiguousarray(total if fixed < 0 else total.min(axis=1, keepdims=True))


def _chosen(trip: Trip, least: Sums) -> int | None:
    """Choose the set of stops to be visited."""
    must, weight = np.zeros(len(least), np.int64), np.zeros(len(least), np.int64)
    sets = np.arange(len(least))
    for number, stop in enumerate(trip.stops):
        inside = sets >> number & 1 == 1
        if stop.must:
            must[inside] += 1
        else:
            weight[inside] += round(stop.weight * MILLIONTHS)
    can = np.flatnonzero(least < FAR)
    if not len(can):
        return None
    order = np.lexsort((can, least[can], -weight[can], -must[can]))
    return int(can[order[0]])


def _split(
    before: Sums, best: Sums, total: int, seen: int, orders: tuple[Sums, Sums]
) -> tuple[int, int]:
    """Find which of the stops seen are those of the last day, and where it began."""
    lowest, highest = orders
    today = np.flatnonzero(np.arange(best.shape[1]) & ~seen == 0)
    fits = highest[seen ^ today] <= lowest[today]
    for row in range(len(best)):
        one, other = before[seen ^ today, row], best[row, today]
        matches = np.flatnonzero((one < FAR) & (other < FAR) & fits & (one + other == total))
        if len(matches):
            return int(today[matches[0]]), row
    raise AssertionError("The sums of the days do not match.")


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

    fixed, ends = _ends(trip)
    for number, (begin, end) in enumerate(zip(fixed, ends, strict=True)):
        begins = [begin] if begin >= 0 else ends[number - 1]
        if not any(empty_day(model, number, one, other) < FAR for one in begins for other in end):
            yield Message("Day %(day)s: no end is reached in time.", {"day": number + 1})


# Lengths ------------------------------------------------------------------------------------------


def _measured(found: Plan, network: Network, gates: gpd.GeoDataFrame) -> tuple[DayPlan, ...]:
    """Fill in how long the ways are, in whole and before the gate."""
    closed, days = domestic(network), []
    by_id = {place.id: place for place in places_of(found.trip)}
    for day in found.days:
        parts = {part for leg in day.legs for part in _parts(leg)}
        names = sorted({name for part in parts for name in part})
        places = [by_id[name.removeprefix("place ")] for name in names if name.startswith("place ")]
        used = gates.loc[[name.removeprefix("gate ") for name in names if name.startswith("gate ")]]
        if not parts:
            days.append(day)
            continue
        layer = points(places, used)
        table = access.travel_times(closed, layer, layer, profile=found.trip.profile)
        columns = (
            table[name].tolist() for name in ("from_id", "to_id", "travel_time_s", "length_m")
        )
        roads = {
            (start, goal): (time_s, length_m)
            for start, goal, time_s, length_m in zip(*columns, strict=True)
        }
        days.append(
            replace(
                day,
                legs=tuple(
                    _leg_measured(leg, [roads[part] for part in _parts(leg)]) for leg in day.legs
                ),
            )
        )
    return tuple(days)


def _leg_measured(leg: Leg, roads: list[tuple[float, float]]) -> Leg:
    """Fill in the lengths of a leg from times and lengths of its roads, two where it passes a gate;
    times are whole seconds, rounded up.
    """
    length_m = sum(length for _, length in roads)
    if leg.crossing is None:
        return replace(leg, length_m=length_m)
    before_s, before_m = roads[0]
    return replace(leg, length_m=length_m, before_s=float(ceil(before_s)), before_m=before_m)


def _parts(leg: Leg) -> list[tuple[str, str]]:
    """Return the ways of a leg on the roads of one country, by the names that
    :func:`geo.visits.matrices.points` gives.
    """
    start, goal = f"place {leg.start.id}", f"place {leg.goal.id}"
    if leg.crossing is None:
        return [(start, goal)]
    gate = f"gate {leg.crossing.gate}"
    return [(start, gate), (gate, goal)]
