"""Tables without positions: what their rows hold, refer to and are refused for."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from web import copy_package, rewrite

from geo import layers, package, package_check
from geo.errors import InputError
from geo.schema import LAYERS, Layer
from geo.schema.records import RECORDS

FOLDER = layers.bundled()
BY_ID = pytest.mark.parametrize("layer", RECORDS, ids=lambda layer: layer.id)


@pytest.fixture(scope="module")
def frames() -> dict[str, Any]:
    return {layer.id: layers.read(FOLDER, layer.id) for layer in RECORDS}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tables of the package, to be broken."""
    return copy_package(tmp_path / "data", "basemap", "trips")


@BY_ID
def test_what_a_table_shows_are_fields_of_it(layer: Layer) -> None:
    """A page lists only what the table has, and never a source or an identifier."""
    assert layer.shown
    assert set(layer.shown) <= set(layer.names) - {"id", "source", "as_of", "notes"}


def test_a_row_read_on_a_page_names_its_address(frames: dict[str, Any]) -> None:
    """All but one of what was read on a page can be looked up; what is remembered cannot."""
    for layer_id, frame in frames.items():
        web = frame["source"].str.contains("https?://", regex=True)
        unnamed = frame.index[(frame["source_kind"] == "page") & ~web]
        assert len(unnamed) <= (layer_id == "events"), (layer_id, list(unnamed))
        assert not web[frame["source_kind"] == "memory"].any(), layer_id


@pytest.mark.parametrize(
    ("layer_id", "row", "column", "value"),
    [
        ("projects", "project-lite-on-quang-ninh-factory", "capital", 690),
        ("projects", "project-lite-on-quang-ninh-factory", "park", "song-khoai-ip"),
        ("projects", "project-hai-ha-seaport", "port", "port-hai-ha"),
        ("plants", "plant-texhong-hai-yen-ip", "output", 140_000),
        ("park_utilities", "utility-dong-mai-ip-power", "capacity", 32),
        ("gate_traffic", "traffic-thanh-thuy-arriving-2016-03", "value_high", 120),
        ("gate_traffic", "traffic-hai-yen-km3-4-cleared-2025-01-01", "towards", "CN"),
        ("costs", "cost-minimum-wage-region-iii-2024-07-01", "valid_to", "2025-12-31"),
        ("rules", "vn-drone-border-zone", "within_m", 25_000),
    ],
)
def test_a_fact_stands_where_one_looks_for_it(
    frames: dict[str, Any], layer_id: str, row: str, column: str, value: object
) -> None:
    """Numbers are numbers, and places the identifiers of other tables."""
    assert frames[layer_id].loc[row, column] == value


def test_a_total_is_not_counted_as_a_project(frames: dict[str, Any]) -> None:
    """The largest sums are programmes, so that single projects can be added up."""
    projects = frames["projects"]
    single = projects[projects["kind"] == "project"]
    assert not single["name_en"].str.contains(r"\b\d+ (?:projects|companies|new)", regex=True).any()
    named = projects.loc[projects["kind"] == "programme", "name_en"]
    assert "1,033 key projects in 118 parks" in set(named)
    assert 8 <= len(named) <= 16


def test_no_person_is_named(frames: dict[str, Any]) -> None:
    """Contacts are bodies: no mail of somebody, no mobile number."""
    contacts = frames["contacts"]
    assert not contacts["mail"].dropna().str.contains("gmail|yahoo|outlook").any()
    assert not contacts["phone"].dropna().str.contains(r"^\+84 ?[35789]\d{8}$").any()


def test_a_range_is_a_range(frames: dict[str, Any]) -> None:
    """Each value has both ends, or only the upper one; the lower is not above it."""
    for layer_id in ("costs", "gate_traffic"):
        frame = frames[layer_id]
        assert not (frame["value_low"].notna() & frame["value_high"].isna()).any()
        assert not (frame["value_low"] > frame["value_high"]).any()
    in_words = frames["costs"]["value_text"].notna()
    assert (in_words == frames["costs"]["value_high"].isna()).all()


