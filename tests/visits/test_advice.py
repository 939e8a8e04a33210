"""Advice that holds: whatever is offered is possible as it is written, asked of the hosts as little
as needed, and on the nearest dates.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from test_whynot import FARM, HOME, MILL, POND, World, at, days, kinds, said, world

from geo import layers
from geo.errors import InputError
from geo.hours.gates import Hours
from geo.roads.network import Network
from geo.visits import openings, relaxations, trip_file, whynot
from geo.visits.appointments import nearest
from geo.visits.edits import appointment, moved, one_more_day
from geo.visits.feasibility import Fits
from geo.visits.gazetteer import Gazetteer
from geo.visits.matrices import Tables
from geo.visits.trip import Day, Place, Plan, Stop, Trip

__all__ = ["world"]  # a fixture

FRIDAY = """
title: A Friday with too much, offices closed on Saturday
vehicle: {profile: car, country: VN}
hours: 07:30-17:30
begin: mong-cai
end: mong-cai
days: [{date: 2026-12-04}]
stops:
  - {site: hai-yen-ip, visit: 3 h, hours: "Mo-Fr 07:30-11:30,13:30-17:00; PH off"}
  - {site: texhong-hai-ha-ip, visit: 3 h, hours: "Mo-Fr 07:30-11:30,13:30-17:00; PH off"}
  - {site: hai-ha-seaport-ip, visit: 3 h, hours: "Mo-Fr 07:30-11:30,13:30-17:00; PH off"}
"""
ONE_OFF = """
title: Early appointment in Mong Cai on the second day
vehicle: {profile: car, country: VN}
hours: 07:00-18:00
begin: ha-long
nights: [mong-cai]
end: ha-long
days: [{date: 2026-12-01}, {date: 2026-12-02}]
stops:
  - {site: hai-yen-ip, visit: 3 h, windows: [2026-12-02T07:30/2026-12-02T10:30]}
  - {site: texhong-hai-ha-ip, visit: 3 h, windows: [2026-12-02T07:30/2026-12-02T11:30]}
