"""An opened data package with its roads: what the front door knows of driving."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import layers
from geo.errors import InputError, Message, NotFoundError
from geo.kept import Kept
from geo.package import Package, Where
from geo.roads.drive import MAIN_ROADS, PEOPLE_PROFILE, Drive

if TYPE_CHECKING:
    from geo.roads.joining import Sides
    from geo.roads.network import Network
    from geo.roads.networks import Networks
    from geo.roads.surfaces import Surfaces

KEPT_JOINED = 8
"""Layers joined to roads that are kept: visitors may ask for any terms."""


class RoadPackage(Package):
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
        self._joined = Kept(KEPT_JOINED)

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
        return self._sides("targets", self.roads(drive), self.targets(), drive.profile)

    def park_sides(self, drive: Drive) -> Sides:
        """Join the parks to the roads one drives on; kept."""
        return self._sides("parks", self.roads(drive), self.layer("parks"), drive.profile)

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
