"""GeoJSON (RFC 7946)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.export.about import MEMBER, About
from geo.export.frames import (
    DECIMALS,
    ROWS_AT_ONCE,
    Shapes,
    columns,
    has_geometry,
    rounded,
    shapes,
)

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
MANY = 200
"""Corners from which on a polygon is written ring by ring."""
MOST_KEPT = 32_000
"""Features of a layer that are kept serialised: some 30 MB. Those of a larger one are serialised
when a page of them is asked for.
"""


def features(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Make GeoJSON features, in the order of the rows; :func:`to_json` serialises them.

    The index named ``id`` gives their ids. The frame must be in WGS 84; coordinates are rounded,
    rings turn right-handed, and a table has null geometry."""
    geometry: list[orjson.Fragment | None] = [None] * len(frame)
    if has_geometry(frame):
        text = _texts(rounded(shapely.orient_polygons(shapes(frame))))
        geometry = [None if shape is None else orjson.Fragment(shape) for shape in text]
    values = columns(frame)
    ids = values.pop("id") if frame.index.name == "id" else None
    rows = zip(*values.values(), strict=True) if values else ((),) * len(frame)
    collected: list[dict[str, Any]] = [
        {"type": "Feature", "geometry": shape, "properties": dict(zip(values, row, strict=True))}
        for shape, row in zip(geometry, rows, strict=True)
    ]
    if ids is None:
        return collected
    return [
        {"type": "Feature", "id": str(key)} | feature
        for key, feature in zip(ids, collected, strict=True)
    ]


def _texts(shapes: Shapes) -> list[str | bytes | None]:
    """Write geometries as GeoJSON; those of many corners ring by ring, which takes a third of the
    time.
    """
    many = shapely.get_num_coordinates(shapes) >= MANY
    many &= np.isin(shapely.get_type_id(shapes), POLYGONS) & ~shapely.has_z(shapes)
    few = shapes.copy()
    few[many] = None
    texts: list[str | bytes | None] = shapely.to_geojson(few).tolist()
    for row in np.flatnonzero(many).tolist():
        _type, corners, ends = shapely.to_ragged_array(shapes[[row]])
        rings = [corners[a:b] for a, b in pairwise(ends[0].tolist())]
        texts[row] = orjson.dumps(
            {
                "type": "Polygon" if len(ends) == 2 else "MultiPolygon",
                "coordinates": rings
                if len(ends) == 2
                else [rings[a:b] for a, b in pairwise(ends[1].tolist())],
            },
            option=orjson.OPT_SERIALIZE_NUMPY,
        )
    return texts


def bbox(frame: pd.DataFrame) -> list[float] | None:
    """Return west, south, east, north of a frame in WGS 84, rounded like the coordinates; None
    where nothing has a position."""
    return _bbox(shapes(frame)) if has_geometry(frame) else None


def _bbox(shapes: Shapes) -> list[float] | None:
    if not len(shapes):
        return None
    bounds = shapely.total_bounds(shapes)
    return [round(float(edge), DECIMALS) for edge in bounds] if np.isfinite(bounds).all() else None


class Serialized:
    """The features of a frame as JSON, serialised once; pages of them are joined, not made.

    Parameters
    ----------
    frame
        As :func:`features` takes it. It must not change afterwards.

    Attributes
    ----------
    frame
        What the features are of.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self._shapes = shapes(frame) if has_geometry(frame) else None
        self._parts: list[orjson.Fragment] | None = None
        if len(frame) <= MOST_KEPT:
            self._parts = [orjson.Fragment(to_json(feature)) for feature in features(frame)]

    def of(self, rows: NDArray[np.int64]) -> list[Any]:
        """Return the features of some rows, by their numbers, for :func:`to_json`."""
        if self._parts is None:
            return features(self.frame.iloc[rows])
        return [self._parts[row] for row in rows.tolist()]

    def bbox(self, rows: NDArray[np.int64]) -> list[float] | None:
        """Return what :func:`bbox` returns for some rows."""
        return None if self._shapes is None else _bbox(self._shapes[rows])


def to_json(document: Any) -> bytes:
    """Serialise a document that may hold :func:`features`; NaN becomes null."""
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def parts(frame: pd.DataFrame, about: About) -> Iterator[bytes]:
    """Write a collection with its facts, some features at a time."""
    yield _head(about, bbox(frame))
    for at in range(0, len(frame), ROWS_AT_ONCE):
        block = to_json(features(frame.iloc[at : at + ROWS_AT_ONCE]))
        yield (b"," if at else b"") + block[1:-1]
    yield b"]}"


def collection(shapes: Shapes, rows: Sequence[Mapping[str, Any]], about: About) -> bytes:
    """Write a collection as :func:`parts` does for a frame of those shapes (WGS 84) and rows, which
    hold plain values; :func:`geo.export.write` refuses what is infinite.
    """
    there = shapes.copy()
    there[shapely.is_empty(shapes)] = None
    texts = _texts(rounded(shapely.orient_polygons(there)))
    written = [
        to_json(
            {
                "type": "Feature",
                "geometry": None if text is None else orjson.Fragment(text),
                "properties": row,
            }
        )
        for text, row in zip(texts, rows, strict=True)
    ]
    total = len(rows) if about.total is None else about.total
    return joined(written, replace(about, count=len(rows), total=total), _bbox(there))


def joined(features: Iterable[bytes], about: About, box: list[float] | None) -> bytes:
    """Write a collection of features that are serialised already, as :func:`parts` does; `box` is
    what :func:`bbox` returns of them.
    """
    return b"".join([_head(about, box), b",".join(features), b"]}"])


def _head(about: About, box: list[float] | None) -> bytes:
    head = {"type": "FeatureCollection", MEMBER: about.facts()} | ({"bbox": box} if box else {})
    return to_json(head).removesuffix(b"}") + b',"features":['
