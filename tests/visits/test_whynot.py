"""Why a stop is not in the plan, on a road where every answer can be counted in the head: a
kilometre takes a minute.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from countries import places, two_countries

from geo import layers
from geo.errors import NotFoundError
from geo.hours.gates import Hours
from geo.roads.network import Network
from geo.visits import candidates, edits, planner, why_words, whynot
from geo.visits import world as world_module
from geo.visits.feasibility import Fits
from geo.visits.matrices import Tables
from geo.visits.trip import Day, Lunch, Place, Plan, Stop, Trip
from geo.visits.verify import rehearse
from geo.visits.whynot import Change, WhyNot

ZONE = "Asia/Ho_Chi_Minh"


@dataclass
class Daily:
    """Gates with the same hours every day."""

    opens: time = time(6)
    closes: time = time(20)
    is_known: bool = True

    def known(self, *_: Any) -> bool:
        return self.is_known

    def intervals(
        self,
        gate: str,
        towards: str,
        kind: str,
        country: str | None,
        start: datetime,
        end: datetime,
    ) -> list[Any]:
        assert gate
        assert (towards, kind, country) in {("AA", "passenger", None), ("BB", "passenger", None)}
        first, count = start.astimezone(HOME.zone).date(), (end - start).days + 2
        days = [first + timedelta(days=number) for number in range(count)]
        return [
            tuple(datetime.combine(day, hour, HOME.zone) for hour in (self.opens, self.closes))
            for day in days
        ]

    def when_open(
        self, gate: str, towards: str, kind: str, moment: datetime, country: str | None = None
    ) -> Any:
        for opens, closes in self.intervals(
            gate, towards, kind, country, moment, moment + timedelta(days=2)
        ):
            if moment < closes:
                opened, since = opens <= moment, max(opens, moment.astimezone(HOME.zone))
                return SimpleNamespace(
                    open=opened, known=self.is_known, opens=since, until=closes, why="closed"
                )
        raise AssertionError


def place(key: str, lon: float, country: str = "AA", lat: float = 0.0) -> Place:
    return Place(key, {"en": key.capitalize()}, lon, lat, None, country, ZONE)


HOME, FARM, MILL, SHED, POND = (
    place(key, 100 + lon)
    for key, lon in (("home", 0), ("farm", 0.05), ("mill", 0.1), ("shed", 0.15), ("pond", 0.2))
)
YARD, ISLE, ROCK = (
    place("yard", 100.3, "BB"),
    place("isle", 100.1, lat=0.5),
    place("rock", 100.0, lat=-20),
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of June 2026; the first is a Monday."""
    return datetime(2026, 6, day, hour, minute, tzinfo=HOME.zone)


def days(*hours: tuple[datetime, datetime]) -> tuple[Day, ...]:
    """Make days from home to home."""
    return tuple(Day(start, end, HOME, (HOME,)) for start, end in hours)


