"""The parameters of the OGC API in one table, and the OpenAPI 3.0 document that is built from it
and from ``LAYERS``.

What the document promises and what :func:`read` accepts come from the same rows, so they cannot
part."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from geo import __version__
from geo.errors import InputError
from geo.schema import Field, Layer
from webapp import args
from webapp.catalogues import LANGUAGES

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

Schema = dict[str, Any]

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA_JSON = "application/schema+json"
OPENAPI_JSON = "application/vnd.oai.openapi+json;version=3.0"
MAX_LIMIT = 10_000
DEFAULT_LIMIT = 100
TRUTH = ("true", "false", "1", "0")
"""GDAL, and so QGIS, asks for a truth value by number."""
Box = tuple[float, float, float, float]

_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_TIME = rf"{_DAY}(?:[Tt]{_CLOCK}:(?:[0-5][0-9]|60)(?:\.[0-9]{{1,9}})?(?:[Zz]|[+-]{_CLOCK}))?"
_INTERVAL = rf"{_TIME}(?:/(?:{_TIME}|\.\.)?)?|(?:\.\.)?/{_TIME}"
"""A date or time of RFC 3339, or an interval between two, of which one end may be open (OGC
17-069r4, 7.15.4).
"""


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query string; ``parse`` raises ValueError with the end of a sentence:
    “limit is not …”.
    """

    name: str
    description: str
    schema: Schema
    parse: Callable[[str], Any]


# Reading a query ----------------------------------------------------------------------------------


