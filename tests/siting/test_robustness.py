"""Robustness: everything against brute force on small cases, and the examples of the literature."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_ranking import AREA, GATE, INF, NAN, THREE, WEIGHTS, ahead, made, table

from geo.errors import InputError
from geo.siting.criteria import Criterion
from geo.siting.ranking import METHODS, Ranking, rank
from geo.siting.reversals import reversals
from geo.siting.robustness import bands, disagreement, place_ranges, shares, weight_intervals

SITES = table([(20, 120, 30), (45, 75, 150), (70, 55, 60)])
SHARES = [Criterion(name, name, "benefit", "share") for name in ("gate_min", "rent_usd", "area_ha")]
EQUAL = {share.id: 1.0 for share in SHARES}
BELTON_GEAR = table([(1, 9, 8), (9, 1, 9), (1, 1, 1)])


def with_weight(ranking: Ranking, sites: pd.DataFrame, id_: str, weight: float) -> Ranking:
    """Rank again with another weight of one criterion, the others kept in proportion, or even if
    they are all 0.
    """
    others = ranking.weights.drop(id_)
    others = others / others.sum() if others.sum() else pd.Series(1 / len(others), others.index)
    weights = {**(others * (1 - weight)).to_dict(), id_: weight}
    return rank(sites, ranking.criteria, weights, method=ranking.method)  # type: ignore[arg-type]


# Weight intervals ---------------------------------------------------------------------------------


def test_the_weight_at_which_the_leader_is_overtaken() -> None:
    """The example: A overtakes B where the first weight is 0.619883."""
    intervals = weight_intervals(rank(SITES, THREE, WEIGHTS))
    assert intervals["weight"].tolist() == pytest.approx([0.5, 0.3, 0.2])
    assert intervals.loc["gate", "high"] == pytest.approx(0.619883, abs=5e-7)
    assert intervals.loc["gate", ["low", "low_rival", "high_rival"]].tolist() == [0, None, "A"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(12))
def test_intervals_agree_with_ranking_again(seed: int, method: str) -> None:
    """The leader is first at every weight inside, and just outside the rival that is named is
    ahead.
    """
    sites, criteria, weights = made(seed)
    if seed % 3 == 0:
        weights["c0"] = 0
    ranking = rank(sites, criteria, weights, method=method)  # type: ignore[arg-type]
    leader = ranking.order[0]
    for id_, row in weight_intervals(ranking).iterrows():
        assert 0 <= row["low"] <= row["weight"] <= row["high"] <= 1
        for weight in np.linspace(row["low"], row["high"], 7):
            scores = with_weight(ranking, sites, id_, weight).scores
            assert scores[leader] >= scores.max() - 1e-9
        for rival, weight in (
            (row["low_rival"], row["low"] - 1e-5),
            (row["high_rival"], row["high"] + 1e-5),
        ):
            if rival is not None and 0 <= weight <= 1:
                assert ahead(with_weight(ranking, sites, id_, weight), rival, leader)
        assert (row["low_rival"] is not None) or row["low"] == 0
        assert (row["high_rival"] is not None) or row["high"] == 1


@pytest.mark.parametrize("method", METHODS)
def test_intervals_at_the_corners(method: str) -> None:
    """All weight on one criterion, one criterion alone, one site, equal sites, and no site."""
    corner = weight_intervals(rank(SITES, THREE, {"gate": 1}, method=method))  # type: ignore[arg-type]
    assert corner.loc["gate", "high"] == 1
    assert 0 < corner.loc["gate", "low"] < 1
    assert corner.loc["rent", ["weight", "low"]].tolist() == [0, 0]
    alone = weight_intervals(rank(SITES, [GATE], {"gate": 1}, method=method))  # type: ignore[arg-type]
    assert alone.loc["gate", ["low", "high"]].tolist() == [0, 1]
    for sites in (SITES[:1], SITES.loc[["A", "A"]].set_axis(["A", "B"])):
        intervals = weight_intervals(rank(sites, THREE, WEIGHTS, method=method))  # type: ignore[arg-type]
        assert intervals[["low", "high"]].to_numpy().tolist() == [[0, 1]] * 3
    assert weight_intervals(rank(SITES[:0], THREE, WEIGHTS, method=method))["low"].isna().all()  # type: ignore[arg-type]


def test_no_interval_for_what_is_unknown() -> None:
    """A criterion that weighs nothing, and is unknown of a ranked site, has no interval; at its
    worst it has one.
    """
    sites = SITES.copy()
    sites.loc["C", "area_ha"] = NAN
    weights = {"gate": 1, "rent": 1}
    assert weight_intervals(rank(sites, THREE, weights))["high"].isna().tolist() == [
        False,
        False,
        True,
    ]
    assert weight_intervals(rank(sites, THREE, weights, unknown="worst"))["high"].notna().all()


# Shares -------------------------------------------------------------------------------------------


def test_shares_of_the_example() -> None:
    """The areas of the triangle of weights where each site is first, by a fine grid, and .140,
    .749, .110 as given.
    """
    ranking = rank(SITES, THREE, WEIGHTS)
    side = np.arange(600) + 1 / 3
    first, second = (axis.ravel() / 600 for axis in np.meshgrid(side, side))
    inside = first + second < 1
    grid = np.column_stack([first, second, 1 - first - second])[inside]
    exact = np.bincount((grid @ ranking.values.to_numpy().T).argmax(axis=1)) / len(grid)
    assert exact == pytest.approx([0.140, 0.749, 0.110], abs=2e-3)
    table = shares(ranking, 40_000)
    assert table["first"].tolist() == pytest.approx(exact.tolist(), abs=0.01)
    assert table["first"].sum() == pytest.approx(1)
    assert table["first_five"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(2))
def test_shares_agree_with_ranking_again(seed: int, method: str) -> None:
    """Drawn and ranked one by one, the shares are about the same."""
    sites, criteria, weights = made(seed, sites=9, criteria=3)
    table = shares(rank(sites, criteria, weights, method=method), seed=1)  # type: ignore[arg-type]
    first, few = np.zeros(9), np.zeros(9)
    for drawn in np.random.default_rng(2).dirichlet([1, 1, 1], 150):
        places = rank(sites, criteria, dict(zip(weights, drawn, strict=True)), method=method).places  # type: ignore[arg-type]
        first += (places == 1) / (places == 1).sum()
        few += places <= 5
    np.testing.assert_allclose(table["first"], first / 150, atol=0.1)
    np.testing.assert_allclose(table["first_five"], few / 150, atol=0.1)


def test_shares_belong_to_the_criteria_in_play() -> None:
    """The weights in play do not matter, but which criteria have some does; the same seed gives the
    same shares.
    """
    plain, other = (
        rank(SITES, THREE, WEIGHTS),
        rank(SITES, THREE, {"gate": 1, "rent": 1, "area": 9}),
    )
    pd.testing.assert_frame_equal(shares(plain), shares(other))
    alone = shares(rank(SITES, THREE, {"gate": 1}), 10)
    assert alone["first"].tolist() == [1, 0, 0]
    assert shares(rank(SITES[:0], THREE, WEIGHTS)).empty


def test_equal_sites_share_the_first_place() -> None:
    """Two sites that are alike share every draw."""
    twins = SITES.loc[["B", "B"]].set_axis(["B", "D"])
    table = shares(rank(pd.concat([SITES, twins.loc[["D"]]]), THREE, WEIGHTS))
    assert table.loc["B", "first"] == pytest.approx(table.loc["D", "first"])
    assert table["first"].sum() == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("kind", "expected"), [("std", 0.158655), ("range", 0.25)])
def test_uncertain_amounts(kind: str, expected: float, method: str) -> None:
    """40 ± 10 beats an exact 50 in 15.9 % of all cases (normal), 40 ± 20, evenly, in 25 %."""
    sites = pd.DataFrame({"x": [40.0, 50.0, 0.0, 100.0]}, [*"ABCD"])
    ranking = rank(
        sites, [Criterion("x", "x", "benefit", low=0, high=100)], {"x": 1}, method=method
    )  # type: ignore[arg-type]
    spread = pd.DataFrame({"x": [10.0 if kind == "std" else 20.0, 0, 0, 0]}, sites.index)
    assert shares(ranking, spread=spread, kind=kind)["first"].tolist() == [0, 0, 0, 1]  # type: ignore[arg-type]
    table = shares(rank(sites[:2], ranking.criteria, {"x": 1}), spread=spread, kind=kind)  # type: ignore[arg-type]
    assert table.loc["A", "first"] == pytest.approx(expected, abs=0.012)


@pytest.mark.parametrize("method", METHODS)
def test_no_uncertainty_is_none(method: str) -> None:
    """A spread of 0 everywhere, or of no criterion at all, gives the shares without it; out of
    reach stays so.
    """
    sites, criteria, weights = made(3)
    sites.iloc[0, 0] = INF
    ranking = rank(sites, criteria, weights, method=method)  # type: ignore[arg-type]
    for spread in (pd.DataFrame(0.0, sites.index, list(weights)), pd.DataFrame(index=sites.index)):
        pd.testing.assert_frame_equal(shares(ranking, 2000, spread=spread), shares(ranking, 2000))
    assert shares(ranking, 500, spread=pd.DataFrame(1.0, sites.index, list(weights)))[
        "first"
    ].sum() == pytest.approx(1)


def test_shares_refuse() -> None:
    """No draws, and uncertainties that are unknown, negative or of nobody, are errors that name
    each.
    """
    ranking = rank(SITES, THREE, WEIGHTS)
    with pytest.raises(InputError, match="1 or more"):
        shares(ranking, 0)
    with pytest.raises(InputError) as caught:
        shares(ranking, spread=pd.DataFrame({"gate": [1.0], "price": [1.0]}, ["A"]), kind="guess")  # type: ignore[arg-type]
    assert len(caught.value.faults) == 4
    with pytest.raises(InputError) as caught:
        shares(ranking, spread=pd.DataFrame({"gate": [1.0, NAN, -1]}, SITES.index))
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["“B”, gate", "“C”, gate"]


# Bands --------------------------------------------------------------------------------------------

SPREADS = pd.DataFrame({"x": [4.0, 4, 4, 4, 0]}, [*"ABCDE"])
LINE = pd.DataFrame({"x": [90.0, 88, 60, 58, 10]}, [*"ABCDE"])
X = [Criterion("x", "x", "benefit", low=0, high=100)]


def test_places_that_cannot_be_told_apart_are_a_band() -> None:
    """Two pairs two points apart and unsure by four, thirty points between them, and a last one far
    behind: 1–2, 3–4, 5.
    """
    ranking = rank(LINE, X, {"x": 1})
    assert bands(ranking, SPREADS)["band"].to_dict() == {"A": 1, "B": 1, "C": 2, "D": 2, "E": 3}
    assert bands(ranking, SPREADS * 0)["band"].to_dict() == {"A": 1, "B": 2, "C": 3, "D": 4, "E": 5}
    assert set(bands(ranking, SPREADS * 100 + 100)["band"]) == {1}
    assert bands(ranking, SPREADS, first=3)["band"].to_dict() == {"A": 1, "B": 1, "C": 2, "D": 2}
    assert bands(rank(LINE[:0], X, {"x": 1}), SPREADS).empty
    with pytest.raises(InputError, match="1 or more"):
        bands(ranking, SPREADS, draws=0)


def test_equal_sites_are_one_band_and_a_chain_is_not() -> None:
    """Equal sites cannot be told apart; a chain of small steps is cut where its ends can be: no
    pair in a band is told apart.
    """
    twins = pd.DataFrame({"x": [50.0, 50, 50]}, [*"ABC"])
    assert set(bands(rank(twins, X, {"x": 1}), SPREADS[:3] * 0)["band"]) == {1}
    chain = pd.DataFrame({"x": np.arange(90.0, 30, -2)}, [f"s{i}" for i in range(30)])
    answer = bands(rank(chain, X, {"x": 1}), pd.DataFrame({"x": 2.0}, chain.index))["band"]
    # 90 % of the differences of two normal draws lie above -1.2816 × 2 √2 = -3.6 of their mean:
    # steps of 2 are ties, of 4 are none
    assert answer.value_counts().tolist() == [2] * 15


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(4))
def test_bands_partition_the_ranking(seed: int, method: str) -> None:
    """Against brute force: ranked again with drawn amounts, no pair in a band is told apart, and
    the next site is from some of them.
    """
    sites, criteria, weights = made(seed, sites=12)
    weights |= {"c0": 0.5}
    sites.loc["s3", "c0"] = NAN
    spread = pd.DataFrame(
        np.random.default_rng(seed).uniform(0, 1.5, sites.shape), sites.index, sites.columns
    )
    ranking = rank(sites, criteria, weights, method=method)  # type: ignore[arg-type]
    answer = bands(ranking, spread)["band"]
    assert answer.index.equals(ranking.order)
    assert answer.iloc[0] == 1
    assert set(answer.diff().dropna()) <= {0, 1}
    dice, ahead_of = np.random.default_rng(99), np.zeros((12, 12))
    for _ in range(400):
        drawn = (sites + dice.standard_normal(sites.shape) * spread).clip(lower=0)
        score = rank(drawn, criteria, weights, method=method).scores[answer.index].to_numpy()  # type: ignore[arg-type]
        ahead_of += score[:, None] > score[None, :] + 1e-12
    ahead_of /= 400
    for band in answer.unique():
        here = np.flatnonzero(answer == band)
        rows, columns = np.triu_indices(len(here), 1)
        if "s3" not in answer.index[here]:  # its missing value is drawn here only half-way
            assert (ahead_of[here[rows], here[columns]] < 0.9 + 0.07).all()
        after = here[-1] + 1
        if after < len(answer) and "s3" not in answer.index[[*here, after]]:
            assert (ahead_of[here, after] > 0.9 - 0.07).any()


def test_a_missing_light_value_is_drawn() -> None:
    """A site that lacks a light value shares places with those that its range overlaps, and with no
    other.
    """
    sites = pd.DataFrame({"x": [50.0, 50, 50, 80], "y": [0.0, 100, NAN, 0]}, [*"ABCD"])
    criteria = [*X, Criterion("y", "y", "benefit", low=0, high=100)]
    ranking = rank(sites, criteria, {"x": 90, "y": 10})
    assert ranking.order.tolist() == ["D", "B", "C", "A"]
    exact = pd.DataFrame(0.0, sites.index, ["x", "y"])
    assert bands(ranking, exact)["band"].to_dict() == {"D": 1, "B": 2, "C": 3, "A": 4}
    wide = shares(ranking, 4000, spread=exact)
    assert wide["first"].sum() == pytest.approx(1)
    closer = rank(sites.assign(y=[50.0, 100, NAN, 0]), criteria, {"x": 90, "y": 10})
    assert bands(closer, exact).loc[["C", "A"], "band"].nunique() == 1


@pytest.mark.parametrize("method", METHODS)
def test_scores_lie_between_their_ends(method: str) -> None:
    """Against ranking again with drawn amounts: in nine of ten the score lies inside; without
    uncertainty both ends are the score.
    """
    sites, criteria, weights = made(5, sites=10)
    weights |= {"c0": 0.5}
    spread = pd.DataFrame(
        np.random.default_rng(5).uniform(0, 1.5, sites.shape), sites.index, sites.columns
    )
    ranking = rank(sites, criteria, weights, method=method)  # type: ignore[arg-type]
    exact = bands(ranking, spread * 0)
    assert exact["low"].tolist() == pytest.approx(ranking.scores[exact.index].tolist())
    assert exact["high"].tolist() == pytest.approx(ranking.scores[exact.index].tolist())
    ends, dice = bands(ranking, spread, draws=2000), np.random.default_rng(98)
    inside = np.zeros(len(ends))
    for _ in range(500):
        drawn = (sites + dice.standard_normal(sites.shape) * spread).clip(lower=0)
        score = rank(drawn, criteria, weights, method=method).scores[ends.index]  # type: ignore[arg-type]
        inside += (score >= ends["low"] - 1e-9) & (score <= ends["high"] + 1e-9)
    assert (inside / 500 > 0.85).all()
    assert (inside / 500).mean() < 0.96  # an end that is never passed would say nothing


# Places -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(6))
def test_ranges_of_places_agree_with_ranking_again(seed: int, method: str) -> None:
    """With the same draws: of the places that each weighting gives, sorted, the 5th, 50th and 95th
    of a hundred.
    """
    sites, criteria, weights = made(seed, sites=9)
    ranking = rank(sites, criteria, weights, method=method)  # type: ignore[arg-type]
    used = ranking.weights.index[ranking.weights > 0]
    drawn = np.random.default_rng(3).standard_exponential((200, len(used)))
    places = pd.DataFrame(
        [
            rank(sites, criteria, dict(zip(used, row, strict=True)), method=method).places  # type: ignore[arg-type]
            for row in drawn
        ]
    )[ranking.order]
    answer = place_ranges(ranking, ranking.order[:4], 200, seed=3)
    for site in ranking.order[:4]:
        ordered = sorted(places[site])
        assert answer.loc[site].tolist() == [ordered[9], ordered[99], ordered[189]]
    whole = place_ranges(ranking, ranking.order, 200, seed=3)
    pd.testing.assert_frame_equal(whole.iloc[:4], answer)
    assert (whole["low"] <= whole["middle"]).all()
    assert (whole["middle"] <= whole["high"]).all()


def test_places_refuse() -> None:
    """No weighting, and a site that is not ranked; of none there is an empty table."""
    ranking = rank(SITES, THREE, WEIGHTS)
    with pytest.raises(InputError, match="1 or more"):
        place_ranges(ranking, ["A"], 0)
    with pytest.raises(InputError, match="not ranked"):
        place_ranges(ranking, ["A", "Z"])
    assert place_ranges(ranking, []).empty


# The other method ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_methods_disagree_on_the_example(method: str) -> None:
    """B by the weighted sum, A by TOPSIS, whichever of them the ranking uses."""
    table = disagreement(rank(SITES, THREE, WEIGHTS, method=method))  # type: ignore[arg-type]
    assert (table.by_sum, table.by_topsis, table.differs) == (("B",), ("A",), True)


def test_the_methods_agree_where_one_is_best_in_all() -> None:
    """No flag where one site is the best in everything, where two share a first place, and where
    nothing is ranked.
    """
    assert not disagreement(rank(table([(20, 50, 90), (30, 60, 80)]), THREE, WEIGHTS)).differs
    twins = disagreement(rank(table([(20, 50, 90), (20, 50, 90)]), THREE, WEIGHTS))
    assert twins.by_sum == ("A", "B")
    assert not twins.differs
    assert not disagreement(rank(SITES[:0], THREE, WEIGHTS)).differs


# Reversals ----------------------------------------------------------------------------------------


def test_the_reversal_of_belton_and_gear() -> None:
    """B is ahead of A, until a copy of B comes; and B removed from four turns the others round."""
    three = rank(BELTON_GEAR, SHARES, EQUAL)
    np.testing.assert_allclose(three.scores, [0.4512, 0.4697, 0.0791], atol=5e-5)
    assert reversals(three).pairs.to_numpy().tolist() == [["doubled", "B", "B", "A"]]
    copy = BELTON_GEAR.loc[["B"]].set_axis(["D"])
    assert ["added", "D", "B", "A"] in reversals(three, copy).pairs.to_numpy().tolist()
    four = rank(pd.concat([BELTON_GEAR, copy]), SHARES, EQUAL)
    np.testing.assert_allclose(four.scores, [0.3654, 0.2889, 0.0568, 0.2889], atol=5e-5)
    assert ["removed", "D", "A", "B"] in reversals(four).pairs.to_numpy().tolist()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(10))
def test_reversals_agree_with_ranking_again(seed: int, method: str) -> None:
    """Each change that turns two others round is found, and no other; the pair that is named does
    turn round.
    """
    every, criteria, weights = made(seed, sites=8, criteria=3)
    sites, guests = every[:6], every[6:]
    ranking = rank(sites, criteria, weights, method=method)  # type: ignore[arg-type]
    changed = {("removed", site): sites.drop(site) for site in sites.index}
    changed |= {
        ("doubled", site): pd.concat([sites, sites.loc[[site]].set_axis(["twin"])])
        for site in sites.index
    }
    changed |= {("added", site): pd.concat([sites, guests.loc[[site]]]) for site in guests.index}
    expected = {}
    for change, field in changed.items():
        after = rank(field, criteria, weights, method=method)  # type: ignore[arg-type]
        here = [site for site in sites.index if site in field.index]
        pairs = {
            (site, two)
            for site in here
            for two in here
            if ahead(ranking, site, two) and ahead(after, two, site)
        }
        if pairs:
            expected[change] = pairs
    answer = reversals(ranking, guests)
    assert {(row.change, row.site) for row in answer.pairs.itertuples()} == set(expected)
    assert all(
        (row.ahead, row.behind) in expected[row.change, row.site]
        for row in answer.pairs.itertuples()
    )
    assert answer.tried == answer.possible == 14
    assert not answer.pairs.duplicated(["change", "site"]).any()


def test_fixed_ranges_reverse_nothing() -> None:
    """A weighted sum with fixed ranges is safe, whoever comes or goes; so are an empty ranking and
    a single site.
    """
    fixed = [replace(GATE, low=0, high=100), replace(AREA, low=0, high=200)]
    weights = {"gate": 1, "area": 2}
    assert reversals(rank(SITES, fixed, weights), SITES.set_axis([*"XYZ"])).pairs.empty
    for sites in (SITES[:0], SITES[:1]):
        assert reversals(rank(sites, SHARES, EQUAL), SITES.set_axis([*"XYZ"])).pairs.empty


def test_reversals_say_what_was_not_tried() -> None:
    """With a limit the best placed come first, and the rest is told; guests that lack a value are
    passed over.
    """
    ranking = rank(BELTON_GEAR, SHARES, EQUAL)
    answer = reversals(ranking, most=2)
    assert (answer.tried, answer.possible) == (2, 6)
    assert answer.pairs["site"].tolist() == ["B"]
    unknown = BELTON_GEAR.loc[["B"]].set_axis(["D"]).assign(area_ha=NAN)
    assert reversals(ranking, unknown).possible == 6
    with pytest.raises(InputError, match="no column"):
        reversals(ranking, unknown[["gate_min"]])
