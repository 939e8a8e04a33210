"""Cells of a map: from many points that lie close together, the time by road to the quickest of
some places.

A cell stands for its middle, which is joined to a road of its own country as any other point is, so
its time is that of :mod:`geo.roads.access`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.roads import access
from geo.roads.countries import Countries
from geo.roads.joining import Sides, along_segments
from geo.roads.network import Network
from geo.roads.routing import TIME_DECIMALS
from geo.tiles.grid import Tile, unproject

A_SIDE = 128
"""Cells on a side of a block, which is a tile of the grid of the web."""
AT_ONCE = 20_000_000
"""Times that one search of a network that is not prepared may hold: 160 MB."""


def middles(block: Tile, a_side: int = A_SIDE) -> NDArray[np.float64]:
    """Return the middles of the cells of a block, (n, 2) WGS 84, row by row from the north-west."""
    steps = (np.arange(a_side) + 0.5) / a_side
    x, y = np.meshgrid(block.column + steps, block.row + steps)
    return unproject(np.column_stack([x.ravel(), y.ravel()]) / 2.0**block.zoom)


def countries_of(
    lonlat: NDArray[np.float64], outlines: Countries | None, only: str | None = None
) -> NDArray[np.object_]:
    """Return the country of each point, None at sea; where no outlines are drawn, it is `only`."""
    if outlines is None:
        return np.full(len(lonlat), only, object)
    return np.array([*outlines.codes, None], object)[outlines.inside(lonlat)]


@dataclass(frozen=True, eq=False)
class Cells:
    """Those cells of a block that are joined to a road.

    Attributes
    ----------
    at
        (k,) number of each in its block, row by row.
    country, codes
        (k,) number of its country, and the codes of the countries.
    leave, start_s
        (k, 2) vertices to which one drives first, and the time to there, with the leg to the road.
    segment, fraction, leg_s
        (k,) where it is joined, and the time of that leg.
    """

    at: NDArray[np.int32]
    country: NDArray[np.int8]
    codes: tuple[str, ...]
    leave: NDArray[np.int32]
    start_s: NDArray[np.float64]
    segment: NDArray[np.int32]
    fraction: NDArray[np.float64]
    leg_s: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        network: Network,
        profile: str,
        lonlat: NDArray[np.float64],
        country: NDArray[np.object_],
    ) -> Cells:
        """Join cells to roads.

        Parameters
        ----------
        country
            Of each cell; None at sea, where it is joined to no road.
        """
        here = np.flatnonzero(country != None)  # noqa: E711 – one by one
        sides = Sides.at(network, lonlat[here], profile, country=country[here])
        joined = sides.joined
        codes = tuple(dict.fromkeys(country[here[joined]].tolist()))
        number = {code: at for at, code in enumerate(codes)}
        return cls(
            here[joined].astype(np.int32),
            np.array([number[code] for code in country[here[joined]].tolist()], np.int8),
            codes,
            sides.leave[joined].astype(np.int32),
            sides.leaving_s(joined),
            sides.snap.segment[joined].astype(np.int32),
            sides.snap.fraction[joined],
            sides.leg_s[joined],
        )

    def __len__(self) -> int:
        """Return how many bytes it takes."""
        arrays = (getattr(self, field.name) for field in fields(self) if field.name != "codes")
        return sum(array.nbytes for array in arrays) + 100


class Aim:
    """Some places that one drives to, and for each country the time from every vertex to the
    quickest of those that its points come to: a gate is reached on one's own side.
    """

    def __init__(self, network: Network, profile: str, places: Sides) -> None:
        self.network, self.profile, self.places = network, profile, places
        self._of_country: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}

    def times(self, cells: Cells) -> NDArray[np.float64]:
        """Return the seconds from each cell to the quickest place, (k,), inf without a way; as
        :func:`geo.roads.nearest.quickest`.
        """
        time_s = np.full(len(cells.at), np.inf)
        for number, code in enumerate(cells.codes):
            here = np.flatnonzero(cells.country == number)
            goals, vertex_s = self._towards(code)
            if not len(goals):
                continue
            over_s = vertex_s[cells.leave[here]] + cells.start_s[here]
            time_s[here] = over_s.min(axis=1, initial=np.inf)
            spots = cells.segment[here], cells.fraction[here]
            snap = self.places.snap
            i, j, share, barred = along_segments(
                self.network, spots, (snap.segment[goals], snap.fraction[goals])
            )
            along_s = self.network.time_s[self.profile][spots[0][i]] * share
            along_s += cells.leg_s[here[i]] + self.places.leg_s[goals[j]]
            along_s[barred] = np.inf
            np.minimum.at(time_s, here[i], along_s)
        return time_s.round(TIME_DECIMALS)

    def _towards(self, country: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the entries of places that points of a country come to, and the seconds from each
        vertex to the quickest of them.
        """
        if country not in self._of_country:
            joined = self.places.joined
            goals = joined[self.places.faces(country)[joined]]
            ends, ends_s = self.places.come[goals].ravel(), self.places.arriving_s(goals).ravel()
            vertex_s = _vertex_seconds(self.network, self.profile, ends, ends_s)
            self._of_country[country] = goals, vertex_s
        return self._of_country[country]


def _vertex_seconds(
    network: Network, profile: str, ends: NDArray[np.int64], ends_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the seconds from each vertex to the quickest of some others, each with a time that it
    takes from there on.
    """
    from scipy.sparse.csgraph import dijkstra

    count = network.turns(profile).count
    if not len(ends):
        return np.full(count, np.inf)
    if profile in network.hierarchies:
        return access.reach_prepared(network, profile, ends, ends_s, towards=True)
    graph: Any = network.arcs(profile).time_s.T.tocsr()
    least, some = np.full(count, np.inf), max(1, AT_ONCE // count)
    for first in range(0, len(ends), some):
        rows = dijkstra(graph, indices=ends[first : first + some])
        np.minimum(least, (rows + ends_s[first : first + some, None]).min(axis=0), out=least)
    return least
