"""How far a ranking can be trusted: bands of places, other weights, uncertain amounts, the other
method.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message, behind
from geo.siting.criteria import Array, Criterion, Terms, closeness, measure
from geo.siting.draws import Draws, Kind, lead_known
from geo.siting.ranking import TIE, Ranking

AT_ONCE = 32
"""Sites that are measured in all draws at once; twice as many each time more are needed."""
SURE = 0.9
"""Two sites are told apart where one of them is ahead in at least this share of the draws."""


def weight_intervals(ranking: Ranking) -> pd.DataFrame:
    """Find, for each criterion, between which weights the leader stays first while the other
    weights keep their proportions.

    The ends are exact, for TOPSIS too: there, who is ahead changes at the roots of a quadratic in
    (w / (1 − w))². Other weights that are all 0 share equally what is left.

    Returns
    -------
    DataFrame
        By criterion: ``weight`` now, ``low``, ``high`` (0 and 1 if nothing overtakes), and who
        overtakes there: ``low_rival``, ``high_rival`` (None if nobody). NaN where a ranked site
        lacks the value of a criterion that weighs nothing now, and in an empty ranking.
    """
    weight = ranking.weights.to_numpy()
    size = len(weight)
    ends: dict[str, Any] = {"weight": weight}
    ends |= {name: np.full(size, np.nan) for name in ("low", "high")}
    rivals = pd.Series(None, ranking.weights.index, object)
    ends |= {"low_rival": rivals, "high_rival": rivals}
    if not len(ranking.order):
        return pd.DataFrame(ends, ranking.weights.index)
    terms, sites = ranking.terms, ranking.scores.index[ranking.ranked]
    first = sites.get_loc(ranking.order[0])
    other = np.tile(weight, (size, 1))
    np.fill_diagonal(other, 0)
    left = other.sum(axis=1, keepdims=True)
    even = (1 - np.eye(size)) / max(size - 1, 1)
    other = np.where(left > 0, other / np.where(left > 0, left, 1), even)

    # Ahead of a site by a s² + b s + c, with s = w / (1 − w), or its square.
    if terms.lack is None:
        b = terms.gain[first] - terms.gain
        c = b @ other.T
        a, b, c = np.zeros_like(b), np.where(np.abs(b) < TIE, 0, b), np.where(np.abs(c) < TIE, 0, c)
    else:
        gain, lack, rest, lost = (
            terms.gain,
            terms.lack,
            terms.gain @ (other**2).T,
            terms.lack @ (other**2).T,
        )
        a = _difference((gain[first], lack), (gain, lack[first]))
        b = _difference(
            (gain[first], lost), (rest[first], lack), (gain, lost[first]), (rest, lack[first])
        )
        c = _difference((rest[first], lost), (rest, lost[first]))
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(b**2 - 4 * a * c)
        q = -(b + np.where(b < 0, -root, root)) / 2  # the way without cancellation
        gaining, losing = np.where(b < 0, q / a, c / q), np.where(b < 0, c / q, q / a)
        gaining, losing = (
            np.where(np.isfinite(s) & (s >= 0), s, np.nan) for s in (gaining, losing)
        )
        if terms.lack is not None:
            gaining, losing = np.sqrt(gaining), np.sqrt(losing)
        gaining, losing = gaining / (1 + gaining), losing / (1 + losing)
    low = np.where(gaining <= weight + 1e-9, np.minimum(gaining, weight), -1.0)
    high = np.where(losing >= weight - 1e-9, np.maximum(losing, weight), 2.0)
    is_lacking = _lacking(ranking)
    for which, end, name in (
        (low.argmax(axis=0), low.max(axis=0), "low"),
        (high.argmin(axis=0), high.min(axis=0), "high"),
    ):
        overtaken = (end >= 0) & (end <= 1) & ~is_lacking
        ends[name] = np.where(is_lacking, np.nan, np.clip(end, 0, 1))
        names = np.where(overtaken, sites.to_numpy(object)[which], None)
        ends[f"{name}_rival"] = pd.Series(names, ranking.weights.index, object)
    return pd.DataFrame(ends, ranking.weights.index)


def shares(
    ranking: Ranking,
    weightings: int = 10_000,
    *,
    seed: int = 0,
    spread: pd.DataFrame | None = None,
    kind: Kind = "std",
) -> pd.DataFrame:
    """Tell under what share of all weightings each site is first, and among the first five.

    Weightings are drawn evenly from all that there are for the criteria in play: those that weigh
    something now. The result is the same for the same seed, and the same whatever the weights in
    play are. Of 10,000 draws, 95 % of such shares are off by less than 0.01.

    Parameters
    ----------
    spread
        How uncertain each amount is, in its unit: a row a ranked site (others are ignored), a
        column an id of a criterion; criteria that are not named are exact. Every draw then has
        amounts of its own, each drawn for itself, with ranges and value functions applied to them,
        and a value that is unknown of a ranked site is drawn evenly between the worst and the best.
        An amount of 0 or more stays so.
    kind
        ``std``: standard deviation of a normal distribution. ``range``: as much more or less,
        evenly.

    Returns
    -------
    DataFrame
        Ranked sites in the order of the table: ``first`` (sums to 1: sites that are equal share a
        draw) and ``first_five`` (equal sites share the better place, so more than five may be among
        them).

    Raises
    ------
    InputError
        `weightings` is below 1, or `spread` has faults; every one is listed.

    Source
    ------
    Rank acceptability: Lahdelma, Hokkanen & Salminen 1998, SMAA, European Journal of Operational
    Research 106, remembered."""
    if weightings < 1:
        raise InputError(Message("weightings must be 1 or more."))
    sites = ranking.scores.index[ranking.ranked]
    drawn = _weightings(weightings, int((ranking.weights > 0).sum()), seed)
    if spread is not None:
        draws = _draws(ranking, spread, kind, seed)
        first, few = draws.lead(drawn) if len(sites) else (np.empty(0), np.empty(0))
    elif len(sites):
        first, few = lead_known(_known_terms(ranking)[0], drawn)
    else:
        first, few = np.empty(0), np.empty(0)
    return pd.DataFrame({"first": first / weightings, "first_five": few / weightings}, sites)


def bands(
    ranking: Ranking,
    spread: pd.DataFrame,
    *,
    first: int | None = None,
    draws: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Group the sites whose order nobody can tell, with the weights in play: places 1 to 5, say,
    then 6 to 9; and find between which scores each lies.

    Amounts are drawn within their uncertainty, as :func:`shares` does, and unknown values evenly
    between the worst and the best. Two sites are told apart where one of them is ahead in at least
    ``SURE`` of the draws. A band is a run of places of which no two sites are told apart, each as
    long as can be, from the first place down; so each site stands in one band, and bands keep the
    order.

    Parameters
    ----------
    spread
        As :func:`shares` takes it.
    first
        Only the bands of so many places are found, the last of them to its end; None for all.

    Returns
    -------
    DataFrame
        By site in order: ``band``, its number from 1; ``low`` and ``high``, between which its score
        lies in ``SURE`` of the draws, the others halved above and below.

    Raises
    ------
    InputError
        `draws` is below 1, or `spread` has faults; every one is listed.
    """
    from geo.siting import _leading as compiled

    if draws < 1:
        raise InputError(Message("draws must be 1 or more."))
    sites, weight = ranking.scores.index[ranking.ranked], ranking.weights.to_numpy()
    measured = _draws(ranking, spread, "std", seed).scored(weight[weight > 0], draws)
    place = sites.get_indexer(ranking.order)
    most_misses = draws - next(n for n in range(draws + 1) if n / draws >= SURE)
    score = np.empty((0, draws))
    numbers: list[int] = []
    begin = 0
    for at in range(len(place)):
        if at >= len(score):
            more = place[len(score) : 2 * len(score) + AT_ONCE]
            score = np.concatenate([score, measured.of(more)])
        if compiled.is_apart(score, begin, at, most_misses):
            if first is not None and at >= first:
                break
            begin = at
        numbers.append(numbers[-1] + (begin == at) if numbers else 1)
    order = ranking.order[: len(numbers)]
    low, high = _middle(score[: len(numbers)])
    if ranking.method == "topsis":
        low, high = closeness(low, 1 - low), closeness(high, 1 - high)
    return pd.DataFrame({"band": np.array(numbers, np.int64), "low": low, "high": high}, order)


