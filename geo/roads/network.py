"""The road network as arrays: one class for every source of roads.

A network is built by :mod:`geo.roads.road_table` (the roads of a data package) or by
:mod:`geo.roads.osm_download` (OpenStreetMap), kept by :mod:`geo.roads.storage`, and asked by
:mod:`geo.roads.access`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message, NotFoundError
from geo.kept import Kept
from geo.roads import contraction, strong
from geo.roads.arcs import Arcs
from geo.roads.contraction import Hierarchy
from geo.roads.snapping import Index, Snap, plain
from geo.roads.turns import Turns, table

T = TypeVar("T")
FORMAT = 6

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
    "accessible": "?",
    "assumed": "?",
    "shape_start": "i8",
    "shape_lonlat": "f8",
}

FERRY = "ferry"
"""Class of segments on water."""
PLANNED = "planned_"
"""Classes that begin so are of roads and railways that are not open yet."""
KEPT_OF_GATES = 64
"""Results that depend on the times at gates and are kept."""
NO_COUNTRY = -2
"""Stands for a country of which the network has no road: no segment has it."""


@dataclass(frozen=True)
class Manifest:
    """What a network is and where it comes from; stands beside the arrays as ``network.json``.

    Attributes
    ----------
    source, licence, as_of
        File or service the roads come from; its licence; its date, or None where unknown.
    access_speed_kph, access_detour
        By profile, the speed on the leg from a site to the road; the factor from straight line to
        road on that leg.
    snap_limit_m
        A point farther than this from every road is not joined to the network.
    """

    title: str
    source: str
    licence: str
    as_of: str | None
    access_speed_kph: dict[str, float]
    access_detour: float
    snap_limit_m: float
    road_classes: tuple[str, ...]
    names: tuple[str, ...]
    gates: tuple[str, ...]
    countries: tuple[str, ...]
    notes: tuple[str, ...] = ()
    format: int = FORMAT


@dataclass(frozen=True, eq=False)
class Network:
    """Roads as *segments* between *nodes*; a segment can be driven forward (tail to head), backward
    or both.

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
        (m,) index into the manifest's ``road_classes``, ``names``, ``gates``, ``countries``; -1 for
        none or unknown. A segment with a gate is the crossing itself.
    accessible
        (m,) whether points may be joined to it: not where one enters and leaves at the ends only,
        as on a motorway, motorroad, link, bridge, tunnel or ferry, or what is only planned.
    assumed
        (m,) whether a part of it is only assumed to be open: the source saw it being built.
    shape_start, shape_lonlat
        Points of segment i, from tail to head, are ``shape_lonlat[shape_start[i]:shape_start[i +
        1]]``.
    time_s
        For each vehicle profile (m,) driving time, inf where that vehicle may not go.
    home
        (m,) code of the country to which the source counts each segment, empty for unknown; None
        where it does not say, and once the border is closed: then ``country`` holds it.
    bans
        For each vehicle profile (b, w) turns that it must not make, as :mod:`geo.roads.turns` names
        them; a vehicle that is missing may turn anywhere.
    hierarchies
        For each profile that :meth:`prepared` has prepared, the roads inside each country, without
        the gates, with shortcuts: answers in milliseconds, whatever the size. Without it the
        answers are the same.
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
    accessible: NDArray[np.bool_]
    assumed: NDArray[np.bool_]
    shape_start: NDArray[np.int64]
    shape_lonlat: NDArray[np.float64]
    time_s: dict[str, NDArray[np.float64]]
    home: NDArray[np.str_] | None = None
    bans: dict[str, NDArray[np.int32]] = field(default_factory=dict)
    hierarchies: dict[str, Hierarchy] = field(default_factory=dict)
    _kept: Kept = field(default_factory=Kept, init=False, repr=False)
    _kept_of_gates: Kept = field(
        default_factory=lambda: Kept(KEPT_OF_GATES), init=False, repr=False
    )

    def kept(self, name: Hashable, make: Callable[[], T], *, depends_on_gates: bool = False) -> T:
        """Return what `make` computes from this network, computed once under that name.

        Networks that differ in nothing but the times at their gates share it, unless it
        depends on those times.
        """
        return (self._kept_of_gates if depends_on_gates else self._kept).get(name, make)

    def keep(self, name: Hashable, result: object) -> None:
        """Keep a result that was computed before, such as one read from a file."""
        self.kept(name, lambda: result)

    @property
    def version(self) -> str:
        """The identity of the network by its content, times at gates included. Computed once."""

        def make() -> str:
            digest = blake2b(self.roads_version.encode(), digest_size=16)
            for time_s in self.time_s.values():
                digest.update(time_s[self.gate >= 0].tobytes())
            return digest.hexdigest()

        return self.kept("version", make, depends_on_gates=True)

    @property
    def roads_version(self) -> str:
        """The identity of everything but the times at gates. Computed once."""
        return self.kept("roads", self._digest_of_roads)

    def _digest_of_roads(self) -> str:
        """Return a digest of everything but the times at gates."""
        about = [asdict(self.manifest), self.profiles]
        digest = blake2b(json.dumps(about).encode(), digest_size=16)
        for name in ARRAYS:
            digest.update(np.ascontiguousarray(getattr(self, name)).data)
        for time_s in self.time_s.values():
            digest.update(np.where(self.gate >= 0, 0.0, time_s).data)
        for profile in self.profiles:
            digest.update(self.banned(profile).tobytes())
        return digest.hexdigest()

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
        """Return the points of a segment from tail to head, (k, 2) WGS 84."""
        return self.shape_lonlat[self.shape_start[segment] : self.shape_start[segment + 1]]

    def banned(self, profile: str) -> NDArray[np.int32]:
        """Return the turns that a vehicle must not make, (b, w)."""
        return self.bans.get(profile, table(()))

    def turns(self, profile: str) -> Turns:
        """Return the vertices between which one vehicle is searched for ways; made once and
        kept.
        """
        return self.kept(
            ("turns", profile),
            lambda: Turns.of(self.tail, self.head, self.banned(profile), self.node_count),
        )

    def arcs(self, profile: str, *, gates: bool = True) -> Arcs:
        """Return the directed graph of one vehicle, or without `gates` that of roads inside each
        country; made once and kept.
        """
        if profile not in self.time_s:
            raise NotFoundError(
                Message(
                    "This network has no vehicle profile “%(profile)s”; it has %(known)s.",
                    {"profile": profile, "known": ", ".join(self.profiles)},
                )
            )
        gates = gates and bool(self.manifest.gates)

        def make() -> Arcs:
            allowed = self.gate < 0 if not gates else np.True_
            driven = self.forward & allowed, self.backward & allowed
            return Arcs.of(self.turns(profile), driven, self.time_s[profile])

        return self.kept(("arcs", profile, gates), make, depends_on_gates=gates)

    def main(self, profile: str) -> NDArray[np.bool_]:
        """Return for each node whether this vehicle comes there from everywhere and goes on to
        everywhere; kept.

        (n,): the largest strongly connected component of the network, and that of each country,
        because a vehicle that may pass no gate stays in its own. Waiting at a gate, or closing it,
        changes nothing here: see :meth:`with_waiting`."""

        def make() -> NDArray[np.bool_]:
            return self.turns(profile).any_vertex(self._main_vertices(profile))

        return self.kept(("main", profile), make)

    def _main_vertices(self, profile: str) -> NDArray[np.bool_]:
        """Return the same for each vertex, see :mod:`geo.roads.turns`; kept."""

        def make() -> NDArray[np.bool_]:
            label, countries = self.arcs(profile).strong(), len(self.manifest.countries)
            return strong.main(self.turns(profile), label, self.country, countries)

        return self.kept(("main vertices", profile), make)

    def with_waiting(self, wait_s: Mapping[str, float]) -> Network:
        """Return the same network with seconds of waiting at some gates, inf where a gate is
        closed; takes milliseconds.

        What is prepared stays as it is, because it holds roads inside each country only.

        Raises
        ------
        InputError
            A time that is negative or NaN.
        NotFoundError
            No road of this network passes a gate of that name.
        """
        missing = sorted(wait_s.keys() - set(self.manifest.gates))
        if missing:
            raise NotFoundError(
                Message(
                    "No road of this network passes %(missing)s.", {"missing": " or ".join(missing)}
                )
            )
        if not all(wait >= 0 for wait in wait_s.values()):
            raise InputError(Message("Waiting at a gate takes no time or some time, in seconds."))
        wait = np.array([wait_s.get(gate, 0.0) for gate in self.manifest.gates])
        at = np.flatnonzero(self.gate >= 0)
        time_s = {}
        for profile, time in self.time_s.items():
            self.main(profile)
            time_s[profile] = np.array(time)
            time_s[profile][at] += wait[self.gate[at]]
        return self._with(time_s=time_s)

    def _with(self, **changes: Any) -> Network:
        """Return a network with the same roads, which shares what is kept of them."""
        network = replace(self, **changes)
        object.__setattr__(network, "_kept", self._kept)
        return network

    def prepared(self, on_step: Callable[[str], None] | None = None) -> Network:
        """Return the same network with every profile prepared for fast answers; takes seconds, and
        is worth it from some thousand nodes.

        Parameters
        ----------
        on_step
            Is told which profile is waited for.
        """
        graphs = {}
        for profile in self.profiles:
            self.main(profile)
            graphs[profile] = self.arcs(profile, gates=False)
        with ThreadPoolExecutor(
            os.cpu_count()
        ) as pool:  # compiled code does not hold the others up
            jobs = {
                profile: pool.submit(
                    contraction.of_arcs, arcs.start, arcs.head, arcs.arc_s, arcs.segment
                )
                for profile, arcs in graphs.items()
            }
            hierarchies = {}
            for profile, job in jobs.items():
                if on_step:
                    on_step(profile)
                hierarchies[profile] = job.result()
        return self._with(hierarchies=hierarchies)

    def snap(
        self,
        lonlat: NDArray[np.float64],
        profile: str,
        *,
        country: NDArray[np.object_] | None = None,
    ) -> Snap:
        """Join points to the nearest point of the nearest segment off which one may turn, and on
        which this vehicle can go anywhere and come back.

        Only segments of the main component count, and no segment that is a gate itself. Where the
        network knows the country of its roads and the point's country is given, only roads of that
        country count: the way to the road must not cross the border.

        Parameters
        ----------
        lonlat
            (n, 2) WGS 84. A row with NaN is joined to nothing.
        country
            (n,) ISO 3166-1 alpha-2 codes or None.
        """
        lonlat = np.asarray(lonlat, float).reshape(-1, 2)
        group = np.full(len(lonlat), -1, np.int16)
        if country is not None and self.manifest.countries:
            number = {code: i for i, code in enumerate(self.manifest.countries)} | {None: -1}
            group = np.array([number.get(code, NO_COUNTRY) for code in country], np.int16)
        segment, fraction, foot = self.index.nearest(
            lonlat, group, within_m=self.manifest.snap_limit_m, **self._lines(profile)
        )
        distance_m = crs.distance_m(lonlat, foot)
        far = ~(distance_m <= self.manifest.snap_limit_m)
        if far.any():
            segment[far], fraction[far], distance_m[far], foot[far] = -1, np.nan, np.nan, np.nan
        return Snap(segment, fraction, distance_m, foot)

    @property
    def index(self) -> Index:
        """The grid by which points are joined to segments that some vehicle may use; made once and
        kept.
        """

        def make() -> Index:
            usable = np.any([self.usable(profile) for profile in self.profiles], axis=0)
            return Index.of(self.shape_lonlat, self.shape_start, usable)

        return self.kept("index", make)

    def usable(self, profile: str) -> NDArray[np.bool_]:
        """Return for each segment whether a point may be joined to it for this vehicle; kept."""

        def make() -> NDArray[np.bool_]:
            turns, home = self.turns(profile), self.arcs(profile, gates=False).strong()
            main = self._main_vertices(profile) if len(turns.end) else self.main(profile)
            open_ = self.accessible & (self.gate < 0) & np.isfinite(self.time_s[profile])
            return strong.come_and_go(turns, main, home, (self.forward, self.backward)) & open_

        return self.kept(("usable", profile), make)

    def _lines(self, profile: str) -> dict[str, NDArray[Any]]:
        """Return what a search in the grid has to know of the segments."""
        return self.kept(
            ("lines", profile),
            lambda: {
                "shape_start": plain(self.shape_start, "i8"),
                "usable": plain(self.usable(profile), "?"),
                "line_group": plain(self.country, "i2"),
            },
        )
