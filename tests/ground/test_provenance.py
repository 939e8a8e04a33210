"""Where values come from: several sources of one, none of others, and rows that name no value."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geo import Atlas, layers, package_check
from geo.layers.provenance import Provenance
from geo.schema.provenance import PROVENANCE

FOLDER = layers.bundled()
PARKS = pd.DataFrame(
    {
        "area_ha": [10.0, 20.0, None],
        "part_of": ["a;b", None, None],
        "source": ["https://example.org/first", "analyst memory", "https://example.org/third"],
        "source_kind": ["page", "memory", "page"],
        "as_of": ["2020", "2019", "2018"],
    },
    index=["first", "second", "third"],
)


def rows(*cells: tuple[str, str, str, str]) -> pd.DataFrame:
    """Make the table from row, field, source and kind."""
    table = [
        dict.fromkeys(PROVENANCE.names)
        | {"layer": "parks", "row_id": row, "field": field, "source": source, "source_kind": kind}
        | {"accuracy": float("nan")}
        for row, field, source, kind in cells
    ]
    return pd.DataFrame(table, columns=PROVENANCE.names)


def known(*cells: tuple[str, str, str, str]) -> Provenance:
    return Provenance(rows(*cells), lambda _: PARKS)


def test_of_several_sources_the_best_counts() -> None:
    """What one remembers and a page confirms is read on a page."""
    of = known(("first", "area_ha", "m", "memory"), ("first", "area_ha", "p", "page"))
    assert [source.source for source in of.stated("parks", "first", "area_ha")] == ["m", "p"]
    assert of.mark("parks", "first", "area_ha") == "page"


def test_of_a_list_the_weakest_counts() -> None:
    """Each zone has a statement of its own, so one that is remembered makes the list remembered."""
    of = known(("first", "part_of", "m", "memory"), ("first", "part_of", "p", "page"))
    assert of.mark("parks", "first", "part_of") == "memory"


def test_a_value_without_a_row_has_the_source_of_its_own() -> None:
    """It is shown as remembered where its whole row is, and as nothing where a page stands behind
    another value.
    """
    of = known(("first", "position", "p", "page"))
    (source,) = of.sources("parks", "first", "area_ha")
    assert (source.source, source.as_of) == ("https://example.org/first", "2020")
    assert of.marks("parks", "area_ha").to_dict() == {"first": "", "second": "memory"}
    assert of.marks("parks", "position").to_dict() == {
        "first": "page",
        "second": "memory",
        "third": "",
    }


def test_a_layer_can_stand_with_the_sources_of_one_field() -> None:
    """The source, kind and date of the best, and of the row where none is named."""
    table = rows(("first", "area_ha", "m", "memory"), ("first", "area_ha", "c", "code"))
    table["as_of"] = ["2001", "2002"]
    frame = Provenance(table, lambda _: PARKS).sourced("parks", "area_ha")
    columns = ["source", "source_kind", "as_of"]
    assert frame.loc["first", columns].tolist() == ["c", "code", "2002"]
    assert frame.loc["second", columns].tolist() == PARKS.loc["second", columns].tolist()
    assert PARKS.loc["first", "source_kind"] == "page"


GOOD = {
    "id": "west-park-area-ha",
    "layer": "parks",
    "row_id": "west-park",
    "field": "area_ha",
    "source": "https://example.org/west",
    "source_kind": "page",
}


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({}, None),
        ({"accuracy": "5"}, None),
        ({"field": "position", "accuracy": "200"}, None),
        ({"layer": "park"}, "layer: there is no layer “park”"),
        ({"layer": "provenance"}, "layer: there is no layer “provenance”"),
        ({"row_id": "west-prak"}, "row_id: “west-prak” is not in parks"),
        ({"row_id": "bridge"}, "row_id: “bridge” is not in parks"),
        ({"field": "area"}, "field: parks have no field “area” that has a source"),
        ({"field": "as_of"}, "field: parks have no field “as_of” that has a source"),
        ({"field": "geometry"}, "field: parks have no field “geometry” that has a source"),
        ({"field": "developer"}, "field: developer of “west-park” is empty"),
        ({"field": "name_en", "accuracy": "1"}, "accuracy: name_en is not a number"),
        (
            {"layer": "policies", "row_id": "tax-holiday", "field": "position"},
            "field: policies have no field “position” that has a source",
        ),
    ],
)
def test_a_row_that_names_no_value_is_a_fault(
    toy: Path, tmp_path: Path, cells: dict[str, str], fault: str | None
) -> None:
    """Layer, row and field must be there, and the value must not be empty."""
    folder = shutil.copytree(toy, tmp_path / "toy")
    write(folder, GOOD | cells)
    listed = package_check.check_tables(folder)["provenance"]
    assert listed == ([] if fault is None else [f"west-park-area-ha: {fault}"])


def test_the_same_source_twice_is_a_fault(toy: Path, tmp_path: Path) -> None:
    """Two rows of one value name two sources."""
    folder = shutil.copytree(toy, tmp_path / "toy")
    write(folder, GOOD, GOOD | {"id": "again"})
    (listed,) = package_check.check_tables(folder)["provenance"]
    assert listed == "west-park: area_ha: “https://example.org/west” stands 2 times"
    write(folder, GOOD, GOOD | {"id": "again", "source": "analyst memory", "source_kind": "memory"})
    assert package_check.check_tables(folder)["provenance"] == []


def write(folder: Path, *rows: dict[str, str]) -> None:
    with (folder / "provenance.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, PROVENANCE.names)
        writer.writeheader()
        writer.writerows(rows)


# The package that comes with Zone Atlas


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas.open(FOLDER)


def test_what_is_read_on_a_page_names_its_address(atlas: Atlas) -> None:
    """And what is remembered names none."""
    table = atlas.layer("provenance")
    web = table["source"].str.contains("https?://", regex=True)
    assert web[table["source_kind"] == "page"].all()
    assert not web[table["source_kind"] == "memory"].any()


@pytest.mark.parametrize(
    ("layer", "row", "field", "kind", "as_of", "part"),
    [
        ("parks", "song-khoai-ip", "occupancy_pct", "page", "2023-12", "theinvestor.vn"),
        ("parks", "nam-son-hap-linh-ip", "position", "code", "2026-10-07", "way/1265422032"),
        ("parks", "que-vo-1-ip", "occupancy_pct", "page", "2022", "dautu360.vn"),
        ("parks", "hoanh-bo-ip", "position", "memory", "", "memory"),
        ("parks", "viet-hung-ip", "position", "estimate", "", "m.baodauthau.vn"),
        ("gates", "ta-lung", "kind", "page", "2025-09-12", "vietnamplus.vn"),
        ("gates", "chi-ma", "opening_hours", "page", "2019-07", "banqlktck.langson.gov.vn"),
        ("ports", "port-lach-huyen-56", "max_dwt", "page", "2025-04-05", "vietnamnews.vn"),
        ("ports", "port-tan-vu", "operator", "memory", "2025-05-15", "memory"),
        ("corridors", "tanvu-lachhuyen", "published_length_km", "page", "2017-09-02", "vir.com.vn"),
    ],
)
def test_a_value_names_the_page_it_was_corrected_by(
    atlas: Atlas, layer: str, row: str, field: str, kind: str, as_of: str, part: str
) -> None:
    """Kind, date and address of values whose source was noted."""
    (source,) = atlas.provenance.stated(layer, row, field)
    assert (source.kind, source.as_of) == (kind, as_of)
    assert part in source.source


def test_two_sources_of_one_area_stand_beside_each_other(atlas: Atlas) -> None:
    """A page rounds the area of Van Don to ten square kilometres, the hectares are remembered."""
    page, memory = atlas.provenance.stated("parks", "van-don-ez", "area_ha")
    assert (page.kind, page.accuracy, memory.kind) == ("page", 500, "memory")
    area: Any = atlas.layer("parks").loc["van-don-ez", "area_ha"]
    assert abs(area - 217_000) <= 500


def test_the_table_is_found_and_exported(atlas: Atlas) -> None:
    """By the identifier of the row, and as any other table."""
    listed = atlas.select("provenance", {"q": "song-khoai-ip"})
    assert {"position", "area_ha", "occupancy_pct", "part_of"} <= set(listed["field"])
    assert atlas.about("provenance").count == len(atlas.layer("provenance"))
