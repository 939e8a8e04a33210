"""JSON schemas of the answers of the OGC API, built from the table of layers."""

from __future__ import annotations

from collections.abc import Iterable

from geo.schema import Field, Layer
from webapp.ogc import selection
from webapp.readers import Schema


def ref(name: str, kind: str = "schemas") -> Schema:
    """Point at a part of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def _object(properties: Schema, *, optional: Iterable[str] = ()) -> Schema:
    return {
        "type": "object",
        "required": [name for name in properties if name not in set(optional)],
        "properties": properties,
    }


def _array(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


def _word(text: str) -> Schema:
    return {"type": "string", "enum": [text]}


def _shape(name: str, coordinates: Schema) -> Schema:
    return _object({"type": _word(name), "coordinates": coordinates}) | {"nullable": True}


CONFORMANCE = tuple(
    f"http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/{part}"
    for part in (
        "schemas",
        "core-roles-features",
        "returnables-and-receivables",
        "queryables",
        "sortables",
    )
)
TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_POSITION = _array({"type": "number"}, minItems=2, maxItems=3)
_LINKS = _array(ref("Link"))
SCHEMAS: dict[str, Schema] = {
    "Link": _object(
        dict.fromkeys(("href", "rel", "type", "title", "hreflang"), TEXT),
        optional=("type", "title", "hreflang"),
    ),
    "Exception": _object(
        {"code": {"oneOf": [TEXT, {"type": "integer"}]}, "description": TEXT},
        optional=("description",),
    ),
    "Landing": _object({"title": TEXT, "description": TEXT, "links": _LINKS}),
    "Conformance": _object({"conformsTo": _array(TEXT)}),
    "Collections": _object(
        {"links": _LINKS, "crs": _array(TEXT), "collections": _array(ref("Collection"))}
    ),
    "Collection": _object(
        {
            **dict.fromkeys(("id", "title", "description", "attribution"), TEXT),
            "extent": {"type": "object"},
            "itemType": _word("feature"),
            "crs": _array(TEXT),
            "storageCrs": TEXT,
            "links": _LINKS,
        },
        optional=("attribution", "extent", "storageCrs"),
    ),
    "Point": _shape("Point", _POSITION),
    "LineString": _shape("LineString", _array(_POSITION, minItems=2)),
    "JsonFg": _object(
        {
            "conformsTo": _array(TEXT),
            "coordRefSys": TEXT,
            "time": {"type": "object", "nullable": True},
            "place": {"type": "object", "nullable": True},
        },
        optional=("time", "place"),
    ),
    "NoGeometry": {"type": "object", "nullable": True, "enum": [None]},
}
"""Those of every data package."""


def describe(field: Field) -> str:
    """Return what a field is, with its unit."""
    return field.described()


def of_value(field: Field) -> Schema:
    """Return the JSON schema of a known value."""
    schema: Schema = {"type": "string" if field.type == "list" else field.type}
    if field.allowed and field.type == "string":
        schema["enum"] = list(field.allowed)
    elif field.pattern:
        schema["pattern"] = f"^(?:{field.pattern})$"
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    return schema | {name: limit for name, limit in limits.items() if limit is not None}


def of_field(field: Field) -> Schema:
    """Return the JSON schema of a known value with its title and description."""
    return {"title": field.title, "description": describe(field)} | of_value(field)


def queryables(layer: Layer, url: str) -> Schema:
    """Return the JSON schema of what the items of a layer can be selected by (OGC 19-079r2)."""
    properties = {field.name: _queryable(field) for field in selection.fields(layer)}
    return _schema(layer, url, properties | _geometry(layer))


def sortables(layer: Layer, url: str) -> Schema:
    """Return the JSON schema of what the items of a layer can be sorted by."""
    properties = {field.name: of_field(field) for field in selection.plain(layer)}
    return _schema(layer, url, properties)


def returnables(layer: Layer, url: str) -> Schema:
    """Return the JSON schema of what the items of a layer hold (OGC 23-058r2), in the order of the
    layer: QGIS sorts the columns by name without it.
    """
    fields = selection.fields(layer)
    roles = {"id": {"x-ogc-role": "id", "readOnly": True}}
    properties = {
        field.name: of_field(field) | {"x-ogc-propertySeq": place} | roles.get(field.name, {})
        for place, field in enumerate(fields, 1)
    }
    required = [field.name for field in fields if field.required]
    return _schema(layer, url, properties | _geometry(layer)) | {"required": required}


def _schema(layer: Layer, url: str, properties: Schema) -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": url,
        "type": "object",
        "title": layer.title,
        "properties": properties,
        "additionalProperties": False,
    }


def _queryable(field: Field) -> Schema:
    """Describe a field as a filter sees it: a list is an array of texts there."""
    schema = of_field(field)
    if field.type != "list":
        return schema
    items = TEXT | ({"enum": list(field.allowed)} if field.allowed else {})
    about = {name: schema[name] for name in ("title", "description")}
    return about | {"type": "array", "items": items}


def _geometry(layer: Layer) -> Schema:
    if layer.geometry is None:
        return {}
    form = f"geometry-{layer.geometry.lower()}"
    about = {"title": "Geometry", "format": form, "x-ogc-role": "primary-geometry"}
    return {selection.GEOMETRY: about}


def of_layer(layer: Layer) -> dict[str, Schema]:
    """Return the JSON schemas of a feature of a layer, and of several."""
    feature = f"Feature-{layer.id}"
    hidden = {"id", "lon", "lat", "wkt"} if layer.geometry else {"id"}
    fields = [field for field in layer.fields if field.name not in hidden]
    return {
        feature: _object(
            {
                "type": _word("Feature"),
                "id": TEXT,
                "geometry": ref(layer.geometry or "NoGeometry"),
                "properties": _object({field.name: _property(field) for field in fields}),
                "links": _LINKS,
            },
            optional=("links",),
        ),
        f"FeatureCollection-{layer.id}": _object(
            {
                "type": _word("FeatureCollection"),
                "bbox": _array({"type": "number"}, minItems=4, maxItems=4),
                "timeStamp": {"type": "string", "format": "date-time"},
                "numberMatched": _COUNT,
                "numberReturned": _COUNT,
                "links": _LINKS,
                "features": _array(ref(feature)),
            },
            optional=("bbox",),
        ),
    }


def _property(field: Field) -> Schema:
    schema = of_field(field)
    if not field.required:
        schema["nullable"] = True
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema
