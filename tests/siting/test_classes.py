"""Classes of sites: each number is in the one class that holds it, the unknown in none of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.siting.classes import CLASSES, CODES, NONE, UNKNOWN, table

EDGES = [edge * row.scale for row in CLASSES.values() for edge in row.edges]
NUMBERS = [
    *(0.0, np.nan, np.inf, *EDGES, *np.nextafter(EDGES, 0.0)),
    *np.random.default_rng(5).uniform(0, 1000, 200),
    *np.random.default_rng(6).uniform(0, 40_000, 200),
]


def holds(code: str, amount: float) -> bool:
    """Return whether a range that is written as in an address holds a number."""
    low, high = code.split("-")
    return float(low) <= amount and (not high or amount < float(high))


@pytest.mark.parametrize("name", CLASSES)
def test_a_number_is_in_the_range_that_holds_it(name: str) -> None:
    """Of the ranges exactly one holds a known number, and its code is the class of the site; NaN is
    unknown, and no way by road is not a long one.
    """
    row = CLASSES[name]
    sites = pd.DataFrame({each.column: NUMBERS for each in CLASSES.values()})
    sites["availability"] = [["free", "full", np.nan][i % 3] for i in range(len(NUMBERS))]
    codes = table(sites)
    for number, code in zip(NUMBERS, codes[name], strict=True):
        ranges = [text for text in CODES[name] if "-" in text and holds(text, number / row.scale)]
        if np.isfinite(number):
            assert [code] == ranges
        else:
            assert code == (NONE if row.reached and np.isinf(number) else UNKNOWN)
    assert set(codes["availability"]) <= set(CODES["availability"])
    assert (codes["availability"].eq(UNKNOWN) == sites["availability"].isna()).all()
