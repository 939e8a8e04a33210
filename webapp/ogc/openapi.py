"""The OpenAPI 3.0 document of the OGC API and of ``/api``, built from the tables of layers and of
parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from geo import __version__
from geo.schema import Layer
from geo.tiles import MEDIA_TYPE
from webapp import args
from webapp.ogc import negotiation
from webapp.ogc.negotiation import GEOJSON, HTML, JSON, OPENAPI_JSON, SCHEMA_JSON
from webapp.ogc.parameters import FEATURE, PAGE, PARAMETERS, filters
from webapp.ogc.schemas import SCHEMAS, TEXT, of_layer, ref
from webapp.readers import Schema

FORM = "f-of-features"
"""What the parameter ``f`` of features is called among the components."""
BINARY: Schema = {"type": "string", "format": "binary"}
IN_PATH = {
    "layer_id": "Identifier of the layer.",
    **dict.fromkeys(("tileMatrix", "zoom"), "Zoom of the tile."),
    **dict.fromkeys(("tileRow", "row"), "Row of the tile, from the north."),
    **dict.fromkeys(("tileCol", "column"), "Column of the tile, from the west."),
}
"""What the parts of an address are."""
DESCRIBED = {
    "queryables": "what to select by",
    "sortables": "what to sort by",
    "schema": "what a feature holds",
}
"""Schemas of a collection, by the end of their address."""
RESPONSES = {
    "400": ("Wrong", "A parameter is unknown or wrong."),
    "404": ("Missing", "There is no such thing."),
    "500": ("Fault", "The server failed."),
    "503": ("Busy", "The server is busy, or its data cannot be read."),
}


def document(layers: Iterable[Layer], *, url: str, title: str, description: str) -> Schema:
    """Build the document.

    Parameters
    ----------
    layers
        The collections.
    url
        Address of the landing page, without trailing slash.
    """
    layers = tuple(layers)
    paths: dict[str, Schema] = {
        "/": _page("landing", "Landing page", {JSON: ref("Landing")}),
        "/conformance": _page(
            "conformance", "Parts of the standards that are kept", {JSON: ref("Conformance")}
        ),
        "/api": _page("api", "This document", {OPENAPI_JSON: {"type": "object"}}),
        "/collections": _page("collections", "All layers", {JSON: ref("Collections")}),
        "/tileMatrixSets": _page(
            "tileMatrixSets", "Grids of the tiles", {JSON: {"type": "object"}}
        ),
        "/tileMatrixSets/WebMercatorQuad": _page(
            "tileMatrixSet", "Grid of the tiles", {JSON: {"type": "object"}}
        ),
    }
    schemas = dict(SCHEMAS)
    for layer in layers:
        schemas |= of_layer(layer)
        paths |= _paths_of(layer)
    for rule, query in args.API.items():
        path = "/api" + re.sub(r"<(\w+)>", r"{\1}", rule)
        paths[path] = {"servers": [{"url": url.rpartition("/")[0]}], "get": _get_data(rule, query)}
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "description": description, "version": __version__},
        "servers": [{"url": url}],
        "tags": [{"name": layer.id, "description": layer.description} for layer in layers],
        "paths": paths,
        "components": {
            "parameters": {
                **{name: each.openapi(name) for name, each in (PARAMETERS | PAGE).items()},
                FORM: PARAMETERS["f"].openapi("f"),
            },
            "responses": {
                name: {"description": text, "content": {JSON: {"schema": ref("Exception")}}}
                for name, text in RESPONSES.values()
            },
            "schemas": schemas,
        },
    }


def _paths_of(layer: Layer) -> dict[str, Schema]:
    """Describe the addresses of a collection."""
    path = f"/collections/{layer.id}"
    shared = [ref(name, "parameters") for name in PARAMETERS if name not in PAGE]
    forms = {"f": FORM}
    own = [each.openapi(name) for name, each in filters(layer).items()]
    return (_tiles_of(layer) if layer.geometry else {}) | {
        path: _page(f"{layer.id}.collection", layer.title, {JSON: ref("Collection")}, tag=layer),
        **{
            f"{path}/{name}": _page(
                f"{layer.id}.{name}",
                f"{layer.title}: {what}",
                {SCHEMA_JSON: {"type": "object"}},
                tag=layer,
            )
            for name, what in DESCRIBED.items()
        },
        f"{path}/items": _page(
            f"{layer.id}.items",
            f"{layer.title}: features",
            _forms(ref(f"FeatureCollection-{layer.id}")),
            [*shared, *own],
            tag=layer,
            components=forms,
        ),
        f"{path}/items/{{featureId}}": _page(
            f"{layer.id}.feature",
            f"{layer.title}: one feature",
            _forms(ref(f"Feature-{layer.id}")),
            [
                _in_path("featureId", "Identifier of the feature."),
                *(ref(name, "parameters") for name in FEATURE if name not in PAGE),
            ],
            ("400", "404", "500"),
            tag=layer,
            components=forms,
        ),
    }


def _forms(schema: Schema) -> dict[str, Schema]:
    """Describe what features are answered in."""
    files = {negotiation.FEATURES[name].media_type: BINARY for name in negotiation.FILES}
    return {GEOJSON: schema, negotiation.JSON_FG: {"allOf": [schema, ref("JsonFg")]}} | files


def _tiles_of(layer: Layer) -> dict[str, Schema]:
    """Describe the addresses of the tiles of a collection."""
    path, titles = f"/collections/{layer.id}/tiles", f"{layer.title}: tiles"
    parts = ("tileMatrix", "tileRow", "tileCol")
    tile = _get(
        f"{layer.id}.tile",
        f"{layer.title}: one tile",
        {MEDIA_TYPE: BINARY},
        [_in_path(name, IN_PATH[name]) for name in parts],
        ("400", "404", "500"),
        tags=[layer.id],
    )
    return {
        path: _page(f"{layer.id}.tilesets", titles, {JSON: {"type": "object"}}, tag=layer),
        f"{path}/WebMercatorQuad": _page(
            f"{layer.id}.tileset", titles, {JSON: {"type": "object"}}, tag=layer
        ),
        f"{path}/WebMercatorQuad/" + "/".join(f"{{{name}}}" for name in parts): {"get": tile},
    }


def _page(
    operation: str,
    summary: str,
    content: Mapping[str, Schema],
    parameters: Iterable[Schema] = (),
    statuses: Iterable[str] = ("400", "500"),
    *,
    tag: Layer | None = None,
    components: Mapping[str, str] = MappingProxyType({}),
) -> Schema:
    """Describe an address of the service, which people may read as a page; `components` names
    those of its parameters that are others than usual.
    """
    shared = [ref(components.get(name, name), "parameters") for name in PAGE]
    return {
        "get": _get(
            operation,
            summary,
            {**content, HTML: TEXT},
            [*shared, *parameters],
            statuses,
            tags=[tag.id] if tag else [],
        )
    }


def _get_data(rule: str, query: args.Query) -> Schema:
    """Describe an address below ``/api``, which is beside the OGC service and not in it."""
    names = re.findall(r"<(\w+)>", rule)
    return _get(
        "map" + re.sub(r"\W+", ".", rule).rstrip("."),
        query.summary,
        {query.media_type: BINARY if query.media_type == MEDIA_TYPE else {"type": "object"}},
        [
            *(_in_path(name, IN_PATH[name]) for name in names),
            *(
                args.PARAMETERS[name].openapi(name, required=name in ("from", "to"))
                for name in (*query.parameters, "lang")
            ),
        ],
        RESPONSES,
    )


def _get(
    operation: str,
    summary: str,
    content: Mapping[str, Schema],
    parameters: list[Schema],
    statuses: Iterable[str],
    tags: Iterable[str] = (),
) -> Schema:
    answers = {media: {"schema": schema} for media, schema in content.items()}
    return {
        "operationId": operation,
        "summary": summary,
        "tags": list(tags),
        "parameters": parameters,
        "responses": {
            "200": {"description": summary, "content": answers},
            **{status: ref(RESPONSES[status][0], "responses") for status in statuses},
        },
    }


def _in_path(name: str, description: str) -> Schema:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": TEXT,
    }
