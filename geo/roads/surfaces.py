"""Surfaces: the travel time between every junction and each of some places, prepared, so that an
answer is a lookup.

A surface holds roads inside each country only. The gates are laid over it when it is asked
(:mod:`geo.roads.gate_overlay`), so that waiting at a gate, or closing it, changes no surface. Times
are kept in single precision, so to seven digits: 0.01 s within a day's drive."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError, Message, NotFoundError
from geo.proximity import lonlat
from geo.roads import contraction, gate_overlay, storage
from geo.roads.contraction import Hierarchy
from geo.roads.joining import Sides, by_row, known
from geo.roads.network import Network

if TYPE_CHECKING:
    import geopandas as gpd

FORMAT = 2
MANIFEST = "surfaces.json"
DAMAGED = Message("The surfaces in %(folder)s are damaged (%(error)s); prepare them again.")
WIDTH = 16
"""Columns that are computed at once: what one sweep of :mod:`geo.roads.contraction` takes."""
TIME_DECIMALS = 2
DIRECTIONS = ("to", "from")


@dataclass(frozen=True)
class Job:
    """Some columns of one surface: vertices at which they start (k, w), after how long, and whether
    times lead there or from there.
    """

    first: int
    nodes: NDArray[np.int64]
    start_s: NDArray[np.float64]
    to: bool

    def run(self, prepared: Hierarchy) -> NDArray[np.float32]:
        """Return the columns, (n, k)."""
        return contraction.one_to_all(
            prepared, self.nodes, start_s=self.start_s, reverse=self.to, dtype=np.float32
        ).T


Runner = Callable[[Hierarchy, list[Job]], Iterable[tuple[Job, NDArray[np.float32]]]]
"""Computes jobs somewhere, and gives each back with its columns, in any order."""


@dataclass(frozen=True, eq=False)
class Surfaces:
    """Times between every node of a network and some places, for one vehicle.

    Attributes
    ----------
    network, profile
        What they were made for.
    sides
        The places, joined to roads; a gate twice.
    joined
        (e,) those entries of ``sides`` that are joined: the first columns. Then follow the ends of
        all gates.
    to_s, from_s
        (v, e + g) seconds from each vertex to a column, and from a column to each vertex; inf where
        no way inside the country leads there. Vertex by vertex in memory: one answer reads two rows
        or, beside a banned turn, some more.
    """

    network: Network
    profile: str
    sides: Sides
    joined: NDArray[np.int64]
    to_s: NDArray[np.float32]
    from_s: NDArray[np.float32]

    def times(self, others: Sides, *, towards: bool = False) -> NDArray[np.float64]:
        """Return the times from some points to all places, or with `towards` from all places to
        those points.

        Parameters
        ----------
        others
            The points, joined to the same network for the same vehicle.

        Returns
        -------
        array
            (k, m) seconds by row of the points and of the places, NaN where there is no way: as
            :func:`geo.roads.access.time_matrix`.
        """
        mine, e = others.joined, len(self.joined)
        if not len(mine) or not e:
            return np.full((others.rows, self.sides.rows), np.nan)
        ends = (others.come if towards else others.leave)[mine]
        rows = (self.from_s if towards else self.to_s)[ends]
        ends_s = others.arriving_s(mine) if towards else others.leaving_s(mine)
        time_s = (rows + ends_s[:, :, None]).min(axis=1)
        inside, over_s = time_s[:, :e], self._over_gates(towards)
        if len(over_s):
            inside = np.minimum(inside, gate_overlay.join(time_s[:, e:], over_s)[0])
        layers = [(others, mine), (self.sides, self.sides.joined)]
        (from_, starts), (to, goals) = reversed(layers) if towards else layers
        matrix = inside.T if towards else inside
        best = by_row(self.network, self.profile, from_, starts, to, goals, matrix)
        return known(best.T if towards else best).round(TIME_DECIMALS)

    def _over_gates(self, towards: bool) -> NDArray[np.float64]:
        """Return the time from each end of a gate, over as many gates as it takes, to each place,
        or the other way; (g, e)."""

        def make() -> NDArray[np.float64]:
            gates, e = gate_overlay.of(self.network, self.profile), len(self.joined)
            rows = (self.from_s if towards else self.to_s)[gates.node, :e]
            return gate_overlay.join(gates.total_s.T if towards else gates.total_s, rows)[0]

        name = "over gates", self.profile, towards, self.sides
        return self.network.kept(name, make, depends_on_gates=True)


# Making and keeping them --------------------------------------------------------------------------


def build(network: Network, places: gpd.GeoDataFrame, profile: str) -> Surfaces:
    """Compute the surfaces of some places in memory; `places` as :mod:`geo.roads.access` takes
    them.
    """
    sides, joined, jobs = _plan(network, places, profile)
    shape = network.turns(profile).count, _width(jobs)
    surfaces = {to: np.empty(shape, np.float32) for to in (True, False)}
    for job, columns in on_this_machine(network.hierarchies[profile], jobs):
        surfaces[job.to][:, job.first : job.first + columns.shape[1]] = columns
    return Surfaces(network, profile, sides, joined, surfaces[True], surfaces[False])


def _plan(
    network: Network, places: gpd.GeoDataFrame, profile: str
) -> tuple[Sides, NDArray[np.int64], list[Job]]:
    """Return which entries have columns, and list the jobs that compute them."""
    if profile not in network.hierarchies:
        raise InputError(Message("Surfaces are made for a network that has been prepared."))
    sides = Sides.of(network, places, profile)
    joined = sides.joined
    gates = gate_overlay.of(network, profile).node
    jobs = []
    for to in (True, False):
        own = (sides.come if to else sides.leave)[joined]
        own_s = sides.arriving_s(joined) if to else sides.leaving_s(joined)
        width = own.shape[1]
        nodes = np.concatenate([own, np.repeat(gates[:, None], width, axis=1)])
        start_s = np.concatenate([own_s, np.zeros((len(gates), width))])
        jobs += [
            Job(at, nodes[at : at + WIDTH], start_s[at : at + WIDTH], to)
            for at in range(0, len(nodes), WIDTH)
        ]
    return sides, joined, jobs


def _width(jobs: list[Job]) -> int:
    """Return how many columns each surface has."""
    return jobs[-1].first + len(jobs[-1].nodes) if jobs else 0


def on_this_machine(
    prepared: Hierarchy, jobs: list[Job]
) -> Iterator[tuple[Job, NDArray[np.float32]]]:
    """Compute jobs on all cores, a few at a time, because each holds its columns in memory."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        at_once = 2 * (os.cpu_count() or 1)
        for at in range(0, len(jobs), at_once):
            some = jobs[at : at + at_once]
            yield from zip(some, pool.map(lambda job: job.run(prepared), some), strict=True)


