"""How far our times and lengths are off is what is measured, on the roads that are there now."""

from __future__ import annotations

import importlib.util
import types
from pathlib import Path

import pandas as pd
import pytest

from geo.roads import accuracy
from geo.roads.network import Network

BENCH = Path(__file__).resolve().parents[2] / "bench"
WITHIN = 0.01
"""A constant may be off by so much."""


@pytest.fixture(scope="module")
def truth() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("truth", BENCH / "truth.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def measured(truth: types.ModuleType, real_network: Network) -> pd.DataFrame:
    table: pd.DataFrame = truth.measured(real_network, pd.read_csv(truth.PAIRS), "car")
    return table


def test_what_is_claimed_of_times_is_measured(
    truth: types.ModuleType, measured: pd.DataFrame
) -> None:
    """The range that is shown holds the time of a local in nine pairs of ten, and the deviation is
    that of the pairs.
    """
    ours = 1 / (1 + measured["min_error"] / 100)
    assert ours.between(*accuracy.TIME_RANGE).mean() == pytest.approx(0.9, abs=0.03)
    deviation = truth.spread(measured["min_error"])[2]
    assert deviation == pytest.approx(accuracy.TIME_SHARE, abs=WITHIN)


def test_what_is_claimed_of_lengths_is_measured(
    truth: types.ModuleType, measured: pd.DataFrame
) -> None:
    """The deviation of lengths is that of the pairs."""
    assert truth.spread(measured["km_error"])[2] == pytest.approx(accuracy.LENGTH_SHARE, abs=WITHIN)


def test_a_way_is_known_for_every_pair(truth: types.ModuleType, measured: pd.DataFrame) -> None:
    """No pair is left out of what is measured."""
    assert len(measured) == len(pd.read_csv(truth.PAIRS)) == 38
    assert measured[["km_error", "min_error"]].notna().all(axis=None)