def read(arguments: MultiDict[str, str], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Read a query string; what is not given is not in the result.

    Raises
    ------
    InputError
        Unknown, repeated and wrong parameters, all of them.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, texts in arguments.lists():
        if name not in parameters:
            faults.append(f"“{name}” is unknown; there are {', '.join(parameters)}")
        elif len(texts) > 1:
            faults.append(f"{name} is given {len(texts)} times")
        else:
            try:
                values[name] = parameters[name].parse(texts[0])
            except ValueError as error:
                faults.append(f"{name} {error}")
    if faults:
        raise InputError("The query has faults:", faults)
    return values


def _limit(text: str) -> int:
    """A limit above the maximum is no error: the maximum counts (OGC 17-069r4, 7.15.2)."""
    if not re.fullmatch(r"0*[1-9]\d*", text, re.ASCII):
        raise ValueError(f"is not a whole number from 1 to {MAX_LIMIT}")
    digits = text.lstrip("0")
    return MAX_LIMIT if len(digits) > len(str(MAX_LIMIT)) else min(int(digits), MAX_LIMIT)


def _offset(text: str) -> int:
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        raise ValueError("is not a whole number from 0 up")
    return int(text)


def _bbox(text: str) -> Box:
    """Return west, south, east, north; heights are read and left aside. West is east of east across
    the antimeridian.
    """
    parts = text.split(",")
    numbers = [float(part) for part in parts if _NUMBER.fullmatch(part)]
    if (
        len(parts) not in (4, 6)
        or len(numbers) != len(parts)
        or not all(math.isfinite(number) for number in numbers)
    ):
        raise ValueError(
            "is not four or six numbers: west,south,east,north or west,south,low,east,north,high"
        )
    half = len(numbers) // 2
    if any(low > high for low, high in zip(numbers[1:half], numbers[half + 1 :], strict=True)):
        raise ValueError("has its south above its north, or its low above its high")
    return numbers[0], numbers[1], numbers[half], numbers[half + 1]


def _datetime(text: str) -> str:
    times = [_instant(end) for end in text.split("/") if end not in ("", "..")]
    if not re.fullmatch(_INTERVAL, text) or None in times:
        raise ValueError(
            "is not an RFC 3339 date, time or interval such as 2026-01-01T00:00:00Z/.."
        )
    known = [time for time in times if time is not None]
    if known[0] > known[-1]:
        raise ValueError("ends before it begins")
    return text


def _instant(text: str) -> datetime | None:
    whole = text if len(text) > 10 else f"{text}T00:00:00Z"
    try:
        return datetime.fromisoformat(re.sub(r"(?<=:\d\d):60", ":59", whole.upper()))
    except ValueError:
        return None


def _one_of(allowed: Iterable[str]) -> Callable[[str], str]:
    words = tuple(allowed)

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return text

    return parse


def _form(pattern: str) -> Callable[[str], str]:
    form = re.compile(pattern)

    def parse(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(f"has not the form {pattern}")
        return text

    return parse


def _some_text(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


PARAMETERS: dict[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter(
            "f",
            "Format of the answer; without it the header Accept decides.",
            {"type": "string", "enum": ["json", "html"]},
            _one_of(("json", "html")),
        ),
        Parameter(
            "lang",
            "Language of the HTML pages.",
            {"type": "string", "enum": [*LANGUAGES]},
            _one_of(LANGUAGES),
        ),
        Parameter(
            "limit",
            "Largest number of features in the answer; a larger value counts as the maximum.",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            _limit,
        ),
        Parameter(
            "offset",
            "Number of features to pass over.",
            {"type": "integer", "minimum": 0, "maximum": 10**15 - 1, "default": 0},
            _offset,
        ),
        Parameter(
            "bbox",
            "Only features that meet this box: west, south, east, north, in degrees. West lies east"
            " of east across the antimeridian.",
            {
                "type": "array",
                "items": {"type": "number"},
                "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            },
            _bbox,
        ),
        Parameter(
            "bbox-crs",
            "System of the box.",
            {"type": "string", "format": "uri", "enum": [CRS84], "default": CRS84},
            _one_of((CRS84,)),
        ),
        Parameter(
            "datetime",
            "A date or time of RFC 3339, or an interval with at most one open end: 2026-01-01,"
            " 2026-01-01T00:00:00Z/.. No layer has a time of its own, so every feature matches.",
            {"type": "string", "pattern": f"^(?:{_INTERVAL})$"},
            _datetime,
        ),
    )
}
PAGE = {name: PARAMETERS[name] for name in ("f", "lang")}


def filters(layer: Layer) -> dict[str, Parameter]:
    """Return the parameters that select features by an equal value: one for each text and truth
    value of the layer."""
    return {
        field.name: Parameter(
            field.name,
            f"Only features with this value. {describe(field)}",
            _filter_schema(field),
            _filter(field),
        )
        for field in layer.fields
        if field.type in ("string", "boolean") and field.name != "id"
    }


def of_items(layer: Layer) -> dict[str, Parameter]:
    """Return all parameters of the items of a layer."""
    return PARAMETERS | filters(layer)


def _filter(field: Field) -> Callable[[str], Any]:
    if field.type == "boolean":
        truth = _one_of(TRUTH)
        return lambda text: truth(text) in TRUTH[::2]
    if field.allowed:
        return _one_of(field.allowed)
    return _form(field.pattern) if field.pattern else _some_text


def _filter_schema(field: Field) -> Schema:
    if field.type == "boolean":
        return {"type": "string", "enum": list(TRUTH)}
    schema = value_schema(field)
    return schema if {"enum", "pattern"} & schema.keys() else schema | {"minLength": 1}


# Schemas of the layers ----------------------------------------------------------------------------


def describe(field: Field) -> str:
    """Return what a field is, with its unit."""
    return " ".join(
        part
        for part in (
            f"{field.title}.",
            field.description,
            f"Unit: {field.unit}." if field.unit else "",
        )
        if part
    )


def value_schema(field: Field) -> Schema:
    """Return the JSON schema of a known value."""
    schema: Schema = {"type": "string" if field.type == "list" else field.type}
    if field.allowed and field.type == "string":
        schema["enum"] = list(field.allowed)
    elif field.pattern:
        schema["pattern"] = f"^(?:{field.pattern})$"
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    return schema | {name: limit for name, limit in limits.items() if limit is not None}


def queryables(layer: Layer, url: str) -> Schema:
    """Return the JSON schema of what the items of a layer can be selected by (OGC 19-079r2)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": url,
        "type": "object",
        "title": layer.title,
        "properties": {
            name: (
                {"title": layer.field(name).title, "description": describe(layer.field(name))}
                | value_schema(layer.field(name))
            )
            for name in filters(layer)
        },
        "additionalProperties": False,
    }


def _property_schema(field: Field) -> Schema:
    schema = {"title": field.title, "description": describe(field)} | value_schema(field)
    if field.required:
        return schema
    return (
        schema
        | {"nullable": True}
        | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})
    )


def _feature_schema(layer: Layer) -> Schema:
    left_out = {"id", "lon", "lat"} if layer.geometry == "Point" else {"id"}
    return _object(
        {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": _ref("schemas", layer.geometry or "Point"),
            "properties": _object(
                {
                    field.name: _property_schema(field)
                    for field in layer.fields
                    if field.name not in left_out
                }
            ),
            "links": {"type": "array", "items": _ref("schemas", "Link")},
        },
        optional=("links",),
    )


def _collection_schema(layer: Layer) -> Schema:
    return _object(
        {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "bbox": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
            "links": {"type": "array", "items": _ref("schemas", "Link")},
            "features": {"type": "array", "items": _ref("schemas", f"Feature-{layer.id}")},
        },
        optional=("bbox",),
    )


def _object(properties: Schema, *, optional: Iterable[str] = ()) -> Schema:
    return {
        "type": "object",
        "required": [name for name in properties if name not in set(optional)],
        "properties": properties,
    }


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


_TEXT: Schema = {"type": "string"}
_POSITION: Schema = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}
_SCHEMAS: dict[str, Schema] = {
    "Link": _object(
        {"href": _TEXT, "rel": _TEXT, "type": _TEXT, "title": _TEXT, "hreflang": _TEXT},
        optional=("type", "title", "hreflang"),
    ),
    "Exception": _object(
        {"code": {"oneOf": [_TEXT, {"type": "integer"}]}, "description": _TEXT},
        optional=("description",),
    ),
    "Landing": _object(
        {
            "title": _TEXT,
            "description": _TEXT,
            "links": {"type": "array", "items": _ref("schemas", "Link")},
        }
    ),
    "Conformance": _object({"conformsTo": {"type": "array", "items": _TEXT}}),
    "Collections": _object(
        {
            "links": {"type": "array", "items": _ref("schemas", "Link")},
            "collections": {"type": "array", "items": _ref("schemas", "Collection")},
        }
    ),
    "Collection": _object(
        {
            "id": _TEXT,
            "title": _TEXT,
            "description": _TEXT,
            "attribution": _TEXT,
            "extent": {"type": "object"},
            "itemType": {"type": "string", "enum": ["feature"]},
            "crs": {"type": "array", "items": _TEXT},
            "links": {"type": "array", "items": _ref("schemas", "Link")},
        },
        optional=("attribution", "extent"),
    ),
    "Point": (
        _object({"type": {"type": "string", "enum": ["Point"]}, "coordinates": _POSITION})
        | {"nullable": True}
    ),
    "LineString": _object(
        {
            "type": {"type": "string", "enum": ["LineString"]},
            "coordinates": {"type": "array", "items": _POSITION, "minItems": 2},
        }
    )
    | {"nullable": True},
}

# The document -------------------------------------------------------------------------------------


def document(layers: Iterable[Layer], *, url: str, title: str, description: str) -> dict[str, Any]:
    """Build the OpenAPI 3.0 document.

    Parameters
    ----------
    layers
        The collections.
    url
        Address of the landing page, without trailing slash.
    """
    layers = tuple(layers)
    schema = {name: _ref("schemas", name) for name in _SCHEMAS}
    paths: dict[str, Any] = {
        "/": _get("landing", "Landing page", {JSON: schema["Landing"]}),
        "/conformance": _get(
            "conformance", "Parts of the standards that are kept", {JSON: schema["Conformance"]}
        ),
        "/api": _get("api", "This document", {OPENAPI_JSON: {"type": "object"}}),
        "/collections": _get("collections", "All layers", {JSON: schema["Collections"]}),
    }
    schemas = dict(_SCHEMAS)
    for layer in layers:
        schemas[f"Feature-{layer.id}"] = _feature_schema(layer)
        schemas[f"FeatureCollection-{layer.id}"] = _collection_schema(layer)
        paths |= _paths_of(layer)
    for path, query in args.API.items():
        paths |= _path_of_the_map(path, query, url.rpartition("/")[0])
    responses = {
        "Wrong": "A parameter is unknown or wrong.",
        "Missing": "There is no such thing.",
        "Fault": "The server failed.",
        "Busy": "The server is busy, or its data cannot be read.",
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "description": description, "version": __version__},
        "servers": [{"url": url}],
        "tags": [{"name": layer.id, "description": layer.description} for layer in layers],
        "paths": paths,
        "components": {
            "parameters": {
                name: parameter_object(parameter) for name, parameter in PARAMETERS.items()
            },
            "responses": {
                name: {"description": text, "content": {JSON: {"schema": schema["Exception"]}}}
                for name, text in responses.items()
            },
            "schemas": schemas,
        },
    }


def _paths_of(layer: Layer) -> dict[str, Any]:
    """Describe the addresses of a collection."""
    path = f"/collections/{layer.id}"
    own = [parameter_object(parameter) for parameter in filters(layer).values()]
    shared = [_ref("parameters", name) for name in PARAMETERS if name not in PAGE]
    feature = _ref("schemas", f"Feature-{layer.id}")
    features = _ref("schemas", f"FeatureCollection-{layer.id}")
    feature_id = _in_path("featureId", "Identifier of the feature.")
    return {
        path: _get(
            f"{layer.id}.collection", layer.title, {JSON: _ref("schemas", "Collection")}, tag=layer
        ),
        f"{path}/queryables": _get(
            f"{layer.id}.queryables",
            f"{layer.title}: what to select by",
            {SCHEMA_JSON: {"type": "object"}},
            tag=layer,
        ),
        f"{path}/items": _get(
            f"{layer.id}.items",
            f"{layer.title}: features",
            {GEOJSON: features},
            [*shared, *own],
            layer,
        ),
        f"{path}/items/{{featureId}}": _get(
            f"{layer.id}.feature",
            f"{layer.title}: one feature",
            {GEOJSON: feature},
            [feature_id],
            layer,
            missing=True,
        ),
    }


def _path_of_the_map(rule: str, query: args.Query, root: str) -> dict[str, Any]:
    """Describe an address below ``/api``, which is beside the OGC service and not in it."""
    names = re.findall(r"<(\w+)>", rule)
    parameters = [_in_path(name, "Identifier of the layer.") for name in names]
    for name in (*query.parameters, "lang"):
        reader = args.PARAMETERS[name]
        assert isinstance(reader, args.Described), f"{name} is not described"
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": name in ("from", "to"),
                "description": reader.description,
                "schema": reader.schema,
                "style": "form",
                "explode": False,
            }
        )
    path = re.sub(r"<(\w+)>", r"{\1}", rule)
    return {
        f"/api{path}": {
            "servers": [{"url": root}],
            "get": {
                "operationId": "map" + re.sub(r"\W+", ".", rule).rstrip("."),
                "summary": query.summary,
                "tags": [],
                "parameters": parameters,
                "responses": {
                    "200": {
                        "description": query.summary,
                        "content": {query.media_type: {"schema": {"type": "object"}}},
                    },
                    "400": _ref("responses", "Wrong"),
                    "404": _ref("responses", "Missing"),
                    "500": _ref("responses", "Fault"),
                    "503": _ref("responses", "Busy"),
                },
            },
        }
    }


def _in_path(name: str, description: str) -> Schema:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": _TEXT,
    }


def parameter_object(parameter: Parameter) -> dict[str, Any]:
    """Return the OpenAPI object of a parameter."""
    return {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.description,
        "schema": parameter.schema,
        "style": "form",
        "explode": False,
    }


def _get(
    operation: str,
    summary: str,
    content: Mapping[str, Schema],
    parameters: Iterable[Schema] = (),
    tag: Layer | None = None,
    *,
    missing: bool = False,
) -> dict[str, Any]:
    answers = {media: {"schema": schema} for media, schema in content.items()} | {
        HTML: {"schema": _TEXT}
    }
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag.id] if tag else [],
            "parameters": [*(_ref("parameters", name) for name in PAGE), *parameters],
            "responses": {
                "200": {"description": summary, "content": answers},
                "400": _ref("responses", "Wrong"),
                **({"404": _ref("responses", "Missing")} if missing else {}),
                "500": _ref("responses", "Fault"),
            },
        }
    }
