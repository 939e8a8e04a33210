"""One plan, many forms: page, sheet, map, command line and files are read back by other programs,
and have the same steps with the same times.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import gpxpy
import icalendar
import lxml.html
import plans
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from geo import layers
from geo.visits import trip_file
from webapp.cli.main import main

pytest_plugins = ("web",)
TRIPS = (*trip_file.examples(layers.bundled()), "lunch on the way")
LUNCH = [
    ("day", "2026-12-08~09:30-18:00~begin:ha-noi~end:mong-cai"),
    ("stop", "hai-yen-ip"),
    ("lunch", "45 min 11:30-13:00"),
]
POINTS = ("begin", "gate", "visit", "night", "end")
KML = "{http://www.opengis.net/kml/2.2}"


class Seen(NamedTuple):
    """A step as a form shows it: what, where, and from when to when."""

    kind: str
    place: str
    start: datetime
    end: datetime


@pytest.fixture(scope="module", params=TRIPS)
def asked(request: pytest.FixtureRequest, app: Flask) -> str:
    """Return the query of a trip."""
    if request.param == TRIPS[-1]:
        return urlencode(LUNCH)
    client = app.test_client()
    return urlsplit(client.get("/trip", query_string={"example": request.param}).location).query


@pytest.fixture(scope="module")
def rows(asked: str, app: Flask) -> list[dict[str, str]]:
    """Return the rows of the table, with which all other forms are compared."""
    text = app.test_client().get(f"/trip/plan.csv?{asked}").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def moment(text: str) -> datetime:
    """Read a moment to the minute."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(second=0, microsecond=0)


def steps(rows: list[dict[str, str]], kinds: tuple[str, ...], since: str = "start") -> list[Seen]:
    """Return what the table has of some kinds of steps, from their column `since` on."""
    return [
        Seen(row["kind"], row["name_en"], moment(row[since]), moment(row["end"]))
        for row in rows
        if row["kind"] in kinds
    ]


def arrivals(seen: list[Seen]) -> list[tuple[str, str, datetime]]:
    return [step[:3] for step in seen]


def on_clocks(day: str, texts: list[str]) -> datetime:
    """Read what both clocks show on a day of Viet Nam; they show the same moment."""
    here, there = (
        datetime.fromisoformat(f"{day}T{text}").replace(tzinfo=ZoneInfo(zone))
        for text, zone in zip(texts, (plans.HANOI, plans.BEIJING), strict=True)
    )
    assert here.astimezone(UTC) == there.astimezone(UTC)
    return here.astimezone(UTC)


WORDS = (
    ("begin", r"Leave (.+)"),
    ("gate", r"Cross at (.+) to [\w ]+"),
    ("end", r"Arrive in (.+)"),
    ("lunch", r"Lunch at (.+)"),
    ("lunch", r"(Lunch on the way)"),
    ("drive", r"(Drive.*)"),
    ("visit", r"(.+)"),
)


def what(text: str) -> tuple[str, str]:
    """Return what a row is and where, by its words."""
    seen = ((kind, re.fullmatch(words, text)) for kind, words in WORDS)
    return next((kind, match[1]) for kind, match in seen if match)


