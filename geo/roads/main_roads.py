"""The network of the roads of a data package, today's and that of a year to come.

Today's is built the first time it is asked for and kept in the home folder, in a folder named by a
digest of everything it is made of, so that what is kept is never out of date."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geo import digest, layers
from geo.errors import AtlasError, InputError, Message, NotFoundError
from geo.kept import Kept
from geo.roads import borders, importing, railways, road_table, storage, surfaces
from geo.roads.importing import OnStep
from geo.roads.network import ARRAYS, Manifest, Network
from geo.roads.openings import coming_by
from geo.roads.osm_simplify import SNAP_LIMIT_M
from geo.schema import LAYERS, RAIL_KINDS

if TYPE_CHECKING:
    import pandas as pd

MADE_OF = (
    *("datapackage.json", road_table.FILE, "speeds.csv", "gates.csv", "crossings.csv"),
    layers.OUTLINES,
)
"""Files of a data package of which the network is made."""
KEPT_BUILT = 2
"""Networks that are kept in the home folder: a data package that is edited makes a new one each
time.
"""
NO_ROADS = Message(
    "This data package holds no roads: nothing is reached by road, distances as the crow flies"
    " remain."
)
_BUILT = Kept(KEPT_BUILT)
"""Networks by their digest; data packages that are opened twice share them."""
_TABLES = Kept(1)
"""The table of which the networks of years to come are built, by the digest of today's."""

NUMBERED = ("road_class", "name", "gate", "country")
"""Arrays of a network in which -1 stands for none."""


def nothing(_step: str) -> None:
    """Take no notice of a step."""


