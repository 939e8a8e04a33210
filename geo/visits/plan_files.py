"""Write a plan as files that one takes along: for navigation programs, calendars, spreadsheets; and
links to maps for each stop.

The same plan gives the same bytes; a calendar also says when it was written. Times in a file are
those of the plan, which is computed, not promised. Who must not record coordinates takes the
formats that can do without, with ``names_only``: no position is in them, neither as numbers nor in
a link."""

from __future__ import annotations

import csv
import hashlib
import html
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import shapely
from shapely.ops import substring

from geo import __version__
from geo.errors import InputError, Message
from geo.export import DECIMALS, to_json
from geo.hours.gates import Hours
from geo.text import guarded
from geo.visits.plan_steps import Itinerary, Step, clean
from geo.visits.trip import Place, Plan

GENERATOR = f"Zone Atlas {__version__}"
KML = "http://www.opengis.net/kml/2.2"
POINTS = ("begin", "gate", "visit", "night", "end")
"""Steps that are drawn as points; lunch, which mostly is where another is, stands in the words of
the next.
"""
EVENTS = ("visit", "gate", "lunch", "night")
"""Steps that stand in a calendar."""

Lines = Mapping[tuple[int, int], shapely.LineString]
"""The way on the road by number of the day and of the way in it, both from 0; WGS 84."""


@dataclass(frozen=True)
class Parcel:
    """What is written: the plan made ready, its lines, and whether positions are left out."""

    itinerary: Itinerary
    lines: Lines = field(default_factory=dict)
    names_only: bool = False
    now: datetime | None = None


@dataclass(frozen=True)
class Format:
    """A format of a plan, all of them in UTF-8. Only with ``without_positions`` may it be written
    with names only.
    """

    id: str
    title: str
    extension: str
    media_type: str
    without_positions: bool
    writer: Callable[[Parcel], bytes]


def write(
    plan: Plan,
    format_id: str,
    language: str = "en",
    *,
    gates: Any = None,
    hours: Hours | None = None,
    lines: Lines | None = None,
    clocks: Mapping[str, str] | None = None,
    names_only: bool = False,
    now: datetime | None = None,
) -> bytes:
    """Write a plan.

    Parameters
    ----------
    language
        ``en``, ``vi`` or ``zh``, of words and of the first of the names; the names in the other
        languages are in it too.
    gates
        The layer ``gates``; without it gates have their id for a name and no position.
    hours
        A :class:`geo.hours.gates.Hours`; without it there is only whether the hours of gates are
        known.
    lines
        Ways on the road; those that are not given are straight, over the gate.
    clocks
        Names of the clocks on which times are told, by IANA zone; without it the clocks of the
        plan.
    names_only
        Leave out every coordinate.
    now
        When a calendar says that it was written, with a zone; without it the moment of the call.

    Raises
    ------
    InputError
        An unknown format or language, or a format that is nothing without coordinates.
    """
    chosen = get(format_id)
    if names_only and not chosen.without_positions:
        others = ", ".join(one.title for one in FORMATS.values() if one.without_positions)
        raise InputError(
            Message(
                "%(title)s cannot be written without coordinates; take %(others)s.",
                {"title": chosen.title, "others": others},
            )
        )
    return chosen.writer(
        Parcel(Itinerary(plan, language, gates, clocks or {}, hours), lines or {}, names_only, now)
    )


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


