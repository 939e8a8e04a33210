"""Reference systems of the OGC API (OGC 18-058r1): coordinates in the axis order that the authority
of a system states, and boxes and shapes of any of them as places in WGS 84.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.export.frames import DECIMALS, Shapes
from webapp.i18n import gettext as _
from webapp.readers import shown

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CONFORMANCE = ("http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",)
METRE_DECIMALS = 3
FURTHEST_M = 1e8
"""No coordinate on the Earth is larger in any system here."""
PARTS = 32
"""Into so many the side of a box is divided before it bends into another system."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class System:
    """A reference system by the address that names it; ``north_first`` as its authority writes."""

    uri: str
    epsg: int = crs.WGS84
    north_first: bool = False
    in_degrees: bool = True

    @property
    def decimals(self) -> int:
        return DECIMALS if self.in_degrees else METRE_DECIMALS


@cache
def offered() -> dict[str, System]:
    """Return the systems that may be asked for, by address; the first is that of the layers."""
    systems = [System(CRS84)]
    for code in (crs.WGS84, *(code for code in crs.systems() if code != crs.WGS84)):
        known = crs.known(code)
        north_first = known.axis_info[0].direction.lower() == "north"
        systems.append(System(f"{EPSG}{code}", code, north_first, known.is_geographic))
    return {system.uri: system for system in systems}


def read(text: str) -> System:
    """Find a system by its address."""
    if text not in offered():
        raise ValueError(
            _(
                "“%(text)s” is not one of the systems of this service, such as %(example)s",
                text=shown(text.removeprefix(EPSG)),
                example=f"{EPSG}4326",
            )
        )
    return offered()[text]


# Into WGS 84 --------------------------------------------------------------------------------------


def area(numbers: Sequence[float], system: System) -> shapely.Geometry:
    """Return the place of a box.

    Parameters
    ----------
    numbers
        Four, or six with heights, which are left aside: the least of each axis, in the order of
        the system, and then the greatest. In degrees, west may lie east of east across the
        antimeridian.
    """
    half = len(numbers) // 2
    low, high = list(numbers[:2]), list(numbers[half : half + 2])
    if half == 3 and numbers[2] > numbers[5]:
        raise ValueError(_("has its south above its north, or its low above its high"))
    if system.north_first:
        low.reverse()
        high.reverse()
    (west, south), (east, north) = low, high
    if south > north:
        raise ValueError(_("has its south above its north, or its low above its high"))
    if west > east and not system.in_degrees:
        raise ValueError(_("has its west east of its east"))
    return _placed(_area((west, south, east, north)), system)


def _area(box: Box) -> shapely.Geometry:
    """Build the shape of a box; a box without width or height is a line or a point, and still meets
    what lies on it.
    """
    west, south, east, north = box
    if west > east:
        return shapely.union_all(
            [
                _area((west, south, 180.0, north)) if west <= 180 else None,
                _area((-180.0, south, east, north)) if east >= -180 else None,
            ]
        )
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def place(shape: shapely.Geometry, system: System) -> shapely.Geometry:
    """Return the place of a shape that is written in a system; `ValueError` where a coordinate does
    not lie on the Earth.
    """
    if system.north_first:
        shape = shapely.transform(shape, lambda points: points[:, ::-1])
    if system.in_degrees:
        points = np.abs(shapely.get_coordinates(shape))
        if not (points <= (180, 90)).all():
            raise ValueError(_("has coordinates that do not lie on the Earth"))
    return _placed(shape, system)


def _placed(shape: shapely.Geometry, system: System) -> shapely.Geometry:
    if system.epsg == crs.WGS84:
        return shape
    bounds = shapely.bounds(shape)
    longest = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    if not max(map(abs, bounds)) < FURTHEST_M:
        raise ValueError(_("has coordinates that do not lie on the Earth"))
    fine = shapely.segmentize(shape, longest / PARTS) if longest > 0 else shape
    placed = shapely.transform(
        fine, lambda points: crs.transform(points, source=system.epsg, target=crs.WGS84)
    )
    points = np.abs(shapely.get_coordinates(placed))
    if not (np.isfinite(points) & (points <= (180, 90))).all():
        raise ValueError(_("has coordinates that do not lie on the Earth"))
    return placed


# Out of WGS 84 ------------------------------------------------------------------------------------


def written(shapes: Shapes, system: System) -> Shapes:
    """Write places in a system, rounded, in its axis order; one that it does not reach is None."""
    if system.uri == CRS84:
        return shapes

    def change(points: NDArray[np.float64]) -> NDArray[np.float64]:
        if system.epsg != crs.WGS84:
            points = crs.transform(points, source=crs.WGS84, target=system.epsg)
        points = np.where(np.isfinite(points), np.round(points, system.decimals), np.nan)
        return points[:, ::-1] if system.north_first else points

    changed: Shapes = shapely.transform(shapes, change)
    points, owner = shapely.get_coordinates(changed, return_index=True)
    changed[owner[np.isnan(points).any(axis=1)]] = None
    return changed
