"""What one takes along of a trip: files for phones and calendars, the sheet on paper, and the plan as one HTML file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup

from geo import maps
from geo.errors import NotFoundError
from geo.visits import plainyaml, takeaway, tripways
from geo.visits.itinerary import Plan, Trip
from webapp import agenda, args, pictures, standalone, trip
from webapp.languages import current
from webapp.store import Store, store
from webapp.triplink import TRIP, Lines

pages = Blueprint("takealong", __name__)

FILES: dict[str, Any] = {
    "html": lazy_gettext("One file for the phone"),
    "sheet.html": lazy_gettext("Day sheet to print"),
    "gpx": "GPX",
    "kml": "KML",
    "geojson": "GeoJSON",
    "ics": lazy_gettext("Calendar (ICS)"),
    "csv": "CSV",
    "names.csv": lazy_gettext("CSV, names only"),
    "names.ics": lazy_gettext("Calendar, names only"),
    "yaml": lazy_gettext("Trip file (YAML)"),
}
"""What can be had, by the end of the file's name."""
MAPS: dict[str, Any] = {"geo": lazy_gettext("map program"), "amap": "Amap 高德", "baidu": "Baidu 百度", "tencent": "Tencent 腾讯"}
"""What the links of :func:`geo.visits.takeaway.links` are called; the maps in China as their signs say."""
SCRIPTS = ("vendor/protomaps-leaflet-5.1.0/protomaps-leaflet.js", "basemap.js", "tripmap.js", "tripfile.js")
QR_SMALL, QR_LARGE = 900, 2300
"""Characters of an address up to which its code can be read at the head of each day, and large on the last page; no code holds more."""


@pages.get("/trip/plan.<path:extension>")
def file(extension: str) -> Response:
    opened = store()
    values = args.parse(request.args, TRIP)
    lines, read = trip.wished(values)
    data, mimetype = write(opened, lines, read, extension)
    response = Response(data, mimetype=mimetype)
    if mimetype != "text/html":
        response.headers["Content-Disposition"] = f'attachment; filename="zone-atlas-trip-{current().code}.{extension}"'
    return response


def write(opened: Store, lines: Lines, read: Trip, extension: str) -> tuple[bytes, str]:
    """Give the bytes of a file of :data:`FILES` and their media type.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    if extension not in FILES:
        raise NotFoundError(_("A trip is not written as %(name)s; there are %(known)s.", name=extension, known=", ".join(FILES)))
    if extension == "yaml":
        return plainyaml.write(lines.written()).encode(), "application/yaml"
    plan = trip.planned(opened, lines.network, read)
    if extension == "html":
        return single_file(opened, lines, plan).encode(), "text/html"
    if extension == "sheet.html":
        return day_sheet(opened, lines, plan).encode(), "text/html"
    names_only, form = extension.startswith("names."), extension.removeprefix("names.")
    shapes = None if names_only else tripways.lines(plan, trip.roads(opened, lines.network))
    given = {"gates": opened.frame("gates"), "clocks": agenda.zone_names(opened)}
    data = takeaway.write(plan, form, current().code, lines=shapes, names_only=names_only, **given)
    return data, takeaway.get(form).media_type


def said(opened: Store, lines: Lines, plan: Plan) -> dict[str, Any]:
    """Give what paper and file say of a plan, without anything to press."""
    shown = trip.told(opened, lines, plan.trip)
    links = {
        stop.place.id: [(MAPS[key], address) for key, address in takeaway.links(stop.place, current().code).items()]
        for stop in plan.trip.stops
    }
    return shown | {"pinning": False, "downloads": [], "why_url": "", "links": links}


def day_sheet(opened: Store, lines: Lines, plan: Plan) -> str:
    """Make the sheet that one hands to a driver: a page a day, large type, every clock."""
    short = replace(lines, notes="", source="")  # of a trip, for people: no phone needs them in a code
    address = f"{opened.public_url}{trip.link('trip.trip', short, lang=current().code)}"
    code = pictures.code(address) if len(address) <= QR_LARGE else None
    return render_template("daysheet.html", **said(opened, lines, plan), code=code, small=len(address) <= QR_SMALL)


def single_file(opened: Store, lines: Lines, plan: Plan) -> str:
    """Make the plan as one HTML file: map, basemap and all inside, nothing asked of any server."""
    lon, lat, zoom = opened.view()
    frame = maps.frame(lon=lon, lat=lat, zoom=zoom)
    basemap = opened.data / "basemap" / "basemap.pmtiles"
    config = {
        "urls": {"basemap": ""},
        "language": current().code,
        "colours": agenda.COLOURS,
        "texts": trip.texts(),
        "ways": trip.features(opened, lines.network, plan),
        "basemap": base64.b64encode(basemap.read_bytes()).decode() if basemap.is_file() else "",
    }
    scripts, hashes = standalone.scripts(frame, SCRIPTS)
    static = Path(str(current_app.static_folder))
    styles = "\n".join((static / name).read_text(encoding="utf-8") for name in (*frame.styles, "app.css", "trip.css"))
    shown: Mapping[str, Any] = said(opened, lines, plan)
    return render_template(
        "tripfile.html",
        **shown,
        frame_html=Markup(frame.html),
        scripts=scripts,
        hashes=hashes,
        styles=Markup(styles),
        config=Markup(maps.script_json(config)),
    )
