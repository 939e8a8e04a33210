"""The ways of a plan as lines, for maps and files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import shapely
from shapely.ops import substring

from geo.errors import NotFoundError
from geo.export import DECIMALS
from geo.roads import access
from geo.roads.network import Network
from geo.visits.plan_steps import Itinerary, Step
from geo.visits.trip import Leg, Place, Plan

Lines = Mapping[tuple[int, int], shapely.LineString]
"""Ways on the road by number of the day and of the way in it, both from 0; WGS 84."""


def lines(plan: Plan, network: Network) -> dict[tuple[int, int], shapely.LineString]:
    """Return the line of each way by number of the day and of the way in it, both from 0; WGS 84.

    A way inside a country follows roads of that country, one across the border passes the gate of
    the plan and no other."""
    passing: dict[str | None, Network] = {}
    ways = {}
    for day in plan.days:
        for number, leg in enumerate(day.legs):
            gate = leg.crossing.gate if leg.crossing else None
            if gate not in passing:
                others = (other for other in network.manifest.gates if other != gate)
                passing[gate] = network.with_waiting(dict.fromkeys(others, math.inf))
            ways[day.number, number] = _line(leg, passing[gate], plan.trip.profile)
    return ways


def drives(
    itinerary: Itinerary, ways: Lines, number: int
) -> Iterator[tuple[Step, list[tuple[float, float]]]]:
    """Return the drives of a day with their points: on the road if that is known, else straight.

    The line of a way over a gate is cut where it comes nearest to the gate; if nobody knows where
    that is, both drives have one line."""
    steps = itinerary.of_day(number)
    gates = {step.way: step.place for step in steps if step.kind == "gate"}
    for step in steps:
        leg, origin, gate = step.leg, step.origin, gates.get(step.way)
        if leg is None or origin is None:
            continue
        if gate is not None and math.isnan(gate.lon):
            if step.place is gate:
                continue
            gate, origin = None, leg.start
        line = ways.get((number, step.way))
        shape: shapely.Geometry | None = line
        if line is not None and gate is not None:
            at = line.project(shapely.Point(gate.lon, gate.lat))
            shape = substring(line, *((0.0, at) if step.place is gate else (at, line.length)))
        points = (
            [(origin.lon, origin.lat), (step.place.lon, step.place.lat)]
            if shape is None
            else shapely.get_coordinates(shape).tolist()
        )
        if len(points) > 1:
            yield step, [(round(x, DECIMALS), round(y, DECIMALS)) for x, y in points]


def _line(leg: Leg, network: Network, profile: str) -> shapely.LineString:
    ends = np.array([(place.lon, place.lat) for place in (leg.start, leg.goal)])
    if np.array_equal(*ends):
        return shapely.LineString(ends)
    try:
        steps = access.route(network, point(leg.start), point(leg.goal), profile=profile)
    except NotFoundError:
        # both ends at the same spot of a road, or a way that the plan found over the ends of a gate
        return shapely.LineString(ends)
    points = np.concatenate(
        [ends[:1], shapely.get_coordinates(steps.geometry.to_numpy()), ends[1:]]
    )
    kept = np.append(True, np.any(points[1:] != points[:-1], axis=1))
    return shapely.LineString(points[kept])


def point(place: Place) -> gpd.GeoDataFrame:
    """Return a place as a point layer of one row, as :mod:`geo.roads.access` takes it."""
    return gpd.GeoDataFrame(
        {"country": [place.country]},
        index=[place.id],
        geometry=gpd.points_from_xy([place.lon], [place.lat]),
        crs=4326,
    )
