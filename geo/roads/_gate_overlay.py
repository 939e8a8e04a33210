"""Compiled part of :mod:`geo.roads.gate_overlay`."""

from __future__ import annotations

import numpy as np

from geo.compiled import FloatTable, IntTable, compiled


@compiled()
def join(one: FloatTable, other: FloatTable, total: FloatTable, through: IntTable) -> None:
    """Write into ``total`` (k, m) the least ``one[i, g] + other[g, j]``, and into ``through`` its
    g, -1 where there is none.
    """
    for i in range(len(one)):
        for j in range(other.shape[1]):
            total[i, j], through[i, j] = np.inf, -1
        for g in range(one.shape[1]):
            first = one[i, g]
            if first < np.inf:
                for j in range(other.shape[1]):
                    via = first + other[g, j]
                    if via < total[i, j]:
                        total[i, j], through[i, j] = via, g
