"""Features that QGIS and programs create, replace, change or delete (OGC API – Features, Part 4):
each edit becomes statements, which count with the next release.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, request
from werkzeug.exceptions import MethodNotAllowed, UnsupportedMediaType

from geo.errors import InputError, NotFoundError
from geo.exchange.book import Added
from geo.exchange.claims import EXISTENCE, GONE, Claim
from geo.schema import Layer
from geo.schema.provenance import State
from webapp import team
from webapp.exchange import books, edits
from webapp.i18n import gettext as _
from webapp.ogc.answers import allowed, is_edited, layer_of, url_of
from webapp.ogc.routes import ogc
from webapp.siting import files

MAX_BYTES = 1024**2
MERGE = "application/merge-patch+json"
TYPES = ("application/geo+json", "application/json", MERGE)
ITEMS = "/collections/<collection_id>/items"


def editor(view: Callable[..., Response]) -> Callable[..., Response]:
    """Let contributors through; a server for reading takes no such method, nor does a layer that
    tells of others.
    """

    @team.needs("contributor")
    def of_layer(**values: Any) -> Response:
        if not is_edited(layer_of(values["collection_id"]).id):
            raise MethodNotAllowed(allowed())
        return view(**values)

    @wraps(view)
    def answer(**values: Any) -> Response:
        if not (current_app.config["TEAM"] or current_app.config["EDITING"]):
            raise MethodNotAllowed(allowed())
        response: Response = of_layer(**values)
        return response

    return answer


@ogc.post(ITEMS, strict_slashes=False)
@editor
def create(collection_id: str) -> Response:
    """State a new feature."""
    layer = layer_of(collection_id)
    feature = _feature()
    row_id = edits.identifier(layer, feature)
    response = _keep(edits.of_new(layer, row_id, feature))
    response.headers["Location"] = url_of(f"/collections/{layer.id}/items/{row_id}")
    return response


@ogc.route(f"{ITEMS}/<feature_id>", methods=["PUT", "PATCH"], strict_slashes=False)
@editor
def change(collection_id: str, feature_id: str) -> Response:
    """State what the sender has changed of a feature. PATCH names just that. PUT sends the whole of
    it, and also states that what is left out is not known.
    """
    row = _row(layer_of(collection_id), feature_id)
    return _keep(edits.of_change(row, _feature(), whole=request.method == "PUT"))


@ogc.delete(f"{ITEMS}/<feature_id>", strict_slashes=False)
@editor
def delete(collection_id: str, feature_id: str) -> Response:
    """State that a feature is gone."""
    row = _row(layer_of(collection_id), feature_id)
    return _keep([Claim(row.layer.id, row.id, EXISTENCE, GONE, *edits.origin({}))])


def _row(layer: Layer, feature_id: str) -> edits.Row:
    row = edits.row_of(layer, feature_id)
    if row is None:
        names = {"layer": layer.id, "id": feature_id[:80]}
        raise NotFoundError(_("The layer %(layer)s has no feature “%(id)s”.", **names))
    return row


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
    if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
        raise InputError(_("The body is not a GeoJSON feature."))
    return feature


def _keep(claims: list[Claim]) -> Response:
    """Write statements into the book: those of a contributor wait for a reviewer."""
    state: State = "stated" if team.may("reviewer") else "proposed"
    added = Added(0, 0, 0)
    if claims:
        added = books.opened().add(claims, origin="OGC API", who=team.who(), state=state)
    response = files.json_response(
        {"state": state, "statements": [claim.id for claim in claims], "new": added.new}
    )
    response.status_code = 202  # not 201 or 204: the layers change with the next release
    return response
