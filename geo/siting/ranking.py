"""Ranking of sites by weighted criteria: the weighted sum and TOPSIS, and weights by pairwise
comparison.

How far a ranking can be trusted is told by :mod:`geo.siting.robustness`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Literal, NamedTuple, SupportsInt, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo.errors import InputError, Message, behind
from geo.siting.criteria import (
    Array,
    Criterion,
    Terms,
    amounts,
    faults,
    measure,
    not_one_of,
    refuse,
)

Method = Literal["sum", "topsis"]
UnknownAs = Literal["apart", "worst"]
METHODS: tuple[Method, ...] = get_args(Method)
UNKNOWNS: tuple[UnknownAs, ...] = get_args(UnknownAs)
TIE = 1e-12
"""Scores closer than this are equal: sums of the same numbers in another order differ by less."""
LIGHT = 0.15
"""A criterion with less than this of the sum of all weights is light: a site that lacks its value
is ranked within a range.
"""
RECIPROCAL = 5e-3
"""How far a comparison times its reverse may be from 1, so that thirds and sevenths may be written
with three decimals.
"""
RANDOM_INDEX = (0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
"""Mean consistency index of random matrices of size 1 to 10. Source: Saaty 1980, The Analytic
Hierarchy Process, remembered.
"""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Sites in order, and why.

    Parameters
    ----------
    method, unknown_as
        As they were asked for: ``sum`` or ``topsis``; ``apart`` or ``worst``.
    weights
        By criterion; they sum to 1.
    raw
        All sites × criteria: the amounts as they came, NaN unknown.
    values
        Ranked sites × criteria, 0 to 1; an unknown value is NaN.
    scores
        On the index of the table; 0 to 1, and NaN for a site that is not ranked.
    order
        Ranked sites, best first; equal ones in the order of the table.
    parts
        Ranked sites × criteria; the parts of a site sum to its score. Of a weighted sum they are
        weight × value. TOPSIS does not add up: its score is shared out like the squared distance
        from the worst.
    unknown
        Sites that lack a value in a criterion with weight, ranked or not: ``missing`` (ids of those
        criteria), ``score_low`` and ``score_high``, between which the score lies: missing values at
        their worst and at their best, measured by the ranges of the ranked sites.
    """

    criteria: tuple[Criterion, ...]
    method: str
    unknown_as: str
    weights: pd.Series
    raw: pd.DataFrame
    values: pd.DataFrame
    scores: pd.Series
    order: pd.Index
    parts: pd.DataFrame
    unknown: pd.DataFrame

    @cached_property
    def ranked(self) -> NDArray[np.bool_]:
        """Which rows of `raw` are ranked."""
        return self.scores.notna().to_numpy()

    @cached_property
    def light(self) -> NDArray[np.bool_]:
        """Which criteria count half-way between worst and best for a ranked site that lacks their
        value.
        """
        return _light(self.weights.to_numpy(), self.unknown_as)

    @cached_property
    def terms(self) -> Terms:
        """What the ranked sites score before weighing, measured as the ranking does."""
        return self.terms_by(self.method)

    def terms_by(self, method: str) -> Terms:
        """Measure the ranked sites by a method, unknown light values half-way."""
        raw = self.raw.to_numpy()[self.ranked]
        terms = measure(raw, np.ones(len(raw)), self.criteria, method)
        return terms.filled(np.isnan(raw) & self.light, 0.5)

    @property
    def places(self) -> pd.Series:
        """Places from 1 in the order of the table, NaN for a site that is not ranked; equal scores
        share the better place.
        """
        return self.scores.round(12).rank(ascending=False, method="min").rename("place")


