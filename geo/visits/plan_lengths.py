"""Fill in how long the ways of a plan are."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from geo.roads import access
from geo.visits.matrices import domestic, places_of, points
from geo.visits.trip import DayPlan, Leg, Plan
from geo.visits.world import World


def measured(found: Plan, world: World) -> tuple[DayPlan, ...]:
    """Fill in how long the ways are, in whole and before the gate."""
    closed, days = domestic(world.network), []
    by_id = {place.id: place for place in places_of(found.trip)}
    for day in found.days:
        parts = {part for leg in day.legs for part in _parts(leg)}
        names = sorted({name for part in parts for name in part})
        places = [by_id[name.removeprefix("place ")] for name in names if name.startswith("place ")]
        used = world.gates.loc[
            [name.removeprefix("gate ") for name in names if name.startswith("gate ")]
        ]
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
