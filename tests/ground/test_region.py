"""Where places may lie: a file in the wrong system, country, province or encoding is not “no
fault”.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from geo import crs, export, layers, package_check
from geo.errors import InputError
from geo.layers.region import Region

ABOUT = export.About(layer="parks", title="Parks")


@pytest.fixture(scope="module")
def region() -> Region:
    return package_check.region(layers.bundled())


@pytest.fixture(scope="module")
def parks() -> gpd.GeoDataFrame:
    return layers.read(layers.bundled(), "parks")


def faults(path: Path, region: Region, epsg: int = 4326) -> list[str]:
    """List the faults of a file of parks."""
    try:
        layers.read_file(path, "parks", epsg=epsg, region=region)
    except InputError as error:
        return list(error.faults) or [error.message]
    return []


def written(frame: gpd.GeoDataFrame, path: Path, epsg: int = 4326) -> Path:
    """Write parks as a CSV table in a system."""
    export.save(path, export.write(frame, "csv", ABOUT, epsg=epsg))
    return path


def strangers(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return parks other ids, as if nobody knew them."""
    return frame.rename(index={key: f"new-{key}" for key in frame.index})


def moved(frame: gpd.GeoDataFrame, east: float, north: float) -> gpd.GeoDataFrame:
    """Move parks by degrees."""
    return frame.set_geometry(frame.geometry.translate(east, north))


@pytest.mark.parametrize("epsg", [4326, 5899, 9210, 3405, 4545])
def test_every_park_of_the_data_passes_in_every_system(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path, epsg: int
) -> None:
    """What is right has no fault, known or new, in whichever system it is written and stated."""
    assert faults(written(parks, tmp_path / "known.csv", epsg), region, epsg) == []
    assert faults(written(strangers(parks), tmp_path / "new.csv", epsg), region, epsg) == []


@pytest.mark.parametrize(
    ("truth", "stated"),
    [(5897, 5899), (9210, 5899), (9218, 5899), (3405, 5899), (5899, 9210), (5899, 4326)],
)
def test_a_file_in_another_zone_is_refused_and_its_zone_named(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path, truth: int, stated: int
) -> None:
    """Seven parks in another zone than the stated one are faults row by row, and the zone in which
    they are written is named first.
    """
    seven = parks[parks["province_en"] == "Quang Ninh"].head(7)
    seen = faults(written(seven, tmp_path / "parks.csv", truth), region, stated)
    hint = next(line for line in seen if "positions fit" in line)
    assert f"EPSG:{truth} (" in hint
    assert all(any(key in line for line in seen) for key in seven.index)