class World(world_module.World):
    """Asks with the gates of the toy package, on roads to both of them."""

    def plan(self, trip: Trip) -> Plan:
        return planner.plan(trip, self, seconds=0.5)

    def ask(self, trip: Trip, stop: str, **options: Any) -> WhyNot:
        plan = self.plan(trip)
        answer = whynot.explain(
            plan,
            stop,
            self,
            **({"seconds": 60, "today": date(2026, 5, 20)} | options),
        )
        for change in answer.changes:
            self.check(plan, answer, change)
        assert [change.size_s for change in answer.changes] == sorted(
            change.size_s for change in answer.changes
        )
        return answer

    def check(self, before: Plan, answer: WhyNot, change: Change) -> None:
        """Rehearse the plan of a change, apply the change anew, and try the next smaller one."""
        assert rehearse(change.plan, self) == []
        assert change.plan.trip == change.trip
        seen = {visit.stop.place.id for day in change.plan.days for visit in day.visits}
        kept = {visit.stop.place.id for day in before.days for visit in day.visits}
        gone = {change.values["stop"].place.id} if change.kind in ("leave_out", "drop") else set()
        assert seen == kept - gone | {answer.stop.place.id}
        again = self.plan(change.trip)
        assert answer.stop.place.id in {
            visit.stop.place.id for day in again.days for visit in day.visits
        }
        assert again.feasible
        assert change.plan.feasible
        if "by_s" in change.values and again.proof == "proven":
            less, kind = change.values["by_s"] - candidates.STEP_S, change.kind
            stops = tuple(
                replace(stop, must=True) for stop in before.trip.stops if stop.place.id in seen
            )
            trip = replace(before.trip, stops=stops)
            if kind == "shorter_visit":
                stop = change.values["stop"]
                trip = edits.with_stop(trip, stop.place.id, visit_s=stop.visit_s - less)
            else:
                early, late = (
                    kind in ("start_earlier", "longer_day"),
                    kind in ("end_later", "longer_day"),
                )
                trip = edits.with_day(
                    trip, change.values["day"], earlier_s=early * less, later_s=late * less
                )
            assert self.plan(trip).left_out


@pytest.fixture(scope="module")
def world(toy: Path, roads: Callable[..., Network]) -> World:
    """A road from home over the bridge to the yard, and a way round it over the pass, a quarter of
    an hour longer on either side; a hair less than whole minutes, as times are rounded up.
    """
    at_bridge, at_pass = (100.2, 0), (100.2, 0.05)
    minutes = {(0, 1): 20, (2, 3): 10, (1, 4): 15, (5, 2): 15, (1, 2): 30, (4, 5): 30}
    network = roads(
        [(100, 0), at_bridge, at_bridge, (100.3, 0), at_pass, at_pass],
        [(*ends, 60 * length - 0.01) for ends, length in minutes.items()],
        gate_of={4: "bridge", 5: "pass"},
        country_of=["AA", "BB", "AA", "BB", "", ""],
    )
    return World(
        network,
        layers.read(toy, "gates").assign(timezone=ZONE),
        layers.read_table(toy, "crossings"),
        Daily(),  # type: ignore[arg-type]
    )


def kinds(answer: WhyNot) -> dict[str, Change]:
    return {change.kind: change for change in answer.changes}


def said(answer: WhyNot) -> list[str]:
    return [str(reason) for reason in answer.reasons]


def in_order() -> Trip:
    """The farm, an hour from 08:05, then the pond, where one arrives at 09:20 for an hour; it
    closes at 09:55.
    """
    pond = Stop(POND, 3600, ((at(1, 8), at(1, 9, 55)),), order=2)
    return Trip("In order", (Stop(FARM, 3600, order=1), pond), days((at(1, 8), at(1, 18))))


def test_what_is_too_late_by_25_minutes_fits_25_minutes_earlier(world: World) -> None:
    """The pond closes 25 min too early: start so much earlier, stay so much less, or change the
    order.
    """
    answer = world.ask(in_order(), "pond")
    assert said(answer) == ["Pond would fit alone, but not together with Farm."]
    assert [str(change) for change in answer.changes] == [
        "Let Pond come at any place in the order.",
        "Start 25 min earlier on day 1, at 07:35.",
        "Stay 25 min less at Pond: 35 min.",
        (
            "Ask the host of Pond for other hours: a visit that begins between 09:20 and 10:20 on"
            " Monday, 2026-06-01."
        ),
        "Drop Farm, though it was to be visited.",
        (
            "Add a day: Tuesday, 2026-06-02, if the host of Pond can also see you then, between"
            " 08:20 and 10:20."
        ),
    ]
    assert answer.complete
    assert kinds(answer)["start_earlier"].trip.days[0].start == at(1, 7, 35)


