"""What one takes along of a trip: files for phones and calendars, the sheet on paper, and the plan
as one HTML file.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup

from geo import maps
from geo.errors import NotFoundError
from geo.visits import plan_files, plan_lines, safe_yaml
from geo.visits.trip import Plan, Trip
from webapp import args, charts, settings
from webapp.explore import offline_map
from webapp.explore.gate_hours import hours
from webapp.i18n import current
from webapp.store import Store, store
from webapp.trips import agenda
from webapp.trips import pages as trip
from webapp.trips.address import TRIP, Lines
from webapp.trips.links import FILES, link, saved_as

pages = Blueprint("takealong", __name__)

MAPS: dict[str, Any] = {
    "geo": lazy_gettext("map program"),
    "amap": "Amap 高德",
    "baidu": "Baidu 百度",
    "tencent": "Tencent 腾讯",
}
"""What the links of :func:`geo.visits.plan_files.links` are called; the maps in China as their
signs say.
"""
SCRIPTS = (
    "vendor/protomaps-leaflet-5.1.0/protomaps-leaflet.js",
    "basemap.js",
    "tripmap.js",
    "tripfile.js",
)


@pages.get("/trip/plan.<path:extension>")
def file(extension: str) -> Response:
    opened = store()
    values = args.parse(request.args, TRIP)
    lines, read = trip.wished(values)
    written = write(opened, lines, read, extension)
    response = Response(written.data, mimetype=written.mimetype)
    if written.mimetype != "text/html":
        response.headers["Content-Disposition"] = f'attachment; filename="{saved_as(extension)}"'
    if written.policy:
        response.headers["Content-Security-Policy"] = written.policy
    return response


class File(NamedTuple):
    """A file of :data:`webapp.trips.links.FILES`: its bytes, its media type, and the content security policy of a page
    that brings its own scripts.
    """

    data: bytes
    mimetype: str
    policy: str = ""


def write(opened: Store, lines: Lines, read: Trip, extension: str) -> File:
    """Write a file of :data:`webapp.trips.links.FILES`.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    if extension not in FILES:
        raise NotFoundError(
            _(
                "A trip is not written as %(name)s; there are %(known)s.",
                name=extension,
                known=", ".join(FILES),
            )
        )
    if extension == "yaml":
        return File(safe_yaml.write(lines.written()).encode(), "application/yaml")
    plan = trip.planned(opened, lines.network, read)
    if extension == "html":
        return single_file(opened, lines, plan)
    if extension == "sheet.html":
        return File(day_sheet(opened, lines, plan).encode(), "text/html")
    names_only, form = extension.startswith("names."), extension.removeprefix("names.")
    shapes = None if names_only else plan_lines.lines(plan, trip.roads(opened, lines.network))
    given = {
        "gates": opened.frame("gates"),
        "hours": hours(opened),
        "clocks": agenda.zone_names(opened),
    }
    data = plan_files.write(
        plan, form, current().code, lines=shapes, names_only=names_only, **given
    )
    return File(data, plan_files.get(form).media_type)


def said(opened: Store, lines: Lines, plan: Plan) -> dict[str, Any]:
    """Return what paper and file say of a plan, without anything to press."""
    shown = trip.told(opened, lines, plan.trip)
    links = {
        stop.place.id: [
            (MAPS[key], address)
            for key, address in plan_files.links(stop.place, current().code).items()
        ]
        for stop in plan.trip.stops
    }
    return shown | {"pinning": False, "downloads": [], "why_url": "", "links": links}


def day_sheet(opened: Store, lines: Lines, plan: Plan) -> str:
    """Make the sheet that one hands to a driver: a page a day, large type, every clock."""
    short = replace(
        lines, notes="", source=""
    )  # of a trip, for people: no phone needs them in a code
    address = f"{opened.public_url}{link('trip.trip', short, lang=current().code)}"
    style = (Path(str(current_app.static_folder)) / "daysheet.css").read_text(encoding="utf-8")
    shown = said(opened, lines, plan)
    return render_template(
        "trips/daysheet.html",
        **shown,
        code=charts.code(address),
        is_public=settings.is_public(address),
        style=Markup(style),
    )


def single_file(opened: Store, lines: Lines, plan: Plan) -> File:
    """Make the plan as one HTML file: map, basemap and all inside, nothing asked of any server.

    Its policy allows the scripts and the style that are in it, and nothing else, so that it opens
    from a server as from a disk."""
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
    scripts, hashes = offline_map.scripts(frame, SCRIPTS)
    static = Path(str(current_app.static_folder))
    styles = "\n".join(
        (static / name).read_text(encoding="utf-8")
        for name in (*frame.styles, "app.css", "trip.css")
    )
    shown: Mapping[str, Any] = said(opened, lines, plan)
    page = render_template(
        "trips/single_file.html",
        **shown,
        frame_html=Markup(frame.html),
        scripts=scripts,
        hashes=hashes,
        styles=Markup(styles),
        config=Markup(maps.script_json(config)),
    )
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src {offline_map.hash_of(styles)}; img-src"
        " data:"
    )
    return File(
        page.encode(),
        "text/html",
        f"{policy}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
