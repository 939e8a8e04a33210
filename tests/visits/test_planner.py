"""Field visits: the planner against a brute force that shares no code with it, TSPLIB, and trips
that cannot be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise, permutations, product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geo import layers
from geo.errors import InputError, NotFoundError
from geo.roads.network import Network
from geo.visits import feasibility, joined_days, planner, tour_search
from geo.visits.matrices import FAR, Tables
from geo.visits.trip import (
    LEAST_WEIGHT,
    MOST_DAYS,
    MOST_STOPS,
    MOST_WEIGHT,
    Day,
    DayPlan,
    Lunch,
    Place,
    Plan,
    Stop,
    Trip,
)
from geo.visits.world import World

ZONES = {"VN": ZoneInfo("Asia/Ho_Chi_Minh"), "CN": ZoneInfo("Asia/Shanghai")}
MONDAY = datetime(2026, 3, 2, tzinfo=ZONES["VN"])


class Hours:
    """Gates that are open within the given spans, in seconds of any day, Vietnamese time; those of
    no span are unknown, and always open.
    """

    def __init__(self, spans: dict[tuple[str, str], list[tuple[int, int]]]) -> None:
        self.spans = spans

    def intervals(
        self,
        gate: str,
        towards: str,
        _kind: str,
        _vehicle: str | None,
        start: datetime,
        end: datetime,
    ) -> list[Any]:
        openings = []
        midnight = start.astimezone(ZONES["VN"]).replace(hour=0, minute=0, second=0)
        while midnight < end:
            for since, until in self.spans.get((gate, towards), [(0, 86400)]):
                openings.append(
                    (midnight + timedelta(seconds=since), midnight + timedelta(seconds=until))
                )
            midnight += timedelta(days=1)
        return [
            (max(since, start), min(until, end))
            for since, until in openings
            if max(since, start) < min(until, end)
        ]

    def known(
        self, gate: str, towards: str, _kind: str, _vehicle: str | None, _time: datetime
    ) -> bool:
        return (gate, towards) in self.spans


def place(name: str, country: str = "VN") -> Place:
    return Place(name, {"en": name}, 107.0, 21.0, None, country, str(ZONES[country]))


def moment(day: int, second: float, country: str = "VN") -> datetime:
    return (MONDAY + timedelta(days=int(day), seconds=float(second))).astimezone(ZONES[country])


def made(
    seed: int,
    *,
    stops: int = 6,
    days: int = 1,
    gates: int = 0,
    lunch: bool = False,
    pinned: bool = False,
    optional: bool = False,
    noon: bool = False,
) -> tuple[Trip, Tables]:
    """Make a small trip by chance, tight enough that much of it matters; with `noon` its days begin
    around lunch.
    """
    dice = np.random.default_rng(seed)
    country = ["CN" if gates and dice.random() < 0.4 else "VN" for _ in range(stops + 3)]
    places = [place(f"p{number}", code) for number, code in enumerate(country)]
    home, towns = places[stops], places[stops:]
    drive_s = dice.integers(300, 6000, (stops + 3, stops + 3))
    drive_s[dice.random(drive_s.shape) < 0.03] = FAR
    wishes = []
    for number in range(stops):
        windows = []
        for day in range(days):
            opens = dice.integers(7, 15) * 3600
            if dice.random() < 0.8:
                windows.append(
                    (
                        moment(day, opens, country[number]),
                        moment(day, opens + dice.integers(1, 4) * 3600, country[number]),
                    )
                )
            if dice.random() < 0.3:
                windows.append(
                    (
                        moment(day, opens + 5 * 3600, country[number]),
                        moment(day, opens + 6 * 3600, country[number]),
                    )
                )
        wishes.append(
            Stop(
                places[number],
                visit_s=float(dice.integers(10, 60) * 60),
                windows=tuple(windows) if dice.random() < 0.6 else None,
                must=not optional or dice.random() < 0.4,
                weight=float(dice.choice([0.5, 1, 1.7])),
                day=int(dice.integers(days)) if pinned and dice.random() < 0.3 else None,
                order=int(dice.integers(3)) if pinned and dice.random() < 0.5 else None,
            )
        )
    plans = []
    for day in range(days):
        begin = home if day == 0 else (None if dice.random() < 0.7 else towns[dice.integers(3)])
        ends = tuple(towns[town] for town in dice.permutation(3)[: dice.integers(1, 4)])
        start = dice.integers(21, 28) * 1800 if noon else dice.integers(7, 11) * 3600
        plans.append(
            Day(moment(day, start), moment(day, start + dice.integers(5, 11) * 3600), begin, ends)
        )
    meal = Lunch(float(dice.integers(20, 70) * 60)) if lunch else None
    trip = Trip("", tuple(wishes), tuple(plans), meal, reserve_s=float(dice.choice([0, 900, 1800])))
    names = [f"g{number}" for number in range(gates)]
    spans = {
        (name, towards): [
            (8 * 3600, int(dice.integers(10, 13)) * 3600),
            (13 * 3600, int(dice.integers(15, 18)) * 3600),
        ]
        for name in names
        for towards in ("VN", "CN")
        if dice.random() < 0.8
    }
    side = (stops + 3, gates)
    tables = Tables(
        places=tuple(places),
        drive_s=drive_s,
        gates=tuple((name, ("VN", "CN"), ZONES["VN"]) for name in names),
        service_s=dice.integers(600, 3600, gates),
        to_gate_s=dice.integers(300, 5000, side),
        from_gate_s=dice.integers(300, 5000, side),
        hours=Hours(spans),
    )
    return trip, tables


# The brute force ----------------------------------------------------------------------------------

Way = tuple[int, int, int, list[tuple[float, float]] | None]


class Brute:
    """Everything tried: each way to share stops among days, each sequence, gate, place for lunch
    and town for the night.
    """

    def __init__(self, trip: Trip, tables: Tables) -> None:
        self.trip, self.tables = trip, tables
        self.row = {spot.id: number for number, spot in enumerate(tables.places)}
        self.ways = cache(lambda start, goal: [*self._ways(*map(self._place, (start, goal)))])
        self.clock_at = cache(self._clock_at)
        self.windows = {stop.place.id: self._windows(stop) for stop in trip.stops}

    def _place(self, name: str) -> Place:
        return self.tables.places[self.row[name]]

    @staticmethod
    def _windows(stop: Stop) -> list[tuple[float, float]]:
        if stop.windows is None:
            return [(-math.inf, math.inf)]
        return [(opens.timestamp(), closes.timestamp()) for opens, closes in stop.windows]

    def _ways(self, start: Place, goal: Place) -> Iterator[Way]:
        """Return seconds to the gate, at it and after it, and from when to when one may enter."""
        here, other = self.row[start.id], self.row[goal.id]
        if start.country == goal.country:
            if self.tables.drive_s[here, other] < FAR:
                yield int(self.tables.drive_s[here, other]), 0, 0, None
            return
        for number, (gate, _, _) in enumerate(self.tables.gates):
            if gate in self.trip.closed:
                continue
            if self.trip.avoid_unknown_hours and not self.tables.hours.known(
                gate, goal.country, "", None, None
            ):
                continue
            days = self.trip.days
            spans = self.tables.hours.intervals(
                gate, goal.country, "", None, days[0].start, days[-1].end + timedelta(days=1)
            )
            seconds = [[since.timestamp(), until.timestamp()] for since, until in spans]
            for early, late in pairwise(list(seconds)):
                if early[1] == late[0]:  # it does not close in between
                    late[0] = early[0]
                    seconds.remove(early)
            parts = (
                self.tables.to_gate_s[here, number],
                self.tables.service_s[number],
                self.tables.from_gate_s[other, number],
            )
            yield (
                *(int(part) for part in parts),
                [(since, until - max(1, self.trip.reserve_s)) for since, until in seconds],
            )

    def entered(self, spans: list[tuple[float, float]], reach: float) -> float:
        return min((max(reach, since) for since, last in spans if reach <= last), default=math.inf)

    def arrivals(self, start: Place, goal: Place, leave: float) -> Iterator[tuple[float, int]]:
        """Return moment and cost of each way without lunch."""
        for drive, service, on, spans in self.ways(start.id, goal.id):
            enter = leave + drive if spans is None else self.entered(spans, leave + drive)
            yield enter + service + on, drive + service + on

    def meals(
        self, start: Place, goal: Place, day: Day, leave: float
    ) -> Iterator[tuple[float, int]]:
        """Return moment and cost of each way with lunch on it: before the gate on the clock of the
        start, or behind it on the other.
        """
        for drive, service, on, spans in self.ways(start.id, goal.id):
            cost = drive + service + on
            if spans is None:
                yield from ((arrive, cost) for arrive in self.on_the_road(start, day, leave, drive))
                continue
            for reach in self.on_the_road(start, day, leave, drive):
                yield self.entered(spans, reach) + service + on, cost
            for arrive in self.on_the_road(
                goal, day, self.entered(spans, leave + drive) + service, on
            ):
                yield arrive, cost

    def on_the_road(self, clock: Place, day: Day, leave: float, drive: float) -> Iterator[float]:
        """Drive, stop for lunch at a moment, and drive the rest: as soon as one may eat, as late,
        and with the drive just done.
        """
        lunch = self.trip.lunch
        if lunch is None or leave == math.inf:
            return
        first, last = self.clock(clock, day, lunch.from_), self.clock(clock, day, lunch.until)
        for start in {first, leave, leave + drive, last}:
            if max(first, leave) <= start <= last:
                yield start + lunch.length_s + max(0, drive - (start - leave))

    def clock(self, where: Place, day: Day, text: str) -> float:
        return self.clock_at(where.zone, day.start.date(), text)

    @staticmethod
    def _clock_at(zone: ZoneInfo, day: date, text: str) -> float:
        return datetime.combine(day, datetime.strptime(text, "%H:%M").time(), zone).timestamp()

    def seen(self, stop: Stop, arrive: float) -> float:
        ends = (
            (max(arrive, opens) + stop.visit_s, closes)
            for opens, closes in self.windows[stop.place.id]
        )
        return min((end for end, closes in ends if end <= closes), default=math.inf)

    def eaten(self, where: Place, day: Day, hungry: float) -> float:
        lunch = self.trip.lunch
        start = max(hungry, self.clock(where, day, lunch.from_))
        return start + lunch.length_s if start <= self.clock(where, day, lunch.until) else math.inf

    def begun(self, day: Day, begin: Place) -> list[tuple[float, int, bool]]:
        """Set out at once; after lunch; or so late that one needs none."""
        start, lunch = day.start.timestamp(), self.trip.lunch
        if not lunch:
            return [(start, 0, False)]
        after = [self.eaten(begin, day, start), max(start, self.clock(begin, day, lunch.until))]
        return [(start, 0, False), *((leave, 0, True) for leave in after)]

    def driven(
        self, here: Place, there: Place, day: Day, states: Any
    ) -> list[tuple[float, float, bool]]:
        """Go on from all states, with lunch on the way or without."""
        after = []
        for leave, cost, full in states:
            after += [
                (arrive, cost + more, full) for arrive, more in self.arrivals(here, there, leave)
            ]
            if not full:
                after += [
                    (arrive, cost + more, True)
                    for arrive, more in self.meals(here, there, day, leave)
                ]
        return [state for state in after if state[0] <= day.end.timestamp()]

    def visited(self, stop: Stop, day: Day, states: Any) -> list[tuple[float, float, bool]]:
        """Visit a stop from all states, with lunch before or after the visit, or without."""
        after = []
        for arrive, cost, full in states:
            after.append((self.seen(stop, arrive), cost, full))
            if self.trip.lunch and not full:
                after.append((self.seen(stop, self.eaten(stop.place, day, arrive)), cost, True))
                after.append((self.eaten(stop.place, day, self.seen(stop, arrive)), cost, True))
        return [state for state in after if state[0] <= day.end.timestamp()]

    def home(self, end: Place, day: Day, states: Any) -> Iterator[float]:
        """Return the costs of those who may end so: in time, and not hungry beyond lunch."""
        lunch = self.trip.lunch
        for arrive, cost, full in states:
            if full or not lunch or arrive <= self.clock(end, day, lunch.until):
                yield cost

    def day(self, day: Day, begin: Place, end: Place, chosen: frozenset[int]) -> float:
        """Return the least cost of all sequences of stops that keep their order."""

        def on(here: Place, states: Any, left: frozenset[int], place: int) -> float:
            if not left:
                return min(
                    self.home(end, day, self.driven(here, end, day, states)), default=math.inf
                )
            costs = [math.inf]
            for number in left:
                stop = self.trip.stops[number]
                if stop.order is not None and stop.order < place:
                    continue
                after = self.visited(stop, day, self.driven(here, stop.place, day, states))
                order = place if stop.order is None else stop.order
                if after:
                    costs.append(on(stop.place, after, left - {number}, order))
            return min(costs)

        if not chosen and begin.id == end.id:
            return 0
        return on(begin, self.begun(day, begin), chosen, 0)

    def best(self) -> tuple[int, float, float] | None:
        """Return the most must-see stops, the most weight (less than none), and the least time on
        the road."""
        trip = self.trip

        @cache
        def cheapest(number: int, begin: str, end: str, chosen: frozenset[int]) -> float:
            places = self._place(begin), self._place(end)
            return self.day(trip.days[number], *places, chosen)

        best = None
        days = range(len(trip.days))
        for share in product(range(-1, len(trip.days)), repeat=len(trip.stops)):
            if any(
                stop.day not in (None, day)
                for stop, day in zip(trip.stops, share, strict=True)
                if day >= 0
            ):
                continue
            by_day = [
                frozenset(stop for stop, day in enumerate(share) if day == number)
                for number in days
            ]
            orders = [
                [trip.stops[stop].order for stop in chosen if trip.stops[stop].order is not None]
                for chosen in by_day
            ]
            if any(
                max(earlier) > min(other)
                for at, earlier in enumerate(orders)
                for other in orders[at + 1 :]
                if earlier and other
            ):
                continue
            must = sum(stop.must for stop, day in zip(trip.stops, share, strict=True) if day >= 0)
            weight = round(
                sum(
                    stop.weight
                    for stop, day in zip(trip.stops, share, strict=True)
                    if day >= 0 and not stop.must
                ),
                6,
            )
            if best is not None and (-must, -weight) > best[:2]:
                continue
            for ends in product(*(day.ends for day in trip.days)):
                begins = [day.begin or ends[number - 1] for number, day in enumerate(trip.days)]
                cost = sum(
                    cheapest(number, begins[number].id, ends[number].id, by_day[number])
                    for number in days
                )
                if cost < math.inf and (best is None or (-must, -weight, cost) < best):
                    best = -must, -weight, cost
        return best


def value(plan: Plan) -> tuple[int, float, float]:
    seen = [visit.stop for day in plan.days for visit in day.visits]
    return (
        -sum(stop.must for stop in seen),
        -round(sum(stop.weight for stop in seen if not stop.must), 6),
        plan.on_road_s,
    )


def assert_holds(plan: Plan, tables: Tables) -> None:
    """Walk through a plan by moments: every way exists, every visit lies in a window, lunch is had
    once, and slack is the most there is.
    """
    trip, brute = plan.trip, Brute(plan.trip, tables)
    orders = [
        visit.stop.order
        for day in plan.days
        for visit in day.visits
        if visit.stop.order is not None
    ]
    assert orders == sorted(orders)
    at = None
    for day, wish in zip(plan.days, trip.days, strict=True):
        assert day.start == (wish.begin or at)
        assert day.goal in wish.ends
        at = day.goal
        assert not day.legs or (
            day.legs[0].depart >= wish.start and day.legs[-1].arrive <= wish.end
        )
        assert_fed(brute, day, wish)
        for leg, visit in zip(day.legs, day.visits, strict=False):
            assert visit.stop.day in (None, day.number)
            assert leg.arrive == visit.arrive
            first = visit.lunch[1] if visit.lunch and visit.lunch[0] < visit.start else visit.arrive
            assert brute.seen(visit.stop, first.timestamp()) == visit.end.timestamp()
            assert visit.leave == (
                visit.lunch[1] if visit.lunch and visit.lunch[0] >= visit.end else visit.end
            )
            assert visit.arrive.tzinfo == visit.stop.place.zone
        for visit, leg in zip(day.visits, day.legs[1:], strict=True):
            assert leg.depart == visit.leave
        for leg in day.legs:
            drive_through = (
                brute.meals(leg.start, leg.goal, wish, leg.depart.timestamp()) if leg.lunch else ()
            )
            arrivals = list(
                drive_through or brute.arrivals(leg.start, leg.goal, leg.depart.timestamp())
            )
            service = leg.crossing.service_s if leg.crossing else 0
            assert (leg.arrive.timestamp(), leg.drive_s + service) in arrivals
        for number, visit in enumerate(day.visits):
            assert in_time(brute, plan, day.number, number, visit.slack_s)
            assert not in_time(brute, plan, day.number, number, visit.slack_s + 1)


def assert_fed(brute: Brute, day: DayPlan, wish: Day) -> None:
    """Check that lunch is had once on a day that is out over lunch, in its time on the clock where
    one is, and beside nothing else.
    """
    lunch = brute.trip.lunch
    meals = [
        (meal, where)
        for meal, where in [
            (day.lunch, day.start),
            *((visit.lunch, visit.stop.place) for visit in day.visits),
        ]
        if meal
    ]
    for leg in day.legs:
        if leg.lunch:
            behind = leg.crossing is not None and leg.lunch[0] >= leg.crossing.leave
            meals.append((leg.lunch, leg.goal if behind else leg.start))
            spans = (
                [(leg.depart, leg.crossing.arrive), (leg.crossing.leave, leg.arrive)]
                if leg.crossing
                else [(leg.depart, leg.arrive)]
            )
            assert any(start <= leg.lunch[0] and leg.lunch[1] <= end for start, end in spans)
    assert not day.lunch or wish.start <= day.lunch[0] < day.lunch[1] <= day.legs[0].depart
    assert len(meals) <= 1
    for (start, end), where in meals:
        assert (end - start).total_seconds() == lunch.length_s
        assert (
            brute.clock(where, wish, lunch.from_)
            <= start.timestamp()
            <= brute.clock(where, wish, lunch.until)
        )
        assert start.tzinfo == where.zone
    if lunch and day.legs and not meals:
        set_out, back = day.legs[0].depart.timestamp(), day.legs[-1].arrive.timestamp()
        assert set_out >= brute.clock(day.start, wish, lunch.until) or back <= brute.clock(
            day.goal, wish, lunch.until
        )


def in_time(brute: Brute, plan: Plan, number: int, first: int, delay_s: float) -> bool:
    """Return whether a day ends in time if one comes so much later to a stop, over the same
    gates.
    """
    day, wish, lunch = plan.days[number], plan.trip.days[number], plan.trip.lunch
    full = (
        day.lunch is not None
        or any(leg.lunch for leg in day.legs[: first + 1])
        or any(visit.lunch for visit in day.visits[:first])
    )
    if lunch and day.legs[0].depart.timestamp() >= brute.clock(day.start, wish, lunch.until):
        full = True
    states = [(day.visits[first].arrive.timestamp() + delay_s, 0, full)]
    for visit, leg in zip(day.visits[first:], day.legs[first + 1 :], strict=True):
        states = brute.visited(visit.stop, wish, [(arrive, 0, full) for arrive, _, full in states])
        cost = leg.drive_s + (leg.crossing.service_s if leg.crossing else 0)
        states = [
            state for state in brute.driven(leg.start, leg.goal, wish, states) if state[1] == cost
        ]
    return any(True for _ in brute.home(day.goal, wish, states))


CASES = {
    "one day": {"stops": 6},
    "lunch": {"stops": 5, "lunch": True},
    "gates": {"stops": 5, "gates": 2},
    "optional": {"stops": 6, "optional": True},
    "two days, nights": {"stops": 5, "days": 2},
    "two days, all": {
        "stops": 4,
        "days": 2,
        "gates": 2,
        "lunch": True,
        "pinned": True,
        "optional": True,
    },
    "three days, pinned": {"stops": 4, "days": 3, "pinned": True, "lunch": True},
    "lunch over the border": {"stops": 4, "gates": 3, "lunch": True},
    "from noon on": {"stops": 3, "days": 2, "gates": 2, "lunch": True, "noon": True},
    "three days, few stops": {"stops": 2, "days": 3, "gates": 1, "lunch": True},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", range(12))
def test_a_small_plan_is_as_good_as_brute_force(case: str, seed: int) -> None:
    """Must-see stops, weight and time on the road are those of everything tried, and the moments
    follow the rules.
    """
    trip, tables = made(seed * 101 + len(case), **CASES[case])
    best = Brute(trip, tables).best()
    if best is None:
        with pytest.raises(InputError, match="cannot be driven"):
            planner.solve(trip, tables)
        return
    plan = planner.solve(trip, tables)
    assert plan.proof == "proven"
    assert value(plan) == best
    assert_holds(plan, tables)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", range(6))
def test_a_searched_plan_obeys_the_same_rules_and_is_as_good_on_small_trips(
    case: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found without proof is never better than the proven plan, which it reaches on trips
    this small, and follows the rules.
    """
    trip, tables = made(seed * 57 + len(case), **CASES[case])
    try:
        proven = planner.solve(trip, tables)
    except InputError:
        return
    monkeypatch.setattr(planner, "_small", lambda _: False)
    monkeypatch.setattr(
        tour_search, "PACE", 100
    )  # done long before its time, so the same each time
    plan = planner.solve(trip, tables, seconds=60)
    assert plan.proof == "unproven"
    assert_holds(plan, tables)
    assert value(plan) == value(proven)


