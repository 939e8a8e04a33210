"""The pages for people: the map, its table twin, a page for each site, the data page, downloads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from geo import export, layers, maps
from geo.errors import AtlasError, NotFoundError, UnavailableError
from geo.kept import Kept
from geo.roads.drive import PROFILE, Drive
from geo.schema import Field, Layer
from webapp import args, kept_pages, labels
from webapp.explore import (
    api,
    belonging,
    coming,
    downloads,
    drawn,
    gate_hours,
    listing,
    panel_words,
    provenance,
    records,
    site_facts,
    site_sheet,
    statements,
)
from webapp.i18n import current, said
from webapp.i18n import gettext as _
from webapp.map_frame import MapFrame, frame_of, tiles_url
from webapp.store import Store, store

pages = Blueprint("pages", __name__)

ROWS = 500
"""Rows of one page of the table."""
MOST_BYTES_OF_ROWS = 16_000_000
"""Characters of rows of the table that are kept as they are written."""
MAP_STATE = (
    *(*args.FILTERS, "sort", "layers", "tiles", "site", "at", "to", "area", "direction"),
    *args.DRIVE,
)
PREVIEW = "preview.png"
"""File of a data package: the picture by which a link is announced, 1200 x 630 pixels."""
FACETS = ("kind", "status", "country", "province_en", "sectors")


@pages.get("/")
def index() -> str:
    args.parse(request.args, MAP_STATE)
    opened = store()
    parks, large = opened.layer("parks"), drawn.large(opened)
    config = {
        "urls": {
            "layers": {
                layer_id: url_for("api.map_layer", layer_id=layer_id)
                for layer_id in drawn.DRAWN
                if layer_id not in large
            },
            "tiles": tiles_url(),
            "projects": url_for("api.map_projects") if len(coming.placed(opened)) else "",
            "sites": url_for("api.sites"),
            "search": url_for("api.search_index"),
            "basemap": url_for("pages.basemap"),
            "route": url_for("api.route"),
            "access": url_for("pages.access"),
            "isochrones": url_for("api.areas"),
            "site": url_for("pages.site", site_id="x").removesuffix("x"),
            "home": url_for("pages.index"),
            "table": url_for("pages.table"),
            "download": url_for("pages.download", layer_id="parks", extension="geojson"),
        },
        **panel_words.for_script(parks["province_en"].unique()),
        "drive": args.DRIVE,
        "tiles": current_app.config["ONLINE_TILES"],
        "large": large,
    }
    return render_template(
        "explore/map.html",
        map=MapFrame(frame_of(opened), Markup(maps.script_json(config))),
        parks=len(parks),
        example=opened.package.get("search_example") or _("name, province, district"),
    )


@pages.get("/table")
def table() -> str:
    values = args.parse(request.args, (*args.FILTERS, "layer", "sort", "profile", "offset"))
    opened = store()
    layer = layers.get(values.get("layer", "parks"))
    frame: pd.DataFrame = opened.layer(layer.id)
    profile = values.get("profile", PROFILE)
    best, sort = {}, values.get("sort")
    chosen: pd.DataFrame = opened.select(layer.id, args.filters(values))
    if layer.id == "parks" and (len(frame) <= ROWS or f"{sort}s" in site_sheet.HEADS):
        best = site_sheet.headline(opened, profile)
    chosen = listing.ordered(chosen, sort, best)
    offset = values.get("offset", 0)
    if layer.id == "gates":
        kept_pages.of_this_moment()
    keys = chosen.index[offset : offset + ROWS]
    if layer.id == "parks" and not best:
        best = site_sheet.headline(opened, profile, opened.layer("parks").loc[keys])
    at = frame.index.get_indexer(keys).tolist()
    return render_template(
        "explore/table.html",
        layer=layer,
        once=_once(opened, layer, profile),
        rows={} if layer.shown else dict(zip(keys, opened.rows(layer.id, at), strict=True)),
        columns=set(frame.columns),
        records=records.rows(opened, layer, at) if layer.shown else [],
        heads=records.heads(layer),
        found=len(chosen),
        total=len(frame),
        offset=offset,
        rows_a_page=ROWS,
        facets=opened.keep(
            ("filters of the table", layer.id),
            lambda: {name: _counts(frame[name]) for name in FACETS if name in frame},
        ),
        values=values,
        classes=panel_words.filters(layer.id),
        best=best,
        by_traffic=gate_hours.by_traffic(opened) if layer.id == "gates" else set(),
        names=labels.names(opened.targets()).to_dict(),
        profile=profile,
        tabs=opened.held(),
        formats=tuple(export.FORMATS.values()),
        systems=downloads.systems(),
        query=[
            (name, value) for name, value in request.args.items(multi=True) if name in args.FILTERS
        ],
        sorting=[("sort", values["sort"])] if "sort" in values else [],
        link=[(name, value) for name, value in request.args.items(multi=True) if name != "offset"],
    )


def _once(opened: Store, layer: Layer, profile: str) -> Callable[..., Markup]:
    """Return a function that writes a row of the table, once for all pages that hold it."""
    network = Drive(profile).network
    terms = layer.id, profile, current().code, request.script_root
    key = "table rows", *terms, network, opened.networks.version(network)

    def once(row_id: str, row: dict[str, Any], write: Callable[..., Markup]) -> Markup:
        if layer.id == "gates":  # one row says what is open now
            return write(row_id, row)
        rows: Kept = opened.keep("table rows", lambda: Kept(most_bytes=MOST_BYTES_OF_ROWS))
        return rows.get((key, row_id), lambda: write(row_id, row))

    return once


def _counts(column: pd.Series) -> list[tuple[str, int]]:
    """Count the values of a column, the most frequent first."""
    values = column.dropna()
    parts = chain.from_iterable(map(layers.unfold, values)) if column.name == "sectors" else values
    return sorted(Counter(map(str, parts)).items(), key=lambda pair: (-pair[1], pair[0]))


@pages.get("/sites/<site_id>")
def site(site_id: str) -> str:
    values = args.parse(request.args, (*args.DRIVE, "part"))
    opened, here = store(), url_for("pages.site", site_id=site_id)
    drive = Drive.of(values)
    shown = site_sheet.Site.of(opened, site_id, drive)
    is_gate = shown.layer.id == "gates"
    if is_gate:
        kept_pages.of_this_moment()
    return render_template(
        "explore/_site.html" if "part" in values else "explore/site.html",
        **vars(shown),
        **site_facts.summary(shown.layer, shown.facts),
        opposite=labels.all_names(shown.row, "opposite_name"),
        gate_notes=site_sheet.gate_notes(opened, shown.frame) if is_gate else [],
        opening=gate_hours.of(opened, shown.frame) if is_gate else None,
        statements=statements.of_row(opened, shown.layer, site_id),
        coming=coming.section(opened, site_id, drive) if shown.layer.id == "parks" else None,
        near_min=coming.NEAR_MIN,
        sections=belonging.sections(opened, shown.layer, site_id, shown.row),
        where={"site": site_id},
        here=here,
        networks=opened.networks.names(),
        permalink=opened.public_url + here,
    )


@pages.get("/access")
def access() -> str | AnyResponse:
    values = args.parse(request.args, (*args.FROM, "part"))
    if "site" in values and not {"lon", "lat"} & values.keys():
        query = {
            name: value for name, value in request.args.items() if name in values and name != "site"
        }
        return redirect(f"{url_for('pages.site', site_id=values['site'])}?{urlencode(query)}")
    opened, origin = store(), api.origin(values)
    lonlat = values["lon"], values["lat"]
    return render_template(
        "explore/_point.html" if "part" in values else "explore/point.html",
        ways=site_sheet.ways(opened, origin, Drive.of(values)),
        country=origin["country"].iloc[0],
        lonlat=lonlat,
        where=dict(zip(("lon", "lat"), lonlat, strict=True)),
        here=url_for("pages.access"),
        networks=opened.networks.names(),
        site_id=None,
    )


@dataclass(frozen=True)
class Described:
    """What the data page shows of a layer: kinds of source and fields with how many rows each has,
    ``sources_of`` the fields that have sources of their own, dates of the sources, and the
    least, middle and largest ``accuracy``.
    """

    layer: Layer
    about: export.About
    kinds: list[tuple[str, int]]
    oldest: str | None
    newest: str | None
    undated: int
    accuracy: list[float] | None
    sources_of: list[tuple[str, list[tuple[str, int]], int]]
    filled: list[tuple[Field, int]]

    @classmethod
    def of(cls, opened: Store, layer: Layer) -> Described:
        """Count what a layer holds."""
        frame: pd.DataFrame = opened.layer(layer.id)
        dates, accuracy = frame["as_of"].dropna(), frame.get("position_accuracy_m")
        return cls(
            layer=layer,
            about=opened.about(layer.id),
            kinds=_counts(frame["source_kind"]),
            oldest=min(dates, default=None),
            newest=max(dates, default=None),
            undated=len(frame) - len(dates),
            accuracy=None if accuracy is None else accuracy.quantile([0, 0.5, 1]).tolist(),
            sources_of=provenance.kinds_of(opened, layer),
            filled=[
                (field, int(frame[field.name].notna().sum()))
                for field in layer.fields
                if field.name in frame
            ],
        )


@pages.get("/data")
def data() -> str:
    args.parse(request.args, ())
    opened = store()
    networks, unusable = {}, []
    for name in opened.networks.names():
        try:
            networks[name] = opened.network(name).manifest
        except AtlasError as error:  # damaged, or replaced by an import at this moment
            unusable.append(said(error.message))
    return render_template(
        "explore/data.html",
        package=opened.package,
        described=[Described.of(opened, layer) for layer in opened.held()],
        others=[
            part for part in opened.package["resources"] if part.get("name") not in layers.LAYERS
        ],
        remembered=provenance.remembered(opened),
        networks=networks,
        unusable=unusable,
        faults=len(current_app.extensions["zoneatlas.served"].faults),
        speeds=opened.table("speeds"),
        crossings=opened.table("crossings"),
        formats=tuple(export.FORMATS.values()),
        systems=downloads.systems(),
        public_url=opened.public_url,
    )


@pages.get("/download/<layer_id>.<extension>")
def download(layer_id: str, extension: str) -> Response:
    return downloads.answer(*f"{layer_id}.{extension}".split(".", 1))  # an ending may have a dot


@pages.get("/frame.js")
def frame() -> Response:
    """Send the script that draws the empty map, which every page with a map begins with."""
    args.parse(request.args, ())
    answer = Response(frame_of(store()).script, mimetype="text/javascript")
    answer.cache_control.no_cache = True
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@pages.get("/sw.js")
def service_worker() -> Response:
    """Serve the script that keeps pages for the way without a signal; at the root, because it
    serves what lies beneath its address.
    """
    args.parse(request.args, ())
    answer = send_file(
        Path(str(current_app.static_folder)) / "sw.js",
        mimetype="text/javascript",
        conditional=True,
        etag=True,
        max_age=0,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    return answer


def preview_picture() -> str:
    """Return the address of the picture by which others announce a link; empty without one."""
    opened = store()
    there = (opened.data / PREVIEW).is_file()
    return f"{opened.public_url}{url_for('pages.preview')}" if there else ""


@pages.get("/preview.png")
def preview() -> Response:
    """Send the picture of the region that a link to a page is announced with."""
    args.parse(request.args, ())
    path = store().data / PREVIEW
    if not path.is_file():
        raise NotFoundError(_("This data package has no picture for links."))
    return send_file(path, mimetype="image/png", conditional=True, etag=True, max_age=86_400)


@pages.get("/basemap.pmtiles")
def basemap() -> Response:
    """Send the basemap; the browser asks for the parts it needs by Range."""
    path = store().data / "basemap" / "basemap.pmtiles"
    if not path.is_file():
        raise NotFoundError(_("This data package has no basemap."))
    try:
        return send_file(
            path, mimetype="application/vnd.pmtiles", conditional=True, etag=True, max_age=0
        )
    except OSError as error:
        current_app.logger.error("%s", error)
        raise UnavailableError(
            _(
                "The basemap of this server cannot be read. The operator finds the reason in its"
                " log."
            )
        ) from None


@pages.get("/favicon.ico")
def favicon() -> Response:
    return current_app.send_static_file("icon.svg")
