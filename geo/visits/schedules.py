"""From stops in turn to a day with its times: ways, gates, lunch, and how late one may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from geo.visits.matrices import FAR, Tables, towns
from geo.visits.trip import Crossing, DayPlan, Leg, Place, Trip, Visit

if TYPE_CHECKING:
    from geo.visits._day_rules import Model


@dataclass(frozen=True)
class Route:
    """A day as the planners give it: nodes of the model where it begins and ends, and its stops in
    turn.
    """

    begin: int
    end: int
    stops: tuple[int, ...]


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


def schedule(trip: Trip, tables: Tables, model: Model, number: int, route: Route) -> DayPlan:
    """Return a day its times: of all ways over the gates and places for lunch the least on the
    road, and of those the earliest.

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
        done = clock.arrive(here, there, step.way, leave, step.fed)
        start = _begins(model, number, there, done) if position < len(route.stops) else done
        if position == 0:
            leave = max(leave, clock.depart(here, there, step.way, start, step.fed))
        meal = (
            clock.meal(here, there, step.way, leave, start, at_goal=position < len(route.stops))
            if step.fed
            else None
        )
        if meal and meal.where == "start":
            leave = meal.end
            if visits:
                zone = nodes[here].zone
                visits[-1] = replace(
                    visits[-1],
                    leave=_at(leave, zone),
                    lunch=(_at(meal.start, zone), _at(leave, zone)),
                )
            else:
                lunch = meal
        leg, arrive = clock.leg(here, there, step.way, leave, meal)
        legs.append(leg)
        if position == len(route.stops):
            break
        zone, visit_s = nodes[there].zone, int(model.visit_s[there])
        before = meal if meal and meal.where == "goal" else None
        slack_until = late[position][1 if step.eaten and not before else 0]
        visits.append(
            Visit(
                stop=trip.stops[there],
                arrive=_at(arrive, zone),
                start=_at(start, zone),
                end=_at(start + visit_s, zone),
                leave=_at(start + visit_s, zone),
                lunch=(_at(before.start, zone), _at(before.end, zone)) if before else None,
                slack_s=float(slack_until - arrive),
            )
        )
        here, leave = there, start + visit_s
    begin = nodes[route.begin]
    return DayPlan(
        number,
        begin,
        nodes[route.end],
        tuple(legs),
        tuple(visits),
        clock.before(lunch, legs[0], begin),
    )


def on_road_s(days: Sequence[DayPlan]) -> float:
    """Return driving and formalities of all days."""
    return sum(
        leg.drive_s + (leg.crossing.service_s if leg.crossing else 0.0)
        for day in days
        for leg in day.legs
    )


def _fastest(model: Model, day: int, route: Route) -> list[_Label]:
    """Choose ways and lunch, of equal ones the early lunch: how one stands at the beginning, after
    each stop, and at the end.
    """
    from geo.visits._day_rules import COST, last_arrival, leaves, sets_out

    states = (False, True) if model.lunch_s else (False,)
    labels = [
        _Label(int(sets_out(model, day, route.begin, eaten)), 0, eaten, None, -1, False)
        for eaten in reversed(states)
    ]
    here = route.begin
    for there in (*route.stops, route.end):
        found: list[_Label] = []
        for label in labels:
            for way in _ways(model, here, there):
                cost = label.cost + int(model.way[way, COST])
                for eaten in states:
                    if label.eaten and not eaten:
                        continue
                    fed = eaten and not label.eaten
                    arrive = _arrival(model, day, here, there, way, label.leave, fed)
                    if there == route.end:
                        leave = arrive if arrive <= last_arrival(model, day, there, eaten) else FAR
                    else:
                        leave = int(leaves(model, day, there, arrive)) if arrive < FAR else FAR
                    if leave < FAR:
                        found.append(_Label(leave, cost, eaten, label, way, fed))
        labels = [
            one
            for eaten in reversed(states)
            for one in _unbeaten([label for label in found if label.eaten == eaten])
        ]
        here = there
    last: _Label | None = min(labels, key=lambda one: (one.cost, one.leave))
    steps: list[_Label] = []
    while last is not None:
        steps.append(last)
        last = last.before
    return steps[::-1]


def _unbeaten(labels: list[_Label]) -> list[_Label]:
    """Keep those that no other is both earlier and cheaper than."""
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda one: (one.leave, one.cost)):
        if not kept or label.cost < kept[-1].cost:
            kept.append(label)
    return kept


