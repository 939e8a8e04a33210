"""From stops in turn to a day with its times: ways, gates, lunch, and how late one may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from geo.visits.itinerary import Crossing, DayPlan, Leg, Place, Trip, Visit
from geo.visits.timetables import FAR, Tables, towns

if TYPE_CHECKING:
    from geo.visits._legs import Model


@dataclass(frozen=True)
class Route:
    """A day as the planners give it: nodes of the model where it begins and ends, and its stops in turn."""

    begin: int
    end: int
    stops: tuple[int, ...]


class _Label(NamedTuple):
    """How one may stand after a stop: when one leaves it, seconds on the road until then, and how one came here."""

    leave: int
    cost: int
    eaten: bool
    before: _Label | None
    way: int
    lunch: int


def schedule(trip: Trip, tables: Tables, model: Model, number: int, route: Route) -> DayPlan:
    """Give a day its times: of all ways over the gates and places for lunch the least on the road, and of those the earliest.

    The first departure is as late as the first visit, lunch or gate allows.
    """
    nodes = (*(stop.place for stop in trip.stops), *towns(trip))
    begin, end = nodes[route.begin], nodes[route.end]
    if not route.stops:
        straight = () if route.begin == route.end else (_straight(trip, tables, model, number, route, nodes),)
        return DayPlan(number, begin, end, straight, ())
    steps, last_way = _fastest(model, number, route)
    legs: list[Leg] = []
    visits: list[Visit] = []
    ways = [*(step.way for step in steps[1:]), last_way]
    late = _late(model, number, route, ways)
    sequence = (*route.stops, route.end)
    here, leave = route.begin, steps[0].leave
    for position, (there, way) in enumerate(zip(sequence, ways, strict=True)):
        step = steps[position + 1] if position < len(route.stops) else None
        if step is None:
            legs.append(_leg(trip, tables, model, number, (nodes[here], nodes[there]), way, leave))
            break
        arrive = _arrival(model, number, way, leave)
        visit_s, eat = int(model.visit_s[there]), None
        if step.lunch == 1:
            eat = max(arrive, int(model.lunch[number, there, 0]))
        start = _begins(model, number, there, arrive if eat is None else eat + model.lunch_s)
        if position == 0:
            leave = max(leave, _departure(model, number, way, start if eat is None else eat))
            arrive = _arrival(model, number, way, leave)
        if step.lunch == 2:
            eat = max(start + visit_s, int(model.lunch[number, there, 0]))
        legs.append(_leg(trip, tables, model, number, (nodes[here], nodes[there]), way, leave))
        zone = nodes[there].zone
        visits.append(
            Visit(
                stop=trip.stops[there],
                arrive=_at(arrive, zone),
                start=_at(start, zone),
                end=_at(start + visit_s, zone),
                leave=_at(step.leave, zone),
                lunch=None if eat is None else (_at(eat, zone), _at(eat + model.lunch_s, zone)),
                slack_s=float(late[position][steps[position].eaten] - arrive),
            )
        )
        here, leave = there, step.leave
    return DayPlan(number, begin, end, tuple(legs), tuple(visits))


def on_road_s(days: Sequence[DayPlan]) -> float:
    """Give driving and formalities of all days."""
    return sum(leg.drive_s + (leg.crossing.service_s if leg.crossing else 0.0) for day in days for leg in day.legs)


def _fastest(model: Model, day: int, route: Route) -> tuple[list[_Label], int]:
    """Choose ways and lunch: what one does until each stop, from the beginning on, and the last way."""
    from geo.visits._legs import COST, leaves, needs_lunch

    labels = [_Label(int(model.day[day, 0]), 0, False, None, -1, 0)]
    here = route.begin
    for stop in route.stops:
        found: list[_Label] = []
        for label in labels:
            for way in _ways(model, here, stop):
                arrive, cost = _arrival(model, day, way, label.leave), label.cost + int(model.way[way, COST])
                for lunch in (0,) if label.eaten or not model.lunch_s else (0, 1, 2):
                    leave = int(leaves(model, day, stop, arrive, lunch)) if arrive < FAR else FAR
                    if leave < FAR:
                        found.append(_Label(leave, cost, label.eaten or lunch > 0, label, way, lunch))
        labels = [one for eaten in (False, True) for one in _unbeaten([label for label in found if label.eaten == eaten])]
        here = stop
    choices = []
    for rank, label in enumerate(labels):
        for way in _ways(model, here, route.end):
            arrive = _arrival(model, day, way, label.leave)
            if arrive <= model.day[day, 1] and bool(needs_lunch(model, day, route.begin, route.end, arrive)) == label.eaten:
                choices.append((label.cost + int(model.way[way, COST]), arrive, rank, way))
    _, _, rank, last_way = min(choices)
    steps: list[_Label] = []
    one: _Label | None = labels[rank]
    while one is not None:
        steps.append(one)
        one = one.before
    return steps[::-1], last_way


def _unbeaten(labels: list[_Label]) -> list[_Label]:
    """Keep those that no other is both earlier and cheaper than."""
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda one: (one.leave, one.cost)):
        if not kept or label.cost < kept[-1].cost:
            kept.append(label)
    return kept


def _late(model: Model, day: int, route: Route, ways: list[int]) -> list[tuple[int, int]]:
    """Give how late one may arrive at each stop, hungry and after lunch, over the same gates; lunch may be somewhere else."""
    from geo.visits._legs import departure, last_arrival, must_arrive

    until = [int(last_arrival(model, day, route.begin, route.end, eaten)) for eaten in (False, True)]
    late = []
    for stop, way in zip(reversed(route.stops), reversed(ways), strict=False):
        leave = [int(departure(model, day, way, one)) for one in until]
        hungry = [int(must_arrive(model, day, stop, leave[0], 0))]
        if model.lunch_s:
            hungry += [int(must_arrive(model, day, stop, leave[1], lunch)) for lunch in (1, 2)]
        until = [max(hungry), int(must_arrive(model, day, stop, leave[1], 0))]
        late.append((until[0], until[1]))
    return late[::-1]


def _straight(trip: Trip, tables: Tables, model: Model, day: int, route: Route, nodes: Sequence[Place]) -> Leg:
    """Give the only way of a day without visits."""
    from geo.visits._legs import COST, empty_day

    cost, leave = (int(one) for one in empty_day(model, day, route.begin, np.array([route.end]), route.end))
    ways = [way for way in _ways(model, route.begin, route.end) if model.way[way, COST] == cost]
    arrivals = [(_arrival(model, day, way, leave), way) for way in ways]
    arrive, way = min(arrivals)
    return _leg(trip, tables, model, day, (nodes[route.begin], nodes[route.end]), way, max(leave, _departure(model, day, way, arrive)))


def _leg(trip: Trip, tables: Tables, model: Model, day: int, ends: tuple[Place, Place], way: int, leave: int) -> Leg:
    """Give a way with its times; its length is measured later."""
    start, goal = ends
    drive, service, on, _, number = (int(one) for one in model.way[way])
    arrive, crossing = _arrival(model, day, way, leave), None
    if number >= 0:
        passage = tables.passages(trip)[number]
        enter = _at(arrive - on - service, passage.zone)
        known = tables.hours.known(passage.gate, passage.towards, trip.kind, trip.vehicle_country, enter)
        crossing = Crossing(passage.gate, passage.towards, _at(leave + drive, passage.zone), enter, _at(arrive - on, passage.zone), known)
    return Leg(start, goal, _at(leave, start.zone), _at(arrive, goal.zone), float(drive + on), math.nan, crossing)


def _ways(model: Model, here: int, there: int) -> range:
    pair = here * model.nodes + there
    return range(int(model.way_start[pair]), int(model.way_start[pair + 1]))


def _arrival(model: Model, day: int, way: int, leave: int) -> int:
    from geo.visits._legs import arrival

    return int(arrival(model, day, way, leave))


def _departure(model: Model, day: int, way: int, arrive: int) -> int:
    from geo.visits._legs import departure

    return int(departure(model, day, way, arrive))


def _begins(model: Model, day: int, stop: int, moment: int) -> int:
    from geo.visits._legs import visit_begins

    return int(visit_begins(model, day, stop, moment))


def _at(moment: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment, zone)