def test_a_long_day_may_grow_on_either_side(world: World) -> None:
    """Two visits of 80 min and 40 min on the road need 20 min more than there are: before, after,
    or half on either side.
    """
    trip = Trip("Long", (Stop(FARM, 4800), Stop(POND, 4800)), days((at(1, 8), at(1, 11))))
    changes = kinds(world.ask(trip, "pond"))
    by = {
        kind: change.values["by_s"] / 60
        for kind, change in changes.items()
        if "by_s" in change.values
    }
    assert by == {"start_earlier": 20, "end_later": 20, "longer_day": 10, "shorter_visit": 20}
    assert (
        str(changes["longer_day"])
        == "Start 10 min earlier and end 10 min later on day 1: from 07:50 to 11:10."
    )


def test_of_several_days_the_one_that_lacks_least_is_changed(world: World) -> None:
    """The second day lacks 10 min for the pond, the first an hour more."""
    trip = Trip(
        "Two days",
        (Stop(FARM, 3600), Stop(POND, 5400)),
        days((at(1, 8), at(1, 9, 20)), (at(2, 8), at(2, 10))),
    )
    changes = kinds(world.ask(trip, "pond"))
    assert (changes["end_later"].values["day"], changes["end_later"].values["by_s"]) == (1, 600)
    assert str(changes["end_later"]) == "End 10 min later on day 2, at 10:10."


def test_tuesday_instead(world: World) -> None:
    """A stop that is pinned to a full Monday fits on Tuesday, and not on Wednesday, when it is
    closed.
    """
    week = days((at(1, 8), at(1, 10)), (at(2, 8), at(2, 11)), (at(3, 8), at(3, 11)))
    open_ = tuple((at(day, 8), at(day, 17)) for day in (1, 2))
    trip = Trip(
        "Pinned", (Stop(FARM, 5400, day=0), Stop(MILL, 3600, open_, day=0, must=False)), week
    )
    answer = world.ask(trip, "mill")
    change = kinds(answer)["another_day"]
    assert str(change) == "Visit Mill on Tuesday, 2026-06-02 instead of Monday, 2026-06-01."
    assert change.trip.stops[1].day == 1


def test_the_other_stop_may_change_its_day(world: World) -> None:
    """The stop itself is pinned by its window, so the one that is in its way goes to another
    day.
    """
    trip = Trip(
        "Pinned",
        (Stop(FARM, 5400, day=0), Stop(MILL, 3600, ((at(1, 8), at(1, 10)),))),
        days((at(1, 8), at(1, 10)), (at(2, 8), at(2, 10))),
    )
    change = kinds(world.ask(trip, "mill"))["another_day"]
    assert (change.values["stop"].place.id, change.values["date"]) == ("farm", date(2026, 6, 2))


def test_the_least_of_the_others_is_left_out(world: World) -> None:
    """Of two optional stops in the way the lighter one goes; dropping one that one must see comes
    after it.
    """
    stops = (
        Stop(FARM, 3600, must=False, weight=3),
        Stop(MILL, 3600, must=False, weight=2),
        Stop(SHED, 3600),
        Stop(POND, 3600, must=False),
    )
    answer = world.ask(Trip("Full", stops, days((at(1, 8), at(1, 11, 40)))), "pond")
    assert said(answer) == ["Pond would fit alone, but not together with Farm, Mill and Shed."]
    changes = kinds(answer)
    assert changes["leave_out"].values["stop"].place.id == "mill"
    assert changes["drop"].values["stop"].place.id == "shed"
    assert {stop.place.id for stop in changes["drop"].trip.stops} == {"farm", "mill", "pond"}


def test_an_afternoon_begins_earlier_but_not_before_lunch(world: World) -> None:
    """With lunch in it the day would need much more time, so the start moves as far as the end of
    lunch and no farther.
    """
    trip = Trip(
        "Afternoon",
        (Stop(FARM, 3600), Stop(POND, 3600)),
        days((at(1, 13, 20), at(1, 15, 45))),
        Lunch(7200),
    )
    assert (
        str(kinds(world.ask(trip, "pond"))["start_earlier"])
        == "Start 15 min earlier on day 1, at 13:05."
    )


