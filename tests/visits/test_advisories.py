"""Warnings that belong to a place: where they hold, how sure that is, and what they say."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import plans
import pytest
import shapely

from geo import layers
from geo.schema import unfold
from geo.visits import advisories
from geo.visits.trip import Place

LAND = gpd.GeoDataFrame(
    {"country": ["VN", "CN"]},
    geometry=[shapely.box(106, 20, 107, 21), shapely.box(106, 21, 107, 22)],
    crs=4326,
)
"""Viet Nam south of the 21st parallel and China north of it; 0.01° of latitude are 1107 m."""


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return layers.read_table(layers.bundled(), "notices")


@pytest.fixture(scope="module")
def countries() -> gpd.GeoDataFrame:
    return gpd.read_file(layers.bundled() / "basemap" / "countries.geojson")


def place(lat: float, accuracy_m: float | None, country: str = "VN") -> Place:
    return Place(f"p-{lat}", {"en": "P"}, 106.5, lat, accuracy_m, country, plans.HANOI)


@pytest.mark.parametrize(
    ("lat", "accuracy_m", "expected"),
    [
        (20.999, 100, True),
        (20.995, 100, True),
        (20.995, 400, False),
        (20.995, None, False),
        (20.985, 100, None),
        (20.985, 500, False),
    ],
)
def test_within_or_maybe_within(
    lat: float, accuracy_m: float | None, expected: bool | None, table: pd.DataFrame
) -> None:
    """A point lies in the belt if it does at the worst, may lie in it if it could, and is left out
    otherwise.
    """
    places = {
        advisory.id: advisory.places
        for advisory in advisories.of([place(lat, accuracy_m)], LAND, table)
    }
    concerned = places.get("vn-border-belt-report")
    assert (None if concerned is None else concerned[0].certain) is expected


def test_distance_is_geodesic() -> None:
    """0.1° of latitude south of the border are 11.07 km; at sea beside the border the end of the
    line counts.
    """
    assert advisories.border_distance_m(106.5, 20.9, "VN", LAND) == pytest.approx(11_071, abs=3)
    assert advisories.border_distance_m(108, 21, "VN", LAND) == pytest.approx(103_970, rel=1e-3)
    assert advisories.border_distance_m(106.5, 20.9, "VN", LAND[:1]) == float("inf")


def test_the_real_border(countries: gpd.GeoDataFrame) -> None:
    """Mong Cai lies at the border, Ha Long 70 km or more from it, and the coast of Quang Ninh
    counts as no border.
    """
    assert (
        advisories.border_distance_m(plans.MONGCAI.lon, plans.MONGCAI.lat, "VN", countries) < 3000
    )
    assert (
        advisories.border_distance_m(plans.HALONG.lon, plans.HALONG.lat, "VN", countries) > 60_000
    )


def test_a_plan_over_the_border_is_told_everything(
    table: pd.DataFrame, countries: gpd.GeoDataFrame
) -> None:
    """Two days at Mong Cai and in Jiangping bring all four notices, with the places that each is
    about.
    """
    places = {
        advisory.id: [concerned.place.id for concerned in advisory.places]
        for advisory in advisories.of(plans.two_days(), countries, table)
    }
    assert places == {
        "vn-border-commune-permit": ["mong-cai", "hai-yen-ip"],
        "vn-border-belt-report": ["mong-cai"],
        "cn-foreign-survey-approval": ["jiangping-ip"],
        "cn-no-tracks": ["jiangping-ip"],
    }


def test_far_from_any_border_nothing_is_said(
    table: pd.DataFrame, countries: gpd.GeoDataFrame
) -> None:
    """Hai Phong brings no notice, and without outlines nothing is said of the border."""
    hai_phong = replace(plans.HALONG, id="hai-phong", lon=106.6834, lat=20.8648)
    assert advisories.of([hai_phong], countries, table) == []
    assert advisories.of([plans.MONGCAI], None, table) == []
    assert [advisory.id for advisory in advisories.of([plans.JIANGPING], None, table)] == [
        "cn-foreign-survey-approval",
        "cn-no-tracks",
    ]


def test_every_notice_is_a_hint_with_its_source(table: pd.DataFrame) -> None:
    """Each text stands in three languages, names what to check or do, and has law, source, date and
    whom it concerns.
    """
    assert (
        not table[["text_en", "text_vi", "text_zh", "legal_basis", "source", "as_of"]]
        .isna()
        .any(axis=None)
    )
    assert all(unfold(targets) for targets in table["applies_to"])
    assert table["text_en"].str.contains("Ask|Settle with|Turn off").all()
    assert table.loc[table["within_m"].notna(), "assumption"].notna().all()


def test_the_text_falls_back_to_english(table: pd.DataFrame) -> None:
    """A language without a text gets the English one."""
    advisory = advisories.of([plans.JIANGPING], None, table)[0]
    assert advisory.text("zh").startswith("外国")
    assert advisory.text("fr") == advisory.text()
