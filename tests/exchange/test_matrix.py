"""Every case of wrong positions is named first, a sample of ``bench/doctor.py``; many rows at once
are judged as each of them by itself.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo import crs, proximity
from geo.exchange import doctor
from geo.exchange.known import Known
from geo.layers.neighbours import Neighbours
from geo.layers.region import Region

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
bench = importlib.import_module("doctor")

pytestmark = pytest.mark.usefixtures("in_this_process")
SHARE = 0.95
EVERY = 60
"""Each so-manieth park is examined in each case."""


def test_every_case_is_named(known: Known) -> None:
    """At least 95 of 100 files of one row, and of ten, are named right in every case."""
    missed = bench.matrix(known, EVERY, tens=EVERY)
    assert len(missed) >= 60
    for name, (ones, tens, (count, sets)) in missed.items():
        assert int(count) >= 1, name
        assert len(ones) + len(tens) <= (1 - SHARE) * (int(count) + int(sets)), (name, ones, tens)


@pytest.mark.parametrize("rows", [1, 10])
def test_what_cannot_be_told_stays_a_question(
    known: Known, parks: pd.DataFrame, tmp_path: Path, rows: int
) -> None:
    """Whether parks of China, known to some kilometres only, are shifted is asked and not guessed;
    the answer settles it, and a map that states its system is not asked about.
    """
    rng = np.random.default_rng(4)
    ours = parks[(parks["country"] == "CN") & (parks["position_accuracy_m"] >= 2000)]
    path = tmp_path / "file.csv"
    for shift in (np.asarray, crs.to_gcj02, crs.to_bd09):
        few = ours.iloc[rng.choice(len(ours), rows, replace=False)]
        lon, lat, _ = crs.geodesic().fwd(
            *few[["lon", "lat"]].to_numpy().T,
            rng.uniform(0, 360, rows),
            few["position_accuracy_m"].to_numpy() * rng.uniform(0.2, 0.8, rows),
        )
        pairs = shift(np.column_stack([lon, lat]))
        table = few[["name_zh", "province_en"]].assign(lon=pairs[:, 0], lat=pairs[:, 1])
        table.to_csv(path, index=False)
        exam = doctor.examine(path, known)
        assert bench.first(exam) != "-"
        assert exam.sure.empty
        choices = {proposal.choice for proposal in exam.questions[0].proposals}
        assert {"EPSG:4326", "GCJ-02", "BD-09"} <= choices
        settled = doctor.examine(path, known, answers={"coordinates": "EPSG:4326"})
        assert settled.system is not None
        assert not any(question.key == "coordinates" for question in settled.questions)


def test_many_rows_are_judged_as_each_by_itself(known: Known) -> None:
    """What is said of rows does not depend on the other rows of a file."""
    region = known.region
    rng = np.random.default_rng(7)
    places = region.places
    at = rng.integers(0, len(places), 120)
    spread = rng.choice([0.001, 0.05, 0.5, 3], (120, 1))
    points = proximity.lonlat(places)[at] + rng.normal(0, 1, (120, 2)) * spread
    points[::17] = np.nan
    provinces = places["province_en"].to_numpy(object)
    rows = [
        {
            "_at": row,
            "province_en": str(provinces[place] if rng.random() < 0.7 else rng.choice(provinces)),
            "country": str(rng.choice(["VN", "CN", ""])),
            "id": str(places.index[place]) if rng.random() < 0.3 else None,
        }
        for row, place in enumerate(at)
    ]
    together, own_m = region.doubts(rows, points)
    fresh = Region(region.box, region.countries, region.places)
    for row in rng.permutation(120)[:60].tolist():
        (alone,), (alone_m,) = fresh.doubts([rows[row]], points[[row]])
        assert together[row] == alone
        assert own_m[row] == pytest.approx(alone_m, nan_ok=True)
    assert 20 < sum(map(bool, together)) < 110


@pytest.mark.parametrize("count", [1, 2, 3, 400])
def test_the_nearest_is_the_nearest(count: int) -> None:
    """The nearest place but the own one is that of a measurement of all, ties to the first."""
    rng = np.random.default_rng(count)
    places = np.round(rng.uniform((102, 17), (110, 25), (count, 2)), 1)
    places[rng.random(count) < 0.05] = np.nan
    points = np.concatenate(
        [places[np.isfinite(places).all(axis=1)], rng.uniform(-60, 60, (50, 2))]
    )
    own = rng.integers(-1, count, len(points))
    row, apart_m = Neighbours(places, np.arange(count)).nearest(points, own)
    table = crs.distance_m(points[:, None], places[None]).reshape(len(points), count)
    table[np.arange(len(points))[own >= 0], own[own >= 0]] = np.nan
    table = np.where(np.isfinite(table), table, np.inf)
    assert np.where(row >= 0, row, 0).tolist() == table.argmin(axis=1).tolist()
    assert np.where(row >= 0, apart_m, np.inf) == pytest.approx(table.min(axis=1))
