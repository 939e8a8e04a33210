"""Which records belong to a place: those of its sheet."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from flask import url_for

from geo.layers import unfold
from geo.schema import Layer
from geo.search import fold
from geo.siting.projects import TOWN_NAMES
from geo.visits.advisories import Borders
from webapp.explore.records import Record, rows
from webapp.explore.site_facts import Row
from webapp.labels import is_known
from webapp.store import Store

MOST_SHOWN = 6
"""Records of a table on one sheet; the others are behind a link."""
SITE_AUDIENCE = {"investors", "employers", "manufacturers", "exporters", "survey_teams"}
"""Whom a rule must concern to stand on the sheet of a park."""
PARK_BODIES = ("zone_board", "investment_promotion")
GATE_BODIES = ("gate_board", "customs", "zone_board")


@dataclass(frozen=True)
class Section:
    """The records of one table that belong to a place; ``more`` is the address of all of them."""

    layer: Layer
    records: list[Record]
    count: int
    more: str
    open: bool


def sections(store: Store, layer: Layer, site_id: str, site: Row) -> list[Section]:
    """Return the records of each table that belong to a place.

    They are those that name it; the boards and, where it is a park or a gate, the traffic of its
    province; and the rules that fit it."""
    belonging = []
    for table in store.held():
        if table.geometry or not table.optional:
            continue
        frame: pd.DataFrame = store.layer(table.id)
        kept = list(_naming(store, table, layer.id).get(site_id, ()))
        beside = BESIDE.get((table.id, layer.id))
        if beside:
            own = set(kept)
            kept += [row for row in beside(store, frame, site) if row not in own]
        if kept:
            query = {"province": site["province_en"]} if beside else {"q": site["name_en"]}
            belonging.append(
                Section(
                    table,
                    rows(store, table, kept[:MOST_SHOWN], without=site_id),
                    len(kept),
                    url_for("pages.table", layer=table.id, **query),
                    open=table.id == "gate_traffic",
                )
            )
    return belonging


def _naming(store: Store, table: Layer, layer_id: str) -> dict[str, list[int]]:
    """Find the records of a table that name a place of a layer: their rows, by the place."""

    def make() -> dict[str, list[int]]:
        frame: pd.DataFrame = store.layer(table.id)
        naming: dict[str, set[int]] = {}
        for field in table.fields:
            if field.refers == layer_id:
                for row, cell in enumerate(frame[field.name]):
                    for key in unfold(cell):
                        naming.setdefault(key, set()).add(row)
        return {key: sorted(rows) for key, rows in naming.items()}

    return store.keep(("naming", table.id, layer_id), make)


def _bodies(kinds: tuple[str, ...]) -> Callable[[Store, pd.DataFrame, Row], list[int]]:
    """Find the bodies that speak for a whole province."""

    def of(frame: pd.DataFrame) -> pd.Series:
        return frame["park"].isna() & frame["gates"].isna() & frame["kind"].isin(kinds)

    return lambda store, frame, site: _in_province(store, ("bodies", kinds), frame, of, site)


def _in_province(
    store: Store,
    name: Hashable,
    frame: pd.DataFrame,
    which: Callable[[pd.DataFrame], pd.Series],
    site: Row,
) -> list[int]:
    """Find the rows of a table, among those it has for all of a province, that are in that of a
    place.
    """

    def make() -> dict[tuple[object, object], list[int]]:
        rows: dict[tuple[object, object], list[int]] = {}
        for row in np.flatnonzero(which(frame)).tolist():
            where = frame["country"].iloc[row], frame["province_en"].iloc[row]
            if all(map(is_known, where)):
                rows.setdefault(where, []).append(row)
        return rows

    return store.keep(("in province", name), make).get((site["country"], site["province_en"]), [])


def _traffic(store: Store, frame: pd.DataFrame, site: Row) -> list[int]:
    return _in_province(store, "traffic", frame, lambda table: table["gates"].isna(), site)


def _fitting(store: Store, frame: pd.DataFrame, site: Row) -> list[int]:
    """Find the rules all of whose conditions a park meets, and that have any."""
    rules = store.keep("rules that fit", lambda: list(map(_Rule.of, frame.to_dict("records"))))
    return [row for row, rule in enumerate(rules) if rule.fits(store, site)]


class _Rule(NamedTuple):
    """What a rule asks of a park, by field, and how near to the border at most."""

    wanted: tuple[tuple[str, frozenset[str]], ...]
    within_m: float | None

    @classmethod
    def of(cls, rule: Row) -> _Rule:
        """Read a rule; one for others than the readers of a park's sheet asks for nothing."""
        wanted = tuple(
            (own, frozenset(unfold(rule[name])))
            for name, own in RULE_CONDITIONS.items()
            if unfold(rule[name])
        )
        concerns = not SITE_AUDIENCE.isdisjoint(unfold(rule["applies_to"]))
        within = rule["within_m"]
        return cls(wanted if concerns else (), float(within) if is_known(within) else None)

    def fits(self, store: Store, site: Row) -> bool:
        """Return whether a park meets all that is asked, and anything is."""
        met = all(
            is_known(site[own]) and not wanted.isdisjoint(unfold(site[own]))
            for own, wanted in self.wanted
        )
        if not self.wanted or not met:
            return False
        return self.within_m is None or _border_m(store, site) <= self.within_m


def _in_town(_store: Store, frame: pd.DataFrame, site: Row) -> list[int]:
    """Find the projects that only say in words where they are, and name a town."""
    names = {fold(str(site[column])) for column in TOWN_NAMES if is_known(site[column])}
    unplaced = frame["park"].isna() & frame["port"].isna() & (frame["country"] == site["country"])
    rows = np.flatnonzero(unplaced.to_numpy(bool)).tolist()
    return [row for row in rows if fold(str(frame["place"].iloc[row])) in names]


RULE_CONDITIONS = {
    "country": "country",
    "province_en": "province_en",
    "park_kinds": "kind",
    "sectors": "sectors",
}
"""What a rule may ask of a park, and the field of the park that answers."""


def _border_m(store: Store, site: Row) -> float:
    """Measure how far a park is from the land border; infinite without outlines."""
    outlines = store.countries()
    if outlines is None:
        return float("inf")
    borders = store.keep("borders", lambda: Borders(outlines))
    point = site["geometry"]
    return borders.distance_m(point.x, point.y, str(site["country"]))


BESIDE: dict[tuple[str, str], Callable[[Store, pd.DataFrame, Row], list[int]]] = {
    ("contacts", "parks"): _bodies(PARK_BODIES),
    ("contacts", "gates"): _bodies(GATE_BODIES),
    ("gate_traffic", "gates"): _traffic,
    ("rules", "parks"): _fitting,
    ("projects", "cities"): _in_town,
}
"""What belongs to a place of a layer though it does not name it."""
