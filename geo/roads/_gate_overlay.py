"""Compiled part of :mod:`geo.roads.gate_overlay`."""

from __future__ import annotations

import numpy as np

from geo.roads.compiled import FloatTable, IntTable, compiled


@compiled()
def join(first: FloatTable, second: FloatTable, total: FloatTable, through: IntTable) -> None:
    """Write into ``total`` (k, m) the least ``first[i, g] + second[g, j]``, and into ``through``
    its g, -1 where there is none.
    """
    for i in range(len(first)):
        for j in range(second.shape[1]):
            total[i, j], through[i, j] = np.inf, -1
        for g in range(first.shape[1]):
            before = first[i, g]
            if before < np.inf:
                for j in range(second.shape[1]):
                    via = before + second[g, j]
                    if via < total[i, j]:
                        total[i, j], through[i, j] = via, g
