"""What a sheet says of one site or one point: facts with their sources, and the ways from there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from flask_babel import gettext as _

from geo import layers
from geo.errors import Message
from geo.hours import gates as border_gates
from geo.layers import unfold
from geo.package import TARGETS
from geo.roads import access
from geo.roads.drive import Drive
from geo.roads.network import Manifest
from geo.siting.land import leased_share
from webapp import charts, labels
from webapp.i18n import day, province, said, translated
from webapp.labels import is_known, label, quantity
from webapp.store import Store

HEADS = {"gates": None, "ports": "seaport", "airports": "civil"}
"""Layers whose quickest feature stands in large type, and the one kind that counts there."""
REACH_LIMITS_S = (3600.0, 7200.0)
"""Travel times within which a sheet counts people in its first lines."""
PROFILE_MIN = (15, 30, 60, 90, 120, 180)
"""Travel times in the table of the access profile, whose pictures end at the last of them."""
HIDDEN = {
    *(
        "name_en",
        "name_vi",
        "name_zh",
        "opposite_name_en",
        "opposite_name_vi",
        "opposite_name_zh",
        "kind",
        "status",
        "position_accuracy_m",
    ),
    *("area_basis", "occupancy_year", "rent_year", "rent_term_high_usd_m2", "timezone"),
    *("policies", "source", "as_of", "provenance"),
}
"""Fields that a sheet shows elsewhere, or beside the fact they belong to; so are all that end in
_source_kind and _as_of.
"""


@dataclass(frozen=True)
class Fact:
    """One line of a sheet. ``kind`` says how it is known; ``note`` stands beside it in small
    type.
    """

    name: str
    value: str
    known: bool = True
    kind: str = ""
    note: str = ""


def facts(layer: layers.Layer, row: Any) -> list[Fact]:
    """List the facts of a feature in the order of its layer's table, unknown ones included."""
    out = []
    for field in layer.fields:
        name = field.name
        if name in HIDDEN or name not in row or name.endswith(("source_kind", "_as_of")):
            continue
        value = row[name]
        kind = (
            row.get(f"{name.split('_')[0]}_source_kind")
            if name != "opening_hours"
            else row.get("opening_hours_source_kind")
        )
        note = ""
        if name == "rent_term_low_usd_m2":
            out.append(_rent(row))
            continue
        if name == "occupancy_pct" and (leased := leased_share(row)):
            text = _(
                "leased ÷ leasable: %(a)s ÷ %(b)s",
                a=quantity(leased.leased_ha, "ha"),
                b=quantity(leased.leasable_ha, "ha"),
            )
            out.append(Fact(translated(field.title), quantity(leased.pct, "%"), note=text))
            continue
        if name == "province_former_en" and not is_known(value):
            continue  # the province did not change
        if not is_known(value):
            out.append(Fact(translated(field.title), _("unknown"), known=False))
            continue
        if name == "area_ha":
            basis = row.get("area_basis")
            note = (
                _("basis: %(basis)s", basis=label(basis))
                if is_known(basis)
                else _("the source does not say what the area counts")
            )
        if name == "occupancy_pct":
            note = _occupancy_note(row)
        if name == "opening_hours":
            note = _("clock of %(zone)s", zone=row["timezone"])
            note += (
                f", {day(row['opening_hours_as_of'])}"
                if is_known(row.get("opening_hours_as_of"))
                else ""
            )
        out.append(
            Fact(
                translated(field.title),
                _text(field, value),
                kind=str(kind) if is_known(kind) else "",
                note=note,
            )
        )
    return out


def _rent(row: Any) -> Fact:
    low, high = row["rent_term_low_usd_m2"], row["rent_term_high_usd_m2"]
    name = _("Land rent, whole lease term")
    if not is_known(low):
        return Fact(name, _("unknown"), known=False)
    amount = quantity(low) if low == high else f"{quantity(low)}–{quantity(high)}"
    note = _(
        "asking price, %(year)s; not comparable with a rent per year or per month",
        year=row["rent_year"],
    )
    return Fact(name, f"{amount} USD/m²", kind=str(row["rent_source_kind"]), note=note)