def test_lunch_may_be_what_is_in_the_way(world: World) -> None:
    """Without lunch, and only then, both visits fit."""
    trip = Trip(
        "Hungry",
        (Stop(FARM, 4800), Stop(POND, 4800)),
        days((at(1, 10), at(1, 13, 25))),
        Lunch(3000),
    )
    answer = world.ask(trip, "pond")
    assert "no_lunch" in kinds(answer)
    alone = world.ask(
        Trip("Alone", (Stop(POND, 9600),), days((at(1, 10), at(1, 13, 25))), Lunch(3000)), "pond"
    )
    assert "With lunch there is no time for Pond, even as the only stop of a day." in said(alone)


def test_a_gate_taken_as_closed(world: World) -> None:
    """With all gates closed nobody comes over; each of them alone would do, and a smaller trip
    does not help.
    """
    trip = Trip(
        "Over",
        (Stop(FARM, 600), Stop(YARD, 600)),
        days((at(1, 8), at(1, 18))),
        closed=("bridge", "pass"),
    )
    answer = world.ask(trip, "yard")
    assert said(answer) == [
        "The way to Yard leads through gates that the trip takes as closed: Bridge and Pass."
    ]
    assert [str(change) for change in answer.changes] == [
        "Use the gate Bridge, which the trip takes as closed.",
        "Use the gate Pass, which the trip takes as closed.",
    ]
    assert answer.complete


def test_gates_of_unknown_hours(world: World) -> None:
    """A trip that avoids gates of unknown hours may have to use one."""
    unknown = replace(world, hours=Daily(is_known=False))
    trip = Trip(
        "Unknown", (Stop(YARD, 600),), days((at(1, 8), at(1, 18))), avoid_unknown_hours=True
    )
    answer = unknown.ask(trip, "yard")
    assert said(answer) == [
        "The way to Yard leads through gates of unknown hours, which the trip avoids: Bridge and"
        " Pass."
    ]
    assert [str(change) for change in answer.changes] == ["Use gates of unknown hours: Bridge."]


def test_gates_that_are_never_open_when_one_could_pass(world: World) -> None:
    """A gate that closes before one is there is named, and an earlier start is offered where that
    helps.
    """
    trip = Trip("Early", (Stop(YARD, 600),), days((at(1, 8), at(1, 18))), reserve_s=0)
    sentence = (
        "The gates on the way to Yard are not open on the days of the trip when one could pass:"
        " Bridge and Pass."
    )
    night = replace(world, hours=Daily(time(2), time(4))).ask(trip, "yard")
    assert (said(night), night.changes) == ([sentence], ())
    morning = replace(world, hours=Daily(time(5), time(9, 1))).ask(trip, "yard")
    assert said(morning) == [sentence]
    assert kinds(morning)["start_earlier"].values["by_s"] == 20 * 60


def test_a_gate_that_closes_too_soon_for_the_reserve(world: World) -> None:
    """Who would have passed a gate a moment before it closes is told that it is the reserve, and
    how much of it would do.
    """
    trip = Trip("Late", (Stop(YARD, 600),), days((at(1, 8), at(1, 18))))
    late = replace(world, hours=Daily(time(5), time(9, 31)))
    answer = late.ask(trip, "yard")
    assert said(answer) == [
        "The gates on the way to Yard close too soon for the reserve of 30 min before closing:"
        " Bridge and Pass."
    ]
    change = kinds(answer)["smaller_reserve"]
    assert (change.trip.reserve_s, change.values["less_s"]) == (600, 1200)
    assert (
        str(change)
        == "Enter the gates up to 20 min nearer to their closing, with a reserve of 10 min."
    )
    assert not late.plan(change.trip).left_out
    assert late.plan(replace(change.trip, reserve_s=900)).left_out