def size_mb(network: Network, places: gpd.GeoDataFrame) -> float:
    """Return how much disk the surfaces of a prepared network would take: 4 bytes a vertex, column,
    direction and vehicle.
    """
    cells = 0
    for profile in network.hierarchies:
        _, joined, _ = _plan(network, places, profile)
        columns = len(joined) + len(gate_overlay.of(network, profile).node)
        cells += network.turns(profile).count * columns
    return 2 * 4 * cells / 1e6


def write(
    network: Network,
    places: gpd.GeoDataFrame,
    folder: Path,
    *,
    run: Runner = on_this_machine,
    on_step: Callable[[str], None] | None = None,
) -> None:
    """Compute the surfaces of every vehicle and write them into the folder of a prepared network
    that nobody reads yet.

    Parameters
    ----------
    run
        Where to compute; the result is the same to the bit, wherever.
    on_step
        Is told for which profile surfaces are being made.
    """
    written = []
    for profile in network.hierarchies:
        if on_step:
            on_step(profile)
        _, _, jobs = _plan(network, places, profile)
        width = _width(jobs)
        files = {
            to: (
                np.lib.format.open_memmap(
                    _path(folder, profile, to),
                    mode="w+",
                    dtype=np.float32,
                    shape=(network.turns(profile).count, width),
                )
                if width
                else None
            )
            for to in (True, False)
        }
        for job, columns in run(network.hierarchies[profile], jobs):
            file = files[job.to]
            assert file is not None
            file[:, job.first : job.first + columns.shape[1]] = columns
        for to, file in files.items():
            if file is not None:
                file.flush()
                written.append(_path(folder, profile, to).stem)
    manifest = {
        "format": FORMAT,
        "places": fingerprint(places),
        "profiles": list(network.hierarchies),
    }
    storage.write_manifest(
        folder / MANIFEST, manifest | {"files": storage.checksums(folder, written)}
    )


