from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from geo import crs
from geo.errors import InputError

PLACE = np.array([[107.4, 21.2]])
VIETNAMESE = [code for code, name in crs.SYSTEMS.items() if name.startswith("VN-2000")]


@pytest.mark.parametrize("code", VIETNAMESE)
def test_vn2000_lies_225_m_from_wgs84(code: int) -> None:
    """The same numbers mean a place 224.6 m away in VN-2000: the official seven parameters are
    applied in every zone.
    """
    assert crs.distance_m(PLACE, crs.transform(PLACE, source=4756, target=4326)) == pytest.approx(
        224.6, abs=0.2
    )
    by_degrees = crs.transform(
        crs.transform(PLACE, source=4326, target=4756), source=4756, target=code
    )
    np.testing.assert_allclose(
        crs.transform(PLACE, source=4326, target=code), by_degrees, atol=1e-3
    )


@pytest.mark.parametrize("code", crs.SYSTEMS)
def test_round_trip_stays_below_a_millimetre(code: int) -> None:
    """Into a system and back gives the same place, for every system we offer."""
    back = crs.transform(crs.transform(PLACE, source=4326, target=code), source=code, target=4326)
    assert crs.distance_m(PLACE, back) < 0.001


@pytest.mark.parametrize("code", [4490, 4545])
def test_vn2000_to_cgcs2000_moves_the_point(code: int) -> None:
    """PROJ alone takes this for “no change”; by way of WGS 84 it is the same 224.6 m."""
    there = crs.transform(PLACE, source=4756, target=code)
    lonlat = there if code == 4490 else crs.transform(there, source=code, target=4490)
    assert crs.distance_m(PLACE, lonlat) == pytest.approx(224.6, abs=0.2)


@pytest.mark.parametrize("code", [999999, 0, -1])
def test_unknown_code_is_refused(code: int) -> None:
    """A code that PROJ does not know is an error with a sentence, not a crash."""
    with pytest.raises(InputError, match="EPSG"):
        crs.transform(PLACE, source=code, target=4326)


def test_frame_keeps_index_and_columns() -> None:
    """A layer comes out on the same index, with its columns, in the new system, and the argument is
    left alone.
    """
    frame = gpd.GeoDataFrame(
        {"name": ["a", "b"]},
        geometry=gpd.points_from_xy([107.4, 107.5], [21.2, 21.1]),
        index=[7, 3],
        crs=4326,
    )
    before = frame.copy()
    projected = crs.transform_frame(frame, 5899)
    assert list(projected.index) == [7, 3]
    assert list(projected["name"]) == ["a", "b"]
    assert projected.crs.to_epsg() == 5899
    assert frame.crs.to_epsg() == 4326
    assert frame.equals(before)
    back = crs.transform_frame(projected, 4326)
    np.testing.assert_allclose(back.geometry.x, frame.geometry.x, atol=1e-8)
    np.testing.assert_allclose(back.geometry.y, frame.geometry.y, atol=1e-8)


def test_frame_without_a_system_is_refused() -> None:
    """Nothing is assumed about a layer that names no reference system."""
    with pytest.raises(InputError, match="names no"):
        crs.transform_frame(gpd.GeoDataFrame(geometry=gpd.points_from_xy([107.4], [21.2])), 5899)


def test_area_of_a_degree_cell_at_the_equator() -> None:
    """The cell from 0°, 0° to 1°, 1° measures 1,230,846 ha on the WGS 84 ellipsoid, whichever way
    round it is drawn.
    """
    steps = np.linspace(0, 1, 101)
    ring = [
        *((x, 0) for x in steps),
        *((1, y) for y in steps),
        *((x, 1) for x in steps[::-1]),
        (0, 0),
    ]
    cell = gpd.GeoSeries.from_wkt(["POLYGON((" + ",".join(f"{x} {y}" for x, y in ring) + "))"])
    expected_ha = _cell_m2(1) / 1e4
    assert expected_ha == pytest.approx(1_230_846, abs=1)
    assert crs.area_ha(cell) == pytest.approx(expected_ha, rel=1e-6)
    assert crs.area_ha(cell.reverse()) == pytest.approx(expected_ha, rel=1e-6)


def _cell_m2(degrees: float) -> float:
    """Return the ellipsoidal area between equator and parallel, one degree wide (Snyder 1987,
    equations 3-12 and 14-1).
    """
    a, f = 6_378_137.0, 1 / 298.257223563
    e2 = f * (2 - f)
    e = np.sqrt(e2)
    s = np.sin(np.radians(degrees))
    q = (1 - e2) * (s / (1 - e2 * s * s) - np.log((1 - e * s) / (1 + e * s)) / (2 * e))
    return float(np.radians(1) * a * a * q / 2)


def test_area_is_not_that_of_web_mercator() -> None:
    """A square kilometre laid out on the ground at 21.5° N measures 100 ha; Web Mercator would say
    115.
    """
    geod = crs.geodesic()
    here = (107.9, 21.5)
    east = geod.fwd(*here, 90, 1000)[:2]
    square = gpd.GeoSeries.from_wkt(
        [
            f"POLYGON(({here[0]} {here[1]}, {east[0]} {here[1]}, {east[0]} {north(east)}, {here[0]}"
            f" {north(here)}, {here[0]} {here[1]}))"
        ]
    )
    assert crs.area_ha(square) == pytest.approx(100, rel=1e-3)
    assert gpd.GeoSeries(square, crs=4326).to_crs(3857).area[0] / 1e4 > 114


def north(point: tuple[float, float]) -> float:
    return float(crs.geodesic().fwd(*point, 0, 1000)[1])


def test_unknown_is_nan() -> None:
    """A missing point or shape has no distance, length or area; it is not zero."""
    assert np.isnan(crs.distance_m([np.nan, 21], [107, 21]))
    assert np.isnan(crs.length_m([None])).all()
    assert np.isnan(crs.area_ha([None])).all()


def test_mercator_round_trip() -> None:
    """The drawing plane used for snapping is left without loss."""
    lonlat = np.array([[107.4, 21.2], [-179.9, -80.0], [0, 0]])
    np.testing.assert_allclose(crs.from_mercator(crs.mercator(lonlat)), lonlat, atol=1e-12)