def test_home_only_on_the_next_day(world: World) -> None:
    """Who comes home after midnight is told so."""
    answer = world.ask(Trip("Night", (Stop(POND, 3600),), days((at(1, 23), at(1, 23, 50)))), "pond")
    assert said(answer) == [
        "Even as the only stop of day 1, Pond lets one arrive only on the next day, at 00:40; the"
        " day ends at 23:50."
    ]


def test_a_vehicle_that_no_gate_lets_pass(world: World) -> None:
    """Where the class of the vehicle is not served, no time helps."""
    refused = replace(world, crossings=world.crossings[world.crossings["profile"] == "truck"])
    answer = refused.ask(
        Trip("Refused", (Stop(FARM, 600), Stop(YARD, 600)), days((at(1, 8), at(1, 18)))), "yard"
    )
    assert said(answer) == ["No gate on the way to Yard lets this vehicle pass."]
    assert answer.changes == ()


def test_a_start_on_an_island(world: World) -> None:
    """Where the days begin without a road, it is not the stop's fault, nor that of a gate."""
    week = (Day(at(1, 8), at(1, 18), ISLE, (ISLE, replace(YARD, id="inn"))),)
    plan = Plan(Trip("Lost", (Stop(FARM, 600),), week), (), (Stop(FARM, 600),), "proven", 0)
    answer = whynot.explain(plan, "farm", world)
    assert said(answer) == [
        "The roads on these maps do not lead to Farm from where the days begin, or not to where"
        " they end."
    ]
    assert answer.changes == ()


def test_an_island(world: World) -> None:
    """A stop far from every road says how far; one beyond all roads says so; nothing brings
    it in.
    """
    for isle, sentence in (
        (
            ISLE,
            "No road on these maps that one can turn off comes within 5 km of Isle; the nearest is"
            " 51 km away.",
        ),
        (ROCK, "No road on these maps comes near Rock, which may be an island."),
    ):
        answer = world.ask(
            Trip("Isle", (Stop(FARM, 600), Stop(isle, 600)), days((at(1, 8), at(1, 18)))), isle.id
        )
        assert said(answer) == [sentence]
        assert answer.changes == ()
        assert answer.complete


def test_a_closed_window(world: World) -> None:
    """A window on another date, and one that is shorter than the visit, are named."""
    hours = days((at(1, 8), at(1, 18)))
    other = world.ask(
        Trip("Other", (Stop(FARM, 600), Stop(MILL, 600, ((at(9, 8), at(9, 18)),))), hours), "mill"
    )
    assert said(other) == ["Mill may be visited at no time of the days that are left for it."]
    short = world.ask(
        Trip("Short", (Stop(FARM, 600), Stop(MILL, 3600, ((at(1, 8), at(1, 8, 40)),))), hours),
        "mill",
    )
    assert said(short) == ["The visit of Mill takes 1 h; the longest window has 40 min."]
    assert [str(change) for change in short.changes] == [
        "Stay 30 min less at Mill: 30 min.",
        (
            "Ask the host of Mill for other hours: a visit that begins between 08:10 and 09:10 on"
            " Monday, 2026-06-01."
        ),
        (
            "Add a day: Tuesday, 2026-06-02, if the host of Mill can also see you then, between"
            " 08:10 and 10:10."
        ),
    ]