def outcome(trip: Trip, tables: Tables) -> tuple[float, float, float]:
    """Plan a trip: the less the better; days that cannot be driven are the worst."""
    try:
        plan = planner.solve(trip, tables)
    except InputError:
        return math.inf, math.inf, math.inf
    assert plan.proof == "proven"
    assert_holds(plan, tables)
    return value(plan)


def with_towns(trip: Trip, tables: Tables, dice: np.random.Generator) -> Trip:
    """Allow one more town for each night."""
    towns = tables.places[len(trip.stops) :]
    more = [towns[dice.integers(len(towns))] for _ in trip.days]
    days = zip(trip.days, more, strict=True)
    return replace(
        trip,
        days=tuple(
            day if town in day.ends else replace(day, ends=(*day.ends, town)) for day, town in days
        ),
    )


def with_windows(trip: Trip, _: Tables, dice: np.random.Generator) -> Trip:
    """Let each window begin earlier and end later, but not into its neighbours."""
    stops = []
    for stop in trip.stops:
        wider = [
            [
                start - timedelta(seconds=int(dice.integers(3600))),
                end + timedelta(seconds=int(dice.integers(3600))),
            ]
            for start, end in stop.windows or ()
        ]
        for early, late in pairwise(wider):
            late[0] = max(early[1], late[0])
        stops.append(
            replace(
                stop,
                windows=(
                    None if stop.windows is None else tuple((start, end) for start, end in wider)
                ),
            )
        )
    return replace(trip, stops=tuple(stops))


