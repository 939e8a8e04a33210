"""Find the two places nearest to each of many points at once, by geodesic distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo import crs

Points = NDArray[np.float64]
_AXIS_M = 6_378_137.0
_ECCENTRICITY = 0.006_694_379_990_14
"""Of WGS 84."""
MOST = 64
"""So many places that are as near as the second one are compared at most."""


class Neighbours:
    """Places among which the nearest ones are looked for.

    Parameters
    ----------
    lonlat
        (n, 2) WGS 84; those without a position are never near.
    rows
        Those of them that count.
    """

    def __init__(self, lonlat: Points, rows: NDArray[np.intp]) -> None:
        self.rows = rows[np.isfinite(lonlat[rows]).all(axis=1)]
        self.lonlat = lonlat[self.rows]
        from scipy.spatial import cKDTree  # only where it is asked: it loads for a while

        self.tree = cKDTree(_globe(self.lonlat), balanced_tree=False, compact_nodes=False)

    def nearest(self, points: Points, own: NDArray[np.intp]) -> tuple[NDArray[np.intp], Points]:
        """Find the nearest place of each point but its own: its row, -1 where there is none, and
        how far it is in metres. Of those at one distance it is the first.

        Parameters
        ----------
        points
            (n, 2) WGS 84, all known.
        own
            (n,) the row of a place that does not count, -1 for none.
        """
        row, apart_m = self._two(points)
        mine = (row >= 0) & (row == own[:, None])
        second = mine[:, 0] if row.shape[1] > 1 else np.zeros(len(row), np.bool_)
        each = np.arange(len(row))
        at = second.astype(int)
        near, near_m = row[each, at], apart_m[each, at]
        if row.shape[1] == 1:
            near, near_m = np.where(mine[:, 0], -1, near), np.where(mine[:, 0], np.nan, near_m)
        return near, near_m

    def _two(self, points: Points) -> tuple[NDArray[np.intp], Points]:
        """Find the two nearest places of each point; fewer where there are fewer."""
        width = min(2, self.tree.n)
        row = np.full((len(points), max(width, 1)), -1)
        apart_m = np.full(row.shape, np.nan)
        left, most = np.arange(len(points)), 4
        while len(left) and width:
            most = min(most, self.tree.n)
            ranks = list(range(1, most + 1))
            chords, at = map(np.asarray, self.tree.query(_globe(points[left]), k=ranks))
            last = chords[:, width - 1]
            reach = last * (1 + 1e-6 + (last / _AXIS_M) ** 2 / 100) + 1e-6
            whole = (chords[:, -1] > reach) | (most >= min(MOST, self.tree.n))
            within = (chords <= reach[:, None])[whole]
            row[left[whole]], apart_m[left[whole]] = self._ordered(
                points[left[whole]], at[whole], within, width
            )
            left, most = left[~whole], 4 * most
        return row, apart_m

    def _ordered(
        self, points: Points, at: NDArray[np.intp], within: NDArray[np.bool_], width: int
    ) -> tuple[NDArray[np.intp], Points]:
        """Put candidates into the order of their distances on the ellipsoid, then of the rows."""
        apart_m = np.full(at.shape, np.inf)
        each, which = np.nonzero(within)
        apart_m[each, which] = crs.distance_m(points[each], self.lonlat[at[each, which]]).reshape(
            -1
        )
        order = np.lexsort((at, apart_m))[:, :width]
        return (
            self.rows[np.take_along_axis(at, order, 1)],
            np.take_along_axis(apart_m, order, 1),
        )


def _globe(lonlat: Points) -> Points:
    """Return points on the ellipsoid as metres from the middle of the Earth."""
    lon, lat = np.radians(lonlat).T
    normal = _AXIS_M / np.sqrt(1 - _ECCENTRICITY * np.sin(lat) ** 2)
    return np.column_stack(
        [
            normal * np.cos(lat) * np.cos(lon),
            normal * np.cos(lat) * np.sin(lon),
            normal * (1 - _ECCENTRICITY) * np.sin(lat),
        ]
    )
