"""What the map's own script asks for: layers to draw, the list of sites, access and routes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
from flask import Blueprint, Response, request
from numpy.typing import NDArray

from geo import export
from geo.errors import InputError, NotFoundError
from geo.package import TARGETS
from geo.roads import access, isochrones, scenarios
from geo.roads.drive import REACH_MIN, Drive
from geo.tiles import MEDIA_TYPE, Tile
from webapp import args, i18n
from webapp.compress import BEST
from webapp.explore import coming, drawn, listing
from webapp.i18n import gettext as _
from webapp.store import Body, store

api = Blueprint("api", __name__, url_prefix="/api")

JSON = "application/json"


def _asked() -> dict[str, Any]:
    """Read the query by the row of this address in ``args.API``."""
    path = str(request.url_rule).removeprefix(str(api.url_prefix))
    return args.parse(request.args, args.API[path].parameters)


@api.get("/map/<layer_id>.json")
def map_layer(layer_id: str) -> Response:
    _asked()
    _on_map(layer_id)
    opened = store()
    network = Drive().network  # of the times beside the parks
    key = "drawn", layer_id, network, opened.networks.version(network)
    body = opened.keep(key, lambda: Body.of(orjson.dumps(drawn.layer(opened, layer_id)), BEST))
    return body.response(JSON)


def _on_map(layer_id: str) -> None:
    """Raise `NotFoundError` for a layer that the map does not draw."""
    if layer_id not in drawn.DRAWN:
        known = ", ".join(drawn.DRAWN)
        raise NotFoundError(
            _(
                "There is no layer “%(layer)s” on the map; there are %(known)s.",
                layer=layer_id,
                known=known,
            )
        )


@api.get("/map/<layer_id>/<zoom>/<column>/<row>.mvt")
def map_tile(layer_id: str, zoom: str, column: str, row: str) -> Response:
    filters = args.filters(_asked())
    _on_map(layer_id)
    return store().tile(layer_id, Tile.read(zoom, column, row), filters).response(MEDIA_TYPE)


@api.get("/map/projects.json")
def map_projects() -> Response:
    _asked()
    opened = store()
    body = opened.keep("projects drawn", lambda: Body.of(orjson.dumps(coming.drawn(opened)), BEST))
    return body.response(JSON)


@api.get("/search.json")
def search_index() -> Response:
    _asked()
    opened = store()
    body = opened.keep("searched", lambda: Body.of(orjson.dumps(drawn.searched(opened)), BEST))
    return body.response(JSON)


@api.get("/sites.json")
def sites() -> Response:
    """Answer what the list of the map shows, where the browser does not hold the sites."""
    values = _asked()
    opened = store()
    network = Drive().network
    key = repr(sorted(values.items())), i18n.current().code, opened.networks.version(network)
    make = partial(listing.answer, opened, values)
    return opened.pages.get(key, lambda: Body.of(orjson.dumps(make()))).response(JSON)


def origin(values: dict[str, Any]) -> gpd.GeoDataFrame:
    """Read where from, as a layer of one row: ``site``, or ``lon`` and ``lat``; `InputError` if
    neither or both are given.
    """
    return store().where(_where(values))


def _where(values: dict[str, Any]) -> str | tuple[float, float]:
    point = "lon" in values and "lat" in values
    if ("lon" in values) != ("lat" in values) or ("site" in values) == point:
        raise InputError(_("Name a starting point: site, or lon and lat."))
    return (values["lon"], values["lat"]) if point else values["site"]


@api.get("/access")
def access_from() -> Response:
    return _json(access_json(_asked()), "application/geo+json")


@api.get("/times")
def times() -> Response:
    """Answer with only the seconds between one place and every destination, as fast as can be: for
    programs that ask often.
    """
    values = _asked()
    opened, drive, where = store(), Drive.of(values), _where(values)
    direction = values.get("direction", "from")
    seconds = opened.times(
        where if isinstance(where, tuple) else opened.where(where), drive, towards=direction == "to"
    )
    ids = opened.keep("target ids", lambda: opened.targets().index.tolist())
    answer = {
        **drive.query(),
        "direction": direction,
        "travel_time_s": dict(zip(ids, seconds.tolist(), strict=True)),
    }
    return _json(orjson.dumps(answer), JSON)


def access_frame(values: dict[str, Any]) -> gpd.GeoDataFrame:
    """Build the layer of everything that is reached from a point: one feature a destination, at its
    place.
    """
    at = _wanted(values, store().targets())
    table = store().access_from(origin(values), Drive.of(values)).iloc[at]
    table = table.drop(columns=["country", "opposite_country"])
    return table.sort_values("travel_time_s", kind="stable", na_position="last")


def access_json(values: dict[str, Any]) -> bytes:
    """Write the layer of :func:`access_frame` as GeoJSON, as an export does: what does not depend
    on the way is joined, not made.
    """
    opened, drive, where = store(), Drive.of(values), _where(values)
    targets = opened.targets()
    at = _wanted(values, targets)
    ways = access.ways(
        opened.roads(drive),
        opened.sides(where, drive),
        opened.target_sides(drive),
        profile=drive.profile,
    )
    at = at[np.argsort(ways["travel_time_s"][at], kind="stable")]  # NaN comes last
    parts = opened.keep("access parts", lambda: _parts(targets))
    cells = {name: column[at].tolist() for name, column in ways.items()}
    from_id = where if isinstance(where, str) else "point"
    rows = [
        dict(zip(("from_id", *cells), (from_id, *row), strict=True))
        for row in zip(*cells.values(), strict=True)
    ]
    features = [
        parts[number] + orjson.dumps(row)[1:] + b"}"
        for number, row in zip(at.tolist(), rows, strict=True)
    ]
    about = replace(access_about(values), count=len(at), total=len(at))
    key = "box of targets", values.get("layer")
    box = opened.keep(key, lambda: export.geojson.bbox(targets.iloc[at]))
    return export.geojson.joined(features, about, box)


def _wanted(values: dict[str, Any], targets: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return the numbers of the targets that are asked for."""
    wanted = values.get("layer")
    if wanted not in (None, *TARGETS):
        raise InputError(
            _(
                "Times are available to %(known)s, not to %(layer)s.",
                known=", ".join(TARGETS),
                layer=wanted,
            )
        )
    return np.flatnonzero(targets["layer"] == wanted) if wanted else np.arange(len(targets))


