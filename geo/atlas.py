"""The front door: an opened data package with its roads, for notebooks, the command line and the
web.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import layers, proximity
from geo.errors import InputError, Message, NotFoundError
from geo.kept import Kept
from geo.package import Package, Where
from geo.roads.drive import MAIN_ROADS, PEOPLE_PROFILE, Drive

if TYPE_CHECKING:
    from geo.hours.gates import Hours
    from geo.roads.joining import Sides
    from geo.roads.network import Network
    from geo.roads.networks import Networks
    from geo.roads.surfaces import Surfaces
    from geo.siting.examples import Example
    from geo.siting.ranking import Ranking
    from geo.visits.gazetteer import Gazetteer
    from geo.visits.trip import Plan, Trip
    from geo.visits.whynot import WhyNot
    from geo.visits.world import World

KEPT_SITES = 8
"""Tables of sites that are kept, and people and parks joined to roads: visitors may ask for any
terms.
"""


def default_home() -> Path:
    """Return the folder of road networks and caches; it need not exist yet."""
    from platformdirs import user_data_path

    return Path(os.environ.get("ZONEATLAS_HOME") or user_data_path("zone-atlas", appauthor=False))


class Atlas(Package):
    """A data package with its road networks; everything is read when it is first asked for.

    Parameters
    ----------
    data
        Folder of the data package.
    home
        Folder of road networks and caches; it need not exist.
    province_names
        Called with the English name of a province, returns all names by which it is searched.
    """

    def __init__(
        self,
        data: Path,
        home: Path,
        province_names: Callable[[str], tuple[str, ...]] = lambda name: (name,),
    ) -> None:
        super().__init__(data, province_names)
        self.home = home
        self._sites = Kept(KEPT_SITES)
        self._joined = Kept(KEPT_SITES)

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

    # Roads

    @cached_property
    def networks(self) -> Networks:
        """The road networks, opened when they are asked for."""
        from geo.roads.networks import Networks

        return Networks(self.data, self.home, self.layer, self.table)

    @property
    def vehicles(self) -> tuple[str, ...]:
        """The vehicles for which there are speeds."""
        return tuple(self.table("speeds")["profile"].unique())

    def network(self, name: str = MAIN_ROADS) -> Network:
        """Open a network by name; one that has been imported anew since is opened anew."""
        return self.networks.open(name)

    def roads(self, drive: Drive = Drive()) -> Network:  # noqa: B008
        """Return the network one drives on, with its closed gates."""
        return self.networks.of(drive)

    def access(self, where: Where, to: str = "gates", drive: Drive = Drive()) -> pd.DataFrame:  # noqa: B008
        """Tabulate the ways by road from places to all of a layer of places, as
        :func:`geo.roads.access.travel_times` does.
        """
        from geo.roads import access

        if not layers.get(to).place:
            raise InputError(Message("The layer %(layer)s has no places to reach.", {"layer": to}))
        origins, roads = self.where(where), self.roads(drive)
        return access.travel_times(roads, origins, self.layer(to), profile=drive.profile)

    def access_from(self, origin: gpd.GeoDataFrame, drive: Drive) -> gpd.GeoDataFrame:
        """Return the targets, each with how it is reached from one point: the columns of
        :func:`geo.roads.access.travel_times`.
        """
        from geo.roads import access

        targets = self.targets()
        table = access.travel_times(self.roads(drive), origin, targets, profile=drive.profile)
        return targets.assign(
            **{name: table[name].to_numpy() for name in table.columns if name != "to_id"}
        )

    def sides(self, where: Where, drive: Drive) -> Sides:
        """Join a place, or a longitude and latitude, to the roads one drives on."""
        from geo.roads.joining import Sides

        roads = self.roads(drive)
        if not isinstance(where, tuple):
            return Sides.of(roads, self.where(where), drive.profile)
        country = np.array([self.country(*where)], object)
        return Sides.at(roads, np.array([where]), drive.profile, country=country)

    def target_sides(self, drive: Drive) -> Sides:
        """Join the targets to the roads one drives on; kept."""
        from geo.roads.joining import Sides

        roads = self.roads(drive)
        key = "targets", drive.profile, roads.roads_version
        return self._joined.get(key, lambda: Sides.of(roads, self.targets(), drive.profile))

    def surfaces(self, network_name: str) -> dict[str, Surfaces]:
        """Open the surfaces of a network by vehicle; none where none were made, or where the places
        have changed since.
        """
        from geo.roads import surfaces

        def make() -> dict[str, Surfaces]:
            folder = self.networks.place(network_name)
            try:
                return surfaces.load(self.network(network_name), self.targets(), folder)
            except NotFoundError:
                return {}
            except InputError as error:  # without them the answers are the same, only slower
                logging.getLogger("zoneatlas").error("%s", error)
                return {}

        return self.keep(("surfaces", network_name, self.networks.version(network_name)), make)

    def times(
        self, origin: gpd.GeoDataFrame | tuple[float, float], drive: Drive, *, towards: bool = False
    ) -> NDArray[np.float64]:
        """Return only the seconds from a place, or a longitude and latitude, to each target, or
        with `towards` from each.

        NaN where there is no way. Looked up where surfaces are prepared.
        """
        from geo.roads import access

        roads = self.roads(drive)
        prepared = None if drive.year else self.surfaces(drive.network).get(drive.profile)
        if prepared is not None:
            sides = self.sides(origin, drive)
            if roads is not prepared.network:
                prepared = replace(prepared, network=roads)
            return prepared.times(sides, towards=towards)[0]
        place = self.where(origin)
        ends = (self.targets(), place) if towards else (place, self.targets())
        return access.time_matrix(roads, *ends, profile=drive.profile).to_numpy().ravel()

    def reached(self, origin: gpd.GeoDataFrame, drive: Drive) -> dict[str, pd.Series]:
        """Return the people reached from one point by car, and the parks reached with the vehicle,
        as time goes on: sums by ``travel_time_s``.

        NaN where the point is joined to no road; see :func:`geo.roads.within.profile_within`.
        """
        from geo.roads import within

        roads, curves = self.roads(drive), {}
        for name, profile, places in (
            ("people", PEOPLE_PROFILE, self.population()),
            ("parks", drive.profile, self.layer("parks")),
        ):
            to = self._sides(name, roads, places, profile)
            size = np.ones(len(places))
            if name == "people":
                size = places["population"].to_numpy(np.float64)
            ((at_s, sums),) = within.steps(roads, origin, to, places.index, size, profile=profile)
            index = pd.Index(at_s, name="travel_time_s")
            curves[name] = pd.Series(sums, index, name="reached")
        return curves

    def _sides(self, name: str, roads: Network, places: gpd.GeoDataFrame, profile: str) -> Sides:
        """Return a layer of this name joined to a network; the last few are kept."""
        from geo.roads.joining import Sides

        key = name, profile, roads.roads_version
        return self._joined.get(key, partial(Sides.of, roads, places, profile))

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
        criteria = [row.criterion(drive.profile) for row in measures.criteria().values()]
        table = self.sites(drive)
        funnel = screening.screen(table, [*limits.STANDING.values(), *asked])
        return ranking.rank(table.loc[funnel.remaining], criteria, example.weights)

    # Visits

    @property
    def hours(self) -> Hours:
        """The opening hours of the gates."""
        from geo.hours.gates import Hours

        gates = self.provenance.sourced("gates", "opening_hours")
        tables = (self.table("gate_hours"), self.table("clocks"))
        return self.keep("hours", lambda: Hours(gates, *tables))

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
