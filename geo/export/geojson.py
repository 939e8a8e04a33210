"""GeoJSON (RFC 7946)."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pandas as pd
import shapely

from geo.export.about import MEMBER, About
from geo.export.frames import DECIMALS, columns, has_geometry, rounded, shapes


def features(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Make GeoJSON features, in the order of the rows; :func:`to_json` serialises them.

    The index named ``id`` gives their ids. The frame must be in WGS 84; coordinates are rounded,
    rings turn right-handed, and a table has null geometry."""
    geometry: list[orjson.Fragment | None] = [None] * len(frame)
    if has_geometry(frame):
        text = shapely.to_geojson(rounded(shapely.orient_polygons(shapes(frame))))
        geometry = [None if shape is None else orjson.Fragment(shape) for shape in text]
    values = columns(frame)
    ids = values.pop("id") if frame.index.name == "id" else None
    rows = zip(*values.values(), strict=True) if values else ((),) * len(frame)
    made: list[dict[str, Any]] = [
        {"type": "Feature", "geometry": shape, "properties": dict(zip(values, row, strict=True))}
        for shape, row in zip(geometry, rows, strict=True)
    ]
    if ids is None:
        return made
    return [
        {"type": "Feature", "id": str(key)} | feature
        for key, feature in zip(ids, made, strict=True)
    ]


def bbox(frame: pd.DataFrame) -> list[float] | None:
    """Return west, south, east, north of a frame in WGS 84, rounded like the coordinates; None
    where nothing has a position."""
    if not has_geometry(frame) or frame.empty:
        return None
    bounds = shapely.total_bounds(shapes(frame))
    return [round(float(edge), DECIMALS) for edge in bounds] if np.isfinite(bounds).all() else None


def to_json(document: Any) -> bytes:
    """Serialise a document that may hold :func:`features`; NaN becomes null."""
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def write(frame: pd.DataFrame, about: About) -> bytes:
    """Write a collection with its facts."""
    box = bbox(frame)
    head = {"type": "FeatureCollection", MEMBER: about.facts()} | ({"bbox": box} if box else {})
    return to_json(head | {"features": features(frame)})
