"""Write a plan as files that one takes along: for navigation programs, calendars, spreadsheets.

The same plan gives the same bytes; a calendar also says when it was written. Times in a file are
those of the plan, which is computed, not promised. Who must not record coordinates takes the
formats that can do without, with ``names_only``: no position is in them, neither as numbers nor in
a link."""

from __future__ import annotations

import csv
import hashlib
import html
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from geo import __version__
from geo.errors import InputError, Message
from geo.export import to_json
from geo.text import guarded
from geo.visits import plan_words
from geo.visits.plan_facts import Value, cell, facts, lonlat
from geo.visits.plan_lines import Lines, drives
from geo.visits.plan_steps import Itinerary, Step

GENERATOR = f"Zone Atlas {__version__}"
KML = "http://www.opengis.net/kml/2.2"
POINTS = ("begin", "gate", "visit", "night", "end")
"""Steps that are drawn as points; lunch, which mostly is where another is, stands in the words of
the next.
"""
EVENTS = ("visit", "gate", "lunch", "night")
"""Steps that stand in a calendar."""


class Parcel(NamedTuple):
    """What is written: the plan made ready, its lines, whether positions are left out, and when a
    calendar says that it was written.
    """

    itinerary: Itinerary
    lines: Lines
    names_only: bool
    now: datetime


class Format(NamedTuple):
    """A format of a plan, all of them in UTF-8. Only with ``without_positions`` may it be written
    with names only.
    """

    title: str
    media_type: str
    without_positions: bool
    writer: Callable[[Parcel], bytes]


def write(
    itinerary: Itinerary,
    format_id: str,
    *,
    lines: Lines | None = None,
    names_only: bool = False,
    now: datetime | None = None,
) -> bytes:
    """Write a plan.

    Parameters
    ----------
    lines
        Ways on the road, as :func:`geo.visits.plan_lines.lines` returns them; those that are not
        given are straight, over the gate.
    names_only
        Leave out every coordinate.
    now
        When a calendar says that it was written, with a zone; without it the moment of the call.

    Raises
    ------
    InputError
        An unknown format, or a format that is nothing without coordinates.
    """
    chosen = get(format_id)
    if names_only and not chosen.without_positions:
        others = ", ".join(form.title for form in FORMATS.values() if form.without_positions)
        raise InputError(
            Message(
                "%(title)s cannot be written without coordinates; take %(others)s.",
                {"title": chosen.title, "others": others},
            )
        )
    return chosen.writer(Parcel(itinerary, lines or {}, names_only, now or datetime.now(UTC)))


def get(format_id: str) -> Format:
    """Look a format up by its id; `InputError` lists those there are."""
    if format_id not in FORMATS:
        raise InputError(
            Message(
                "There is no format “%(format)s”; there are %(known)s.",
                {"format": format_id, "known": ", ".join(FORMATS)},
            )
        )
    return FORMATS[format_id]


# What the formats share ---------------------------------------------------------------------------


def _points(parcel: Parcel, number: int) -> list[Step]:
    return [
        step
        for step in parcel.itinerary.of_day(number)
        if step.kind in POINTS and step.has_position
    ]


def _named(parcel: Parcel, step: Step) -> str:
    return f"{step.label} {parcel.itinerary.name(step.place)}"


def _description(parcel: Parcel, step: Step) -> str:
    """Write all that is said of a point."""
    itinerary = parcel.itinerary
    return "\n".join(
        [plan_words.title(itinerary, step), *plan_words.sentences_with_lunch(itinerary, step)]
    )


# GPX ----------------------------------------------------------------------------------------------