def links(place: Place, language: str = "zh") -> dict[str, str]:
    """Return links that show a place: ``geo`` for any map program, ``amap``, ``baidu`` and
    ``tencent`` for those maps.

    All take WGS 84 and say so, because the three maps shift what they take for their own
    coordinates by some hundred metres.

    Source
    ------
    RFC 5870 (``geo:``, ``u`` is the uncertainty in metres);
    lbs.amap.com/api/uri-api/guide/mobile-web/point (2023-10-31);
    lbs.qq.com/webApi/uriV1/uriGuide/uriWebMarker; for Baidu the parameters of lbsyun.baidu.com
    ``uri/api/web`` as quoted at juejin.cn/post/6844903976375173134."""
    name = clean(place.name(language))
    title = quote(name, safe="")
    lon, lat = (
        f"{round(value, DECIMALS):.{DECIMALS}f}".rstrip("0").rstrip(".")
        for value in (place.lon, place.lat)
    )
    within = "" if place.position_accuracy_m is None else f";u={place.position_accuracy_m:.0f}"
    plain = name.translate(str.maketrans(":;|", "   "))  # these part the properties of a marker
    marker = quote(f"coord:{lat},{lon};title:{plain};addr:{plain}", safe=":,;")
    return {
        "geo": f"geo:{lat},{lon}{within}",
        "amap": (
            f"https://uri.amap.com/marker?position={lon},{lat}&name={title}&src=zone-atlas&coordinate=wgs84&callnative=0"
        ),
        "baidu": (
            f"https://api.map.baidu.com/marker?location={lat},{lon}&title={title}&content={title}&output=html&coord_type=wgs84&src=webapp.zone-atlas.trip"
        ),
        "tencent": (
            f"https://apis.map.qq.com/uri/v1/marker?marker={marker}&coord_type=1&referer=zone-atlas"
        ),
    }


# What the formats share ---------------------------------------------------------------------------


def _points(parcel: Parcel, number: int) -> list[Step]:
    return [
        step
        for step in parcel.itinerary.of_day(number)
        if step.kind in POINTS and step.has_position
    ]


def _named(parcel: Parcel, step: Step) -> str:
    return f"{step.label} {parcel.itinerary.name(step.place)}"


def _day_named(parcel: Parcel, number: int) -> str:
    itinerary = parcel.itinerary
    return f"{itinerary.word('day', number=number + 1)} · {itinerary.date(number)}"


def _ways(parcel: Parcel, number: int) -> list[tuple[Step, list[tuple[float, float]]]]:
    """Return the ways of a day with their points: on the road if that is known, else straight.

    The line of a leg over a gate is cut where it comes nearest to the gate; if nobody knows where
    that is, both ways have one line."""
    steps = parcel.itinerary.of_day(number)
    gates = {step.leg: step.place for step in steps if step.kind == "gate"}
    starts = {step.leg: step.origin for step in reversed(steps) if step.kind == "drive"}
    found = []
    for step in steps:
        if step.kind != "drive" or step.origin is None or step.leg is None:
            continue
        gate, origin, line = gates.get(step.leg), step.origin, parcel.lines.get((number, step.leg))
        if gate is not None and gate.lon != gate.lon:
            if step.place is gate:
                continue
            gate, origin = None, starts[step.leg] or origin
        if line is None:
            points = [(origin.lon, origin.lat), (step.place.lon, step.place.lat)]
        else:
            shape: shapely.Geometry = line
            if gate is not None:
                at = line.project(shapely.Point(gate.lon, gate.lat))
                ends = (0.0, at) if step.place is gate else (at, line.length)
                shape = substring(line, *ends)
            points = [(float(x), float(y)) for x, y in shapely.get_coordinates(shape)]
        if len(points) > 1:
            found.append((step, [(round(x, DECIMALS), round(y, DECIMALS)) for x, y in points]))
    return found


def _iso(step: Step) -> tuple[str, str]:
    return step.start.isoformat(), step.end.isoformat()


def _facts(step: Step) -> dict[str, Any]:
    """Return what is known of a step as plain values, in a fixed order; None where it does not
    apply.
    """
    names = {
        f"name_{language}": (
            clean(step.place.names[language]) if language in step.place.names else None
        )
        for language in ("en", "vi", "zh")
    }
    start, end = _iso(step)
    notice = step.hours.notice if step.hours else None
    return {
        "day": step.day + 1,
        "label": None if step.kind == "drive" else step.label,
        "kind": step.kind,
        "place_id": step.place.id,
        **names,
        "country": step.place.country or None,
        "arrive": step.arrive.isoformat(),
        "start": start,
        "end": end,
        "timezone": step.place.timezone,
        "wait_s": step.wait_s if step.kind in ("visit", "gate") else None,
        "slack_s": step.slack_s,
        "drive_s": _number(step.drive_s, 0),
        "length_m": _number(step.length_m, 1),
        "hours_known": step.hours_known,
        "gate_hours": (step.hours.text() or "00:00–24:00") if step.hours else None,
        "gate_hours_source": notice.source if notice and not notice.general else None,
        "gate_hours_source_kind": notice.source_kind if notice else None,
        "gate_hours_as_of": notice.as_of if notice else None,
        "contact": clean(step.place.contact) or None,
        "notes": clean(step.notes) or None,
    }