def days_of(rows: list[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(row["start Hà Nội"][:10] for row in rows if row["kind"] == "begin"))


def shown(rows: list[dict[str, str]]) -> list[Seen]:
    """Return what page, sheet and terminal show: lunch on the way parts its drive, one arrives
    where a night is spent, and waits in front of a gate.
    """
    expected = []
    for row in rows:
        start = moment(row["arrive" if row["kind"] == "gate" else "start"])
        end, kind = moment(row["end"]), row["kind"]
        if kind == "lunch" and row["place_id"] == "on-the-way":
            drive = expected.pop()
            meal = Seen("lunch", "Lunch on the way", start, end)
            parts = [drive._replace(end=start), meal, drive._replace(start=end)]
            expected += [part for part in parts if part.start < part.end]
        elif kind == "drive":
            expected.append(Seen(kind, "", start, end))
        elif kind in ("night", "end"):
            expected.append(Seen("end", row["name_en"], start, start))
        else:
            expected.append(Seen(kind, row["name_en"], start, end))
    return [step for step in expected if step.kind != "drive" or step.start < step.end]


def of_table(page: lxml.html.HtmlElement, rows: list[dict[str, str]], clock: str) -> list[Seen]:
    """Read the tables of the days of a page or sheet."""
    seen = []
    for day, table in zip(days_of(rows), page.xpath(clock), strict=True):
        for row in table.xpath(".//tbody/tr"):
            cells = [
                re.findall(r"\d\d:\d\d", cell.text_content())
                for cell in row.xpath("td[@class='at']")
            ]
            times = [on_clocks(day, list(texts)) for texts in zip(*cells, strict=True)]
            kind, place = what(row.xpath(".//strong")[0].text_content())
            assert row.get("class") in (kind, "start", "end")
            place = "" if kind == "drive" else place
            seen.append(Seen(kind, place, times[0], times[-1]))
    return seen


def same(seen: list[Seen], rows: list[dict[str, str]]) -> bool:
    """Compare rows with the table; a drive has no end of its own there."""

    def cut(steps: list[Seen]) -> list[Seen]:
        return [step._replace(end=step.start) if step.kind == "drive" else step for step in steps]

    return cut(seen) == cut(shown(rows))


@pytest.mark.parametrize(
    ("path", "tables"),
    [
        ("/trip?whole=1&", "//table[@class='agenda']"),
        ("/trip/plan.html?", "//table[@class='agenda']"),
        ("/trip/plan.sheet.html?", "//section[@class='sheet']//table"),
    ],
)
def test_page_sheet_and_single_file_show_the_table(
    client: FlaskClient, asked: str, rows: list[dict[str, str]], path: str, tables: str
) -> None:
    """Each row has its place and its times on both clocks, in order."""
    page = lxml.html.fromstring(client.get(f"{path}{asked}").text)
    assert same(of_table(page, rows, tables), rows)


def test_the_terminal_prints_the_table(
    client: FlaskClient, asked: str, rows: list[dict[str, str]], tmp_path: Path
) -> None:
    """A line a step, with its number, its place and its times."""
    path = tmp_path / "trip.yaml"
    path.write_bytes(client.get(f"/trip/plan.yaml?{asked}").data)
    printed = CliRunner().invoke(main, ["trip", "plan", str(path)]).output
    seen, day = [], ""
    for line in printed.splitlines():
        if head := re.match(r"Day \d+, (\S+):", line):
            day = head[1]
        times = re.match(
            r"  (\d\d:\d\d) \| (\d\d:\d\d)  (?:\d+\. )?(.+?)"
            r"(?: to (\d\d:\d\d) Hà Nội · (\d\d:\d\d) 北京)?(?: \[.*\])?$",
            line,
        )
        if times:
            kind, place = what(times[3])
            start = on_clocks(day, [times[1], times[2]])
            end = on_clocks(day, [times[4], times[5]]) if times[4] else start
            seen.append(Seen(kind, "" if kind == "drive" else place, start, end))
    assert same(seen, rows)


def of_gpx(data: bytes) -> list[tuple[str, str, datetime]]:
    routes = gpxpy.parse(data.decode()).routes
    return [
        (point.type, point.name.split(" ", 1)[1], moment(point.time.isoformat()))
        for route in routes
        for point in route.points
    ]


def of_kml(data: bytes) -> list[tuple[str, str, datetime]]:
    seen = []
    for mark in ElementTree.fromstring(data).iter(f"{KML}Placemark"):
        if mark.find(f"{KML}Point") is not None:
            facts = {
                each.get("name"): each.findtext(f"{KML}value") for each in mark.iter(f"{KML}Data")
            }
            assert mark.findtext(f".//{KML}begin") == facts["start"]
            name = str(mark.findtext(f"{KML}name")).split(" ", 1)[1]
            seen.append((str(facts["kind"]), name, moment(str(facts["arrive"]))))
    return seen


def of_geojson(data: bytes) -> list[tuple[str, str, datetime]]:
    return [
        (facts["kind"], facts["name_en"], moment(facts["arrive"]))
        for facts, geometry in (
            (each["properties"], each["geometry"]) for each in json.loads(data)["features"]
        )
        if geometry["type"] == "Point"
    ]


@pytest.mark.parametrize(
    ("ending", "read"), [("gpx", of_gpx), ("kml", of_kml), ("geojson", of_geojson)]
)
def test_points_of_files_are_those_of_the_table(
    client: FlaskClient,
    asked: str,
    rows: list[dict[str, str]],
    ending: str,
    read: Callable[[bytes], list[tuple[str, str, datetime]]],
) -> None:
    """Each point has its kind, its place and the moment at which one arrives there."""
    seen = read(client.get(f"/trip/plan.{ending}?{asked}").data)
    assert seen == arrivals(steps(rows, POINTS, "arrive"))


@pytest.mark.parametrize("ending", ["kml", "geojson"])
def test_drives_of_files_are_those_of_the_table(
    client: FlaskClient, asked: str, rows: list[dict[str, str]], ending: str
) -> None:
    """Each line leads to the place of its drive, at its time."""
    data = client.get(f"/trip/plan.{ending}?{asked}").data
    if ending == "geojson":
        seen = [
            Seen("drive", facts["name_en"], moment(facts["start"]), moment(facts["end"]))
            for facts in (each["properties"] for each in json.loads(data)["features"])
            if facts["kind"] == "drive"
        ]
    else:
        seen = [
            Seen(
                "drive",
                str(mark.findtext(f"{KML}name")).rpartition(" → ")[2],
                moment(str(mark.findtext(f".//{KML}begin"))),
                moment(str(mark.findtext(f".//{KML}end"))),
            )
            for mark in ElementTree.fromstring(data).iter(f"{KML}Placemark")
            if mark.find(f"{KML}LineString") is not None
        ]
    assert seen == steps(rows, ("drive",))


def test_the_calendar_holds_the_table(
    client: FlaskClient, asked: str, rows: list[dict[str, str]]
) -> None:
    """Visits, gates, lunches and nights are events of their times, of a minute at least."""
    kinds = {"Visit": "visit", "Border gate": "gate", "Lunch": "lunch", "Night": "night"}
    calendar = icalendar.Calendar.from_ical(client.get(f"/trip/plan.ics?{asked}").data)
    seen = []
    for event in calendar.walk("VEVENT"):
        kind, __, place = str(event["summary"]).partition(": ")
        assert place == str(event["location"])
        start, end = (moment.astimezone(UTC) for moment in (event.start, event.end))
        seen.append(Seen(kinds[kind], place, start, end))
    expected = steps(rows, tuple(kinds.values()))
    minute = timedelta(minutes=1)
    assert seen == [step._replace(end=max(step.end, step.start + minute)) for step in expected]


def test_the_map_shows_the_table(
    client: FlaskClient, asked: str, rows: list[dict[str, str]]
) -> None:
    """Marks have the number, the name and the times of the visits, and the ends of the days."""
    marks = [
        each["properties"] for each in client.get(f"/trip/ways?{asked}").get_json()["features"]
    ]
    days = days_of(rows)
    for kind, kinds in (("visit", ("visit",)), ("end", ("begin", "night", "end"))):
        seen = [
            (mark["name"], on_clocks(days[mark["day"]], re.findall(r"\d\d:\d\d", mark["time"])))
            for mark in marks
            if mark["kind"] == kind
        ]
        assert seen == [step[1:3] for step in steps(rows, kinds, "start")]
    numbers = [mark["number"] for mark in marks if mark["kind"] == "visit"]
    assert numbers == list(range(1, len(numbers) + 1))
