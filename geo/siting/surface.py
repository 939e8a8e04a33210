"""Surfaces of a region: what a site would be worth anywhere, drawn on the grid of the web.

A *block* is a tile of that grid with cells on it. An amount of a cell is what
:func:`geo.siting.sites.table` would hold of a site in its middle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo.kept import Kept
from geo.roads import within
from geo.roads.cells import A_SIDE, Aim, Cells, countries_of, middles
from geo.roads.countries import Countries
from geo.roads.drive import PEOPLE_PROFILE
from geo.roads.joining import Sides
from geo.siting.criteria import Criterion, measure
from geo.siting.measures import DESTINATIONS, MEASURES, Measure
from geo.siting.sites import PEOPLE_S, serving_of
from geo.tiles.grid import HALF_WORLD_M, Tile, project, unproject

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.roads.network import Network

Values = NDArray[np.float32]
PEOPLE = "people"
PEOPLE_A_SIDE = 16
"""People are counted at so many middles on a side of a block: that takes a thousand times longer
than a time.
"""
MOST_BLOCKS = 40
"""Blocks of one picture or file: 655,360 cells."""
MOST_LEVEL = 15
"""The finest grid, whose cells have a side of 9.5 m at the equator."""
JOINED_BYTES = 48_000_000
"""Bytes that a network keeps of cells joined to its roads: those of some 60 blocks."""
KEPT_AMOUNTS = 400
"""Amounts of a block that are kept, 64 KiB each."""
FULL = 100.0
"""The best score."""


def measures() -> dict[str, Measure]:
    """Return the measures that are known of any point, by id: times, and people."""
    rows = (*(row.time for row in DESTINATIONS), *(row for row in MEASURES if row.id == PEOPLE))
    return {row.id: row for row in rows}


@dataclass(frozen=True)
class Blocks:
    """A rectangle of blocks of one level, first and last column and row included."""

    level: int
    west: int
    north: int
    east: int
    south: int

    @classmethod
    def over(cls, box: tuple[float, float, float, float], most: int = MOST_BLOCKS) -> Blocks:
        """Cover a box, in degrees, with as many blocks as there may be."""
        corners = project(np.array([[box[0], box[3]], [box[2], box[1]]]))
        for level in range(MOST_LEVEL, -1, -1):
            west, north, east, south = np.floor(corners * 2.0**level).astype(int).ravel().tolist()
            blocks = cls(level, west, north, east, south)
            if len(blocks) <= most:
                break
        return blocks

    def __len__(self) -> int:
        return (self.east - self.west + 1) * (self.south - self.north + 1)

    @property
    def rows(self) -> Iterator[list[Tile]]:
        """The blocks, row by row from the north."""
        for row in range(self.north, self.south + 1):
            yield [Tile(self.level, column, row) for column in range(self.west, self.east + 1)]

    @property
    def cell_m(self) -> float:
        """The side of a cell in metres of EPSG:3857."""
        return float(2 * HALF_WORLD_M / 2.0**self.level / A_SIDE)

    @property
    def corner_m(self) -> tuple[float, float]:
        """The north-western corner in metres of EPSG:3857."""
        side = 2 * HALF_WORLD_M / 2.0**self.level
        return float(self.west * side - HALF_WORLD_M), float(HALF_WORLD_M - self.north * side)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        ends = np.array([[self.west, self.south + 1], [self.east + 1, self.north]], float)
        # not `unproject` of `project`, which moves the edge of the world
        west, south, east, north = unproject(ends / 2.0**self.level).ravel().tolist()
        return west, south, east, north

    def lonlat(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points of places on the raster, (n, 2): column, and row from the south, of
        middles of cells.
        """
        height = (self.south - self.north + 1) * A_SIDE
        x = self.west + (places[:, 0] + 0.5) / A_SIDE
        y = self.north + (height - places[:, 1] - 0.5) / A_SIDE
        return unproject(np.column_stack([x, y]) / 2.0**self.level)


@dataclass(frozen=True)
class Wish:
    """What is looked for: criteria with their weights, and the limits of measures by id, in the
    unit of their column; without a criterion all cells within the limits are equal.
    """

    criteria: tuple[Criterion, ...]
    weights: Mapping[str, float]
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def single(self) -> str | None:
        """The measure whose amounts are shown as they are; None where several make a score."""
        return self.criteria[0].id if len(self.criteria) == 1 else None