class MainRoads:
    """The roads of one data package.

    Parameters
    ----------
    data
        Folder of the data package.
    kept_in
        Folder in which networks are kept; it need not exist, nor be writable.
    layer, table
        Return a layer or table by its name, as :func:`geo.layers.read` and
        :func:`geo.layers.read_table` do.
    """

    def __init__(
        self,
        data: Path,
        kept_in: Path,
        layer: Callable[[str], Any],
        table: Callable[[str], pd.DataFrame],
    ) -> None:
        self._data, self._kept_in = data, kept_in
        self._layer, self._table = layer, table

    @cached_property
    def folder(self) -> Path:
        """The folder of the network, named by a digest of what it is made of."""
        return self._kept_in / self._digest()

    def _digest(self) -> str:
        return digest.of_files(self._data / name for name in MADE_OF)

    @property
    def has_roads(self) -> bool:
        return (self._data / road_table.FILE).is_file()

    def open(self, on_step: OnStep = nothing) -> Network:
        """Return today's network: from the home folder, or built and kept there.

        Without a table of roads it is a network without a road.

        Raises
        ------
        NotFoundError, InputError
            As :func:`geo.roads.road_table.network` and :func:`geo.roads.borders.close`.
        """
        if not self.has_roads:
            return empty(self._table("speeds"))
        return _BUILT.get(self.folder.name, lambda: self._read(on_step))

    def _read(self, on_step: OnStep) -> Network:
        if (network := self._saved()) is not None:
            return network
        with storage.alone(self._kept_in):  # another process may have built it meanwhile
            network = self._saved()
            return self._built(on_step) if network is None else network

    def _saved(self) -> Network | None:
        """Return the network as it is kept; None where there is none that can be used."""
        if not (self.folder / storage.MANIFEST).is_file():
            return None
        try:
            return storage.load(self.folder)
        except AtlasError as error:  # built anew
            logging.getLogger("zoneatlas").warning("%s", error)
            return None

    def _built(self, on_step: OnStep) -> Network:
        on_step("Reading the roads")
        network = self._closed(road_table.network(self._data, self._table("speeds")), on_step)
        network = network.prepared(lambda profile: on_step(importing.preparing(profile)))
        if self._digest() != self.folder.name:  # a file has changed meanwhile
            return network
        try:
            return self._kept(network)
        except (OSError, AtlasError) as error:  # without it the answers are the same
            logging.getLogger("zoneatlas").warning("The roads cannot be kept: %s", error)
            return network

    def _kept(self, network: Network) -> Network:
        """Return a network from the home folder, in which it is kept from now on."""
        self._sweep()
        return storage.load(storage.save(network, self.folder))

    def _closed(self, network: Network, on_step: OnStep) -> Network:
        """Return a network with its border closed; a package of one country needs none."""
        on_step("Closing the border")
        outlines = layers.read_countries(self._data)
        if outlines is None and len(self._countries()) < 2:
            return network
        if outlines is None:
            raise NotFoundError(
                Message(
                    "The roads of this data package cannot be used: there is no file %(file)s to"
                    " close the border.",
                    {"file": layers.OUTLINES},
                )
            )
        gates, crossings = self._layer("gates"), self._table("crossings")
        return borders.close(network, outlines, gates, crossings)[0]

    def _countries(self) -> set[str]:
        """Return the countries in which places lie."""
        places = (self._layer(layer.id) for layer in LAYERS.values() if layer.place)
        return {str(country) for frame in places for country in frame["country"].dropna()}

    def _sweep(self) -> None:
        """Remove the networks that were made longest ago."""
        if not self._kept_in.is_dir():
            return
        old = [path for path in self._kept_in.iterdir() if (path / storage.MANIFEST).is_file()]
        old.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in old[KEPT_BUILT - 1 :]:
            shutil.rmtree(path, ignore_errors=True)

    def prepare(
        self,
        places: Any,
        on_step: OnStep = nothing,
        run: surfaces.Runner = surfaces.on_this_machine,
    ) -> None:
        """Make the surfaces of today's network where there are none that fit the places."""
        network, folder = self.open(on_step), self.folder
        if not self.has_roads or self._digest() != folder.name:
            return
        if not (folder / storage.MANIFEST).is_file():  # it was built for another home folder
            self._kept(network)
        try:
            surfaces.check_fit(places, folder)
        except (NotFoundError, InputError):
            importing.prepare(folder, places, run, on_step)

    def planned(self, year: int, opens: Mapping[str, int]) -> Network:
        """Build the network as it is planned to be by the end of a year.

        Roads under construction open on their day, railways that are not open yet in the year of
        their corridor; all in classes that begin with ``planned_``.

        Parameters
        ----------
        opens
            Years of opening by the id of a corridor, taken instead of those of the data.

        Raises
        ------
        NotFoundError, InputError
            As :meth:`open`.
        """
        import pandas as pd

        if not self.has_roads:
            return empty(self._table("speeds"))
        corridors, speeds = self._layer("corridors"), self._table("speeds")
        coming, promises = coming_by(corridors, year, opens)
        rails = coming[coming["kind"].isin(RAIL_KINDS)]
        roads = _TABLES.get(self.folder.name, lambda: road_table.read(self._data, speeds))
        roads = road_table.opening(roads, corridors, opens)
        driven = road_table.select(roads, f"{year}-12-31")
        if len(rails):
            driven = pd.concat([driven, railways.rows(rails, self._table("stations"), roads)])
        network = road_table.built(self._data, roads, driven, speeds)
        if len(rails):
            network = railways.timed(network, rails, speeds, self._table("transfers"))
        closed = self._closed(network, nothing).prepared()
        manifest = closed.manifest
        return replace(closed, manifest=replace(manifest, notes=(*promises, *manifest.notes)))


def empty(speeds: pd.DataFrame) -> Network:
    """Return a network whose one segment nobody can drive on, for the vehicles of a table of
    speeds.
    """
    profiles = speeds["profile"].unique().tolist()
    arrays: dict[str, Any] = {name: np.zeros(1, kind) for name, kind in ARRAYS.items()}
    arrays |= {name: np.full(1, -1, ARRAYS[name]) for name in NUMBERED}
    arrays |= {name: np.zeros((2, 2)) for name in ("node_lonlat", "shape_lonlat")}
    arrays |= {"head": np.ones(1, np.int32), "shape_start": np.array([0, 2])}
    return Network(
        manifest=Manifest(
            title=Message("No roads"),
            source="",
            licence="",
            as_of=None,
            access_speed_kph=dict.fromkeys(profiles, 1.0),
            access_detour=1.0,
            snap_limit_m=SNAP_LIMIT_M,
            road_classes=(),
            names=(),
            gates=(),
            countries=(),
            notes=(NO_ROADS,),
        ),
        **arrays,
        time_s={profile: np.full(1, np.inf) for profile in profiles},
    )