def test_exchanged_axes_are_named(region: Region, parks: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """X is north on a Vietnamese sheet: the file fits once its axes are exchanged."""
    path = written(
        parks[parks["province_en"] == "Quang Ninh"].head(7), tmp_path / "parks.csv", 5899
    )
    path.write_text(
        path.read_text(encoding="utf-8-sig").replace(",x,y,", ",y,x,", 1), encoding="utf-8"
    )
    assert any(
        "EPSG:5899" in line and "axes exchanged" in line for line in faults(path, region, 5899)
    )


def test_degrees_are_not_metres(region: Region, parks: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """Degrees stated to be in a metric system are named as such, in a table and in GeoJSON, with a
    region and without.
    """
    path = written(parks.head(3), tmp_path / "parks.csv")
    export.save(tmp_path / "parks.geojson", export.write(parks.head(3), "geojson", ABOUT))
    for name in ("parks.csv", "parks.geojson"):
        assert (
            sum(
                "are degrees, and EPSG:5899 counts metres" in line
                for line in faults(tmp_path / name, region, 5899)
            )
            == 3
        )
    with pytest.raises(InputError, match="counts metres"):
        layers.read_file(path, "parks", epsg=5899)


@pytest.mark.parametrize(
    ("east", "north", "words"),
    [
        (0, 2, "lies in CN"),
        (-80, -10, "lies outside the region"),
        (0, -2, "lies in the sea"),
        (-107, -21, "lies outside the region"),
    ],
)
def test_parks_in_another_country_at_sea_or_in_africa(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path, east: float, north: float, words: str
) -> None:
    """A Vietnamese park that is moved away is a fault with the place where it lies, also if nobody
    knew the park.
    """
    park = parks.loc[["hai-yen-ip"]]
    for frame in (park, strangers(park)):
        (line,) = faults(written(moved(frame, east, north), tmp_path / "parks.csv"), region)
        assert words in line


def test_a_park_far_from_its_province_is_a_fault(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    """In its country, but beside the parks of another province and far from its own."""
    park = strangers(parks.loc[["hai-yen-ip"]]).set_geometry(
        parks.geometry.loc[["lao-cai-bgez"]].values
    )
    (line,) = faults(written(park, tmp_path / "parks.csv"), region)
    assert "from the next place of Quang Ninh" in line
    assert "of Lao Cai" in line


def test_a_position_that_was_not_filled_in(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    """0, 0 is nowhere, in degrees as in metres."""
    path = written(
        parks.head(1).set_geometry(gpd.points_from_xy([0], [0], crs=4326)), tmp_path / "parks.csv"
    )
    assert any("0, 0 is a position that was not filled in" in line for line in faults(path, region))
    with pytest.raises(InputError, match="not filled in"):
        layers.read_file(path, "parks")


def collection(frame: gpd.GeoDataFrame, path: Path, epsg: int, **members: Any) -> Path:
    """Write parks as GeoJSON with numbers in a system."""
    document = json.loads(export.write(frame, "geojson", ABOUT))
    for feature in document["features"]:
        feature["geometry"]["coordinates"] = crs.transform(
            [feature["geometry"]["coordinates"]], source=4326, target=epsg
        )[0].tolist()
    path.write_text(json.dumps(document | members), encoding="utf-8")
    return path


def named(name: object) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


def test_the_member_crs_of_geojson_counts(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    """GeoJSON of QGIS in VN-2000 lands where its parks are; a system that is not understood, or
    another than stated, is refused.
    """
    five = parks.head(5)
    for name in ("urn:ogc:def:crs:EPSG::5899", "EPSG:5899"):
        path = collection(five, tmp_path / "parks.geojson", 5899, crs=named(name))
        for epsg in (4326, 5899):
            frame = layers.read_file(path, "parks", epsg=epsg, region=region)
            assert (
                crs.distance_m(
                    frame.geometry.get_coordinates(), five.geometry.get_coordinates()
                ).max()
                < 1
            )
        assert faults(path, region, 3405) == [
            "parks.geojson says that it is in EPSG:5899, not in EPSG:3405."
        ]
    assert (
        layers.read_file(collection(five, path, 5899), "parks", epsg=5899).index.tolist()
        == five.index.tolist()
    )
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"):
        assert faults(collection(five, path, 4326, crs=named(name)), region) == []
    for member in (named("VN2000 KTT 107"), named(5), {"type": "link"}, "EPSG:5899", [1]):
        assert "not understood" in faults(collection(five, path, 5899, crs=member), region)[0]
    assert any("EPSG:5899" in line for line in faults(collection(five, path, 5899), region)), (
        "no member, and metres all the same"
    )


GARBLED = {
    "windows": "Móng Cái".encode().decode("cp1252"),
    "latin": "Khu Đông Mai".encode().decode("latin-1"),
    "chinese": "芒街".encode().decode("cp1252"),
    "chinese as gbk": "苏州".encode().decode("gbk"),
    "vietnamese as gbk": "Móng Cái".encode().decode("gbk"),
}


@pytest.mark.parametrize("kind", GARBLED)
def test_garbled_text_is_a_fault(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path, kind: str
) -> None:
    """Text that was read in the wrong encoding is not a name; the text that was meant is shown."""
    (line,) = faults(
        written(parks.head(1).assign(name_vi=GARBLED[kind]), tmp_path / "parks.csv"), region
    )
    assert "garbled" in line
    assert any(meant in line for meant in ("Móng Cái", "Khu Đông Mai", "芒街", "苏州"))


def test_half_a_pair_in_json_is_a_fault(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    """Text that no file can hold comes in by an escape of JSON, also in the id, and can be told all
    the same.
    """
    text = (
        export.write(parks.head(1), "geojson", ABOUT).decode().replace('"id":"', '"id":"\\ud800', 1)
    )
    (tmp_path / "parks.geojson").write_text(text, encoding="utf-8")
    seen = faults(tmp_path / "parks.geojson", region)
    assert any("id: holds the character U+FFFD" in line for line in seen)
    assert "\n".join(seen).encode()


@pytest.mark.parametrize("char", ["\0", "\x07", "\ufffd", "\u202e"])
def test_characters_that_no_text_holds_are_a_fault(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path, char: str
) -> None:
    """A NUL, a replacement sign or a mark that turns the text is named by its number."""
    document = json.loads(export.write(parks.head(1), "geojson", ABOUT))
    document["features"][0]["properties"]["name_en"] = f"Park{char}"
    (tmp_path / "parks.geojson").write_text(json.dumps(document), encoding="utf-8")
    (line,) = faults(tmp_path / "parks.geojson", region)
    assert f"name_en: holds the character U+{ord(char):04X}" in line


@pytest.mark.parametrize(
    ("field", "value"),
    [("area_ha", 1e12), ("rent_term_low_usd_m2", 1e6), ("position_accuracy_m", 1e7)],
)
def test_absurd_amounts_are_faults(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path, field: str, value: float
) -> None:
    """An area larger than the region, a rent of a million or an accuracy of 10,000 km is a slip."""
    (line,) = faults(
        written(parks.head(1).assign(**{field: value}), tmp_path / "parks.csv"), region
    )
    assert f"{field}: " in line
    assert " is above " in line


def test_all_wrong_values_of_a_list_are_named(
    region: Region, parks: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    """Three unknown sectors in one cell are named together."""
    (line,) = faults(
        written(
            parks.head(1).assign(sectors="magic;logistics;alchemy;magic;dowsing"),
            tmp_path / "parks.csv",
        ),
        region,
    )
    assert "sectors: “magic”, “alchemy”, “dowsing” are unknown; allowed are automobile" in line
