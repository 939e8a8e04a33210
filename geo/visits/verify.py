"""A driver who goes through a plan with a watch and the road map, and says what is wrong with it.

Nothing here is taken from the solver: driving times are asked of the network anew, hours of the
gates at the very moment, and all arithmetic is that of ``datetime``. So a mistake of the solver is
found and not repeated."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import shapely

from geo.roads import access
from geo.roads.network import Network
from geo.visits import meals
from geo.visits.meals import TOLERANCE_S, Lunchtime, way
from geo.visits.moments import NEVER, at, between, later, length, shows
from geo.visits.trip import Crossing, Day, DayPlan, Leg, Place, Plan, Stop, Trip, Visit
from geo.visits.world import World

TOLERANCE_M = 1.0


def rehearse(plan: Plan, world: World) -> list[str]:
    """Go through a plan as a driver would, and give every fault as a sentence with its place and
    moment; none if it holds.

    Checked are the ways (who drives where, through which gate, how long and how far), moments and
    clocks, hours of the gates with the reserve before they close, windows, lunch wherever it is
    eaten, days, nights, pins, that every stop is visited once or left out, the slack, and the sum
    on the road. That a stop one must see is left out is not a fault of the plan, which says so
    itself.

    Raises
    ------
    NotFoundError
        The network has no such vehicle profile.
    """
    naive = [
        f"{what}: the time {moment:%H:%M} has no zone."
        for what, moment in _moments(plan)
        if moment.utcoffset() is None
    ]
    if naive:
        return naive
    driver = _Driver(plan.trip, world)
    driver.read_the_map(plan)
    return [
        *_whole(plan, coarse=world.network.manifest.coarse),
        *_nights(plan),
        *_pins(plan),
        *(
            fault
            for day, wish in zip(plan.days, plan.trip.days, strict=False)
            for fault in driver.drive(day, wish)
        ),
        *driver.odometer(plan),
    ]


# Words --------------------------------------------------------------------------------------------


def _dial(what: str, moment: datetime, zone: ZoneInfo) -> Iterator[str]:
    if not shows(moment, zone):
        yield (
            f"{what}: {at(moment)} is not the time on the clock there, which is"
            f" {at(moment.astimezone(zone))} ({zone.key})."
        )


def _moments(plan: Plan) -> Iterator[tuple[str, datetime]]:
    for day in plan.days:
        yield from (
            (meal.what, moment) for meal in meals.of(day) for moment in (meal.start, meal.end)
        )
        for leg in day.legs:
            yield from ((way(leg), moment) for moment in (leg.depart, leg.arrive))
            if leg.crossing:
                yield from (
                    (leg.crossing.gate, moment)
                    for moment in (leg.crossing.arrive, leg.crossing.enter, leg.crossing.leave)
                )
        for visit in day.visits:
            moments = (visit.arrive, visit.start, visit.end, visit.leave)
            yield from ((visit.stop.place.name(), moment) for moment in moments)


# The plan as a whole ------------------------------------------------------------------------------


def _whole(plan: Plan, *, coarse: bool) -> Iterator[str]:
    """Compare what is visited and what is left out with what was wished."""
    wished = {stop.place.id: stop for stop in plan.trip.stops}
    named = [visit.stop for day in plan.days for visit in day.visits]
    visited, left = (
        Counter(stop.place.id for stop in named),
        Counter(stop.place.id for stop in plan.left_out),
    )
    for key, stop in wished.items():
        name, moments = (
            stop.place.name(),
            [at(v.arrive) for day in plan.days for v in day.visits if v.stop.place.id == key],
        )
        if visited[key] > 1:
            yield f"{name}: it is visited {visited[key]} times, at {' and '.join(moments)}."
        if visited[key] and left[key]:
            yield f"{name}: it is visited at {moments[0]} and said to be left out."
        if left[key] > 1:
            yield f"{name}: it is left out {left[key]} times."
        if not visited[key] and not left[key]:
            yield f"{name}: it is neither visited nor said to be left out."
    for stop in (*named, *plan.left_out):
        if stop != wished.get(stop.place.id):
            yield (
                f"{stop.place.name()}: the trip has no such stop, or another place, length, window"
                " or pin for it."
            )
    if plan.coarse != coarse:
        yield (
            f"The plan says that its driving times are {'' if plan.coarse else 'not '}coarse, and"
            " the network says otherwise."
        )


def _nights(plan: Plan) -> Iterator[str]:
    """Check where the days begin and end."""
    trip = plan.trip
    if [day.number for day in plan.days] != list(range(len(trip.days))):
        yield (
            f"The plan has the days {', '.join(str(day.number + 1) for day in plan.days)}; the trip"
            f" has {len(trip.days)}, in order."
        )
    before: DayPlan | None = None
    for day, wish in zip(plan.days, trip.days, strict=False):
        begin = wish.begin or (before.goal if before else None)
        if begin is not None and day.start != begin:
            yield (
                f"Day {day.number + 1}: it begins at {day.start.name()}, and should at"
                f" {begin.name()}."
            )
        if day.goal not in wish.ends:
            yield f"Day {day.number + 1}: it ends at {day.goal.name()}, where no end is allowed."
        if not day.legs and (day.visits or day.start.id != day.goal.id):
            yield (
                f"Day {day.number + 1}: no way leads from {day.start.name()} to {day.goal.name()}."
            )
        if before and before.legs and day.legs and day.legs[0].depart < before.legs[-1].arrive:
            yield (
                f"Day {day.number + 1}: it departs at {at(day.legs[0].depart)}, before the day"
                " before it has ended."
            )
        before = day


def _pins(plan: Plan) -> Iterator[str]:
    """Check the days and the order that stops are pinned to."""
    last: Visit | None = None
    for day in plan.days:
        for visit in day.visits:
            stop, moment = visit.stop, f"visited on day {day.number + 1} at {at(visit.arrive)}"
            if stop.day is not None and stop.day != day.number:
                yield f"{stop.place.name()}: it is {moment}, and is pinned to day {stop.day + 1}."
            if stop.order is not None:
                if (
                    last is not None
                    and last.stop.order is not None
                    and stop.order < last.stop.order
                ):
                    yield (
                        f"{stop.place.name()}: it is {moment}, after {last.stop.place.name()},"
                        " which should come later."
                    )
                last = visit


# The way ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Road:
    """A way inside one country; NaN where there is none."""

    time_s: float
    length_m: float


_NO_ROAD = _Road(math.nan, math.nan)


@lru_cache(maxsize=4)
def _closed(network: Network) -> Network:
    """Return the network with all gates closed; kept, because what is made of it on the first
    question is worth keeping.
    """
    return network.with_waiting(dict.fromkeys(network.manifest.gates, math.inf))


class _Driver:
    """Drives the days of a plan; keeps the map of the ways that it needs."""

    def __init__(self, trip: Trip, world: World) -> None:
        self.trip, self.network, self.gates = trip, world.network, world.gates
        self.hours, self.service_s = world.hours, world.service_s(trip.profile)
        self.roads: dict[tuple[Any, Any], _Road] = {}

    def read_the_map(self, plan: Plan) -> None:
        """Ask the network for the ways of each day, all at once: between its places, and between
        them and the gates it names.
        """
        import geopandas as gpd

        for day in plan.days:
            places = {_key(place): place for leg in day.legs for place in (leg.start, leg.goal)}
            named = dict.fromkeys(
                leg.crossing.gate
                for leg in day.legs
                if leg.crossing and leg.crossing.gate in self.gates.index
            )
            if not places:
                continue
            at_gates = self.gates.loc[list(named)]
            frame = gpd.GeoDataFrame(
                {
                    "country": [
                        *(place.country for place in places.values()),
                        *at_gates["country"],
                    ],
                    "opposite_country": [*(None for _ in places), *at_gates["opposite_country"]],
                },
                geometry=[
                    *(shapely.Point(place.lon, place.lat) for place in places.values()),
                    *at_gates.geometry,
                ],
                index=pd.RangeIndex(len(places) + len(named)),
                crs=self.gates.crs,
            )
            keys: list[Any] = [*places, *named]
            table = access.travel_times(
                _closed(self.network), frame, frame, profile=self.trip.profile
            )
            found = zip(
                table["from_id"],
                table["to_id"],
                table["travel_time_s"],
                table["length_m"],
                strict=True,
            )
            self.roads |= {
                (keys[start], keys[goal]): _Road(time_s, length_m)
                for start, goal, time_s, length_m in found
            }

    def parts(self, leg: Leg) -> list[_Road]:
        """Return the one way of a leg, or the two of a leg over a gate."""
        start, goal = _key(leg.start), _key(leg.goal)
        pairs = (
            [(start, leg.crossing.gate), (leg.crossing.gate, goal)]
            if leg.crossing
            else [(start, goal)]
        )
        return [self.roads.get(pair, _NO_ROAD) for pair in pairs]

    def service(self, crossing: Crossing) -> float:
        """Return the time of the formalities; NaN where this vehicle does not pass, or the gate is
        unknown.
        """
        return float(self.service_s.get(crossing.gate, math.nan))

    def odometer(self, plan: Plan) -> Iterator[str]:
        """Add up the time on the road."""
        legs = [leg for day in plan.days for leg in day.legs]
        parts = [part.time_s for leg in legs for part in self.parts(leg)]
        parts += [self.service(leg.crossing) for leg in legs if leg.crossing]
        found = math.fsum(parts)
        if abs(plan.on_road_s - found) > TOLERANCE_S * max(1, len(parts)):
            yield (
                f"The plan is said to be on the road for {length(plan.on_road_s)}, and is for"
                f" {length(found)}."
            )

    def drive(self, day: DayPlan, wish: Day) -> Iterator[str]:
        """Drive one day."""
        if not day.legs:
            return
        yield from _sequence(day)
        for leg in day.legs:
            yield from self._leg(leg)
        for visit in day.visits:
            yield from _visit(visit)
        first, last = day.legs[0], day.legs[-1]
        if first.depart < wish.start:
            yield (
                f"{way(first)}: it departs at {at(first.depart)}, before day {day.number + 1}"
                f" begins at {at(wish.start)}."
            )
        if last.arrive > wish.end:
            yield (
                f"{way(last)}: it arrives at {at(last.arrive)}, after day {day.number + 1} ends at"
                f" {at(wish.end)}."
            )
        yield from meals.faults(day, wish, self.trip.lunch)
        if len(day.legs) == len(day.visits) + 1:
            yield from self._slack(day, wish)

    # One way --------------------------------------------------------------------------------------

    def _leg(self, leg: Leg) -> Iterator[str]:
        yield from _dial(way(leg), leg.depart, leg.start.zone)
        yield from _dial(way(leg), leg.arrive, leg.goal.zone)
        parts, names = self.parts(leg), [leg.start.name(), leg.goal.name()]
        if leg.crossing:
            names.insert(1, f"the gate {leg.crossing.gate}")
            yield from self._crossing(leg, leg.crossing)
        elif leg.start.country != leg.goal.country:
            yield (
                f"{way(leg)}: it departs at {at(leg.depart)} for another country and passes no"
                " gate."
            )
            return
        missing = [
            f"{start} to {goal}"
            for part, start, goal in zip(parts, names, names[1:], strict=False)
            if math.isnan(part.time_s)
        ]
        yield from (
            f"{way(leg)}: departing at {at(leg.depart)}, no road leads from {ends}."
            for ends in missing
        )
        if missing:
            return
        moments = [leg.depart, leg.arrive]
        if leg.crossing:
            moments[1:1] = [leg.crossing.arrive, leg.crossing.leave]
        for number, part in enumerate(parts):
            start, end = moments[2 * number], moments[2 * number + 1]
            drive_s = between(start, end)
            if leg.lunch and number == (
                1 if meals.behind(leg) else 0
            ):  # who has driven all of it before lunch may have waited for that
                drive_s = min(part.time_s, between(start, leg.lunch[0])) + between(
                    leg.lunch[1], end
                )
            if abs(drive_s - part.time_s) > TOLERANCE_S:
                stated, ends = (
                    length(drive_s),
                    f"from {names[number]} at {at(start)} to {names[number + 1]} at {at(end)}",
                )
                yield (
                    f"{way(leg)}: the plan drives {ends} in {stated}; the way takes"
                    f" {length(part.time_s)}."
                )
        drive_s, length_m = sum(part.time_s for part in parts), sum(part.length_m for part in parts)
        if abs(leg.drive_s - drive_s) > TOLERANCE_S * len(parts):
            stated, real = length(leg.drive_s), length(drive_s)
            yield (
                f"{way(leg)}: departing at {at(leg.depart)}, the plan states a drive of {stated};"
                f" it takes {real}."
            )
        if not abs(leg.length_m - length_m) <= TOLERANCE_M * len(parts):
            stated, real = f"{leg.length_m / 1000:.1f} km", f"{length_m / 1000:.1f} km"
            yield (
                f"{way(leg)}: departing at {at(leg.depart)}, the plan states a length of {stated};"
                f" it is {real}."
            )

    def _crossing(self, leg: Leg, crossing: Crossing) -> Iterator[str]:
        gate, trip = crossing.gate, self.trip
        what = f"{gate} at {at(crossing.arrive)}"
        if gate not in self.gates.index or gate not in self.network.manifest.gates:
            yield f"{what}: there is no such gate on these roads."
            return
        sides = {self.gates.at[gate, "country"], self.gates.at[gate, "opposite_country"]}
        if sides != {leg.start.country, leg.goal.country} or crossing.towards != leg.goal.country:
            yield f"{what}: it does not lead towards {crossing.towards} on the way {way(leg)}."
            return
        if gate in trip.closed:
            yield f"{what}: the trip takes this gate as closed."
        service_s = self.service(crossing)
        if math.isnan(service_s):
            yield f"{what}: a vehicle of the profile “{trip.profile}” cannot pass this gate."
        elif abs(crossing.service_s - service_s) > TOLERANCE_S:
            yield (
                f"{what}: the plan states formalities of {length(crossing.service_s)}; they take"
                f" {length(service_s)}."
            )
        if crossing.enter < crossing.arrive:
            yield f"{what}: one enters at {at(crossing.enter)}, before one is there."
        opening = self.hours.when_open(
            gate, crossing.towards, trip.kind, crossing.enter, trip.vehicle_country
        )
        if not opening.open:
            opens = (
                "and does not open within a month"
                if opening.opens is None
                else f"and opens at {opening.opens:%H:%M on %Y-%m-%d}"
            )
            yield (
                f"{what}: at {at(crossing.enter)} the gate is closed towards {crossing.towards}"
                f" ({opening.why}), {opens}."
            )
        elif opening.opens is not None:
            if opening.until is not None and later(crossing.enter, trip.reserve_s) > opening.until:
                closes, reserve = at(opening.until), length(trip.reserve_s)
                yield (
                    f"{what}: one enters at {at(crossing.enter)}, and it closes at {closes}; the"
                    f" trip has a reserve of {reserve}."
                )
            for moment in (crossing.arrive, crossing.enter, crossing.leave):
                if moment.utcoffset() != moment.astimezone(opening.opens.tzinfo).utcoffset():
                    yield f"{what}: {at(moment)} is not the time on the clock of the gate."
        if opening.known != crossing.hours_known:
            yield (
                f"{what}: the plan says that the hours are"
                f" {'' if crossing.hours_known else 'not '}known, and it is not so."
            )
        if trip.avoid_unknown_hours and not opening.known:
            yield f"{what}: its hours are unknown, and the trip avoids such gates."

    # Slack ----------------------------------------------------------------------------------------

    def _slack(self, day: DayPlan, wish: Day) -> Iterator[str]:
        """Come to each stop as late as the plan says one may, and drive on from there."""
        for number, visit in enumerate(day.visits):
            what = f"{visit.stop.place.name()}: arriving at {at(visit.arrive)}"
            if not math.isfinite(visit.slack_s) or visit.slack_s < 0:
                yield (
                    f"{what}, the plan says that one may be {visit.slack_s:g} s late, which is no"
                    " length of time one may be late."
                )
            elif not self._still_fine(day, wish, number, later(visit.arrive, visit.slack_s)):
                yield (
                    f"{what}, the plan says that one may be {length(visit.slack_s)} late; what"
                    " comes after it is then too late."
                )

    def _still_fine(self, day: DayPlan, wish: Day, first: int, arrive: datetime) -> bool:
        """Return whether the rest of a day can be done from an arrival on; where one eats may be
        changed, the gates may not.

        Kept are the earliest moments for those who have eaten, or need not eat, and for those who
        have not."""
        meal = Lunchtime(self.trip.lunch, wish.date) if self.trip.lunch else None
        had = [
            day.lunch,
            *(leg.lunch for leg in day.legs[: first + 1]),
            *(visit.lunch for visit in day.visits[:first]),
        ]
        full = any(had) or (meal is not None and meal.too_late(day.legs[0].depart, day.start.zone))
        eaten, hungry = (arrive, NEVER) if full else (NEVER, arrive)
        end = later(wish.end, TOLERANCE_S)
        for visit, leg in zip(day.visits[first:], day.legs[first + 1 :], strict=True):
            stop, zone = visit.stop, visit.stop.place.zone
            ready, done = [_seen(stop, eaten)], _seen(stop, hungry)
            if meal:
                ready += [_seen(stop, meal.eat(hungry, zone)), meal.eat(done, zone)]
            eaten, hungry = self._onward(leg, min(ready), end), self._onward(leg, done, end)
            if meal:
                eaten = min(eaten, self._onward(leg, done, end, meal))
        return eaten <= end or (
            hungry <= end and (meal is None or meal.too_early(hungry, day.goal.zone))
        )

    def _onward(
        self, leg: Leg, depart: datetime, end: datetime, meal: Lunchtime | None = None
    ) -> datetime:
        """Return when one arrives who departs at a moment, through the same gate, with lunch on the
        way or without.
        """
        parts = [part.time_s for part in self.parts(leg)]
        if depart is NEVER or any(math.isnan(part) for part in parts):
            return NEVER
        reach = later(depart, parts[0])
        if leg.crossing is None:
            return (
                min(meal.drive(depart, leg.start.zone, parts[0]), meal.eat(reach, leg.goal.zone))
                if meal
                else reach
            )
        passed = self._through(leg.crossing, reach, end)
        if meal is None:
            return later(passed, parts[1])
        before = self._through(leg.crossing, meal.drive(depart, leg.start.zone, parts[0]), end)
        return min(later(before, parts[1]), meal.drive(passed, leg.goal.zone, parts[1]))

    def _through(self, crossing: Crossing, moment: datetime, end: datetime) -> datetime:
        """Return when one has passed a gate who is there at a moment; never, if that is not before
        an end.
        """
        trip, service_s = self.trip, self.service(crossing)
        while moment <= end:
            opening = self.hours.when_open(
                crossing.gate, crossing.towards, trip.kind, moment, trip.vehicle_country
            )
            if opening.opens is None or math.isnan(service_s):
                break
            if not opening.open:
                moment = opening.opens
            elif opening.until is None or later(moment, trip.reserve_s) <= later(
                opening.until, TOLERANCE_S
            ):
                return later(moment, service_s)
            else:
                moment = opening.until  # too late for this time
        return NEVER


def _key(place: Place) -> tuple[str, float, float, str]:
    return place.id, place.lon, place.lat, place.country


# At a stop ----------------------------------------------------------------------------------------


def _sequence(day: DayPlan) -> Iterator[str]:
    """Check that ways and visits follow each other without a jump in place or time."""
    if len(day.legs) != len(day.visits) + 1:
        yield (
            f"Day {day.number + 1}: it has {len(day.legs)} ways and {len(day.visits)} visits; there"
            " is one way more than visits."
        )
        return
    places = [day.start, *(visit.stop.place for visit in day.visits), day.goal]
    for leg, start, goal in zip(day.legs, places, places[1:], strict=False):
        if leg.start != start or leg.goal != goal:
            yield (
                f"{way(leg)}: at {at(leg.depart)} the way should lead from {start.name()} to"
                f" {goal.name()}."
            )
    for visit, to, on in zip(day.visits, day.legs, day.legs[1:], strict=False):
        name = visit.stop.place.name()
        if visit.arrive != to.arrive:
            yield (
                f"{name}: the way there arrives at {at(to.arrive)}, the visit says"
                f" {at(visit.arrive)}."
            )
        if visit.leave != on.depart:
            yield f"{name}: one leaves at {at(visit.leave)}, the way on departs at {at(on.depart)}."


def _visit(visit: Visit) -> Iterator[str]:
    """Check one visit, and the lunch beside it."""
    stop, name, zone = visit.stop, visit.stop.place.name(), visit.stop.place.zone
    for moment in (visit.arrive, visit.start, visit.end, visit.leave):
        yield from _dial(name, moment, zone)
    if visit.start < visit.arrive:
        yield (
            f"{name}: the visit begins at {at(visit.start)}, before the arrival at"
            f" {at(visit.arrive)}."
        )
    if abs(between(visit.start, visit.end) - stop.visit_s) > TOLERANCE_S:
        stated = length(between(visit.start, visit.end))
        yield (
            f"{name}: the visit from {at(visit.start)} to {at(visit.end)} takes {stated}, and needs"
            f" {length(stop.visit_s)}."
        )
    yield from _window(visit, name, zone)
    done = max(visit.end, visit.lunch[1]) if visit.lunch else visit.end
    if visit.leave != done:
        yield f"{name}: one leaves at {at(visit.leave)}, and is ready at {at(done)}."
    if visit.lunch is None:
        return
    start, end = visit.lunch
    if not (
        visit.arrive <= start <= end <= visit.start or visit.end <= start <= end <= visit.leave
    ):
        yield (
            f"{name}: the lunch from {at(start)} to {at(end)} lies neither before nor after the"
            " visit."
        )


def _window(visit: Visit, name: str, zone: ZoneInfo) -> Iterator[str]:
    windows = visit.stop.windows
    if windows is None or any(
        opens <= visit.start and visit.end <= closes for opens, closes in windows
    ):
        return
    for opens, closes in windows:
        if opens <= visit.start <= closes:
            yield (
                f"{name}: the visit ends at {at(visit.end)}, after the window closes at"
                f" {at(closes.astimezone(zone))}."
            )
            return
        if visit.start < opens < visit.end <= closes:
            yield (
                f"{name}: the visit begins at {at(visit.start)}, before the window opens at"
                f" {at(opens.astimezone(zone))}."
            )
            return
    yield (
        f"{name}: the visit from {at(visit.start)} to {at(visit.end)} lies in none of its windows."
    )


def _seen(stop: Stop, arrive: datetime) -> datetime:
    """Return the end of the earliest visit from an arrival on."""
    if arrive is NEVER:
        return NEVER
    if stop.windows is None:
        return later(arrive, stop.visit_s)
    starts = (
        max(arrive, opens)
        for opens, closes in stop.windows
        if later(max(arrive, opens), stop.visit_s) <= later(closes, TOLERANCE_S)
    )
    return min((later(start, stop.visit_s) for start in starts), default=NEVER)
