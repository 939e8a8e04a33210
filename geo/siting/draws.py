"""Draws of uncertain amounts, and how often each site leads in them.

The number behind a cell depends on the id of the site, on the draw and on the criterion alone, so
that a site that is left out changes nothing about the others. Sites stand in blocks of similar
ones, and of a block that cannot come to the front of a draw no site is measured in it; every answer
is that of measuring all of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.siting.criteria import DIRECTIONS, Array, Criterion, Terms, ends_of, measure, ranges

if TYPE_CHECKING:
    from geo.siting._draws import Scale

Kind = Literal["std", "range"]
GOLDEN = 0x9E3779B97F4A7C15
"""Between the keys of two draws. Source: Vigna 2015, splitmix64.c, remembered."""


def lead_known(terms: Terms, weights: Array) -> tuple[Array, Array]:
    """Count for each of some sites in how many draws it is first, and among the first few.

    Sites that are equal share the first place of a draw; the last of the few places belongs to all
    that are equal there.

    Parameters
    ----------
    terms
        What the sites score, the same in every draw.
    weights
        (draws, criteria)
    """
    from geo.siting import _leading

    topsis = terms.lack is not None
    row, start = _blocks(terms.gain)
    gain = np.ascontiguousarray(terms.gain[row], np.float64)
    lack = np.zeros((0, gain.shape[1])) if terms.lack is None else terms.lack[row]
    most = np.maximum.reduceat(gain, start[:-1])
    least = np.minimum.reduceat(lack, start[:-1]) if topsis else lack
    power = np.ascontiguousarray(weights**2 if topsis else weights)
    first, few = np.zeros(len(row)), np.zeros(len(row))
    _leading.lead_known(gain, lack, start, most, least, power, topsis, first, few)
    return _in_order(row, first), _in_order(row, few)


class Draws:
    """Sites whose amounts are drawn; rows are in the order of `ids`.

    Parameters
    ----------
    ids
        The ids of the sites, unique.
    raw, spread
        (sites, criteria): amounts, and how uncertain each is, 0 for exact.
    missing
        (sites, criteria): unknown amounts that are drawn evenly between the worst and the best;
        other unknown ones are worth nothing.
    criteria, method
        As :func:`geo.siting.criteria.measure` takes them.
    kind
        ``std``: `spread` is the standard deviation of a normal distribution. ``range``: as much
        more or less, evenly.
    """

    def __init__(
        self,
        ids: pd.Index,
        raw: Array,
        spread: Array,
        missing: NDArray[np.bool_],
        criteria: Sequence[Criterion],
        method: str,
        *,
        kind: Kind = "std",
        seed: int = 0,
    ) -> None:
        from geo.siting import _draws

        self.criteria, self.topsis, self.seed = tuple(criteria), method == "topsis", seed
        known = np.isfinite(raw)
        self._row, start = _blocks(np.where(known, raw, np.nan))
        known, missing = known[self._row], missing[self._row]
        amount = np.where(known, raw[self._row], 0.0)
        spread = np.where(known, spread[self._row], 0.0)
        state = np.where(known, _draws.KNOWN, np.where(missing, _draws.MISSING, _draws.WORST))
        quantile = _quantiles(kind)
        ends = [quantile[at] * spread + amount for at in (0, -1)]
        floor = np.where(amount >= 0, 0.0, -np.inf)
        low, high = (
            np.where(known, np.maximum(end, floor), empty)
            for end, empty in zip(ends, (np.inf, -np.inf), strict=True)
        )
        least, most = np.minimum.reduceat(low, start[:-1]), np.maximum.reduceat(high, start[:-1])
        self._field = _draws.Field(
            amount=_columns(amount),
            spread=_columns(spread),
            state=_columns(state.astype(np.int8)),
            key=pd.util.hash_array(ids.to_numpy(object)[self._row], categorize=False),
            stream=np.array([_word(each.id) for each in criteria], np.uint64),
            quantile=quantile,
            sign=np.array([DIRECTIONS[each.direction] for each in criteria]),
            is_bent=np.array([each.shape == "saturating" for each in criteria]),
            start=start,
            least=_columns(least),
            most=_columns(most),
            has_missing=_columns(np.logical_or.reduceat(missing, start[:-1])),
            has_unknown=_columns(np.logical_or.reduceat(~known, start[:-1])),
            is_moved=_columns(np.logical_or.reduceat(spread > 0, start[:-1])),
            rising=_columns(np.argsort(least, axis=0, kind="stable")),
            falling=_columns(np.argsort(-most, axis=0, kind="stable")),
        )

    def lead(self, weights: Array) -> tuple[Array, Array]:
        """Count as :func:`lead_known`, with amounts of their own in every draw."""
        from geo.siting import _leading

        draws, power = self._keys(len(weights)), weights**2 if self.topsis else weights
        first, few = np.zeros(len(self._row)), np.zeros(len(self._row))
        _leading.lead_drawn(
            self._field,
            self._scale(draws),
            draws,
            np.ascontiguousarray(power),
            self.topsis,
            first,
            few,
        )
        return _in_order(self._row, first), _in_order(self._row, few)

    def scored(self, weight: Array, draws: int) -> Scored:
        """Return what measures sites in so many draws, with the same weights in all of them."""
        return Scored(self, weight, self._keys(draws))

    def _keys(self, draws: int) -> NDArray[np.uint64]:
        """Return the keys of the first draws of the seed."""
        with np.errstate(over="ignore"):
            step = np.arange(1, draws + 1, dtype=np.uint64) * np.uint64(GOLDEN)
            return step + np.uint64(_word(f"seed {self.seed}"))

    def _scale(self, draws: NDArray[np.uint64]) -> Scale:
        """Return by what the amounts of each draw are measured: what
        :func:`geo.siting.criteria.measure` finds from all sites.
        """
        from geo.siting import _draws

        field, (fixed, shape, sign) = self._field, ends_of(self.criteria)
        size, share = (len(draws), len(sign)), shape == "share"
        lowest, highest, total = (np.empty(size) for _ in range(3))
        wanted = np.isnan(fixed).any(axis=0) & (shape != "step") | share
        _draws.extremes(field, draws, wanted, lowest, highest)
        totals = None
        if share.any():
            _draws.totals(field, draws, share, total)
            totals = total
        low, high = ranges((lowest, highest), fixed, totals, shape, sign)
        worst, best = np.where(sign > 0, low, high), np.where(sign > 0, high, low)
        is_flat = ~(high > low)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(is_flat, highest >= best, np.clip(highest / best, 0, 1))
        top = np.where(share, np.where(np.isfinite(highest), value, 0.0), 1.0)
        is_plain = ((shape == "linear") | share) & ~is_flat
        even = np.ones(size)
        scale = _draws.Scale(worst, best, is_flat, is_plain, even, even, even, top)
        if not self.topsis:
            return scale
        square, low, high = (np.empty(size) for _ in range(3))
        _draws.columns(field, scale, draws, square, low, high)
        length = np.where(square > 0, np.sqrt(square), 1.0)
        anti, ideal = low / length, high / length
        return scale._replace(length=length, anti=anti, ideal=ideal, top=(ideal - anti) ** 2)


class Scored:
    """Sites measured in some draws with the same weights: asked for a few at a time."""

    def __init__(self, draws: Draws, weight: Array, keys: NDArray[np.uint64]) -> None:
        self._draws, self._keys = draws, keys
        self._power = np.ascontiguousarray(weight**2 if draws.topsis else weight)
        self._scale = draws._scale(keys)
        self._place = np.empty(len(draws._row), np.int64)
        self._place[draws._row] = np.arange(len(draws._row))

    def of(self, rows: NDArray[np.intp]) -> Array:
        """Return a number in the order of scores for each of some sites, (rows, draws)."""
        from geo.siting import _draws

        field, topsis = self._draws._field, self._draws.topsis
        place = self._place[rows]
        blocks, block = np.unique(place // _draws.WIDE, return_inverse=True)
        all_ = _draws.scores(field, self._scale, self._keys, self._power, topsis, blocks)
        first = np.cumsum(np.append(0, np.diff(field.start)[blocks]))
        answer: Array = all_.T[first[block] + place % _draws.WIDE]
        return answer


def _blocks(values: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return sites in an order in which similar ones are neighbours, by turns of the bits of their
    places in each column, and where each block begins; at the end, where the last one ends.

    Source: Morton 1966, A computer oriented geodetic data base, remembered.
    """
    from geo.siting._draws import WIDE

    n, wide = values.shape
    starts = np.append(np.arange(0, n, WIDE), n)
    if n <= WIDE or not wide:
        return np.arange(n), starts
    bits = min(16, 60 // wide) or 1
    place = np.argsort(np.argsort(values, axis=0, kind="stable"), axis=0) * (1 << bits) // n
    code = np.zeros(n, np.int64)
    for bit in range(bits - 1, -1, -1):
        for column in place.T[:60]:
            code = code << 1 | column >> bit & 1
    return np.argsort(code, kind="stable"), starts


def _columns(table: NDArray[Any]) -> NDArray[Any]:
    """Return a table with its columns as rows, each in one piece."""
    return np.ascontiguousarray(table.T)


def _in_order(row: NDArray[np.int64], values: Array) -> Array:
    """Return values of sites in blocks in the order the sites came in."""
    answer = np.empty_like(values)
    answer[row] = values
    return answer


@cache
def _quantiles(kind: Kind) -> Array:
    """Return the quantiles of a distribution at even steps, ascending."""
    from scipy.special import ndtri

    from geo.siting._draws import STEPS

    share = (np.arange(STEPS) + 0.5) / STEPS
    quantiles: Array = ndtri(share) if kind == "std" else 2 * share - 1
    quantiles.flags.writeable = False
    return quantiles


def _word(text: str) -> int:
    """Return 64 bits that differ for different texts."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def warm_up() -> None:
    """Compile what is here, or load what was compiled before."""
    from geo.siting import _leading

    sites, weights = pd.Index(["a", "b"]), np.ones((1, 1))
    raw = np.array([[1.0], [2.0]])
    criteria = [Criterion("x", "x", "benefit")]
    missing = np.zeros(raw.shape, bool)
    for method in ("sum", "topsis"):
        draws = Draws(sites, raw, raw, missing, criteria, method)
        draws.lead(weights)
        draws.scored(weights[0], 1).of(np.array([0]))
    share = Criterion("x", "x", "benefit", "share")
    Draws(sites, raw, raw, missing, [share], "sum").lead(weights)
    lead_known(measure(raw, np.ones(2), criteria, "sum"), weights)
    _leading.is_apart(raw, 0, 1, 0)
    _leading.places(raw, raw[:0], np.array([0]), weights, False)