def _gpx(parcel: Parcel) -> bytes:
    """Write GPX 1.1: a route a day, and every point also as a waypoint whose label keeps the order
    in lists sorted by name.
    """
    import gpxpy.gpx

    itinerary = parcel.itinerary
    file = gpxpy.gpx.GPX()
    file.creator = GENERATOR
    file.name = itinerary.title
    file.description = "\n".join(plan_words.remarks(itinerary)) or None
    for day in itinerary.plan.days:
        route = gpxpy.gpx.GPXRoute(
            plan_words.day_title(itinerary, day.number), number=day.number + 1
        )
        route.description = " · ".join(plan_words.date_remarks(itinerary, day.number)) or None
        for step in _points(parcel, day.number):
            lon, lat = lonlat(step)
            values: dict[str, Any] = {
                "latitude": lat,
                "longitude": lon,
                "time": step.arrive.astimezone(UTC),
                "name": _named(parcel, step),
                "comment": itinerary.other_names(step.place) or None,
                "description": _description(parcel, step),
                "type": step.kind,
            }
            route.points.append(gpxpy.gpx.GPXRoutePoint(**values))
            if step.kind != "begin" or day.number == 0:
                file.waypoints.append(gpxpy.gpx.GPXWaypoint(**values))
        file.routes.append(route)
    written: str = file.to_xml("1.1")
    return written.encode()


# KML ----------------------------------------------------------------------------------------------


def _kml(parcel: Parcel) -> bytes:
    """Write KML 2.2: a folder a day with points and ways in order. Viewers show descriptions as
    HTML, hence their escape.
    """
    itinerary = parcel.itinerary
    ElementTree.register_namespace("", KML)
    root = ElementTree.Element(f"{{{KML}}}kml")
    document = _element(root, "Document")
    _element(document, "name", itinerary.title)
    _described(document, [*plan_words.remarks(itinerary), GENERATOR])
    for day in itinerary.plan.days:
        folder = _element(document, "Folder")
        _element(folder, "name", plan_words.day_title(itinerary, day.number))
        if remarks := plan_words.date_remarks(itinerary, day.number):
            _described(folder, [" · ".join(remarks)])
        for step in _points(parcel, day.number):
            mark = _placemark(folder, step, _named(parcel, step), _description(parcel, step))
            point = _element(mark, "Point")
            _coordinates(point, [lonlat(step)])
        for step, points in drives(itinerary, parcel.lines, day.number):
            mark = _placemark(
                folder,
                step,
                plan_words.title(itinerary, step),
                plan_words.arrival(itinerary, step),
            )
            line = _element(mark, "LineString")
            _element(line, "tessellate", "1")
            _coordinates(line, points)
    ElementTree.indent(root, " ")
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _element(
    parent: ElementTree.Element, tag: str, text: str | None = None, **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{KML}}}{tag}", attributes)
    element.text = text
    return element


def _described(parent: ElementTree.Element, lines: Iterable[str]) -> None:
    _element(parent, "description", html.escape("\n".join(lines), quote=False))


def _coordinates(parent: ElementTree.Element, points: Iterable[tuple[float, float]]) -> None:
    _element(parent, "coordinates", " ".join(f"{lon},{lat}" for lon, lat in points))


def _placemark(
    folder: ElementTree.Element, step: Step, title: str, description: str
) -> ElementTree.Element:
    mark = _element(folder, "Placemark")
    _element(mark, "name", title)
    _described(mark, [description])
    span = _element(mark, "TimeSpan")
    _element(span, "begin", step.start.isoformat())
    _element(span, "end", step.end.isoformat())
    data = _element(mark, "ExtendedData")
    for name, value in facts(step).items():
        if value is not None:
            _element(_element(data, "Data", name=name), "value", cell(value))
    return mark


# GeoJSON ------------------------------------------------------------------------------------------


def _geojson(parcel: Parcel) -> bytes:
    """Write GeoJSON (RFC 7946): points and ways of each day in order, with the plan itself in the
    foreign member ``about``.
    """
    itinerary, plan = parcel.itinerary, parcel.itinerary.plan
    features = []
    for day in plan.days:
        for step in _points(parcel, day.number):
            more: dict[str, Value] = {"position_accuracy_m": step.place.position_accuracy_m}
            features.append(feature("Point", lonlat(step), facts(step) | more))
        for step, points in drives(itinerary, parcel.lines, day.number):
            more = {"from_id": step.origin.id if step.origin else None}
            features.append(feature("LineString", points, facts(step) | more))
    about = {
        "title": itinerary.title,
        "proof": plan.proof,
        "feasible": plan.feasible,
        "on_road_s": plan.on_road_s,
        "left_out": [stop.place.id for stop in plan.left_out],
        "told": list(plan.trip.told),
        "notes": plan_words.remarks(itinerary),
        "generator": GENERATOR,
    }
    return to_json({"type": "FeatureCollection", "about": about, "features": features})


