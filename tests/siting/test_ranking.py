"""Ranking: value functions, the weighted sum, TOPSIS, unknown values, what it takes to pass,
pairwise comparison.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo.errors import InputError
from geo.siting.criteria import SHAPES, Criterion, values
from geo.siting.ranking import METHODS, Ranking, ahp, rank

INF, NAN = np.inf, np.nan
GATE = Criterion("gate", "gate_min", "cost", unit="min")
RENT = Criterion("rent", "rent_usd", "cost", unit="USD")
AREA = Criterion("area", "area_ha", "benefit", unit="ha")
THREE = (GATE, RENT, AREA)
WEIGHTS = {"gate": 0.5, "rent": 0.3, "area": 0.2}


@pytest.fixture
def sites() -> pd.DataFrame:
    """Three sites: near and dear, in between and large, far and cheap."""
    return table([(20, 120, 30), (45, 75, 150), (70, 55, 60)])


def table(rows: list[tuple[float, ...]]) -> pd.DataFrame:
    columns = ["gate_min", "rent_usd", "area_ha"][: len(rows[0])]
    return pd.DataFrame(rows, [*"ABCDEFGH"[: len(rows)]], columns, dtype=float)


def column(*amounts: float) -> pd.DataFrame:
    return pd.DataFrame({"x": amounts}, dtype=float)


def made(
    seed: int, *, fixed: bool = False, sites: int = 6, criteria: int = 4
) -> tuple[pd.DataFrame, list[Criterion], dict[str, float]]:
    """Make sites and criteria of every shape and direction, with ties and sites that cannot be
    reached among them.
    """
    dice = np.random.default_rng(seed)
    raw = dice.integers(1, 9, (sites, criteria)).astype(float)
    raw[dice.random(raw.shape) < 0.05] = INF
    criteria_ = []
    for i in range(criteria):
        shape = SHAPES[dice.integers(4)]
        direction = "benefit" if shape == "share" or dice.random() < 0.5 else "cost"
        low, high = (2.5, 6.5) if fixed and shape in ("linear", "saturating") else (None, None)
        if shape == "step":
            low, high = (None, 4.0) if direction == "cost" else (4.0, None)
        criteria_.append(Criterion(f"c{i}", f"c{i}", direction, shape, low, high))  # type: ignore[arg-type]
    weights = {criterion.id: float(dice.integers(1, 5)) for criterion in criteria_}
    return (
        pd.DataFrame(
            raw, [f"s{i}" for i in range(sites)], [criterion.id for criterion in criteria_]
        ),
        criteria_,
        weights,
    )


def ahead(ranking: Ranking, site: str, other: str) -> bool:
    return bool(ranking.places[site] < ranking.places[other])


# Values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criterion", "amounts", "expected"),
    [
        (Criterion("x", "x", "cost"), (20, 45, 70), (1, 0.5, 0)),
        (Criterion("x", "x", "benefit"), (20, 45, 70), (0, 0.5, 1)),
        (Criterion("x", "x", "cost", low=0, high=100), (-10, 25, 130), (1, 0.75, 0)),
        (Criterion("x", "x", "benefit", low=50), (20, 60, 70), (0, 0.5, 1)),
        (Criterion("x", "x", "benefit", low=50), (20, 30, 50), (0, 0, 1)),
        (Criterion("x", "x", "cost", "step", high=60), (59, 60, 61), (1, 1, 0)),
        (Criterion("x", "x", "benefit", "step", low=60), (59, 60, 61), (0, 1, 1)),
        (Criterion("x", "x", "benefit", "saturating", 0, 100), (0, 25, 100), (0, 0.5, 1)),
        (Criterion("x", "x", "cost", "saturating", 0, 100), (0, 75, 100), (1, 0.5, 0)),
        (Criterion("x", "x", "benefit", "share"), (1, 9, 10), (0.05, 0.45, 0.5)),
        (Criterion("x", "x", "cost"), (7, 7, 7), (1, 1, 1)),
        (Criterion("x", "x", "cost"), (7, NAN, INF), (1, NAN, 0)),
        (Criterion("x", "x", "benefit"), (7, INF, 9), (0, 0, 1)),
        (Criterion("x", "x", "cost"), (INF, INF, NAN), (0, 0, NAN)),
    ],
)
def test_values_follow_their_function(
    criterion: Criterion, amounts: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    """Each shape gives what its definition says; unknown stays unknown, out of reach is 0, and all
    equal is 1 for all.
    """
    worth = values(column(*amounts), [criterion])
    assert worth.columns.tolist() == ["x"]
    np.testing.assert_allclose(worth["x"], expected)


# The two methods ----------------------------------------------------------------------------------


def test_weighted_sum_of_the_example(sites: pd.DataFrame) -> None:
    """The example counted by hand: .5000, .6577, .3500, and nothing about the table is changed."""
    before = sites.copy()
    ranking = rank(sites, THREE, WEIGHTS)
    np.testing.assert_allclose(ranking.scores, [0.5, 0.657692, 0.35], atol=1e-6)
    assert ranking.order.tolist() == ["B", "A", "C"]
    assert ranking.places.tolist() == [2, 1, 3]
    assert ranking.scores.index.equals(sites.index)
    pd.testing.assert_frame_equal(sites, before)


def test_topsis_of_the_example(sites: pd.DataFrame) -> None:
    """TOPSIS puts another site first: .6003, .5978, .2997."""
    ranking = rank(sites, THREE, WEIGHTS, method="topsis")
    np.testing.assert_allclose(ranking.scores, [0.6003, 0.5978, 0.2997], atol=5e-5)
    assert ranking.order.tolist() == ["A", "B", "C"]


def test_topsis_of_the_book() -> None:
    """The example of Tzeng & Huang (2011)."""
    raw = table([(5, 8, 4), (7, 6, 8), (8, 8, 6), (7, 4, 6)])
    benefits = [replace(criterion, direction="benefit") for criterion in THREE]
    ranking = rank(raw, benefits, {"gate": 0.3, "rent": 0.4, "area": 0.3}, method="topsis")
    np.testing.assert_allclose(ranking.scores, [0.50372, 0.65808, 0.74825, 0.33400], atol=5e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(6))
def test_parts_sum_to_the_score(seed: int, method: str) -> None:
    """The bars of a site add up to its score, and a score lies between 0 and 1."""
    ranking = rank(*made(seed), method=method)  # type: ignore[arg-type]
    np.testing.assert_allclose(ranking.parts.sum(axis=1), ranking.scores, atol=1e-12)
    assert ((ranking.scores >= 0) & (ranking.scores <= 1)).all()
    assert (ranking.scores[ranking.order].diff().dropna() <= 1e-12).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(6))
def test_the_unit_of_weights_does_not_matter(seed: int, method: str) -> None:
    """Sliders from 0 to 1 or to 100: the same scores, for huge weights too."""
    sites_, criteria, weights = made(seed)
    same = rank(
        sites_, criteria, {id_: weight * 1e307 for id_, weight in weights.items()}, method=method
    )  # type: ignore[arg-type]
    np.testing.assert_allclose(
        same.scores, rank(sites_, criteria, weights, method=method).scores, atol=1e-12
    )  # type: ignore[arg-type]
    assert same.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
def test_no_site_and_one_site(sites: pd.DataFrame, method: str) -> None:
    """No site is an empty ranking, one site is the first, and equal sites share the first place,
    with score 1.
    """
    assert rank(sites.iloc[:0], THREE, WEIGHTS, method=method).order.empty  # type: ignore[arg-type]
    alone = rank(sites.iloc[:1], THREE, WEIGHTS, method=method)  # type: ignore[arg-type]
    assert alone.scores.tolist() == pytest.approx([1])
    twins = rank(table([(20, 120, 30), (20, 120, 30)]), THREE, WEIGHTS, method=method)  # type: ignore[arg-type]
    assert twins.scores.tolist() == pytest.approx([1, 1])
    assert twins.places.tolist() == [1, 1]
    assert twins.parts.sum(axis=1).tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize("method", METHODS)
def test_out_of_reach_is_ranked_behind(method: str) -> None:
    """A site that cannot be reached is ranked, its value there is 0, and the ranges are those of
    the others.
    """
    ranking = rank(
        table([(20, 50, 30), (INF, 50, 30), (20, 50, 30)]), THREE, WEIGHTS, method=method
    )  # type: ignore[arg-type]
    assert ranking.order.tolist() == ["A", "C", "B"]
    assert ranking.values.loc["B", "gate"] == 0
    assert ranking.unknown.empty


# Unknown ------------------------------------------------------------------------------------------


def test_unknown_is_listed_apart(sites: pd.DataFrame) -> None:
    """A site that lacks values is not ranked, moves no range, and says what is missing and where
    its score may lie.
    """
    more = pd.concat(
        [sites, pd.DataFrame({"gate_min": [45.0], "rent_usd": [NAN], "area_ha": [999.0]}, ["D"])]
    )
    ranking = rank(more, THREE, WEIGHTS)
    pd.testing.assert_series_equal(ranking.scores[:3], rank(sites, THREE, WEIGHTS).scores)
    assert np.isnan(ranking.scores["D"])
    assert "D" not in ranking.order
    assert "D" not in ranking.parts.index
    assert ranking.unknown.loc["D", "missing"] == ("rent",)
    assert ranking.unknown.loc["D", ["score_low", "score_high"]].tolist() == pytest.approx(
        [0.45, 0.75]
    )


def test_unknown_can_count_as_the_worst(sites: pd.DataFrame) -> None:
    """On demand a missing value counts as the worst there is; the value itself stays unknown."""
    sites.loc["B", "rent_usd"] = NAN
    ranking = rank(sites, THREE, WEIGHTS, unknown="worst")
    assert ranking.scores["B"] == pytest.approx(0.25 + 0.2)
    assert np.isnan(ranking.values.loc["B", "rent"])
    assert ranking.parts.loc["B", "rent"] == 0
    assert ranking.unknown.loc["B", ["score_low", "score_high"]].tolist() == pytest.approx(
        [0.45, 0.75]
    )


def test_unknown_without_weight_does_not_matter(sites: pd.DataFrame) -> None:
    """What weighs nothing may be unknown."""
    sites.loc["B", "area_ha"] = NAN
    ranking = rank(sites, THREE, {"gate": 1, "rent": 1})
    assert ranking.order.tolist() == ["B", "A", "C"]
    assert ranking.unknown.empty
    assert np.isfinite(ranking.scores).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(6))
def test_the_interval_holds_every_score(seed: int, method: str) -> None:
    """Whatever a missing value is within its range, the score lies between the two that are given,
    ranges held.
    """
    sites_, criteria, weights = made(seed, fixed=True)
    missing = sites_.copy()
    missing.loc["s0", "c1"] = NAN
    low, high = rank(missing, criteria, weights, method=method).unknown.loc[
        "s0", ["score_low", "score_high"]
    ]  # type: ignore[arg-type]
    assert 0 <= low <= high <= 1
    if method == "sum" and all(
        criterion.low is not None or criterion.high is not None for criterion in criteria
    ):
        for amount in range(9):
            sites_.loc["s0", "c1"] = amount
            assert low - 1e-12 <= rank(sites_, criteria, weights).scores["s0"] <= high + 1e-12


def test_all_apart(sites: pd.DataFrame) -> None:
    """Where every site lacks something nothing is ranked, and every site says what it lacks."""
    sites["rent_usd"] = NAN
    ranking = rank(sites, THREE, WEIGHTS)
    assert ranking.order.empty
    assert ranking.unknown["missing"].tolist() == [("rent",)] * 3
    assert ranking.unknown["score_high"].tolist() == pytest.approx([0.8, 0.75, 0.35])


def test_pandas_numbers_with_gaps(sites: pd.DataFrame) -> None:
    """Columns of nullable numbers are read; NA is unknown."""
    sites["area_ha"] = pd.array([30, None, 60], "Int64")
    assert rank(sites, THREE, WEIGHTS).unknown.index.tolist() == ["B"]


# Unknown values of little weight ------------------------------------------------------------------


def test_a_light_unknown_widens_the_range_and_sets_nobody_apart(sites: pd.DataFrame) -> None:
    """A missing value of 10 % of the weight: ranked by the middle of its range, counted by hand; of
    15 % and more: set apart.
    """
    sites.loc["B", "area_ha"] = NAN
    light = rank(sites, THREE, {"gate": 50, "rent": 40, "area": 10})
    known = 0.5 * 0.5 + 0.4 * (120 - 75) / 65
    assert light.unknown.loc["B", ["score_low", "score_high"]].tolist() == pytest.approx(
        [known, known + 0.1]
    )
    assert light.scores["B"] == pytest.approx(known + 0.05)
    assert light.parts.loc["B"].sum() == pytest.approx(light.scores["B"])
    assert "B" in light.order
    heavy = rank(sites, THREE, {"gate": 50, "rent": 35, "area": 15})
    assert np.isnan(heavy.scores["B"])
    assert "B" not in heavy.order


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(12))
def test_adding_uncertainty_only_widens(seed: int, method: str) -> None:
    """With one value more unknown, the range of that site holds the range it had; with fixed ranges
    no other site moves.
    """
    sites_, criteria, _weights = made(seed, fixed=True)
    criteria = [replace(criterion, shape="linear", low=2.5, high=6.5) for criterion in criteria]
    weights = {"c0": 10.0, "c1": 10.0, "c2": 40.0, "c3": 40.0}
    before = rank(sites_, criteria, weights, method=method)  # type: ignore[arg-type]
    low = high = before.scores["s0"]
    for name in ("c0", "c1"):
        sites_.loc["s0", name] = NAN
        after = rank(sites_, criteria, weights, method=method)  # type: ignore[arg-type]
        range_ = after.unknown.loc["s0"]
        assert 0 <= range_["score_low"] <= after.scores["s0"] <= range_["score_high"] <= 1
        if method == "sum":
            assert range_["score_low"] <= low + 1e-12
            assert range_["score_high"] >= high - 1e-12
            pd.testing.assert_series_equal(after.scores.drop("s0"), before.scores.drop("s0"))
            low, high = range_["score_low"], range_["score_high"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(20))
def test_a_site_better_in_every_criterion_is_never_ranked_worse(seed: int, method: str) -> None:
    """Whatever the shapes and ranges, also where others lack a light value."""
    sites_, criteria, weights = made(seed, sites=10)
    weights |= {"c0": 0.5}
    sites_.loc["s9", "c0"] = NAN
    ranking = rank(sites_, criteria, weights, method=method)  # type: ignore[arg-type]
    sign = np.array([1 if criterion.direction == "benefit" else -1 for criterion in criteria])
    amount = np.where(np.isinf(sites_), -sign * INF, sites_) * sign
    compared = 0
    for site, better in zip(sites_.index, amount, strict=True):
        for other, worse in zip(sites_.index, amount, strict=True):
            if (better >= worse).all():
                compared += 1
                assert ranking.scores[site] >= ranking.scores[other] - 1e-12
    assert compared >= 9


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(8))
def test_land_beyond_the_need_changes_nothing(seed: int, method: str) -> None:
    """With land that counts from 0 to 20 ha, a site of 20 ha may grow to any size: no score, range
    or place moves.
    """
    sites_, criteria, weights = made(seed)
    criteria = [*criteria[:3], Criterion("c3", "c3", "benefit", low=0, high=20)]
    sites_["c3"] = np.random.default_rng(seed).uniform(1, 40, len(sites_)).round()
    sites_.loc["s0", "c3"] = 20.0
    before = rank(sites_, criteria, weights, method=method)  # type: ignore[arg-type]
    for size in (21.0, 400.0, 217_133.0):
        grown = sites_.copy()
        grown.loc["s0", "c3"] = size
        after = rank(grown, criteria, weights, method=method)  # type: ignore[arg-type]
        pd.testing.assert_series_equal(after.scores, before.scores)
        assert after.order.equals(before.order)


# Pairwise comparison ------------------------------------------------------------------------------


def test_ahp_of_three() -> None:
    """The usual example: weights .6370, .2583, .1047, largest root 3.03851, consistency ratio
    .0332.
    """
    answer = ahp([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])
    np.testing.assert_allclose(answer.weights, [0.6370, 0.2583, 0.1047], atol=5e-5)
    assert answer.lambda_max == pytest.approx(3.03851, abs=5e-6)
    assert answer.consistency_ratio == pytest.approx(0.0332, abs=5e-5)


@pytest.mark.parametrize("size", range(1, 11))
def test_ahp_of_consistent_comparisons(size: int) -> None:
    """Comparisons that are the ratios of weights give these weights back, consistent."""
    weights = np.random.default_rng(size).uniform(1, 9, size)
    answer = ahp(weights[:, None] / weights)
    np.testing.assert_allclose(answer.weights, weights / weights.sum())
    assert answer.consistency_ratio == pytest.approx(0, abs=1e-9)


def test_ahp_names_every_fault() -> None:
    """Each cell that is wrong is named."""
    with pytest.raises(InputError) as caught:
        ahp([[1, 3, -5], [0.5, 2, NAN], [1 / 5, 1 / 3, 1]])
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "row 1, column 3",
        "row 2, column 3",
        "row 1, column 2",
        "row 2, column 2",
    ]
    assert ahp([[1, 3], [0.333, 1]]).weights[0] == pytest.approx(0.75, abs=1e-3)
    for wrong in ([[1, 2, 3], [1, 1, 1]], [], 3, [["a"]], [[1], [1, 2]], np.ones((11, 11))):
        with pytest.raises(InputError):
            ahp(wrong)  # type: ignore[arg-type]


# Faults -------------------------------------------------------------------------------------------


def test_every_fault_is_named(sites: pd.DataFrame) -> None:
    """One error lists what is wrong with criteria, columns, weights and options."""
    sites["name"] = "x"
    sites.loc["A", "rent_usd"] = -INF
    criteria = [
        replace(GATE, column="nowhere"),
        replace(GATE, column="name"),
        replace(RENT, low=9, high=3),
        replace(AREA, shape="step", high=4.0),
        Criterion("bent", "area_ha", "up", "round", low=NAN),  # type: ignore[arg-type]
        Criterion("part", "area_ha", "cost", "share"),
    ]
    with pytest.raises(InputError) as caught:
        rank(sites, criteria, {"gate": -1, "rent": NAN, "none": 1}, method="magic", unknown="zero")  # type: ignore[arg-type]
    assert caught.value.faults == (
        "criterion “gate” is there 2 times",
        "criterion “gate”: there is no column “nowhere”",
        "criterion “gate”: column “name” holds no numbers",
        "criterion “rent”: low, 9, is not below high, 3",
        "criterion “rent”: column “rent_usd” holds −inf at “A”",
        "criterion “area”: a step of a benefit needs low",
        "criterion “area”: a step of a benefit has no high",
        "criterion “bent”: direction is “up”, and neither cost nor benefit",
        "criterion “bent”: shape is “round”, and none of linear, step, saturating, share",
        "criterion “bent”: low is nan, and not a number",
        "criterion “part”: a share is for benefits only",
        "there is no criterion “none” to weigh",
        "the weight of “gate” is -1, and not a number of 0 or more",
        "the weight of “rent” is nan, and not a number of 0 or more",
        "method is “magic”, and none of sum, topsis",
        "unknown is “zero”, and none of apart, worst",
    )


@pytest.mark.parametrize("weights", [{}, {"gate": 0}, {"gate": 0, "rent": 0, "area": 0}])
def test_weights_that_are_all_zero(sites: pd.DataFrame, weights: dict[str, float]) -> None:
    """Nothing to rank by is an error."""
    with pytest.raises(InputError, match="no criterion has a weight above 0"):
        rank(sites, THREE, weights)


def test_criteria_and_sites_are_there_once(sites: pd.DataFrame) -> None:
    """No criteria, and a site twice, are errors; so is a share of negative amounts."""
    with pytest.raises(InputError, match="there is no criterion"):
        values(sites, [])
    with pytest.raises(InputError, match="site “A” is there more than once"):
        values(sites.loc[["A", "A"]], THREE)
    with pytest.raises(InputError, match="less at “A”"):
        values(table([(-1, 1, 1)]), [Criterion("x", "gate_min", "benefit", "share")])
