"""Which features of a layer a query asks for, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import InputError
from geo.export.frames import shapes
from geo.schema import Field, Layer
from webapp.i18n import gettext as _
from webapp.ogc import systems
from webapp.ogc.cql import evaluation, reading, times, values
from webapp.ogc.cql.evaluation import Columns
from webapp.ogc.cql.values import Value

CONFORMANCE = (
    *(
        f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{part}"
        for part in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"http://www.opengis.net/spec/cql2/1.0/conf/{part}"
        for part in (
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "array-functions",
            "property-property",
            "arithmetic",
            "cql2-text",
            "cql2-json",
        )
    ),
)
GEOMETRY = "geometry"
"""What the geometry of a feature is called in a filter."""


def matches(frame: gpd.GeoDataFrame, layer: Layer, query: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return which rows meet the box, the time and the filter, and equal every given value; unknown
    equals nothing, no position meets no box, and no date is at every time.

    Raises
    ------
    InputError
        The filter cannot be read, or does not fit the layer.
    """
    meets = np.ones(len(frame), bool)
    for field in plain(layer):
        if field.name == "id" and "id" in query:
            meets &= frame.index == query["id"]
        elif field.name in query:
            equal = frame[field.name] == query[field.name]
            meets &= equal.to_numpy(dtype=bool, na_value=False)
    if "bbox" in query:
        area = query["bbox"]
        shapely.prepare(area)
        meets &= shapely.intersects(area, frame.geometry.to_numpy()) if layer.geometry else False
    if "datetime" in query and layer.has("as_of"):
        during = times.related(
            "t_intersects", times.dated(values.texts(frame["as_of"])), query["datetime"]
        )
        meets &= values.holds(during) | ~during.known
    if "filter" in query:
        meets &= _filtered(frame, layer, query)
    return meets


def _filtered(frame: gpd.GeoDataFrame, layer: Layer, query: Mapping[str, Any]) -> NDArray[np.bool_]:
    system = query.get("filter-crs") or systems.offered()[systems.CRS84]
    try:
        tree = reading.read(query["filter"], query.get("filter-lang", reading.TEXT), len(frame))
        return evaluation.selected(tree, columns(frame, layer), len(frame), system)
    except ValueError as error:
        raise InputError(_("The query has faults:"), [f"filter {error}"]) from None


def ordered(
    frame: gpd.GeoDataFrame, rows: NDArray[np.intp], keys: Iterable[tuple[str, bool]]
) -> NDArray[np.intp]:
    """Sort rows by columns, each upwards or downwards; what is unknown comes last either way, and
    equal rows stay as they were.

    Parameters
    ----------
    keys
        Columns, ``id`` among them, and whether they descend.
    """
    ranks = []
    for name, descends in keys:
        column = frame.index[rows] if name == "id" else frame[name].iloc[rows]
        rank, _known = pd.factorize(column, sort=True)
        ranks.append(np.where(rank < 0, len(rows), -rank if descends else rank))
    return rows[np.lexsort(ranks[::-1])] if ranks else rows


# What a filter may name ---------------------------------------------------------------------------


def fields(layer: Layer) -> list[Field]:
    """Return the fields of which a feature has a value beside its geometry."""
    hidden = ("lon", "lat", "wkt") if layer.geometry else ()
    return [field for field in layer.fields if field.name not in hidden]


def plain(layer: Layer) -> list[Field]:
    """Return the fields that hold one text, number or truth value."""
    return [field for field in fields(layer) if field.type != "list"]


def columns(frame: gpd.GeoDataFrame, layer: Layer) -> Columns:
    """Return how each queryable of a layer is read from its frame."""
    readers: dict[str, Callable[[], Value]] = {
        field.name: partial(_column, frame, field) for field in fields(layer)
    }
    return readers | ({GEOMETRY: partial(_shapes, frame)} if layer.geometry else {})


def _column(frame: gpd.GeoDataFrame, field: Field) -> Value:
    if field.name == "id":
        return values.texts(frame.index)
    if field.type == "boolean":
        return values.truths(frame[field.name])
    number = field.type in ("number", "integer")
    return (values.numbers if number else values.texts)(frame[field.name])


def _shapes(frame: gpd.GeoDataFrame) -> Value:
    held = shapes(frame)
    return Value("shape", held, ~shapely.is_missing(held))