def rank(
    table: pd.DataFrame,
    criteria: Sequence[Criterion],
    weights: Mapping[str, float],
    *,
    method: Method = "sum",
    unknown: UnknownAs = "apart",
) -> Ranking:
    """Rank sites by the weighted sum of their values, or by TOPSIS.

    TOPSIS takes amounts as they are, limited to the range of their criterion, and the value where
    the shape is a step or saturating or all are equal. It divides each column by its length, weighs
    it, and gives the distance from the worst of each column as a share of the distances from the
    worst and from the best. Where all sites are alike in everything, all score 1.

    A table without rows gives an empty ranking, and a single site is the first. A site that cannot
    be reached (inf) is ranked, with the value 0 in that criterion.

    Parameters
    ----------
    table
        One row a site, index unique.
    weights
        By id of the criterion, in any unit, such as the positions of sliders; a criterion that is
        not named weighs 0.
    unknown
        What becomes of a site that lacks a value in a criterion with weight. ``apart``: if all
        those criteria are light (``LIGHT``), it is ranked with the missing values half-way between
        the worst and the best there is, which for a weighted sum is the middle of the range in
        which its score lies; otherwise it is not ranked and does not count for any range.
        ``worst``: it is ranked, with the value 0 there. Either way it is listed in
        ``Ranking.unknown``.

    Raises
    ------
    InputError
        Criteria, table or weights have faults; every one is listed.

    Source
    ------
    TOPSIS: Hwang & Yoon 1981, Multiple Attribute Decision Making, remembered; the example in the
    tests from Tzeng & Huang 2011."""
    refuse(
        faults(table, criteria)
        + _weight_faults(criteria, weights)
        + _option_faults(method, unknown)
    )
    raw = amounts(table, criteria)
    found = weigh(raw, criteria, weights, method, unknown)
    weight, missing, ranked, terms = found.weight, found.missing, found.ranked, found.terms
    lacking, (low, high) = np.flatnonzero(missing.any(axis=1)), found.ends
    ids = pd.Index([each.id for each in criteria], name="criterion")
    unknown_ids: list[object] = [tuple(ids[row]) for row in missing[lacking]]
    return Ranking(
        criteria=tuple(criteria),
        method=method,
        unknown_as=unknown,
        weights=pd.Series(weight, ids, name="weight"),
        raw=pd.DataFrame(raw, table.index, ids),
        values=pd.DataFrame(
            np.where(np.isnan(raw), np.nan, terms.values)[ranked], table.index[ranked], ids
        ),
        scores=pd.Series(np.where(ranked, found.scores, np.nan), table.index, name="score"),
        order=table.index[found.order],
        parts=pd.DataFrame(terms.parts(weight)[ranked], table.index[ranked], ids),
        unknown=pd.DataFrame(
            {
                "missing": pd.Series(unknown_ids, table.index[lacking], dtype=object),
                "score_low": low[lacking],
                "score_high": high[lacking],
            },
            table.index[lacking],
        ),
    )


class Weighed(NamedTuple):
    """Amounts that are weighed, as arrays: see :func:`rank`.

    Attributes
    ----------
    weight
        (criteria), the sum 1.
    missing
        (sites, criteria), unknown amounts of criteria with weight.
    ranked
        (sites), whether a site is ranked.
    lowest, terms
        Missing amounts at their worst, and as they count.
    """

    weight: Array
    missing: NDArray[np.bool_]
    ranked: NDArray[np.bool_]
    lowest: Terms
    terms: Terms

    @property
    def scores(self) -> Array:
        return self.terms.scores(self.weight)

    @property
    def order(self) -> NDArray[np.intp]:
        """The rows of the ranked sites, the best first."""
        rows = np.flatnonzero(self.ranked)
        return rows[np.argsort(-self.scores[rows].round(12), kind="stable")]

    @property
    def ends(self) -> tuple[Array, Array]:
        """The lowest and the highest score of each site."""
        best = self.lowest.filled(self.missing, 1.0)
        return self.lowest.scores(self.weight), best.scores(self.weight)


def weigh(
    raw: Array,
    criteria: Sequence[Criterion],
    weights: Mapping[str, float],
    method: str = "sum",
    unknown: str = "apart",
) -> Weighed:
    """Weigh amounts, (sites, criteria), as :func:`rank` does, which checks what it takes."""
    weight = np.array([float(weights.get(each.id, 0)) for each in criteria])
    weight = weight / weight.max()  # in two steps: the sum of huge weights is inf
    weight /= weight.sum()
    missing, light = np.isnan(raw) & (weight > 0), _light(weight, unknown)
    ranked = ~(missing & ~light).any(axis=1) | (unknown != "apart")
    counts = ranked.astype(float) if ranked.any() else np.ones(len(raw))
    lowest = measure(raw, counts, criteria, method)
    return Weighed(weight, missing, ranked, lowest, lowest.filled(missing & light, 0.5))