def with_longer_days(trip: Trip, _: Tables, dice: np.random.Generator) -> Trip:
    """Let each day begin up to two hours earlier, on its date, and end up to two hours later."""
    longer = [
        (day, *(timedelta(seconds=int(seconds)) for seconds in dice.integers(7200, size=2)))
        for day in trip.days
    ]
    return replace(
        trip,
        days=tuple(
            replace(day, start=day.start - early, end=day.end + late) for day, early, late in longer
        ),
    )


MORE: dict[str, Callable[[Trip, Tables, np.random.Generator], Trip]] = {
    "night towns": with_towns,
    "wider windows": with_windows,
    "longer days": with_longer_days,
    "fewer closed gates": lambda trip, *_: replace(trip, closed=()),
    "a smaller reserve": lambda trip, *_: replace(trip, reserve_s=trip.reserve_s / 2),
    "gates of unknown hours": lambda trip, *_: replace(trip, avoid_unknown_hours=False),
}


@pytest.mark.parametrize("more", MORE)
@pytest.mark.parametrize("seed", range(30))
def test_allowing_more_never_gives_a_worse_plan(more: str, seed: int) -> None:
    """Never fewer must-see stops, then never less weight, then never more seconds on the road."""
    dice = np.random.default_rng(seed)
    shape: dict[str, Any] = {
        "stops": int(dice.integers(2, 6)),
        "days": int(dice.integers(1, 4)),
        "gates": int(dice.integers(1, 3)),
    }
    shape |= {name: bool(dice.random() < 0.6) for name in ("lunch", "optional", "noon")} | {
        "pinned": bool(dice.random() < 0.2)
    }
    trip, tables = made(1000 + seed, **shape)
    trip = replace(
        trip,
        closed=("g0",) if more == "fewer closed gates" else (),
        avoid_unknown_hours=more == "gates of unknown hours",
    )
    trip = replace(trip, reserve_s=3600.0 if more == "a smaller reserve" else trip.reserve_s)
    assert outcome(MORE[more](trip, tables, dice), tables) <= outcome(trip, tables)


