from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo import crs, export, layers, package_check
from geo.errors import InputError, NotFoundError
from geo.layers import validation
from geo.proximity import lonlat

FAULTS: dict[str, tuple[str, ...]] = {
    "bad_date.csv": ("line 2 (north-park): as_of: “January 2026”",),
    "bad_id.csv": ("line 2 (North Park): id: “North Park”",),
    "broken.geojson": (),
    "column_twice.csv": ("column “kind” stands 2 times",),
    "corridors_in_metres.geojson": (
        "feature 1: geometry: 463000, 2345000 is no longitude and latitude",
    ),
    "duplicate_id.csv": ("line 3 (north-park): id: stands already in line 2",),
    "empty_geometry.geojson": ("feature 2: geometry: is empty",),
    "empty_name.csv": ("line 2 (north-park): name_en: is empty",),
    "latitude_95.csv": ("line 3 (south-park): lat: 95 is above 90",),
    "missing_column.csv": ("column “country” is missing",),
    "negative_rent.csv": ("line 2 (north-park): rent_term_low_usd_m2: -5 is below 0",),
    "no_properties.geojson": ("feature 2: has no properties",),
    "no_rows_at_all.csv": ("column “id” is missing", "column “name_en” is missing"),
    "not_a_collection.geojson": (),
    "not_utf8.csv": (),
    "ragged.csv": ("line 3: has 11 cells, the header 13",),
    "rent_abc.csv": ("line 2 (north-park): rent_term_low_usd_m2: “abc” is not a number",),
    "swapped_axes.csv": ("line 3 (south-park): lon, lat: 21.1, 107.5 look swapped",),
    "ten_mistakes.csv": (
        "column “ocupancy_pct” is unknown; did you mean “occupancy_pct”?",
        "line 2 (north-park): kind: “industrial_zone” is unknown",
        "line 2 (north-park): lat: 95 is above 90",
        "line 2 (north-park): rent_term_low_usd_m2: “abc” is not a number",
        "line 3 (north-park): id: stands already in line 2",
        "line 3 (north-park): name_en: is empty",
        "line 3 (north-park): country: “Viet Nam”",
        "line 3 (north-park): lon, lat: 21.1, 107.5 look swapped",
        "line 3 (north-park): status: “open” is unknown",
        "line 4: has 4 cells, the header 14",
    ),
    "ten_mistakes.geojson": (
        "column “ocupancy_pct” is unknown; did you mean “occupancy_pct”?",
        "feature 1 (north-park): kind: “industrial_zone” is unknown",
        "feature 1 (north-park): rent_term_low_usd_m2: “abc” is not a number",
        "feature 2: geometry: is empty",
        "feature 2 (north-park): id: stands already in feature 1",
        "feature 2 (north-park): name_en: is empty",
        "feature 2 (north-park): country: “Viet Nam”",
        "feature 3: geometry: 107.5, 95 is no longitude and latitude",
        "feature 3 (south-park): status: “open” is unknown",
        "feature 3 (south-park): as_of: “soon”",
    ),
    "unclosed_quote.csv": (),
    "unknown_column.csv": (
        "column “rent_term_low_usd” is unknown; did you mean “rent_term_low_usd_m2”?",
    ),
    "unknown_kind.csv": (
        "line 2 (north-park): kind: “industrial_zone” is unknown; allowed are industrial_park",
    ),
    "unreadable_geometry.geojson": ("feature 2: geometry: cannot be read",),
    "wrong_geometry_type.geojson": ("feature 2: geometry: is a LineString, the layer has Point",),
}
"""File of ``data/invalid``: how each of its faults begins. A file without any is refused as a
whole, in one sentence.
"""


# Files of one's own


def test_every_invalid_file_is_in_the_table(data: Path) -> None:
    """No file of faults lies about untested."""
    assert {path.name for path in (data / "invalid").iterdir()} == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named(data: Path, name: str) -> None:
    """A file with faults is refused; each fault is named with its place, all at once, and no other
    is made up.
    """
    layer = "corridors" if name.startswith("corridors") else "parks"
    with pytest.raises(InputError) as caught:
        layers.read_file(data / "invalid" / name, layer)
    faults = list(caught.value.faults)
    assert name in caught.value.message
    for beginning in FAULTS[name]:
        assert any(fault.startswith(beginning) for fault in faults), (beginning, faults)
    if name != "no_rows_at_all.csv":
        assert len(faults) == len(FAULTS[name]), faults


