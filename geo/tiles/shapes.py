"""Lines and areas as tiles: what meets a tile, cut a little beyond its edge, with no more points
than can be seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.tiles import mvt
from geo.tiles.grid import EXTENT, Tile, project

BUFFER = 128
"""Units beyond the edge of a tile at which shapes are cut, so that no edge is seen: 8 of 256
pixels.
"""
TOLERANCE = 8.0
"""Units by which a drawn shape may be off: half a pixel."""


class ShapeTiles:
    """The tiles of a layer of lines or areas; the parameters are those of
    :class:`geo.tiles.points.PointTiles`.
    """

    def __init__(
        self, name: str, shapes: NDArray[np.object_], columns: Mapping[str, Sequence[Any]]
    ) -> None:
        self.name = name
        self._shapes = shapely.transform(shapes, project)
        self._tree = shapely.STRtree(self._shapes)
        self._columns = dict(columns)

    @property
    def nbytes(self) -> int:
        """The memory of the coordinates."""
        return 16 * len(shapely.get_coordinates(self._shapes))

    def encode(self, tile: Tile, wanted: NDArray[np.bool_] | None = None) -> bytes:
        """Write a tile, as :meth:`geo.tiles.points.PointTiles.encode` does."""
        return mvt.layer(self.name, self.features(tile, wanted))

    def features(self, tile: Tile, wanted: NDArray[np.bool_] | None = None) -> list[mvt.Feature]:
        """Return the shapes that meet a tile or its buffer, in the order of the layer."""
        low = (np.array([tile.column, tile.row]) - BUFFER / EXTENT) / 2.0**tile.zoom
        high = (np.array([tile.column, tile.row]) + 1 + BUFFER / EXTENT) / 2.0**tile.zoom
        box = shapely.box(*low, *high)
        rows = np.sort(self._tree.query(box, predicate="intersects"))
        if wanted is not None:
            rows = rows[wanted[rows]]
        cut = shapely.clip_by_rect(self._shapes[rows], *low, *high)
        units = partial(tile.units)
        seen = shapely.simplify(shapely.transform(cut, units), TOLERANCE, preserve_topology=True)
        features = []
        for row, shape in zip(rows.tolist(), seen, strict=True):
            kind, commands = _drawn(shape)
            if commands:
                values = {name: column[row] for name, column in self._columns.items()}
                features.append(mvt.Feature(kind, commands, values))
        return features


def _drawn(shape: shapely.Geometry) -> tuple[int, list[int]]:
    """Return the kind and the commands of a shape in units of its tile; none where only a point of
    it is left.
    """
    parts = shapely.get_parts(shape)
    lines = [_whole(part) for part in parts if isinstance(part, shapely.LineString)]
    if lines:
        return mvt.LINE, mvt.lines(lines)
    polygons = [
        whole
        for part in parts
        if isinstance(part, shapely.Polygon)
        for whole in shapely.get_parts(shapely.make_valid(shapely.transform(part, np.rint)))
        if isinstance(whole, shapely.Polygon) and whole.area
    ]
    return mvt.AREA, mvt.areas(polygons) if polygons else []


def _whole(line: shapely.LineString) -> NDArray[np.int64]:
    """Return the points of a line in whole units, none twice in a row; a line too short for that is
    one unit long.
    """
    points = np.rint(shapely.get_coordinates(line)).astype(np.int64)
    kept = points[np.append(True, np.any(np.diff(points, axis=0), axis=1))]
    return kept if len(kept) > 1 else np.vstack([kept, kept + 1])
