"""What the app serves, opened once and kept: layers, networks, access tables, and the bytes made of
them.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from flask import current_app, g
from flask_babel import gettext as _
from numpy.typing import NDArray

from geo import layers, proximity, search
from geo.errors import InputError, NotFoundError, UnavailableError
from geo.export import About
from geo.roads import access, corridors, storage, surfaces
from geo.roads.network import Network
from geo.roads.routing import Sides
from geo.siting import screening
from geo.tables.region import COAST_TOLERANCE_M
from webapp.i18n import province_names

T = TypeVar("T")
CORRIDORS = "corridors"
PROFILE = "truck"
"""The vehicle where none is named: freight decides about a site."""
KEPT_CLOSED = 8
"""Networks with closed gates that are kept: visitors may ask for any."""
KEPT_PLANNED = 8
"""Networks of a year to come that are kept: visitors may assume any years of opening."""
TARGETS = ("gates", "ports", "airports", "cities")
OPENS = (2026, 2100)
"""First and last year that may be assumed for the opening of a corridor: what is not open in the
data opens no sooner than they tell.
"""


@dataclass(frozen=True)
class Drive:
    """How one drives: in which vehicle, on which network, past which gates not, because they are
    taken as closed, and when.

    ``year`` None is today; a year adds to the corridors what is planned to be open by then.
    ``opens`` are years of opening that somebody assumes instead of those announced, as pairs of
    corridor and year, by id; they change nothing without a year."""

    profile: str = PROFILE
    network: str = CORRIDORS
    closed: tuple[str, ...] = ()
    year: int | None = None
    opens: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, values: dict[str, Any]) -> Drive:
        """Take it from a query that has been read."""
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values})

    def query(self) -> dict[str, str]:
        """Return it as a query, without what goes without saying."""
        query = {"profile": self.profile}
        if self.network != CORRIDORS:
            query["network"] = self.network
        if self.closed:
            query["closed"] = ",".join(self.closed)
        if self.year:
            query["year"] = str(self.year)
        if self.opens:
            query["opens"] = ",".join(f"{corridor}:{year}" for corridor, year in self.opens)
        return query


@dataclass(frozen=True)
class Body:
    """Bytes that are sent as they are: made once, compressed once."""

    data: bytes
    zipped: bytes
    etag: str

    @classmethod
    def of(cls, data: bytes) -> Body:
        return cls(data, gzip.compress(data, 6, mtime=0), hashlib.sha256(data).hexdigest()[:20])


class Store:
    """An opened data package with its networks. Frames it gives are shared: read them, never change
    them.
    """

    def __init__(self, data: Path, home: Path, public_url: str) -> None:
        self.data = data
        self.home = home
        self.public_url = public_url
        self.package = layers.describe(data)
        self._kept: dict[Any, Any] = {}
        self._making: dict[Any, threading.RLock] = {}
        self._keeping = (
            threading.Lock()
        )  # of the two above; nothing is made or waited for while it is held
        self._closed: OrderedDict[tuple[int, tuple[str, ...]], tuple[Network, Network]] = (
            OrderedDict()
        )
        self._planned: OrderedDict[tuple[int, tuple[tuple[str, int], ...]], Network] = OrderedDict()
        self._lock = threading.RLock()

    def keep(self, key: Any, make: Callable[[], T]) -> T:
        """Return what was made for `key`, making it the first time; two requests never make it
        twice, and others do not wait for it.
        """
        with self._keeping:
            if key in self._kept:
                return self._kept[key]
            making = self._making.setdefault(key, threading.RLock())
        with making:
            if key not in self._kept:
                self._kept[key] = make()
                self._making.pop(key, None)
            return self._kept[key]

    def read_all(self) -> None:
        """Read everything that comes from the files of the package, so that nothing of a later
        version mixes in.
        """
        for layer_id in layers.LAYERS:
            self.frame(layer_id)
        for name in layers.TABLES:
            self.table(name)
        self.countries()
        self.examples()
        self.network()

    # Layers

    def frame(self, layer_id: str) -> Any:
        """Return a layer as :func:`geo.layers.read` does."""
        return self.keep(("frame", layer_id), lambda: layers.read(self.data, layer_id))

    def table(self, name: str) -> pd.DataFrame:
        """Return a table as :func:`geo.layers.read_table` does."""
        return self.keep(("table", name), lambda: layers.read_table(self.data, name))

    def resource(self, name: str) -> dict[str, Any]:
        """Return a resource of ``datapackage.json``; an empty one where the package does not
        describe it."""
        return next((one for one in self.package["resources"] if one.get("name") == name), {})

    def about(self, layer_id: str) -> About:
        """Describe a whole layer for an export; narrow it with ``dataclasses.replace``."""
        layer, resource, frame = layers.get(layer_id), self.resource(layer_id), self.frame(layer_id)
        dates = frame["as_of"].dropna() if "as_of" in frame else pd.Series(dtype=str)
        sources = tuple(str(one.get("title", "")) for one in resource.get("sources", []))
        return About(
            layer=layer.id,
            title=str(resource.get("title", layer.title)),
            description=str(resource.get("description", layer.description)),
            sources=sources,
            licence=", ".join(
                str(one.get("title") or one.get("name")) for one in resource.get("licenses", [])
            ),
            attribution="; ".join(sources),
            as_of=str(dates.max()) if len(dates) else None,
            count=len(frame),
            total=len(frame),
        )

    def view(self) -> tuple[float, float, float]:
        """Return where the map begins: longitude, latitude, zoom; the middle of the parks where the
        package does not say.
        """
        view = self.package.get("view")
        if view:
            return float(view["lon"]), float(view["lat"]), float(view["zoom"])
        west, south, east, north = self.frame("parks").total_bounds
        return (west + east) / 2, (south + north) / 2, 8.0

    def index(self, layer_id: str = "parks") -> search.Index:
        """Return what a layer is searched by: all places together, any other layer alone."""
        layer = layers.get(layer_id)
        together = [one for one in layers.LAYERS.values() if one.place] if layer.place else [layer]

        def make() -> search.Index:
            frames = [(one, self.frame(one.id)) for one in together]
            return search.Index.build(frames, self.table("aliases"), province_names)

        return self.keep(("index", together[0].id), make)

    def select(self, layer_id: str, filters: dict[str, Any]) -> Any:
        """Keep the rows of a layer that match every filter: a part of its frame; what is searched
        for ``q`` comes the best first.

        Parameters
        ----------
        filters
            ``q`` as :meth:`geo.search.Index.find` takes it; the others as :func:`narrow`.
        """
        frame = self.frame(layer_id)
        kept = narrow(frame, {key: wanted for key, wanted in filters.items() if key != "q"})
        if "q" not in filters:
            return kept
        hits = self.index(layer_id).find(filters["q"])
        return kept.loc[[key for key in hits if key in kept.index]]

    def place(self, place_id: str) -> tuple[layers.Layer, gpd.GeoDataFrame]:
        """Find a feature that has a page, by its id in any layer of places: its layer, and a frame
        of one row.
        """
        for layer in layers.LAYERS.values():
            if layer.place and place_id in self.frame(layer.id).index:
                return layer, self.frame(layer.id).loc[[place_id]]
        raise NotFoundError(_("There is no site “%(id)s”.", id=place_id))

    # Points

    def point(self, lon: float, lat: float) -> gpd.GeoDataFrame:
        """Make a layer of one point, with the country it lies in: empty at sea and outside the map,
        where no road begins.
        """
        place = gpd.points_from_xy([lon], [lat])
        return gpd.GeoDataFrame(
            {"country": [self.country(lon, lat)]}, index=["point"], geometry=place, crs=4326
        )

    def country(self, lon: float, lat: float) -> str:
        """Find in which country a point lies: empty at sea.

        A package that draws no countries and has places in one only lies in that one.

        Raises
        ------
        NotFoundError
            The package has places in several countries and draws none of them: joined to whatever
            road is near, a point on one side of a border would have ways from the other.
        """

        def make() -> proximity.Locator | None:
            countries = self.countries()
            return None if countries is None else proximity.Locator(countries, "country")

        locator = self.keep("locator", make)
        if locator is not None:
            return locator.find(np.array([[lon, lat]]), within_m=COAST_TOLERANCE_M)[0] or ""
        names = {*self.frame("parks")["country"], *self.targets()["country"]}
        if len(names) > 1:
            raise NotFoundError(
                _(
                    "This data package draws no countries, so it is not known on which side of a"
                    " border the point lies. Choose a site instead; the operator makes the file"
                    " %(file)s with %(command)s.",
                    file=layers.OUTLINES,
                    command="python data/basemap/build.py --bbox W,S,E,N --out DIR",
                )
            )
        return str(next(iter(names), ""))

    def examples(self) -> dict[str, screening.Profile]:
        """Return the examples of requirements; a package of another region need not have any."""

        def make() -> dict[str, screening.Profile]:
            try:
                return screening.read_profiles(self.data)
            except NotFoundError:
                return {}

        return self.keep("examples", make)

    def countries(self) -> gpd.GeoDataFrame | None:
        """Return the countries as polygons; None where the package draws none."""
        return self.keep("countries", lambda: layers.read_countries(self.data))

    def population(self) -> gpd.GeoDataFrame:
        """Return the places whose people are counted, as points."""

        def make() -> gpd.GeoDataFrame:
            table = self.table("population").set_index("id")
            return gpd.GeoDataFrame(
                table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326
            )

        return self.keep("population", make)

    # Networks

    def networks(self) -> tuple[str, ...]:
        """Name the networks there are: that of the corridors, and those saved under the home
        folder.
        """
        saved = self.home / "networks"
        return (
            CORRIDORS,
            *(name for name in storage.names(saved) if (saved / name / storage.MANIFEST).is_file()),
        )

    def network(self, name: str = CORRIDORS) -> Network:
        """Open a network by name; one that has been imported anew since is opened anew."""
        if name == CORRIDORS:
            return self.keep(
                ("network", name), lambda: corridors.assemble(self.package, self.frame, self.table)
            )
        network = self.keep(("network", name, self._version(name)), lambda: self._load(name))
        if network is None:
            raise UnavailableError(
                _(
                    "The road network “%(name)s” is damaged or was made by another version. The"
                    " operator must import it again.",
                    name=name,
                )
            )
        return network

    def _load(self, name: str) -> Network | None:
        try:
            return storage.load(self.home / "networks" / name)
        except (InputError, NotFoundError) as error:
            logging.getLogger("webapp").error("%s", error)
            return None

    def planned(self, year: int, opens: tuple[tuple[str, int], ...] = ()) -> Network:
        """Build the network of the corridors as it is planned to be in a year, or as it is with
        assumed years of opening.

        The last few are kept, so the id of one is its own only for who holds it.
        """
        with self._lock:
            made = self._planned.pop((year, opens), None)
            made = made or corridors.assemble(
                self.package, self.frame, self.table, year, years=dict(opens)
            )
            self._planned[year, opens] = made
            if len(self._planned) > KEPT_PLANNED:
                self._planned.popitem(last=False)
            return made

    def check_opens(self, opens: tuple[tuple[str, int], ...]) -> None:
        """Refuse assumed years of opening: of no corridor, of one that is open, out of range;
        `InputError` names every fault.
        """
        status, faults = self.frame("corridors")["status"] if opens else {}, []
        for corridor, year in opens:
            if corridor not in status:
                faults.append(_("There is no corridor “%(id)s”.", id=corridor))
            elif status[corridor] == "operating":
                faults.append(_("The corridor “%(id)s” is open already.", id=corridor))
            if not OPENS[0] <= year <= OPENS[1]:
                span = {"a": OPENS[0], "b": OPENS[1]}
                faults.append(
                    _(
                        "“%(id)s”: %(year)s is no year of opening; it lies between %(a)s and"
                        " %(b)s.",
                        id=corridor,
                        year=year,
                        **span,
                    )
                )
        if faults:
            raise InputError(_("The assumed years of opening cannot be taken:"), faults)

    def _version(self, name: str) -> int:
        """Return what changes when a saved network is replaced."""
        manifest = self.home / "networks" / name / storage.MANIFEST
        if Path(name).name != name or not manifest.is_file():
            known = ", ".join(self.networks())
            raise NotFoundError(
                _(
                    "There is no road network “%(name)s”; there are %(known)s.",
                    name=name,
                    known=known,
                )
            )
        return manifest.stat().st_mtime_ns

    def roads(self, drive: Drive) -> Network:
        """Return the network one drives on, with its closed gates; of those with closed gates the
        last few are kept.
        """
        self.check_opens(drive.opens)
        ahead = drive.year if drive.network == CORRIDORS else None
        whole = self.planned(ahead, drive.opens) if ahead else self.network(drive.network)
        unknown = [gate for gate in drive.closed if gate not in self.frame("gates").index]
        if unknown:
            raise InputError(
                _(
                    "There is no gate %(gates)s that could be closed.",
                    gates=", ".join(f"“{gate}”" for gate in unknown),
                )
            )
        here = tuple(gate for gate in drive.closed if gate in whole.manifest.gates)
        if not here:
            return whole
        with self._lock:
            key = (
                id(whole),
                here,
            )  # `whole` is kept beside what was made of it: while this key is there, its id is so
            found = self._closed.pop(key, None) or (
                whole,
                whole.with_waiting(dict.fromkeys(here, float("inf"))),
            )
            self._closed[key] = found
            if len(self._closed) > KEPT_CLOSED:
                self._closed.popitem(last=False)
            return found[1]

    # Access

    def targets(self) -> gpd.GeoDataFrame:
        """Return everything whose access is told, in one layer: ``layer``, names, ``kind``,
        countries; gates have two.
        """

        def make() -> gpd.GeoDataFrame:
            columns = [
                "name_en",
                "name_vi",
                "name_zh",
                "kind",
                "country",
                "opposite_country",
                "geometry",
            ]
            parts = [
                self.frame(layer_id).reindex(columns=columns).assign(layer=layer_id)
                for layer_id in TARGETS
            ]
            return gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=4326)

        return self.keep("targets", make)

    def access_from(self, origin: gpd.GeoDataFrame, drive: Drive) -> gpd.GeoDataFrame:
        """Return the targets, each with how it is reached from one point: the columns of
        :func:`geo.roads.access.travel_times`.
        """
        targets = self.targets()
        table = access.travel_times(self.roads(drive), origin, targets, profile=drive.profile)
        return targets.assign(
            **{name: table[name].to_numpy() for name in table.columns if name != "to_id"}
        )

    def surfaces(self, network_name: str) -> dict[str, surfaces.Surfaces]:
        """Open the surfaces of a network by vehicle; none where none were made, or where the places
        have changed since.
        """

        def make() -> dict[str, surfaces.Surfaces]:
            try:
                return surfaces.load(
                    self.network(network_name),
                    self.targets(),
                    self.home / "networks" / network_name,
                )
            except NotFoundError:
                return {}
            except InputError as error:  # without them the answers are the same, only slower
                logging.getLogger("webapp").error("%s", error)
                return {}

        return (
            {}
            if network_name == CORRIDORS
            else self.keep(("surfaces", network_name, self._version(network_name)), make)
        )

    def times(
        self, origin: gpd.GeoDataFrame | tuple[float, float], drive: Drive, *, towards: bool = False
    ) -> NDArray[np.float64]:
        """Return only the seconds from a place, or a longitude and latitude, to each target, or
        with `towards` from each.

        NaN where there is no way. Looked up where surfaces are prepared.
        """
        roads = self.roads(drive)
        prepared = None if drive.year else self.surfaces(drive.network).get(drive.profile)
        if prepared is not None:
            if isinstance(origin, tuple):
                country = np.array([self.country(*origin)], object)
                sides = Sides.at(roads, np.array([origin]), drive.profile, country=country)
            else:
                sides = Sides.of(roads, origin, drive.profile)
            return replace(prepared, network=roads).times(sides, towards=towards)[0]
        place = self.point(*origin) if isinstance(origin, tuple) else origin
        ends = (self.targets(), place) if towards else (place, self.targets())
        return access.time_matrix(roads, *ends, profile=drive.profile).to_numpy().ravel()

    def reached(self, origin: gpd.GeoDataFrame, drive: Drive) -> dict[str, pd.Series]:
        """Return the people and the parks reached from one point as time goes on: sums by
        ``travel_time_s``.

        NaN where the point is joined to no road; see :func:`geo.roads.access.profile_within`.
        """
        roads, found = self.roads(drive), {}
        for name, places, amount in (
            ("people", self.population(), "population"),
            ("parks", self.frame("parks"), None),
        ):
            table = access.profile_within(
                roads, origin, places, amount=amount, profile=drive.profile
            )
            found[name] = table.set_index("travel_time_s")["reached"]
        return found


def store() -> Store:
    """Return the store of the request, which is the same from its beginning to its end; outside of
    one, that of the app.
    """
    opened: Store = g.get("store") or current_app.extensions["zoneatlas"]
    return opened


def narrow(frame: Any, filters: dict[str, Any]) -> Any:
    """Keep the rows that match every filter.

    Parameters
    ----------
    filters
        ``bbox`` (west, south, east, north); ``sector`` for list fields; any other key is a column
        whose value must be one of those given.

    Raises
    ------
    InputError
        The layer has no such column.
    """
    kept = np.ones(len(frame), bool)
    for key, wanted in filters.items():
        if key == "bbox" and isinstance(frame, gpd.GeoDataFrame):
            west, south, east, north = wanted
            bounds = frame.geometry.bounds
            inside_lon = (bounds["maxx"] >= west) & (bounds["minx"] <= east)
            if west > east:
                inside_lon = (bounds["maxx"] >= west) | (bounds["minx"] <= east)
            kept &= (inside_lon & (bounds["maxy"] >= south) & (bounds["miny"] <= north)).to_numpy()
        elif key == "sector" and "sectors" in frame.columns:
            kept &= np.array(
                [not set(wanted).isdisjoint(layers.unfold(value)) for value in frame["sectors"]],
                bool,
            )
        elif key in frame.columns:
            kept &= frame[key].isin(wanted).to_numpy(bool)
        else:
            raise InputError(_("This layer cannot be filtered by %(key)s.", key=key))
    return frame[kept]