@pytest.mark.parametrize("suffix", ["csv", "geojson"])
def test_good_file_is_read(data: Path, suffix: str) -> None:
    """A good file comes out indexed by id in the order of the file, with all columns of the layer,
    typed, unknown as unknown.
    """
    frame = layers.read_file(data / f"parks.{suffix}", "parks")
    assert list(frame.index) == ["north-park", "south-park"]
    assert frame.crs == 4326
    assert [*frame.columns, "id"] == [
        *(name for name in layers.get("parks").names if name not in ("id", "lon", "lat")),
        "geometry",
        "id",
    ]
    assert frame["rent_term_low_usd_m2"].tolist()[0] == 110
    assert np.isnan(frame["rent_term_low_usd_m2"].tolist()[1])
    assert frame["occupancy_year"].isna().all()
    assert frame["occupancy_year"].dtype == "Int64"
    assert [frame.geometry.x.iloc[0], frame.geometry.y.iloc[1]] == [107.4, 21.1]


def test_csv_and_geojson_agree(data: Path) -> None:
    """The same rows in either form are the same layer."""
    a, b = (
        layers.read_file(data / "parks.csv", "parks"),
        layers.read_file(data / "parks.geojson", "parks"),
    )
    pd.testing.assert_frame_equal(a, b)


def test_lines_are_read_from_geojson_and_csv(data: Path, tmp_path: Path) -> None:
    """A layer of lines is brought as GeoJSON, or as a table with well-known text, in whatever
    system; what has neither is refused.
    """
    frame = layers.read_file(data / "corridors.geojson", "corridors")
    assert frame.geometry["coast-road"].coords[:] == [(107.4, 21.2), (107.5, 21.2)]
    table = frame.to_crs(3405).to_wkt().rename(columns={"geometry": "wkt"})
    table.to_csv(tmp_path / "corridors.csv")
    again = layers.read_file(tmp_path / "corridors.csv", "corridors", epsg=3405)
    assert shapely.equals_exact(again.geometry, frame.geometry, tolerance=1e-7).all()
    pd.testing.assert_frame_equal(
        again.drop(columns="geometry"), frame.drop(columns="geometry"), check_like=True
    )
    with pytest.raises(InputError):
        layers.read_file(data / "parks.csv", "corridors")


def test_round_trip_through_geojson(toy: Path, tmp_path: Path) -> None:
    """What GDAL writes of a layer is read back equal: numbers, lists, yes and no, unknown, names in
    three scripts.
    """
    for layer in ("parks", "gates", "corridors"):
        frame = layers.read(toy, layer)
        path = tmp_path / f"{layer}.geojson"
        frame.reset_index().to_file(path, driver="GeoJSON")
        pd.testing.assert_frame_equal(layers.read_file(path, layer), frame)


def test_own_coordinate_system(data: Path, tmp_path: Path) -> None:
    """A table in VN-2000 of Quang Ninh comes out in WGS 84, at the same places."""
    table = pd.read_csv(data / "parks.csv")
    table[["lon", "lat"]] = crs.transform(
        table[["lon", "lat"]].to_numpy(), source=4326, target=5899
    )
    table.to_csv(tmp_path / "vn2000.csv", index=False)
    there = layers.read_file(tmp_path / "vn2000.csv", "parks", epsg=5899)
    here = layers.read_file(data / "parks.csv", "parks")
    apart = crs.distance_m(
        there.geometry.get_coordinates().to_numpy(), here.geometry.get_coordinates().to_numpy()
    )
    assert (apart < 0.001).all()
    with pytest.raises(InputError, match=r"above|below"):
        layers.read_file(tmp_path / "vn2000.csv", "parks")


def test_excel_csv_is_read(data: Path, tmp_path: Path) -> None:
    """A byte order mark, Windows line ends, blank lines and spaces around cells do no harm."""
    text = (data / "parks.csv").read_text(encoding="utf-8").replace(",", " , ").replace(
        "\n", "\r\n"
    ) + "\r\n"
    (tmp_path / "excel.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    pd.testing.assert_frame_equal(
        layers.read_file(tmp_path / "excel.csv", "parks"),
        layers.read_file(data / "parks.csv", "parks"),
    )


