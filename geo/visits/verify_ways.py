"""The driver of the rehearsal: days driven with a watch and the road map.

Nothing here is taken from the solver: driving times are asked of the network anew, hours of the
gates at the very moment, and all arithmetic is that of ``datetime``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

import pandas as pd
import shapely

from geo.roads import access
from geo.roads.network import Network
from geo.visits import meals
from geo.visits.meals import TOLERANCE_S, Lunchtime, dial, way
from geo.visits.moments import NEVER, at, between, later, length
from geo.visits.trip import Crossing, Day, DayPlan, Leg, Place, Plan, Trip
from geo.visits.verify_stops import seen, sequence, visit_faults
from geo.visits.world import World

TOLERANCE_M = 1.0


@dataclass(frozen=True)
class _Road:
    """A way inside one country; NaN where there is none."""

    time_s: float
    length_m: float


_NO_ROAD = _Road(math.nan, math.nan)
_Spot = tuple[str, float, float, str] | str


@lru_cache(maxsize=4)
def _closed(network: Network) -> Network:
    """Return the network with all gates closed; kept, because what is made of it on the first
    question is worth keeping.
    """
    return network.with_waiting(dict.fromkeys(network.manifest.gates, math.inf))


class Driver:
    """Drives the days of a plan; keeps the map of the ways that it needs."""

    def __init__(self, trip: Trip, world: World) -> None:
        self.trip, self.network, self.gates = trip, world.network, world.gates
        self.hours, self.service_s = world.hours, world.service_s(trip.profile)
        self.roads: dict[tuple[_Spot, _Spot], _Road] = {}

    def read_the_map(self, plan: Plan) -> None:
        """Ask the network for the ways of each day, all at once: between its places, and between
        them and the gates it names.
        """
        import geopandas as gpd

        for day in plan.days:
            places = {_key(place): place for leg in day.legs for place in (leg.start, leg.goal)}
            if not places:
                continue
            crossings = (leg.crossing for leg in day.legs if leg.crossing)
            named = dict.fromkeys(crossing.gate for crossing in crossings)
            at_gates = self.gates.loc[[gate for gate in named if gate in self.gates.index]]
            keys: list[_Spot] = [*places, *at_gates.index]
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
                index=pd.RangeIndex(len(keys)),
                crs=self.gates.crs,
            )
            table = access.travel_times(
                _closed(self.network), frame, frame, profile=self.trip.profile
            )
            columns = ("from_id", "to_id", "travel_time_s", "length_m")
            for start, goal, *road in zip(*(table[name] for name in columns), strict=True):
                self.roads[keys[start], keys[goal]] = _Road(*road)

    def parts(self, leg: Leg) -> list[_Road]:
        """Return the one way of a leg, or the two of a leg over a gate."""
        start, goal = _key(leg.start), _key(leg.goal)
        over: list[_Spot] = [leg.crossing.gate] if leg.crossing else []
        return [self.roads.get(pair, _NO_ROAD) for pair in pairwise([start, *over, goal])]

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
        on_road_s = math.fsum(parts)
        if abs(plan.on_road_s - on_road_s) > TOLERANCE_S * max(1, len(parts)):
            yield (
                f"The plan is said to be on the road for {length(plan.on_road_s)}, and is for"
                f" {length(on_road_s)}."
            )

    def drive(self, day: DayPlan, wish: Day) -> Iterator[str]:
        """Drive one day."""
        if not day.legs:
            return
        yield from sequence(day)
        for leg in day.legs:
            yield from self._leg(leg)
        for visit in day.visits:
            yield from visit_faults(visit)
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
        yield from dial(way(leg), leg.depart, leg.start.zone)
        yield from dial(way(leg), leg.arrive, leg.goal.zone)
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
        depart = f"{way(leg)}: departing at {at(leg.depart)}"
        missing = [
            f"{start} to {goal}"
            for part, (start, goal) in zip(parts, pairwise(names), strict=True)
            if math.isnan(part.time_s)
        ]
        yield from (f"{depart}, no road leads from {ends}." for ends in missing)
        if missing:
            return
        moments = [leg.depart, leg.arrive]
        if leg.crossing:
            moments[1:1] = [leg.crossing.arrive, leg.crossing.leave]
        for number, part in enumerate(parts):
            start, end = moments[2 * number], moments[2 * number + 1]
            drive_s = between(start, end)
            if leg.lunch and number == meals.behind(leg):  # who has driven all of it before lunch
                # may have waited for that
                drive_s = min(part.time_s, between(start, leg.lunch[0]))
                drive_s += between(leg.lunch[1], end)
            if abs(drive_s - part.time_s) > TOLERANCE_S:
                ends = f"from {names[number]} at {at(start)} to {names[number + 1]} at {at(end)}"
                yield (
                    f"{way(leg)}: the plan drives {ends} in {length(drive_s)}; the way takes"
                    f" {length(part.time_s)}."
                )
        drive_s, length_m = sum(part.time_s for part in parts), sum(part.length_m for part in parts)
        if abs(leg.drive_s - drive_s) > TOLERANCE_S * len(parts):
            stated, real = length(leg.drive_s), length(drive_s)
            yield f"{depart}, the plan states a drive of {stated}; it takes {real}."
        if not abs(leg.length_m - length_m) <= TOLERANCE_M * len(parts):
            stated, real = (f"{value / 1000:.1f} km" for value in (leg.length_m, length_m))
            yield f"{depart}, the plan states a length of {stated}; it is {real}."

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
            ready, done = [seen(stop, eaten)], seen(stop, hungry)
            if meal:
                ready += [seen(stop, meal.eat(hungry, zone)), meal.eat(done, zone)]
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


def _key(place: Place) -> _Spot:
    return place.id, place.lon, place.lat, place.country