def _parts(targets: gpd.GeoDataFrame) -> list[bytes]:
    """Write the features of all targets up to where their ways are told."""
    held = targets.drop(columns=["country", "opposite_country"])
    features = export.geojson.features(held)
    return [export.geojson.to_json(feature).removesuffix(b"}}") + b"," for feature in features]


def access_about(values: dict[str, Any]) -> export.About:
    """Describe an access table for an export."""
    opened, drive = store(), Drive.of(values)
    manifest = opened.roads(drive).manifest
    notes = [
        f"Travel times by {drive.profile}, without queues and opening hours. Source of the roads:"
        f" {manifest.source}."
    ]
    if drive.closed:
        notes.append(f"Taken as closed: {', '.join(drive.closed)}.")
    notes += [note for note in manifest.notes if note.startswith("Planned: ")]
    where: dict[str, str] = {
        key: str(values[key]) for key in ("site", "lon", "lat", "layer") if key in values
    } | drive.query()
    base = opened.about("gates")
    return replace(
        base,
        layer="access",
        title="Access by road",
        description="From one place to every destination.",
        filters=where,
        notes=tuple(notes),
        licence=", ".join(filter(None, dict.fromkeys((manifest.licence, base.licence)))),
        total=None,
    )


@api.get("/route")
def route() -> Response:
    values = _asked()
    missing = [name for name in ("from", "to") if name not in values]
    if missing:
        raise InputError(
            _("Name %(names)s: an identifier, or lon,lat.", names=_(" and ").join(missing))
        )
    return _json(route_json(values), "application/geo+json")


def route_json(values: dict[str, Any]) -> bytes:
    """Write a route as GeoJSON: one feature a step, the sums beside them."""
    opened, drive = store(), Drive.of(values)
    ends = (opened.sides(values[end], drive) for end in ("from", "to"))
    steps = access.steps(opened.roads(drive), *ends, profile=drive.profile)
    shapes = np.array([step.pop("geometry") for step in steps], object)
    columns = {name: [step[name] for step in steps] for name in steps[0]}
    sums = {
        "travel_time_s": float(np.sum(columns["travel_time_s"])),
        "length_m": float(np.sum(columns["length_m"])),
        "gates": [gate for gate in columns["gate"] if gate],
        "planned": scenarios.names(columns),
        "assumed_m": float(np.sum(columns["assumed_m"])),
    }
    written = export.geojson.collection(shapes, steps, export.About(layer="route", title="Route"))
    return written.removesuffix(b"}") + b"," + orjson.dumps(sums)[1:]


@api.get("/isochrones")
def areas() -> Response:
    values = _asked()
    opened, drive = store(), Drive.of(values)
    limits = isochrones.descending([60.0 * minutes for minutes in values.get("minutes", REACH_MIN)])
    shapes = isochrones.areas(
        opened.roads(drive),
        opened.sides(_where(values), drive),
        limits,
        profile=drive.profile,
        towards=values.get("direction") == "to",
        countries=opened.countries(),
    )
    about = replace(
        access_about(values), layer="isochrones", title="Area within a travel time", description=""
    )
    rows = [{"limit_s": limit} for limit in limits]
    written = export.geojson.collection(np.array(shapes, object), rows, about)
    return _json(written, "application/geo+json")


def _json(data: bytes, mimetype: str) -> Response:
    return Response(data, mimetype=mimetype, headers={"Cache-Control": "no-cache"})