@dataclass(frozen=True, eq=False)
class Surface:
    """What is known of any point of a region, for one way to drive.

    Attributes
    ----------
    places
        The layer of each of ``DESTINATIONS``, by its id, without the gates taken as closed.
    outlines
        Outlines of countries; without them all points lie in `country`.
    """

    network: Network
    profile: str
    places: Mapping[str, gpd.GeoDataFrame]
    population: gpd.GeoDataFrame
    crossings: pd.DataFrame
    outlines: gpd.GeoDataFrame | None
    country: str | None = None
    _amounts: Kept = field(default_factory=lambda: Kept(KEPT_AMOUNTS))
    _aims: Kept = field(default_factory=Kept)

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the roads."""
        west, south = self.network.node_lonlat.min(axis=0).tolist()
        east, north = self.network.node_lonlat.max(axis=0).tolist()
        return west, south, east, north

    def amounts(self, name: str, blocks: Blocks) -> Values:
        """Return the amounts of a measure in the unit of its column, (h, w), the north first; NaN
        where no way leads there, or where it is not known.
        """
        make = self._people if name == PEOPLE else self._times

        def of(block: Tile) -> Values:
            kept: Values = self._amounts.get((name, block), lambda: make(name, block))
            return kept

        return np.block([[of(block) for block in row] for row in blocks.rows])

    def values(self, wish: Wish, blocks: Blocks) -> Values:
        """Return what is shown, (h, w): the amount of a single measure, else the score of 0 to 100;
        NaN where a limit is not kept or something that counts is unknown.
        """
        names = dict.fromkeys([*(row.id for row in wish.criteria), *wish.limits])
        amounts = {name: self.amounts(name, blocks) for name in names}
        height = (blocks.south - blocks.north + 1) * A_SIDE
        fits = np.ones((height, (blocks.east - blocks.west + 1) * A_SIDE), bool)
        for name, limit in wish.limits.items():
            kept = amounts[name] <= limit if is_cost(name) else amounts[name] >= limit
            fits &= kept  # NaN is neither
        if not wish.criteria:
            return np.where(fits & bool(wish.limits), np.float32(FULL), np.float32(np.nan))
        if wish.single:
            return np.where(fits, amounts[wish.single], np.float32(np.nan))
        for row in wish.criteria:
            fits &= np.isfinite(amounts[row.id])
        raw = np.column_stack([amounts[row.id][fits] for row in wish.criteria]).astype(float)
        shown = np.full(fits.shape, np.nan, np.float32)
        shown[fits] = score(raw, wish)
        return shown

    def _times(self, name: str, block: Tile) -> Values:
        """Return the seconds to the quickest place of a kind."""
        cells, aim = self._cells(block), self._aim(name)
        time_s = aim.times(cells)
        amounts = np.full(A_SIDE * A_SIDE, np.nan, np.float32)
        amounts[cells.at] = np.where(np.isfinite(time_s), time_s, np.nan)
        return amounts.reshape(A_SIDE, A_SIDE)

    def _aim(self, name: str) -> Aim:
        def make() -> Aim:
            row = next(row for row in DESTINATIONS if row.id == name)
            frame, _maybe = serving_of(row, self.places[name], self.crossings, self.profile)
            return Aim(self.network, self.profile, Sides.of(self.network, frame, self.profile))

        aim: Aim = self._aims.get(name, make)
        return aim

    def _cells(self, block: Tile) -> Cells:
        """Join the cells of a block to roads; networks that differ in times at gates share them."""

        def make() -> Cells:
            lonlat = middles(block)
            return Cells.of(self.network, self.profile, lonlat, self._countries(lonlat))

        kept: Kept = self.network.kept("cells", lambda: Kept(most_bytes=JOINED_BYTES))
        cells: Cells = kept.get((self.profile, block), make)
        return cells

    def _countries(self, lonlat: NDArray[np.float64]) -> NDArray[np.object_]:
        return countries_of(lonlat, self._outlines, self.country)

    @cached_property
    def _outlines(self) -> Countries | None:
        if self.outlines is None:
            return None
        codes = tuple(sorted(set(self.outlines["country"].dropna())))
        return Countries(codes, self.outlines.dropna(subset="country"))

    def _people(self, _name: str, block: Tile) -> Values:
        """Return the people within sixty minutes by car, at fewer middles."""
        lonlat = middles(block, PEOPLE_A_SIDE)
        country = self._countries(lonlat)
        here = np.flatnonzero(country != None)  # noqa: E711 – one by one
        counts = np.full(len(lonlat), np.nan, np.float32)
        if len(here):
            join = Sides.at(self.network, lonlat[here], PEOPLE_PROFILE, country=country[here])
            homes, people = self._homes
            counts[here] = within.people_near(
                *(self.network, join, homes, people, PEOPLE_S), profile=PEOPLE_PROFILE, keeps=False
            )
        wide = A_SIDE // PEOPLE_A_SIDE
        squares = counts.reshape(PEOPLE_A_SIDE, PEOPLE_A_SIDE)
        return squares.repeat(wide, axis=0).repeat(wide, axis=1)

    @cached_property
    def _homes(self) -> tuple[Sides, NDArray[np.float64]]:
        homes = Sides.of(self.network, self.population, PEOPLE_PROFILE)
        return homes, self.population["population"].to_numpy(float)


def is_cost(name: str) -> bool:
    """Return whether less of a measure is better."""
    return measures()[name].direction == "cost"


def score(raw: NDArray[np.float64], wish: Wish) -> NDArray[np.float64]:
    """Return the scores of amounts, (n, criteria): weighted sums of what each is worth, of 100.

    Every criterion states both ends of its range, so a score does not depend on the others."""
    weights = np.array([wish.weights[row.id] for row in wish.criteria])
    terms = measure(raw, np.ones(len(raw)), wish.criteria, "sum")
    return FULL * terms.scores(weights / weights.sum())


def classes(values: Values, bounds: Sequence[float], *, rising: bool) -> NDArray[np.uint8]:
    """Return the class of each value: 0 for NaN, then 1 for the best, up to one more than there are
    bounds.

    Parameters
    ----------
    bounds
        Between the classes, the best first; a value on a bound belongs to the better class.
    rising
        Whether less is better, so that the bounds rise.
    """
    limits = np.asarray(bounds if rising else [-bound for bound in bounds], np.float32)
    sign = np.float32(1 if rising else -1)
    number = np.searchsorted(limits, sign * values, side="left") + 1
    return np.where(np.isnan(values), 0, number).astype(np.uint8)
