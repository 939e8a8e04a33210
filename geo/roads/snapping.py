"""The nearest point of the nearest line, for many lines: a grid that is made once, kept beside the
lines, and mapped into memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import crs

ARRAYS: dict[str, str] = {"xy": "f8", "frame": "f8", "start": "i8", "step": "i4"}
"""Arrays of an index and their types: what is to be saved."""

STEPS_A_CELL = 2


@dataclass(frozen=True)
class Snap:
    """Points joined to the nearest road. All arrays have one entry a point, in the order of the
    points.

    Attributes
    ----------
    segment
        Index of the segment, -1 where no road is within the limit.
    fraction
        Where on the segment the foot of the perpendicular lies: 0 at its tail, 1 at its head.
    distance_m
        Straight distance from the point to the road; NaN where there is none.
    lonlat
        The foot of the perpendicular, WGS 84; NaN where there is none.
    """

    segment: NDArray[np.int64]
    fraction: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    lonlat: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Index:
    """A grid over the steps of lines.

    Attributes
    ----------
    xy
        (k, 2) points of all lines, one line after the other, in the sphere's Mercator (see
        :func:`geo.crs.mercator`).
    frame
        (5,) west and south of the grid, size of a cell, columns, rows.
    start, step
        Steps that pass cell i are ``step[start[i]:start[i + 1]]``; a step is named by the point it
        begins at.
    """

    xy: NDArray[np.float64]
    frame: NDArray[np.float64]
    start: NDArray[np.int64]
    step: NDArray[np.int32]

    def __post_init__(self) -> None:
        for name, kind in ARRAYS.items():
            object.__setattr__(self, name, plain(getattr(self, name), kind))

    @classmethod
    def of(
        cls, lonlat: NDArray[np.float64], shape_start: NDArray[np.int64], kept: NDArray[np.bool_]
    ) -> Index:
        """Make the index of the lines that are `kept`, given as in
        :class:`geo.roads.network.Network`.
        """
        from geo.roads import _snapping as compiled

        xy = crs.mercator(lonlat).reshape(-1, 2)
        count = len(xy) - len(shape_start) + 1
        if count <= 0:
            return cls(xy, np.zeros(5), np.zeros(1, np.int64), np.empty(0, np.int32))
        low, high = xy.min(axis=0), xy.max(axis=0)
        size = high - low
        cells = max(count // STEPS_A_CELL, 1)
        cell = max(float(np.sqrt(size[0] * size[1] / cells)), float(size.max()) / cells, 1e-9)
        columns, rows = (int(one) for one in np.floor(size / cell) + 1)
        frame = np.array([*low, cell, columns, rows])
        start = np.zeros(columns * rows + 1, np.int64)
        nothing = np.empty(0, np.int32)
        grid = (
            plain(xy, "f8"),
            plain(shape_start, "i8"),
            plain(kept, "?"),
            low[0],
            low[1],
            cell,
            columns,
            rows,
        )
        total = compiled.fill(*grid, start, nothing)
        np.cumsum(start, out=start)
        step = np.empty(total, np.int32)
        compiled.fill(*grid, start, step)
        start[-1] = total
        return cls(xy, frame, start, step)

    def nearest(
        self,
        lonlat: NDArray[np.float64],
        group: NDArray[np.int16],
        *,
        within_m: float,
        shape_start: NDArray[np.int64],
        usable: NDArray[np.bool_],
        line_group: NDArray[np.int16],
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Find the nearest usable line of each point.

        Parameters
        ----------
        lonlat
            (n, 2) WGS 84; a row with NaN finds nothing.
        group
            (n,) the group a point looks for, -1 for all.
        shape_start, usable, line_group
            Where each line begins among the points, whether it counts, and its group; arrays as
            :func:`plain` makes them.
        within_m
            Lines farther away need not be found; some that are a little farther may be.

        Returns
        -------
        line, fraction, foot
            (n,) line, -1 for none; (n,) share of its Mercator length before the foot; (n, 2) the
            foot, WGS 84. NaN where none.
        """
        from geo.roads import _snapping as compiled

        n = len(lonlat)
        line, fraction, foot = np.empty(n, np.int64), np.empty(n), np.empty((n, 2))
        grid = self.xy, shape_start, usable, line_group, self.frame, self.start, self.step
        compiled.nearest(
            plain(lonlat, "f8"), plain(group, "i2"), float(within_m), *grid, line, fraction, foot
        )
        return line, fraction, foot


def plain(array: ArrayLike, kind: str | None = None) -> NDArray[Any]:
    """Return an array of one kind for compiled code, however it was made: contiguous, read-only,
    no memory map.
    """
    same = np.ascontiguousarray(array, kind).view(np.ndarray)[:]
    same.flags.writeable = False
    return same


def warm_up() -> None:
    """Compile what is here, or load what was compiled before."""
    lonlat, shape_start = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0, 2])
    index = Index.of(lonlat, shape_start, np.array([True]))
    usable, group = plain([True], "?"), plain([-1], "i2")
    index.nearest(
        lonlat[:1],
        group,
        within_m=1e6,
        shape_start=plain(shape_start, "i8"),
        usable=usable,
        line_group=group,
    )