def feature(
    kind: str, coordinates: Sequence[object], properties: Mapping[str, Value]
) -> dict[str, object]:
    """Return a feature of GeoJSON."""
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


# iCalendar ----------------------------------------------------------------------------------------


def _ics(parcel: Parcel) -> bytes:
    """Write iCalendar (RFC 5545): visits, gates and nights, each on the clock of its place, with
    that clock's rules in the file.

    The identifiers depend on the trip and the place only, so that a plan read in again replaces the
    one before, as the later of two stamps. Times are whole minutes, those that page and paper show;
    an event that begins and ends in the same minute lasts one."""
    import icalendar

    itinerary = parcel.itinerary
    file = icalendar.Calendar()
    file.add("prodid", f"-//Zone Atlas//{__version__}//EN")
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("x-wr-calname", itinerary.title)
    first = itinerary.date(0)
    stamp = parcel.now.astimezone(UTC).replace(microsecond=0)
    steps = [step for step in itinerary.steps if step.kind in EVENTS]
    seen: Counter[str] = Counter()
    for step in steps:
        key = f"{itinerary.plan.trip.title}\n{first}\n{step.kind}\n{step.place.id}"
        seen[key] += 1
        event = icalendar.Event()
        digest = hashlib.sha256(f"{key} {seen[key]}".encode()).hexdigest()
        event.add("uid", f"{digest[:32]}@zone-atlas")
        start, end = (moment.replace(second=0, microsecond=0) for moment in (step.start, step.end))
        event.add("dtstamp", stamp)
        event.add("dtstart", start)
        event.add("dtend", max(end, start + timedelta(minutes=1)))
        event.add("summary", plan_words.title(itinerary, step))
        event.add("location", itinerary.name(step.place))
        lines = [
            *plan_words.sentences(itinerary, step),
            *plan_words.date_remarks(itinerary, step.day),
            *plan_words.remarks(itinerary),
        ]
        event.add("description", "\n".join(lines))
        if step.kind == "night":
            event.add("transp", "TRANSPARENT")
        if step.has_position and not parcel.names_only:
            event.add("geo", lonlat(step)[::-1])
        file.add_component(event)
    for zone in sorted({step.place.timezone for step in steps}):
        rules = icalendar.Timezone.from_tzid(
            zone, first_date=date(first.year - 1, 1, 1), last_date=date(first.year + 2, 1, 1)
        )
        file.add_component(rules)
    written: bytes = file.to_ical()
    return written


# CSV ----------------------------------------------------------------------------------------------


def _csv(parcel: Parcel) -> bytes:
    """Write CSV (RFC 4180), a row a step, as UTF-8 with the byte order mark that Excel needs; times
    on every clock.
    """
    itinerary = parcel.itinerary
    about = " ".join([f"{itinerary.title}.", *plan_words.remarks(itinerary), f"{GENERATOR}."])
    rows = []
    for step in itinerary.steps:
        row = facts(step)
        for zone, name in itinerary.clocks.items():
            for column, moment in (("start", step.start), ("end", step.end)):
                row[f"{column} {name}"] = f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        if not parcel.names_only:
            known = step.has_position and step.kind != "drive"
            row["lon"], row["lat"] = lonlat(step) if known else (None, None)
            row["position_accuracy_m"] = step.place.position_accuracy_m if known else None
        rows.append(row | {"about": about})
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if rows:
        writer.writerow(map(guarded, rows[0]))
        writer.writerows(
            [guarded(value) if isinstance(value, str) else cell(value) for value in row.values()]
            for row in rows
        )
    return text.getvalue().encode("utf-8-sig")


FORMATS: dict[str, Format] = {
    "gpx": Format("GPX", "application/gpx+xml", False, _gpx),
    "kml": Format("KML", "application/vnd.google-earth.kml+xml", False, _kml),
    "geojson": Format("GeoJSON", "application/geo+json", False, _geojson),
    "ics": Format("iCalendar", "text/calendar", True, _ics),
    "csv": Format("CSV table", "text/csv", True, _csv),
}
"""By id."""
