"""Draws of uncertain amounts: every answer is that of measuring all sites, drawn as they are, and a
site that is left out changes nothing.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from test_ranking import made

from geo.siting import _draws, _leading, draws
from geo.siting.criteria import Array, Criterion, Terms, measure
from geo.siting.draws import Draws, lead_known
from geo.siting.ranking import METHODS, rank
from geo.siting.robustness import bands, shares

DRAWS = 60
MANY = 200
"""Sites enough for several blocks."""


def field(seed: int, method: str, sites: int = MANY) -> Draws:
    """Make sites with amounts of every kind: near each other, out of reach, exact, unknown."""
    dice = np.random.default_rng(seed)
    _few, criteria, _weights = made(seed, sites=2, criteria=5, fixed=seed % 2 == 1)
    raw = dice.gamma(2.0, 2.0, (sites, 5)).round(2)
    raw[dice.random(raw.shape) < 0.03] = np.inf
    raw[dice.random(raw.shape) < 0.06] = np.nan
    spread = dice.uniform(0, 0.8, raw.shape) * (dice.random(raw.shape) < 0.7)
    spread[:, seed % 5] = 0.0
    missing = np.isnan(raw) & (np.arange(5) % 2 == 0)
    ids = pd.Index([f"site-{i}" for i in range(sites)])
    return Draws(ids, raw, spread, missing, criteria, method, seed=seed)


def all_terms(sites: Draws, count: int) -> tuple[Array, Terms]:
    """Measure all sites in some draws as a ranking does, from the amounts as they are drawn."""
    of, keys = sites._field, sites._keys(count)
    amount, share = (np.empty((count, *of.amount.T.shape)) for _ in range(2))
    for d, key in enumerate(keys):
        for j, stream in enumerate(of.stream):
            out = np.empty(len(of.key))
            with np.errstate(over="ignore"):
                _draws.draw(of.amount[j], of.spread[j], of.key, key + stream, of.quantile, out)
                numbers = [_draws.number(each) for each in of.key + (key + stream)]
            amount[d, :, j] = np.where(of.state[j] == _draws.KNOWN, out, np.nan)
            share[d, :, j] = (np.array(numbers) + 0.5) / _draws.STEPS
    method = "topsis" if sites.topsis else "sum"
    terms = measure(amount, np.ones(amount.shape[:2]), sites.criteria, method)
    return amount, terms.filled((of.state == _draws.MISSING).T, share)


def standing(terms: Terms, weights: Array) -> Array:
    """Return numbers in the order of the scores, (draws, sites)."""
    if terms.lack is None:
        return np.einsum(
            "...nm,dm->dn" if terms.gain.ndim == 2 else "dnm,dm->dn", terms.gain, weights
        )
    how = "nm,dm->dn" if terms.gain.ndim == 2 else "dnm,dm->dn"
    gain = np.einsum(how, terms.gain, weights**2)
    lack = np.einsum(how, terms.lack, weights**2)
    return gain / (gain + lack)


def counted(score: Array) -> tuple[Array, Array]:
    """Count first places, and those among the first five, of all sites, (draws, sites)."""
    leads = score >= score.max(axis=1, keepdims=True) - 1e-12
    fifth = np.sort(score, axis=1)[:, [-5]]
    return (leads / leads.sum(axis=1, keepdims=True)).sum(axis=0), (score >= fifth - 1e-12).sum(0)


def weights_of(seed: int, count: int = DRAWS, wide: int = 5) -> Array:
    drawn = np.random.default_rng(seed).dirichlet(np.ones(wide), count)
    return np.asarray(drawn)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(12))
def test_leaders_are_those_of_all_sites_measured(seed: int, method: str) -> None:
    """Passing over blocks of sites leaves every count and every score what measuring all of them
    gives, for all shapes of criteria, with sites out of reach and unknown amounts.
    """
    sites = field(seed, method)
    weights = weights_of(seed)
    _amount, terms = all_terms(sites, DRAWS)
    first, few = counted(standing(terms, weights))
    in_order = [draws._in_order(sites._row, each) for each in (first, few)]
    answer = sites.lead(weights)
    np.testing.assert_allclose(answer[0], in_order[0], atol=1e-9)
    np.testing.assert_array_equal(answer[1], in_order[1])
    rows = np.random.default_rng(seed).permutation(MANY)[:70]
    score = standing(terms, np.tile(weights[0], (DRAWS, 1)))[:, np.argsort(sites._row)[rows]].T
    np.testing.assert_allclose(sites.scored(weights[0], DRAWS).of(rows), score, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(6))
def test_leaders_of_known_amounts_are_those_of_all_sites(seed: int, method: str) -> None:
    """The same where only weights are drawn, with many equal sites among them."""
    dice = np.random.default_rng(seed)
    raw = dice.integers(0, 6, (MANY, 4)).astype(float)
    criteria = [Criterion(f"c{j}", f"c{j}", "benefit" if j % 2 else "cost") for j in range(4)]
    terms = measure(raw, np.ones(MANY), criteria, method)
    weights = weights_of(seed, 300, 4)
    first, few = lead_known(terms, weights)
    wanted_first, wanted_few = counted(standing(terms, weights))
    np.testing.assert_allclose(first, wanted_first, atol=1e-9)
    np.testing.assert_array_equal(few, wanted_few)
    assert first.sum() == pytest.approx(300)
    assert (few.sum() >= 5 * 300) & (few >= first - 1e-9).all()
    ahead = [  # by turns of sites: what is behind another in everything never leads
        (raw[i] - raw[k]) * [-1, 1, -1, 1] for i, k in combinations(range(40), 2)
    ]
    for (i, k), more in zip(combinations(range(40), 2), ahead, strict=True):
        if (more >= 0).all() and (more > 0).any():
            assert first[k] == 0
        if (more <= 0).all() and (more < 0).any():
            assert first[i] == 0


def test_a_hopeless_site_changes_nothing() -> None:
    """Shares and bands of the others stay to the last digit when sites that never come to the front
    leave, wherever they stood in the table and though every amount is drawn.
    """
    dice = np.random.default_rng(4)
    good = pd.DataFrame(dice.uniform(50, 90, (60, 2)), columns=["x", "y"])
    bad = pd.DataFrame(dice.uniform(5, 20, (150, 2)), columns=["x", "y"])
    criteria = [Criterion(name, name, "benefit", "saturating", 0, 100) for name in "xy"]
    every = pd.concat([good, bad], ignore_index=True).set_axis([f"s{i}" for i in range(210)])
    mixed = every.iloc[dice.permutation(210)]
    spread = pd.DataFrame(3.0, mixed.index, ["x", "y"])
    some = mixed.loc[[name for name in mixed.index if int(name[1:]) < 100]]
    of_all, of_some = (rank(table, criteria, {"x": 2, "y": 3}) for table in (mixed, some))
    table, fewer = (shares(each, 400, spread=spread, seed=7) for each in (of_all, of_some))
    assert len(fewer) == 100
    assert table["first"].max() < 1
    pd.testing.assert_frame_equal(table.loc[fewer.index], fewer, check_exact=True)
    assert (table.drop(fewer.index)["first"] == 0).all()
    pd.testing.assert_frame_equal(bands(of_all, spread, first=20), bands(of_some, spread, first=20))


@pytest.mark.parametrize("method", METHODS)
def test_what_is_drawn_of_a_site_is_its_own(method: str) -> None:
    """Another order of the sites, and sites and criteria beside them, leave each amount of each
    draw what it is; another seed does not.
    """
    dice = np.random.default_rng(1)
    raw, spread = dice.uniform(10, 20, (MANY, 3)), dice.uniform(1, 2, (MANY, 3))
    criteria = [Criterion(f"c{j}", f"c{j}", "benefit") for j in range(3)]
    ids, missing = pd.Index([f"s{i}" for i in range(MANY)]), np.zeros((MANY, 3), bool)

    def drawn(rows: Array, columns: list[int], seed: int = 0) -> Array:
        here = np.ix_(rows, columns)
        some = [criteria[j] for j in columns]
        sites = Draws(ids[rows], raw[here], spread[here], missing[here], some, method, seed=seed)
        return all_terms(sites, 3)[0][:, np.argsort(sites._row)]

    every, rows = drawn(np.arange(MANY), [0, 1, 2]), dice.permutation(MANY)[:90]
    assert np.array_equal(drawn(rows, [2, 0]), every[:, rows][:, :, [2, 0]])
    assert not (drawn(rows, [2, 0], seed=1) == every[:, rows][:, :, [2, 0]]).any()


def test_draws_are_normal_and_of_each_cell_alone() -> None:
    """Amounts have the mean and the spread that are asked for; no site, criterion or seed goes with
    another; within the quartiles lies a half.
    """
    n, count = 40, 4000
    criteria = [Criterion(name, name, "benefit", "linear", 0, 2000) for name in ("x", "y")]
    ids = pd.Index([f"park-{i}" for i in range(n)])
    raw, spread = np.full((n, 2), 1000.0), np.full((n, 2), 10.0)
    missing = np.zeros((n, 2), bool)
    drawn = np.concatenate(
        [
            all_terms(Draws(ids, raw, spread, missing, criteria, "sum", seed=seed), count)[0]
            for seed in (0, 1)
        ],
        axis=2,
    )
    unit = ((drawn - 1000) / 10).reshape(count, -1)
    assert np.abs(unit.mean(axis=0)).max() < 5 / count**0.5
    assert np.abs(unit.std(axis=0) - 1).max() < 5 / (2 * count) ** 0.5
    assert (np.abs(unit) < 0.6745).mean() == pytest.approx(0.5, abs=0.005)
    together = np.corrcoef(unit.T)
    np.fill_diagonal(together, 0)
    assert np.abs(together).max() < 6 / count**0.5
    after = (unit[1:] * unit[:-1]).mean(axis=0)
    assert np.abs(after).max() < 5 / count**0.5


def test_a_range_is_drawn_evenly() -> None:
    """With the kind ``range`` amounts fill the range, and no more; what is missing fills the way
    from the worst to the best.
    """
    raw, spread = np.array([[10.0], [np.nan]]), np.array([[4.0], [0.0]])
    missing = np.isnan(raw)
    criteria = [Criterion("x", "x", "benefit", low=0, high=20)]
    ids = pd.Index(["a", "b"])
    sites = Draws(ids, raw, spread, missing, criteria, "sum", kind="range")
    known, unknown = sites.scored(np.ones(1), 5000).of(np.arange(2))
    for values, low, high in ((known, 0.3, 0.7), (unknown, 0.0, 1.0)):
        assert low <= values.min() < low + 0.001
        assert high - 0.001 < values.max() <= high
        parts = np.histogram(values, 10, (low, high))[0]
        assert np.abs(parts - 500).max() < 5 * 500**0.5


def test_warming_up_compiles_all_there_is() -> None:
    """After the warm-up no ranking has to wait until something is compiled for its types."""
    entries = [getattr(_draws, name) for name in ("extremes", "totals", "columns", "scores")]
    entries += [_leading.lead_drawn, _leading.lead_known, _leading.is_apart]
    draws.warm_up()
    before = [len(entry.signatures) for entry in entries]
    table, criteria, weights = made(1, sites=MANY)
    spread = pd.DataFrame(0.5, table.index, table.columns)
    for method in METHODS:
        ranking = rank(table, criteria, weights, method=method)
        for each in (None, spread):
            shares(ranking, 5, spread=each)
        bands(ranking, spread, draws=5)
    assert all(before)
    assert before == [len(entry.signatures) for entry in entries]