def _number(value: float | None, decimals: int) -> float | None:
    """Round a number; None if nobody knows it."""
    return None if value is None or value != value else round(value, decimals)


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
    file.description = "\n".join(itinerary.remarks()) or None
    for day in itinerary.plan.days:
        route = gpxpy.gpx.GPXRoute(_day_named(parcel, day.number), number=day.number + 1)
        route.description = " · ".join(itinerary.date_remarks(day.number)) or None
        for step in _points(parcel, day.number):
            facts: dict[str, Any] = {
                "latitude": round(step.place.lat, DECIMALS),
                "longitude": round(step.place.lon, DECIMALS),
                "time": step.arrive.astimezone(UTC),
                "name": _named(parcel, step),
                "comment": itinerary.other_names(step.place) or None,
                "description": "\n".join(
                    [itinerary.word(step.kind), *itinerary.said_with_lunch(step)]
                ),
                "type": step.kind,
            }
            route.points.append(gpxpy.gpx.GPXRoutePoint(**facts))
            if step.kind != "begin" or day.number == 0:
                file.waypoints.append(gpxpy.gpx.GPXWaypoint(**facts))
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
    _element(
        document,
        "description",
        html.escape("\n".join([*itinerary.remarks(), GENERATOR]), quote=False),
    )
    for day in itinerary.plan.days:
        folder = _element(document, "Folder")
        _element(folder, "name", _day_named(parcel, day.number))
        if remarks := itinerary.date_remarks(day.number):
            _element(folder, "description", html.escape(" · ".join(remarks), quote=False))
        for step in _points(parcel, day.number):
            said = "\n".join([itinerary.word(step.kind), *itinerary.said_with_lunch(step)])
            mark = _placemark(folder, step, _named(parcel, step), said)
            point = _element(mark, "Point")
            _element(
                point,
                "coordinates",
                f"{round(step.place.lon, DECIMALS)},{round(step.place.lat, DECIMALS)}",
            )
        for step, points in _ways(parcel, day.number):
            title = (
                f"{itinerary.word('drive')}: {itinerary.name(step.origin or step.place)} →"
                f" {itinerary.name(step.place)}"
            )
            mark = _placemark(
                folder, step, title, itinerary.word("arrive", times=itinerary.times(step.arrive))
            )
            line = _element(mark, "LineString")
            _element(line, "tessellate", "1")
            _element(line, "coordinates", " ".join(f"{lon},{lat}" for lon, lat in points))
    ElementTree.indent(root, " ")
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _element(
    parent: ElementTree.Element, tag: str, text: str | None = None, **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{KML}}}{tag}", attributes)
    element.text = text
    return element


def _placemark(
    folder: ElementTree.Element, step: Step, title: str, said: str
) -> ElementTree.Element:
    mark = _element(folder, "Placemark")
    _element(mark, "name", title)
    _element(mark, "description", html.escape(said, quote=False))
    span = _element(mark, "TimeSpan")
    for tag, moment in zip(("begin", "end"), _iso(step), strict=True):
        _element(span, tag, moment)
    data = _element(mark, "ExtendedData")
    for name, value in _facts(step).items():
        if value is not None:
            _element(_element(data, "Data", name=name), "value", _cell(value))
    return mark


# GeoJSON ------------------------------------------------------------------------------------------


