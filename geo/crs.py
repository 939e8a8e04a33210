"""Every change of coordinate reference system, and geodesic length, distance and area.

Layers live in WGS 84 (EPSG:4326), longitude before latitude. Another system is entered or left only
through this module, and always by way of WGS 84: PROJ takes VN-2000 to CGCS2000 directly as “no
change”, which is wrong by some 225 m."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pyproj.database
import pyproj.enums
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError, Message

if TYPE_CHECKING:
    import geopandas as gpd

WGS84 = 4326

SYSTEMS: dict[int, str] = {
    4326: "WGS 84, degrees",
    4490: "CGCS2000, degrees",
    4545: "CGCS2000 / 3-degree Gauss-Kruger CM 108E",
    4756: "VN-2000, degrees",
    3405: "VN-2000 / UTM zone 48N",
    3406: "VN-2000 / UTM zone 49N",
    5899: "VN-2000 / TM-3 107-45 (Quang Ninh)",
    9208: "VN-2000 / TM-3 104-45 (Lao Cai)",
    9210: "VN-2000 / TM-3 105-45 (Hai Phong, Cao Bang)",
    9215: "VN-2000 / TM-3 107-15 (Lang Son)",
    32648: "WGS 84 / UTM zone 48N",
    32649: "WGS 84 / UTM zone 49N",
}
"""Systems offered on screen and command line, by EPSG code. Any other code that PROJ knows is
accepted too.
"""


@cache
def systems() -> dict[int, str]:
    """Return the systems in which a position here may be written, by EPSG code: those on offer, and
    all zones of their kind.
    """
    zones = pyproj.database.query_crs_info("EPSG", pyproj.enums.PJType.PROJECTED_CRS)
    kinds = ("VN-2000 / ", "CGCS2000 / 3-degree Gauss-Kruger CM")
    return SYSTEMS | {
        int(zone.code): zone.name
        for zone in zones
        if zone.name.startswith(kinds) and int(zone.code) not in SYSTEMS
    }


@cache
def projected() -> tuple[int, ...]:
    """Return the systems on offer that are in metres."""
    return tuple(code for code in SYSTEMS if known(code).is_projected)


@cache
def geodesic() -> pyproj.Geod:
    """Return the WGS 84 ellipsoid, on which every length and area is computed."""
    return pyproj.Geod(ellps="WGS84")


def distance_m(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Measure the geodesic distance between points, pair by pair.

    Parameters
    ----------
    a, b
        (..., 2) WGS 84; the shapes are broadcast against each other. A NaN gives NaN.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if (
        a.size == b.size == 2
    ):  # one pair, as on a click: without arrays it takes a tenth of the time
        ends = (*a.ravel().tolist(), *b.ravel().tolist())
        apart = geodesic().inv(*ends)[2] if all(map(math.isfinite, ends)) else math.nan
        return np.full(np.broadcast_shapes(a.shape, b.shape)[:-1], apart)
    a, b = np.broadcast_arrays(a, b)
    there = np.isfinite(a).all(axis=-1) & np.isfinite(b).all(axis=-1)
    distance = np.full(a.shape[:-1], np.nan)
    if there.any():
        distance[there] = geodesic().inv(a[there, 0], a[there, 1], b[there, 0], b[there, 1])[2]
    return distance


def area_ha(polygons: Iterable[BaseGeometry | None]) -> NDArray[np.float64]:
    """Measure the geodesic area of polygons (WGS 84) in hectares, whatever their orientation; NaN
    for missing geometry.
    """
    areas = [
        np.nan
        if shape is None
        else abs(geodesic().geometry_area_perimeter(shapely.orient_polygons(shape))[0]) / 10_000
        for shape in polygons
    ]
    return np.array(areas, float)


def transform(lonlat_or_xy: ArrayLike, *, source: int, target: int) -> NDArray[np.float64]:
    """Change the reference system of points, by way of WGS 84.

    Parameters
    ----------
    lonlat_or_xy
        (n, 2) in the order east, north, whatever axis order the system itself names.
    source, target
        EPSG codes.

    Raises
    ------
    InputError
        A code that PROJ does not know, or a pair for which only a rough (“ballpark”) change is
        known.

    Source
    ------
    VN-2000 to WGS 84: seven parameters, EPSG:6960, applied by PROJ. CGCS2000 and WGS 84 are both
    realisations of the ITRS and are taken as the same (EPSG:4490 is aligned to ITRF97 at epoch
    2000.0; they differ by decimetres)."""
    points = np.asarray(lonlat_or_xy, float)
    for step_from, step_to in ((source, WGS84), (WGS84, target)):
        if step_from != step_to:
            east, north = _transformer(step_from, step_to).transform(points[:, 0], points[:, 1])
            points = np.column_stack([east, north])
    return points


@cache
def _transformer(source: int, target: int) -> pyproj.Transformer:
    try:
        systems = pyproj.CRS(source), pyproj.CRS(target)
        if not all(system.is_geographic or system.is_projected for system in systems):
            raise InputError(
                Message(
                    "EPSG:%(source)s is not a system of positions on the ground.",
                    {"source": source if target == WGS84 else target},
                )
            )
        same = any(
            system.datum is not None and system.datum.name == "China 2000" for system in systems
        )
        return pyproj.Transformer.from_crs(source, target, always_xy=True, allow_ballpark=same)
    except pyproj.exceptions.ProjError as error:
        raise InputError(
            Message(
                "There is no way from EPSG:%(source)s to EPSG:%(target)s: %(reason)s",
                {"source": source, "target": target, "reason": str(error).splitlines()[0]},
            )
        ) from None


@cache
def known(epsg: int) -> pyproj.CRS:
    """Look a system up; `InputError` where PROJ does not know the code."""
    try:
        return pyproj.CRS(epsg)
    except pyproj.exceptions.CRSError:
        raise InputError(
            Message("There is no reference system EPSG:%(epsg)s.", {"epsg": epsg})
        ) from None


def transform_frame(frame: gpd.GeoDataFrame, target: int) -> gpd.GeoDataFrame:
    """Change the reference system of a layer; the index and all columns are kept.

    ``GeoDataFrame.to_crs`` would accept a ballpark change and go straight from VN-2000 to CGCS2000;
    this does neither.

    Raises
    ------
    InputError
        The frame names no reference system, or as :func:`transform`.
    """
    if frame.crs is None:
        raise InputError(Message("The layer names no coordinate reference system."))
    source = frame.crs.to_epsg()
    if source is None:
        raise InputError(
            Message("The reference system “%(name)s” has no EPSG code.", {"name": frame.crs.name})
        )
    if source == target:
        return frame.copy()
    shapes = shapely.transform(
        frame.geometry.to_numpy(), lambda xy: transform(xy, source=source, target=target)
    )
    return frame.set_geometry(frame.geometry.__class__(shapes, index=frame.index, crs=target))


def mercator(lonlat: ArrayLike) -> NDArray[np.float64]:
    """Project to the sphere's Mercator, in radians: keeps angles, so the nearest line there is the
    nearest on the ground.
    """
    lonlat = np.asarray(lonlat, float)
    return np.stack(
        [np.radians(lonlat[..., 0]), np.arcsinh(np.tan(np.radians(lonlat[..., 1])))], axis=-1
    )


def from_mercator(xy: ArrayLike) -> NDArray[np.float64]:
    """Undo :func:`mercator`."""
    xy = np.asarray(xy, float)
    return np.stack([np.degrees(xy[..., 0]), np.degrees(np.arctan(np.sinh(xy[..., 1])))], axis=-1)


# Maps of China ------------------------------------------------------------------------------------

_AXIS, _ECCENTRICITY = 6_378_245.0, 0.006_693_421_622_965_943
_TURN = math.pi * 3000.0 / 180.0
_SHIFTED = np.array(((72.004, 0.8293), (137.8347, 55.8271)))
"""The rectangle in which Chinese maps are shifted: West and South, East and North."""
_ROUNDS = 12
"""Each round of undoing a shift leaves a thousandth of the error."""


def to_gcj02(lonlat: ArrayLike) -> NDArray[np.float64]:
    """Shift WGS 84 as Chinese online maps do (GCJ-02), by some 500 m.

    Source
    ------
    The formulas that are public since 2010 (“eviltransform” and others), on the ellipsoid of
    Krasovsky; the law has not published them."""
    lonlat = np.asarray(lonlat, float)
    x, y = lonlat[..., 0] - 105.0, lonlat[..., 1] - 35.0
    root, pi = np.sqrt(np.abs(x)), np.pi
    waves = (20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi)) * 2 / 3
    lat = np.radians(lonlat[..., 1])
    bulge = 1 - _ECCENTRICITY * np.sin(lat) ** 2
    meridian = _AXIS * (1 - _ECCENTRICITY) / bulge**1.5
    shift = np.degrees(
        np.stack([east / (_AXIS / np.sqrt(bulge) * np.cos(lat)), north / meridian], axis=-1)
    )
    within = ((lonlat >= _SHIFTED[0]) & (lonlat <= _SHIFTED[1])).all(axis=-1, keepdims=True)
    return np.where(within, lonlat + shift, lonlat)


def to_bd09(lonlat: ArrayLike) -> NDArray[np.float64]:
    """Shift WGS 84 as Baidu's maps do (BD-09): GCJ-02, and some 600 m more; source as
    :func:`to_gcj02`.
    """
    gcj = to_gcj02(lonlat)
    x, y = gcj[..., 0], gcj[..., 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _TURN)
    return np.stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006], axis=-1)


def from_gcj02(lonlat: ArrayLike) -> NDArray[np.float64]:
    """Undo :func:`to_gcj02`."""
    return _undone(lonlat, to_gcj02)


def from_bd09(lonlat: ArrayLike) -> NDArray[np.float64]:
    """Undo :func:`to_bd09`."""
    return _undone(lonlat, to_bd09)


def _undone(
    lonlat: ArrayLike, shift: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    shifted = np.asarray(lonlat, float)
    plain = shifted.copy()
    for _ in range(_ROUNDS):
        plain += shifted - shift(plain)
    return plain
