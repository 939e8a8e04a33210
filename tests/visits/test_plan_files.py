"""What one takes along: files are read back by other programs with order, names in three languages
and times as planned.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import gpxpy
import icalendar
import plans
import pyogrio
import pytest
import shapely
import vobject

from geo import layers
from geo.errors import InputError
from geo.hours.gates import Hours
from geo.visits import map_links, plan_files, plan_steps
from geo.visits.plan_steps import Itinerary
from geo.visits.trip import Place, Plan
from webapp.catalogues import LANGUAGES, catalogue

CLOCKS = {plans.HANOI: "Hà Nội", plans.BEIJING: "北京"}
LABELS = ["00a", "01", "01b", "02", "02a", "03", "03a", "03b"]
"""Of the points one after the other: start, visit, night, visit, gate, visit, gate, end; ``01a`` is
lunch.
"""
IDS = [
    "ha-long",
    "texhong-hai-ha-ip",
    "mong-cai",
    "hai-yen-ip",
    *["mong-cai-bac-luan-2", "jiangping-ip"] * 2,
]
IDS[-1] = "mong-cai"
ARRIVALS = ["00:30", "02:30", "06:00", "01:00", "02:30", "03:40", "05:20", "06:10"]
"""In UTC."""


@pytest.fixture(scope="module")
def gates() -> object:
    return layers.read(layers.bundled(), "gates")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plans.two_days()


def itinerary(
    plan: Plan, language: str = "zh", gates: object = None, hours: Hours | None = None
) -> Itinerary:
    """Make a plan ready with the words of a language, as the app does."""
    words = catalogue(LANGUAGES[language].locale)
    return Itinerary(plan, language, gates, CLOCKS, hours, words.ugettext)  # type: ignore[arg-type]


def written(
    plan: Plan,
    format_id: str,
    gates: object = None,
    language: str = "zh",
    hours: Hours | None = None,
    **more: object,
) -> bytes:
    return plan_files.write(itinerary(plan, language, gates, hours), format_id, **more)  # type: ignore[arg-type]


def test_gpx_keeps_order_names_and_times(plan: Plan, gates: object) -> None:
    """A route a day and waypoints in the order of the trip, Chinese names first, the others in the
    comment, arrivals in UTC.
    """
    file = gpxpy.parse(written(plan, "gpx", gates).decode())
    assert file.version == "1.1"
    assert [route.name for route in file.routes] == ["第1天 · 2026-12-01", "第2天 · 2026-12-02"]
    assert [point.name.split()[0] for point in file.waypoints] == LABELS == sorted(LABELS)
    assert [f"{point.time:%H:%M}" for point in file.waypoints] == ARRIVALS
    assert all(point.time.utcoffset().total_seconds() == 0 for point in file.waypoints)
    assert (file.waypoints[1].name, file.waypoints[1].comment) == (
        "01 天虹海河工业园",
        "Texhong Hai Ha · KCN Texhong Hải Hà",
    )
    assert (file.waypoints[1].longitude, file.waypoints[1].latitude) == (107.735, 21.392)
    assert [point.name.split()[0] for point in file.routes[1].points] == ["01c", *LABELS[3:]]


def test_gdal_reads_the_gpx_in_order(plan: Plan, gates: object) -> None:
    """GDAL finds the same waypoints and, for each route, its points in order."""
    data = written(plan, "gpx", gates)
    points = pyogrio.read_dataframe(io.BytesIO(data), layer="waypoints")
    assert [name.split()[0] for name in points["name"]] == LABELS
    assert [f"{time:%H:%M}" for time in points["time"]] == ARRIVALS
    route = pyogrio.read_dataframe(io.BytesIO(data), layer="route_points")
    assert list(route["route_point_id"]) == [0, 1, 2, 0, 1, 2, 3, 4, 5]
    assert list(route["route_fid"]) == [0] * 3 + [1] * 6


def test_gdal_reads_the_kml(plan: Plan, gates: object) -> None:
    """A folder a day with points in order, three names, exact times, and notes that are text and
    not markup.
    """
    data = written(plan, "kml", gates, "vi")
    assert [name for name, _ in pyogrio.list_layers(io.BytesIO(data))] == [
        "Ngày 1 · 2026-12-01",
        "Ngày 2 · 2026-12-02",
    ]
    frames = [pyogrio.read_dataframe(io.BytesIO(data), layer=number) for number in (0, 1)]
    points = [frame[frame.geom_type == "Point"] for frame in frames]
    assert [label for frame in points for label in frame["label"]] == [
        *LABELS[:3],
        "01c",
        *LABELS[3:],
    ]
    stop = points[0].iloc[1]
    assert [stop[f"name_{language}"] for language in ("en", "vi", "zh")] == [
        "Texhong Hai Ha",
        "KCN Texhong Hải Hà",
        "天虹海河工业园",
    ]
    assert (stop["Name"], stop["arrive"], stop["start"]) == (
        "01 KCN Texhong Hải Hà",
        "2026-12-01T09:30:00+07:00",
        "2026-12-01T10:00:00+07:00",
    )
    assert (stop["begin"], stop["end"]) == (plans.at(1, "10:00"), plans.at(1, "11:30"))
    assert stop["notes"] == "gate 2, ask for <the> map & key"
    assert "ask for &lt;the&gt; map &amp; key" in stop["description"]
    assert sum(frame.geom_type.eq("LineString").sum() for frame in frames) == 7


def test_calendar_is_on_the_clock_of_each_place(plan: Plan, gates: object) -> None:
    """Visits, gates and nights stand on their own clock, whose rules are in the file, with names in
    three languages.
    """
    calendar = icalendar.Calendar.from_ical(written(plan, "ics", gates, "en"))
    events = calendar.walk("VEVENT")
    assert [str(event["summary"]).split(":")[0] for event in events] == [
        "Visit",
        "Lunch",
        "Night",
        "Visit",
        "Border gate",
        "Visit",
        "Border gate",
    ]
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == [
        plans.HANOI,
        plans.BEIJING,
    ]
    jiangping = events[5]
    assert jiangping["dtstart"].params["TZID"] == plans.BEIJING
    assert jiangping.start == datetime(2026, 12, 2, 11, 40, tzinfo=ZoneInfo(plans.BEIJING))
    assert jiangping.end == datetime(2026, 12, 2, 12, 40, tzinfo=ZoneInfo(plans.BEIJING))
    assert all(
        name in str(jiangping["summary"]) + str(jiangping["description"])
        for name in plans.JIANGPING.names.values()
    )
    assert "11:40 北京 · 10:40 Hà Nội" in str(jiangping["description"])
    night = events[2]
    assert (night.start, night.end) == (plans.at(1, "13:00"), plans.at(2, "07:45"))
    assert len({str(event["uid"]) for event in events}) == len(events)


def test_another_reader_finds_the_same_times(plan: Plan, gates: object) -> None:
    """vobject, which takes the clocks from the rules inside the file, comes to the same moments in
    the same order.
    """
    calendar = vobject.readOne(written(plan, "ics", gates, "vi").decode())
    starts = [event.dtstart.value.astimezone(UTC) for event in calendar.vevent_list]
    assert starts == [
        step.start.astimezone(UTC)
        for step in Itinerary(plan).steps
        if step.kind in plan_files.EVENTS
    ]
    assert calendar.vevent_list[0].summary.value == "Thăm: KCN Texhong Hải Hà"


def test_identifiers_stay_when_times_change(plan: Plan) -> None:
    """A plan whose visit comes later, written later, replaces the event of before and adds none."""
    first, *others = plan.days
    visit = replace(first.visits[0], start=plans.at(1, "10:20"), end=plans.at(1, "11:50"))
    later = replace(plan, days=(replace(first, visits=(visit,)), *others))
    files = [
        written(trip_plan, "ics", now=datetime(2026, 11, day, 9, tzinfo=UTC))
        for day, trip_plan in ((1, plan), (2, later))
    ]
    before, after = (
        {str(event["uid"]): event for event in icalendar.Calendar.from_ical(file).walk("VEVENT")}
        for file in files
    )
    assert list(before) == list(after)
    assert all(before[uid]["dtstamp"].dt < after[uid]["dtstamp"].dt for uid in before)
    assert [uid for uid in before if before[uid].start != after[uid].start] == list(before)[:1]


def test_a_calendar_is_stamped_when_it_is_written(plan: Plan) -> None:
    """DTSTAMP is the moment that is given, whatever its clock, and else that of the call; never
    that of the trip.
    """
    now = datetime(2026, 11, 1, 9, 30, 15, 999, tzinfo=ZoneInfo(plans.HANOI))
    stamps = {
        event["dtstamp"].dt
        for event in icalendar.Calendar.from_ical(written(plan, "ics", now=now)).walk("VEVENT")
    }
    assert stamps == {datetime(2026, 11, 1, 2, 30, 15, tzinfo=UTC)}
    before = datetime.now(UTC).replace(microsecond=0)
    stamps = {
        event["dtstamp"].dt
        for event in icalendar.Calendar.from_ical(written(plan, "ics")).walk("VEVENT")
    }
    assert all(before <= stamp <= datetime.now(UTC) for stamp in stamps)


def test_calendars_hold_whole_minutes(plan: Plan) -> None:
    """Odd seconds of a plan do not reach a calendar, and what is over within a minute still lasts
    one.
    """
    first = plan.days[0]
    odd = replace(first.visits[0], start=plans.at(1, "10:00:19"), end=plans.at(1, "10:00:59"))
    events = icalendar.Calendar.from_ical(
        written(replace(plan, days=(replace(first, visits=(odd,)), plan.days[1])), "ics")
    ).walk("VEVENT")
    assert (events[0].start, events[0].end) == (plans.at(1, "10:00"), plans.at(1, "10:01"))
    assert not [
        event
        for event in events
        if event.start.second or event.end.second or event.end <= event.start
    ]


def test_csv_has_a_row_a_step_and_both_clocks(plan: Plan, gates: object) -> None:
    """Each step has a row with both clocks; the file begins with the mark by which Excel knows
    UTF-8.
    """
    data = written(plan, "csv", gates)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    kinds = (
        "begin drive visit lunch drive night begin drive visit drive gate drive visit drive gate"
        " drive end"
    )
    assert [row["kind"] for row in rows] == kinds.split()
    gate = rows[10]
    assert (gate["start Hà Nội"], gate["start 北京"]) == ("2026-12-02 09:40", "2026-12-02 10:40")
    assert (gate["name_zh"], gate["hours_known"], gate["wait_s"]) == (
        "芒街（北仑二桥）",
        "true",
        "600",
    )
    assert (rows[2]["lon"], rows[2]["lat"]) == ("107.735", "21.392")


def test_spreadsheets_run_nothing(plan: Plan) -> None:
    """A name that a spreadsheet would take for a formula comes with an apostrophe."""
    evil = replace(
        plan.days[0].visits[0].stop.place, names={"en": "=HYPERLINK(1)"}, contact="@SUM(1)"
    )
    first = plan.days[0]
    visit = replace(first.visits[0], stop=replace(first.visits[0].stop, place=evil, notes="+1"))
    text = written(
        replace(plan, days=(replace(first, visits=(visit,)), plan.days[1])), "csv"
    ).decode("utf-8-sig")
    row = next(row for row in csv.DictReader(io.StringIO(text)) if row["kind"] == "visit")
    assert (row["name_en"], row["contact"], row["notes"]) == ("'=HYPERLINK(1)", "'@SUM(1)", "'+1")


def test_geojson_takes_the_lines_it_is_given(plan: Plan, gates: object) -> None:
    """A way that is given follows its line, the others are straight and end at the gate; points
    come in order.
    """
    line = shapely.LineString([(107.0734, 20.9505), (107.3, 21.2), (107.735, 21.392)])
    data = json.loads(written(plan, "geojson", gates, lines={(0, 0): line}))
    ways = [feature for feature in data["features"] if feature["geometry"]["type"] == "LineString"]
    assert [len(way["geometry"]["coordinates"]) for way in ways] == [3, 2, 2, 2, 2, 2, 2]
    assert ways[3]["geometry"]["coordinates"] == [[107.9161, 21.5413], [107.996, 21.5475]]
    assert ways[4]["geometry"]["coordinates"] == [[107.996, 21.5475], [108.12, 21.61]]
    points = [
        feature["properties"]["label"]
        for feature in data["features"]
        if feature["geometry"]["type"] == "Point"
    ]
    assert points == [*LABELS[:3], "01c", *LABELS[3:]]
    assert data["about"]["left_out"] == ["point-1"]


def test_a_line_over_a_gate_is_cut_at_the_gate(plan: Plan, gates: object) -> None:
    """The ways before and behind the gate have the points of the leg's line in order, and meet
    where it is nearest to the gate.
    """
    line = shapely.LineString(
        [(107.9161, 21.5413), (107.95, 21.54), (108.0, 21.55), (108.05, 21.6), (108.12, 21.61)]
    )
    data = json.loads(written(plan, "geojson", gates, lines={(1, 1): line}))
    ways = [
        feature["geometry"]["coordinates"]
        for feature in data["features"]
        if feature["geometry"]["type"] == "LineString"
    ]
    before, behind = ways[3:5]
    assert before[-1] == behind[0]
    assert before[:-1] + behind[1:] == [list(point) for point in line.coords]
    gate = shapely.Point(107.996, 21.5475)
    assert shapely.Point(before[-1]).distance(gate) == pytest.approx(line.distance(gate), abs=1e-5)


def test_a_leg_over_a_gate_is_a_drive_before_and_a_drive_behind(plan: Plan, gates: object) -> None:
    """Rows follow each other in time, each drive lasts as long as it says, and both together are
    the whole leg.
    """
    rows = list(csv.DictReader(io.StringIO(written(plan, "csv", gates).decode("utf-8-sig"))))
    moments = [datetime.fromisoformat(row[column]) for row in rows for column in ("start", "end")]
    assert moments == sorted(moments)
    for row in rows:
        if row["kind"] == "drive":
            lasts = datetime.fromisoformat(row["end"]) - datetime.fromisoformat(row["start"])
            assert lasts.total_seconds() == float(row["drive_s"])
    for at, leg in ((9, plan.days[1].legs[1]), (13, plan.days[1].legs[2])):
        parts = rows[at], rows[at + 2]
        assert [part["kind"] for part in parts] == ["drive", "drive"]
        assert rows[at]["place_id"] == rows[at + 1]["place_id"] == leg.crossing.gate  # type: ignore[union-attr]
        assert sum(float(part["drive_s"]) for part in parts) == leg.drive_s
        assert sum(float(part["length_m"]) for part in parts) == leg.length_m


SAID_OF_HOURS = {
    "en": "Open 08:00–15:00 (en.sggp.org.vn, 2023-12-11, web source)",
    "vi": "Mở cửa 08:00–15:00 (en.sggp.org.vn, 2023-12-11, theo trang web)",
    "zh": "开放时间 08:00–15:00（en.sggp.org.vn, 2023-12-11, 网络来源）",
}


@pytest.mark.parametrize("language", SAID_OF_HOURS)
def test_files_hold_the_hours_of_a_gate_and_who_says_so(
    plan: Plan, gates: object, language: str
) -> None:
    """The gate's hours that day, their source and date are in the words of GPX, KML and calendar
    and in columns of table and GeoJSON.
    """
    hours = Hours.read(layers.bundled())
    for format_id in ("gpx", "kml"):
        assert (
            SAID_OF_HOURS[language]
            in written(plan, format_id, gates, language, hours=hours).decode()
        )
    events = icalendar.Calendar.from_ical(written(plan, "ics", gates, language, hours=hours)).walk(
        "VEVENT"
    )
    assert sum(SAID_OF_HOURS[language] in str(event["description"]) for event in events) == 2
    rows = list(
        csv.DictReader(
            io.StringIO(written(plan, "csv", gates, language, hours=hours).decode("utf-8-sig"))
        )
    )
    notices = {
        (row["gate_hours"], row["gate_hours_source_kind"], row["gate_hours_as_of"])
        for row in rows
        if row["kind"] == "gate"
    }
    assert notices == {("08:00–15:00", "page", "2023-12-11")}
    assert not [row for row in rows if row["kind"] != "gate" and row["gate_hours"]]


def test_files_warn_of_a_gate_that_closes_soon(plan: Plan, gates: object) -> None:
    """Entered at 14:51 a gate that closes at 15:00 is told to close in 9 minutes; entered hours
    before, nothing is.
    """
    legs = list(plan.days[1].legs)
    late = replace(legs[2].crossing, enter=plans.at(2, "14:51"), leave=plans.at(2, "15:21"))  # type: ignore[type-var]
    legs[2] = replace(legs[2], crossing=late)
    late_plan = replace(plan, days=(plan.days[0], replace(plan.days[1], legs=tuple(legs))))
    texts = [
        written(each, "gpx", gates, "en", hours=Hours.read(layers.bundled())).decode()
        for each in (plan, late_plan)
    ]
    assert ["Closes 9 min after you enter" in text for text in texts] == [False, True]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Sunday"), ("vi", "Chủ nhật"), ("zh", "星期日")]
)
def test_files_name_weekends_and_holidays(
    plan: Plan, gates: object, language: str, words: str
) -> None:
    """The head of a day in GPX and KML, and each event of a calendar, name the weekend, the
    holidays and what is not decreed yet.
    """
    moved = shifted(plan, datetime(2027, 2, 6) - datetime(2026, 12, 1))
    names = {
        "en": [
            "Lunar New Year (VN)",
            "Second Day of Lunar New Year (VN)",
            "Chinese New Year (Spring Festival) (CN)",
        ],
        "vi": ["Tết Nguyên Đán (VN)", "Mùng hai Tết Nguyên Đán (VN)", "Tết Nguyên Đán (CN)"],
        "zh": ["春节初一 (VN)", "春节初二 (VN)", "春节 (CN)"],
    }[language]
    for format_id in ("gpx", "kml", "ics"):
        text = written(moved, format_id, gates, language).decode().replace("\r\n ", "")
        assert not [name for name in (*names, words, "2027") if name not in text], format_id
        assert words not in written(plan, format_id, gates, language).decode()


def shifted(plan: Plan, by: timedelta) -> Plan:
    """Move every moment of a plan."""

    def move(value: object) -> object:
        if isinstance(value, datetime):
            return value + by
        if isinstance(value, tuple):
            return tuple(move(item) for item in value)
        if is_dataclass(value) and not isinstance(value, Place):
            return replace(
                value,
                **{field.name: move(getattr(value, field.name)) for field in fields(value)},
            )  # type: ignore[type-var]
        return value

    return move(plan)  # type: ignore[return-value]


def test_without_the_layer_of_gates_nothing_is_made_up(plan: Plan) -> None:
    """A gate of unknown position has its id for a name and is not a point."""
    rows = list(csv.DictReader(io.StringIO(written(plan, "csv").decode("utf-8-sig"))))
    gate = next(row for row in rows if row["kind"] == "gate")
    assert (gate["name_en"], gate["lon"], gate["lat"]) == ("mong-cai-bac-luan-2", "", "")
    assert "gate" not in {
        point.type for point in gpxpy.parse(written(plan, "gpx").decode()).waypoints
    }


def test_names_only_has_no_coordinates(plan: Plan, gates: object) -> None:
    """With names only no coordinate of the plan is anywhere in the file, and formats that are
    coordinates are refused.
    """
    places = [plans.HALONG, plans.MONGCAI, plans.TEXHONG, plans.HAIYEN, plans.JIANGPING]
    for format_id, format_ in plan_files.FORMATS.items():
        if not format_.without_positions:
            with pytest.raises(InputError, match="without coordinates"):
                written(plan, format_id, gates, names_only=True)
            continue
        text = written(plan, format_id, gates, names_only=True).decode("utf-8-sig")
        assert "GEO:" not in text
        assert "lon" not in text.splitlines()[0].split(",")
        assert not [
            place.id for place in places if str(place.lon) in text or str(place.lat) in text
        ]
        assert (
            str(plans.TEXHONG.lon) in written(plan, format_id, gates).decode("utf-8-sig")
            or format_id == "ics"
        )


def test_the_same_plan_gives_the_same_bytes() -> None:
    """A second process, whose sets have another order, writes the same bytes at the same moment, in
    each format.
    """
    code = (
        "import hashlib, sys; sys.path.insert(0, 'tests'); import plans; from datetime import UTC,"
        " datetime; from geo.visits import plan_files; from geo.visits.plan_steps import Itinerary;"
        " now = datetime(2026, 11, 1, tzinfo=UTC); steps = Itinerary(plans.two_days(), 'vi');"
        " hashes = {id: hashlib.sha256(plan_files.write(steps, id, now=now)).hexdigest() for id in"
        " plan_files.FORMATS}; print(hashes)"
    )
    root = Path(__file__).parents[2]
    run = [sys.executable, "-c", code]
    first, second = (
        ast.literal_eval(
            subprocess.run(
                run,
                cwd=root,
                env={"PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
                text=True,
            ).stdout
        )
        for seed in ("1", "7")
    )
    assert first.keys() == plan_files.FORMATS.keys()
    assert first == second


@pytest.mark.parametrize("format_id", plan_files.FORMATS)
def test_control_characters_break_no_file(format_id: str, plan: Plan) -> None:
    """Names and notes with control characters, line feeds and the end of a CDATA section give files
    that can be read.
    """
    odd = Place(
        "odd",
        {"en": "a\x00b]]>\r\nDTSTART:1\n<x>"},
        107.5,
        21.3,
        None,
        "VN",
        plans.HANOI,
        "x\x0bEND:VEVENT",
    )
    first = plan.days[0]
    visit = replace(
        first.visits[0],
        stop=replace(first.visits[0].stop, place=odd, notes="\x1bnote\r\nEND:VCALENDAR"),
    )
    data = written(replace(plan, days=(replace(first, visits=(visit,)), plan.days[1])), format_id)
    if format_id == "ics":
        assert len(icalendar.Calendar.from_ical(data).walk("VEVENT")) == 7
    elif format_id == "csv":
        assert len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))) == 18
    else:
        count = len(
            pyogrio.read_dataframe(io.BytesIO(data), layer="waypoints" if format_id == "gpx" else 0)
        )
        assert count == {"gpx": 6, "kml": 5, "geojson": 12}[format_id]


def test_links_say_that_they_are_wgs84() -> None:
    """Each map gets the coordinates in its own order, the system in its own words, and the name as
    one value.
    """
    place = replace(plans.HAIYEN, names={"zh": "海安&园;x:y|#?"})
    links = map_links.links(place)
    assert links["geo"] == "geo:21.5413,107.9161;u=400"
    queries = {
        name: {key: values[0] for key, values in parse_qs(urlsplit(link).query).items()}
        for name, link in links.items()
        if name != "geo"
    }
    assert (queries["amap"]["position"], queries["amap"]["coordinate"]) == (
        "107.9161,21.5413",
        "wgs84",
    )
    assert (queries["baidu"]["location"], queries["baidu"]["coord_type"]) == (
        "21.5413,107.9161",
        "wgs84",
    )
    assert queries["tencent"]["coord_type"] == "1"
    assert queries["amap"]["name"] == queries["baidu"]["title"] == "海安&园;x:y|#?"
    assert (
        queries["tencent"]["marker"]
        == "coord:21.5413,107.9161;title:海安&园 x y #?;addr:海安&园 x y #?"
    )
    assert all(link.isascii() for link in links.values())


def test_an_unknown_uncertainty_is_left_out() -> None:
    """A point of unknown accuracy has no “u” in its geo link."""
    assert (
        map_links.links(replace(plans.HAIYEN, position_accuracy_m=None))["geo"]
        == "geo:21.5413,107.9161"
    )


def test_a_plan_that_does_not_hold_says_so(plan: Plan) -> None:
    """Files of a plan with faults carry a warning."""
    assert (
        "does not hold" in written(replace(plan, faults=("late",)), "gpx", language="en").decode()
    )
    assert "does not hold" not in written(plan, "gpx", language="en").decode()


def test_unknown_words_are_refused(plan: Plan) -> None:
    """Neither an unknown format nor an unknown language is guessed at."""
    with pytest.raises(InputError, match="There is no format"):
        plan_files.write(Itinerary(plan), "shp")
    with pytest.raises(InputError, match="There is no language"):
        Itinerary(plan, "fr")


def test_labels_stay_in_order_as_text() -> None:
    """More than 25 steps between two visits, and more than 99 visits, still sort as they follow."""
    letters = [plan_steps._letters(number) for number in range(60)]
    assert letters == sorted(letters)
    assert len(set(letters)) == 60


def test_a_day_without_ways_is_a_night_where_one_is(plan: Plan) -> None:
    """A day on which one stays has a beginning and a night, and no way."""
    stay = replace(plan.days[0], legs=(), visits=(), goal=plans.HALONG)
    steps = Itinerary(replace(plan, days=(stay, plan.days[1]))).of_day(0)
    assert [step.kind for step in steps] == ["begin", "night"]
    assert steps[0].start == plans.at(1, "07:30")


def test_lunch_stands_in_every_file_with_its_place(gates: object) -> None:
    """On the way, and where the day begins: a row of the table, an event of the calendar, a line in
    the words of the next point.
    """
    plan = plans.lunches_elsewhere()
    rows = list(csv.DictReader(io.StringIO(written(plan, "csv", gates, "en").decode("utf-8-sig"))))
    kinds = [
        (row["kind"], row["name_en"], row["start"][11:16], row["lon"] != "")
        for row in rows
        if row["kind"] in ("lunch", "begin", "drive")
    ]
    assert kinds[2:4] == [
        ("drive", "Mong Cai", "11:30", False),
        ("lunch", "On the way", "11:45", False),
    ]
    assert kinds[4:6] == [
        ("lunch", "Mong Cai", "07:00", True),
        ("begin", "Mong Cai", "07:45", True),
    ]
    events = icalendar.Calendar.from_ical(written(plan, "ics", gates, "vi")).walk("VEVENT")
    assert [str(event["summary"]) for event in events if "Nghỉ trưa" in event["summary"]] == [
        "Nghỉ trưa: Dọc đường",
        "Nghỉ trưa: Móng Cái",
    ]
    waypoints = gpxpy.parse(written(plan, "gpx", gates, "en").decode()).waypoints
    names = [
        point.name.split(" ", 1)[1]
        for point in waypoints
        if "Lunch (On the way): 11:45 Hà Nội · 12:45 北京" in point.description
    ]
    assert names == ["Mong Cai"]
    assert all(b"nan" not in written(plan, form, gates).lower() for form in plan_files.FORMATS)
