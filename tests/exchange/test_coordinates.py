"""Positions in a wrong system are named: every park in every system that a person may write."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest

from geo import crs
from geo.exchange import doctor, positions
from geo.exchange.known import Known

pytestmark = pytest.mark.usefixtures("in_this_process")
SAMPLE = 40
SHARE = 0.95
"""So many of the rows must be named right."""


@pytest.fixture(scope="module")
def some(parks: pd.DataFrame) -> pd.DataFrame:
    return parks.iloc[np.linspace(0, len(parks) - 1, SAMPLE).astype(int)]


# Published formulas, written down here a second time ----------------------------------------------


def gcj02(lon: float, lat: float) -> tuple[float, float]:
    a, ee = 6378245.0, 0.00669342162296594323
    x, y = lon - 105.0, lat - 35.0
    dlat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    dlat += (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    dlat += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    dlat += (160.0 * math.sin(y / 12.0 * math.pi) + 320 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    dlon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    dlon += (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    dlon += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    dlon += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2 / 3
    rad = lat / 180.0 * math.pi
    magic = 1 - ee * math.sin(rad) * math.sin(rad)
    root = math.sqrt(magic)
    dlat = (dlat * 180.0) / ((a * (1 - ee)) / (magic * root) * math.pi)
    dlon = (dlon * 180.0) / (a / root * math.cos(rad) * math.pi)
    return lon + dlon, lat + dlat


def bd09(lon: float, lat: float) -> tuple[float, float]:
    x, y = gcj02(lon, lat)
    turn = math.pi * 3000.0 / 180.0
    z = math.sqrt(x * x + y * y) + 0.00002 * math.sin(y * turn)
    theta = math.atan2(y, x) + 0.000003 * math.cos(x * turn)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def forward(epsg: int) -> Callable[[float, float], tuple[float, float]]:
    change = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
    return lambda lon, lat: change.transform(lon, lat)


def dms(value: float, side: str, form: str) -> str:
    """Write an angle in degrees, minutes and seconds, to a thousandth."""
    thousandths = round(value * 3_600_000)
    minutes, rest = divmod(thousandths, 60_000)
    degrees, minutes = divmod(minutes, 60)
    return form.format(d=degrees, m=minutes, s=rest / 1000, side=side)


ANGLES = (
    "{d}°{m:02d}'{s:06.3f}\"",
    "{d}° {m}′ {s}″ {side}",
    "{side}{d}°{m}'{s}\"",
    "{d} {m} {s:.3f}",
    "{d}-{m:02d}-{s:06.3f}",
    "{d}:{m:02d}:{s:06.3f}",
    "{d}度{m}分{s}秒",
    "{d} độ {m} phút {s} giây",
    "{d}d{m}m{s}s",
)


def text_of(table: pd.DataFrame, columns: tuple[str, str], pairs: list[tuple[Any, Any]]) -> bytes:
    cells = table[["name_vi", "province_en"]].rename(
        columns={"name_vi": "Tên KCN", "province_en": "Tỉnh"}
    )
    cells = cells.assign(**{name: [pair[at] for pair in pairs] for at, name in enumerate(columns)})
    return cells.to_csv(index=False).encode()


def files(
    parks: pd.DataFrame, columns: tuple[str, str], write: Callable[[float, float], Any]
) -> Iterator[tuple[Any, bytes]]:
    """Write each park as a file of its own."""
    for row in range(len(parks)):
        park = parks.iloc[[row]]
        pair = write(float(park["lon"].iloc[0]), float(park["lat"].iloc[0]))
        yield park.iloc[0], text_of(park, columns, [pair])


def right(
    folder: Path,
    known: Known,
    parks: pd.DataFrame,
    columns: tuple[str, str],
    write: Callable[[float, float], Any],
    choices: set[str],
) -> list[bool]:
    """Find for each park whether the first proposal is a right one, and whether a second run with
    it as the answer asks nothing more and puts the park where it is.
    """
    good = []
    path = folder / "file.csv"
    for park, data in files(parks, columns, write):
        path.write_bytes(data)
        question = next(
            (q for q in doctor.examine(path, known).questions if q.key == "coordinates"), None
        )
        choice = question.proposals[0].choice if question else ""
        if choice not in choices:
            good.append(False)
            continue
        if len(good) % 4:  # a second run for some of them
            good.append(True)
            continue
        again = doctor.examine(path, known, answers={"coordinates": choice})
        assert not [q for q in again.questions if q.key == "coordinates"]
        assert len(again.sure) == 1, (again.questions, again.faults)
        point = again.sure.geometry.iloc[0]
        off_m = float(crs.distance_m((point.x, point.y), (park["lon"], park["lat"])))
        good.append(off_m < 1)
    return good


ZONES = {
    "TM-3 107-45": (5899, 107.75, 1.5),
    "TM-3 104-45": (9208, 104.75, 1.5),
    "TM-3 105-45": (9210, 105.75, 1.5),
    "TM-3 107-15": (9215, 107.25, 1.5),
    "UTM 48N": (3405, 105, 3),
    "UTM 49N": (3406, 111, 4),
    "CGCS2000 108E": (4545, 108, 1.5),
    "CGCS2000 zone 36": (4524, 108, 1.5),
    "CGCS2000 zone 35": (4523, 105, 1.5),
    "CGCS2000 6-degree zone 18": (4496, 105, 3),
}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_zone_that_is_not_stated_is_named(
    zone: str, swapped: bool, known: Known, some: pd.DataFrame, tmp_path: Path
) -> None:
    """The first proposal is the zone in which the numbers were written, in either order."""
    epsg, meridian, width = ZONES[zone]
    near = some[abs(some["lon"] - meridian) <= width][int(swapped) :: 2]
    change = forward(epsg)

    def write(lon: float, lat: float) -> tuple[str, str]:
        east, north = change(lon, lat)
        pair = (north, east) if swapped else (east, north)
        return f"{pair[0]:.3f}", f"{pair[1]:.3f}"

    suffix = "-swapped" if swapped else ""
    good = right(tmp_path, known, near, ("X (m)", "Y (m)"), write, {f"EPSG:{epsg}{suffix}"})
    assert len(good) >= 4
    assert np.mean(good) >= SHARE


@pytest.mark.parametrize(
    ("write", "choice"),
    [
        (lambda lon, lat: (lat, lon), "EPSG:4326-swapped"),
        (gcj02, "GCJ-02"),
        (bd09, "BD-09"),
        (lambda lon, lat: bd09(lon, lat)[::-1], "BD-09-swapped"),
        (forward(4756), "EPSG:4756"),
    ],
)
def test_degrees_in_another_system_are_named(
    write: Callable[[float, float], Any],
    choice: str,
    known: Known,
    some: pd.DataFrame,
    tmp_path: Path,
) -> None:
    """Exchanged axes, Chinese maps and the Vietnamese datum are named, never undone unasked."""
    good = right(tmp_path, known, some, ("Kinh độ", "Vĩ độ"), write, {choice})
    assert np.mean(good) >= SHARE


@pytest.mark.parametrize("form", ANGLES)
def test_degrees_with_minutes_are_read(
    form: str, known: Known, some: pd.DataFrame, tmp_path: Path
) -> None:
    """Degrees, minutes and seconds as either side writes them raise none."""
    pairs = [
        (dms(lon, "E", form), dms(lat, "N", form))
        for lon, lat in zip(some["lon"], some["lat"], strict=True)
    ]
    path = tmp_path / "file.csv"
    path.write_bytes(text_of(some, ("Kinh độ", "Vĩ độ"), pairs))
    exam = doctor.examine(path, known)
    assert not exam.questions
    assert not exam.faults
    assert exam.form == positions.ANGLES
    points = exam.sure.get_coordinates().to_numpy()
    assert crs.distance_m(points, some[["lon", "lat"]].to_numpy()).max() < 0.1


def test_degrees_with_decimal_minutes_are_read(
    known: Known, some: pd.DataFrame, tmp_path: Path
) -> None:
    """Degrees and decimal minutes, latitude first in one cell with letters of Vietnamese, are
    read.
    """
    cells = []
    for lon, lat in zip(some["lon"], some["lat"], strict=True):
        north, east = (f"{int(x)}°{(x - int(x)) * 60:.5f}".replace(".", ",") for x in (lat, lon))
        cells.append((f"{north}'B {east}'Đ",))
    path = tmp_path / "file.csv"
    path.write_bytes(text_of(some, ("Tọa độ",), cells))  # type: ignore[arg-type]
    exam = doctor.examine(path, known)
    assert not exam.questions
    assert not exam.faults
    points = exam.sure.get_coordinates().to_numpy()
    assert crs.distance_m(points, some[["lon", "lat"]].to_numpy()).max() < 0.1


@pytest.mark.parametrize("stated", [5899, 9208, 9210, 3406, 4545])
def test_a_wrong_zone_that_is_stated_is_named(
    stated: int, known: Known, some: pd.DataFrame, tmp_path: Path
) -> None:
    """A map that states one zone and was drawn in another is a question, the true zone first."""
    import geopandas as gpd

    true = 9215
    change = forward(true)
    near = some[abs(some["lon"] - 107.25) <= 1][::2]
    good = []
    for row in range(len(near)):
        park = near.iloc[row]
        path = tmp_path / f"{row}.gpkg"
        east, north = change(park["lon"], park["lat"])
        frame = gpd.GeoDataFrame(
            {"name": [park["name_vi"]], "province": [park["province_en"]]},
            geometry=gpd.points_from_xy([east], [north]),
            crs=stated,
        )
        frame.to_file(path, driver="GPKG", engine="pyogrio")
        (question,) = doctor.examine(path, known).questions
        good.append(question.proposals[0].choice == f"EPSG:{true}")
        assert f"EPSG:{stated}" in [proposal.choice for proposal in question.proposals]
    assert len(good) >= 5
    assert np.mean(good) >= SHARE


def test_a_right_zone_that_is_stated_is_believed(
    known: Known, some: pd.DataFrame, tmp_path: Path
) -> None:
    """A map in the system that it states asks nothing."""
    import geopandas as gpd

    change = pyproj.Transformer.from_crs(4326, 9210, always_xy=True)
    frame = gpd.GeoDataFrame(
        {"name": some["name_vi"]},
        geometry=gpd.points_from_xy(*change.transform(some["lon"], some["lat"])),
        crs=9210,
    )
    frame.to_file(tmp_path / "a.gpkg", driver="GPKG", engine="pyogrio")
    exam = doctor.examine(tmp_path / "a.gpkg", known)
    assert exam.is_clear
    assert len(exam.sure) == len(some)


@pytest.mark.parametrize("epsg", [None, 5899, 4545])
def test_a_position_that_was_not_filled_in_is_a_fault(
    epsg: int | None, known: Known, some: pd.DataFrame, tmp_path: Path
) -> None:
    """0, 0 is named in its row in whatever system, and the other rows are still read."""
    change = forward(epsg) if epsg else lambda lon, lat: (lon, lat)
    near = some[abs(some["lon"] - 107.5) <= 1]
    pairs = [change(lon, lat) for lon, lat in zip(near["lon"], near["lat"], strict=True)]
    for row in range(len(near)):
        zero = [(0, 0) if at == row else pair for at, pair in enumerate(pairs)]
        path = tmp_path / "file.csv"
        path.write_bytes(text_of(near, ("x", "y") if epsg else ("lon", "lat"), zero))
        exam = doctor.examine(path, known, answers={"coordinates": f"EPSG:{epsg or 4326}"})
        assert [fault.row for fault in exam.faults] == [row + 2]
        assert "0, 0" in exam.faults[0].text
        assert row + 2 not in exam.sure.index
        assert len(exam.sure) == len(near) - 1


def test_right_positions_raise_no_question(
    known: Known, some: pd.DataFrame, tmp_path: Path
) -> None:
    """Positions as they are known, or off by half of what is usual, raise none."""
    rng = np.random.default_rng(1)
    path = tmp_path / "file.csv"
    asked = 0
    for _ in range(10):
        rows = some.iloc[rng.choice(len(some), 12, replace=False)]
        turn = rng.uniform(0, 2 * np.pi, len(rows))
        off_m = rows["position_accuracy_m"] / 2 * rng.uniform(0, 1, len(rows))
        lon, lat, _ = crs.geodesic().fwd(
            rows["lon"].to_numpy(), rows["lat"].to_numpy(), np.degrees(turn), off_m.to_numpy()
        )
        path.write_bytes(text_of(rows, ("lon", "lat"), list(zip(lon, lat, strict=True))))
        asked += any(q.key == "coordinates" for q in doctor.examine(path, known).questions)
    assert asked <= 1


def test_single_rows_that_are_exchanged_are_faults(
    known: Known, some: pd.DataFrame, tmp_path: Path
) -> None:
    """In a file that is right otherwise, a row with exchanged axes is named."""
    pairs = list(zip(some["lon"], some["lat"], strict=True))
    pairs[7] = pairs[7][::-1]
    path = tmp_path / "file.csv"
    path.write_bytes(text_of(some, ("lon", "lat"), pairs))
    exam = doctor.examine(path, known)
    assert not exam.questions
    (fault,) = exam.faults
    assert fault.row == 9
    assert "exchanged" in fault.text
    assert 9 not in exam.sure.index


def test_a_row_in_another_province_is_a_fault(
    known: Known, some: pd.DataFrame, tmp_path: Path
) -> None:
    """A row that lies far from the province that it states is named and not sure."""
    pairs = list(zip(some["lon"], some["lat"], strict=True))
    north = some["province_en"].to_list().index("Yunnan")
    pairs[0] = pairs[north]
    path = tmp_path / "file.csv"
    path.write_bytes(text_of(some, ("lon", "lat"), pairs))
    exam = doctor.examine(path, known)
    assert [fault.row for fault in exam.faults] == [2]
    assert 2 not in exam.sure.index


def test_chinese_maps_are_undone_exactly() -> None:
    """Undoing the published formulas gives the point back to a centimetre, outside China's
    rectangle the point itself.
    """
    rng = np.random.default_rng(2)
    points = rng.uniform((98, 18), (125, 45), (200, 2))
    for shift, undo in ((gcj02, crs.from_gcj02), (bd09, crs.from_bd09)):
        shifted = np.array([shift(*point) for point in points])
        assert crs.distance_m(undo(shifted), points).max() < 0.01
        assert crs.distance_m(shifted, points).min() > 50
    assert (crs.to_gcj02([(2.3, 48.9)]) == (2.3, 48.9)).all()


def test_letters_of_sides_win_over_the_order(known: Known, tmp_path: Path) -> None:
    """In a column of both coordinates latitude is first, unless letters say otherwise; what is
    exchanged or lies nowhere is a fault of its row.
    """
    cells = ("21.5, 107.1", "21,5432; 107,1234", "E107°12'30\" N21°30'", "107.2, 21.4", "91, 240")
    path = tmp_path / "file.csv"
    table = pd.DataFrame({"Tên": list("ABCDE"), "Toạ độ": cells})
    table.to_csv(path, index=False)
    exam = doctor.examine(path, known)
    assert not exam.questions
    assert [fault.row for fault in exam.faults] == [5, 6]
    assert "exchanged" in exam.faults[0].text
    assert "nowhere" in exam.faults[1].text
    wanted = [(107.1, 21.5), (107.1234, 21.5432), (107 + 12.5 / 60, 21.5)]
    np.testing.assert_allclose(exam.sure.get_coordinates().to_numpy(), wanted)
