"""Criteria: what an amount is worth, from 0 to 1, and the distances of TOPSIS.

*Raw* is an array of amounts, sites down and criteria across. NaN in it is unknown, and inf is
known: cannot be reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message

Array = NDArray[np.float64]

Direction = Literal["cost", "benefit"]
Shape = Literal["linear", "step", "saturating", "share"]
DIRECTIONS: dict[Direction, float] = {"cost": -1.0, "benefit": 1.0}
SHAPES: tuple[Shape, ...] = get_args(Shape)


@dataclass(frozen=True)
class Criterion:
    """What one column is worth: from 0 at the bad end of a range to 1 at its good end, and no less
    or more outside.

    Parameters
    ----------
    column
        Column of the table of sites, numbers.
    direction
        ``cost``: less is better; ``benefit``: more is better.
    shape
        ``linear``: in proportion. ``step``: 1 up to the most (`high`, of a cost) or from the least
        (`low`, of a benefit) that will do, otherwise 0. ``saturating``: a quarter of the way is
        worth half, 3 t / (1 + 2 t). ``share``: the part of the sum over all sites, for benefits of
        0 or more; kept because it is common, and it reverses ranks easily.
    low, high
        Ends of the range; None for the least and the greatest amount of the ranked sites. Where
        those are equal, or lie beyond the end that is given, the range is a step: as good as its
        end is 1. So a column in which all sites are equal is worth 1 to all.
    """

    id: str
    column: str
    direction: Direction
    shape: Shape = "linear"
    low: float | None = None
    high: float | None = None
    unit: str = ""


def values(table: pd.DataFrame, criteria: Sequence[Criterion]) -> pd.DataFrame:
    """Return what each amount is worth, 0 to 1, all sites counted as ranked.

    Returns
    -------
    DataFrame
        On the index of `table`, a column a criterion. NaN where the amount is unknown, 0 where it
        is inf.

    Raises
    ------
    InputError
        Criteria and table do not fit; every fault is listed.
    """
    refuse(faults(table, criteria))
    raw = amounts(table, criteria)
    worth = measure(raw, np.ones(len(raw)), criteria, "sum").gain
    return pd.DataFrame(
        np.where(np.isnan(raw), np.nan, worth), table.index, [one.id for one in criteria]
    )


@dataclass(frozen=True)
class Terms:
    """What sites score, before weighing: arrays (…, sites, criteria), or (…, criteria) for the ends
    of the ranges.

    Parameters
    ----------
    values
        0 to 1; unknown amounts at their worst.
    gain, lack
        For TOPSIS the squared distances from the worst and from the best of each column. For a
        weighted sum `gain` is the value, and there is no `lack`.
    top
        The most that `gain` can be.
    """

    values: Array
    gain: Array
    lack: Array | None
    top: Array
    worst: Array
    best: Array

    def scores(self, weights: Array) -> Array:
        """Weigh with weights (criteria); one score a site."""
        if self.lack is None:
            return weighed(self.gain, weights)
        return closeness(weighed(self.gain, weights**2), weighed(self.lack, weights**2))

    def parts(self, weights: Array) -> Array:
        if self.lack is None:
            return self.gain * weights
        gain = self.gain * weights**2
        total, score = weighed(self.gain, weights**2)[..., None], self.scores(weights)[..., None]
        gain *= score / np.where(total > 0, total, 1)
        return np.where((total == 0) & (score > 0), weights, gain) if (total == 0).any() else gain

    def filled(self, missing: NDArray[np.bool_], share: float | Array) -> Terms:
        """Return the terms with missing amounts at this share, 0 to 1, of the way from the worst to
        the best.

        `missing` and `share` are (…, sites, criteria), or broadcast to it.
        """
        if not missing.any():
            return self
        power = 1 if self.lack is None else 2
        top = self.top[..., None, :]
        gain = np.where(missing, top * np.power(share, power), self.gain)
        lack = (
            None
            if self.lack is None
            else np.where(missing, top * np.power(1 - share, power), self.lack)
        )
        return Terms(self.values, gain, lack, self.top, self.worst, self.best)


def weighed(amount: Array, weights: Array) -> Array:
    """Sum over criteria; without BLAS, whose threads wait for each other longer than this takes."""
    return np.asarray(np.einsum("...m,m->...", amount, weights))


def closeness(gain: Array, lack: Array) -> Array:
    """Return the distance from the worst as a share of both distances, from their squares; 1 where
    both are 0.
    """
    near, far = np.sqrt(np.maximum(lack, 0)), np.sqrt(np.maximum(gain, 0))
    both = near + far
    return np.where(both > 0, far / np.where(both > 0, both, 1), 1.0)


def measure(raw: Array, counts: Array, criteria: Sequence[Criterion], method: str) -> Terms:
    """Measure sites by the ranges of those that count.

    Parameters
    ----------
    raw
        (…, sites, criteria).
    counts
        (…, sites): how often a site counts for ranges, sums and lengths of columns: 1, or 0 if it
        is only measured, or 2 if there is a second one just like it.
    """
    fixed, shape, sign = ends_of(criteria)
    share, bent = shape == "share", shape == "saturating"
    known, here = np.isfinite(raw), (counts > 0)[..., None]
    all_known, all_here = bool(known.all()), bool(here.all())
    amount = raw if all_known else np.where(known, raw, 0.0)
    extremes = _extremes(amount, None if all_known and all_here else known & here)
    totals = np.einsum("...n,...nm->...m", counts, amount) if share.any() else None
    low, high = ranges(extremes, fixed, totals, shape, sign)
    worst, best = np.where(sign > 0, low, high), np.where(sign > 0, high, low)

    flat = ~(high > low)
    value = amount - worst[..., None, :]
    value /= np.where(flat, 1.0, best - worst)[..., None, :]
    if (
        flat.any()
    ):  # worse than the end of the range, or not; if nobody has an amount, whoever has one is best
        value = np.where(flat[..., None, :], ~(sign * (amount - best[..., None, :]) < 0), value)
    np.clip(value, 0.0, 1.0, out=value)
    if bent.any():
        way = value[..., bent]
        value[..., bent] = 3 * way / (1 + 2 * way)
    if not all_known:
        value[~known] = 0.0
    np.abs(value, out=value)  # no −0 on the screen
    if method == "sum":
        top = (
            np.where(share, np.where(here, value, 0.0).max(axis=-2, initial=0.0), 1.0)
            if share.any()
            else np.ones(worst.shape)
        )
        return Terms(value, value, None, top, worst, best)

    as_it_is = ((shape == "linear") | share) & ~flat
    if all_known and all_here and as_it_is.all() and np.isnan(fixed).all():
        place = sign * amount
    else:
        inside = np.where(
            known, np.clip(amount, low[..., None, :], high[..., None, :]), worst[..., None, :]
        )
        place = np.where(as_it_is[..., None, :], sign * inside, value)
    length = np.sqrt(np.einsum("...nm,...nm,...n->...m", place, place, counts))
    place /= np.where(length > 0, length, 1.0)[..., None, :]
    anti, ideal = _extremes(place, None if all_here else here)
    if not all_here:
        np.clip(place, anti[..., None, :], ideal[..., None, :], out=place)
    gain, lack = place - anti[..., None, :], ideal[..., None, :] - place
    return Terms(
        value,
        np.square(gain, out=gain),
        np.square(lack, out=lack),
        (ideal - anti) ** 2,
        worst,
        best,
    )


def ends_of(
    criteria: Sequence[Criterion],
) -> tuple[Array, NDArray[np.object_], Array]:
    """Return the ends that criteria state themselves, (2, criteria), NaN where they do not; their
    shapes; and their signs, −1 for costs.
    """
    fixed = np.array([(criterion.low, criterion.high) for criterion in criteria], float)
    shape = np.array([criterion.shape for criterion in criteria], dtype=object)
    sign = np.array([DIRECTIONS[criterion.direction] for criterion in criteria])
    return fixed.reshape(-1, 2).T, shape, sign


def ranges(
    extremes: tuple[Array, Array],
    fixed: Array,
    totals: Array | None,
    shape: NDArray[np.object_],
    sign: Array,
) -> tuple[Array, Array]:
    """Return the ends of the range of each criterion, NaN where nobody has an amount.

    Parameters
    ----------
    extremes
        The lowest and the highest amount.
    fixed
        The ends that a criterion states itself, (2, criteria); NaN where it does not.
    totals
        The sums of amounts; None where no criterion needs them.
    """
    (lowest, highest), (least, most) = extremes, fixed
    step = shape == "step"
    low = np.where(np.isnan(least), np.fmin(lowest, most), least)
    high = np.where(np.isnan(most), np.fmax(highest, least), most)
    if totals is not None:
        share = shape == "share"
        low, high = np.where(share, 0.0, low), np.where(share, totals, high)
    low, high = np.where(step & (sign < 0), high, low), np.where(step & (sign > 0), low, high)
    nobody = low > high
    return np.where(nobody, np.nan, low), np.where(nobody, np.nan, high)


def _extremes(amount: Array, counted: NDArray[np.bool_] | None) -> tuple[Array, Array]:
    """Return the least and the greatest of each column, of the cells that count; inf and −inf where
    none does.
    """
    low, high = (
        (amount, amount)
        if counted is None
        else (np.where(counted, amount, np.inf), np.where(counted, amount, -np.inf))
    )
    return low.min(axis=-2, initial=np.inf), high.max(axis=-2, initial=-np.inf)


def amounts(table: pd.DataFrame, criteria: Sequence[Criterion]) -> Array:
    """Return the raw amounts of a table, (sites, criteria)."""
    columns = [table[one.column].to_numpy(float, na_value=np.nan) for one in criteria]
    return np.column_stack(columns) if columns else np.empty((len(table), 0))


def faults(table: pd.DataFrame, criteria: Sequence[Criterion]) -> list[str]:
    """List what is wrong with criteria and the columns that they name."""
    ids = [one.id for one in criteria]
    found: list[str] = [] if criteria else [Message("there is no criterion")]
    found += [
        Message("criterion “%(id)s” is there %(count)s times", {"id": one, "count": ids.count(one)})
        for one in dict.fromkeys(ids)
        if ids.count(one) > 1
    ]
    found += [
        Message("site “%(id)s” is there more than once", {"id": one})
        for one in table.index[table.index.duplicated()].unique()
    ]
    for one in criteria:
        found += [
            Message("criterion “%(id)s”: %(fault)s", {"id": one.id, "fault": fault})
            for fault in [*_criterion_faults(one), *_column_faults(table, one)]
        ]
    return found


def refuse(found: Sequence[str]) -> None:
    """Raise an InputError with these faults, if there are any."""
    if found:
        raise InputError(Message("These sites cannot be ranked:"), found)


def _criterion_faults(one: Criterion) -> Iterable[str]:
    if one.direction not in DIRECTIONS:
        yield Message(
            "direction is “%(text)s”, and neither cost nor benefit", {"text": one.direction}
        )
    if one.shape not in SHAPES:
        yield not_one_of("shape", one.shape, SHAPES)
    ends = {"low": one.low, "high": one.high}
    yield from (
        Message("%(name)s is %(value)s, and not a number", {"name": name, "value": end})
        for name, end in ends.items()
        if end is not None and not isfinite(end)
    )
    if one.low is not None and one.high is not None and one.low >= one.high and one.shape != "step":
        yield Message(
            "low, %(low)s, is not below high, %(high)s",
            {"low": f"{one.low:g}", "high": f"{one.high:g}"},
        )
    if one.shape == "share":
        if one.direction == "cost":
            yield Message("a share is for benefits only")
        if one.low is not None or one.high is not None:
            yield Message("a share has neither low nor high")
    if one.shape == "step" and one.direction in DIRECTIONS:
        needs, other = ("low", "high") if one.direction == "benefit" else ("high", "low")
        if ends[needs] is None:
            yield Message(
                "a step of a %(direction)s needs %(end)s",
                {"direction": one.direction, "end": needs},
            )
        if ends[other] is not None:
            yield Message(
                "a step of a %(direction)s has no %(end)s",
                {"direction": one.direction, "end": other},
            )


def _column_faults(table: pd.DataFrame, one: Criterion) -> Iterable[str]:
    if one.column not in table:
        yield Message("there is no column “%(name)s”", {"name": one.column})
        return
    column = table[one.column]
    if not pd.api.types.is_numeric_dtype(column):
        yield Message("column “%(name)s” holds no numbers", {"name": one.column})
        return
    numbers = column.to_numpy(float, na_value=np.nan)
    if (numbers == -np.inf).any():
        yield Message(
            "column “%(name)s” holds −inf at %(sites)s",
            {"name": one.column, "sites": _named(table.index[numbers == -np.inf])},
        )
    elif one.shape == "share" and (numbers < 0).any():
        yield Message(
            "a share is of amounts of 0 or more, and column “%(name)s” is less at %(sites)s",
            {"name": one.column, "sites": _named(table.index[numbers < 0])},
        )


def not_one_of(name: str, value: object, known: Iterable[str]) -> Message:
    """Return the fault of a value that is not among those there are."""
    return Message(
        "%(name)s is “%(text)s”, and none of %(known)s",
        {"name": name, "text": value, "known": ", ".join(known)},
    )


def _named(sites: pd.Index) -> str:
    named = ", ".join(f"“{site}”" for site in sites[:5])
    if len(sites) <= 5:
        return named
    return Message("%(sites)s and %(n)s more", {"sites": named, "n": len(sites) - 5})