def test_an_empty_day_drives_on_to_an_early_appointment() -> None:
    """A day without a stop goes to another of its night towns if that brings a stop in on the next
    morning, and stays otherwise.
    """
    a, b, stop = place("a"), place("b"), place("stop")
    tables = Tables((a, b, stop), np.array([[0, 7200, 4000], [7200, 0, 600], [4000, 600, 0]]))
    days = (
        Day(moment(0, 25200), moment(0, 64800), a, (a, b)),
        Day(moment(1, 25200), moment(1, 64800), None, (b,)),
    )
    early = Stop(stop, 3600, ((moment(1, 27000), moment(1, 30600)),))
    plan = planner.solve(Trip("", (early,), days), tables)
    assert (plan.left_out, plan.days[0].goal.id, plan.on_road_s, plan.proof) == (
        (),
        "b",
        7200 + 1200,
        "proven",
    )
    searched = tour_search.search(
        plan.trip, tables.model(plan.trip), *joined_days.ends_of_days(plan.trip), steps=200
    )
    assert searched is not None
    assert [route.stops for route in searched] == [(), (0,)]
    late = replace(early, windows=((moment(1, 40000), moment(1, 50000)),))
    assert (
        planner.solve(Trip("", (late,), (days[0], replace(days[1], ends=(a, b)))), tables)
        .days[0]
        .legs
        == ()
    )