def _geojson(parcel: Parcel) -> bytes:
    """Write GeoJSON (RFC 7946): points and ways of each day in order, with the plan itself in the
    foreign member ``about``.
    """
    itinerary = parcel.itinerary
    features = []
    for day in itinerary.plan.days:
        for step in _points(parcel, day.number):
            point = [round(step.place.lon, DECIMALS), round(step.place.lat, DECIMALS)]
            facts = _facts(step) | {"position_accuracy_m": step.place.position_accuracy_m}
            features.append(
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": point},
                    "properties": facts,
                }
            )
        for step, points in _ways(parcel, day.number):
            facts = _facts(step) | {"from_id": step.origin.id if step.origin else None}
            line = {"type": "LineString", "coordinates": [list(point) for point in points]}
            features.append({"type": "Feature", "geometry": line, "properties": facts})
    plan = itinerary.plan
    about = {
        "title": itinerary.title,
        "proof": plan.proof,
        "feasible": plan.feasible,
        "coarse": plan.coarse,
        "on_road_s": plan.on_road_s,
        "left_out": [stop.place.id for stop in plan.left_out],
        "told": list(plan.trip.told),
        "notes": itinerary.remarks(),
        "generator": GENERATOR,
    }
    return to_json({"type": "FeatureCollection", "about": about, "features": features})


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
    first = itinerary.plan.trip.days[0].start
    stamp = (parcel.now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    seen: dict[str, int] = {}
    for step in itinerary.steps:
        if step.kind not in EVENTS:
            continue
        key = f"{itinerary.plan.trip.title}\n{first.date()}\n{step.kind}\n{step.place.id}"
        seen[key] = seen.get(key, 0) + 1
        event = icalendar.Event()
        digest = hashlib.sha256(f"{key} {seen[key]}".encode()).hexdigest()
        event.add("uid", f"{digest[:32]}@zone-atlas")
        start, end = (moment.replace(second=0, microsecond=0) for moment in (step.start, step.end))
        event.add("dtstamp", stamp)
        event.add("dtstart", start)
        event.add("dtend", max(end, start + timedelta(minutes=1)))
        event.add("summary", f"{itinerary.word(step.kind)}: {itinerary.name(step.place)}")
        event.add("location", itinerary.name(step.place))
        event.add(
            "description",
            "\n".join(
                [*itinerary.said(step), *itinerary.date_remarks(step.day), *itinerary.remarks()]
            ),
        )
        if step.kind == "night":
            event.add("transp", "TRANSPARENT")
        if step.has_position and not parcel.names_only:
            event.add("geo", (round(step.place.lat, DECIMALS), round(step.place.lon, DECIMALS)))
        file.add_component(event)
    for zone in sorted({step.place.timezone for step in itinerary.steps if step.kind in EVENTS}):
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
    rows = []
    for step in itinerary.steps:
        row = _facts(step)
        for zone, name in itinerary.clocks.items():
            for column, moment in (("start", step.start), ("end", step.end)):
                row[f"{column} {name}"] = f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        if not parcel.names_only:
            known = step.has_position and step.kind != "drive"
            row["lon"] = round(step.place.lon, DECIMALS) if known else None
            row["lat"] = round(step.place.lat, DECIMALS) if known else None
            row["position_accuracy_m"] = step.place.position_accuracy_m if known else None
        row["about"] = " ".join([itinerary.title + ".", *itinerary.remarks(), f"{GENERATOR}."])
        rows.append(row)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if rows:
        writer.writerow(guarded(name) for name in rows[0])
        writer.writerows(
            [
                _cell(value) if not isinstance(value, str) else guarded(value)
                for value in row.values()
            ]
            for row in rows
        )
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


FORMATS: dict[str, Format] = {
    one.id: one
    for one in (
        Format("gpx", "GPX", "gpx", "application/gpx+xml", without_positions=False, writer=_gpx),
        Format(
            "kml",
            "KML",
            "kml",
            "application/vnd.google-earth.kml+xml",
            without_positions=False,
            writer=_kml,
        ),
        Format(
            "geojson",
            "GeoJSON",
            "geojson",
            "application/geo+json",
            without_positions=False,
            writer=_geojson,
        ),
        Format("ics", "iCalendar", "ics", "text/calendar", without_positions=True, writer=_ics),
        Format("csv", "CSV table", "csv", "text/csv", without_positions=True, writer=_csv),
    )
}