def test_too_far_even_alone(world: World) -> None:
    """The end of the day, or of the window, is told beside the soonest that one can do, to the
    minute.
    """
    evening = world.ask(
        Trip("Evening", (Stop(POND, 3600),), days((at(1, 8), at(1, 9, 12)))), "pond"
    )
    assert said(evening) == [
        "Even as the only stop of day 1, Pond lets one arrive in the evening at 09:40 at the"
        " earliest; the day ends at 09:12."
    ]
    assert kinds(evening)["end_later"].values["by_s"] == 1800
    window = world.ask(
        Trip("Window", (Stop(POND, 3600, ((at(1, 7), at(1, 9)),)),), days((at(1, 8), at(1, 18)))),
        "pond",
    )
    assert said(window) == [
        "Even as the only stop of day 1, a visit of Pond ends at 09:20 at the earliest; its window"
        " closes at 09:00."
    ]
    assert kinds(window)["start_earlier"].values["by_s"] == 1200


def test_a_stop_that_is_visited_is_said_to_be(world: World) -> None:
    """Asked for a stop of the plan, one is told when it is visited."""
    answer = world.ask(Trip("There", (Stop(FARM, 3600),), days((at(1, 8), at(1, 18)))), "farm")
    assert said(answer) == ["Farm is in the plan: on day 1, from 08:05 to 09:05."]
    with pytest.raises(NotFoundError, match="no stop “barn”"):
        world.ask(Trip("There", (Stop(FARM, 3600),), days((at(1, 8), at(1, 18)))), "barn")


def test_a_stop_of_less_weight_that_would_fit_is_forced_in(world: World) -> None:
    """Where a plan left a stop out for nothing, as a search may, saying that one must see it is
    enough.
    """
    trip = Trip(
        "Lazy", (Stop(FARM, 3600), Stop(MILL, 3600, must=False)), days((at(1, 8), at(1, 18)))
    )
    small = world.plan(replace(trip, stops=trip.stops[:1]))
    lazy = replace(small, trip=trip, left_out=trip.stops[1:], proof="unproven")
    answer = whynot.explain(lazy, "mill", world)
    assert [reason.code for reason in answer.reasons] == ["fits"]
    assert [change.kind for change in answer.changes] == ["as_it_is"]


def test_a_trip_that_has_too_many_stops_for_a_proof_says_that_it_is_not_complete(
    world: World,
) -> None:
    """Changes are found there too, and each holds; that these are all is not claimed."""
    many = tuple(Stop(place(f"s{i}", 100.0 + 0.01 * i), 600) for i in range(1, 17))
    trip = Trip("Many", many, days((at(1, 8), at(1, 11))))
    plan = world.plan(trip)
    start = clock.perf_counter()
    answer = whynot.explain(
        plan,
        plan.left_out[0].place.id,
        world,
        seconds=2,
    )
    assert clock.perf_counter() - start < 9  # search and planning may take two seconds each
    assert not answer.complete
    assert answer.changes
    for change in answer.changes:
        assert rehearse(change.plan, world) == []


def test_without_time_there_is_no_answer_and_it_says_so(world: World) -> None:
    """A search without time gives what it has, which is nothing."""
    answer = world.ask(in_order(), "pond", seconds=0)
    assert (said(answer), answer.changes, answer.complete) == (
        ["In the time given no reason was found."],
        (),
        False,
    )


