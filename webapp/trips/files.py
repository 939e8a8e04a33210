"""What one takes along of a trip: files for phones and calendars, the sheet on paper, and the plan
as one HTML file.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import NamedTuple

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from geo.visits import map_links, safe_yaml
from geo.visits.trip import Plan, Trip
from webapp import args, charts, scripts, settings, styles
from webapp.i18n import current, lazy_gettext
from webapp.store import Store, store
from webapp.trips import answers, planning, views
from webapp.trips.address import TRIP, Lines
from webapp.trips.links import link
from webapp.trips.plan_map import features

pages = Blueprint("takealong", __name__)

MAPS: dict[str, str] = {
    "geo": lazy_gettext("map program"),
    "amap": "Amap 高德",
    "baidu": "Baidu 百度",
    "tencent": "Tencent 腾讯",
}
"""What the links of :func:`geo.visits.map_links.links` are called; the maps in China as their
signs say.
"""


@pages.get("/trip/plan.<path:extension>")
def file(extension: str) -> Response:
    opened = store()
    values = args.parse(request.args, TRIP)
    lines, wish = planning.wished(values)
    written = write(opened, lines, wish, extension)
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


def write(opened: Store, lines: Lines, wish: Trip, extension: str) -> File:
    """Write a file of :data:`webapp.trips.answers.FILES`.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    answers.check_file(extension)
    if extension == "yaml":
        return File(safe_yaml.write(lines.written()).encode(), "application/yaml")
    plan = planning.planned(opened, lines.network, wish)
    if extension == "html":
        return single_file(opened, lines, plan)
    if extension == "sheet.html":
        return File(day_sheet(opened, lines, plan).encode(), "text/html")
    return File(*answers.data_file(opened, lines.network, plan, extension))


def shown(opened: Store, lines: Lines, plan: Plan) -> views.Shown:
    """Return what is shown of a plan on paper and in a file, with links to maps."""
    links = {
        stop.place.id: [
            (MAPS[key], address)
            for key, address in map_links.links(stop.place, current().data).items()
        ]
        for stop in plan.trip.stops
    }
    return replace(views.shown(opened, lines, plan), links=links)


def day_sheet(opened: Store, lines: Lines, plan: Plan) -> str:
    """Write the sheet that one hands to a driver: a page a day, large type, every clock."""
    short = replace(
        lines, notes="", source=""
    )  # of a trip, for people: no phone needs them in a code
    address = f"{opened.public_url}{link('trip.trip', short, lang=current().code)}"
    style = styles.text("daysheet.css")
    return render_template(
        "trips/daysheet.html",
        shown=shown(opened, lines, plan),
        code=charts.code(address),
        is_public=settings.is_public(address),
        style=Markup(style),
    )


def single_file(opened: Store, lines: Lines, plan: Plan) -> File:
    """Write the plan as one HTML file: map, basemap and all inside, nothing asked of any server.

    Its policy allows the scripts and the style that are in it, and nothing else, so that it opens
    from a server as from a disk."""
    basemap = opened.data / "basemap" / "basemap.pmtiles"
    drawn = views.trip_map(
        opened,
        "",
        ways=features(opened, lines.network, plan),
        basemap=base64.b64encode(basemap.read_bytes()).decode() if basemap.is_file() else "",
    )
    inline, hashes = scripts.inline(drawn.frame, "tripfile.js")
    style = styles.text(*drawn.frame.styles, "app.css", "trip.css")
    page = render_template(
        "trips/single_file.html",
        shown=shown(opened, lines, plan),
        map=drawn,
        scripts=inline,
        hashes=hashes,
        styles=Markup(style),
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
