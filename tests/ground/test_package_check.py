"""The check of a data package as a whole: every file it names is there and can be read, and every
place lies where it says.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from web import copy_package, rewrite

from geo import layers, package_check
from geo.package_check import BASEMAP

pytest_plugins = ("web",)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the data that comes with Zone Atlas, to break."""
    return copy_package(tmp_path / "data")


def found(folder: Path) -> dict[str, list[str]]:
    return {name: faults for name, faults in package_check.check(folder).items() if faults}


def test_the_bundled_package_is_whole() -> None:
    """The data that comes with Zone Atlas has no fault and no warning."""
    assert found(layers.bundled()) == {}
    assert package_check.warnings(layers.bundled()) == []


def test_a_package_may_come_without_what_it_does_not_name(toy: Path) -> None:
    """A basemap, examples, stations and trips may be missing where nothing names them."""
    assert found(toy) == {}


def _described(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / "datapackage.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        change(document)
        path.write_text(json.dumps(document), encoding="utf-8")

    return apply


def _cells(table: str, key: str, **cells: str) -> Callable[[Path], None]:
    return lambda folder: rewrite(
        folder / f"{table}.csv",
        lambda rows: [row | cells if row["id"] == key else row for row in rows],
    )


def _outlines(change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        frame = change(gpd.read_file(folder / layers.OUTLINES))
        (folder / layers.OUTLINES).unlink()
        frame.to_file(folder / layers.OUTLINES, driver="GeoJSON")

    return apply


def _basemap(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda folder: (
        (folder / BASEMAP).write_bytes(change((folder / BASEMAP).read_bytes())) and None
    )


BROKEN: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "no profiles though named": (
        lambda folder: (folder / "profiles.json").unlink(),
        "datapackage",
        "profiles: there is no file profiles.json",
    ),
    "no basemap though named": (
        lambda folder: (folder / BASEMAP).unlink(),
        "datapackage",
        "basemap: there is no file basemap/",
    ),
    "no outlines though named": (
        lambda folder: (folder / layers.OUTLINES).unlink(),
        "datapackage",
        "countries: there is no file basemap/",
    ),
    "a path out of the package": (
        _described(lambda d: d["resources"].append({"name": "x", "path": "../../x"})),
        "datapackage",
        "x: its path",
    ),
    "a resource without a name": (
        _described(lambda d: d["resources"].insert(2, {})),
        "datapackage",
        "resource 3: has no name",
    ),
    "a box of three": (
        _described(lambda d: d.update(bbox=[1, 2, 3])),
        "datapackage",
        "bbox: is not",
    ),
    "a box upside down": (
        _described(lambda d: d.update(bbox=[101.5, 26, 112, 18.5])),
        "datapackage",
        "bbox: west",
    ),
    "junk for profiles": (
        lambda folder: (folder / "profiles.json").write_text("{"),
        "profiles",
        "profiles.json holds no list",
    ),
    "profiles in another encoding": (
        lambda folder: (folder / "profiles.json").write_bytes(b"\xff\xfe"),
        "profiles",
        "",
    ),
    "junk for outlines": (
        lambda folder: (folder / layers.OUTLINES).write_text("junk"),
        "countries",
        "basemap/countries.geojson cannot",
    ),
    "empty outlines": (
        lambda folder: (folder / layers.OUTLINES).write_text(
            '{"type": "FeatureCollection", "features": []}'
        ),
        "countries",
        "basemap/countries.geojson holds no outlines",
    ),
    "outlines without a used country": (
        _outlines(lambda f: f[f["country"] != "CN"]),
        "countries",
        "no outline of CN, where parks lie",
    ),
    "outlines that are lines": (
        _outlines(lambda f: f.set_geometry(f.boundary)),
        "countries",
        "basemap/countries.geojson holds something",
    ),
    "junk for a basemap": (
        _basemap(lambda _: b"junk"),
        "basemap",
        "basemap.pmtiles is not a PMTiles file",
    ),
    "half a basemap": (
        _basemap(lambda data: data[: len(data) // 2]),
        "basemap",
        "basemap.pmtiles is cut off",
    ),
    "a damaged basemap": (
        _basemap(lambda data: data[:127] + bytes(300) + data[427:]),
        "basemap",
        "basemap.pmtiles is damaged",
    ),
    "junk for a trip": (
        lambda folder: (folder / "trips" / "x.yaml").write_text("days: [{date: tomorrow}]"),
        "trips",
        "x.yaml: days[0]",
    ),
    "a trip in another encoding": (
        lambda folder: (folder / "trips" / "x.yaml").write_bytes(b"\xff"),
        "trips",
        "x.yaml: The trip is not",
    ),
    "a gate without a clock": (
        _cells("gates", "mong-cai-bac-luan-1", opposite_country="LA"),
        "gates",
        "mong-cai-bac-luan-1: ",
    ),
    "a park without a digit": (
        _cells("parks", "hai-yen-ip", lon="7.78"),
        "parks",
        "hai-yen-ip: position: 7.78, 21.5",
    ),
    "a park in the other country": (
        _cells("parks", "hai-yen-ip", country="CN"),
        "parks",
        "hai-yen-ip: position: ",
    ),
    "a corridor out of the region": (
        _cells("corridors", "ct04-hanoi-haiphong", wkt="LINESTRING (106 21,140 21)"),
        "corridors",
        "ct04-hanoi-haiphong: lies outside the region",
    ),
    "a road out of the region": (
        _cells("roads", "r2", wkt="LINESTRING (106.9 20.8,106.9 60)"),
        "roads",
        "r2: lies outside the region",
    ),
    "a station out of the region": (
        _cells("stations", "planned-laocai-haiphong-bao-ha", lat="50.1"),
        "stations",
        "planned-laocai-haiphong-bao-ha: lies outside the region",
    ),
    "a station of no railway": (
        _cells("stations", "planned-laocai-haiphong-bao-ha", corridor="rail"),
        "stations",
        "planned-laocai-haiphong-bao-ha: corridor: “rail” is not in corridors",
    ),
    "a road that opens with no corridor": (
        _cells("roads", "r2", corridor="ct99"),
        "roads",
        "r2: corridor: “ct99” is not in corridors",
    ),
    "a gate far from the border": (
        _cells("gates", "mong-cai-bac-luan-1", lon="107.3", lat="21.1"),
        "gates",
        "mong-cai-bac-luan-1: position: ",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_broken_part_of_a_package_is_named(copy: Path, what: str) -> None:
    """What is declared and missing, cannot be read, or lies elsewhere than it says is a fault of
    that part.
    """
    spoil, part, begins = BROKEN[what]
    spoil(copy)
    faults = found(copy)
    assert part in faults, faults
    assert any(line.startswith(begins) for line in faults[part]), faults[part]
    assert str(copy) not in str(faults)


def test_a_country_of_a_gate_needs_a_clock(copy: Path) -> None:
    """Hours at a gate are told on the clocks of both sides."""
    rewrite(copy / "clocks.csv", lambda rows: [row for row in rows if row["country"] != "CN"])
    assert any("CN has no clock" in line for line in found(copy)["gates"])


def test_only_a_package_of_several_countries_needs_outlines(copy: Path, toy: Path) -> None:
    """Without outlines the border would be open: that is a warning, with the command that makes the
    file.
    """
    bare = shutil.copytree(toy, copy.parent / "bare")
    (bare / layers.OUTLINES).unlink()
    assert package_check.warnings(toy) == []
    (warning,) = package_check.warnings(bare)
    assert "basemap/countries.geojson" in warning
    assert "build.py" in warning
    for layer_id in package_check.PLACED:
        rewrite(copy / f"{layer_id}.csv", lambda rows: [row | {"country": "VN"} for row in rows])
    (copy / layers.OUTLINES).unlink()
    assert package_check.warnings(copy) == []
