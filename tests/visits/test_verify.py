"""The driver with the watch: a right plan has no fault, and each kind of mistake is named with its
place and moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geo import layers
from geo.hours.gates import Hours
from geo.roads.network import Network
from geo.visits import planner, verify
from geo.visits.trip import Crossing, Day, DayPlan, Leg, Lunch, Place, Plan, Stop, Trip, Visit
from geo.visits.world import World

WEST, EAST = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Asia/Shanghai")
TENTH_S, TENTH_M, GATE_S = 600, 11_132, 1800
"""Seconds and metres of a tenth of a degree of the toy's roads, and the formalities."""


@dataclass
class Opening:
    open: bool
    known: bool
    opens: datetime | None
    why: str
    until: datetime | None = None


@dataclass
class EveryDay:
    """Hours that are the same on each day, on the clock of the west."""

    opens: time = time(10, 30)
    closes: time = time(16)
    known: bool = True

    def when_open(
        self,
        gate: str,
        towards: str,
        kind: str,
        moment: datetime,
        vehicle_country: str | None = None,
    ) -> Opening:
        assert (gate, kind, vehicle_country) == ("bridge", "passenger", "AA")
        assert towards in ("AA", "BB")
        here = moment.astimezone(WEST)
        today = datetime.combine(here.date(), self.opens, WEST)
        if self.opens <= here.time() < self.closes:
            return Opening(
                True, self.known, here, "open", datetime.combine(here.date(), self.closes, WEST)
            )
        return Opening(
            False, self.known, today if here < today else today + timedelta(days=1), "closed"
        )


