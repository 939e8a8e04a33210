"""The text form of a trip: each line has one writer and one reader, which agree, in an address,
in a file, and of a trip.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from geo import layers
from geo.visits import trip_file
from geo.visits.gazetteer import Gazetteer
from geo.visits.trip import Day, Lunch, Place, Stop, Trip
from geo.visits.trip_lines import DayLine, Line, Lines, PointLine, StopLine, split_places

SIGNS = "abc Đặng 芒街 ~∼{}[]<>&:#'\"|-?*!%@,;\\ 0123\n"
SITES = ("hai-yen-ip", "dong-mai-ip", "song-khoai-ip", "jiangping-ip", "texhong-hai-ha-ip")
TOWNS = ("ha-long", "mong-cai", "dongxing")


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    return Gazetteer.read(layers.bundled())


def words(dice: random.Random, least: int = 0) -> str:
    return "".join(dice.choice(SIGNS) for _ in range(dice.randint(least, 20))).strip()


def any_line(dice: random.Random, kind: type[Line]) -> Line:
    first, *others = kind.names()
    texts = {first: words(dice)} | {name: words(dice) for name in others if dice.random() < 0.5}
    return kind(**texts)


@pytest.mark.parametrize("seed", range(30))
def test_any_line_survives_an_address(seed: int) -> None:
    """Whatever its texts are, a line that is written and read is the same, and is written the same
    again.
    """
    dice = random.Random(seed)
    for kind in (StopLine, DayLine, PointLine):
        line, faults = any_line(dice, kind), list[str]()
        read = kind.parse(line.text(), "line", faults)
        assert faults == []
        for name in kind.names():
            assert getattr(read, name) == getattr(line, name).replace("∼", "~")
        assert kind.parse(read.text(), "line", faults) == read


def any_trip(dice: random.Random, known: Gazetteer) -> Trip:
    """Build a trip with whatever a trip may have."""
    places = [known.place(key) for key in SITES]
    town = known.place(dice.choice(TOWNS))
    night = known.place(dice.choice(TOWNS))
    begins = date(2026, 12, 1) + timedelta(days=dice.randrange(20))
    days = []
    for number in range(dice.randint(1, 3)):
        start = datetime.combine(begins + timedelta(days=number), datetime.min.time(), town.zone)
        start += timedelta(minutes=dice.randrange(360, 540))
        end = start + timedelta(minutes=dice.randrange(400, 800))
        if number:  # on the clock of where the day before ended
            start, end = (moment.astimezone(night.zone) for moment in (start, end))
        days.append(Day(start, end, None if number else town, (night,)))
    spot = Place("kho", {"en": "Kho: 1", "zh": "仓库"}, 107.9, 21.52, 30.0, "VN", town.timezone)
    stops = []
    for place in dice.sample([*places, spot], dice.randint(1, 5)):
        opens = days[0].start.astimezone(place.zone) + timedelta(hours=1)
        windows = ((opens, opens + timedelta(hours=dice.randint(2, 5))),)
        stops.append(
            Stop(
                replace(place, contact=words(dice)),
                60.0 * dice.randint(1, 110),
                dice.choice([None, windows, windows[:0]]),
                dice.random() < 0.5,
                dice.choice([1.0, 2.5, 1e-6]),
                dice.choice([None, *range(len(days))]),
                dice.choice([None, 1, 7]),
                words(dice),
            )
        )
    return Trip(
        words(dice, 1) or "x",
        tuple(stops),
        tuple(days),
        dice.choice([None, Lunch(1800.0), Lunch(2712.5, "10:15", "12:00")]),
        dice.choice(["car", "truck"]),
        dice.choice([None, "VN"]),
        dice.choice(["passenger", "cargo"]),
        dice.random() < 0.5,
        dice.choice([(), ("hoanh-mo", "huu-nghi")]),
        reserve_s=dice.choice([0.0, 1800.0, 3600.0]),
        notes=words(dice),
        source=words(dice),
    )


@pytest.mark.parametrize("seed", range(25))
def test_any_trip_survives_a_file_and_its_lines(seed: int, known: Gazetteer) -> None:
    """Written as a file and read, a random trip is the same; and so are the lines of that file,
    but for what only moments can say.
    """
    dice = random.Random(100 + seed)
    trip = any_trip(dice, known)
    for places in (None, known):
        document = trip_file.to_mapping(trip, places)
        assert trip_file.read(document, known) == trip
        assert trip_file.read(trip_file.write(trip, places), known) == trip
        lines = Lines.of_mapping(document)
        never = any(stop.windows == () for stop in trip.stops)  # which no line can say
        assert never or trip_file.read(lines.mapping(), known) == trip
        assert Lines.of_mapping(lines.written()) == lines


def test_lines_of_a_trip_are_those_of_its_file(known: Gazetteer) -> None:
    """What a suggestion writes into the form is what the form is written with."""
    for seed in range(25):
        trip = any_trip(random.Random(200 + seed), known)
        lines = Lines.of_trip(trip)
        again = Lines.of_mapping(trip_file.to_mapping(trip, known))
        points = {line.place: line.id for line in again.points}
        stops = [
            replace(line, place=points.get(line.place, line.place), name="") for line in again.stops
        ]
        assert stops == list(lines.stops)
        assert [replace(day, begin="", end="") for day in again.days] == list(lines.days)
        ends = ("stops", "days", "points")
        assert replace(again, **dict.fromkeys(ends, ())) == replace(
            lines, **dict.fromkeys(ends, ())
        )


def test_places_of_a_day_are_split_as_they_are_joined() -> None:
    """Ids and points are told apart by their commas."""
    dice = random.Random(1)
    for _ in range(200):
        places = [
            dice.choice(["ha-long", "107.5,21.25", "-1,20", "mong-cai"])
            for _ in range(dice.randint(0, 4))
        ]
        assert split_places(",".join(places)) == places
