"""The front door: an opened data package with its roads, for notebooks, the command line and the
web.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import layers, proximity
from geo.errors import InputError, Message, NotFoundError
from geo.kept import Kept
from geo.package import Where
from geo.package_roads import RoadPackage
from geo.roads.drive import MAIN_ROADS, Drive
from geo.siting import classes

if TYPE_CHECKING:
    from geo.facets import Facets
    from geo.hours.gates import Hours
    from geo.siting.examples import Example
    from geo.siting.freight import Way
    from geo.siting.ranking import Ranking
    from geo.siting.surface import Surface
    from geo.visits.gazetteer import Gazetteer
    from geo.visits.trip import Plan, Trip
    from geo.visits.whynot import WhyNot
    from geo.visits.world import World

KEPT_WAYS = 100
"""Sites whose ways to ports and gates are kept; one has some 30."""
KEPT_SITES = 8
"""Tables of sites that are kept: visitors may ask for any terms."""
KEPT_SURFACES = 3
"""Surfaces that are kept with their amounts, up to 26 MB each."""


def default_home() -> Path:
    """Return the folder of road networks and caches; it need not exist yet."""
    from platformdirs import user_data_path

    return Path(os.environ.get("ZONEATLAS_HOME") or user_data_path("zone-atlas", appauthor=False))


class Atlas(RoadPackage):
    """A data package with its roads, sites and visits; see :class:`geo.package_roads.RoadPackage`
    for how it is opened and for the roads.
    """

    def __init__(
        self,
        data: Path,
        home: Path,
        province_names: Callable[[str], tuple[str, ...]] = lambda name: (name,),
    ) -> None:
        super().__init__(data, home, province_names)
        self._sites = Kept(KEPT_SITES)
        self._surfaces = Kept(KEPT_SURFACES)
        self._ways = Kept(KEPT_WAYS)

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str] | None = None,
        home: str | os.PathLike[str] | None = None,
    ) -> Atlas:
        """Open a data package: the one that comes with Zone Atlas where none is named.

        Parameters
        ----------
        home
            Folder of road networks; None is that of ``ZONEATLAS_HOME``, or of the platform.

        Raises
        ------
        NotFoundError
            The folder is not a data package.
        """
        return cls(
            Path(folder) if folder else layers.bundled(), Path(home) if home else default_home()
        )

    def read_all(self) -> None:
        """Read everything that comes from the files of the package, so that nothing of a later
        version mixes in.
        """
        for layer_id in layers.LAYERS:
            self.layer(layer_id)
        for name in layers.TABLES:
            if name not in layers.LARGE:
                self.table(name)
        self.countries()
        self.examples()
        _ = self.hours, self.places, self.networks.main_roads.folder

    def nearest(self, layer_id: str, where: Where, k: int = 5) -> pd.DataFrame:
        """Find the nearest points of a layer as the crow flies, with their names; the columns of
        :func:`geo.proximity.nearest`.
        """
        layer, frame = layers.get(layer_id), self.layer(layer_id)
        if layer.geometry != "Point":
            raise InputError(Message("The layer %(layer)s has no points.", {"layer": layer_id}))
        if isinstance(where, tuple):  # needs no country, which only roads do
            points = gpd.points_from_xy([where[0]], [where[1]])
            origins = gpd.GeoDataFrame(index=["point"], geometry=points, crs=4326)
        else:
            origins = self.where(where)
        table = proximity.nearest(origins, frame, k=k)
        table.insert(2, "name_en", frame.loc[table["to_id"], "name_en"].to_numpy())
        return table

    # Sites

    def examples(self) -> dict[str, Example]:
        """Return the examples of requirements; a package of another region need not have any."""
        from geo.siting import examples

        def make() -> dict[str, Example]:
            try:
                return examples.read(self.data)
            except NotFoundError:
                return {}

        return self.keep("examples", make)

    def destinations(self, closed: Collection[str] = ()) -> dict[str, gpd.GeoDataFrame]:
        """Return the layer of each of :data:`geo.siting.measures.DESTINATIONS`, by its id, without
        the gates that are taken as closed.
        """
        from geo.siting.measures import DESTINATIONS

        frames = {row.id: self.layer(row.layer) for row in DESTINATIONS}
        if not closed:
            return frames
        return {name: frame[~frame.index.isin(closed)] for name, frame in frames.items()}

    def sites(self, drive: Drive = Drive()) -> pd.DataFrame:  # noqa: B008
        """Tabulate the parks as sites, as :func:`geo.siting.sites.table` does; the last few tables
        are kept.
        """
        from geo.siting import sites

        def make() -> pd.DataFrame:
            parks = self.layer("parks")
            return sites.table(
                parks,
                self.destinations(drive.closed),
                population=self.population(),
                crossings=self.table("crossings"),
                network=roads,
                profiles=(drive.profile,),
                own=self.keep("own columns", lambda: sites.own_columns(parks)),
                joined=partial(self._sides, "parks", roads, parks),
            )

        roads = self.roads(drive)
        return self._sites.get((drive, self.networks.version(drive.network)), make)

    def classes(self) -> Facets:
        """Return the filters of the parks that are classes of their numbers, with their counts."""
        from geo.facets import Facets

        key = "classes", self.networks.version(MAIN_ROADS)
        return self.keep(key, lambda: Facets(classes.table(self.sites()), classes.FILTERED))

    def select(self, layer_id: str, filters: Mapping[str, Any]) -> gpd.GeoDataFrame:
        own, classed = classes.parted(layer_id, filters)
        frame = super().select(layer_id, own)
        kept = self.chosen(layer_id, classed)
        return frame if kept is None else frame[frame.index.isin(self.layer(layer_id).index[kept])]

    def chosen(self, layer_id: str, filters: Mapping[str, Any]) -> NDArray[np.bool_] | None:
        own, classed = classes.parted(layer_id, filters)
        kept = super().chosen(layer_id, own)
        if not classed:
            return kept
        matching = self.classes().matching(classed)
        return matching if kept is None else kept & matching

    def surface(self, drive: Drive = Drive()) -> Surface:  # noqa: B008
        """Return what a site would have anywhere in the region; the last few are kept."""
        from geo.siting.surface import Surface

        def make() -> Surface:
            outlines = self.countries()
            return Surface(
                roads,
                drive.profile,
                self.destinations(drive.closed),
                self.population(),
                self.table("crossings"),
                outlines,
                self.country(0.0, 0.0) if outlines is None else None,
            )

        roads = self.roads(drive)
        return self._surfaces.get((drive, self.networks.version(drive.network)), make)

    def rank(self, wish: str | Example, drive: Drive = Drive()) -> Ranking:  # noqa: B008
        """Screen the parks by an example of requirements, by id or edited, and rank what is left by
        its weights.
        """
        from geo.siting import limits, measures, ranking, screening

        example = self.examples().get(wish) if isinstance(wish, str) else wish
        if example is None:
            known = ", ".join(self.examples())
            raise NotFoundError(
                Message(
                    "There is no example “%(name)s”; there are %(known)s.",
                    {"name": wish, "known": known},
                )
            )
        asked = [
            replace(limit, column=limit.column.replace("_truck", f"_{drive.profile}"))
            for limit in example.limits
        ]
        criteria = [row.criterion(drive.profile) for row in measures.table_criteria().values()]
        table = self.sites(drive)
        funnel = screening.screen(table, [*limits.STANDING.values(), *asked])
        return ranking.rank(table.loc[funnel.remaining], criteria, example.weights)

    def ways(self, site: str, drive: Drive = Drive()) -> dict[str, Way]:  # noqa: B008
        """Return the ways of containers from a site to ports and gates, as
        :func:`geo.siting.freight.ways` does; those of the last sites are kept.
        """
        from geo.siting import freight

        def make() -> dict[str, Way]:
            gates, ports = self.layer("gates"), freight.container_ports(self.layer("ports"))
            service_s = freight.open_gates(gates, self.table("crossings"), drive)
            origin = self.layer("parks").loc[[site]]
            return freight.ways(roads, origin, ports, gates, service_s, drive.profile)

        roads = self.roads(drive)
        return self._ways.get((site, drive, self.networks.version(drive.network)), make)

    # Visits

    @property
    def hours(self) -> Hours:
        """The opening hours of the gates."""
        from geo.hours.gates import Hours

        def make() -> Hours:
            gates = self.provenance.sourced("gates", "opening_hours")
            return Hours(gates, self.table("gate_hours"), self.table("clocks"))

        return self.keep("hours", make)

    @property
    def places(self) -> Gazetteer:
        """The places that a trip may name."""
        from geo.visits.gazetteer import Gazetteer

        return self.keep("places", lambda: Gazetteer.read(self.data))

    def world(self, network: str = MAIN_ROADS) -> World:
        """Return what trips are planned on: a network, with the gates and their hours."""
        from geo.visits.world import World

        return World(
            self.network(network), self.layer("gates"), self.table("crossings"), self.hours
        )

    def trip(self, source: str) -> Trip:
        """Read a trip: an example by its name, or the text of a trip file."""
        from geo.visits import trip_file

        return trip_file.read(trip_file.examples(self.data).get(source, source), self.places)

    def plan(self, trip: str | Trip, network: str = MAIN_ROADS, **options: Any) -> Plan:
        """Plan a trip, as :func:`geo.visits.planner.plan` does; its text or name is read first."""
        from geo.visits import planner

        wish = self.trip(trip) if isinstance(trip, str) else trip
        return planner.plan(wish, self.world(network), **options)

    def explain(
        self, plan: Plan, stop_id: str, network: str = MAIN_ROADS, **options: Any
    ) -> WhyNot:
        """Find why a stop is left out of a plan, as :func:`geo.visits.whynot.explain` does."""
        from geo.visits import whynot

        return whynot.explain(plan, stop_id, self.world(network), **options)
