"""Compiled part of :mod:`geo.siting.draws`: amounts that are drawn, and what they are worth.

The number behind a cell of a draw is mixed from keys of the site, the draw and the criterion alone,
so that it is the same whatever else there is. Sites stand in *blocks* of similar ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import (
    Bools,
    BoolTable,
    Floats,
    FloatTable,
    Function,
    Ints,
    IntTable,
    Words,
    compiled,
)

WIDE = 32
"""Sites of a block. Fewer make more blocks to look at."""
STEPS = 1 << 16
"""Different numbers that a cell may draw: so many quantiles, each equally likely."""
KNOWN, WORST, MISSING = 0, 1, 2
"""States of a cell: an amount; worth nothing; drawn between the worst and the best."""


def fast() -> Callable[[Function], Function]:
    """Compile for divisions that need no check, so that several sites are measured at once."""
    return compiled(error_model="numpy")


class Field(NamedTuple):
    """Sites, block by block, and their criteria.

    Attributes
    ----------
    amount, spread, state
        (criteria, sites); 0 where no amount is known.
    key, stream
        (sites) and (criteria), what the numbers of a draw are mixed from.
    quantile
        Of the distribution of one drawn number, at even steps.
    sign, is_bent
        (criteria), −1 for costs; whether values rise steeply at first.
    start
        Block b is the sites ``start[b]:start[b + 1]``, ``WIDE`` of them at most.
    least, most
        (criteria, blocks), ends of what may be drawn of the known amounts; inf and −inf for none.
    has_missing, has_unknown, is_moved
        (criteria, blocks), whether some cell is missing; is not known; has a spread.
    rising, falling
        (criteria, blocks), blocks by rising ``least``, and by falling ``most``.
    """

    amount: FloatTable
    spread: FloatTable
    state: IntTable
    key: Words
    stream: Words
    quantile: Floats
    sign: Floats
    is_bent: Bools
    start: Ints
    least: FloatTable
    most: FloatTable
    has_missing: BoolTable
    has_unknown: BoolTable
    is_moved: BoolTable
    rising: IntTable
    falling: IntTable


class Scale(NamedTuple):
    """By what amounts are measured, (draws, criteria): see :func:`geo.siting.criteria.measure`.

    Attributes
    ----------
    is_flat, is_plain
        Whether nothing lies between the worst and the best; for TOPSIS, whether amounts count as
        they are, and not their values.
    """

    worst: FloatTable
    best: FloatTable
    is_flat: BoolTable
    is_plain: BoolTable
    length: FloatTable
    anti: FloatTable
    ideal: FloatTable
    top: FloatTable


@fast()
def number(key: np.uint64) -> int:
    """Return which of the steps of a distribution a key draws. Source of the mixing: Vigna 2015,
    splitmix64.c, remembered.
    """
    key ^= key >> np.uint64(30)
    key *= np.uint64(0xBF58476D1CE4E5B9)
    key ^= key >> np.uint64(27)
    key *= np.uint64(0x94D049BB133111EB)
    return int(np.int64((key ^ (key >> np.uint64(31))) >> np.uint64(48)))


@fast()
def draw(
    amount: Floats, spread: Floats, key: Words, shift: np.uint64, quantile: Floats, drawn: Floats
) -> None:
    """Write some amounts as they are drawn; those of 0 or more stay so."""
    for k in range(len(drawn)):
        moved = quantile[number(key[k] + shift)] * spread[k] + amount[k]
        drawn[k] = max(moved, 0.0) if amount[k] >= 0.0 else moved


@fast()
def value(
    amount: Floats, worst: float, best: float, is_flat: bool, is_bent: bool, sign: float
) -> None:
    """Put in the place of amounts what they are worth, 0 to 1."""
    if is_flat:
        for k in range(len(amount)):
            amount[k] = 0.0 if sign * (amount[k] - best) < 0.0 else 1.0
        return
    for k in range(len(amount)):
        amount[k] = min(max((amount[k] - worst) / (best - worst), 0.0), 1.0)
    if is_bent:
        for k in range(len(amount)):
            amount[k] = 3.0 * amount[k] / (1.0 + 2.0 * amount[k])


@fast()
def limit(amount: Floats, worst: float, best: float, sign: float) -> None:
    """Put in the place of amounts what counts of them in a column of TOPSIS as it is."""
    low, high = min(worst, best), max(worst, best)
    for k in range(len(amount)):
        amount[k] = sign * min(max(amount[k], low), high)


@fast()
def add(
    place: Floats,
    power: float,
    length: float,
    anti: float,
    ideal: float,
    gain: Floats,
    lack: Floats,
) -> None:
    """Add to gain and lack what places in a column of TOPSIS are from its ends."""
    for k in range(len(place)):
        at = place[k] / length
        gain[k] += power * ((at - anti) * (at - anti))
        lack[k] += power * ((ideal - at) * (ideal - at))


@fast()
def standing(gain: float, lack: float, topsis: bool) -> float:
    """Return a number in the order of scores."""
    if not topsis:
        return gain
    return gain / (gain + lack) if gain + lack > 0.0 else 1.0


@fast()
def measure(
    field: Field,
    scale: Scale,
    d: int,
    key: np.uint64,
    power: Floats,
    topsis: bool,
    blocks: Ints,
    score: Floats,
) -> None:
    """Write the standing of all sites of some blocks in a draw, one block after the other."""
    amounts, gains, lacks = np.empty(WIDE), np.empty(WIDE), np.empty(WIDE)
    done = 0
    for block in blocks:
        low, high = field.start[block], field.start[block + 1]
        size = high - low
        amount, gain, lack = amounts[:size], gains[:size], lacks[:size]
        gain[:] = 0.0
        lack[:] = 0.0
        for j in range(len(power)):
            worst, best, sign = scale.worst[d, j], scale.best[d, j], field.sign[j]
            weight, top, shift = power[j], scale.top[d, j], key + field.stream[j]
            plain = topsis and scale.is_plain[d, j]
            length, anti, ideal = scale.length[d, j], scale.anti[d, j], scale.ideal[d, j]
            if field.is_moved[j, block]:
                draw(
                    field.amount[j, low:high],
                    field.spread[j, low:high],
                    field.key[low:high],
                    shift,
                    field.quantile,
                    amount,
                )
            else:
                amount[:] = field.amount[j, low:high]
            if plain:
                limit(amount, worst, best, sign)
            else:
                value(amount, worst, best, scale.is_flat[d, j], field.is_bent[j], sign)
            if field.has_unknown[j, block]:
                for k in range(size):
                    state = field.state[j, low + k]
                    if state == MISSING:
                        between = (number(field.key[low + k] + shift) + 0.5) / STEPS
                        if not topsis:
                            amount[k] = top * between
                        else:  # nothing is added below
                            gain[k] += weight * (top * between**2)
                            lack[k] += weight * (top * (1.0 - between) ** 2)
                            amount[k] = np.nan
                    elif state == WORST:
                        amount[k] = sign * worst if plain else 0.0
            if not topsis:
                for k in range(size):
                    gain[k] += weight * amount[k]
            elif field.has_missing[j, block]:
                for k in range(size):
                    if not np.isnan(amount[k]):
                        at = amount[k : k + 1], weight, length, anti, ideal
                        add(*at, gain[k : k + 1], lack[k : k + 1])
            else:
                add(amount, weight, length, anti, ideal, gain, lack)
        for k in range(size):
            score[done + k] = standing(gain[k], lack[k], topsis)
        done += size


@fast()
def extremes(
    field: Field, draws: Words, wanted: Bools, lowest: FloatTable, highest: FloatTable
) -> None:
    """Write the least and the greatest known amount of the wanted criteria in each draw; inf and
    −inf for none.
    """
    amounts = np.empty(WIDE)
    lowest[:] = np.inf
    highest[:] = -np.inf
    for j in range(len(wanted)):
        if not wanted[j]:
            continue
        for d in range(len(draws)):
            shift = draws[d] + field.stream[j]
            for falls in (False, True):
                end = -np.inf
                for block in field.falling[j] if falls else field.rising[j]:
                    if not (field.most[j, block] if falls else -field.least[j, block]) > end:
                        break
                    low, high = field.start[block], field.start[block + 1]
                    amount = amounts[: high - low]
                    draw(
                        field.amount[j, low:high],
                        field.spread[j, low:high],
                        field.key[low:high],
                        shift,
                        field.quantile,
                        amount,
                    )
                    for k in range(high - low):
                        if field.state[j, low + k] == KNOWN:
                            end = max(end, amount[k] if falls else -amount[k])
                if falls:
                    highest[d, j] = end
                else:
                    lowest[d, j] = -end


@fast()
def totals(field: Field, draws: Words, wanted: Bools, total: FloatTable) -> None:
    """Write the sums of the wanted amounts in each draw."""
    total[:] = 0.0
    amount = np.empty(len(field.key))
    for j in range(len(wanted)):
        if wanted[j]:
            for d in range(len(draws)):
                shift = draws[d] + field.stream[j]
                whole = field.amount[j], field.spread[j], field.key, shift, field.quantile
                draw(*whole, amount)
                total[d, j] = amount.sum()  # what is not known is 0


@fast()
def columns(
    field: Field, scale: Scale, draws: Words, square: FloatTable, low: FloatTable, high: FloatTable
) -> None:
    """Write the sum of squares, the least and the greatest of each column of TOPSIS."""
    amount = np.empty(len(field.key))
    for j in range(len(field.sign)):
        moves, unknown = field.is_moved[j].sum() > 0, field.has_unknown[j].sum() > 0
        for d in range(len(draws)):
            worst, best, sign = scale.worst[d, j], scale.best[d, j], field.sign[j]
            if moves:
                shift = draws[d] + field.stream[j]
                whole = field.amount[j], field.spread[j], field.key, shift, field.quantile
                draw(*whole, amount)
            else:
                amount[:] = field.amount[j]
            plain = scale.is_plain[d, j]
            if plain:
                limit(amount, worst, best, sign)
            else:
                value(amount, worst, best, scale.is_flat[d, j], field.is_bent[j], sign)
            if unknown:
                for site in range(len(amount)):
                    if field.state[j, site] != KNOWN:
                        amount[site] = sign * worst if plain else 0.0
            total, least, greatest = 0.0, np.inf, -np.inf
            for site in range(len(amount)):
                total += amount[site] * amount[site]
                least, greatest = min(least, amount[site]), max(greatest, amount[site])
            square[d, j], low[d, j], high[d, j] = total, least, greatest


@fast()
def scores(
    field: Field, scale: Scale, draws: Words, power: Floats, topsis: bool, blocks: Ints
) -> NDArray[np.float64]:
    """Return the standing of all sites of some blocks in each draw, (draws, sites)."""
    size = 0
    for block in blocks:
        size += field.start[block + 1] - field.start[block]
    answer = np.empty((len(draws), size))
    for d in range(len(draws)):
        measure(field, scale, d, draws[d], power, topsis, blocks, answer[d])
    return answer