def _occupancy_note(row: Any) -> str:
    notes = (
        [_("in %(year)s", year=row["occupancy_year"])]
        if is_known(row.get("occupancy_year"))
        else []
    )
    if row["occupancy_pct"] == 100 and row.get("occupancy_source_kind") == "memory":
        notes.append(_("only known as full"))
    return "; ".join(
        [*notes, _("the share as it was found: what was divided by what is not stated")]
    )


def _text(field: layers.Field, value: Any) -> str:
    if field.type == "list":
        return ", ".join(label(one) for one in unfold(value))
    if field.type == "boolean":
        return _("yes") if value else _("no")
    if field.type == "number":
        return quantity(value, field.unit)
    if field.type == "integer":
        return str(value)
    if field.name.startswith(("province_", "opposite_province_")):
        return province(value)
    return (
        label(value)
        if field.allowed or field.name in ("country", "opposite_country")
        else str(value)
    )


def policies(store: Store, row: Any) -> list[dict[str, Any]]:
    """Return the policies that the park's row names."""
    table = store.layer("policies")
    return [
        table.loc[one].to_dict() | {"id": one}
        for one in unfold(row.get("policies"))
        if one in table.index
    ]


Row = dict[str, Any]
"""A destination: ``id``, ``name``, ``kind``, ``serves`` (see :func:`serving`), ``via`` and the
columns of :func:`geo.roads.access.travel_times`.
"""


@dataclass(frozen=True)
class Ways:
    """How everything is reached from one point.

    Attributes
    ----------
    targets
        Rows by layer, quickest first, unreachable ones last.
    head
        The first that serves of gates, ports and airports.
    people
        Travel times in seconds, and the people within them.
    within
        Minutes, people and parks reached by then; empty if there is no way at all, as ``curves``.
    curves
        Titles and pictures of what is reached.
    passed
        Gates that this network leads through.
    snap_m
        Distance to the nearest road; None if there is none.
    sentence
        Why there is no way at all, or None.
    today
        With a year, the ``head`` as it is without it.
    """

    drive: Drive
    manifest: Manifest
    targets: dict[str, list[Row]]
    head: dict[str, Row | None]
    people: list[tuple[float, float]]
    within: list[tuple[float, ...]]
    curves: list[charts.Curve]
    gate_names: dict[str, str]
    snap_m: float | None
    sentence: str | None
    today: dict[str, Row | None]

    @property
    def coarse(self) -> bool:
        return self.manifest.coarse

    @property
    def passed(self) -> set[str]:
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
    network, profile = store.roads(drive), drive.profile
    table = store.access_from(origin, drive).drop(columns="geometry")
    table = table[table.index != origin.index[0]].sort_values(
        ["travel_time_s", "distance_m"], kind="stable", na_position="last"
    )
    closed = set(drive.closed)
    gate_names = labels.names(store.layer("gates")).to_dict()
    targets = {
        layer_id: _rows(
            table[table["layer"] == layer_id],
            serving(store, layer_id, profile) - closed,
            gate_names,
        )
        for layer_id in TARGETS
    }
    snaps = [
        row["from_snap_m"]
        for rows in targets.values()
        for row in rows
        if is_known(row["from_snap_m"])
    ]
    reached = store.reached(origin, drive)
    within = [
        (minutes, *(at(curve, 60 * minutes) for curve in reached.values()))
        for minutes in PROFILE_MIN
    ]
    sentence = None
    if not snaps:
        limit = quantity(network.manifest.snap_limit_m / 1000)
        sentence = _(
            "No road of this network lies within %(km)s km, so nothing can be said about access"
            " from here.",
            km=limit,
        )
        if "country" in origin and not is_known(origin["country"].iloc[0]):
            sentence = _(
                "This point lies at sea or outside the countries of this map, so there is no way by"
                " road."
            )
    return Ways(
        drive=drive,
        manifest=network.manifest,
        targets=targets,
        head={layer_id: _first(targets[layer_id], kind) for layer_id, kind in HEADS.items()},
        people=[(limit, at(reached["people"], limit)) for limit in REACH_LIMITS_S],
        within=[] if sentence else within,
        curves=(
            [] if sentence else charts.profile(reached, network.manifest.coarse, PROFILE_MIN[-1])
        ),
        gate_names=gate_names,
        snap_m=min(snaps) if snaps else None,
        sentence=sentence,
        today=ways(store, origin, replace(drive, year=None)).head if drive.year else {},
    )


