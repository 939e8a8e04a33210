"""The pages for people: the map, its table twin, a page for each site, the data page, downloads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

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
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from geo import export, layers, maps
from geo.errors import AtlasError, NotFoundError, UnavailableError
from geo.roads.drive import PROFILE, Drive
from webapp import args, labels
from webapp.explore import api, gate_hours, site_sheet
from webapp.store import store

pages = Blueprint("pages", __name__)

CLUSTER_FROM = 2000
"""From so many parks on, the map gathers neighbours into clusters."""
ROWS = 500
"""Rows of one page of the table."""
MAP_STATE = (
    *args.FILTERS,
    "sort",
    "layers",
    "tiles",
    "site",
    "at",
    "to",
    "area",
    "direction",
    *args.DRIVE,
)
FACETS = ("kind", "status", "country", "province_en", "sectors")


@pages.get("/")
def index() -> str:
    values = args.parse(request.args, MAP_STATE)
    opened = store()
    lon, lat, zoom = opened.view()
    frame = opened.keep("map frame", lambda: maps.frame(lon=lon, lat=lat, zoom=zoom))
    config = {
        "urls": {
            "layers": {
                layer_id: url_for("api.map_layer", layer_id=layer_id) for layer_id in api.DRAWN
            },
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
        **labels.for_script(opened.layer("parks")["province_en"].unique()),
        "drive": args.DRIVE,
        "tiles": current_app.config["ONLINE_TILES"],
        "clusterFrom": CLUSTER_FROM,
    }
    clustered = len(opened.layer("parks")) >= CLUSTER_FROM
    return render_template(
        "explore/map.html",
        frame=replace(
            frame, html=Markup(frame.html), script=Markup(frame.script)
        ),  # constants of Folium, no data in them
        config=Markup(maps.script_json(config)),
        parks=len(opened.layer("parks")),
        clustered=clustered,
        example=opened.package.get("search_example") or _("name, province, district"),
        filtered=bool(args.filters(values).keys() - {"q"}),
    )


@pages.get("/table")
def table() -> str:
    values = args.parse(request.args, (*args.FILTERS, "layer", "sort", "profile", "offset"))
    opened = store()
    layer = layers.get(values.get("layer", "parks"))
    frame = opened.layer(layer.id)
    chosen = opened.select(layer.id, args.filters(values))
    profile = values.get("profile", PROFILE)
    best = site_sheet.headline(opened, profile) if layer.id == "parks" else {}
    chosen = _sorted(chosen, values.get("sort"), best)
    offset = values.get("offset", 0)
    facets = {name: _counts(frame[name]) for name in FACETS if name in frame}
    return render_template(
        "explore/table.html",
        layer=layer,
        rows=chosen.iloc[offset : offset + ROWS],
        found=len(chosen),
        total=len(frame),
        offset=offset,
        rows_a_page=ROWS,
        facets=facets,
        values=values,
        best=best,
        by_traffic=gate_hours.by_traffic(opened) if layer.id == "gates" else set(),
        names=labels.names(opened.targets()),
        profile=profile,
        coarse=opened.network().manifest.coarse,
        tabs=list(layers.LAYERS.values()),
        formats=export.FORMATS.values(),
        query=[
            (name, value) for name, value in request.args.items(multi=True) if name in args.FILTERS
        ],
        sorting=[("sort", values["sort"])] if "sort" in values else [],
        link=[(name, value) for name, value in request.args.items(multi=True) if name != "offset"],
    )


def _sorted(frame: Any, sort: str | None, best: dict[str, dict[str, tuple[str, float]]]) -> Any:
    if sort == "name" and "name_en" in frame:
        return frame.iloc[
            sorted(range(len(frame)), key=[*labels.names(frame).map(labels.collation)].__getitem__)
        ]
    if sort == "area" and "area_ha" in frame:
        return frame.sort_values("area_ha", ascending=False, kind="stable", na_position="last")
    if sort in ("gate", "port", "airport") and best:
        seconds = {key: value[1] for key, value in best[f"{sort}s"].items()}
        order = sorted(range(len(frame)), key=lambda i: seconds.get(frame.index[i], float("inf")))
        return frame.iloc[order]
    return frame


def _counts(column: Any) -> list[tuple[str, int]]:
    parts = [
        one
        for value in column.dropna()
        for one in (layers.unfold(value) if column.name == "sectors" else (value,))
    ]
    return sorted(
        ((one, parts.count(one)) for one in set(parts)), key=lambda pair: (-pair[1], pair[0])
    )


@pages.get("/sites/<site_id>")
def site(site_id: str) -> str:
    values = args.parse(request.args, (*args.DRIVE, "part"))
    opened = store()
    layer, frame = opened.place(site_id)
    row = frame.iloc[0]
    context = {
        "layer": layer,
        "site_id": site_id,
        "row": row,
        "names": labels.all_names(row),
        "opposite": labels.all_names(row, "opposite_name"),
        "facts": site_sheet.facts(layer, row),
        "policies": site_sheet.policies(opened, row) if layer.id == "parks" else [],
        "gate_notes": site_sheet.gate_notes(opened, frame) if layer.id == "gates" else [],
        "opening": gate_hours.of(opened, frame) if layer.id == "gates" else None,
        "ways": site_sheet.ways(opened, frame, Drive.of(values)),
        "sources": list(layers.unfold(row["source"])),
        "lonlat": (float(row.geometry.x), float(row.geometry.y)),
        "where": {"site": site_id},
        "here": url_for("pages.site", site_id=site_id),
        "networks": opened.networks.names(),
        "permalink": f"{opened.public_url}{url_for('pages.site', site_id=site_id)}",
    }
    return render_template(
        "explore/_site.html" if values.get("part") == "sheet" else "explore/site.html", **context
    )


@pages.get("/access")
def access() -> str | AnyResponse:
    values = args.parse(request.args, (*args.FROM, "part"))
    if "site" in values and not {"lon", "lat"} & values.keys():
        query = [
            (name, value)
            for name, value in request.args.items()
            if name in values and name != "site"
        ]
        return redirect(f"{url_for('pages.site', site_id=values['site'])}?{urlencode(query)}")
    opened, origin = store(), api.origin(values)
    context = {
        "ways": site_sheet.ways(opened, origin, Drive.of(values)),
        "country": origin["country"].iloc[0] if "country" in origin else None,
        "lonlat": (values["lon"], values["lat"]),
        "where": {"lon": values["lon"], "lat": values["lat"]},
        "here": url_for("pages.access"),
        "networks": opened.networks.names(),
        "site_id": None,
    }
    return render_template(
        "explore/_point.html" if values.get("part") == "sheet" else "explore/point.html", **context
    )


@pages.get("/data")
def data() -> str:
    args.parse(request.args, ())
    opened = store()
    described = []
    for layer in layers.LAYERS.values():
        frame = opened.layer(layer.id)
        dates = frame["as_of"].dropna()
        described.append(
            {
                "layer": layer,
                "about": opened.about(layer.id),
                "resource": opened.resource(layer.id),
                "kinds": _counts(frame["source_kind"]),
                "oldest": min(dates) if len(dates) else None,
                "newest": max(dates) if len(dates) else None,
                "undated": int(frame["as_of"].isna().sum()),
                "accuracy": (
                    frame["position_accuracy_m"].quantile([0, 0.5, 1]).tolist()
                    if "position_accuracy_m" in frame
                    else None
                ),
                "filled": [
                    (field, int(frame[field.name].notna().sum()))
                    for field in layer.fields
                    if field.name in frame
                ],
            }
        )
    others = [one for one in opened.package["resources"] if one.get("name") not in layers.LAYERS]
    networks, unusable = {}, []
    for name in opened.networks.names():
        try:
            networks[name] = opened.network(name).manifest
        except AtlasError as error:  # damaged, or replaced by an import at this moment
            unusable.append(str(error))
    speeds, crossings = opened.table("speeds"), opened.table("crossings")
    return render_template(
        "explore/data.html",
        package=opened.package,
        described=described,
        others=others,
        networks=networks,
        unusable=unusable,
        faults=len(current_app.extensions["zoneatlas.served"].faults),
        speeds=speeds,
        crossings=crossings,
        formats=export.FORMATS.values(),
        public_url=opened.public_url,
    )


@pages.get("/download/<layer_id>.<extension>")
def download(layer_id: str, extension: str) -> Response:
    chosen = next(
        (one for one in export.FORMATS.values() if one.extension.lstrip(".") == extension), None
    )
    if chosen is None:
        known = ", ".join(one.extension.lstrip(".") for one in export.FORMATS.values())
        raise NotFoundError(
            _(
                "There is no download as “%(extension)s”; there are %(known)s.",
                extension=extension[:20],
                known=known,
            )
        )
    if layer_id == "access":
        values = args.parse(request.args, (*args.FROM, "layer", "epsg"))
        body = export.write(
            api.access_frame(values),
            chosen.id,
            api.access_about(values),
            epsg=values.get("epsg", 4326),
        )
        name = f"access-from-{values.get('site', 'point')}"
    else:
        values = args.parse(request.args, (*args.FILTERS, "epsg"))
        opened = store()
        about = replace(
            opened.about(layer_id),
            filters={key: _shown(value) for key, value in values.items() if key in args.FILTERS},
        )
        chosen_rows = opened.select(layer_id, args.filters(values))
        body = export.write(chosen_rows, chosen.id, about, epsg=values.get("epsg", 4326))
        name = f"{layer_id}{'-filtered' if about.filters else ''}"
    response = Response(body, mimetype=chosen.media_type)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="zone-atlas-{name}.{extension}"'
    )
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _shown(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)


@pages.get("/sw.js")
def service_worker() -> Response:
    """Serve the script that keeps pages for the way without a signal; at the root, because it
    serves what lies beneath its address.
    """
    args.parse(request.args, ())
    return send_file(
        Path(str(current_app.static_folder)) / "sw.js",
        mimetype="text/javascript",
        conditional=True,
        etag=True,
        max_age=0,
    )


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