def place_ranges(
    ranking: Ranking, sites: Iterable[Any], weightings: int = 1000, *, seed: int = 0
) -> pd.DataFrame:
    """Find between which places a few sites stand in ``SURE`` of all weightings: those that
    :func:`shares` draws, of which these are the first.

    Returns
    -------
    DataFrame
        By site: ``low``, ``middle`` and ``high``, the 5th, 50th and 95th of a hundred places from
        the best; equal scores share the better place.

    Raises
    ------
    InputError
        `weightings` is below 1, or a site is not ranked.
    """
    from geo.siting import _leading as compiled

    if weightings < 1:
        raise InputError(Message("weightings must be 1 or more."))
    wanted = pd.Index(sites)
    known = ranking.scores.index[ranking.ranked]
    row = known.get_indexer(wanted)
    if (row < 0).any():
        name = wanted[row < 0][0]
        raise InputError(Message("site “%(id)s” is not ranked", {"id": name}))
    if not len(wanted):
        return pd.DataFrame(columns=["low", "middle", "high"], index=wanted, dtype=np.int64)
    terms, used = _known_terms(ranking)
    topsis = terms.lack is not None
    lack = np.zeros((0, terms.gain.shape[1])) if terms.lack is None else terms.lack
    weights = _weightings(weightings, int(used.sum()), seed)
    place = np.asarray(
        compiled.places(
            np.ascontiguousarray(terms.gain),
            np.ascontiguousarray(lack),
            row,
            weights**2 if topsis else weights,
            topsis,
        )
    )
    low, high = _middle(place)
    middle = np.percentile(place, 50, axis=1, method="inverted_cdf")
    return pd.DataFrame({"low": low, "middle": middle, "high": high}, wanted).astype(np.int64)


