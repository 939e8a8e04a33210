"""From roads that were read to a network that is kept: border closed, prepared, with surfaces."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geo.roads import borders, storage, surfaces
from geo.roads.network import Network

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SURFACES_MB = 2_000
"""Surfaces that take more disk are made only when they are asked for."""

OnStep = Callable[[str], None]


@dataclass(frozen=True)
class Basis:
    """What an import needs of a data package: tables and layers by their names, the outlines of
    the countries, and the places whose times are prepared.
    """

    speeds: pd.DataFrame
    crossings: pd.DataFrame
    gates: gpd.GeoDataFrame
    parks: gpd.GeoDataFrame
    countries: gpd.GeoDataFrame
    places: gpd.GeoDataFrame


@dataclass(frozen=True)
class Import:
    """A network that has been kept, the ``report`` of :func:`geo.roads.borders.close`, whether it
    ``replaced`` another, and its surfaces: how much disk they take and whether they were made.
    """

    network: Network
    report: pd.DataFrame
    replaced: bool
    surfaces_mb: float
    has_surfaces: bool


def keep(
    network: Network,
    folder: Path,
    basis: Basis,
    *,
    wanted: bool | None,
    run: surfaces.Runner,
    on_step: OnStep,
) -> Import:
    """Close the border of a network, prepare it, and save it in a folder.

    Parameters
    ----------
    wanted
        Whether surfaces are made; None: if they take no more than ``SURFACES_MB``.
    run
        Where surfaces are made.
    on_step
        Called with what begins.
    """
    on_step("Closing the border")
    closed, report = borders.close(network, basis.countries, basis.gates, basis.crossings)
    closed = closed.prepared(lambda profile: on_step(preparing(profile)))
    replaced = folder.exists()
    size_mb = surfaces.size_mb(closed, basis.places)
    enough = size_mb <= SURFACES_MB if wanted is None else wanted
    with storage.beside(folder) as beside:
        storage.write(closed, beside)
        if enough:
            _write_surfaces(closed, basis.places, beside, run, on_step)
    return Import(closed, report, replaced, size_mb, enough)


def prepare(folder: Path, places: gpd.GeoDataFrame, run: surfaces.Runner, on_step: OnStep) -> None:
    """Make the surfaces of a kept network anew, and the network ready for fast answers if it is
    not.
    """
    network = storage.load(folder)
    with storage.beside(folder) as beside:
        if is_whole(network):
            _share(folder, beside)
        else:
            network = network.prepared(lambda profile: on_step(preparing(profile)))
            storage.write(network, beside)
        _write_surfaces(network, places, beside, run, on_step)
        del network  # Windows moves no folder with mapped files


def is_whole(network: Network) -> bool:
    """Return whether a network is ready for fast answers by every vehicle."""
    return tuple(network.hierarchies) == network.profiles


def preparing(profile: str) -> str:
    """Name the step that makes a network ready for fast answers."""
    return f"Preparing fast answers by {profile} (compiles, the first time)"


def _write_surfaces(
    network: Network,
    places: gpd.GeoDataFrame,
    folder: Path,
    run: surfaces.Runner,
    on_step: OnStep,
) -> None:
    surfaces.write(
        network,
        places,
        folder,
        run=run,
        on_step=lambda profile: on_step(f"Making the surfaces by {profile}"),
    )


def _share(old: Path, new: Path) -> None:
    """Put the files of a network into another folder too, except surfaces: what is written there
    anew must not be written here.
    """
    for path in old.iterdir():
        if not path.name.startswith(("surface.", surfaces.MANIFEST)):
            try:
                os.link(path, new / path.name)
            except OSError:  # not every file system has links
                shutil.copy2(path, new / path.name)
