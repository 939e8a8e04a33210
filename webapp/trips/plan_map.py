"""A plan on the map: a line a way, a point a stop."""

from __future__ import annotations

from itertools import chain

import numpy as np
import shapely

from geo import maps
from geo.atlas import Atlas
from geo.visits import plan_lines
from geo.visits.plan_facts import Value
from geo.visits.plan_files import feature
from geo.visits.plan_steps import Itinerary, Step
from geo.visits.trip import Plan
from webapp.trips import agenda
from webapp.trips.agenda import Clock

LAYERS = {"way": "LineString", "end": "Point", "visit": "Point"}
"""Kinds of features with their geometry, from the lowest to the uppermost."""


def features(opened: Atlas, network: str, plan: Plan) -> dict[str, object]:
    """Return ways, ends of days and visits as GeoJSON."""
    steps, clocks = agenda.itinerary(opened, plan), agenda.clocks(opened)
    lines = plan_lines.lines(plan, opened.network(network))
    drawn: dict[str, list[object]] = {kind: [] for kind in LAYERS}
    for step in steps.steps:
        if facts := _facts(steps, step, clocks):
            kind, place = str(facts["kind"]), step.place
            shape = lines[step.day, step.way] if step.leg else shapely.Point(place.lon, place.lat)
            points = np.round(shapely.get_coordinates(shape), maps.DECIMALS).tolist()
            coordinates = points if step.leg else points[0]
            drawn[kind].append(feature(LAYERS[kind], coordinates, {"day": step.day, **facts}))
    return {"type": "FeatureCollection", "features": list(chain(*drawn.values()))}


def _facts(steps: Itinerary, step: Step, clocks: tuple[Clock, ...]) -> dict[str, Value]:
    """Return what the map shows of a step; empty if it does not draw it."""
    name = agenda.place_name(step.place)
    if step.leg and step.sets_out:
        ends = f"{agenda.place_name(step.leg.start)} → {agenda.place_name(step.leg.goal)}"
        return {"kind": "way", "name": ends}
    if step.visit:
        time = agenda.both(step.start, clocks)
        return {"kind": "visit", "number": step.number, "name": name, "time": time}
    if step.kind in ("begin", "night", "end") and steps.plan.days[step.day].legs:
        return {"kind": "end", "name": name, "time": agenda.both(step.arrive, clocks)}
    return {}