BURMA14 = """16.47 96.10, 16.47 94.44, 20.09 92.54, 22.39 93.37, 25.23 97.24, 22.00 96.05, 20.47 97.02, 17.20 96.29, 16.30 97.38,
14.05 98.12, 16.53 97.38, 21.52 95.59, 19.41 97.13, 20.09 94.55"""  # noqa: E501


def burma14() -> np.ndarray:
    """Return the distances of burma14; Source: TSPLIB 95, Reinelt, nodes and the formula for GEO;
    remembered.
    """
    where = np.array(
        [
            [float(degrees) for degrees in pair.split()]
            for pair in BURMA14.replace("\n", " ").split(",")
        ]
    )
    angle = 3.141592 * (np.trunc(where) + 5 * (where - np.trunc(where)) / 3) / 180
    (lat, lon), (lat_2, lon_2) = angle.T[:, :, None], angle.T[:, None]
    cosine = 0.5 * (
        (1 + np.cos(lon - lon_2)) * np.cos(lat - lat_2)
        - (1 - np.cos(lon - lon_2)) * np.cos(lat + lat_2)
    )
    return (6378.388 * np.arccos(np.clip(cosine, -1, 1)) + 1).astype(np.int64)


def simple(
    time_s: np.ndarray, *, days: int = 1, hours: float = 10, visit_s: float = 0
) -> tuple[Trip, Tables]:
    """Make a trip from the first place to all others and back, each day from 8 o'clock."""
    places = [place(str(number)) for number in range(len(time_s))]
    plans = tuple(
        Day(moment(day, 28800), moment(day, 28800 + hours * 3600), places[0], (places[0],))
        for day in range(days)
    )
    return Trip("", tuple(Stop(spot, visit_s) for spot in places[1:]), plans), Tables(
        tuple(places), np.asarray(time_s, np.int64)
    )


