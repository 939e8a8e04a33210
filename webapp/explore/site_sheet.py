"""What a sheet shows of one site or one point: the ways from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.hours import gates as border_gates
from geo.package import TARGETS
from geo.roads import access
from geo.roads.drive import Drive
from geo.roads.main_roads import NO_ROADS
from geo.roads.network import Manifest
from geo.schema import Layer, unfold
from geo.schema.provenance import POSITION
from geo.schema.tables import PACES
from geo.siting import measures
from geo.siting.measures import DESTINATIONS
from geo.siting.sites import NOT_OPEN
from webapp import charts, labels
from webapp.explore import provenance, site_facts
from webapp.explore.site_facts import Fact, Row
from webapp.i18n import N_, listed, said
from webapp.i18n import gettext as _
from webapp.labels import is_known, label, quantity
from webapp.store import Store

HEADS = {row.layer: row for row in DESTINATIONS if row.id in ("gate", "port", "airport")}
"""Layers whose quickest feature stands in large type, and which features count there."""
REACH_LIMITS_S = (3600.0, 7200.0)
"""Travel times within which a sheet counts people in its first lines."""
PROFILE_MIN = (15, 30, 60, 90, 120, 180)
"""Travel times in the table of the access profile, whose pictures end at the last of them."""


@dataclass(frozen=True)
class Destination:
    """How a place is reached: the columns of :func:`geo.roads.access.travel_times`, the gates on
    the way also in words, and whether it serves the vehicle (see :func:`serving`).
    """

    id: str
    name: str
    kind: str
    travel_time_s: float
    length_m: float
    distance_m: float
    gates: tuple[str, ...]
    via: str
    serves: bool


@dataclass(frozen=True)
class Ways:
    """How everything is reached from one point.

    Attributes
    ----------
    targets
        Destinations by layer, quickest first, unreachable ones last.
    head
        The first that serves of gates, container ports and airports.
    unsure
        Layers of which the first may be another one, because of some it is not known whether they
        count.
    people
        Travel times in seconds, and the people within them by car.
    counted
        Who is counted in each country, and of what year.
    paces
        Days at the border with the longest time that a gate takes then; empty where all take the
        vehicle as long.
    within
        Minutes, and the people (by car) and parks (with the vehicle) reached by then; empty if
        there is no way at all, as ``curves``.
    curves
        Titles and pictures of what is reached.
    snap_m
        Distance to the nearest road; None if there is none.
    sentence
        Why there is no way at all, or None.
    today
        With a year, the ``head`` as it is without it.
    """

    drive: Drive
    manifest: Manifest
    targets: dict[str, list[Destination]]
    head: dict[str, Destination | None]
    unsure: set[str]
    people: list[tuple[float, float]]
    counted: list[str]
    paces: dict[str, float]
    within: list[tuple[float, ...]]
    curves: list[charts.Curve]
    gate_names: dict[str, str]
    snap_m: float | None
    sentence: str | None
    today: dict[str, Destination | None]

    @property
    def passed(self) -> set[str]:
        """Gates that this network leads through."""
        return set(self.manifest.gates)

    @property
    def leg_factor(self) -> float:
        return self.manifest.access_detour

    @property
    def network(self) -> str:
        return self.drive.network

    @property
    def profile(self) -> str:
        return self.drive.profile


def ways(store: Store, origin: gpd.GeoDataFrame, drive: Drive) -> Ways:
    """Return how everything is reached from one point."""
    roads = store.roads(drive)
    manifest, targets = roads.manifest, store.targets()
    table = access.ways(roads, origin, targets, profile=drive.profile)
    order = np.lexsort((table["distance_m"], table["travel_time_s"]))
    order = order[(targets.index != origin.index[0])[order]]
    gate_names: dict[str, str] = labels.names(store.layer("gates")).to_dict()
    places = _destinations(store, table, order.tolist(), drive, gate_names)
    snap_m = float(table["from_snap_m"].min())
    sentence = None if is_known(snap_m) else _why_not(manifest, origin)
    reached = store.reached(origin, drive)
    within = [
        (minutes, *(at(curve, 60 * minutes) for curve in reached.values()))
        for minutes in PROFILE_MIN
    ]
    return Ways(
        drive=drive,
        manifest=manifest,
        targets=places,
        head={
            layer_id: _first(places[layer_id], _counted(store, row))
            for layer_id, row in HEADS.items()
        },
        unsure={layer_id for layer_id, row in HEADS.items() if _is_unsure(store, row)},
        people=[(limit, at(reached["people"], limit)) for limit in REACH_LIMITS_S],
        counted=who_is_counted(store),
        paces=_paces(store, drive.profile),
        within=[] if sentence else within,
        curves=[] if sentence else charts.profile(reached, PROFILE_MIN[-1]),
        gate_names=gate_names,
        snap_m=None if sentence else snap_m,
        sentence=sentence,
        today=ways(store, origin, replace(drive, year=None)).head if drive.year else {},
    )


COUNTED = {
    "registered": N_("%(country)s: people registered there, %(year)s"),
    "residents": N_("%(country)s: people who live there, %(year)s"),
}


def who_is_counted(store: Store) -> list[str]:
    """Write who is counted in each country, the largest first, as far as the data say; countries
    with less than a hundredth of all are left out.
    """

    def counts() -> list[tuple[str, str, int]]:
        population = pd.DataFrame(store.population())
        if not {"counted", "year"} <= set(population):
            return []
        sums = population.groupby(["counted", "country", "year"])["population"].sum()
        most = sums[sums >= sums.sum() / 100].sort_values(ascending=False)
        return [(counted, country, int(year)) for counted, country, year in most.index]

    return [
        _(COUNTED[counted], country=label(country), year=year)
        for counted, country, year in store.keep("who is counted", counts)
    ]


def _paces(store: Store, profile: str) -> dict[str, float]:
    """Return the days at the border, and the longest time that a gate takes a vehicle then."""

    def make() -> dict[str, float]:
        gates, crossings = store.layer("gates"), store.table("crossings")
        times = {
            pace: float(border_gates.service_time_s(gates, crossings, profile, pace).max())
            for pace in PACES
        }
        return times if len({*times.values()}) > 1 else {}

    return store.keep(("paces", profile), make)


def _why_not(manifest: Manifest, origin: gpd.GeoDataFrame) -> str:
    """Write why no road is reached from a point."""
    if "country" in origin and not is_known(origin["country"].iloc[0]):
        return _("This point lies at sea or outside the mapped countries, so no road leads there.")
    if not manifest.road_classes:
        return said(NO_ROADS)
    return _(
        "No accessible road lies within %(km)s km in this network, so access cannot be estimated.",
        km=quantity(manifest.snap_limit_m / 1000),
    )


def at(curve: pd.Series, limit_s: float) -> float:
    """Read a curve of :meth:`webapp.store.Store.reached` at a travel time."""
    return float(curve.iloc[int(curve.index.searchsorted(limit_s, side="right")) - 1])


def counting(store: Store, row: measures.Destination) -> gpd.GeoDataFrame:
    """Return the features of a layer that are known to count as a kind of destination."""
    frame = store.layer(row.layer)
    return frame[row.counts(frame).fillna(False).to_numpy(bool)]


def _counted(store: Store, row: measures.Destination) -> set[str]:
    """Return the ids of the features that are known to count as a kind of destination."""
    return store.keep(("counted", row.id), lambda: set(counting(store, row).index))


def _is_unsure(store: Store, row: measures.Destination) -> bool:
    """Return whether there is an open feature of which nobody knows whether it counts."""

    def make() -> bool:
        frame = store.layer(row.layer)
        unknown = row.counts(frame).isna()
        return bool((unknown & ~frame["status"].isin(NOT_OPEN)).any()) if unknown.any() else False

    return store.keep(("unsure", row.id), make)


def _first(places: list[Destination], counted: set[str]) -> Destination | None:
    return next(
        (
            place
            for place in places
            if place.serves and place.id in counted and is_known(place.travel_time_s)
        ),
        None,
    )


def _destinations(
    store: Store,
    table: Mapping[str, NDArray[Any]],
    order: list[int],
    drive: Drive,
    gate_names: Mapping[str, str],
) -> dict[str, list[Destination]]:
    """Write the ways of a table to all targets in some order, by layer."""
    targets = store.targets()
    columns = [
        *(targets.index.tolist(), targets["layer"].tolist(), targets["kind"].tolist()),
        labels.names(targets).tolist(),
        *(table[name].tolist() for name in ("travel_time_s", "length_m", "distance_m", "gates")),
    ]
    rows = list(zip(*columns, strict=True))
    serves = {
        layer_id: serving(store, layer_id, drive.profile) - set(drive.closed)
        for layer_id in TARGETS
    }
    places: dict[str, list[Destination]] = {layer_id: [] for layer_id in TARGETS}
    for number in order:
        key, layer_id, kind, name, time_s, length_m, distance_m, cell = rows[number]
        gates = unfold(cell)
        place = Destination(
            id=key,
            name=str(name),
            kind=str(kind),
            travel_time_s=time_s,
            length_m=length_m,
            distance_m=distance_m,
            gates=gates,
            via=listed(gate_names[gate] for gate in gates),
            serves=key in serves[layer_id],
        )
        places[layer_id].append(place)
    return places


@dataclass(frozen=True)
class Site:
    """What the sheet and the factsheet of a place have in common."""

    layer: Layer
    site_id: str
    frame: gpd.GeoDataFrame
    row: Row
    names: list[tuple[str, str]]
    facts: list[Fact]
    beside: list[provenance.Known]
    position_kind: str
    zone: site_facts.Zone | None
    policies: list[dict[str, object]]
    row_sources: tuple[str, ...]
    lonlat: tuple[float, float]
    ways: Ways

    @classmethod
    def of(cls, store: Store, site_id: str, drive: Drive) -> Site:
        """Look up a place, and how everything is reached from there."""
        layer, frame = store.place(site_id)
        row = {str(name): value for name, value in frame.iloc[0].items()}
        return cls(
            layer=layer,
            site_id=site_id,
            frame=frame,
            row=row,
            names=labels.all_names(row),
            facts=site_facts.facts(store, layer, site_id, row),
            beside=provenance.beside(store, layer, site_id, site_facts.HIDDEN),
            position_kind=store.provenance.mark(layer.id, site_id, POSITION),
            zone=site_facts.Zone.of(store, site_id),
            policies=site_facts.policies(store, row) if layer.id == "parks" else [],
            row_sources=unfold(row["source"]),
            lonlat=(float(frame.geometry.x.iloc[0]), float(frame.geometry.y.iloc[0])),
            ways=ways(store, frame, drive),
        )


def serving(store: Store, layer_id: str, profile: str) -> set[str]:
    """Return the features that serve a vehicle today: gates it may pass, ports and airports that
    are open.
    """

    def make() -> set[str]:
        frame = store.layer(layer_id)
        if layer_id == "gates":
            serves = border_gates.service_time_s(frame, store.table("crossings"), profile).notna()
            return set(frame.index[serves])
        if "status" in frame:
            return set(frame.index[~frame["status"].isin(NOT_OPEN)])
        return set(frame.index)

    return store.keep(("serving", layer_id, profile), make)


def gate_notes(store: Store, gate: gpd.GeoDataFrame) -> list[str]:
    """Write in sentences who may pass a gate on the main roads."""
    network = store.network()
    if gate.index[0] not in network.manifest.gates:
        return [_("No main road crosses the border here.")]
    return [_passing(store, gate, profile) for profile in network.profiles]


def _passing(store: Store, gate: gpd.GeoDataFrame, profile: str) -> str:
    time = float(border_gates.service_time_s(gate, store.table("crossings"), profile).iloc[0])
    if not np.isfinite(time):
        return _("%(vehicle)s: cannot pass in this network", vehicle=label(profile))
    return _(
        "%(vehicle)s: can pass; %(minutes)d min assumed without a queue",
        vehicle=label(profile),
        minutes=round(time / 60),
    )


def headline(
    store: Store, profile: str, some: gpd.GeoDataFrame | None = None
) -> dict[str, dict[str, tuple[str, float]]]:
    """Return for each park the quickest gate, container port and airport that serves the vehicle:
    layer → park → (id, seconds), on the default network.

    Parameters
    ----------
    some
        Parks that are enough if those of all have not been computed; None for all.
    """
    drive = Drive(profile)
    key = "headline", drive, store.networks.version(drive.network)
    parks = store.layer("parks") if some is None or store.kept(key) else some

    def quickest(row: measures.Destination) -> dict[str, tuple[str, float]]:
        frame = counting(store, row)
        counted = frame[frame.index.isin(serving(store, row.layer, profile))]
        time = access.time_matrix(store.roads(drive), parks, counted, profile=profile).dropna(
            how="all"
        )
        if not time.size:
            return {}
        best = zip(time.idxmin(axis=1), time.min(axis=1), strict=True)
        return dict(zip(time.index, best, strict=True))

    def make() -> dict[str, dict[str, tuple[str, float]]]:
        return {layer_id: quickest(row) for layer_id, row in HEADS.items()}

    return make() if parks is some else store.keep(key, make)