def load(
    network: Network, places: gpd.GeoDataFrame, folder: str | os.PathLike[str]
) -> dict[str, Surfaces]:
    """Open the surfaces that lie beside a network, by vehicle, once their files have proved to be
    as they were written.

    Raises
    ------
    NotFoundError
        There are none, or they were made for other places than these.
    InputError
        They were written by another version, or are damaged.
    """
    folder = Path(folder)
    profiles = check_fit(places, folder)
    check_files(folder)
    with storage.refused(DAMAGED, folder):
        return {profile: _open(network, places, folder, profile) for profile in profiles}


def check_files(folder: str | os.PathLike[str]) -> None:
    """Raise InputError unless the files of the surfaces in a folder are as they were written;
    without surfaces do nothing.
    """
    folder = Path(folder)
    if (folder / MANIFEST).is_file():
        with storage.refused(DAMAGED, folder):
            storage.check_files(folder, _manifest(folder)["files"])


def check_fit(places: gpd.GeoDataFrame, folder: str | os.PathLike[str]) -> list[str]:
    """Return the vehicles of the surfaces that lie in a folder; raise as :func:`load`, but read the
    manifest only.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise NotFoundError(Message("There are no surfaces in %(folder)s.", {"folder": folder}))
    with storage.refused(DAMAGED, folder):
        manifest = _manifest(folder)
        if manifest["places"] != fingerprint(places):
            raise NotFoundError(
                Message(
                    "The surfaces in %(folder)s were made for other places; prepare them again.",
                    {"folder": folder},
                )
            )
        return list(manifest["profiles"])


def _manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of the surfaces in a folder, and prove it."""
    manifest = storage.read_manifest(folder / MANIFEST)
    if manifest["format"] != FORMAT:
        raise InputError(
            Message(
                "The surfaces in %(folder)s have format %(stated)s, this version reads"
                " %(format)s; prepare them again.",
                {"folder": folder, "stated": manifest["format"], "format": FORMAT},
            )
        )
    storage.check_manifest(manifest)
    return manifest


def _open(network: Network, places: gpd.GeoDataFrame, folder: Path, profile: str) -> Surfaces:
    sides, joined, jobs = _plan(network, places, profile)
    shape = network.turns(profile).count, _width(jobs)
    arrays = []
    for to in (True, False):
        array = (
            np.load(_path(folder, profile, to), mmap_mode="r", allow_pickle=False)
            if shape[1]
            else np.empty(shape, np.float32)
        )
        if array.dtype != np.float32 or array.shape != shape:
            raise ValueError(
                f"the surface {DIRECTIONS[not to]} places by {profile} has another type or size"
            )
        arrays.append(array.view(np.ndarray))
    return Surfaces(network, profile, sides, joined, *arrays)


def _path(folder: Path, profile: str, to: bool) -> Path:
    return folder / f"surface.{profile}.{DIRECTIONS[not to]}.npy"


def fingerprint(places: gpd.GeoDataFrame) -> str:
    """Return a text that differs where places have other names, order, positions or countries."""
    countries = [
        places[name].astype(str).tolist()
        for name in ("country", "opposite_country")
        if name in places
    ]
    identity = json.dumps([places.index.astype(str).tolist(), *countries])
    return hashlib.sha256(
        identity.encode() + np.ascontiguousarray(lonlat(places)).tobytes()
    ).hexdigest()
