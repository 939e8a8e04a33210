"""Features that QGIS and programs create, replace, change or delete (OGC API – Features, Part 4):
each edit becomes statements, which count with the next release.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import shapely
from flask import Response, current_app, request
from werkzeug.exceptions import MethodNotAllowed, UnsupportedMediaType

from geo.errors import InputError, NotFoundError
from geo.exchange import claims as claims_of
from geo.exchange import tables as tables_of
from geo.exchange.book import Added
from geo.exchange.claims import EVERY_ROW, EXISTENCE, GONE, PRESENT, Claim
from geo.exchange.tables import Cells
from geo.layers import validation
from geo.schema import SOURCE_KINDS, Layer
from geo.schema.provenance import POSITION, State
from webapp import team
from webapp.exchange import books
from webapp.i18n import gettext as _
from webapp.ogc import systems
from webapp.ogc.answers import layer_of, url_of
from webapp.ogc.routes import READING, ogc
from webapp.siting import files

MAX_BYTES = 1024**2
MERGE = "application/merge-patch+json"
TYPES = ("application/geo+json", "application/json", MERGE)


def edits(view: Callable[..., Response]) -> Callable[..., Response]:
    """Let contributors through; a server for reading takes no such method."""
    guarded = team.needs("contributor")(view)

    @wraps(view)
    def answer(**values: Any) -> Response:
        if not (current_app.config["TEAM"] or current_app.config["EDITING"]):
            raise MethodNotAllowed(READING)
        response: Response = guarded(**values)
        return response

    return answer


@ogc.post("/collections/<collection_id>/items")
@edits
def create(collection_id: str) -> Response:
    """State a new feature."""
    layer = layer_of(collection_id)
    feature = _feature()
    row_id = str(feature.get("id") or _properties(feature).get("id") or "")
    if row_id in books.base_tables().layers.get(layer.id, {}):
        raise InputError(_("There is “%(id)s” already: replace it instead.", id=row_id[:80]))
    here = Claim(layer.id, row_id, EXISTENCE, PRESENT, *_origin({}))
    response = _keep([here, *_stated(layer, row_id, feature, {})])
    response.headers["Location"] = url_of(f"/collections/{layer.id}/items/{row_id}")
    return response


@ogc.route("/collections/<collection_id>/items/<feature_id>", methods=["PUT", "PATCH"])
@edits
def change(collection_id: str, feature_id: str) -> Response:
    """State what differs from the feature as it is known; PUT also states that what is left out is
    not known.
    """
    layer, row = _row(collection_id, feature_id)
    feature = _feature()
    stated = list(_stated(layer, feature_id, feature, row))
    if request.method == "PUT":
        named = _properties(feature)
        stated += [
            Claim(layer.id, feature_id, name, None, *_origin(named))
            for name in layer.names
            if name not in (*EVERY_ROW, *named) and row.get(name) is not None
        ]
    return _keep(stated)


@ogc.delete("/collections/<collection_id>/items/<feature_id>")
@edits
def delete(collection_id: str, feature_id: str) -> Response:
    """State that a feature is gone."""
    layer, _cells = _row(collection_id, feature_id)
    return _keep([Claim(layer.id, feature_id, EXISTENCE, GONE, *_origin({}))])


def _row(collection_id: str, feature_id: str) -> tuple[Layer, Cells]:
    """Return a layer, and a feature of it as it is known with all statements that count."""
    layer = layer_of(collection_id)
    book = books.held()
    tables = books.pending(book)[0].tables if book else books.base_tables()
    row = tables.layers.get(layer.id, {}).get(feature_id)
    if row is None:
        names = {"layer": layer.id, "id": feature_id[:80]}
        raise NotFoundError(_("The layer %(layer)s has no feature “%(id)s”.", **names))
    return layer, row


def _feature() -> dict[str, Any]:
    """Read the feature that was sent."""
    if request.mimetype not in TYPES:
        raise UnsupportedMediaType(_("Send a feature as %(type)s.", type=TYPES[0]))
    data = request.get_data()
    if len(data) > MAX_BYTES:
        raise InputError(_("The feature is larger than %(most)s MB.", most=1))
    try:
        feature = json.loads(data)
    except (ValueError, RecursionError):
        feature = None
    if not isinstance(feature, dict) or not isinstance(feature.get("properties", {}), dict):
        raise InputError(_("The body is not a GeoJSON feature."))
    return feature


def _properties(feature: Mapping[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = feature.get("properties") or {}
    return properties


def _origin(properties: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return party, source, its kind and date of an edit; properties of these names go before."""
    kind = properties.get("source_kind")
    return (
        current_app.config["PARTY"] or team.who(),
        str(properties.get("source") or _("edited by %(name)s", name=team.who())),
        kind if kind in SOURCE_KINDS else "page",
        str(properties.get("as_of") or datetime.now(UTC).date().isoformat()),
    )


def _stated(layer: Layer, row_id: str, feature: Mapping[str, Any], row: Cells) -> Iterator[Claim]:
    """State what differs from a row. Its own source and date are not those of an edit."""
    properties = _properties(feature)
    own = {name: value for name, value in properties.items() if _text(value) != row.get(name)}
    unknown = [name for name in properties if not layer.has(name)]
    if unknown:
        raise InputError(
            _("These properties are not fields of %(layer)s:", layer=layer.id),
            [name[:80] for name in unknown[:20]],
        )
    origin = _origin(own)
    if feature.get("geometry") is not None:
        accuracy = validation.number(_text(properties.get("position_accuracy_m")))
        known = validation.number(row.get("position_accuracy_m"))
        where = _position(layer, feature["geometry"])
        claim = Claim(
            *(layer.id, row_id, POSITION, where, *origin),
            accuracy=known if accuracy is None else accuracy,
        )
        if not claims_of.same(where, tables_of.value(layer, row, POSITION), layer, POSITION):
            yield claim
    for name, value in properties.items():
        text = _text(value)
        if name not in EVERY_ROW and not claims_of.same(text, row.get(name), layer, name):
            yield Claim(layer.id, row_id, name, text, *origin)


def _position(layer: Layer, geometry: Any) -> str:
    """Read a shape in the system that the header Content-Crs names; longitude first without it."""
    if layer.geometry is None:
        raise InputError(_("The layer %(layer)s has no positions.", layer=layer.id))
    try:
        system = systems.read(request.headers.get("Content-Crs", systems.CRS84).strip("<> "))
        drawn = shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))
        shape: Any = systems.place(drawn, system)
    except (shapely.GEOSException, ValueError, TypeError) as error:
        raise InputError(_("The geometry cannot be read: %(reason)s.", reason=error)) from None
    if fault := validation.shape_fault(shape, layer):
        raise InputError(_("The geometry cannot be read: %(reason)s.", reason=fault))
    if layer.geometry == "LineString":
        return str(shapely.to_wkt(shape, rounding_precision=7))
    return claims_of.written(shape.x, shape.y)


def _text(value: Any) -> str | None:
    """Write a property as the cell of a layer's file."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(map(str, value)) or None
    return (repr(value) if isinstance(value, float) else str(value)).removesuffix(".0") or None


def _keep(claims: list[Claim]) -> Response:
    """Write statements into the book: those of a contributor wait for a reviewer."""
    state: State = "stated" if team.may("reviewer") else "proposed"
    added = Added(0, 0, 0)
    if claims:
        added = books.opened().add(claims, origin="OGC API", who=team.who(), state=state)
    response = files.json_response(
        {"state": state, "statements": [claim.id for claim in claims], "new": added.new}
    )
    response.status_code = 202  # the layers change with the next release
    return response