class Pairwise(NamedTuple):
    """Weights by pairwise comparison, summing to 1; a consistency ratio above 0.1 asks for the
    comparisons to be thought over.
    """

    weights: Array
    lambda_max: float
    consistency_ratio: float


def ahp(matrix: ArrayLike) -> Pairwise:
    """Return the weights that fit pairwise comparisons best: the principal eigenvector of their
    matrix.

    Parameters
    ----------
    matrix
        Square, 1 × 1 to 10 × 10: row *i*, column *j* says how many times as important *i* is as
        *j*.

    Raises
    ------
    InputError
        The matrix is not square, too large, not positive or not reciprocal; every such cell is
        named, counted from 1.

    Source
    ------
    Saaty 1980, The Analytic Hierarchy Process, remembered; so is the limit of 0.1.
    """
    try:
        cells = np.asarray(matrix, float)
    except (TypeError, ValueError):
        raise InputError(Message("The comparisons are not a table of numbers.")) from None
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or not len(cells):
        raise InputError(
            Message(
                "The comparisons are not a square table: %(size)s.",
                {"size": " × ".join(map(str, cells.shape)) or Message("a single number")},
            )
        )
    size = len(cells)
    positive = np.isfinite(cells) & (cells > 0)
    found: list[str] = []
    if size > len(RANDOM_INDEX):
        counts = {"count": size, "most": len(RANDOM_INDEX)}
        found.append(Message("%(count)s criteria, at most %(most)s can be compared", counts))
    found += [
        behind(
            _cell(i, j),
            Message("%(value)s is not a positive number", {"value": f"{cells[i, j]:g}"}),
        )
        for i, j in np.argwhere(~positive)
    ]
    for i, j in zip(*np.triu_indices(size), strict=True):
        if not (positive[i, j] and positive[j, i]):
            continue
        if i == j and abs(cells[i, i] - 1) > RECIPROCAL:
            self_ = Message(
                "%(value)s, and a criterion compared with itself is 1",
                {"value": f"{cells[i, i]:g}"},
            )
            found.append(behind(_cell(i, i), self_))
        elif i != j and abs(cells[i, j] * cells[j, i] - 1) > RECIPROCAL:
            reverse = Message(
                "%(value)s, and its reverse %(other)s is not 1 / %(value)s",
                {"value": f"{cells[i, j]:g}", "other": f"{cells[j, i]:g}"},
            )
            found.append(behind(_cell(i, j), reverse))
    if found:
        raise InputError(Message("The comparisons have faults:"), found)
    roots, vectors = np.linalg.eig(cells)
    main = int(roots.real.argmax())
    weights = np.abs(vectors[:, main].real)
    largest = float(roots[main].real)
    index = RANDOM_INDEX[size - 1]
    return Pairwise(
        weights / weights.sum(),
        largest,
        max(largest - size, 0.0) / (size - 1) / index if index else 0.0,
    )


def _cell(i: SupportsInt, j: SupportsInt) -> Message:
    return Message("row %(row)s, column %(column)s", {"row": int(i) + 1, "column": int(j) + 1})


def _light(weights: Array, unknown_as: str) -> NDArray[np.bool_]:
    return (weights > 0) & (weights < LIGHT - TIE) & (unknown_as == "apart")


def _weight_faults(criteria: Sequence[Criterion], weights: Mapping[str, float]) -> list[str]:
    ids = {one.id for one in criteria}
    good = {id_: isfinite(weight) and weight >= 0 for id_, weight in weights.items()}
    found: list[str] = [
        Message("there is no criterion “%(id)s” to weigh", {"id": id_})
        for id_ in weights
        if id_ not in ids
    ]
    found += [
        Message(
            "the weight of “%(id)s” is %(value)s, and not a number of 0 or more",
            {"id": id_, "value": weights[id_]},
        )
        for id_, fine in good.items()
        if not fine
    ]
    if all(good.values()) and not any(weight > 0 for id_, weight in weights.items() if id_ in ids):
        found.append(Message("no criterion has a weight above 0"))
    return found


def _option_faults(method: str, unknown: str) -> list[str]:
    return [
        not_one_of(name, given, known)
        for name, given, known in (("method", method, METHODS), ("unknown", unknown, UNKNOWNS))
        if given not in known
    ]
