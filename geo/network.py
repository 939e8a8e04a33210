"""The road network as arrays: one class for every source of roads; saving, loading, snapping.

A network is built by :mod:`geo.corridors` (the coarse corridors of a data package) or by :mod:`geo.osm`
(OpenStreetMap), and is asked by :mod:`geo.access`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs, hierarchy
from geo.errors import InputError, NotFoundError
from geo.hierarchy import Hierarchy

FORMAT = 1
MANIFEST = "network.json"

ARRAYS: dict[str, str] = {
    "node_lonlat": "f8",
    "tail": "i4",
    "head": "i4",
    "forward": "?",
    "backward": "?",
    "length_m": "f8",
    "road_class": "i2",
    "name": "i4",
    "gate": "i4",
    "country": "i2",
    "shape_start": "i8",
    "shape_lonlat": "f8",
}

LISTED = {"road_class": "road_classes", "name": "names", "gate": "gates", "country": "countries"}
"""Arrays that point into a list of the manifest."""


@dataclass(frozen=True)
class Manifest:
    """What a network is and where it comes from; stands beside the arrays as ``network.json``.

    Attributes
    ----------
    coarse
        True where segments are sketches of main roads: every number from such a network must say so.
    source, licence, as_of
        File or service the roads come from; its licence; its date, or None where unknown.
    access_speed_kph, access_detour
        By profile, the speed on the leg from a site to the road; the factor from straight line to road on that leg.
    snap_limit_m
        A point farther than this from every road is not joined to the network.
    """

    title: str
    source: str
    licence: str
    as_of: str | None
    coarse: bool
    access_speed_kph: dict[str, float]
    access_detour: float
    snap_limit_m: float
    road_classes: tuple[str, ...]
    names: tuple[str, ...]
    gates: tuple[str, ...]
    countries: tuple[str, ...]
    notes: tuple[str, ...] = ()
    format: int = FORMAT


@dataclass(frozen=True)
class Snap:
    """Points joined to the nearest road. All arrays have one entry a point, in the order of the points.

    Attributes
    ----------
    segment
        Index of the segment, -1 where no road is within the limit.
    fraction
        Where on the segment the foot of the perpendicular lies: 0 at its tail, 1 at its head.
    distance_m
        Straight distance from the point to the road; NaN where there is none.
    lonlat
        The foot of the perpendicular, WGS 84; NaN where there is none.
    """

    segment: NDArray[np.int64]
    fraction: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    lonlat: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Network:
    """Roads as *segments* between *nodes*; a segment can be driven forward (tail to head), backward or both.

    Attributes
    ----------
    node_lonlat
        (n, 2) WGS 84.
    tail, head
        (m,) node at either end of a segment.
    forward, backward
        (m,) whether it may be driven in that direction.
    length_m
        (m,) length along the road.
    road_class, name, gate, country
        (m,) index into the manifest's ``road_classes``, ``names``, ``gates``, ``countries``; -1 for none or unknown.
        A segment with a gate is the crossing itself.
    shape_start, shape_lonlat
        Points of segment i, from tail to head, are ``shape_lonlat[shape_start[i]:shape_start[i + 1]]``.
    time_s
        For each vehicle profile (m,) driving time, inf where that vehicle may not go.
    hierarchies
        For each profile that :meth:`prepared` has prepared, the graph with shortcuts: answers in milliseconds, whatever the
        size. Without it the answers are the same.
    """

    manifest: Manifest
    node_lonlat: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    length_m: NDArray[np.float64]
    road_class: NDArray[np.int16]
    name: NDArray[np.int32]
    gate: NDArray[np.int32]
    country: NDArray[np.int16]
    shape_start: NDArray[np.int64]
    shape_lonlat: NDArray[np.float64]
    time_s: dict[str, NDArray[np.float64]]
    hierarchies: dict[str, Hierarchy] = field(default_factory=dict)
    _cache: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def profiles(self) -> tuple[str, ...]:
        return tuple(self.time_s)

    @property
    def node_count(self) -> int:
        return len(self.node_lonlat)

    @property
    def segment_count(self) -> int:
        return len(self.tail)

    def shape(self, segment: int) -> NDArray[np.float64]:
        """Give the points of a segment from tail to head, (k, 2) WGS 84."""
        return self.shape_lonlat[self.shape_start[segment] : self.shape_start[segment + 1]]

    def arcs(self, profile: str) -> Arcs:
        """Give the directed graph of one vehicle profile; made once and kept."""
        if profile not in self.time_s:
            raise NotFoundError(f"This network has no vehicle profile “{profile}”; it has {', '.join(self.profiles)}.")
        key = ("arcs", profile)
        if key not in self._cache:
            self._cache[key] = Arcs.of(self, profile)
        return self._cache[key]

    def main(self, profile: str) -> NDArray[np.bool_]:
        """Say for each node whether this vehicle can come there from anywhere and go on: see `Arcs.main`."""
        return self.arcs(profile).main

    def prepared(self, on_step: Callable[[str], None] | None = None) -> Network:
        """Give the same network with every profile prepared for fast answers; takes seconds, and is worth it from some thousand nodes.

        Parameters
        ----------
        on_step
            Is told which profile is being prepared.
        """
        made = {}
        for profile in self.profiles:
            if on_step:
                on_step(profile)
            made[profile] = hierarchy.build(self.arcs(profile).time_s)
        return replace(self, hierarchies=made, _cache=self._cache)

    def snap(self, lonlat: NDArray[np.float64], profile: str, *, country: NDArray[np.object_] | None = None) -> Snap:
        """Join points to the nearest point of the nearest segment on which this vehicle can go anywhere and come back.

        Only segments of the main component count, and no segment that is a gate itself. Where the network knows the
        country of its roads and the point's country is given, only roads of that country count: the way to the road must
        not cross the border.

        Parameters
        ----------
        lonlat
            (n, 2) WGS 84. A row with NaN is joined to nothing.
        country
            (n,) ISO 3166-1 alpha-2 codes or None.
        """
        lonlat = np.asarray(lonlat, float)
        n = len(lonlat)
        segment = np.full(n, -1, np.int64)
        known = np.isfinite(lonlat).all(axis=1)
        anywhere = country is None or not self.manifest.countries
        codes = np.full(n, None, object) if anywhere else np.asarray(country, object)
        for code in set(codes[known]):
            rows = np.flatnonzero(known & (codes == code))
            ids, tree = self._tree(profile, code)
            if len(ids):
                segment[rows] = ids[tree.nearest(shapely.points(crs.mercator(lonlat[rows])))]
        fraction, foot = np.full(n, np.nan), np.full((n, 2), np.nan)
        for row in np.flatnonzero(segment >= 0):
            line = shapely.linestrings(crs.mercator(self.shape(segment[row])))
            fraction[row] = shapely.line_locate_point(line, shapely.points(crs.mercator(lonlat[row])), normalized=True)
            foot[row] = crs.from_mercator(shapely.get_coordinates(shapely.line_interpolate_point(line, fraction[row], normalized=True))[0])
        distance_m = crs.distance_m(lonlat, foot)
        far = ~(distance_m <= self.manifest.snap_limit_m)
        segment[far], fraction[far], distance_m[far], foot[far] = -1, np.nan, np.nan, np.nan
        return Snap(segment, fraction, distance_m, foot)

    def _tree(self, profile: str, country: str | None) -> tuple[NDArray[np.int64], shapely.STRtree]:
        key = ("tree", profile, country)
        if key not in self._cache:
            main = self.main(profile)
            usable = (
                main[self.tail] & main[self.head] & np.isfinite(self.time_s[profile]) & (self.forward | self.backward) & (self.gate < 0)
            )
            if country is not None:
                known = self.manifest.countries.index(country) if country in self.manifest.countries else -2
                usable &= self.country == known
            ids = np.flatnonzero(usable)
            xy, of = self._mercator_shapes(ids)
            self._cache[key] = ids, shapely.STRtree(shapely.linestrings(xy, indices=of) if len(ids) else [])
        return self._cache[key]

    def _mercator_shapes(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        count = np.diff(self.shape_start)[ids]
        of = np.repeat(np.arange(len(ids)), count)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return crs.mercator(self.shape_lonlat[np.repeat(self.shape_start[ids], count) + within]), of

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write the network as a folder of arrays and a manifest: beside the goal first, then moved into place.

        An existing network of that name is replaced only once the new one is whole.
        """
        goal = Path(folder)
        goal.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{goal.name}.", dir=goal.parent))
        try:
            arrays = {name: getattr(self, name) for name in ARRAYS} | {f"time_s.{profile}": time for profile, time in self.time_s.items()}
            for profile, prepared in self.hierarchies.items():
                arrays |= {f"hierarchy.{profile}.{name}": getattr(prepared, name) for name in hierarchy.ARRAYS}
            for name, array in arrays.items():
                with (beside / f"{name}.npy").open("wb") as file:
                    np.save(file, array, allow_pickle=False)
                    file.flush()
                    os.fsync(file.fileno())
            manifest = asdict(self.manifest) | {"profiles": list(self.profiles), "prepared": list(self.hierarchies)}
            (beside / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
            beside.chmod(0o755)
            aside = beside.with_name(f"{beside.name}.old")
            if goal.exists():
                goal.rename(aside)
            try:
                beside.rename(goal)
            except BaseException:
                if aside.exists():
                    aside.rename(goal)
                raise
            shutil.rmtree(aside, ignore_errors=True)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        return goal


@dataclass(frozen=True, eq=False)
class Arcs:
    """The directed graph of one vehicle: between two nodes only the fastest of parallel segments.

    Attributes
    ----------
    time_s
        (n, n) sparse, row is the node an arc leaves. No arc takes less than a millisecond, because SciPy reads zero as
        “no arc”.
    segment, keys
        (k,) segment of each arc, and its tail times n plus its head, in the order of ``time_s.data``: ascending keys.
    main
        (n,) whether the node belongs to the largest strongly connected component of the network, or of its country: where
        no gate can be passed, each country keeps its own.
    """

    time_s: Any
    segment: NDArray[np.int64]
    keys: NDArray[np.int64]
    main: NDArray[np.bool_]

    @classmethod
    def of(cls, network: Network, profile: str) -> Arcs:
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        time = network.time_s[profile]
        open_ = np.isfinite(time)
        ahead, back = np.flatnonzero(network.forward & open_), np.flatnonzero(network.backward & open_)
        tail = np.concatenate([network.tail[ahead], network.head[back]]).astype(np.int64)
        head = np.concatenate([network.head[ahead], network.tail[back]]).astype(np.int64)
        segment = np.concatenate([ahead, back])
        loop = tail == head
        tail, head, segment = tail[~loop], head[~loop], segment[~loop]
        order = np.lexsort((segment, time[segment], head, tail))
        tail, head, segment = tail[order], head[order], segment[order]
        first = np.ones(len(tail), bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        tail, head, segment = tail[first], head[first], segment[first]
        n = network.node_count
        graph = csr_matrix((np.maximum(time[segment], 1e-3), (tail, head)), shape=(n, n))
        label = connected_components(graph, connection="strong")[1] if n else np.empty(0, int)
        main = np.isin(label, _largest(network, label))
        return cls(graph, segment, tail * n + head, main)

    def between(self, tail: NDArray[Any], head: NDArray[Any]) -> NDArray[np.int64]:
        """Give the segments of arcs by their end nodes; every pair must be an arc."""
        wanted = np.asarray(tail, np.int64) * self.time_s.shape[0] + head
        found: NDArray[np.int64] = self.segment[np.searchsorted(self.keys, wanted)]
        return found


def _largest(network: Network, label: NDArray[Any]) -> list[int]:
    """Name the component that has most nodes, and for each country the one that has most of its nodes."""
    parts = [label]
    for country in range(len(network.manifest.countries)):
        mine = network.country == country
        parts.append(label[np.unique(np.concatenate([network.tail[mine], network.head[mine]]))])
    return [int(np.bincount(part).argmax()) for part in parts if len(part)]


def load(folder: str | os.PathLike[str]) -> Network:
    """Open a saved network; its arrays are mapped into memory, not read.

    Raises
    ------
    NotFoundError
        There is no network in that folder.
    InputError
        It was written by another version, or it is damaged.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise NotFoundError(f"There is no road network in {folder}.")
    try:
        raw = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if raw.get("format") != FORMAT:
            raise InputError(f"The road network in {folder} has format {raw.get('format')}, this version reads {FORMAT}; import it again.")
        profiles, prepared = raw.pop("profiles"), raw.pop("prepared", [])
        fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
        manifest = Manifest(**fields)
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
        time_s = {profile: np.load(folder / f"time_s.{profile}.npy", mmap_mode="r", allow_pickle=False) for profile in profiles}
        _check_fit(manifest, arrays, time_s)
        hierarchies = {profile: _load_hierarchy(folder, profile, len(arrays["node_lonlat"])) for profile in prepared}
    except InputError:
        raise
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"The road network in {folder} is damaged ({error}); import it again.") from None
    return Network(manifest=manifest, time_s=time_s, hierarchies=hierarchies, **arrays)


def _load_hierarchy(folder: Path, profile: str, node_count: int) -> Hierarchy:
    arrays = {name: np.load(folder / f"hierarchy.{profile}.{name}.npy", mmap_mode="r", allow_pickle=False) for name in hierarchy.ARRAYS}
    hierarchy.check_fit(arrays, node_count)
    return Hierarchy(**arrays)


def _check_fit(manifest: Manifest, arrays: dict[str, NDArray[Any]], time_s: dict[str, NDArray[Any]]) -> None:
    """Raise ValueError unless every array has its type and size and points at what is there."""
    n, m, k = (len(arrays[name]) for name in ("node_lonlat", "tail", "shape_lonlat"))
    sizes = {"node_lonlat": (n, 2), "shape_start": (m + 1,), "shape_lonlat": (k, 2)}
    expected = {name: (np.dtype(kind), sizes.get(name, (m,))) for name, kind in ARRAYS.items()}
    expected |= dict.fromkeys(time_s, (np.dtype("f8"), (m,)))
    for name, array in (arrays | time_s).items():
        if (array.dtype, array.shape) != expected[name]:
            raise ValueError(f"{name} has another type or size")
    listed = {name: len(getattr(manifest, words)) for name, words in LISTED.items()}
    for name, lowest, end in (("tail", 0, n), ("head", 0, n), *((name, -1, end) for name, end in listed.items())):
        if m and not lowest <= arrays[name].min() <= arrays[name].max() < end:
            raise ValueError(f"{name} points at what is not there")
    start = arrays["shape_start"]
    if start[0] != 0 or start[-1] != k or (np.diff(start) < 2).any():
        raise ValueError("shape_start does not cut the shapes")
    for profile, time in time_s.items():
        if not (time >= 0).all():
            raise ValueError(f"the times of {profile} are negative or unknown")
