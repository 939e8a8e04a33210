"""Trips as YAML and as the mapping in a link: what is read, every fault at once, and written again
equal.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import plans
import pytest

from geo import layers
from geo.errors import InputError, NotFoundError
from geo.hours import calendars, gates
from geo.roads.network import Network
from geo.visits import safe_yaml, trip_check, trip_file, trip_values
from geo.visits.gazetteer import Gazetteer
from geo.visits.trip import MOST_DAYS, Lunch, Trip
from geo.visits.world import World

DATA = layers.bundled()
SMALL = """
title: Two days
lunch: {length: 45 min, from: "11:30", until: "13:00"}
hours: 07:30-18:00
begin: ha-long
nights: [mong-cai, ha-long]
end: ha-long
days:
  - date: 2026-12-01
  - {date: 2026-12-02, hours: 08:00-17:00}
stops:
  - {site: hai-yen-ip, visit: 1 h 30 min}
"""
TEN = """
titel: Ten mistakes
vehicle: {profile: bike}
closed_gates: [huu-ngi]
days:
  - {date: 2026-12-01, hours: 18:00-07:30, begin: ha-lon, end: ha-long}
  - {date: 2026-12-01, hours: 07:00-07:00, end: ha-long}
  - {date: 2026-12-03, hours: 7-18, end: ha-long, start: 7}
stops:
  - {site: hai-yen-i, visit: 45}
  - {site: dong-mai-ip, windows: [2026-12-01T11:00/2026-12-01T08:00]}
  - {site: song-khoai-ip, must: maybe}
