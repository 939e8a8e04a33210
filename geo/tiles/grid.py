"""The grid of Web Mercator tiles, WebMercatorQuad of OGC 17-083r4: at each zoom, the world is a
square of twice as many tiles on a side, counted from the north-west.

Positions on it are shares of the side of that square, x to the east and y to the south. What lies
beyond its edge in the north or south is moved onto it, so that no feature is lost."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError, Message, NotFoundError

MOST_ZOOM = 24
"""The deepest zoom of WebMercatorQuad."""
EXTENT = 4096
"""Units on a side of a tile, in which its coordinates are whole numbers."""
HALF_WORLD_M = 20037508.342789244
"""Half the side of the square in metres of EPSG:3857. Source: OGC 17-083r4, annex D.1."""
SCALE_0 = 559082264.028717
"""Denominator of the scale of zoom 0. Source: OGC 17-083r4, annex D.1."""
_MOST_LAT = np.degrees(np.arctan(np.sinh(np.pi)))
_INSIDE = np.nextafter(1.0, 0.0)
_NUMBER = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


@dataclass(frozen=True)
class Tile:
    """A tile: its zoom, its column from the west and its row from the north."""

    zoom: int
    column: int
    row: int

    @classmethod
    def read(cls, zoom: str, column: str, row: str) -> Tile:
        """Read a tile from the parts of an address.

        Raises
        ------
        InputError
            A part is not a whole number.
        NotFoundError
            The grid has no such tile.
        """
        for text in (zoom, column, row):
            if not _NUMBER.fullmatch(text):
                wrong = {"text": text[:20]}
                raise InputError(
                    Message("“%(text)s” is not the number of a zoom, row or column.", wrong)
                )
        tile = cls(int(zoom), int(column), int(row))
        if tile.zoom > MOST_ZOOM or max(tile.column, tile.row) >= 1 << tile.zoom:
            values = {"zoom": zoom, "column": column, "row": row}
            raise NotFoundError(
                Message(
                    "There is no tile in column %(column)s and row %(row)s of zoom %(zoom)s.",
                    values,
                )
            )
        return tile

    def units(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return positions on the grid, (n, 2), in units of this tile."""
        return (xy * 2.0**self.zoom - (self.column, self.row)) * EXTENT


def project(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where points in WGS 84, (n, 2), lie on the grid: from 0 up to but not including 1."""
    lon, lat = lonlat[:, 0], np.clip(lonlat[:, 1], -_MOST_LAT, _MOST_LAT)
    x = lon / 360 + 0.5
    y = 0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)
    return np.clip(np.column_stack([x, y]), 0.0, _INSIDE)


def unproject(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points in WGS 84, (n, 2), of positions on the grid."""
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * xy[:, 1]))))
    return np.column_stack([360 * (xy[:, 0] - 0.5), lat])
