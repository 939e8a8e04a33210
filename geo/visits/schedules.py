"""From stops in turn to a day with its times: ways, gates, lunch, and how late one may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from geo.visits._day_rules import (
    COST,
    DRIVE,
    ON,
    PASSAGE,
    Model,
    arrives,
    departure,
    departure_fed,
    empty_day,
    fed,
    hungry_until,
    last_arrival,
    leaves,
    must_arrive,
    sets_out,
    straight,
    visit_begins,
)
from geo.visits.matrices import FAR, Route, Tables, towns
from geo.visits.trip import Crossing, DayPlan, Leg, Place, Span, Trip, Visit


class _Label(NamedTuple):
    """How one may stand after a stop: when one leaves it, seconds on the road until then, and how
    one came here.

    ``eaten``: whether one needs no lunch any more; ``fed``: whether one ate on the way here, as
    ``arrival_fed`` has it."""

    leave: int
    cost: int
    eaten: bool
    before: _Label | None
    way: int
    fed: bool


class _Meal(NamedTuple):
    """Where one eats that belongs to a way: where it begins, on it before or after the gate, or
    where it ends; from when to when.
    """

    where: str
    start: int
    end: int

    def span(self, zone: ZoneInfo) -> Span:
        """Return from when to when, on a clock."""
        return _at(self.start, zone), _at(self.end, zone)


def schedule(trip: Trip, tables: Tables, model: Model, number: int, route: Route) -> DayPlan:
    """Build a day with its times: of all ways over the gates and places for lunch the least on
    the road, and of those the earliest.

    The first departure is as late as the first visit, lunch or gate allows. One eats at a place
    rather than on the way, if that takes no longer."""
    nodes = (*(stop.place for stop in trip.stops), *towns(trip))
    clock = _Clock(trip, tables, model, number, nodes)
    if not route.stops:
        return clock.empty(route)
    steps = _fastest(model, number, route)
    late = _late(model, number, route, [step.way for step in steps[1:]])
    legs: list[Leg] = []
    visits: list[Visit] = []
    here, leave, lunch = route.begin, steps[0].leave, None
    for position, (there, step) in enumerate(
        zip((*route.stops, route.end), steps[1:], strict=True)
    ):
        is_stop = position < len(route.stops)
        done = arrives(model, number, here, there, step.way, leave, step.fed)
        start = int(visit_begins(model, number, there, done) if is_stop else done)
        if position == 0:
            leave = max(leave, clock.depart(here, there, step.way, start, step.fed))
        meal = (
            clock.meal(here, there, step.way, leave, start, at_goal=is_stop) if step.fed else None
        )
        if meal and meal.where == "start":
            leave = meal.end
            if visits:
                eaten = meal.span(nodes[here].zone)
                visits[-1] = replace(visits[-1], leave=eaten[1], lunch=eaten)
            else:
                lunch = meal
        leg, arrive = clock.leg(here, there, step.way, leave, meal)
        legs.append(leg)
        if not is_stop:
            break
        zone, leave = nodes[there].zone, start + int(model.visit_s[there])
        before = meal if meal and meal.where == "goal" else None
        slack_until = late[position][1 if step.eaten and not before else 0]
        visits.append(
            Visit(
                stop=trip.stops[there],
                arrive=_at(arrive, zone),
                start=_at(start, zone),
                end=_at(leave, zone),
                leave=_at(leave, zone),
                lunch=before.span(zone) if before else None,
                slack_s=float(slack_until - arrive),
            )
        )
        here = there
    begin, end = nodes[route.begin], nodes[route.end]
    eaten_there = clock.before(lunch, legs[0], begin)
    return DayPlan(number, begin, end, tuple(legs), tuple(visits), eaten_there)


def _fastest(model: Model, day: int, route: Route) -> list[_Label]:
    """Choose ways and lunch, of equal ones the early lunch: how one stands at the beginning, after
    each stop, and at the end.
    """
    states = (False, True) if model.lunch_s else (False,)
    labels = [
        _Label(int(sets_out(model, day, route.begin, eaten)), 0, eaten, None, -1, False)
        for eaten in reversed(states)
    ]
    here = route.begin
    for there in (*route.stops, route.end):
        reached: list[_Label] = []
        for label in labels:
            for way in _ways(model, here, there):
                cost = label.cost + int(model.way[way, COST])
                for eaten in states:
                    if label.eaten and not eaten:
                        continue
                    eats = eaten and not label.eaten
                    arrive = arrives(model, day, here, there, way, label.leave, eats)
                    if there == route.end:
                        leave = arrive if arrive <= last_arrival(model, day, there, eaten) else FAR
                    else:
                        leave = leaves(model, day, there, arrive) if arrive < FAR else FAR
                    if leave < FAR:
                        reached.append(_Label(leave, cost, eaten, label, way, eats))
        labels = [
            label
            for eaten in reversed(states)
            for label in _unbeaten([label for label in reached if label.eaten == eaten])
        ]
        here = there
    last: _Label | None = min(labels, key=lambda label: (label.cost, label.leave))
    steps: list[_Label] = []
    while last is not None:
        steps.append(last)
        last = last.before
    return steps[::-1]


def _unbeaten(labels: list[_Label]) -> list[_Label]:
    """Keep those that no other is both earlier and cheaper than."""
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda label: (label.leave, label.cost)):
        if not kept or label.cost < kept[-1].cost:
            kept.append(label)
    return kept


def _late(model: Model, day: int, route: Route, ways: list[int]) -> list[tuple[int, int]]:
    """Return how late one may arrive at each stop, hungry and after lunch, over the same gates;
    lunch may be somewhere else.
    """
    until = [last_arrival(model, day, route.end, eaten) for eaten in (0, 1)]
    late, then = [], route.end
    for stop, way in zip(reversed(route.stops), reversed(ways), strict=False):
        leave = [departure(model, day, way, moment) for moment in until]
        if model.lunch_s:
            leave[0] = max(leave[0], departure_fed(model, day, stop, then, way, until[1]))
        until = [must_arrive(model, day, stop, moment) for moment in leave]
        hungry, eaten = until
        if model.lunch_s:
            hungry = max(hungry, hungry_until(model, day, stop, eaten))
        late.append((hungry, eaten))
        then = stop
    return late[::-1]


@dataclass(frozen=True)
class _Clock:
    """Moments of one day of a trip."""

    trip: Trip
    tables: Tables
    model: Model
    day: int
    nodes: Sequence[Place]

    def depart(self, here: int, there: int, way: int, arrive: int, fed: bool) -> int:
        if fed:
            return int(departure_fed(self.model, self.day, here, there, way, arrive))
        return int(departure(self.model, self.day, way, arrive))

    def empty(self, route: Route) -> DayPlan:
        """Return a day without visits: nothing to do, or one way, the cheapest and of those the
        quickest.
        """
        begin, end = self.nodes[route.begin], self.nodes[route.end]
        if route.begin == route.end:
            return DayPlan(self.day, begin, end, (), ())
        cost = int(empty_day(self.model, self.day, route.begin, route.end))
        ways = [
            way
            for way in _ways(self.model, route.begin, route.end)
            if self.model.way[way, COST] == cost
        ]
        arrive, how, way = min(
            (*straight(self.model, self.day, route.begin, route.end, way), way) for way in ways
        )
        eats = how == 2
        leave = self.depart(route.begin, route.end, way, arrive, eats)
        meal = (
            self.meal(route.begin, route.end, way, leave, arrive, at_goal=False) if eats else None
        )
        at_start = meal if meal and meal.where == "start" else None
        leg, _ = self.leg(route.begin, route.end, way, at_start.end if at_start else leave, meal)
        return DayPlan(self.day, begin, end, (leg,), (), self.before(at_start, leg, begin))

    def before(self, meal: _Meal | None, leg: Leg, begin: Place) -> Span | None:
        """Return the lunch where a day begins; none if one sets out so late that it is not
        needed.
        """
        until = sets_out(self.model, self.day, self.nodes.index(begin), 1)
        if meal is None or leg.depart >= _at(until, begin.zone):
            return None
        return meal.span(begin.zone)

    def meal(
        self, here: int, there: int, way: int, leave: int, latest: int, *, at_goal: bool
    ) -> _Meal:
        """Choose where to eat on a way that one may begin at a moment, so that one is there, and
        has eaten, at `latest`.
        """
        model, day, lunch_s = self.model, self.day, self.model.lunch_s

        def at(where: str, node: int, since: int) -> _Meal:
            start = max(since, int(model.lunch[day, node, 0]))
            return _Meal(where, start, start + lunch_s)

        meal = at("start", here, leave)
        if (
            meal.start <= model.lunch[day, here, 1]
            and arrives(model, day, here, there, way, meal.end, False) <= latest
        ):
            return meal
        straight_on = int(arrives(model, day, here, there, way, leave, False))
        if at_goal and fed(model, day, there, straight_on, 0) <= latest:
            return at("goal", there, straight_on)
        reach = fed(model, day, here, leave, model.way[way, DRIVE])
        if model.way[way, PASSAGE] < 0 or self._behind(way, reach) <= latest:
            return meal._replace(where="before")
        return at("after", there, straight_on - int(model.way[way, ON]))

    def _behind(self, way: int, reach: int) -> int:
        """Return when one arrives who reaches the gate of a way at a moment."""
        if reach >= FAR:
            return FAR
        leave = reach - self.model.way[way, DRIVE]
        return int(arrives(self.model, self.day, 0, 0, way, leave, False))

    def leg(
        self, here: int, there: int, way: int, leave: int, meal: _Meal | None
    ) -> tuple[Leg, int]:
        """Return a way with its times, and the moment of arrival; its length is measured later."""
        start, goal = self.nodes[here], self.nodes[there]
        drive, service, on, _, number = map(int, self.model.way[way])
        reach, crossing, eaten = leave + drive, None, None
        if meal and meal.where == "before":
            reach, eaten = meal.end + max(0, reach - meal.start), start.zone
        arrive = reach + on
        if number >= 0:
            passage = self.tables.passages(self.trip)[number]
            passed = self._behind(way, reach) - on
            enter = _at(passed - service, passage.zone)
            known = self.tables.hours.known(
                passage.gate, passage.towards, self.trip.kind, self.trip.vehicle_country, enter
            )
            crossing = Crossing(
                passage.gate,
                passage.towards,
                _at(reach, passage.zone),
                enter,
                _at(passed, passage.zone),
                known,
            )
            arrive = passed + on
        if meal and meal.where == "after":
            arrive, eaten = meal.end + max(0, arrive - meal.start), goal.zone
        lunch = meal.span(eaten) if meal and eaten else None
        return (
            Leg(
                start,
                goal,
                _at(leave, start.zone),
                _at(arrive, goal.zone),
                float(drive + on),
                math.nan,
                crossing,
                lunch,
            ),
            arrive,
        )


def _ways(model: Model, here: int, there: int) -> range:
    pair = here * model.nodes + there
    return range(int(model.way_start[pair]), int(model.way_start[pair + 1]))


def _at(moment: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment, zone)
