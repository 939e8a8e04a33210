"""The layers as an OGC API – Features service (OGC 17-069r4): core, GeoJSON, HTML and OpenAPI 3.0;
and as OGC API – Tiles (OGC 20-057): vector tiles of each layer with positions.

Every answer is one document, shown as JSON or through the template of the same name; which of the
two, ``f`` says and otherwise the header Accept. The features of policies and records have no
geometry; clients show them as tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import numpy as np
from flask import Blueprint, Response, current_app, g, request
from numpy.typing import NDArray
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from geo import export
from geo.errors import AtlasError, NotFoundError
from geo.schema import Layer
from geo.tiles import MEDIA_TYPE, Tile
from webapp import errors
from webapp.i18n import gettext as _
from webapp.ogc import (
    described,
    feature_files,
    json_fg,
    negotiation,
    openapi,
    output,
    parameters,
    schemas,
    selection,
    systems,
    tiles,
)
from webapp.ogc.answers import (
    EDITING,
    FEATURES,
    PREFIX,
    READING,
    allowed,
    answer,
    held,
    layer_of,
    link,
    selves,
    shows_html,
    url_of,
)
from webapp.ogc.negotiation import GEOJSON, HTML, JSON, OPENAPI_JSON, SCHEMA_JSON
from webapp.ogc.systems import CRS84
from webapp.store import store

ogc = Blueprint("ogc", __name__, url_prefix=PREFIX)

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    *systems.CONFORMANCE,
    *selection.CONFORMANCE,
    *schemas.CONFORMANCE,
    *json_fg.CONFORMANCE,
    *tiles.CONFORMANCE,
)
MOST_REASON = 300
QUOTES = str.maketrans("“”‘’–…", "\"\"''-.")


# Pages --------------------------------------------------------------------------------------------


@ogc.get("", strict_slashes=False)
def landing() -> Response:
    parameters.read(request.args)
    package = store().package
    links = [
        *selves("", JSON),
        link("/api", "service-desc", OPENAPI_JSON, "The API as an OpenAPI document", f="json"),
        link("/api", "service-doc", HTML, "The API for people", f="html"),
        link("/conformance", "conformance", JSON, "Parts of the standards that are kept", f="json"),
        link("/collections", "data", JSON, "All layers", f="json"),
        link("/tileMatrixSets", tiles.SCHEMES, JSON, "Grids of the tiles", f="json"),
    ]
    title, description = package.get("title") or "Zone Atlas", package.get("description") or ""
    return answer(
        "landing", {"title": title, "description": description, "links": links}, root=url_of("")
    )


@ogc.get("/conformance", strict_slashes=False)
def conformance() -> Response:
    parameters.read(request.args)
    config = current_app.config
    editing = EDITING if config["TEAM"] or config["EDITING"] else ()
    return answer(
        "conformance", {"conformsTo": [*CONFORMANCE, *editing]}, links=selves("/conformance", JSON)
    )


@ogc.get("/api", strict_slashes=False)
def api() -> Response:
    parameters.read(request.args)
    package = store().package
    document = openapi.document(
        held().values(),
        url=url_of(""),
        title=package.get("title") or "Zone Atlas",
        description=package.get("description") or "",
    )
    return answer("api", document, media_type=OPENAPI_JSON, links=selves("/api", OPENAPI_JSON))


@ogc.get("/collections", strict_slashes=False)
def collections() -> Response:
    parameters.read(request.args)
    listed = [described.collection(layer) for layer in held().values()]
    document = {
        "links": selves("/collections", JSON),
        "crs": list(systems.offered()),
        "collections": listed,
    }
    return answer("collections", document)


@ogc.get("/collections/<collection_id>", strict_slashes=False)
def collection(collection_id: str) -> Response:
    layer = layer_of(collection_id)
    parameters.read(request.args)
    document = described.collection(layer)
    document["links"] = selves(f"/collections/{layer.id}", JSON) + document["links"][1:]
    if layer.geometry:
        document["crs"] = list(systems.offered())
    return answer("collection", document, layer=layer)


@ogc.get(
    f"/collections/<collection_id>/<any({', '.join(described.SCHEMAS)}):name>", strict_slashes=False
)
def schema(collection_id: str, name: str) -> Response:
    layer = layer_of(collection_id)
    parameters.read(request.args)
    path = f"/collections/{layer.id}/{name}"
    make, heading = described.SCHEMAS[name]
    return answer(
        "queryables",
        make(layer, url_of(path)),
        media_type=SCHEMA_JSON,
        layer=layer,
        heading=_(heading),
        links=selves(path, SCHEMA_JSON),
    )


@ogc.get("/collections/<collection_id>/tiles", strict_slashes=False)
def tilesets(collection_id: str) -> Response:
    layer = tiles.tiled(layer_of(collection_id))
    parameters.read(request.args)
    document = {
        "links": selves(f"/collections/{layer.id}/tiles", JSON),
        "tilesets": [tiles.tileset(layer)],
    }
    return answer("tilesets", document, layer=layer)


@ogc.get(f"/collections/<collection_id>/tiles/{tiles.GRID}", strict_slashes=False)
def tileset(collection_id: str) -> Response:
    layer = tiles.tiled(layer_of(collection_id))
    parameters.read(request.args)
    box = export.bbox(store().layer(layer.id))
    return answer("tileset", tiles.described(layer, box), layer=layer)


@ogc.get(f"/collections/<collection_id>/tiles/{tiles.GRID}/<zoom>/<row>/<column>")
def tile(collection_id: str, zoom: str, row: str, column: str) -> Response:
    layer = tiles.tiled(layer_of(collection_id))
    parameters.read(request.args, tiles.PARAMETERS)
    return store().tile(layer.id, Tile.read(zoom, column, row), {}).response(MEDIA_TYPE)


@ogc.get("/tileMatrixSets", strict_slashes=False)
def tile_matrix_sets() -> Response:
    parameters.read(request.args)
    return answer("tile_matrix_sets", tiles.grids())


@ogc.get(f"/tileMatrixSets/{tiles.GRID}", strict_slashes=False)
def tile_matrix_set() -> Response:
    parameters.read(request.args)
    return answer("tile_matrix_set", tiles.grid(), links=selves(tiles.GRID_PATH, JSON))


@ogc.get("/collections/<collection_id>/items", strict_slashes=False)
def items(collection_id: str) -> Response:
    layer = layer_of(collection_id)
    query = parameters.read(request.args, parameters.of_items(layer))
    frame: gpd.GeoDataFrame = store().layer(layer.id)
    matched = np.flatnonzero(selection.matches(frame, layer, query))
    matched = selection.ordered(frame, matched, query.get("sortby", ()))
    limit, offset = query.get("limit", parameters.DEFAULT_LIMIT), query.get("offset", 0)
    page = matched[offset : offset + limit]
    path, asked, way = f"/collections/{layer.id}/items", request.args.to_dict(), negotiation.way()
    turns: dict[str, int] = {}
    if offset + limit < len(matched):
        turns["next"] = offset + limit
    if offset:
        turns["prev"] = max(0, min(offset, len(matched)) - limit)
    links = [
        *selves(path, GEOJSON, **asked),
        *(
            link(
                path, rel, way.media_type, f"{rel.capitalize()} page", **_turned(asked, way.id, at)
            )
            for rel, at in turns.items()
        ),
        link(f"/collections/{layer.id}", "collection", JSON, layer.title, f="json"),
    ]
    system = query.get("crs") or systems.offered()[CRS84]
    if way.id in negotiation.FILES:
        some, names = frame.iloc[page], query.get("properties")
        return feature_files.answer(layer, some, way, links, len(matched), system, names)
    features, box = _features(layer, frame, page, query, system)
    document = {
        "type": "FeatureCollection",
        "numberMatched": len(matched),
        "numberReturned": len(page),
        **({"bbox": box} if box else {}),
        "links": links,
        "features": features,
    }
    response = answer(
        "items",
        document,
        media_type=GEOJSON,
        as_json_fg=partial(json_fg.document, frame=frame.iloc[page], system=system),
        layer=layer,
        offset=offset,
        turns={rel: url_of(path, **_turned(asked, "html", at)) for rel, at in turns.items()},
    )
    return _in_system(response, layer, system)


def _turned(query: dict[str, str], f: str, offset: int) -> dict[str, str]:
    """Return the query of another page."""
    return query | {"f": f, "offset": str(offset)}


def _features(
    layer: Layer,
    frame: gpd.GeoDataFrame,
    page: NDArray[np.intp],
    query: Mapping[str, Any],
    system: systems.System,
) -> tuple[list[Any], list[float] | None]:
    """Return the features of a page, and their box; those that are kept serialised, where all of
    them is asked for as it is."""
    kept = store().features(layer.id)
    if shows_html():
        return export.features(frame.iloc[page]), kept.bbox(page)
    if system.uri == CRS84 and "properties" not in query:
        return kept.of(page), kept.bbox(page)
    return output.features(frame.iloc[page], system, query.get("properties"))


def _in_system(response: Response, layer: Layer, system: systems.System) -> Response:
    """Name the system of the coordinates (OGC 18-058r1, 6.2.5)."""
    if layer.geometry and response.mimetype == GEOJSON:
        response.headers["Content-Crs"] = f"<{system.uri}>"
    return response


@ogc.get("/collections/<collection_id>/items/<feature_id>", strict_slashes=False)
def feature(collection_id: str, feature_id: str) -> Response:
    layer = layer_of(collection_id)
    query = parameters.read(request.args, parameters.FEATURE)
    frame: gpd.GeoDataFrame = store().layer(layer.id)
    if feature_id not in frame.index:
        names = {"layer": layer.id, "id": feature_id}
        raise NotFoundError(_("The layer %(layer)s has no feature “%(id)s”.", **names))
    path = f"/collections/{layer.id}"
    system = query.get("crs") or systems.offered()[CRS84]
    asked = {"crs": system.uri} if "crs" in query else {}
    links = [
        *selves(f"{path}/items/{quote(feature_id, safe='')}", GEOJSON, **asked),
        link(path, "collection", JSON, layer.title, f="json"),
    ]
    way, row = negotiation.way(), frame.loc[[feature_id]]
    if way.id in negotiation.FILES:
        return feature_files.answer(layer, row, way, links, 1, system)
    features, _box = output.features(row, system)
    response = answer(
        "feature",
        features[0] | {"links": links},
        media_type=GEOJSON,
        as_json_fg=partial(json_fg.document, frame=row, system=system),
        layer=layer,
        box=export.bbox(row),
    )
    return _in_system(response, layer, system)


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
        raise MethodNotAllowed(allowed())
    raise NotFoundError(_("There is nothing at %(path)s.", path=f"/ogc/{path}"))


# What all answers have in common -----------------------------------------------------------------


@ogc.before_request
def _choose_way() -> None:
    """Choose the form of the answer, or refuse who takes none there is; a tile is what it is."""
    if request.method in ("GET", "HEAD") and request.endpoint != "ogc.tile":
        forms = negotiation.FEATURES if request.endpoint in FEATURES else negotiation.PAGES
        g.ogc_way = negotiation.chosen(forms)


@ogc.after_request
def _describe(response: Response) -> Response:
    """Name what the answer depends on, and the methods, by which QGIS knows what it may do."""
    response.vary.add("Accept")
    if request.method == "OPTIONS":
        response.headers["Allow"] = ", ".join(allowed())
    return response


# Errors -------------------------------------------------------------------------------------------


@ogc.errorhandler(AtlasError)
def _refuse(error: AtlasError) -> Response:
    return _fault(*errors.answer_of(error), f"{error.message} {'; '.join(error.faults)}".strip())


@ogc.errorhandler(HTTPException)
def _fail(error: HTTPException) -> Response:
    name = error.name.replace(" ", "")
    response = _fault(error.code or 500, name, error.description or error.name)
    return errors.with_headers(response, error)


def _fault(status: int, code: str, description: str) -> Response:
    response = Response(
        export.to_json(errors.body(code, description)), status=status, content_type=JSON
    )
    if request.method not in READING and (reason := _in_ascii(description)):
        response.status = f"{status} {reason}"  # of a refused edit QGIS shows no more than this
    return response


def _in_ascii(sentence: str) -> str:
    """Write what the first line of an answer can hold of a sentence: of a Chinese one, the names of
    fields in it.
    """
    plain = sentence.replace("đ", "d").replace("Đ", "D").translate(QUOTES)
    letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    line = " ".join("".join(filter(str.isprintable, letters)).split()).strip(" ,;:.")
    return line[:MOST_REASON]
