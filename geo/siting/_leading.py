"""Compiled part of :mod:`geo.siting.draws`: which sites lead in draws.

Of a block of sites that cannot come to the front of a draw no site is looked at."""

from __future__ import annotations

import numpy as np

from geo.roads.compiled import Floats, FloatTable, Ints, IntTable, Words
from geo.siting._draws import Field, Scale, add, fast, limit, measure, standing, value
from geo.siting.ranking import TIE

FEW = 5
"""Places that are counted together."""


@fast()
def bound(field: Field, scale: Scale, d: int, power: Floats, topsis: bool, bounds: Floats) -> None:
    """Write for each block what none of its sites exceeds in a draw."""
    blocks = len(bounds)
    amount, gain, lack = np.empty(blocks), np.zeros(blocks), np.zeros(blocks)
    more, less = np.empty(blocks), np.empty(blocks)
    for j in range(len(power)):
        worst, best, sign = scale.worst[d, j], scale.best[d, j], field.sign[j]
        end = field.most[j] if sign > 0.0 else field.least[j]
        plain = topsis and scale.is_plain[d, j]
        amount[:] = end
        if plain:
            limit(amount, worst, best, sign)
        else:
            value(amount, worst, best, scale.is_flat[d, j], field.is_bent[j], sign)
        for block in range(blocks):
            if not np.isfinite(end[block]):
                amount[block] = sign * worst if plain else 0.0
        if topsis:
            more[:] = 0.0
            less[:] = 0.0
            length, anti, ideal = scale.length[d, j], scale.anti[d, j], scale.ideal[d, j]
            add(amount, 1.0, length, anti, ideal, more, less)
        else:
            more[:] = amount
            less[:] = 0.0
        for block in range(blocks):
            if field.has_missing[j, block]:
                more[block], less[block] = max(more[block], scale.top[d, j]), 0.0
            gain[block] += power[j] * more[block]
            lack[block] += power[j] * less[block]
    for block in range(blocks):
        bounds[block] = standing(gain[block], lack[block], topsis)


@fast()
def offer(score: float, top: Floats) -> None:
    """Put a score among the best ones, which rise."""
    if score <= top[0]:
        return
    k = 0
    while k + 1 < len(top) and top[k + 1] < score:
        top[k] = top[k + 1]
        k += 1
    top[k] = score


@fast()
def settle(site: Ints, score: Floats, count: int, top: Floats, first: Floats, few: Floats) -> None:
    """Count the first place, which equal sites share, and the first few ones."""
    leads = 0
    for k in range(count):
        leads += score[k] >= top[-1] - TIE
    for k in range(count):
        if score[k] >= top[-1] - TIE:
            first[site[k]] += 1.0 / leads
        if score[k] >= top[0] - TIE:
            few[site[k]] += 1.0


@fast()
def lead_drawn(
    field: Field,
    scale: Scale,
    draws: Words,
    power: FloatTable,
    topsis: bool,
    first: Floats,
    few: Floats,
) -> None:
    """Add for each site in how many draws it is first, and among the first few."""
    blocks, n = len(field.start) - 1, len(field.key)
    bounds, top, score = np.empty(blocks), np.empty(FEW), np.empty(n)
    some = np.empty(blocks, np.int64)
    kept, kept_score = np.empty(n, np.int64), np.empty(n)
    for d in range(len(draws)):
        bound(field, scale, d, power[d], topsis, bounds)
        top[:] = -np.inf
        count = 0
        best = np.argmax(bounds)
        for turn in range(2):  # the best block, and then what may come before its sites
            size = 0
            for block in range(blocks):
                if (block == best) == (turn == 0) and bounds[block] >= top[0] - 2 * TIE:
                    some[size] = block
                    size += 1
            measure(field, scale, d, draws[d], power[d], topsis, some[:size], score)
            done = 0
            for block in some[:size]:
                for site in range(field.start[block], field.start[block + 1]):
                    if score[done] >= top[0] - TIE:
                        kept[count], kept_score[count] = site, score[done]
                        count += 1
                        offer(score[done], top)
                    done += 1
        settle(kept, kept_score, count, top, first, few)


@fast()
def lead_known(
    gain: FloatTable,
    lack: FloatTable,
    start: Ints,
    most: FloatTable,
    least: FloatTable,
    power: FloatTable,
    topsis: bool,
    first: Floats,
    few: Floats,
) -> None:
    """As :func:`lead_drawn`, where gain and lack are the same in all draws; `most` gain and `least`
    lack of each block, (blocks, criteria).
    """
    blocks, wide = len(start) - 1, power.shape[1]
    bounds, top = np.empty(blocks), np.empty(FEW)
    kept, kept_score = np.empty(len(gain), np.int64), np.empty(len(gain))
    for d in range(len(power)):
        for block in range(blocks):
            more, less = 0.0, 0.0
            for j in range(wide):
                more += power[d, j] * most[block, j]
                if topsis:
                    less += power[d, j] * least[block, j]
            bounds[block] = standing(more, less, topsis)
        top[:] = -np.inf
        count, best = 0, int(np.argmax(bounds))
        for turn in range(-1, blocks):
            block = best if turn < 0 else turn
            if (turn == best) or bounds[block] < top[0] - 2 * TIE:
                continue
            for site in range(start[block], start[block + 1]):
                more, less = 0.0, 0.0
                for j in range(wide):
                    more += power[d, j] * gain[site, j]
                    if topsis:
                        less += power[d, j] * lack[site, j]
                here = standing(more, less, topsis)
                if here >= top[0] - TIE:
                    kept[count], kept_score[count] = site, here
                    count += 1
                    offer(here, top)
        settle(kept, kept_score, count, top, first, few)


@fast()
def is_apart(score: FloatTable, begin: int, at: int, most_misses: int) -> bool:
    """Return whether a row before `at`, from `begin` on, is ahead of it in all draws but so many at
    most.
    """
    draws = score.shape[1]
    for row in range(begin, at):
        misses, d = 0, 0
        while d < draws and misses <= most_misses:
            for k in range(d, min(d + 50, draws)):
                misses += not score[row, k] - score[at, k] > TIE
            d += 50
        if misses <= most_misses:
            return True
    return False


@fast()
def places(
    gain: FloatTable, lack: FloatTable, rows: Ints, power: FloatTable, topsis: bool
) -> IntTable:
    """Return the place of some rows in each draw, (rows, draws): one more than are ahead."""
    wide = power.shape[1]
    answer, score = np.ones((len(rows), len(power)), np.int64), np.empty(len(gain))
    for d in range(len(power)):
        for site in range(len(gain)):
            more, less = 0.0, 0.0
            for j in range(wide):
                more += power[d, j] * gain[site, j]
                if topsis:
                    less += power[d, j] * lack[site, j]
            score[site] = standing(more, less, topsis)
        for k in range(len(rows)):
            end = score[rows[k]] + TIE
            for site in range(len(gain)):
                answer[k, d] += score[site] > end
    return answer