def west(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return a moment of June 2026 on the western clock, which is an hour behind the eastern
    one.
    """
    return datetime(2026, 6, day, hour, minute, second, tzinfo=WEST)


def east(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=EAST)


def place(key: str, lon: float, country: str, name: str) -> Place:
    return Place(
        key, {"en": name}, lon, 0.0, None, country, WEST.key if country == "AA" else EAST.key
    )


HOME = place("home", 100.0, "AA", "Home")
MILL = place("mill", 100.1, "AA", "Mill")
INN = place("inn", 100.25, "BB", "Inn")
YARD = place("yard", 100.3, "BB", "Yard")
SHOP = place("shop", 100.3, "BB", "Shop")
FARM = place("farm", 100.05, "AA", "Farm")


def right_trip() -> Trip:
    stops = (
        Stop(MILL, 3600, ((west(1, 9), west(1, 12)),), order=1),
        Stop(YARD, 3600, ((east(1, 13), east(1, 17)),), day=0),
        Stop(SHOP, 1800, order=2),
        Stop(FARM, 1800, must=False),
    )
    days = (
        Day(west(1, 8), west(1, 18), HOME, (INN, HOME)),
        Day(east(2, 8), east(2, 18), None, (HOME,)),
    )
    return Trip("Two days", stops, days, Lunch(2400), vehicle_country="AA")


def right_plan() -> Plan:
    """Day 1: home, mill, over the bridge as it opens, lunch and visit at the yard, inn. Day 2:
    shop, home; too early for lunch.
    """
    trip = right_trip()
    mill, yard, shop, farm = trip.stops
    outward = Crossing("bridge", "BB", west(1, 10, 10), west(1, 10, 30), west(1, 11), True)
    back = Crossing("bridge", "AA", west(2, 7, 45), west(2, 10, 30), west(2, 11), True)
    first = DayPlan(
        0,
        HOME,
        INN,
        (
            Leg(HOME, MILL, west(1, 8, 50), west(1, 9), TENTH_S, TENTH_M),
            Leg(MILL, YARD, west(1, 10), east(1, 12, 10), 2 * TENTH_S, 2 * TENTH_M, outward),
            Leg(YARD, INN, east(1, 14), east(1, 14, 5), TENTH_S / 2, TENTH_M / 2),
        ),
        (
            Visit(mill, west(1, 9), west(1, 9), west(1, 10), west(1, 10), None, 7200),
            Visit(
                yard,
                east(1, 12, 10),
                east(1, 13),
                east(1, 14),
                east(1, 14),
                (east(1, 12, 10), east(1, 12, 50)),
                3000,
            ),
        ),
    )
    two = DayPlan(
        1,
        INN,
        HOME,
        (
            Leg(INN, SHOP, east(2, 8), east(2, 8, 5), TENTH_S / 2, TENTH_M / 2),
            Leg(SHOP, HOME, east(2, 8, 35), west(2, 11, 20), 3 * TENTH_S, 3 * TENTH_M, back),
        ),
        (Visit(shop, east(2, 8, 5), east(2, 8, 5), east(2, 8, 35), east(2, 8, 35), None, 10_000),),
    )
    return Plan(trip, (first, two), (farm,), "proven", 7 * TENTH_S + 2 * GATE_S)


@pytest.fixture(scope="module")
def faults(toy: Path, toy_network: Network) -> Callable[..., list[str]]:
    """Rehearse a plan on the roads of the toy package."""
    gates, crossings = layers.read(toy, "gates"), layers.read_table(toy, "crossings")

    def of(plan: Plan, hours: Any = EveryDay()) -> list[str]:  # noqa: B008
        return verify.rehearse(plan, World(toy_network, gates, crossings, hours))

    return of


def leg(plan: Plan, day: int, number: int, **values: Any) -> Plan:
    """Tamper with a way."""
    legs = list(plan.days[day].legs)
    legs[number] = replace(legs[number], **values)
    return on(plan, day, legs=tuple(legs))


def visit(plan: Plan, day: int, number: int, **values: Any) -> Plan:
    """Tamper with a visit."""
    visits = list(plan.days[day].visits)
    visits[number] = replace(visits[number], **values)
    return on(plan, day, visits=tuple(visits))


def gate(plan: Plan, day: int, number: int, **values: Any) -> Plan:
    """Tamper with a crossing."""
    crossing = plan.days[day].legs[number].crossing
    assert crossing is not None
    return leg(plan, day, number, crossing=replace(crossing, **values))


def on(plan: Plan, day: int, **values: Any) -> Plan:
    """Tamper with a day."""
    days = list(plan.days)
    days[day] = replace(days[day], **values)
    return replace(plan, days=tuple(days))


def wish(plan: Plan, **values: Any) -> Plan:
    """Keep the plan and change what was wished."""
    return replace(plan, trip=replace(plan.trip, **values))


def stop(plan: Plan, on_day: int, number: int, /, **values: Any) -> Plan:
    """Change a stop in wish and plan alike."""
    old = plan.days[on_day].visits[number].stop
    new = replace(old, **values)
    plan = wish(plan, stops=tuple(new if stop == old else stop for stop in plan.trip.stops))
    return visit(plan, on_day, number, stop=new)


def wished_day(plan: Plan, day: int, **values: Any) -> Plan:
    days = list(plan.trip.days)
    days[day] = replace(days[day], **values)
    return wish(plan, days=tuple(days))


def twice(plan: Plan) -> Plan:
    """Visit the shop a second time, as if it stood where one stands."""
    visit, leg_ = plan.days[1].visits[0], plan.days[1].legs[0]
    again = replace(
        visit, arrive=visit.leave, start=visit.leave, end=east(2, 9, 5), leave=east(2, 9, 5)
    )
    stay = Leg(SHOP, SHOP, visit.leave, visit.leave, 0, 0)
    plan = on(
        plan,
        1,
        visits=(visit, again),
        legs=(leg_, stay, replace(plan.days[1].legs[1], depart=east(2, 9, 5))),
    )
    return gate(plan, 1, 2, arrive=west(2, 8, 15))


TAMPERED: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "an arrival a minute early": (
        lambda p: visit(leg(p, 0, 0, arrive=west(1, 8, 59)), 0, 0, arrive=west(1, 8, 59)),
        (
            "Home – Mill: the plan drives from Home at 08:50 to Mill at 08:59 in 9 min; the way"
            " takes 10 min."
        ),
    ),
    "a visit that does not begin when one arrives": (
        lambda p: visit(p, 0, 0, arrive=west(1, 8, 55)),
        "Mill: the way there arrives at 09:00, the visit says 08:55.",
    ),
    "a visit before the arrival": (
        lambda p: visit(p, 1, 0, start=east(2, 8, 4), end=east(2, 8, 34)),
        "Shop: the visit begins at 08:04, before the arrival at 08:05.",
    ),
    "a visit too short": (
        lambda p: visit(p, 0, 0, start=west(1, 9, 10)),
        "Mill: the visit from 09:10 to 10:00 takes 50 min, and needs 1 h.",
    ),
    "a visit that ends late": (
        lambda p: stop(
            p, 0, 1, windows=((east(1, 8), east(1, 12)), (east(1, 12, 30), east(1, 13, 50)))
        ),
        "Yard: the visit ends at 14:00, after the window closes at 13:50.",
    ),
    "a visit that begins early": (
        lambda p: stop(p, 0, 0, windows=((west(1, 9, 5), west(1, 12)),)),
        "Mill: the visit begins at 09:00, before the window opens at 09:05.",
    ),
    "a visit outside all windows": (
        lambda p: stop(p, 1, 0, windows=((east(1, 8), east(1, 12)),)),
        "Shop: the visit from 08:05 to 08:35 lies in none of its windows.",
    ),
    "a way on before one is ready": (
        lambda p: visit(p, 1, 0, leave=east(2, 8, 30)),
        "Shop: one leaves at 08:30, and is ready at 08:35.",
    ),
    "a gap between visit and way": (
        lambda p: leg(p, 0, 1, depart=west(1, 9, 55)),
        "Mill: one leaves at 10:00, the way on departs at 09:55.",
    ),
    "a stated drive that is not so": (
        lambda p: leg(p, 0, 1, drive_s=1190),
        "Mill – Yard: departing at 10:00, the plan states a drive of 19 min 50 s; it takes 20 min.",
    ),
    "a stated length that is not so": (
        lambda p: leg(p, 0, 2, length_m=5_500),
        "Yard – Inn: departing at 14:00, the plan states a length of 5.5 km; it is 5.6 km.",
    ),
    "a way to elsewhere": (
        lambda p: leg(p, 1, 0, goal=YARD),
        "Inn – Yard: at 08:00 the way should lead from Inn to Shop.",
    ),
    "a way that is missing": (
        lambda p: on(p, 0, legs=p.days[0].legs[:2]),
        "Day 1: it has 2 ways and 2 visits; there is one way more than",
    ),
    "a jump across the border": (
        lambda p: leg(p, 0, 1, crossing=None),
        "Mill – Yard: it departs at 10:00 for another country and passes no gate.",
    ),
    "a gate there is not": (
        lambda p: gate(p, 0, 1, gate="tunnel"),
        "tunnel at 10:10: there is no such gate on these roads.",
    ),
    "another gate, to which no road leads": (
        lambda p: gate(p, 0, 1, gate="far-gate"),
        "far-gate at 10:10: there is no such gate on these",
    ),
    "a gate the wrong way": (
        lambda p: gate(p, 0, 1, towards="AA"),
        "bridge at 10:10: it does not lead towards AA on the way Mill – Yard.",
    ),
    "a gate taken as closed": (
        lambda p: wish(p, closed=("bridge",)),
        "bridge at 10:10: the trip takes this gate as closed.",
    ),
    "a gate that is not open yet": (
        lambda p: gate(p, 0, 1, enter=west(1, 10, 20), leave=west(1, 10, 50)),
        (
            "bridge at 10:10: at 10:20 the gate is closed towards BB (closed), and opens at 10:30"
            " on 2026-06-01."
        ),
    ),
    "entering before being there": (
        lambda p: gate(p, 0, 1, arrive=west(1, 10, 31)),
        "bridge at 10:31: one enters at 10:30, before one is there.",
    ),
    "formalities too short": (
        lambda p: gate(p, 0, 1, leave=west(1, 10, 55)),
        "bridge at 10:10: the plan states formalities of 25 min; they take 30 min.",
    ),
    "hours said to be unknown": (
        lambda p: gate(p, 0, 1, hours_known=False),
        "bridge at 10:10: the plan says that the hours are not known, and it is not so.",
    ),
    "the clock of the other side": (
        lambda p: visit(leg(p, 0, 1, arrive=west(1, 11, 10)), 0, 1, arrive=west(1, 11, 10)),
        "Yard: 11:10 is not the time on the clock there, which is 12:10 (Asia/Shanghai).",
    ),
    "the other clock at the gate": (
        lambda p: gate(p, 0, 1, arrive=east(1, 11, 10)),
        "bridge at 11:10: 11:10 is not the time on the clock of the gate.",
    ),
    "a time without a zone": (
        lambda p: visit(p, 0, 0, start=datetime(2026, 6, 1, 9)),
        "Mill: the time 09:00 has no zone.",
    ),
    "no lunch": (
        lambda p: visit(p, 0, 1, lunch=None),
        (
            "Day 1: no lunch is taken between 11:30 and 13:00, though it departs at 08:50 and"
            " arrives at 14:05."
        ),
    ),
    "a short lunch": (
        lambda p: visit(p, 0, 1, lunch=(east(1, 12, 10), east(1, 12, 40))),
        "Yard: the lunch at 12:10 takes 30 min, and should 40 min.",
    ),
    "a late lunch": (
        lambda p: visit(p, 0, 1, lunch=(east(1, 14), east(1, 14, 40)), leave=east(1, 14, 40)),
        "Yard: the lunch begins at 14:00, not between 11:30 and 13:00.",
    ),
    "lunch during the visit": (
        lambda p: visit(p, 0, 1, lunch=(east(1, 12, 40), east(1, 13, 20))),
        "Yard: the lunch from 12:40 to 13:20 lies neither before nor after the visit.",
    ),
    "a second lunch": (
        lambda p: visit(p, 0, 0, lunch=(west(1, 10), west(1, 10, 40)), leave=west(1, 10, 40)),
        "Yard: a second lunch on day 1, at 12:10.",
    ),
    "a lunch nobody asked for": (
        lambda p: wish(p, lunch=None),
        "Yard: a lunch is taken at 12:10, and the trip has none.",
    ),
    "a stop visited twice": (twice, "Shop: it is visited 2 times, at 08:05 and 08:35."),
    "a stop forgotten": (
        lambda p: replace(p, left_out=()),
        "Farm: it is neither visited nor said to be left out.",
    ),
    "a stop visited and left out": (
        lambda p: replace(p, left_out=(*p.left_out, p.trip.stops[0])),
        "Mill: it is visited at 09:00 and said to be left out.",
    ),
    "a stop left out twice": (
        lambda p: replace(p, left_out=p.left_out * 2),
        "Farm: it is left out 2 times.",
    ),
    "a stop that is not wished": (
        lambda p: visit(p, 1, 0, stop=replace(p.days[1].visits[0].stop, order=None)),
        "Shop: the trip has no such stop, or another place, length, window or pin for it.",
    ),
    "the wrong day": (
        lambda p: stop(p, 0, 1, day=1),
        "Yard: it is visited on day 1 at 12:10, and is pinned to day 2.",
    ),
    "the wrong order": (
        lambda p: stop(p, 0, 0, order=3),
        "Shop: it is visited on day 2 at 08:05, after Mill, which should come later.",
    ),
    "a departure before the day begins": (
        lambda p: wished_day(p, 0, start=west(1, 9)),
        "Home – Mill: it departs at 08:50, before day 1 begins at 09:00.",
    ),
    "a day too long": (
        lambda p: wished_day(p, 0, end=west(1, 13)),
        "Yard – Inn: it arrives at 14:05, after day 1 ends at 13:00.",
    ),
    "a night elsewhere": (
        lambda p: wished_day(p, 0, ends=(HOME,)),
        "Day 1: it ends at Inn, where no end is allowed.",
    ),
    "a morning elsewhere": (
        lambda p: wished_day(p, 1, begin=YARD),
        "Day 2: it begins at Inn, and should at Yard.",
    ),
    "a day too few": (
        lambda p: replace(p, days=p.days[:1]),
        "The plan has the days 1; the trip has 2, in order.",
    ),
    "a day without a way": (
        lambda p: on(p, 1, legs=(), visits=()),
        "Day 2: no way leads from Inn to Home.",
    ),
    "a day before the last one ended": (
        lambda p: leg(wished_day(p, 1, start=west(1, 8)), 1, 0, depart=west(1, 13)),
        "Day 2: it departs at 13:00, before the day before it has ended.",
    ),
    "a sum that is not so": (
        lambda p: replace(p, on_road_s=p.on_road_s - 600),
        "The plan is said to be on the road for 2 h, and is for 2 h 10 min",
    ),
    "too much slack": (
        lambda p: visit(p, 0, 0, slack_s=7260),
        (
            "Mill: arriving at 09:00, the plan says that one may be 2 h 1 min late; what comes"
            " after it is then too late."
        ),
    ),
    "slack without end": (
        lambda p: visit(p, 0, 0, slack_s=float("inf")),
        "Mill: arriving at 09:00, the plan says that one may be inf s",
    ),
}


def test_a_right_plan_has_no_fault(faults: Callable[..., list[str]]) -> None:
    """The plan that was counted in the head holds."""
    assert faults(right_plan()) == []


@pytest.mark.parametrize("mistake", TAMPERED)
def test_every_mistake_is_named(faults: Callable[..., list[str]], mistake: str) -> None:
    """A plan that was tampered with has a fault that says where and when."""
    tamper, sentence = TAMPERED[mistake]
    sentences = faults(tamper(right_plan()))
    assert [text for text in sentences if text.startswith(sentence)], sentences


def test_a_must_that_is_left_out_and_said_to_be_is_no_fault(
    faults: Callable[..., list[str]],
) -> None:
    """The plan itself tells that a stop one must see does not fit."""
    plan = right_plan()
    forced = replace(plan.left_out[0], must=True)
    plan = replace(wish(plan, stops=(*plan.trip.stops[:3], forced)), left_out=(forced,))
    assert faults(plan) == []
    assert not plan.feasible


def test_gates_of_unknown_hours_are_passed_unless_avoided(faults: Callable[..., list[str]]) -> None:
    """Assumed hours are good enough, unless the trip avoids such gates."""
    plan = gate(gate(right_plan(), 0, 1, hours_known=False), 1, 1, hours_known=False)
    assert faults(plan, EveryDay(known=False)) == []
    avoided = faults(wish(plan, avoid_unknown_hours=True), EveryDay(known=False))
    assert avoided == [
        "bridge at 10:10: its hours are unknown, and the trip avoids such gates.",
        "bridge at 07:45: its hours are unknown, and the trip avoids such gates.",
    ]


def test_a_vehicle_that_may_not_pass_is_stopped(faults: Callable[..., list[str]]) -> None:
    """A truck takes another time on the road and at the gate than a car."""
    sentences = faults(wish(right_plan(), profile="truck"))
    assert "bridge at 10:10: the plan states formalities of 30 min; they take 1 h." in sentences


def test_an_island_cannot_be_driven_to(faults: Callable[..., list[str]]) -> None:
    """A place that no road leads to is named."""
    island = replace(HOME, lon=90.0)
    plan = leg(wished_day(on(right_plan(), 0, start=island), 0, begin=island), 0, 0, start=island)
    assert "Home – Mill: departing at 08:50, no road leads from Home to Mill." in faults(plan)


def test_slack_counts_on_another_place_for_lunch(faults: Callable[..., list[str]]) -> None:
    """Two hours late at the mill one eats there, because it is too late for lunch beyond the
    border; without lunch it is the window.
    """
    plan = right_plan()
    assert faults(visit(plan, 0, 0, slack_s=7200)) == []
    assert faults(visit(plan, 0, 0, slack_s=7210)) != []
    late = [
        fault
        for fault in faults(wish(plan, reserve_s=0.0), EveryDay(closes=time(11)))
        if "late" in fault
    ]
    assert late == [
        "Mill: arriving at 09:00, the plan says that one may be 2 h late; what comes after it is"
        " then too late."
    ]


def behind_the_gate(plan: Plan) -> Plan:
    """Have lunch on the way, as soon as the bridge is passed, and come to the yard so much
    later.
    """
    plan = visit(plan, 0, 1, arrive=east(1, 12, 50), lunch=None, slack_s=600)
    return leg(plan, 0, 1, arrive=east(1, 12, 50), lunch=(east(1, 12), east(1, 12, 40)))


ON_THE_WAY: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "lunch too late": (
        lambda p: leg(p, 0, 1, lunch=(east(1, 13, 1), east(1, 13, 41)), arrive=east(1, 13, 41)),
        "Mill – Yard, on the way: the lunch begins at 13:01, not between 11:30 and 13:00.",
    ),
    "lunch in the gate": (
        lambda p: leg(p, 0, 1, lunch=(west(1, 10, 40), west(1, 11, 20))),
        "Mill – Yard: the lunch from 10:40 to 11:20 lies neither before nor behind the gate.",
    ),
    "lunch in no time": (
        lambda p: leg(p, 0, 1, arrive=east(1, 12, 40)),
        (
            "Mill – Yard: the plan drives from the gate bridge at 11:00 to Yard at 12:40 in 0 s;"
            " the way takes 10 min."
        ),
    ),
    "lunch on the clock of the other side": (
        lambda p: leg(p, 0, 1, lunch=(west(1, 11), west(1, 11, 40))),
        (
            "Mill – Yard, on the way: 11:00 is not the time on the clock there, which is 12:00"
            " (Asia/Shanghai)."
        ),
    ),
    "lunch at the yard as well": (
        lambda p: visit(p, 0, 1, lunch=(east(1, 14), east(1, 14, 40)), leave=east(1, 14, 40)),
        "Yard: a second lunch on day 1, at 14:00.",
    ),
    "lunch before the day begins": (
        lambda p: on(p, 0, lunch=(west(1, 7), west(1, 7, 40))),
        (
            "Home, before setting out: the lunch from 07:00 to 07:40 lies outside of the time from"
            " 08:00 to 08:50."
        ),
    ),
    "a reserve that is not kept": (
        lambda p: wish(p, reserve_s=6 * 3600.0),
        (
            "bridge at 10:10: one enters at 10:30, and it closes at 16:00; the trip has a reserve"
            " of 6 h."
        ),
    ),
}


@pytest.mark.parametrize("mistake", ON_THE_WAY)
def test_lunch_on_the_way_is_driven_through(faults: Callable[..., list[str]], mistake: str) -> None:
    """Lunch behind the gate holds, and what is wrong with it, or with the reserve at the gate, is
    named.
    """
    plan = behind_the_gate(right_plan())
    assert faults(plan) == []
    tamper, sentence = ON_THE_WAY[mistake]
    sentences = faults(tamper(plan))
    assert [text for text in sentences if text.startswith(sentence)], sentences


def test_lunch_is_left_out_by_those_who_set_out_after_it(faults: Callable[..., list[str]]) -> None:
    """Who sets out at 13:00 or later needs no lunch, though the day might have begun before; who
    sets out a minute earlier does.
    """
    plan = wished_day(wish(right_plan(), lunch=Lunch(2400, "08:00", "08:50")), 0, start=west(1, 7))
    plan = visit(plan, 0, 1, lunch=None)
    assert [fault for fault in faults(plan) if fault.startswith("Day 1")] == []
    late = wish(plan, lunch=Lunch(2400, "08:00", "08:51"))
    assert [
        fault
        for fault in faults(late)
        if fault.startswith("Day 1: no lunch is taken between 08:00 and 08:51")
    ]


def test_slack_without_lunch_is_bounded_by_the_end_of_the_day(
    faults: Callable[..., list[str]],
) -> None:
    """Slack at the shop ends where home is reached as the day ends."""
    plan = wished_day(right_plan(), 1, end=west(2, 11, 30))
    assert faults(visit(plan, 1, 0, slack_s=9900 + 600)) == []
    assert faults(visit(plan, 1, 0, slack_s=9900 + 660)) != []


def test_a_rest_day_is_no_fault(faults: Callable[..., list[str]]) -> None:
    """A day without ways is fine where one may stay."""
    plan = on(wished_day(right_plan(), 1, ends=(HOME, INN)), 1, legs=(), visits=(), goal=INN)
    shop = plan.trip.stops[2]
    plan = replace(plan, left_out=(*plan.left_out, shop), on_road_s=3.5 * TENTH_S + GATE_S)
    assert faults(plan) == []


# The real planner ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def survey(real_network: Network) -> World:
    """Roads, gates, crossings and hours of the data that come with Zone Atlas."""
    folder = layers.bundled()
    tables = layers.read(folder, "gates"), layers.read_table(folder, "crossings")
    return World(real_network, *tables, Hours.read(folder))


def random_trip(seed: int) -> Trip:
    """Make a trip of up to seven parks and three days on both sides of the border, with whatever a
    trip may have.
    """
    dice = np.random.default_rng(seed)
    parks = layers.read(layers.bundled(), "parks").cx[107.0:108.6, 20.8:22.0]
    zones = {"VN": WEST, "CN": EAST}

    def some(share: float, value: Any) -> Any:
        return value if dice.random() < share else None

    def spot(key: Any, row: Any) -> Place:
        return Place(
            str(key),
            {"en": row.name_en},
            row.geometry.x,
            row.geometry.y,
            None,
            row.country,
            zones[row.country].key,
        )

    spots = [spot(*row) for row in parks.sample(9, random_state=seed).iterrows()]
    towns, count = (
        [replace(spot, id=f"town {spot.id}") for spot in spots[:2]],
        int(dice.integers(1, 4)),
    )
    first = int(dice.integers(1, 25))
    days = []
    for date in range(first, first + count):
        start, end = (
            datetime(2026, 6, date, int(dice.integers(*hours)), tzinfo=towns[0].zone)
            for hours in ((5, 12), (15, 22))
        )
        days.append(Day(start, end, towns[0], tuple(towns)))
    stops = []
    for place_ in spots[2:]:
        opens = [
            datetime(2026, 6, first + number, int(dice.integers(6, 12)), tzinfo=place_.zone)
            for number in range(count)
        ]
        windows = tuple(
            (opening, opening + timedelta(hours=int(dice.integers(2, 6)))) for opening in opens
        )
        day, order = some(0.2, int(dice.integers(count))), some(0.2, int(dice.integers(3)))
        stops.append(
            Stop(
                place_,
                float(dice.integers(900, 5400)),
                some(0.6, windows),
                dice.random() < 0.5,
                1.0,
                day,
                order,
            )
        )
    vehicle = {"profile": "truck", "kind": "cargo"} if seed % 3 == 0 else {}
    return Trip(
        str(seed),
        tuple(stops),
        tuple(days),
        some(0.7, Lunch(2400)),
        vehicle_country="VN",
        avoid_unknown_hours=seed % 4 == 0,
        **vehicle,
    )


def test_the_planner_and_the_driver_agree(survey: World) -> None:
    """What the planner plans holds on the road, and its slack is as large as it may be: a minute
    more is too late.
    """
    visits = crossings = 0
    lunches: Counter[str] = Counter()
    for seed in range(24):
        trip = random_trip(seed)
        if seed % 2:  # some days begin as lunch may, or on the way to it
            trip = replace(
                trip,
                days=tuple(
                    replace(day, start=day.start.replace(hour=11, minute=40 * (seed % 4 == 1)))
                    for day in trip.days
                ),
            )
        plan = planner.plan(trip, survey)
        assert plan.faults == ()
        assert verify.rehearse(plan, survey) == []
        for day in plan.days:
            crossings += sum(leg.crossing is not None for leg in day.legs)
            lunches["begin"] += day.lunch is not None
            lunches["way"] += sum(leg.lunch is not None for leg in day.legs)
            lunches["stop"] += sum(visit.lunch is not None for visit in day.visits)
            for number, stay in enumerate(day.visits):
                visits += 1
                late = visit(plan, day.number, number, slack_s=stay.slack_s + 60)
                assert any("late" in fault for fault in verify.rehearse(late, survey))
    assert min(visits - 20, crossings - 5) > 0
    assert min(lunches.values()) > 0, lunches