@pytest.mark.parametrize(
    ("layer_id", "change", "fault"),
    [
        ("projects", {"park": "nowhere"}, "park: “nowhere” is not in parks"),
        ("contacts", {"gates": "huu-nghi;gone"}, "gates: “gone” is not in gates"),
        ("rules", {"policies": "pol-none"}, "policies: “pol-none” is not in policies"),
        ("projects", {"port": "huu-nghi"}, "port: “huu-nghi” is not in ports"),
    ],
)
def test_every_reference_is_checked(
    copy: Path, layer_id: str, change: dict[str, str], fault: str
) -> None:
    """Whoever refers to what is not there reads in which row, in which field, to what."""
    rewrite(copy / f"{layer_id}.csv", lambda rows: [rows[0] | change, *rows[1:]])
    report = package_check.check_tables(copy)
    assert list(report[layer_id]) == [f"{layers.read(FOLDER, layer_id).index[0]}: {fault}"]
    assert not any(faults for name, faults in report.items() if name != layer_id)


def spoilt(**cells: str) -> Callable[[list[dict[str, str]]], list[dict[str, str]]]:
    return lambda rows: [rows[0] | cells, *rows[1:]]


def test_every_fault_of_a_row_is_named(copy: Path) -> None:
    """A day that is in no calendar, an end before its beginning, a word that is not allowed."""
    change = spoilt(
        valid_from="2026-02-30", kind="castle", value_low="7", value_high="5", currency="dong"
    )
    rewrite(copy / "costs.csv", change)
    with pytest.raises(InputError) as error:
        layers.read(copy, "costs")
    text = "\n".join(error.value.faults)
    for part in (
        "“2026-02-30” is not in the calendar",
        "“castle”",
        "5 is below value_low, 7",
        "currency",
    ):
        assert part in text
    rewrite(copy / "events.csv", spoilt(valid_from="2026-03", valid_to="2026-02-27"))
    with pytest.raises(InputError) as error:
        layers.read(copy, "events")
    assert "2026-02-27 is below valid_from, 2026-03" in "\n".join(error.value.faults)


def test_a_package_may_leave_records_out(copy: Path) -> None:
    """Without its file a table is empty and no fault; another layer stays needed."""
    for layer in RECORDS:
        (copy / f"{layer.id}.csv").unlink()
        assert layers.read(copy, layer.id).empty
    assert not any(package_check.check_tables(copy).values())


def test_a_ninth_table_is_a_declaration_and_a_file(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is declared is read, searched and checked as the eight are."""
    from geo import Atlas

    base = LAYERS["park_utilities"]
    ninth = Layer("gas", "Gas", "", None, base.fields, shown=base.shown, optional=True)
    monkeypatch.setitem(LAYERS, "gas", ninth)
    with (copy / "gas.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ninth.names)
        writer.writeheader()
        row = {"id": "gas-1", "park": "dong-mai-ip", "kind": "power", "supply": "pipeline"}
        writer.writerow(row | {"source": "me", "source_kind": "memory"})
    atlas = Atlas.open(copy)
    assert list(atlas.select("gas", {"q": "pipeline"}).index) == ["gas-1"]
    assert list(atlas.select("gas", {"q": "Dong Mai"}).index) == ["gas-1"]
    assert package_check.check_tables(copy)["gas"] == []


@pytest.mark.parametrize(
    ("query", "park"), [("Foxconn", "dong-mai-ip"), ("Lite-On", "song-khoai-ip")]
)
def test_a_company_finds_the_park_where_it_is(query: str, park: str) -> None:
    """Who looks for a neighbour types its name."""
    from geo import Atlas

    assert park in Atlas.open(FOLDER).select("parks", {"q": query}).index


@pytest.mark.parametrize("most", [0, 10**9])
def test_some_rows_are_those_of_all(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of any layer by their numbers, in any order, hold the values of the whole frame, of a
    large layer as of a small one.
    """
    monkeypatch.setattr(package, "MOST_UNFOLDED", most)
    opened = package.Package(FOLDER)
    for layer_id in ("parks", "gates", "policies", "contacts"):
        frame = pd.DataFrame(opened.layer(layer_id))
        at = [len(frame) - 1, 0, 3, 0]
        rows = pd.DataFrame(opened.rows(layer_id, at), dtype=object)
        wanted = pd.DataFrame(frame.to_dict("records"), dtype=object).iloc[at]
        pd.testing.assert_frame_equal(rows, wanted.reset_index(drop=True))
