"""The ways of a plan as lines, for maps and files."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import NotFoundError
from geo.roads import access
from geo.roads.network import Network
from geo.visits.trip import Leg, Place, Plan


def lines(plan: Plan, network: Network) -> dict[tuple[int, int], shapely.LineString]:
    """Return the line of each way by number of the day and of the way in it, both from 0; WGS 84.

    A way inside a country follows roads of that country, one across the border passes the gate of
    the plan and no other."""
    passing: dict[str | None, Network] = {}
    out = {}
    for day in plan.days:
        for number, leg in enumerate(day.legs):
            gate = leg.crossing.gate if leg.crossing else None
            if gate not in passing:
                shut = dict.fromkeys(
                    (one for one in network.manifest.gates if one != gate), float("inf")
                )
                passing[gate] = network.with_waiting(shut)
            out[day.number, number] = _line(leg, passing[gate], plan.trip.profile)
    return out


def _line(leg: Leg, network: Network, profile: str) -> shapely.LineString:
    ends = np.array([(one.lon, one.lat) for one in (leg.start, leg.goal)])
    if np.array_equal(*ends):
        return shapely.LineString(ends)
    try:
        steps = access.route(network, point(leg.start), point(leg.goal), profile=profile)
    except (
        NotFoundError
    ):  # both ends at the same spot of a road, or a way that the plan found over the ends of a gate
        return shapely.LineString(ends)
    parts: list[NDArray[np.float64]] = [
        shapely.get_coordinates(one) for one in steps.geometry.array
    ]
    points = np.concatenate([ends[:1], *parts, ends[1:]])
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