"""


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    return Gazetteer.read(DATA)


def stops(*lines: str, days: str = "[{date: 2026-12-01}]", more: str = "") -> str:
    """Write a trip of one day from Ha Long with some stops."""
    return "\n".join(
        [
            "hours: 07:30-18:00",
            "begin: ha-long",
            "end: ha-long",
            more,
            f"days: {days}",
            "stops:",
            *(f"  - {{{line}}}" for line in lines),
        ]
    )


def faults(source: str | bytes | dict[str, object], known: Gazetteer) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        trip_file.read(source, known)
    return caught.value.faults


def test_days_begin_where_the_last_one_ended(known: Gazetteer) -> None:
    """Nights hold for the days but the last, the usual hours for days without their own, on the
    clock of the place.
    """
    trip = trip_file.read(SMALL, known)
    assert trip.title == "Two days"
    assert [(day.begin and day.begin.id, [end.id for end in day.ends]) for day in trip.days] == [
        ("ha-long", ["mong-cai", "ha-long"]),
        (None, ["ha-long"]),
    ]
    assert [(day.start, day.end) for day in trip.days] == [
        (plans.at(1, "07:30"), plans.at(1, "18:00")),
        (plans.at(2, "08:00"), plans.at(2, "17:00")),
    ]
    assert trip.lunch == Lunch(2700.0, "11:30", "13:00")
    (stop,) = trip.stops
    assert (stop.place.id, stop.visit_s, stop.windows, stop.must) == (
        "hai-yen-ip",
        5400.0,
        None,
        True,
    )
    assert stop.place.position_accuracy_m == 400
    assert trip.told == (
        "Hours of days without a zone are on the clock of the place where the day begins.",
    )


def test_ten_mistakes_are_named_at_once(known: Gazetteer) -> None:
    """Every fault is named with its path, in the order of the file, and with the cure where there
    is one.
    """
    expected = [
        r"titel: unknown key; did you mean “title”\?",
        r"vehicle.profile: there is no “bike”; there are car, truck",
        r"closed_gates\[0\]: there is no “huu-ngi”; did you mean “huu-nghi”.*",
        r"days\[0\].begin: there is no place “ha-lon”; did you mean “ha-long”.*",
        r"days\[0\].hours: the day ends before it begins",
        r"days\[1\].date: 2026-12-01 is already the date of days\[0\]",
        r"days\[1\].hours: the day has no hours",
        r"days\[2\].start: unknown key; write “hours: 07:30-18:00” and “begin: <place>”",
        r"days\[2\].hours: “7” is a bare number; write a time as hours and minutes.*",
        r"stops\[0\].site: there is no place “hai-yen-i”; did you mean “hai-yen-ip”.*",
        r"stops\[0\].visit: “45” has no unit; write “45 min” or “45 h”",
        r"stops\[1\].windows\[0\]: “2026-12-01T11:00/2026-12-01T08:00” ends before it begins",
        r"stops\[2\].must: “maybe” is neither yes nor no",
    ]
    sentences = faults(TEN, known)
    assert len(sentences) == len(expected)
    for sentence, pattern in zip(sentences, expected, strict=True):
        assert re.fullmatch(pattern, sentence), sentence


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("site: hai-yen-ip, day: 2", r"stops\[0\].day: the trip has 1 days"),
        ("site: hai-yen-ip, day: 2026-12-05", r"stops\[0\].day: the trip has no day 2026-12-05"),
        ("site: hai-yen-ip, order: 0", r"stops\[0\].order: “0” is not a whole number from 1"),
        *(
            (
                f"site: hai-yen-ip, weight: {text}",
                rf"stops\[0\].weight: “{text}” is not between 0.000001 and 1000000",
            )
            for text in ("-1", "0", "9e-7", "1000001", "5e12", "1e15")
        ),
        (
            "site: hai-yen-ip, hours: Mo-Fr 8 till late",
            r"stops\[0\].hours: “Mo-Fr 8 till late” are no opening hours: .*",
        ),
        (
            "site: hai-yen-ip, hours: Mo-Su, windows: [2026-12-01T08:00/12:00]",
            r"stops\[0\]: has hours and windows; write one of them",
        ),
        (
            "site: hai-yen-ip, windows: [2026-12-01T08:00/08:30]",
            r"stops\[0\].windows: none is as long as the visit of 60 min",
        ),
        (
            "site: hai-yen-ip, windows: [2026-12-01T08:00]",
            r"stops\[0\].windows\[0\]: “2026-12-01T08:00” is not from when to when.*",
        ),
        ("visit: 60 min", r"stops\[0\]: names no place.*"),
        (
            "site: hai-yen-ip, point: {name: x, lon: 107, lat: 21}",
            r"stops\[0\]: is a site or a point, not both",
        ),
        (
            "point: {name: x, lon: 108.4, lat: 20.6}",
            r"stops\[0\].point: lies at sea or in a country that is not on the map.*",
        ),
        (
            "point: {name: x, lon: 207, lat: 21}",
            r"stops\[0\].point.lon: “207” is not between -180 and 180",
        ),
        ("point: {name: x, lat: 21}", r"stops\[0\].point.lon: is missing"),
        ("point: {lon: 107, lat: 21}", r"stops\[0\].point.name: is missing"),
        (
            "point: {name: x, lon: 107, lat: 21, country: TH}",
            r"stops\[0\].point.timezone: the clock of TH is unknown.*",
        ),
        (
            "point: {name: x, lon: 107, lat: 21, timezone: Mars/Base}",
            r"stops\[0\].point.timezone: “Mars/Base” is not an IANA time zone.",
        ),
        ("site: [hai-yen-ip]", r"stops\[0\].site: must be keys with values.*"),
        ("site: hai-yen-ip, visit: [1 h]", r"stops\[0\].visit: must be text, not a list"),
        (
            "site: hai-yen-ip, notes: '" + "x" * 3000 + "'",
            r"stops\[0\].notes: has 3000 characters; 2000 are allowed",
        ),
    ],
)
def test_each_fault_has_its_sentence(line: str, fault: str, known: Gazetteer) -> None:
    """One mistake in one stop gives one sentence with its path."""
    sentences = faults(stops(line), known)
    assert len(sentences) == 1, sentences
    assert re.fullmatch(fault, sentences[0]), sentences[0]


@pytest.mark.parametrize(
    ("days", "fault"),
    [
        ("[]", r"days: a trip has at least one day.*"),
        ("[{date: 2026-02-30}]", r"days\[0\].date: “2026-02-30” is no day of the calendar"),
        (
            "[{date: 1/12/2026}]",
            (
                r"days\[0\].date: “1/12/2026” is no date; write year, month and day, such as"
                r" “2026-12-01”"
            ),
        ),
        ("[{hours: 07:30-18:00}]", r"days\[0\].date: is missing"),
        (
            "[{date: 2026-12-02}, {date: 2026-12-01}]",
            r"days\[1\]: begins before the end of the day above it",
        ),
        (
            "[{date: 2026-12-01, hours: 2026-12-02T07:00/18:00}]",
            r"days\[0\].date: the hours begin on 2026-12-02",
        ),
        ("[{date: 9999-12-01}]", r"days\[0\].date: “9999-12-01” is not between 2000 and 2089"),
        (
            "["
            + ", ".join(
                f"{{date: 2026-{month}-{day:02}}}" for month in (10, 12) for day in range(1, 17)
            )
            + "]",
            r"days: 32 entries; 31 .*",
        ),
    ],
)
def test_each_fault_of_a_day_has_its_sentence(days: str, fault: str, known: Gazetteer) -> None:
    """One mistake in the days gives one sentence with its path."""
    sentences = faults(stops("site: hai-yen-ip", days=days), known)
    assert len(sentences) == 1, sentences
    assert re.fullmatch(fault, sentences[0]), sentences[0]


def test_too_many_stops_and_one_twice(known: Gazetteer) -> None:
    """500 stops are refused in one sentence; a site that is listed twice is named."""
    assert faults(stops(*["site: hai-yen-ip"] * 500), known) == (
        "stops: 500 stops; 150 are allowed",
    )
    assert faults(stops("site: hai-yen-ip", "site: hai-yen-ip"), known) == (
        "stops[1]: “hai-yen-ip” is already stops[0]",
    )


def test_missing_begin_and_end_are_asked_for(known: Gazetteer) -> None:
    """A day without a place to begin or to end names both."""
    sentences = faults(
        "days: [{date: 2026-12-01, hours: 07:30-18:00}]\nstops: [{site: hai-yen-ip}]", known
    )
    assert [sentence.split(":")[0] for sentence in sentences] == ["days[0].begin", "days[0].end"]


def test_opening_hours_become_windows(known: Gazetteer) -> None:
    """Hours of a stop are on its own clock and know the holidays of its country; 1 January 2027 is
    one in both.
    """
    text = stops(
        *(
            "site: hai-yen-ip, hours: 'Mo-Fr 08:00-11:30,13:30-17:00; PH off'",
            "site: jiangping-ip, hours: 'Mo-Fr 09:00-12:00; PH off'",
        ),
        days="[{date: 2026-12-31}, {date: 2027-01-01}]",
    )
    trip = trip_file.read(text, known)
    vietnam, china = (stop.windows or () for stop in trip.stops)
    assert vietnam[0] == (
        datetime(2026, 12, 31, 8, tzinfo=plans.HALONG.zone),
        datetime(2026, 12, 31, 11, 30, tzinfo=plans.HALONG.zone),
    )
    assert [start.isoformat() for start, _ in china[:2]] == [
        "2026-12-31T09:00:00+08:00",
        "2027-01-04T09:00:00+08:00",
    ]
    assert date(2027, 1, 1) not in {start.date() for start, _ in vietnam}
    assert max(end for _, end in vietnam).date() <= date(2027, 1, 1) + timedelta(days=7)
    assert "Hours and windows of stops without a zone are on the clock of the stop." in trip.told


def test_holidays_that_nobody_has_decreed_are_told(known: Gazetteer) -> None:
    """In a year whose holidays are not known the hours are still read, and the trip says what may
    be wrong with them.
    """
    year = next(year for year in range(2027, 2060) if not calendars.has_data("CN", year))
    text = stops(
        "site: jiangping-ip, hours: 'Mo-Fr 09:00-12:00; PH off'", days=f"[{{date: {year}-06-15}}]"
    )
    trip = trip_file.read(text, known)
    assert (
        f"Not all public holidays of CN in {year} are known yet; hours that depend on them may be"
        " wrong." in trip.told
    )


def test_hours_that_never_come_leave_no_window(known: Gazetteer) -> None:
    """A stop that is always closed has windows, and none of them."""
    assert trip_file.read(stops("site: hai-yen-ip, hours: 'off'"), known).stops[0].windows == ()


def test_a_zone_at_one_end_holds_for_both(known: Gazetteer) -> None:
    """A window with a zone is that moment on the clock of the stop; without one it is local, and
    the trip says so.
    """
    window = "site: hai-yen-ip, windows: [2026-12-01T09:00/2026-12-01T12:30+08:00]"
    trip = trip_file.read(stops(window), known)
    assert trip.stops[0].windows == ((plans.at(1, "08:00"), plans.at(1, "11:30")),)
    assert not any("stops" in remark for remark in trip.told)
    local = trip_file.read(stops("site: hai-yen-ip, windows: [2026-12-01T08:00/11:30]"), known)
    assert local.stops[0].windows == trip.stops[0].windows
    assert any("stops" in remark for remark in local.told)


def test_windows_come_in_order_and_apart(known: Gazetteer) -> None:
    """Windows that overlap or touch are one, whatever their order."""
    windows = (
        "2026-12-01T10:00/12:00, 2026-12-01T08:00/10:00, 2026-12-01T14:00/16:00,"
        " 2026-12-01T15:00/17:00"
    )
    joined = (
        trip_file.read(stops(f"site: hai-yen-ip, windows: [{windows}]"), known).stops[0].windows
    )
    assert joined == (
        (plans.at(1, "08:00"), plans.at(1, "12:00")),
        (plans.at(1, "14:00"), plans.at(1, "17:00")),
    )


def test_points_know_their_country_and_clock(known: Gazetteer) -> None:
    """A point on Chinese land has the Chinese clock, the same point twice one id, and another point
    another id.
    """
    line = "point: {name: Kho, lon: 107.74, lat: 21.45}"
    trip = trip_file.read(
        stops(
            line,
            "point: {names: {zh: 仓库}, lon: 108.2, lat: 21.7, contact: 王}",
            more="nights: " + f"{{{line[8:-1]}}}",
        ),
        known,
    )
    assert [
        (stop.place.country, stop.place.timezone, stop.place.contact) for stop in trip.stops
    ] == [
        ("VN", plans.HANOI, ""),
        ("CN", plans.BEIJING, "王"),
    ]
    assert len({stop.place.id for stop in trip.stops}) == 2
    assert any("country" in remark for remark in trip.told)
    again = stops(line, days="[{date: 2026-12-01, end: " + line[7:] + "}]")
    trip = trip_file.read(again, known)
    assert trip.days[0].ends[0] == trip.stops[0].place


def test_two_points_do_not_share_an_id(known: Gazetteer) -> None:
    """One id for two different points is a fault."""
    sentences = faults(
        stops(
            "point: {id: a, name: A, lon: 107, lat: 21}",
            "point: {id: a, name: B, lon: 107.1, lat: 21}",
        ),
        known,
    )
    assert sentences[0] == "stops[1].point: “a” is already the id of another place of the trip"


def test_every_word_of_a_stop_is_read(known: Gazetteer) -> None:
    """Must, weight, day, order, contact and notes come through; a key without a value is left
    out.
    """
    line = (
        "site: hai-yen-ip, must: no, weight: 2.5, day: 2026-12-01, order: 3, contact: 'Lan: 0912',"
        " notes: hi, visit:"
    )
    stop = trip_file.read(stops(line), known).stops[0]
    assert (stop.must, stop.weight, stop.day, stop.order, stop.place.contact, stop.notes) == (
        False,
        2.5,
        0,
        3,
        "Lan: 0912",
        "hi",
    )
    assert stop.visit_s == 3600


def everything(known: Gazetteer) -> Trip:
    """Make a trip that uses every key."""
    more = (
        "vehicle: {profile: truck, country: CN, kind: cargo}\navoid_unknown_hours:"
        " yes\nclosed_gates: [hoanh-mo]\nlunch: 30 min"
    )
    text = stops(
        "site: hai-yen-ip, visit: PT5400S, hours: 'Mo-Fr 08:00-11:30; PH off', contact: Lan, notes:"
        " 'a: b # c'",
        "site: jiangping-ip, must: no, weight: 0.1, day: 1, order: 2, windows:"
        " [2026-12-01T08:00/11:30]",
        "point: {name: 'Kho: \"1\"', lon: 107.123456789, lat: 21.45, position_accuracy_m: 12.5,"
        " contact: x}, visit: 1 h 1 min",
        "site: dong-mai-ip, hours: 'off'",
        days="[{date: 2026-12-01, end: [mong-cai, dongxing]}, {date: 2026-12-02}]",
        more=f"{more}\ngate_reserve: 15 min",
    )
    return trip_file.read(text, known)


def test_what_is_written_reads_back_equal(known: Gazetteer) -> None:
    """YAML and the mapping give the same trip again, with places as ids or as points, and the same
    text a second time.
    """
    trip = everything(known)
    assert (trip.profile, trip.vehicle_country, trip.kind, trip.closed, trip.lunch) == (
        "truck",
        "CN",
        "cargo",
        ("hoanh-mo",),
        Lunch(1800.0),
    )
    for places in (None, known):
        text = trip_file.write(trip, places)
        assert trip_file.read(text, known) == trip
        assert trip_file.write(trip_file.read(text, known), places) == text
        mapping = json.loads(json.dumps(trip_file.to_mapping(trip, places)))
        assert trip_file.read(mapping, known) == trip
    assert "hai-yen-ip" in trip_file.write(trip, known)
    assert "lon:" not in trip_file.write(replace(trip, stops=trip.stops[:2]), known)


@pytest.mark.parametrize("name", trip_file.examples(DATA))
def test_a_written_example_keeps_what_people_wrote(name: str, known: Gazetteer) -> None:
    """Ids, opening hours, dates, notes and source stand in the file as they did; other dates make
    the trip of these dates.
    """
    text = trip_file.examples(DATA)[name]
    trip = trip_file.read(text, known)
    written, source = trip_file.to_mapping(trip, known), safe_yaml.read(text)
    for key in ("title", "notes", "source"):
        assert written[key] == source[key]
    for key in ("site", "hours", "notes"):
        assert [stop.get(key) for stop in written["stops"]] == [
            stop.get(key) for stop in source["stops"]
        ], key
    assert [day["date"] for day in written["days"]] == [day["date"] for day in source["days"]]
    for by in (1, 4, 20):
        moved = [
            {
                **whole,
                "days": [
                    {**day, "date": str(date.fromisoformat(day["date"]) + timedelta(days=by))}
                    for day in whole["days"]
                ],
            }
            for whole in (written, source)
        ]
        first, other = (trip_file.read(whole, known) for whole in moved)
        assert first == other
        assert first.days[0].date == trip.days[0].date + timedelta(days=by)


def test_what_holidays_are_unknown_is_not_written(known: Gazetteer) -> None:
    """That assumption belongs to the dates: a file moved into a year that is known does not carry
    it.
    """
    year = next(year for year in range(2027, 2060) if not calendars.has_data("CN", year))
    text = stops(
        "site: jiangping-ip, hours: 'Mo-Fr 09:00-12:00; PH off'", days=f"[{{date: {year}-06-15}}]"
    )
    trip = trip_file.read(text, known)
    written = trip_file.write(trip, known)
    assert any("Not all public holidays" in remark for remark in trip.told)
    assert any(
        "Not all public holidays" in remark for remark in trip_file.read(written, known).told
    )
    assert not any(
        "Not all public holidays" in remark
        for remark in trip_file.read(written.replace(str(year), "2026"), known).told
    )


def test_a_day_over_midnight_is_written_as_moments(known: Gazetteer) -> None:
    """What no date with hours can say, nor a clock that shows an hour twice, keeps its moments."""
    text = stops(
        "site: hai-yen-ip", days="[{hours: 2026-12-01T20:00/2026-12-02T03:00}, {date: 2026-12-03}]"
    )
    trip = trip_file.read(text, known)
    first, second = trip_file.to_mapping(trip, known)["days"]
    assert "/" in first["hours"]
    assert "date" not in first
    assert (second["date"], second["hours"]) == ("2026-12-03", "07:30-18:00")
    assert trip_file.read(trip_file.write(trip, known), known) == trip


def test_a_trip_made_by_hand_reads_back_equal(known: Gazetteer) -> None:
    """A trip that no file has made, with a place of its own and odd lengths of time, is written and
    read equal.
    """
    trip = plans.two_days().trip
    odd = replace(trip, stops=(replace(trip.stops[0], visit_s=1234.5), *trip.stops[1:]))
    assert trip_file.read(trip_file.write(odd), known) == odd


def test_json_numbers_and_truth_values_are_text_too(known: Gazetteer) -> None:
    """The mapping of a link may hold numbers; a bare number where a length of time stands is
    refused as in YAML.
    """
    stop: dict[str, object] = {
        "point": {"name": "Kho", "lon": 107.74, "lat": 21.45},
        "must": False,
        "weight": 2,
        "day": 1,
        "notes": None,
    }
    whole: dict[str, object] = {
        "hours": "07:30-18:00",
        "begin": "ha-long",
        "end": "ha-long",
        "days": [{"date": "2026-12-01"}],
    }
    read = trip_file.read(whole | {"stops": [stop]}, known).stops[0]
    assert (read.must, read.weight, read.day, read.place.lon) == (False, 2.0, 0, 107.74)
    assert "has no unit" in faults(whole | {"stops": [stop | {"visit": 45}]}, known)[0]
    assert (
        "is not a number" in faults(whole | {"stops": [stop | {"weight": float("nan")}]}, known)[0]
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: &x 1\nb: *x", "anchors and aliases"),
        ("a: !!python/object/apply:os.system [id]", "tags"),
        ("a: 1\na: 2", "line 2: a: stands twice"),
        ("[" * 5000, "deeper than 8 levels"),
        ("? [a]\n: b", "a key must be text"),
        ("a: [", "line 1, column 5"),
        ("a: \x01", "control characters"),
        (b"\xff\xfe", "not written in UTF-8"),
        ("x" * 300_000, "300,000 bytes; 200,000 are allowed"),
        ("a: 1\n---\nb: 2", "cannot be read as YAML"),
    ],
)
def test_harmful_yaml_is_refused(text: str | bytes, fault: str) -> None:
    """Aliases, tags, depth, size, doubled keys, bad bytes and broken syntax are refused before
    anything is built.
    """
    with pytest.raises(InputError, match=re.escape(fault)):
        safe_yaml.read(text)


def test_yaml_guesses_nothing() -> None:
    """Times, dates, numbers and yes stay the text they were."""
    text = "a: 17:30\nb: 2026-12-01\nc: no\nd: 010\ne:\nf: [1e3]\n"
    expected = {"a": "17:30", "b": "2026-12-01", "c": "no", "d": "010", "e": "", "f": ["1e3"]}
    assert (
        safe_yaml.read(text)
        == safe_yaml.read("\ufeff" + text)
        == safe_yaml.read(text.encode("utf-8-sig"))
        == expected
    )
    assert safe_yaml.read(safe_yaml.write(expected)) == expected
    assert safe_yaml.read("") == ""


@pytest.mark.parametrize(
    "source",
    [
        "",
        "- a",
        "just words",
        "days: 5\nstops: {a: {b: [c]}}",
        "vehicle: x\nlunch: [1]\nnights: {}\nbegin: []",
    ],
)
def test_any_shape_gives_faults_and_no_crash(source: str, known: Gazetteer) -> None:
    """Whatever stands where something else is expected, the answer is a list of faults."""
    assert faults(source, known)


@pytest.mark.parametrize(
    ("text", "length_s"),
    [
        ("45 min", 2700),
        ("1 h 30 min", 5400),
        ("1h30m", 5400),
        ("PT45M", 2700),
        ("pt1h", 3600),
        ("90 phút", 5400),
        ("1 小时 30 分钟", 5400),
    ],
)
def test_lengths_of_time(text: str, length_s: float) -> None:
    """Lengths of time are read in three languages and as ISO 8601, and written so that they read
    the same.
    """
    assert trip_values.seconds(text) == length_s
    assert trip_values.seconds(trip_values.said_seconds(length_s)) == length_s


def test_unknown_places_and_clocks(known: Gazetteer) -> None:
    """A place of a country without a clock is as unknown as one that does not exist."""
    assert known.place("mong-cai-bac-luan-2").timezone == plans.HANOI
    with pytest.raises(NotFoundError, match="clock"):
        replace(known, timezones={}).place("ha-long")


def test_there_are_three_examples() -> None:
    """The data package holds three examples, each with title, notes and what of it is assumed; a
    folder without any has none.
    """
    examples = trip_file.examples(DATA)
    assert len(examples) == 3
    for text in examples.values():
        document = safe_yaml.read(text)
        assert document["title"]
        assert document["notes"]
        assert "assumptions" in document["source"]
    assert trip_file.examples(Path(__file__).parents[1]) == {}


@pytest.mark.parametrize("name", trip_file.examples(DATA))
def test_an_example_can_be_driven(name: str, known: Gazetteer, real_network: Network) -> None:
    """Each example reads without a fault, lies on working days of both countries, and its plan
    visits all that must be seen.
    """
    from geo.visits import planner

    trip = trip_file.read(trip_file.examples(DATA)[name], known)
    assert all(
        calendars.year_of(country, day.date.year).is_workday(day.date)
        for country in ("VN", "CN")
        for day in trip.days
    )
    tables = layers.read(DATA, "gates"), layers.read_table(DATA, "crossings")
    plan = planner.plan(trip, World(real_network, *tables, gates.Hours.read(DATA)))
    assert plan.feasible
    assert plan.proof == "proven"
    crossings = [leg.crossing for day in plan.days for leg in day.legs if leg.crossing]
    assert [crossing.towards for crossing in crossings] == (
        ["CN", "VN"] if "dongxing" in name else []
    )
    assert all(crossing.hours_known and "bac-luan" in crossing.gate for crossing in crossings)


def test_one_limit_of_days_holds_for_reader_and_planner(known: Gazetteer) -> None:
    """A trip of as many days as are planned is read, and written and read again; one day more is
    refused by both.
    """
    first = date(2026, 6, 1)

    def days(count: int) -> str:
        return f"[{', '.join(f'{{date: {first + timedelta(days=number)}}}' for number in range(count))}]"  # noqa: E501

    trip = trip_file.read(stops("site: hai-yen-ip", days=days(MOST_DAYS)), known)
    trip_check.check(trip)
    assert trip_file.read(trip_file.write(trip), known) == trip
    with pytest.raises(InputError, match=f"{MOST_DAYS + 1} entries; {MOST_DAYS} are allowed"):
        trip_file.read(stops("site: hai-yen-ip", days=days(MOST_DAYS + 1)), known)
    longer = replace(
        trip.days[-1],
        start=trip.days[-1].start + timedelta(days=1),
        end=trip.days[-1].end + timedelta(days=1),
        begin=None,
    )
    with pytest.raises(
        InputError,
        match=(f"There are {MOST_DAYS + 1} days; at most {MOST_DAYS} are planned at once"),
    ):
        trip_check.check(replace(trip, days=(*trip.days, longer)))


@pytest.mark.parametrize(
    ("text", "reserve_s"),
    [
        ("0", 0.0),
        ("0 min", 0.0),
        ("none", 0.0),
        ("45 min", 2700.0),
        ("4 h", 14400.0),
        ("", 1800.0),
        (None, 1800.0),
    ],
)
def test_the_reserve_at_gates(known: Gazetteer, text: str | None, reserve_s: float) -> None:
    """None at all is allowed, half an hour is usual, and what is written reads back equal."""
    trip = trip_file.read(
        stops("site: hai-yen-ip", more="" if text is None else f"gate_reserve: {text}"), known
    )
    assert trip.reserve_s == reserve_s
    assert trip_file.read(trip_file.write(trip), known) == trip


@pytest.mark.parametrize("text", ["5 h", "30", "-5 min", "soon"])
def test_a_reserve_that_is_none_is_named(known: Gazetteer, text: str) -> None:
    """Longer than four hours, without a unit, or no length of time."""
    assert [
        fault
        for fault in faults(stops("site: hai-yen-ip", more=f"gate_reserve: {text}"), known)
        if fault.startswith("gate_reserve: ")
    ]