"""


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    return Gazetteer.read(layers.bundled())


@pytest.fixture(scope="module")
def real(real_network: Network) -> World:
    folder = layers.bundled()
    return World(
        real_network,
        layers.read(folder, "gates"),
        layers.read_table(folder, "crossings"),
        Hours.read(folder),
    )


def weekly(stop: Place, hours: str, visit_s: float, week: tuple[Day, ...], **more: Any) -> Stop:
    """Make a stop with opening hours, read for some days."""
    bare = Stop(stop, visit_s, hours=hours, **more)
    return replace(bare, windows=openings.for_days(bare, week))


def open_at(stop: Stop, start: datetime, end: datetime) -> bool:
    """Check a visit against the hours as they were written, read for its own week alone."""
    day = Day(start, end, HOME, (HOME,))
    return any(
        first <= start and end <= last for first, last in openings.for_days(stop, (day,)) or ()
    )


# A day more ---------------------------------------------------------------------------------------


def test_a_day_is_not_added_where_nobody_is_open(real: World, known: Gazetteer) -> None:
    """After a full Friday the day that is offered is Monday, no visit is planned outside of the
    hours that were written, and it works.
    """
    trip = trip_file.read(FRIDAY, known)
    answer = real.ask(trip, real.plan(trip).left_out[0].place.id, today=date(2026, 11, 29))
    added = kinds(answer)["one_more_day"]
    assert added.values["date"] == date(2026, 12, 7)
    for change in answer.changes:
        for visit in (visit for day in change.plan.days for visit in day.visits):
            assert visit.stop.hours == "" or open_at(visit.stop, visit.start, visit.end), change
    text = FRIDAY.replace(
        "end: mong-cai\ndays: [{date: 2026-12-04}]",
        "end: mong-cai\ndays: [{date: 2026-12-04}, {date: 2026-12-07}]",
    )
    assert not real.plan(trip_file.read(text, known)).left_out
    assert real.plan(trip_file.read(text.replace("12-07", "12-05"), known)).left_out


def test_an_appointment_is_not_repeated_on_an_added_day(real: World, known: Gazetteer) -> None:
    """A single appointment is on its date alone; a day more is offered on condition that the host
    agrees, with the hours to ask for.
    """
    trip = trip_file.read(ONE_OFF, known)
    missed = real.plan(trip).left_out[0]
    answer = real.ask(trip, missed.place.id, today=date(2026, 11, 29))
    assert "one_more_day" not in kinds(answer)
    asked = kinds(answer)["one_more_day_if"]
    assert "if the host of" in str(asked)
    assert (asked.values["stop"].place.id, asked.values["date"]) == (
        missed.place.id,
        date(2026, 12, 3),
    )
    before, after = (
        {stop.place.id: stop.windows for stop in wish.stops} for wish in (trip, asked.trip)
    )
    assert {key for key in before if before[key] != after[key]} == {missed.place.id}


def test_an_added_day_reads_the_hours_of_its_date() -> None:
    """Whatever day is added, a stop with opening hours has those of that date, and a stop with
    windows has none on it.
    """
    week = days((at(1, 8), at(1, 18)))
    trip = Trip(
        "Week",
        (weekly(FARM, "Mo-Tu 09:00-10:00", 600, week), Stop(MILL, 600, ((at(1, 8), at(1, 9)),))),
        week,
    )
    for by in range(1, 15):
        longer = one_more_day(trip, by)
        when = longer.days[-1].date
        farm, mill = (
            [start for start, _ in stop.windows or () if start.date() == when]
            for stop in longer.stops
        )
        assert farm == (
            [datetime(2026, 6, when.day, 9, tzinfo=HOME.zone)] if when.weekday() < 2 else []
        )
        assert mill == []


# Other dates --------------------------------------------------------------------------------------


def test_a_weekend_trip_is_moved_to_the_nearest_dates_that_work(world: World) -> None:
    """Of all dates within three weeks the one that is offered works and no nearer one does: each is
    planned by itself.
    """
    week = days((at(6, 8), at(6, 18)), (at(7, 8), at(7, 18)))
    stops = (
        weekly(POND, "We 08:00-12:00", 3600, week),
        weekly(FARM, "Mo-We 08:00-10:00", 3600, week),
        Stop(MILL, 600),
    )
    trip = Trip("Weekend", stops, week)
    answer = world.ask(trip, "pond")
    change = kinds(answer)["other_dates"]
    assert (
        str(change)
        == "Move the whole trip: begin on Tuesday, 2026-06-09 instead of Saturday, 2026-06-06."
    )
    works = {
        by
        for by in range(-14, 22)
        if "pond" in visited(plan := world.plan(moved(trip, by))) and "mill" in visited(plan)
    }
    by = (change.values["date"] - date(2026, 6, 6)).days
    assert by in works
    assert abs(by) == min(map(abs, works))


def visited(plan: Plan) -> set[str]:
    return {visit.stop.place.id for day in plan.days for visit in day.visits}


@pytest.mark.parametrize("today", [date(2026, 6, 3), date(2026, 6, 20)])
def test_no_trip_is_moved_into_the_past(world: World, today: date) -> None:
    """The dates offered lie after today, also where the trip itself lies in the past."""
    week = days((at(6, 8), at(6, 18)))
    trip = Trip("Saturday", (weekly(POND, "Mo-Fr 08:00-12:00", 3600, week),), week)
    change = kinds(world.ask(trip, "pond", today=today))["other_dates"]
    assert change.values["date"] > today
    assert change.values["date"].weekday() < 5


def test_appointments_do_not_move_with_the_trip(world: World) -> None:
    """A trip is moved to the date of an appointment that it misses, and not away from one that it
    has.
    """
    pond = Stop(POND, 600, ((at(9, 8), at(9, 18)),))
    week = days((at(5, 8), at(5, 18)))
    change = kinds(world.ask(Trip("Missed", (Stop(FARM, 600), pond), week), "pond"))["other_dates"]
    assert change.values["date"] == date(2026, 6, 9)
    bound = Trip("Bound", (Stop(FARM, 600, ((at(5, 8), at(5, 18)),)), pond), week)
    assert "other_dates" not in kinds(world.ask(bound, "pond"))


# Other hours --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_host_is_asked_for_as_little_as_possible(world: World, seed: int) -> None:
    """Every begin of the span that is offered works by itself; with hours extended by less than
    that no plan has the stop.
    """
    dice = random.Random(seed)

    def make() -> Trip:
        opens = at(1, 8) + timedelta(minutes=5 * dice.randrange(0, 12))
        window = opens, opens + timedelta(minutes=dice.choice([60, 75, 90]))
        others = (
            Stop(place, dice.choice([1800, 3600, 5400]), order=number)
            for number, place in enumerate((FARM, MILL), 1)
        )
        return Trip(
            "Ask", (*others, Stop(POND, 3600, (window,), order=3)), days((at(1, 8), at(1, 17)))
        )

    trip = next(trip for trip in iter(make, None) if world.plan(trip).left_out)
    *others, pond = trip.stops
    (window,) = pond.windows or ()
    tables = Tables.of(trip, world)
    meeting = nearest(Fits(world, tables), trip, pond)
    assert meeting is not None
    begin = meeting.first
    while begin <= meeting.last:
        assert not world.plan(appointment(trip, "pond", 0, begin, begin)).left_out, begin
        begin += timedelta(minutes=5)
    less = timedelta(seconds=meeting.off_s - 300)
    narrow = replace(pond, windows=((window[0] - less, window[1] + less),))
    assert world.plan(replace(trip, stops=(*others, narrow))).left_out
    assert meeting.off_s >= 300


def test_another_host_may_be_asked(world: World) -> None:
    """Where the stop itself may be visited at any time, the host beside whom it has no room is
    asked.
    """
    farm = Stop(FARM, 3600, ((at(1, 9), at(1, 10)),))
    trip = Trip("Other host", (farm, Stop(POND, 4500, must=False)), days((at(1, 8), at(1, 11))))
    answer = world.ask(trip, "pond")
    change = kinds(answer)["other_hour"]
    assert (
        str(change)
        == "Ask the host of Farm for another hour: a visit that begins at 08:10 on Monday,"
        " 2026-06-01."
    )
    assert visited(change.plan) == {"farm", "pond"}


def test_a_host_who_receives_nobody_on_that_day_is_asked_last(world: World) -> None:
    """Of two days the one on which the host has hours is asked for, though another would do as
    well.
    """
    week = days((at(6, 8), at(6, 18)), (at(8, 8), at(8, 9)))
    trip = Trip("Two days", (weekly(POND, "Mo-Fr 08:00-09:00", 3600, week, must=True),), week)
    change = kinds(world.ask(trip, "pond"))["other_hours"]
    assert change.values["date"] == date(2026, 6, 6)
    assert said(world.ask(trip, "pond"))
    longer = replace(trip, days=(week[0], replace(week[1], end=at(8, 18))))
    assert kinds(world.ask(longer, "pond"))["other_hours"].values["date"] == date(2026, 6, 8)


# As it is written ---------------------------------------------------------------------------------


def in_order() -> Trip:
    """A pond that closes 25 min too early after the farm."""
    return Trip(
        "In order",
        (Stop(FARM, 3600, order=1), Stop(POND, 3600, ((at(1, 8), at(1, 9, 55)),), order=2)),
        days((at(1, 8), at(1, 18))),
    )


def test_a_change_that_is_lost_in_writing_is_not_offered(world: World) -> None:
    """Of changes that cannot be written, or that are read as something else, none is offered, and
    the answer is not complete.
    """
    plan = world.plan(in_order())
    arguments = plan, "pond", world

    def refuse(_trip: Trip) -> Trip:
        raise InputError("The trip has 1 fault:", ["no"])

    for rewrite in (lambda _trip: in_order(), refuse):
        answer = whynot.explain(*arguments, seconds=60, rewrite=rewrite)
        assert (answer.changes, answer.complete) == ((), False)

    def only_days(trip: Trip) -> Trip:
        return replace(in_order(), days=trip.days)

    assert {
        change.kind for change in whynot.explain(*arguments, seconds=60, rewrite=only_days).changes
    } == {"start_earlier"}


def test_what_is_offered_is_read_from_its_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the library each change that is offered was written as a trip file and read again."""
    written = []
    write = trip_file.write
    monkeypatch.setattr(
        trip_file, "write", lambda trip, *rest: written.append(trip) or write(trip, *rest)
    )
    answer = world.ask(in_order(), "pond")
    assert answer.changes
    assert all(change.trip in written for change in answer.changes)


def test_new_kinds_have_a_size_and_come_after_what_one_does_oneself(world: World) -> None:
    """A host is asked before a stop is dropped; a trip is moved before a day is added."""
    sizes = relaxations.SIZES_S
    assert (
        sizes["other_hours"]
        < sizes["drop"]
        < sizes["other_dates"]
        < sizes["one_more_day"]
        < sizes["one_more_day_if"]
    )
    order = [change.kind for change in world.ask(in_order(), "pond").changes]
    assert all(
        order.index(kind) < order.index(other)
        for kind, other in pairwise(["start_earlier", "other_hours", "drop", "one_more_day_if"])
    )