def test_many_faults_are_counted(data: Path, tmp_path: Path) -> None:
    """Of very many faults the first are shown and all are counted."""
    header, row = (data / "parks.csv").read_text(encoding="utf-8").splitlines()[:2]
    rows = [
        row.replace("north-park", f"park-{i}").replace("110", "abc")
        for i in range(validation.MAX_FAULTS + 7)
    ]
    (tmp_path / "many.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    with pytest.raises(InputError, match=f"{validation.MAX_FAULTS + 7} faults") as caught:
        layers.read_file(tmp_path / "many.csv", "parks")
    assert caught.value.faults[-1] == "and 7 more"


@pytest.mark.parametrize("cell", ["1_000", "NaN", "inf", "１０", "1,5", "0x10", "1e999"])
def test_only_plain_numbers_are_numbers(data: Path, tmp_path: Path, cell: str) -> None:
    """What Python would take for a number and people would not is refused."""
    text = (data / "parks.csv").read_text(encoding="utf-8").replace("110", f'"{cell}"')
    (tmp_path / "odd.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="not a number"):
        layers.read_file(tmp_path / "odd.csv", "parks")


def test_wrong_asks(data: Path, tmp_path: Path) -> None:
    """No such file, no such layer, no such kind of file, no such system: each has its sentence."""
    with pytest.raises(NotFoundError, match="no file"):
        layers.read_file(data / "nowhere.csv", "parks")
    with pytest.raises(NotFoundError, match="parks, gates"):
        layers.read_file(data / "parks.csv", "park")
    (tmp_path / "parks.xls").write_bytes(b"\xd0\xcf")
    with pytest.raises(InputError, match="csv and"):
        layers.read_file(tmp_path / "parks.xls", "parks")
    with pytest.raises(InputError, match="EPSG"):
        layers.read_file(data / "parks.csv", "parks", epsg=999999)


# Packages


def test_toy_package_is_whole(toy: Path) -> None:
    """A good package has no faults, layer by layer, table by table."""
    assert package_check.check_tables(toy) == {
        name: [] for name in (*layers.LAYERS, *layers.TABLES)
    }


@pytest.fixture
def broken(toy: Path, tmp_path: Path) -> Path:
    """A copy of the toy package, to be broken."""
    shutil.copytree(toy, tmp_path / "broken")
    return tmp_path / "broken"


@pytest.mark.parametrize(
    ("file", "old", "new", "faults"),
    [
        ("ports.csv", "west-port,", "west-park,", {"ports": "id “west-park” is also in parks"}),
        (
            "parks.csv",
            "tax-holiday",
            "gone",
            {"parks": "west-park: policies: “gone” is not in policies"},
        ),
        (
            "corridors.csv",
            "(100.0 0,100.2 0.1)",
            "(100.0 0,100.2)",
            {"corridors": "line 5 (planned-motorway): wkt: “LINESTRING (100.0 0,100.2)” cannot"},
        ),
        (
            "corridors.csv",
            "LINESTRING (100.0 0,100.2 0.1)",
            "POINT (100 0)",
            {"corridors": "line 5 (planned-motorway): wkt: “POINT (100 0)” has not the form"},
        ),
        ("gates.csv", "international", "national", {"gates": "line 2 (bridge): kind"}),
        (
            "population.csv",
            "1000",
            "many",
            {"population": "line 2 (1): population: “many” is not a number"},
        ),
    ],
)
def test_check_finds_what_rows_alone_do_not_show(
    broken: Path, file: str, old: str, new: str, faults: dict[str, str]
) -> None:
    """One thing broken is found in the layer where it is wrong, and nowhere else."""
    text = (broken / file).read_text(encoding="utf-8")
    assert old in text
    (broken / file).write_text(text.replace(old, new), encoding="utf-8")
    report = package_check.check_tables(broken)
    for name, lines in report.items():
        if name not in faults:
            assert lines == []
        else:
            assert any(line.startswith(faults[name]) for line in lines), lines


def test_a_missing_file_is_one_fault(broken: Path) -> None:
    """A package without one of its files is told so; the others are still checked."""
    (broken / "ports.csv").unlink()
    report = package_check.check_tables(broken)
    assert len(report["ports"]) == 1
    assert "ports.csv" in report["ports"][0]
    assert report["parks"] == []


@pytest.mark.parametrize("wkt", ["", "LINESTRING (100 0)", "LINESTRING (0 100,1 101)", "road"])
def test_a_corridor_without_a_line_is_one_fault(broken: Path, wkt: str) -> None:
    """A line needs two points on the earth; one that has none is named, not drawn as nothing."""
    path = broken / "corridors.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows.loc[rows["id"] == "old-railway", "wkt"] = wkt
    rows.to_csv(path, index=False)
    with pytest.raises(InputError, match=r"1 fault") as caught:
        layers.read(broken, "corridors")
    assert [fault.startswith("line 6 (old-railway): wkt: ") for fault in caught.value.faults] == [
        True
    ]


def test_no_package(tmp_path: Path) -> None:
    """A folder without a description is not a package; one whose description is not JSON, or lists
    nothing, is wrong.
    """
    with pytest.raises(NotFoundError, match="not a data package"):
        package_check.check_tables(tmp_path)
    for text in ("{", "[]", '{"resources": 3}'):
        (tmp_path / "datapackage.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            package_check.check_tables(tmp_path)


def test_lists_and_names(toy: Path) -> None:
    """A list is split at semicolons, unknown is empty; the names of a place are those it has."""
    parks = layers.read(toy, "parks")
    assert layers.unfold(parks["sectors"]["west-park"]) == ("logistics", "trade_services")
    assert layers.unfold(parks["sectors"]["east-park"]) == ()
    assert layers.names(parks.loc["west-park"]) == ("West Park", "Khu Tây", "西园")
    assert layers.names(parks.loc["east-park"]) == ("East Park",)


# The real package


def test_real_package_has_no_faults() -> None:
    """The data that come with Zone Atlas pass their own check."""
    assert not {
        name: faults
        for name, faults in package_check.check_tables(layers.bundled()).items()
        if faults
    }


@pytest.mark.parametrize("layer", [name for name in layers.LAYERS if name != "claims"])
def test_real_layer_is_read(layer: str) -> None:
    """Every layer of the real package is read, with a unique index and the columns of its table."""
    frame = layers.read(layers.bundled(), layer)
    assert len(frame) > 10
    assert frame.index.is_unique
    assert frame.index.name == "id"
    assert isinstance(frame, gpd.GeoDataFrame) == (layers.get(layer).geometry is not None)
    assert set(frame.columns) - {"geometry"} <= set(layers.get(layer).names)
    if layers.get(layer).geometry:
        assert not frame.geometry.is_empty.any()


@pytest.mark.parametrize("table", layers.TABLES)
def test_real_table_is_read(table: str) -> None:
    """Every table of the real package is read and has rows."""
    frame = layers.read_table(layers.bundled(), table)
    assert len(frame) > 0
    assert list(frame.columns) == [field.name for field in layers.TABLES[table]]


def test_our_own_csv_comes_back(tmp_path: Path) -> None:
    """A download can be read as it is: its column about, tamed formulas and projected coordinates
    are undone.
    """
    frame = layers.read(layers.bundled(), "gates").copy()
    frame.loc["huu-nghi", "notes"] = "=1+1"
    frame.loc["chi-ma", "notes"] = "'quoted'"
    for epsg in (4326, 5899):
        path = tmp_path / f"gates-{epsg}.csv"
        export.save(
            path, export.write(frame, "csv", export.About(layer="gates", title="Gates"), epsg=epsg)
        )
        back = layers.read_file(path, "gates", epsg=epsg)
        pd.testing.assert_frame_equal(back.drop(columns="geometry"), frame.drop(columns="geometry"))
        assert crs.distance_m(lonlat(back), lonlat(frame)).max() < 0.2


def test_exchanged_columns_in_a_projected_system_are_a_fault(tmp_path: Path) -> None:
    """Easting and northing the wrong way round land far from the system's area, and each row says
    so.
    """
    path = tmp_path / "gates.csv"
    export.save(
        path,
        export.write(
            layers.read(layers.bundled(), "gates"),
            "csv",
            export.About(layer="gates", title="Gates"),
            epsg=5899,
        ),
    )
    text = path.read_text(encoding="utf-8-sig").replace(",x,y,", ",y,x,", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="is east before north") as caught:
        layers.read_file(path, "gates", epsg=5899)
    assert len(caught.value.faults) == 35
