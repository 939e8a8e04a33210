"""The data package that comes with Zone Atlas: valid, described, and consistent in itself."""

from __future__ import annotations

import json
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely

from geo import layers, package_check
from geo.layers.provenance import Provenance
from geo.schema import LAYERS, TABLES, table_schema

FOLDER = layers.bundled()
HELD = tuple(name for name in LAYERS if (FOLDER / f"{name}.csv").is_file())
"""The layers of the package: what parties state comes with a release."""


@pytest.fixture(scope="module")
def package() -> dict[str, Any]:
    return json.loads((FOLDER / "datapackage.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def frames() -> dict[str, Any]:
    return {layer_id: layers.read(FOLDER, layer_id) for layer_id in HELD}


def test_frictionless_accepts_the_package() -> None:
    """The command “frictionless validate data/datapackage.json” finds nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own dependencies warn
        from frictionless import Package

        report = Package(str(FOLDER / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "note"])


def test_our_own_check_finds_nothing() -> None:
    """Every layer and table passes the checks of the library."""
    assert {
        name: faults for name, faults in package_check.check_tables(FOLDER).items() if faults
    } == {}


def test_the_schemas_are_those_of_the_table_of_layers(package: dict[str, Any]) -> None:
    """What datapackage.json says of each field is what geo.schema says; “python data/package.py”
    brings it up to date.
    """
    resources = {resource["name"]: resource for resource in package["resources"]}
    for name, fields in ({name: LAYERS[name].fields for name in HELD} | TABLES).items():
        schema = resources[name]["schema"]
        assert schema == json.loads(
            json.dumps(table_schema(fields, foreign_keys=schema.get("foreignKeys")))
        ), name


def test_every_resource_is_described(package: dict[str, Any]) -> None:
    """Each resource has its file, a title, a licence with a name and a title, and a source."""
    assert {*HELD, *TABLES} <= {resource["name"] for resource in package["resources"]}
    for resource in package["resources"]:
        assert (FOLDER / resource["path"]).is_file()
        assert resource["title"]
        assert resource["licenses"]
        assert all(
            licence.get("name") and licence.get("title") and licence.get("path")
            for licence in resource["licenses"]
        ), resource["name"]
        assert resource["sources"]
        assert all(source["title"] for source in resource["sources"])
    assert package["licenses"]


def test_every_data_file_is_a_resource(package: dict[str, Any]) -> None:
    """No table lies in the folder that the package does not name."""
    named = {resource["path"] for resource in package["resources"]}
    assert {path.name for path in FOLDER.glob("*.csv")} <= named


def test_identifiers_are_unique_over_all_layers(frames: dict[str, Any]) -> None:
    """An id names one thing, whatever its layer."""
    ids = [key for frame in frames.values() for key in frame.index]
    assert len(ids) == len(set(ids))


def test_there_is_as_much_as_was_researched(frames: dict[str, Any]) -> None:
    """The facts have come in: 238 parks, and the gates, ports, airports, cities, corridors,
    policies and records beside them.
    """
    assert len(frames["parks"]) >= 238
    least = dict(
        zip(
            HELD,
            (238, 35, 50, 18, 60, 45, 26, 113, 21, 14, 29, 33, 73, 40, 24, 800),
            strict=True,
        )
    )
    assert {name: len(frame) >= least[name] for name, frame in frames.items()} == dict.fromkeys(
        HELD, True
    )


def test_every_row_has_a_source_a_date_and_an_accuracy(frames: dict[str, Any]) -> None:
    """Every row has a source and its kind, every place and policy a date, every position a
    positive accuracy.
    """
    for layer_id, frame in frames.items():
        assert frame["source"].str.len().gt(0).all()
        assert frame["source_kind"].notna().all()
        if LAYERS[layer_id].field("as_of").required:
            assert frame["as_of"].notna().all()
        if "position_accuracy_m" in frame:
            assert frame["position_accuracy_m"].gt(0).all()


def test_a_row_from_memory_points_to_no_page(frames: dict[str, Any]) -> None:
    """A row read on a page names an address."""
    for layer_id in ("parks", "gates", "policies"):
        frame = frames[layer_id]
        read_on_page = frame[frame["source_kind"] == "page"]
        assert read_on_page["source"].str.contains("http").mean() > 0.9, layer_id


def test_positions_lie_in_the_region(frames: dict[str, Any], package: dict[str, Any]) -> None:
    """Every feature lies in the box that the package gives, and the map opens inside it."""
    region = shapely.box(*package["bbox"])
    for layer_id, frame in frames.items():
        if LAYERS[layer_id].geometry:
            outside = frame.index[~frame.geometry.intersects(region)]
            assert list(outside) == [], layer_id
    assert region.contains(shapely.Point(package["view"]["lon"], package["view"]["lat"]))


def test_unknown_numbers_are_not_zero(frames: dict[str, Any]) -> None:
    """No area, rent, length or speed is 0: what is not known is empty."""
    for frame in frames.values():
        for name in (
            *("capital", "output", "capacity", "value_low", "value_high"),
            "area_ha",
            "leasable_ha",
            "rent_term_low_usd_m2",
            "rent_term_high_usd_m2",
            "published_length_km",
            "design_speed_kph",
        ):
            if name in frame:
                assert not frame[name].eq(0).any(), name


def test_ranges_are_in_order(frames: dict[str, Any]) -> None:
    """A low rent is not above the high one, the leasable land not above the whole, and each number
    has its kind of source.
    """
    parks = frames["parks"]
    both = parks.dropna(subset=["rent_term_low_usd_m2", "rent_term_high_usd_m2"])
    assert (both["rent_term_low_usd_m2"] <= both["rent_term_high_usd_m2"]).all()
    land = parks.dropna(subset=["area_ha", "leasable_ha"])
    assert (land["leasable_ha"] <= land["area_ha"]).all()
    sources = Provenance(frames["provenance"], frames.__getitem__)
    for number in ("area_ha", "rent_term_low_usd_m2", "occupancy_pct", "leasable_ha"):
        assert (sources.marks("parks", number) != "").all()


def test_a_gate_leads_to_another_country(frames: dict[str, Any]) -> None:
    """Both sides of a gate are different countries, and its hours have a known zone."""
    from zoneinfo import ZoneInfo

    gates = frames["gates"]
    assert (gates["country"] != gates["opposite_country"]).all()
    for name in gates["timezone"].unique():
        assert ZoneInfo(name)


def test_policies_apply_to_something(frames: dict[str, Any]) -> None:
    """A policy that names a park, port or gate names one that there is; every policy of a park
    exists.
    """
    prefixes = {"park": "parks", "port": "ports", "gate": "gates"}
    for key, value in frames["policies"]["applies_to"].items():
        for target in layers.unfold(value):
            prefix, _, name = target.partition(":")
            if prefix in prefixes and name not in ("", "*"):
                assert name in frames[prefixes[prefix]].index, (key, target)
    known = set(frames["policies"].index)
    assert {
        policy for value in frames["parks"]["policies"].dropna() for policy in layers.unfold(value)
    } <= known


def test_no_park_names_a_policy_that_has_ended(frames: dict[str, Any]) -> None:
    """Since the tax law of 2025 a park is not a place of incentives; its sector rates are named
    where a Vietnamese site has such a sector, and nowhere else.
    """
    parks, policies = frames["parks"], frames["policies"]
    ended = policies.index[policies["valid_to"].fillna("9999") < date.today().isoformat()]
    assert "pol-vn-ip-cit" in ended
    named = parks["policies"].fillna("").map(lambda cell: {*layers.unfold(cell)})
    assert not [key for key, cells in named.items() if cells & {*ended}]
    by_law = {*layers.unfold(policies.loc["pol-vn-cit-2025", "applies_to"])}
    for key, park in parks.iterrows():
        own = {f"sector:{sector}" for sector in layers.unfold(park["sectors"])} | {park["kind"]}
        due = park["country"] == "VN" and bool(own & by_law)
        assert ("pol-vn-cit-2025" in named[key]) == due, key


def test_speeds_are_there_for_every_kind_of_road() -> None:
    """Both vehicles have a speed for each kind of road and for the way to it; no truck is faster
    than a car; each has its source.
    """
    speeds = layers.read_table(FOLDER, "speeds").set_index(["profile", "road_class"])
    car, truck = speeds.loc["car", "speed_kph"], speeds.loc["truck", "speed_kph"]
    kinds = {"motorway", "trunk", "primary", "secondary", "tertiary", "access"}
    assert kinds <= set(car.index) & set(truck.index)
    assert (truck <= car.reindex(truck.index)).all()
    assert speeds["source"].str.len().gt(0).all()


def test_the_basemap_says_where_it_comes_from(package: dict[str, Any]) -> None:
    """The licences of the basemap lie beside it."""
    assert (FOLDER / "basemap" / "basemap.pmtiles").stat().st_size < 5_000_000
    assert {path.name for path in (FOLDER / "basemap" / "LICENSES").iterdir()} >= {
        "LGPL-3.0.txt",
        "NOTICE.md",
    }
    assert Path(FOLDER / "basemap" / "README.md").is_file()
    assert (
        len(
            next(resource for resource in package["resources"] if resource["name"] == "basemap")[
                "licenses"
            ]
        )
        >= 2
    )
