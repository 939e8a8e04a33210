"""Free land: what is known of it, what is not, and that the unknown never counts as full."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo import layers
from geo.siting.land import FULL_PCT, free_land, leased_share
from geo.siting.measures import ENOUGH_HA, criteria

NAN = math.nan


def park(**cells: Any) -> dict[str, Any]:
    """Make a row of the parks of which nothing else is known."""
    return (
        dict.fromkeys(("area_ha", "area_basis", "leasable_ha", "occupancy_pct", "occupancy_year"))
        | cells
    )


@pytest.mark.parametrize(
    ("cells", "full", "free_ha", "most_ha", "year"),
    [
        (
            {
                "leasable_ha": 500.0,
                "occupancy_pct": 85.0,
                "occupancy_year": 2024,
                "area_ha": 1566.0,
            },
            False,
            75,
            75,
            2024,
        ),
        (
            {"area_ha": 301.0, "occupancy_pct": 55.0, "occupancy_year": 2024},
            False,
            NAN,
            135.45,
            2024,
        ),
        ({"area_ha": 400.0, "occupancy_pct": 100.0, "occupancy_year": 2023}, True, NAN, 0, 2023),
        ({"area_ha": 400.0, "occupancy_pct": FULL_PCT}, True, NAN, 20, None),
        ({"area_ha": 400.0, "occupancy_pct": FULL_PCT - 0.1}, False, NAN, 20.4, None),
        ({"area_ha": 400.0, "leasable_ha": 250.0}, None, NAN, 250, None),
        ({"area_ha": 400.0, "occupancy_year": 2023}, None, NAN, 400, None),
        (
            {"area_ha": 80.0, "area_basis": "leased", "leasable_ha": 100.0, "occupancy_pct": 99.0},
            False,
            20,
            20,
            None,
        ),
        ({"area_ha": 80.0, "area_basis": "leased"}, None, NAN, NAN, None),
        ({"area_ha": 80.0, "area_basis": "leasable", "occupancy_pct": 50.0}, False, 40, 40, None),
        ({}, None, NAN, NAN, None),
    ],
)
def test_free_land_is_leasable_times_what_is_not_taken(
    cells: Any, full: bool | None, free_ha: float, most_ha: float, year: int | None
) -> None:
    """Counted by hand: hectares only where the leasable land is known, and an upper end wherever an
    area is.
    """
    land = free_land(park(**cells))
    assert (land.full, land.year) == (full, year)
    assert (land.free_ha, land.most_ha) == pytest.approx((free_ha, most_ha), nan_ok=True)


def test_the_weakest_source_is_told() -> None:
    """A remembered occupancy of a published area is a remembered number."""
    known = park(
        leasable_ha=100.0,
        occupancy_pct=50.0,
    )
    kinds = {"leasable_ha": "page", "occupancy_pct": "memory"}
    assert free_land(known, kinds).source_kind == "memory"
    assert free_land(known, kinds | {"occupancy_pct": "code"}).source_kind == "code"
    assert free_land(park(leasable_ha=100.0), kinds).source_kind == ""


@pytest.mark.parametrize("seed", range(5))
def test_unknown_never_counts_as_full_and_only_widens(seed: int) -> None:
    """Whatever cell becomes unknown, a site never becomes full by it, and the most that can be free
    never shrinks.
    """
    dice = np.random.default_rng(seed)
    for _ in range(200):
        area = float(dice.integers(1, 500))
        cells = park(
            area_ha=area,
            leasable_ha=float(dice.uniform(0.1, 1) * area),
            occupancy_pct=float(dice.integers(0, 101)),
        )
        before = free_land(cells)
        assert before.free_ha == before.most_ha <= area
        assert before.availability == ("full" if cells["occupancy_pct"] >= 95 else "free")
        for name, unknown in (
            ("leasable_ha", None),
            ("occupancy_pct", NAN),
            ("occupancy_pct", pd.NA),
        ):
            after = free_land(cells | {name: unknown})
            assert after.full in (before.full, None)
            assert after.most_ha >= before.most_ha
            assert name == "leasable_ha" or (after.full is None and after.availability is None)


def test_the_data_hold_what_the_column_holds() -> None:
    """Of the parks of the data, those with an occupancy of 95 or more are full, those with less are
    not, the others are unknown.
    """
    parks = layers.read(layers.bundled(), "parks")
    full = [free_land(row).full for row in parks.to_dict("records")]
    occupancy = parks["occupancy_pct"].astype(float)
    expected = [None if math.isnan(share) else share >= 95 for share in occupancy]
    assert full == expected
    assert {True, False, None} == set(full)
    assert all(leased_share(row) is None for row in parks.to_dict("records"))


def test_land_counts_up_to_a_need() -> None:
    """What is needed is the end, and without a need what is assumed to be enough."""
    land = criteria()["area"]
    assert land.ends(asked=12.5) == (0, 12.5)
    assert land.ends() == (0, ENOUGH_HA)
