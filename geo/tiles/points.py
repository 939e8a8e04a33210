"""Points as tiles. Where many lie close together, a tile holds a mark that says how many.

The points lie in the order of a curve along which those of any tile, and of any square that halving
its side makes of it, stand together (Morton's): a tile is a slice of arrays, and so is a
cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.tiles import mvt
from geo.tiles.grid import EXTENT, Tile, project

LEVELS = 30
"""Halvings of the world's side that the order of the points tells apart: 4 cm."""
CELL_LEVELS = 2
"""Halvings of a tile's side down to a cell, whose points make one cluster: 64 of 256 pixels."""
ALONE_ZOOM = 12
"""From this zoom on points stand alone where a cell holds at most ``MOST_IN_CELL`` of them."""
MOST_IN_CELL = 25
"""As many marks of 13 pixels as have room in a cell."""
DEEPEST_ZOOM = 17
"""From this zoom on every point stands alone; the map goes no deeper."""
_MARGIN = EXTENT >> (CELL_LEVELS + 2)
"""A cluster keeps so far from the edge of its cell, so that no two lie over each other."""


class PointTiles:
    """The tiles of a layer of points.

    Parameters
    ----------
    name
        What the layer is called in a tile.
    shapes
        Its points in WGS 84; one without a position is in no tile.
    columns
        Values of the points by column, in the same order.
    """

    def __init__(
        self, name: str, shapes: NDArray[np.object_], columns: Mapping[str, Sequence[Any]]
    ) -> None:
        self.name = name
        placed = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        xy = project(shapely.get_coordinates(shapes[placed]))
        keys = _key((xy * 2.0**LEVELS).astype(np.int64))
        order = np.argsort(keys, kind="stable")
        self._rows, self._keys, self._xy = placed[order], keys[order], xy[order]
        self._columns = dict(columns)

    @property
    def nbytes(self) -> int:
        """The memory of the arrays."""
        return self._rows.nbytes + self._keys.nbytes + self._xy.nbytes

    def encode(self, tile: Tile, wanted: NDArray[np.bool_] | None = None) -> bytes:
        """Write a tile; empty where nothing is in it.

        Parameters
        ----------
        wanted
            Which rows of the layer are shown; None for all.
        """
        return mvt.layer(self.name, self.features(tile, wanted))

    def features(self, tile: Tile, wanted: NDArray[np.bool_] | None = None) -> list[mvt.Feature]:
        """Return what a tile shows: points with their values, and clusters with the ``count`` of
        their points and the ``zoom`` at which they part. Every point is in one tile of a zoom.
        """
        ends = (_key(np.array([[tile.column, tile.row]]))[0] + np.array([0, 1])) << 2 * (
            LEVELS - tile.zoom
        )
        low, high = np.searchsorted(self._keys, ends)
        at = np.arange(low, high)
        if wanted is not None:
            at = at[wanted[self._rows[low:high]]]
        if not len(at):
            return []
        cells = self._keys[at] >> 2 * (LEVELS - CELL_LEVELS - tile.zoom)
        firsts = np.flatnonzero(np.diff(cells, prepend=-1))
        counts = np.diff(firsts, append=len(at))
        alone = np.repeat(_alone(tile.zoom, counts), counts)
        units = np.clip(np.floor(tile.units(self._xy[at])), 0, EXTENT - 1)
        features = [
            mvt.Feature(mvt.POINT, mvt.point(int(x), int(y)), self._properties(row))
            for (x, y), row in zip(units[alone], self._rows[at[alone]].tolist(), strict=True)
        ]
        gathered = ~alone[firsts]
        middles = np.add.reduceat(units, firsts, axis=0) / counts[:, None]
        keys = self._keys[at]
        for first, count, middle in zip(
            firsts[gathered].tolist(),
            counts[gathered].tolist(),
            _inside(middles[gathered]).tolist(),
            strict=True,
        ):
            zoom = _parting(int(keys[first]), int(keys[first + count - 1]), count)
            values = {"count": count, "zoom": max(zoom, tile.zoom + 1)}
            features.append(mvt.Feature(mvt.POINT, mvt.point(*middle), values))
        return features

    def _properties(self, row: int) -> dict[str, Any]:
        return {name: values[row] for name, values in self._columns.items()}


def _alone(zoom: int, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return of which cells the points stand alone."""
    most = MOST_IN_CELL if zoom >= ALONE_ZOOM else 1
    return (counts <= most) | (zoom >= DEEPEST_ZOOM)


def _parting(first: int, last: int, count: int) -> int:
    """Return the zoom at which a cluster parts, from the least and the largest key of its points
    and their number.
    """
    levels = LEVELS - ((first ^ last).bit_length() - 1) // 2 if first != last else LEVELS
    deepest = ALONE_ZOOM if count <= MOST_IN_CELL else DEEPEST_ZOOM
    return min(levels - CELL_LEVELS, deepest)


def _inside(middles: NDArray[np.float64]) -> NDArray[np.int64]:
    """Move the marks of clusters away from the edges of their cells."""
    side = EXTENT >> CELL_LEVELS
    corners = middles // side * side
    return np.clip(middles, corners + _MARGIN, corners + side - _MARGIN).astype(np.int64)


def _key(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of squares, (n, 2) column and row, along the curve: their bits in turn."""
    return _spread(cells[:, 0]) | _spread(cells[:, 1]) << 1


def _spread(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put a zero before each bit of numbers of up to 31 bits."""
    spread = numbers.astype(np.int64)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        spread = (spread | spread << shift) & mask
    return spread