@pytest.mark.parametrize("seed", range(8))
def test_what_fits_is_what_the_planner_finds(
    roads: Callable[..., Network], points: Callable[..., Any], world: World, seed: int
) -> None:
    """Of random trips across a border, windows, lunch, nights and pins included, every set of stops
    fits that the planner can visit.
    """
    dice = np.random.default_rng(seed)
    network = two_countries(roads, seed)
    layer = places(points, seed, 8)
    spots = [
        Place(key, {"en": key}, row.geometry.x, row.geometry.y, None, row.country, ZONE)
        for key, row in layer.iterrows()
    ]
    inside = [spot for spot in spots if spot.country == spots[0].country]
    town, other = inside[0], inside[-1]
    stops = []
    for spot in spots[1:6]:
        opens = [at(day, 8) + timedelta(minutes=int(dice.integers(0, 90))) for day in (1, 2)]
        windows = tuple(
            (start, start + timedelta(minutes=int(dice.integers(60, 200)))) for start in opens
        )
        pins = {
            "day": int(dice.integers(2)) if dice.random() < 0.2 else None,
            "order": int(dice.integers(3)) if dice.random() < 0.3 else None,
        }
        stops.append(
            Stop(
                spot,
                float(dice.integers(15, 60)) * 60,
                windows if dice.random() < 0.7 else None,
                **pins,
            )
        )
    hours = [
        (at(day, 8), at(day, 9, 15) + timedelta(minutes=int(dice.integers(0, 120))))
        for day in (1, 2)
    ]
    trip = Trip(
        "Random",
        tuple(stops),
        (Day(*hours[0], town, (town, other)), Day(*hours[1], None, (town,))),
        Lunch(1200, "09:30", "10:15") if seed % 2 else None,
    )
    other = replace(world, network=network, gates=gates_of(points, network))
    tables = Tables.of(trip, replace(other, hours=Daily()))
    possible = Fits(other, tables).subsets(trip)
    for chosen in range(1, 32):
        some = replace(
            trip, stops=tuple(stop for i, stop in enumerate(trip.stops) if chosen >> i & 1)
        )
        plan = planner.solve(some, tables)
        assert possible[chosen] == (not plan.left_out), chosen
    assert 1 < possible.sum() < 32


def gates_of(points: Callable[..., Any], network: Network) -> Any:
    """Return the gates of a random network as a layer, each where its road is."""
    where = {}
    for number, name in enumerate(network.manifest.gates):
        segment = int(np.flatnonzero(network.gate == number)[0])
        where[name] = tuple(
            network.node_lonlat[[network.tail[segment], network.head[segment]]].mean(axis=0)
        )
    count = len(where)
    columns: dict[str, Any] = {
        "kind": "international",
        "mode": "road",
        "country": "AA",
        "opposite_country": "BB",
        "timezone": ZONE,
    }
    return points(
        where,
        **{name: [value] * count for name, value in columns.items()},
        cargo=[True] * count,
        passengers=[True] * count,
    )


def test_a_whole_survey_on_the_real_roads(real_network: Network) -> None:
    """Two days in the north-east, over real gates with real hours: what does not fit is explained,
    and every change holds.
    """
    folder = layers.bundled()
    parks, gates = layers.read(folder, "parks"), layers.read(folder, "gates")
    world = World(real_network, gates, layers.read_table(folder, "crossings"), Hours.read(folder))
    clocks = {"VN": ZONE, "CN": "Asia/Shanghai"}
    near = parks.cx[107.2:108.4, 21.0:21.7]
    spots = [
        Place(
            key,
            {"en": row.name_en},
            row.geometry.x,
            row.geometry.y,
            None,
            row.country,
            clocks[row.country],
        )
        for key, row in near.iterrows()
    ]
    halong = Place("ha-long", {"en": "Ha Long"}, 107.08, 20.95, None, "VN", ZONE)
    stops = tuple(
        Stop(spot, 5400, must=False, weight=1 + number) for number, spot in enumerate(spots[:8])
    )
    trip = Trip("Survey", stops, days_at(halong), Lunch(3600))
    plan = world.plan(trip)
    assert plan.left_out
    answer = world.ask(trip, plan.left_out[0].place.id)
    assert answer.reasons
    assert answer.complete
    assert "one_more_day" in kinds(answer)


def days_at(town: Place) -> tuple[Day, ...]:
    return tuple(Day(at(day, 7, 30), at(day, 17), town, (town,)) for day in (1, 2))


def test_every_sentence_takes_its_values(world: World) -> None:
    """No code is without a sentence, and changes have a size."""
    assert why_words.CHANGES.keys() <= why_words.SENTENCES.keys()
    assert set(candidates.SIZES_S) <= set(why_words.CHANGES)
    assert {
        change.kind for change in world.ask(in_order(), "pond").changes
    } <= why_words.CHANGES.keys()
