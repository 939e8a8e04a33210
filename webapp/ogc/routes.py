"""The layers as an OGC API – Features service (OGC 17-069r4): core, GeoJSON, HTML and OpenAPI 3.0.

Every answer is one document, shown as JSON or through the template of the same name; which of the
two, ``f`` says and otherwise the header Accept. The features of policies and records have no
geometry; clients show them as tables."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import geopandas as gpd
import numpy as np
from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotAcceptable

from geo import export
from geo.errors import AtlasError, NotFoundError
from geo.schema import LAYERS, Layer
from webapp import errors
from webapp.i18n import gettext as _
from webapp.ogc import openapi, parameters, schemas, selection
from webapp.ogc.openapi import GEOJSON, HTML, JSON, OPENAPI_JSON, SCHEMA_JSON
from webapp.ogc.parameters import CRS84
from webapp.readers import Schema
from webapp.store import store

ogc = Blueprint("ogc", __name__, url_prefix="/ogc")

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
)
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
READING = ("GET", "HEAD", "OPTIONS")
"""Methods that every address of the service takes."""
MEDIA_TYPES = (JSON, GEOJSON, SCHEMA_JSON, OPENAPI_JSON, OPENAPI_JSON.partition(";")[0])
"""Ways of asking for JSON."""
Link = dict[str, str]


# Pages --------------------------------------------------------------------------------------------


@ogc.get("", strict_slashes=False)
def landing() -> Response:
    parameters.read(request.args)
    package = store().package
    links = [
        *_selves("", JSON),
        _link("/api", "service-desc", OPENAPI_JSON, "The API as an OpenAPI document", f="json"),
        _link("/api", "service-doc", HTML, "The API for people", f="html"),
        _link(
            "/conformance", "conformance", JSON, "Parts of the standards that are kept", f="json"
        ),
        _link("/collections", "data", JSON, "All layers", f="json"),
    ]
    title, description = package.get("title") or "Zone Atlas", package.get("description") or ""
    return _answer(
        "landing", {"title": title, "description": description, "links": links}, root=_url("")
    )


@ogc.get("/conformance", strict_slashes=False)
def conformance() -> Response:
    parameters.read(request.args)
    return _answer(
        "conformance", {"conformsTo": list(CONFORMANCE)}, links=_selves("/conformance", JSON)
    )


@ogc.get("/api", strict_slashes=False)
def api() -> Response:
    parameters.read(request.args)
    package = store().package
    document = openapi.document(
        _layers().values(),
        url=_url(""),
        title=package.get("title") or "Zone Atlas",
        description=package.get("description") or "",
    )
    return _answer("api", document, media_type=OPENAPI_JSON, links=_selves("/api", OPENAPI_JSON))


@ogc.get("/collections", strict_slashes=False)
def collections() -> Response:
    parameters.read(request.args)
    described = [_collection(layer) for layer in _layers().values()]
    return _answer(
        "collections", {"links": _selves("/collections", JSON), "collections": described}
    )


@ogc.get("/collections/<collection_id>", strict_slashes=False)
def collection(collection_id: str) -> Response:
    layer = _layer(collection_id)
    parameters.read(request.args)
    document = _collection(layer)
    document["links"] = _selves(f"/collections/{layer.id}", JSON) + document["links"][1:]
    return _answer("collection", document, layer=layer)


@ogc.get("/collections/<collection_id>/queryables", strict_slashes=False)
def queryables(collection_id: str) -> Response:
    layer = _layer(collection_id)
    parameters.read(request.args)
    path = f"/collections/{layer.id}/queryables"
    document = schemas.queryables(layer, parameters.filters(layer), _url(path))
    return _answer(
        "queryables",
        document,
        media_type=SCHEMA_JSON,
        layer=layer,
        links=_selves(path, SCHEMA_JSON),
    )


@ogc.get("/collections/<collection_id>/items", strict_slashes=False)
def items(collection_id: str) -> Response:
    layer = _layer(collection_id)
    filters = parameters.filters(layer)
    query = parameters.read(request.args, parameters.PARAMETERS | filters)
    frame: gpd.GeoDataFrame = store().layer(layer.id)
    matched = np.flatnonzero(selection.matches(frame, layer, filters, query))
    limit, offset = query.get("limit", parameters.DEFAULT_LIMIT), query.get("offset", 0)
    page = matched[offset : offset + limit]
    path, asked = f"/collections/{layer.id}/items", request.args.to_dict()
    turns: dict[str, int] = {}
    if offset + limit < len(matched):
        turns["next"] = offset + limit
    if offset:
        turns["prev"] = max(0, min(offset, len(matched)) - limit)
    links = [
        *_selves(path, GEOJSON, **asked),
        *(
            _link(path, rel, GEOJSON, f"{rel.capitalize()} page", **_turned(asked, "json", start))
            for rel, start in turns.items()
        ),
        _link(f"/collections/{layer.id}", "collection", JSON, layer.title, f="json"),
    ]
    kept = store().features(layer.id)
    box = kept.bbox(page)
    document = {
        "type": "FeatureCollection",
        "numberMatched": len(matched),
        "numberReturned": len(page),
        **({"bbox": box} if box else {}),
        "links": links,
        "features": export.features(frame.iloc[page]) if _shows_html() else kept.of(page),
    }
    return _answer(
        "items",
        document,
        media_type=GEOJSON,
        layer=layer,
        offset=offset,
        turns={rel: _url(path, **_turned(asked, "html", at)) for rel, at in turns.items()},
    )


@ogc.get("/collections/<collection_id>/items/<feature_id>", strict_slashes=False)
def feature(collection_id: str, feature_id: str) -> Response:
    layer = _layer(collection_id)
    parameters.read(request.args)
    frame: gpd.GeoDataFrame = store().layer(layer.id)
    if feature_id not in frame.index:
        names = {"layer": layer.id, "id": feature_id}
        raise NotFoundError(_("The layer %(layer)s has no feature “%(id)s”.", **names))
    path = f"/collections/{layer.id}"
    links = [
        *_selves(f"{path}/items/{quote(feature_id, safe='')}", GEOJSON),
        _link(path, "collection", JSON, layer.title, f="json"),
    ]
    document = export.features(frame.loc[[feature_id]])[0] | {"links": links}
    return _answer(
        "feature",
        document,
        media_type=GEOJSON,
        layer=layer,
        box=export.bbox(frame.loc[[feature_id]]),
    )


@ogc.route(
    "",
    methods=["POST", "PUT", "PATCH", "DELETE", "TRACE"],
    strict_slashes=False,
    defaults={"path": ""},
)
@ogc.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
def nothing(path: str) -> Response:
    """Refuse every other address in JSON, too."""
    if request.method not in READING:
        raise MethodNotAllowed(READING)
    raise NotFoundError(_("There is nothing at %(path)s.", path=f"/ogc/{path}"))


# What they are made of ----------------------------------------------------------------------------


def _layers() -> dict[str, Layer]:
    """Return the layers that the package holds."""
    held = {resource.get("name") for resource in store().package.get("resources", ())}
    return {layer.id: layer for layer in LAYERS.values() if layer.id in held}


def _layer(collection_id: str) -> Layer:
    layers = _layers()
    if collection_id not in layers:
        names = {"id": collection_id, "known": ", ".join(layers)}
        raise NotFoundError(_("There is no collection “%(id)s”; there are %(known)s.", **names))
    return layers[collection_id]


def _collection(layer: Layer) -> Schema:
    path = f"/collections/{layer.id}"
    about = store().about(layer.id)
    box = export.bbox(store().layer(layer.id))
    return {
        "id": layer.id,
        "title": layer.title,
        "description": layer.description,
        **({"attribution": about.attribution} if about.attribution else {}),
        **({"extent": {"spatial": {"bbox": [box], "crs": CRS84}}} if box else {}),
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            _link(path, "self", JSON, layer.title, f="json"),
            _link(f"{path}/items", "items", GEOJSON, f"{layer.title} as GeoJSON", f="json"),
            _link(f"{path}/items", "items", HTML, f"{layer.title} as a page", f="html"),
            _link(f"{path}/queryables", QUERYABLES, SCHEMA_JSON, "What to select by", f="json"),
            *_licences(layer),
        ],
    }


def _licences(layer: Layer) -> list[Link]:
    return [
        {
            "href": licence["path"],
            "rel": "license",
            "title": licence.get("title") or licence.get("name") or licence["path"],
        }
        for licence in store().resource(layer.id).get("licenses", ())
        if str(licence.get("path", "")).startswith(("https://", "http://"))
    ]


# Links and answers --------------------------------------------------------------------------------


def _url(path: str, **query: str) -> str:
    language = request.args.get("lang")
    query |= {"lang": language} if language and query.get("f") == "html" else {}
    return f"{store().public_url}{ogc.url_prefix}{path}" + (f"?{urlencode(query)}" if query else "")


def _link(path: str, rel: str, media_type: str, title: str, **query: str) -> Link:
    return {"href": _url(path, **query), "rel": rel, "type": media_type, "title": title}


def _selves(path: str, media_type: str, **query: str) -> list[Link]:
    """Link to this document as it is asked for, and to the other way of showing it."""
    ways = [
        ("json", media_type, "This document as JSON"),
        ("html", HTML, "This document as a page"),
    ]
    if _shows_html():
        ways.reverse()
    return [
        _link(path, rel, media, title, **(query | {"f": f}))
        for rel, (f, media, title) in zip(("self", "alternate"), ways, strict=True)
    ]


def _turned(query: dict[str, str], f: str, offset: int) -> dict[str, str]:
    """Return the query of another page."""
    return query | {"f": f, "offset": str(offset)}


def _shows_html() -> bool:
    asked = request.args.get("f")
    return asked == "html" or (
        asked is None and request.accept_mimetypes.best_match((*MEDIA_TYPES, HTML), JSON) == HTML
    )


def _answer(template: str, document: Schema, *, media_type: str = JSON, **more: Any) -> Response:
    """Show a document.

    The ETag of JSON leaves ``timeStamp`` out: the same features have the same tag at any time.
    """
    if _shows_html():
        return Response(
            render_template(f"ogc/{template}.html", document=document, link=_link_to, **more),
            mimetype=HTML,
        )
    body = export.to_json(document)
    tag = hashlib.blake2b(body, digest_size=16).hexdigest()
    if template == "items":
        body = f'{{"timeStamp":"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",'.encode() + body[1:]
    response = Response(body, content_type=media_type)
    response.set_etag(tag, weak=True)
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


def _link_to(*parts: str) -> str:
    """Return the address of a page of this service, for the templates."""
    return _url("".join(f"/{quote(part, safe='')}" for part in parts), f="html")


@ogc.before_request
def _check_accept() -> None:
    """Refuse a client that takes neither JSON nor HTML."""
    accepted = request.accept_mimetypes
    if (
        request.method in ("GET", "HEAD")
        and "f" not in request.args
        and accepted
        and accepted.best_match((*MEDIA_TYPES, HTML)) is None
    ):
        raise NotAcceptable(
            f"There are {GEOJSON}, {JSON} and {HTML}; choose one with the header Accept, or with"
            " f=json or f=html."
        )


@ogc.after_request
def _describe(response: Response) -> Response:
    """Name what the answer depends on, and the methods: QGIS edits a layer if Allow has POST."""
    response.vary.add("Accept")
    if request.method == "OPTIONS":
        response.headers["Allow"] = ", ".join(READING)
    return response


# Errors -------------------------------------------------------------------------------------------


@ogc.errorhandler(AtlasError)
def _refuse(error: AtlasError) -> Response:
    return _fault(*errors.answer_of(error), f"{error.message} {'; '.join(error.faults)}".strip())


@ogc.errorhandler(HTTPException)
def _fail(error: HTTPException) -> Response:
    name = error.name.replace(" ", "")
    response = _fault(error.code or 500, name, error.description or error.name)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(error.valid_methods)
    return response


def _fault(status: int, code: str, description: str) -> Response:
    return Response(
        export.to_json(errors.body(code, description)), status=status, content_type=JSON
    )