def _late(model: Model, day: int, route: Route, ways: list[int]) -> list[tuple[int, int]]:
    """Return how late one may arrive at each stop, hungry and after lunch, over the same gates;
    lunch may be somewhere else.
    """
    from geo.visits._day_rules import (
        departure,
        departure_fed,
        hungry_until,
        last_arrival,
        must_arrive,
    )

    until = [int(last_arrival(model, day, route.end, eaten)) for eaten in (0, 1)]
    late, then = [], route.end
    for stop, way in zip(reversed(route.stops), reversed(ways), strict=False):
        leave = [int(departure(model, day, way, one)) for one in until]
        if model.lunch_s:
            leave[0] = max(leave[0], int(departure_fed(model, day, stop, then, way, until[1])))
        until = [int(must_arrive(model, day, stop, one)) for one in leave]
        hungry = (
            max(until[0], int(hungry_until(model, day, stop, until[1])))
            if model.lunch_s
            else until[0]
        )
        late.append((hungry, until[1]))
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

    def arrive(self, here: int, there: int, way: int, leave: int, fed: bool = False) -> int:
        return _arrival(self.model, self.day, here, there, way, leave, fed)

    def depart(self, here: int, there: int, way: int, arrive: int, fed: bool) -> int:
        from geo.visits._day_rules import departure, departure_fed

        if fed:
            return int(departure_fed(self.model, self.day, here, there, way, arrive))
        return int(departure(self.model, self.day, way, arrive))

    def empty(self, route: Route) -> DayPlan:
        """Return a day without visits: nothing to do, or one way, the cheapest and of those the
        quickest.
        """
        from geo.visits._day_rules import COST, empty_day, straight

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
            (*map(int, straight(self.model, self.day, route.begin, route.end, way)), way)
            for way in ways
        )
        leave = self.depart(route.begin, route.end, way, arrive, how == 2)
        meal = (
            self.meal(route.begin, route.end, way, leave, arrive, at_goal=False)
            if how == 2
            else None
        )
        at_start = meal if meal and meal.where == "start" else None
        leg, _ = self.leg(route.begin, route.end, way, at_start.end if at_start else leave, meal)
        return DayPlan(self.day, begin, end, (leg,), (), self.before(at_start, leg, begin))

    def before(
        self, meal: _Meal | None, leg: Leg, begin: Place
    ) -> tuple[datetime, datetime] | None:
        """Return the lunch where a day begins; none if one sets out so late that it is not
        needed.
        """
        from geo.visits._day_rules import sets_out

        node = self.nodes.index(begin)
        if meal is None or leg.depart >= _at(
            int(sets_out(self.model, self.day, node, 1)), begin.zone
        ):
            return None
        return _at(meal.start, begin.zone), _at(meal.end, begin.zone)

    def meal(
        self, here: int, there: int, way: int, leave: int, latest: int, *, at_goal: bool
    ) -> _Meal:
        """Choose where to eat on a way that one may begin at a moment, so that one is there, and
        has eaten, at `latest`.
        """
        from geo.visits._day_rules import DRIVE, ON, PASSAGE, fed

        model, lunch_s = self.model, self.model.lunch_s
        drive, on, over = (
            int(model.way[way, DRIVE]),
            int(model.way[way, ON]),
            model.way[way, PASSAGE] >= 0,
        )
        start = max(leave, int(model.lunch[self.day, here, 0]))
        if (
            start <= model.lunch[self.day, here, 1]
            and self.arrive(here, there, way, start + lunch_s) <= latest
        ):
            return _Meal("start", start, start + lunch_s)
        straight = self.arrive(here, there, way, leave)
        if at_goal and int(fed(model, self.day, there, straight, 0)) <= latest:
            start = max(straight, int(model.lunch[self.day, there, 0]))
            return _Meal("goal", start, start + lunch_s)
        if not over or self._behind(way, int(fed(model, self.day, here, leave, drive))) <= latest:
            return _Meal("before", start, start + lunch_s)
        start = max(straight - on, int(model.lunch[self.day, there, 0]))
        return _Meal("after", start, start + lunch_s)

    def _behind(self, way: int, reach: int) -> int:
        """Return when one arrives who reaches the gate of a way at a moment."""
        from geo.visits._day_rules import DRIVE

        return (
            FAR
            if reach >= FAR
            else _arrival(
                self.model, self.day, 0, 0, way, reach - int(self.model.way[way, DRIVE]), False
            )
        )

    def leg(
        self, here: int, there: int, way: int, leave: int, meal: _Meal | None
    ) -> tuple[Leg, int]:
        """Return a way with its times, and the moment of arrival; its length is measured later."""
        start, goal = self.nodes[here], self.nodes[there]
        drive, service, on, _, number = (int(one) for one in self.model.way[way])
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
        lunch = (_at(meal.start, eaten), _at(meal.end, eaten)) if meal and eaten else None
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


def _arrival(model: Model, day: int, here: int, there: int, way: int, leave: int, fed: bool) -> int:
    from geo.visits._day_rules import arrives

    return int(arrives(model, day, here, there, way, leave, fed))


def _begins(model: Model, day: int, stop: int, moment: int) -> int:
    from geo.visits._day_rules import visit_begins

    return int(visit_begins(model, day, stop, moment))


def _at(moment: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment, zone)
