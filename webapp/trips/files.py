"""What one takes along of a trip: files for phones and calendars, the sheet on paper, and the plan
as one HTML file.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from flask import Blueprint, Response, render_template, request
from flask_babel import lazy_gettext
from markupsafe import Markup

from geo import maps
from geo.visits import plan_files, safe_yaml
from geo.visits.trip import Plan, Trip
from webapp import args, charts, scripts, settings, styles
from webapp.i18n import current
from webapp.store import Store, store
from webapp.trips import agenda, answers
from webapp.trips import pages as trip
from webapp.trips.address import TRIP, Lines

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


@pages.get("/trip/plan.<path:extension>")
def file(extension: str) -> Response:
    opened = store()
    values = args.parse(request.args, TRIP)
    lines, read = trip.wished(values)
    written = write(opened, lines, read, extension)
    response = Response(written.data, mimetype=written.mimetype)
    if written.mimetype != "text/html":
        response.headers["Content-Disposition"] = (
            f'attachment; filename="{answers.saved_as(extension)}"'
        )
    if written.policy:
        response.headers["Content-Security-Policy"] = written.policy
    return response


class File(NamedTuple):
    """A file to take along: its bytes, its media type, and the content security policy of a page
    that brings its own scripts.
    """

    data: bytes
    mimetype: str
    policy: str = ""


def write(opened: Store, lines: Lines, read: Trip, extension: str) -> File:
    """Write a file of :data:`webapp.trips.answers.FILES`.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    answers.check_file(extension)
    if extension == "yaml":
        return File(safe_yaml.write(lines.written()).encode(), "application/yaml")
    plan = trip.planned(opened, lines.network, read)
    if extension == "html":
        return single_file(opened, lines, plan)
    if extension == "sheet.html":
        return File(day_sheet(opened, lines, plan).encode(), "text/html")
    return File(*answers.data_file(opened, lines.network, plan, extension))


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
    address = f"{opened.public_url}{trip.link('trip.trip', short, lang=current().code)}"
    shown = said(opened, lines, plan)
    return render_template(
        "trips/daysheet.html",
        **shown,
        code=charts.code(address),
        is_public=settings.is_public(address),
        style=Markup(styles.text("daysheet.css")),
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
    inline, hashes = scripts.inline(frame, "tripfile.js")
    style = styles.text(*frame.styles, "app.css", "trip.css")
    shown: Mapping[str, Any] = said(opened, lines, plan)
    page = render_template(
        "trips/single_file.html",
        **shown,
        frame_html=Markup(frame.html),
        scripts=inline,
        hashes=hashes,
        styles=Markup(style),
        config=Markup(maps.script_json(config)),
    )
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src {scripts.hash_of(style)}; img-src"
        " data:"
    )
    return File(
        page.encode(),
        "text/html",
        f"{policy}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
