"""Compiled part of :mod:`geo.roads.contraction`: times to targets whose cone is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads._contraction_query import begin_one, cone, fall_one, rise_one
from geo.roads.compiled import Floats, FloatTable, Ints, IntTable, compiled


@compiled()
def aimed(
    out_start: Ints,
    out_head: Ints,
    out_time: Floats,
    at: Ints,
    down_start: Ints,
    down_head: Ints,
    down_time: Floats,
    target_row: IntTable,
    target_s: FloatTable,
    source: Ints,
    source_s: Floats,
) -> NDArray[np.float64]:
    """Return the times from one source (s,) to all targets (m, t) whose cone downward is known:
    ``target_row`` are their rows in it, -1 for none.
    """
    up_at, up_start, up_head, up_time = cone(out_start, out_head, out_time, source[source >= 0])
    least: Floats = np.full(len(up_at), np.inf)
    via: Ints = np.full(len(up_at), -1, np.int32)
    begin_one(up_at, source, source_s, least)
    rise_one(up_start, up_head, up_time, least, via)
    line: Floats = np.full(len(at), np.inf)
    above = 0
    for row in range(len(at)):
        while above < len(up_at) and up_at[above] < at[row]:
            above += 1
        if above < len(up_at) and up_at[above] == at[row]:
            line[row] = least[above]
    fall_one(down_start, down_head, down_time, line)
    answer = np.full(len(target_row), np.inf)
    for t in range(len(target_row)):
        for e in range(target_row.shape[1]):
            if target_row[t, e] >= 0:
                answer[t] = min(answer[t], line[target_row[t, e]] + target_s[t, e])
    return answer