def _middle(drawn: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return between which of its draws each row lies in ``SURE`` of them."""
    if not len(drawn):
        return np.empty(0), np.empty(0)
    ends = 50 * (1 - SURE), 50 * (1 + SURE)
    low, high = np.percentile(drawn, ends, axis=1, method="inverted_cdf")
    return low, high


def _weightings(count: int, criteria: int, seed: int) -> Array:
    """Draw weightings evenly from all that there are."""
    drawn = np.random.default_rng(seed).standard_exponential((count, criteria))
    drawn /= drawn.sum(axis=1, keepdims=True)
    return drawn


def _known_terms(ranking: Ranking) -> tuple[Terms, NDArray[np.bool_]]:
    """Measure the ranked sites in the criteria with weight, unknown light values half-way; and say
    which these are.
    """
    used = ranking.weights.to_numpy() > 0
    raw = ranking.raw.to_numpy()[ranking.ranked][:, used]
    criteria = [each for each, here in zip(ranking.criteria, used, strict=True) if here]
    terms = measure(raw, np.ones(len(raw)), criteria, ranking.method)
    return terms.filled(np.isnan(raw) & ranking.light[used], 0.5), used


def _draws(ranking: Ranking, spread: pd.DataFrame, kind: Kind, seed: int) -> Draws:
    """Return the ranked sites with amounts that are drawn, for the criteria with weight."""
    used = ranking.weights.to_numpy() > 0
    sites = ranking.scores.index[ranking.ranked]
    raw = ranking.raw.to_numpy()[ranking.ranked][:, used]
    return Draws(
        sites,
        raw,
        _uncertainties(spread, sites, ranking.criteria, kind)[:, used],
        np.isnan(raw) & ranking.light[used],
        [each for each, here in zip(ranking.criteria, used, strict=True) if here],
        ranking.method,
        kind=kind,
        seed=seed,
    )


@dataclass(frozen=True)
class Disagreement:
    """Who is first by either method, with the same weights; several where they are equal."""

    by_sum: tuple[Any, ...]
    by_topsis: tuple[Any, ...]

    @property
    def differs(self) -> bool:
        """Whether no site is first by both."""
        return bool(self.by_sum) and not set(self.by_sum) & set(self.by_topsis)


def disagreement(ranking: Ranking) -> Disagreement:
    """Find the winners by the weighted sum and by TOPSIS."""
    sites, weight = ranking.scores.index[ranking.ranked], ranking.weights.to_numpy()
    winners = []
    for method in ("sum", "topsis"):
        terms = ranking.terms if method == ranking.method else ranking.terms_by(method)
        score = terms.scores(weight)
        winners.append(tuple(sites[score >= score.max(initial=0) - TIE]))
    return Disagreement(*winners)


def _lacking(ranking: Ranking) -> NDArray[np.bool_]:
    """Which criteria weigh nothing now, and with some weight would set a ranked site apart."""
    unknown = np.isnan(ranking.values.to_numpy()).any(axis=0)
    return unknown & (ranking.weights.to_numpy() == 0) & (ranking.unknown_as == "apart")


def _difference(*pairs: tuple[Array, Array]) -> Array:
    """Add the products of the first half of the pairs and take the others away; what is left by
    rounding alone becomes 0.
    """
    products = [one * two for one, two in pairs]
    half = len(products) // 2
    found = np.sum(products[:half], axis=0) - np.sum(products[half:], axis=0)
    return np.where(np.abs(found) < TIE * np.sum(products, axis=0), 0, found)


def _uncertainties(
    spread: pd.DataFrame, sites: pd.Index, criteria: Sequence[Criterion], kind: str
) -> Array:
    """Return the uncertainties of ranked sites, (sites, criteria); `InputError` lists what is wrong
    with their table."""
    ids = [criterion.id for criterion in criteria]
    wrong: list[str] = []
    if kind not in ("std", "range"):
        wrong.append(Message("kind is “%(text)s”, and neither std nor range", {"text": kind}))
    wrong += [
        Message("there is no criterion “%(id)s”", {"id": column})
        for column in spread.columns
        if column not in ids
    ]
    wrong += [
        Message("site “%(id)s” has no row", {"id": site}) for site in sites.difference(spread.index)
    ]
    if spread.index.has_duplicates:
        wrong.append(Message("a site is there more than once"))
    if not wrong:
        here = spread.reindex(index=sites, columns=ids, fill_value=0.0).to_numpy(
            float, na_value=np.nan
        )
        wrong += [
            behind(
                f"“{sites[row]}”, {ids[column]}",
                Message("%(value)s is not a number of 0 or more", {"value": here[row, column]}),
            )
            for row, column in np.argwhere(~(np.isfinite(here) & (here >= 0)))
        ]
    if wrong:
        raise InputError(Message("This uncertainty cannot be used:"), wrong)
    return here