@pytest.mark.parametrize("proof", ["proven", "unproven"])
def test_burma14_of_tsplib(proof: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shortest tour is 3323, with proof and by search."""
    if proof == "unproven":
        monkeypatch.setattr(planner, "_small", lambda _: False)
    plan = planner.solve(*simple(burma14()))
    assert (plan.on_road_s, plan.proof, plan.left_out) == (3323, proof, ())


def plane(count: int, seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).uniform(0, 3000, (count, 2))
    return np.ceil(np.hypot(*(points[:, None] - points).transpose(2, 0, 1)))


@pytest.mark.parametrize("count", [9, 41])
def test_the_same_trip_gives_the_same_plan(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the proof nor a search that ends before its time depends on chance."""
    monkeypatch.setattr(tour_search, "PACE", 2000)
    trip, tables = simple(plane(count), days=3, visit_s=600)
    first, other = (planner.solve(trip, tables, seconds=60) for _ in range(2))
    assert first == other


def test_progress_runs_from_nothing_to_all() -> None:
    """The shares that are told rise from 0 to 1, proven or not."""
    for count in (9, 30):
        shares: list[float] = []
        planner.solve(*simple(plane(count), days=2), seconds=0.2, on_progress=shares.append)
        assert shares[0] == 0
        assert shares[-1] == 1
        assert shares == sorted(shares)


def test_a_stop_on_an_island_is_left_out() -> None:
    """No road leads there; all other stops are planned, with proof."""
    time_s = plane(8)
    time_s[3], time_s[:, 3] = FAR, FAR
    plan = planner.solve(*simple(time_s))
    assert [stop.place.id for stop in plan.left_out] == ["3"]
    assert plan.proof == "proven"
    assert not plan.feasible


@pytest.mark.parametrize("count", [6, 20])
def test_windows_outside_of_the_days_leave_a_stop_out(count: int) -> None:
    """A window on another day, or one shorter than the visit, is as good as none; as is a day that
    is over at once.
    """
    trip, tables = simple(plane(count), visit_s=600)
    late, short = ((moment(4, 36000), moment(4, 50000)),), ((moment(0, 36000), moment(0, 36599)),)
    first, second, *others = trip.stops
    plan = planner.solve(
        replace(
            trip, stops=(replace(first, windows=late), replace(second, windows=short), *others)
        ),
        tables,
        seconds=0.3,
    )
    assert [stop.place.id for stop in plan.left_out] == ["1", "2"]
    none = planner.solve(
        replace(trip, days=(replace(trip.days[0], end=trip.days[0].start),)), tables, seconds=0.3
    )
    assert none.left_out == trip.stops
    assert none.days[0].legs == ()


def test_more_stops_than_fit_leave_out_those_of_little_weight() -> None:
    """Of 30 stops ten minutes each, those one must see are in, and some others."""
    trip, tables = simple(plane(31), hours=4, visit_s=600)
    stops = tuple(
        replace(stop, must=number < 5, weight=float(number + 1))
        for number, stop in enumerate(trip.stops)
    )
    plan = planner.solve(replace(trip, stops=stops), tables, seconds=1)
    assert plan.feasible
    assert 0 < len(plan.left_out) < 25
    assert_holds(plan, tables)


def test_the_last_day_may_need_an_empty_way() -> None:
    """A day without a stop drives to where it must end, with lunch on the way; days that cannot are
    named.
    """
    places = [place("a"), place("b"), place("c")]
    tables = Tables(tuple(places), np.array([[0, 14400, 60], [14400, 0, FAR], [60, FAR, 0]]))
    days = (Day(moment(0, 36000), moment(0, 64800), places[0], (places[1],)),)
    trip = Trip("", (Stop(places[2], 60, must=False),), days, Lunch(3600))
    plan = planner.solve(trip, tables)
    assert plan.days[0].legs[0].depart == moment(0, 36000)
    assert plan.days[0].legs[0].lunch == (moment(0, 41400), moment(0, 45000))
    assert plan.days[0].visits == ()
    slow = replace(
        trip, lunch=Lunch(3 * 3600)
    )  # sooner there if one sets out when lunch is over, and needs none
    assert (
        planner.solve(slow, tables).days[0].legs[0].depart,
        planner.solve(slow, tables).days[0].legs[0].lunch,
    ) == (
        moment(0, 46800),
        None,
    )
    with pytest.raises(InputError, match="Day 1: no end is reached in time"):
        planner.solve(replace(trip, days=(replace(days[0], end=moment(0, 43200)),)), tables)


def test_gates_of_unknown_hours_are_passed_by_if_wished() -> None:
    """The only gate is unknown: over it without the wish, and marked so; not at all with it, nor if
    it is closed.
    """
    places = [place("a"), place("b", "CN")]
    side = np.full((2, 1), 600)
    gates = (("g", ("VN", "CN"), ZONES["VN"]),)
    tables = Tables(
        tuple(places), np.full((2, 2), FAR), gates, np.array([900]), side, side, Hours({})
    )
    trip = Trip(
        "",
        (Stop(places[1], 60),),
        (Day(moment(0, 28800), moment(0, 60000), places[0], (places[0],)),),
    )
    plan = planner.solve(trip, tables)
    assert [leg.crossing.towards for leg in plan.days[0].legs] == ["CN", "VN"]
    assert not plan.days[0].legs[0].crossing.hours_known
    assert plan.on_road_s == 2 * 2100
    assert planner.solve(replace(trip, avoid_unknown_hours=True), tables).left_out == trip.stops
    assert planner.solve(replace(trip, closed=("g",)), tables).left_out == trip.stops


def test_a_gate_is_avoided_on_the_days_on_which_its_hours_are_not_known() -> None:
    """A gate that never closes may be entered until the last second of a known day, and not on the
    next; without the wish on both.
    """

    class Holiday(Hours):
        def known(self, *asked: Any) -> bool:
            return bool(asked[-1].date() == MONDAY.date())

    places = [place("a"), place("b", "CN")]
    side, gates = np.full((2, 1), 600), (("g", ("VN", "CN"), ZONES["VN"]),)
    tables = Tables(
        tuple(places), np.full((2, 2), FAR), gates, np.array([900]), side, side, Holiday({})
    )
    days = (
        Day(moment(0, 28800), moment(0, 60000), places[0], (places[0],)),
        Day(moment(1, 28800), moment(1, 60000), None, (places[0],)),
    )
    trip = Trip("", (Stop(places[1], 60, day=1),), days)
    assert planner.solve(trip, tables).left_out == ()
    avoided = replace(trip, avoid_unknown_hours=True)
    assert planner.solve(avoided, tables).left_out == trip.stops
    assert (
        planner.solve(replace(avoided, stops=(replace(trip.stops[0], day=0),)), tables).left_out
        == ()
    )
    assert (
        tables.entries(avoided, tables.passages(avoided)[0])[-1][1] == moment(1, 0).timestamp() - 1
    )


@pytest.mark.parametrize("seed", range(20))
def test_what_fits_is_what_can_be_planned(seed: int) -> None:
    """Whether a set of stops fits, as why-not asks it, is whether the proven plan of these stops
    leaves none out.
    """
    shape: dict[str, Any] = {
        "stops": 3,
        "days": 1 + seed % 2,
        "gates": seed % 3,
        "lunch": True,
        "noon": seed % 4 == 0,
    }
    trip, tables = made(7000 + seed, **shape)
    possible = feasibility.Fits(None, tables).subsets(trip)  # type: ignore[arg-type]
    for chosen in range(1, 8):
        stops = tuple(stop for number, stop in enumerate(trip.stops) if chosen >> number & 1)
        assert possible[chosen] == (outcome(replace(trip, stops=stops), tables)[0] == -len(stops))


def test_every_fault_of_a_trip_is_named_at_once() -> None:
    """Stops, windows, days and lunch are told in one error."""
    trip, tables = simple(plane(4), days=2)
    day = trip.days[0]
    first, other, third = trip.stops
    windows = ((moment(0, 9), moment(0, 5)), (moment(0, 4), moment(0, 8)))
    stops = (replace(first, visit_s=-1), replace(other, windows=windows, day=7), third, third)
    days = (
        replace(day, begin=None),
        replace(trip.days[1], start=day.start, end=day.start - timedelta(1), ends=()),
    )
    wrong = replace(
        trip,
        stops=stops,
        days=days,
        lunch=Lunch(0, "13:00", "11:00"),
        kind="bicycle",
        reserve_s=-1.0,
    )
    with pytest.raises(InputError) as caught:
        planner.solve(wrong, tables)
    assert len(caught.value.faults) == 13
    with pytest.raises(InputError, match="There are no stops"):
        planner.solve(replace(trip, stops=(), days=()), tables)
    with pytest.raises(InputError, match="500 stops; at most 150"):
        planner.solve(*simple(np.zeros((501, 501))))


def test_tables_are_of_their_places_only() -> None:
    """A place without times is named."""
    trip, tables = simple(plane(4))
    with pytest.raises(NotFoundError, match="no times for far"):
        planner.solve(replace(trip, stops=(Stop(place("far"), 0),)), tables)


@pytest.fixture(scope="module")
def abroad() -> Callable[..., Trip]:
    """Return a trip from Ha Long to parks on both sides of the border."""
    folder = layers.bundled()
    sites, cities = layers.read(folder, "parks"), layers.read(folder, "cities")

    def at(key: str, row: Any) -> Place:
        zone = str(ZONES[row["country"]])
        return Place(
            key,
            {"en": row["name_en"]},
            row.geometry.x,
            row.geometry.y,
            row["position_accuracy_m"],
            row["country"],
            zone,
        )

    def trip(stops: int) -> Trip:
        home = at("ha-long", cities.loc["ha-long"])
        far = (sites.geometry.x - 107.6).abs() + (sites.geometry.y - 21.4).abs()
        chosen = [
            sites[(sites["country"] == country)].loc[
                far.sort_values(kind="stable").index.intersection(
                    sites.index[sites["country"] == country]
                )
            ]
            for country in ("VN", "CN")
        ]
        rows = [row for half in chosen for row in half.head(stops // 2).iterrows()]
        days = tuple(
            Day(moment(day, 7 * 3600), moment(day, 19 * 3600), home if day == 0 else None, (home,))
            for day in range(3)
        )
        return Trip(
            "", tuple(Stop(at(str(key), row), 3600) for key, row in rows), days, Lunch(3600)
        )

    return trip


@pytest.fixture(scope="module")
def real(real_network: Network) -> World:
    from geo.hours.gates import Hours as GateHours

    folder: Path = layers.bundled()
    gates, crossings = layers.read(folder, "gates"), layers.read_table(folder, "crossings")
    return World(real_network, gates, crossings, GateHours.read(folder))


def test_a_real_trip_stands_up_to_the_rehearsal(abroad: Callable[..., Trip], real: World) -> None:
    """Parks of both countries are planned over real gates; lengths are known, the driver finds no
    fault, and the plan is proven.
    """
    plan = planner.plan(abroad(6), real)
    assert plan.faults == ()
    assert plan.proof == "proven"
    assert any(leg.crossing for day in plan.days for leg in day.legs)
    assert all(leg.length_m > 0 for day in plan.days for leg in day.legs)
    assert planner.plan(abroad(6), real, tables=Tables.of(plan.trip, real)) == plan
    with pytest.raises(InputError, match="There is no gate “moon”"):
        planner.plan(replace(plan.trip, closed=("moon",)), real)


def there_and_back(start: Place, goal: Place, world: World, *, rehearse: bool = True) -> list[str]:
    """Return the gates of a day that leads to a place and back."""
    day = Day(moment(0, 7 * 3600), moment(0, 19 * 3600), start, (start,))
    plan = planner.plan(Trip("", (Stop(goal, 3600),), (day,)), world, rehearse=rehearse)
    assert plan.faults == ()
    return [leg.crossing.gate for leg in plan.days[0].legs if leg.crossing]


@pytest.mark.parametrize(
    ("town", "beyond", "gate"),
    [
        ("mong-cai", "dongxing", "mong-cai-bac-luan-1"),
        ("lang-son", "pingxiang", "huu-nghi"),
        ("cao-bang", "jingxi", "tra-linh"),
    ],
)
def test_a_town_beyond_the_border_is_reached_as_people_go_there(
    real: World, town: str, beyond: str, gate: str
) -> None:
    """Over the gate that joins the two towns, there and back."""
    cities = layers.read(layers.bundled(), "cities")
    start, goal = (
        Place(key, {"en": key}, at.x, at.y, 1000.0, cities.country[key], str(ZONES[country]))
        for key, country in ((town, "VN"), (beyond, "CN"))
        for at in (cities.geometry[key],)
    )
    assert there_and_back(start, goal, real) == [gate, gate]


def test_a_gate_with_a_lane_each_way_is_passed_both_ways(
    roads: Callable[..., Network], points: Callable[..., Any]
) -> None:
    """Its nearest road on either side is a lane on which one comes to the gate and never back from
    it: one comes back by the other lane.
    """
    nodes = [(107, 21), (107.02, 21), (107.0295, 21.0001), (107.0305, 20.9999)]
    nodes += [(107.04, 21), (107.06, 21)]
    network = roads(
        nodes,
        [(0, 1, 120), (1, 2, 60), (2, 4, 1860), (4, 3, 60), (3, 1, 1860), (4, 5, 120)],
        one_way=[1, 2, 3, 4],
        gate_of={2: "gate", 4: "gate"},
        country_of=["VN", "VN", "", "CN", "", "CN"],
    )
    gates = points(
        {"gate": (107.03, 21)},
        kind=["international"],
        mode=["road"],
        country=["VN"],
        opposite_country=["CN"],
        cargo=[True],
        passengers=[True],
    )
    crossings = layers.read_table(layers.bundled(), "crossings")
    world = World(network, gates, crossings, Hours({}))  # type: ignore[arg-type]
    ends = [
        Place(country, {"en": country}, lon, 21.0, None, country, str(ZONES[country]))
        for country, lon in (("VN", 107.0), ("CN", 107.06))
    ]
    assert there_and_back(ends[0], ends[1], world, rehearse=False) == ["gate", "gate"]


def test_an_untimely_search_still_gives_a_plan() -> None:
    """With no time at all something is planned."""
    trip, tables = simple(plane(25), visit_s=60)
    plan = planner.solve(trip, tables, seconds=0)
    assert plan.proof == "unproven"
    assert_holds(plan, tables)


@pytest.mark.parametrize(
    "case",
    [
        {"stops": 8},
        {"stops": 6, "gates": 2, "lunch": True},
        {"stops": 7, "lunch": True, "optional": True, "pinned": True},
    ],
)
def test_up_to_eight_stops_equal_brute_force(case: dict[str, Any]) -> None:
    """A longer day, with all that there is, is as good as everything tried."""
    trip, tables = made(7, **case)
    plan = planner.solve(trip, tables)
    assert value(plan) == Brute(trip, tables).best()
    assert_holds(plan, tables)


# Lunch on a way, second by second -----------------------------------------------------------------


def walked(model: Any, way: int, leave: int, lunch_s: int, ends: tuple[int, int]) -> int:
    """Try every moment at which one may eat on a way, between the stops or at them, and give the
    earliest arrival.
    """
    drive, service, on, _, passage = (int(value) for value in model.way[way])
    spans = (
        [
            tuple(map(int, span))
            for span in model.entry[model.entry_start[passage] : model.entry_start[passage + 1]]
        ]
        if passage >= 0
        else []
    )

    def entered(reach: int) -> int:
        return min((max(reach, first) for first, last in spans if reach <= last), default=FAR)

    best = FAR
    for here, there in [ends]:
        for eat in range(
            max(leave, int(model.lunch[0, here, 0])), int(model.lunch[0, here, 1]) + 1
        ):
            reach = eat + lunch_s + max(0, drive - (eat - leave))
            best = min(best, reach if passage < 0 else entered(reach) + service + on)
        passed = leave + drive if passage < 0 else entered(leave + drive) + service
        for eat in range(
            max(passed, int(model.lunch[0, there, 0])), int(model.lunch[0, there, 1]) + 1
        ):
            best = min(best, eat + lunch_s + max(0, on - (eat - passed)))
    return best


def test_lunch_on_a_way_is_the_earliest_there_is_and_its_slack_exact() -> None:
    """Of all moments to eat the model takes the one that lets one arrive first; who leaves later
    never arrives earlier; and the last departure for an arrival is the last with which it is
    reached."""
    from geo.visits import _day_rules

    over = 0
    for seed in range(12):
        trip, tables = made(400 + seed, stops=2, gates=2, lunch=True)
        model = tables.model(replace(trip, lunch=Lunch(1200.0 + 60 * seed, "11:30", "11:50")))
        for here, there in permutations(range(model.nodes), 2):
            pair = here * model.nodes + there
            for way in range(model.way_start[pair], model.way_start[pair + 1])[:1]:
                over += model.way[way, 4] >= 0
                noon = int(model.lunch[0, here, 0])
                leaves = range(noon - 9000, noon + 1600, 997)
                arrivals = [
                    int(_day_rules.arrival_fed(model, 0, here, there, way, leave))
                    for leave in leaves
                ]
                assert arrivals == [
                    walked(model, way, leave, model.lunch_s, (here, there)) for leave in leaves
                ]
                assert arrivals == sorted(arrivals)
                for arrive in {
                    arrival + more for arrival in arrivals if arrival < FAR for more in (-1, 0, 500)
                }:
                    last = int(_day_rules.departure_fed(model, 0, here, there, way, arrive))
                    assert (
                        last < 0
                        or _day_rules.arrival_fed(model, 0, here, there, way, last) <= arrive
                    )
                    assert (
                        _day_rules.arrival_fed(
                            model, 0, here, there, way, max(last, noon - 20000) + 1
                        )
                        > arrive
                    )
    assert over > 20


def test_lunch_may_be_eaten_where_the_day_begins_at_a_stop_or_on_the_way() -> None:
    """Where it costs no time: before setting out at noon, at the stop if one is there by one, else
    on the way.
    """
    home, stop = place("home"), place("stop")

    def day(first: float, drive_s: int) -> DayPlan:
        tables = Tables((home, stop), np.array([[0, drive_s], [drive_s, 0]]))
        days = (Day(moment(0, first * 3600), moment(0, 20 * 3600), home, (home,)),)
        plan = planner.solve(Trip("", (Stop(stop, 3600),), days, Lunch(2700)), tables)
        assert_holds(plan, tables)
        return plan.days[0]

    begin, at_stop, on_the_way = day(11.75, 7200), day(10, 7200), day(9.5, 4 * 3600)
    assert begin.lunch == (moment(0, 11.75 * 3600), moment(0, 12.5 * 3600))
    assert begin.legs[0].depart == begin.lunch[1]
    assert at_stop.visits[0].lunch == (moment(0, 12 * 3600), moment(0, 12.75 * 3600))
    assert on_the_way.legs[0].lunch == (moment(0, 11.5 * 3600), moment(0, 12.25 * 3600))
    assert on_the_way.legs[0].arrive == moment(0, 14.25 * 3600)


def test_a_day_on_which_one_sets_out_after_lunch_needs_none() -> None:
    """The day may begin earlier: what counts is when one departs, here as late as the first
    appointment allows.
    """
    trip, tables = simple(np.array([[0, 1800], [1800, 0]]), visit_s=600)
    late = replace(trip.stops[0], windows=((moment(0, 14 * 3600), moment(0, 16 * 3600)),))
    plan = planner.solve(replace(trip, stops=(late,), lunch=Lunch(3600)), tables)
    assert plan.days[0].legs[0].depart == moment(0, 13.5 * 3600)
    assert (plan.days[0].lunch, plan.days[0].visits[0].lunch, plan.days[0].legs[0].lunch) == (
        None,
        None,
        None,
    )


# Limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.0, -1.0, 9e-7, 1_000_001.0, 5e12, 1e15, math.nan, math.inf])
def test_a_weight_beyond_its_limits_is_refused(weight: float) -> None:
    """With a sentence, by the library too."""
    trip, tables = simple(plane(3))
    with pytest.raises(
        InputError, match=r"the weight is .*; it lies between 0\.000001 and 1000000"
    ):
        planner.solve(
            replace(trip, stops=(replace(trip.stops[0], weight=weight), trip.stops[1])), tables
        )


@pytest.mark.parametrize("count", [2, 12, 100])
def test_no_sum_of_weights_wraps(count: int) -> None:
    """As many stops of the greatest weight as there are are all visited; a must-see stop counts
    more than all of them together.
    """
    trip, tables = simple(plane(count + 1), hours=24, visit_s=60)
    stops = tuple(replace(stop, must=False, weight=MOST_WEIGHT) for stop in trip.stops)
    assert planner.solve(replace(trip, stops=stops), tables, seconds=1).left_out == ()
    morning = (moment(0, 28800), moment(0, 28800 + 3000))
    far = tuple(replace(stop, windows=(morning,)) for stop in stops[1:])
    must = replace(
        stops[0],
        must=True,
        visit_s=5 * 3600,
        windows=((moment(0, 28800), moment(0, 28800 + 8 * 3600)),),
    )
    short = (replace(trip.days[0], end=trip.days[0].start + timedelta(hours=7)),)
    plan = planner.solve(replace(trip, stops=(must, *far), days=short), tables, seconds=1)
    assert must not in plan.left_out
    light = tuple(
        replace(stop, weight=LEAST_WEIGHT if number else MOST_WEIGHT)
        for number, stop in enumerate(stops)
    )
    assert planner.solve(replace(trip, stops=light), tables, seconds=1).left_out == ()


def test_stops_left_out_of_a_search_stand_for_more_than_any_way_and_less_than_a_broken_day() -> (
    None
):
    """The seconds for stops left out keep their order for as many stops as a trip may have, and
    their sum fits in a whole number.
    """
    from geo.visits import _tour_search

    assert MOST_STOPS * tour_search.MAY < tour_search.MUST
    assert MOST_STOPS * tour_search.MUST < _tour_search.BROKEN
    assert (MOST_DAYS + 2) * _tour_search.BROKEN < FAR
    assert tour_search.LEAST > 7 * 86400


@pytest.mark.parametrize("count", [1, 5, 20])
@pytest.mark.parametrize("visit_h", [0.5, 23])
def test_days_that_cannot_be_driven_are_named_whatever_the_stops(
    count: int, visit_h: float
) -> None:
    """Whether a stop would be possible or not, the error says which day cannot be driven."""
    trip, tables = simple(plane(count + 2), hours=4, visit_s=visit_h * 3600)
    island = replace(tables.places[0], id="island")
    drive_s = np.pad(tables.drive_s, (0, 1), constant_values=FAR)
    tables = Tables((*tables.places, island), drive_s)
    with pytest.raises(InputError, match="cannot be driven, even without a stop") as caught:
        planner.solve(
            replace(trip, days=(replace(trip.days[0], ends=(island,)),)), tables, seconds=0.2
        )
    assert caught.value.faults == ("Day 1: no end is reached in time.",)