def at(curve: pd.Series, limit_s: float) -> float:
    """Read a curve of :meth:`webapp.store.Store.reached` at a travel time."""
    return float(curve.iloc[curve.index.searchsorted(limit_s, side="right") - 1])


def _first(rows: list[Row], kind: str | None) -> Row | None:
    return next(
        (
            row
            for row in rows
            if row["serves"] and kind in (None, row["kind"]) and is_known(row["travel_time_s"])
        ),
        None,
    )


def _rows(table: Any, serves: set[str], gate_names: dict[str, str]) -> list[Row]:
    rows = []
    for key, row in zip(table.index, table.to_dict("records"), strict=True):
        gates = unfold(row["gates"])
        via = ", ".join(gate_names[gate] for gate in gates)
        rows.append(
            row
            | {
                "id": key,
                "name": labels.name(row),
                "serves": key in serves,
                "gates": gates,
                "via": via,
            }
        )
    return rows


def serving(store: Store, layer_id: str, profile: str) -> set[str]:
    """Name the features that serve a vehicle today: gates it may pass, ports and airports that are
    open.
    """
    frame = store.layer(layer_id)
    if layer_id == "gates":
        return set(
            frame.index[
                border_gates.service_time_s(frame, store.table("crossings"), profile).notna()
            ]
        )
    if "status" in frame:
        return set(frame.index[~frame["status"].isin(("planned", "under_construction"))])
    return set(frame.index)


def gate_notes(store: Store, gate: gpd.GeoDataFrame) -> list[str]:
    """Say in sentences who may pass a gate in the corridor network."""
    key = gate.index[0]
    network = store.network()
    blocked = [
        said(note.values["fault"])
        for note in network.manifest.notes
        if isinstance(note, Message) and note.values.get("path") == key
    ]
    if blocked:
        return blocked
    notes = []
    for profile in network.profiles:
        time = float(border_gates.service_time_s(gate, store.table("crossings"), profile).iloc[0])
        if np.isfinite(time):
            minutes = round(time / 60)
            notes.append(
                _(
                    "%(vehicle)s: passes, assumed %(minutes)d min without a queue",
                    vehicle=label(profile),
                    minutes=minutes,
                )
            )
        else:
            notes.append(_("%(vehicle)s: no way through in this network", vehicle=label(profile)))
    return notes


def headline(store: Store, profile: str) -> dict[str, dict[str, tuple[str, float]]]:
    """Return for each park the quickest gate, port and airport that serves the vehicle: layer →
    park → (id, seconds)."""

    def make() -> dict[str, dict[str, tuple[str, float]]]:
        out = {}
        for layer_id, kind in HEADS.items():
            frame = store.layer(layer_id)
            counted = serving(store, layer_id, profile) & set(
                frame.index[frame["kind"] == kind] if kind else frame.index
            )
            time = access.time_matrix(
                store.network(),
                store.layer("parks"),
                frame[frame.index.isin(counted)],
                profile=profile,
            )
            time = time.dropna(how="all")
            out[layer_id] = (
                dict(
                    zip(
                        time.index,
                        zip(time.idxmin(axis=1), time.min(axis=1), strict=True),
                        strict=True,
                    )
                )
                if time.size
                else {}
            )
        return out

    return store.keep(("headline", profile), make)


def switch_query(where: dict[str, Any], drive: Drive, **changes: Any) -> list[tuple[str, Any]]:
    """Return the query of the same sheet with another vehicle, network or closed gates; a site
    stands in the path already."""
    return [
        *((key, value) for key, value in where.items() if key != "site"),
        *replace(drive, **changes).query().items(),
    ]


def map_query(where: dict[str, Any], drive: Drive) -> dict[str, Any]:
    """Return the query of the map that shows this place under the same terms."""
    place = (
        {"site": where["site"]} if where.get("site") else {"at": f"{where['lon']},{where['lat']}"}
    )
    return place | drive.query()


def toggled(closed: tuple[str, ...], gate: str) -> tuple[str, ...]:
    """Close a gate that was open, or open one that was closed."""
    return tuple(sorted(set(closed) ^ {gate}))
