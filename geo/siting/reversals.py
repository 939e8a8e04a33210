"""Whether two sites change places because a third one comes or goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.siting.criteria import (
    Array,
    amounts,
    faults,
    measure,
    refuse,
)
from geo.siting.ranking import TIE, Ranking

FEWEST = 5
"""Changes that are tried, however many sites there are."""
CELLS = 60_000
"""Cells that are measured at once: their arrays, of half a megabyte each, stay in the cache of a
core.
"""
BUDGET = 3_000_000
"""Cells that are measured in about a third of a second."""


@dataclass(frozen=True, eq=False)
class Reversals:
    """Changes of the field of sites that turn two others round.

    Parameters
    ----------
    pairs
        One row a change that does: ``change`` (removed, doubled, added), the ``site`` that comes or
        goes, and of the pairs that turn round the best placed: ``ahead`` was ahead of ``behind``,
        and no longer is. Best-placed pairs first.
    tried, possible
        How many changes were tried, and how many there are. Those that cannot move any range are
        known to turn nothing round, and count as tried.
    """

    pairs: pd.DataFrame
    tried: int
    possible: int


def reversals(
    ranking: Ranking, added: pd.DataFrame | None = None, *, most: int | None = None
) -> Reversals:
    """Find out whether two sites change places because a third one comes or goes.

    They may, although nothing about them has changed, wherever ranges or sums are taken from the
    sites themselves. Each ranked site is removed by turns; each is doubled, as if there were a
    second one just like it; and each of `added` is added.

    Parameters
    ----------
    added
        Sites that could be there besides, such as those outside the hard limits: a table as
        :func:`geo.siting.ranking.rank` takes it. Those that lack a value count for nothing and are
        passed over, unless the ranking takes unknown values at their worst.
    most
        Changes to try: those of `added` and of the best-placed sites first. None for as many as
        take about a third of a second.

    Raises
    ------
    InputError
        `added` has faults; every one is listed.

    Source
    ------
    Belton & Gear 1983, On a short-coming of Saaty's method of analytic hierarchies, Omega 11; from
    the brief, remembered."""
    raw = ranking.raw.to_numpy()[ranking.ranked]
    sites, weight = ranking.scores.index[ranking.ranked], ranking.weights.to_numpy()
    place = sites.get_indexer(ranking.order)
    raw, sites, n = raw[place], sites[place], len(place)
    base = ranking.terms
    used = weight > 0
    free = (
        np.array(
            [
                one.shape in ("linear", "saturating") and (one.low is None or one.high is None)
                for one in ranking.criteria
            ]
        )
        & used
    )
    always = ranking.method == "topsis" or any(
        one.shape == "share" for one, here in zip(ranking.criteria, used, strict=True) if here
    )

    more, guests = np.empty((0, len(weight))), sites[:0]
    if added is not None:
        more, guests = _guests(ranking, added)
    ends = np.stack([base.worst, base.best])
    with np.errstate(invalid="ignore"):
        at_end = ((raw == ends[0]) | (raw == ends[1])) & free
        outside = (
            ((more < ends.min(axis=0)) | ~(more <= ends.max(axis=0))) & np.isfinite(more) & free
        ).any(axis=1)
    changes = [("removed", row) for row in range(n) if always or at_end[row].any()]
    changes += [("doubled", row) for row in range(n) if always]
    changes += [("added", row) for row in range(len(more)) if always or outside[row]]
    changes.sort(key=lambda change: change[1] if change[0] != "added" else 0)
    possible = 2 * n + len(more)
    if most is None:
        most = max(BUDGET // max(n * len(weight), 1), FEWEST)
    skipped = max(len(changes) - most, 0)

    score = base.scores(weight)[place]
    after = np.searchsorted(
        -score, -score + TIE, side="right"
    )  # where those begin that are really behind
    found = [
        pair
        for part in _parts(changes[:most], n, len(weight))
        for pair in _turned(ranking, raw, more, part, after, weight)
    ]
    found.sort(key=lambda pair: pair[2])
    rows = [
        (kind, (guests if kind == "added" else sites)[row], sites[one], sites[two])
        for kind, row, one, two in found
    ]
    pairs = pd.DataFrame(rows, columns=["change", "site", "ahead", "behind"])
    return Reversals(pairs, possible - skipped, possible)


Change = tuple[str, int]


def _turned(
    ranking: Ranking,
    raw: Array,
    more: Array,
    changes: list[Change],
    after: NDArray[Any],
    weight: Array,
) -> Iterator[tuple[str, int, int, int]]:
    """Return the changes that turn a pair round, with the places of the best-placed such pair;
    `raw` is in the order of places."""
    n = len(raw)
    extra = [row for kind, row in changes if kind == "added"]
    counts = np.ones((len(changes), n + len(extra)))
    counts[:, n:] = 0
    for at, (kind, row) in enumerate(changes):
        if (
            kind == "added"
        ):  # these come apart from the others, so the rows of `extra` are in their order
            counts[at, n + at] = 1
        else:
            counts[at, row] = 0 if kind == "removed" else 2
    every = np.broadcast_to(np.concatenate([raw, more[extra]]), (*counts.shape, len(weight)))
    score = (
        measure(every, counts, ranking.criteria, ranking.method)
        .filled(np.isnan(every) & ranking.light, 0.5)
        .scores(weight)[:, :n]
    )
    score = np.where(counts[:, :n] > 0, score, -np.inf)
    best = np.maximum.accumulate(score[:, ::-1], axis=1)[:, ::-1]
    best = np.concatenate([best, np.full((len(changes), 1), -np.inf)], axis=1)[:, after]
    with np.errstate(invalid="ignore"):
        turned = best - score > TIE
    turned &= np.isfinite(score)
    for hit in np.flatnonzero(turned.any(axis=1)):
        ahead = int(turned[hit].argmax())
        behind = int(after[ahead] + score[hit, after[ahead] :].argmax())
        yield (*changes[hit], ahead, behind)


def _parts(changes: list[Change], sites: int, criteria: int) -> Iterator[list[Change]]:
    """Return changes some at a time, those that add sites apart and fewer, since each makes the
    table longer."""
    step = max(CELLS // max(sites * criteria, 1), 1)
    for kinds, size in (
        (("removed", "doubled"), step),
        (("added",), min(step, isqrt(CELLS // criteria))),
    ):
        these = [change for change in changes if change[0] in kinds]
        yield from (these[start : start + size] for start in range(0, len(these), size))


def _guests(ranking: Ranking, added: pd.DataFrame) -> tuple[Array, pd.Index]:
    refuse(faults(added, ranking.criteria))
    raw = amounts(added, ranking.criteria)
    lacking = (np.isnan(raw) & (ranking.weights.to_numpy() > 0) & ~ranking.light).any(axis=1)
    here = ~lacking | (ranking.unknown_as == "worst")
    return raw[here], added.index[np.flatnonzero(here)]
