"""The rows of sites side by side: land and price, access, facts, and the policies that apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from geo.roads.accuracy import TIME_SHARE, minutes_between
from geo.roads.drive import Drive
from geo.schema import LAYERS
from geo.siting.land import free_land
from geo.siting.measures import DESTINATIONS
from webapp import labels
from webapp.explore import coming, provenance, site_facts
from webapp.i18n import clauses, day, translated
from webapp.i18n import gettext as _
from webapp.labels import is_known, label
from webapp.siting import sources, wording
from webapp.siting.beside import Cell, Part, Row
from webapp.store import Store


def parts(opened: Store, drive: Drive, order: Sequence[str], prices: list[Row]) -> list[Part]:
    """Lay what is known of sites side by side, the `prices` below the land."""
    return [
        Part(_("Land and price"), [_land(opened, order), *prices]),
        Part(
            _("Access by %(vehicle)s", vehicle=label(drive.profile)),
            [
                *_times(opened, drive, order),
                _people(opened, drive, order),
                _projects(opened, drive, order),
            ],
        ),
        Part(_("Facts"), _facts(opened, order)),
        Part(_("Policies"), _policies(opened, order)),
    ]


def _land(opened: Store, order: Sequence[str]) -> Row:
    """Write the hectares that are known to be free; shares and unknown land have none."""
    cells: dict[str, list[Cell]] = {site: [] for site in order}
    years = set()
    for site in order:
        park: Any = opened.layer("parks").loc[site]
        kinds = provenance.land_kinds(opened, site)
        land, words = free_land(park, kinds), labels.land_of(park, kinds)
        if words.state == "unknown":
            cells[site].append(Cell(words.text))
            continue
        known = land.full or is_known(land.free_ha)
        free = None if not known else 0.0 if land.full else float(land.free_ha)
        origins = sources.of_land(opened, site, "leasable_ha", "occupancy_pct")
        cells[site].append(Cell(words.text, words.kind, low=free, high=free, origins=origins))
        years.add(land.year)
    same = len(years) == 1  # land that was free years ago may be gone
    return Row(_("Free land"), cells, translated("ha"), "high" if same else "")


def _projects(opened: Store, drive: Drive, order: Sequence[str]) -> Row:
    """Count the projects that are coming near each site, of those whose place is known."""
    network = sources.computed(drive.network)
    cells = {
        site: [
            Cell(labels.decimal(len(near)), low=float(len(near)), high=len(near), origins=network)
        ]
        for site, near in coming.near(opened, order, drive).items()
    }
    return Row(_("Projects within %(m)s min", m=coming.NEAR_MIN), cells)


def _times(opened: Store, drive: Drive, order: Sequence[str]) -> list[Row]:
    table, places = opened.sites(drive).loc[list(order)], opened.destinations()
    network = sources.computed(drive.network)
    rows = []
    for destination in DESTINATIONS:
        column, nearest = destination.columns(drive.profile)
        seconds_to: dict[Any, Any] = table[column].to_dict()
        nearest_to: dict[Any, Any] = table[nearest].to_dict()
        cells: dict[str, list[Cell]] = {site: [] for site in order}
        for site in order:
            seconds, place = seconds_to[site], nearest_to[site]
            if not is_known(seconds):
                continue
            low, high = minutes_between(seconds) if np.isfinite(seconds) else (np.inf,) * 2
            where = labels.name(places[destination.id].loc[place]) if is_known(place) else ""
            text = wording.amount(destination.id, seconds)
            cells[site] = [Cell(text, "", "", where, float(low), float(high), origins=network)]
        title = wording.criterion_name(destination.id)
        rows.append(Row(title, cells, translated("min"), "low"))
    return rows


def _people(opened: Store, drive: Drive, order: Sequence[str]) -> Row:
    """Write how many people live within an hour, which is as uncertain as the hour."""
    people_of: dict[Any, Any] = opened.sites(drive)["people_60min"].to_dict()
    cells: dict[str, list[Cell]] = {site: [] for site in order}
    for site in order:
        people = people_of[site]
        if is_known(people):
            cells[site] = [
                Cell(
                    labels.quantity(people),
                    low=people,
                    high=people,
                    doubt=TIME_SHARE * people,
                    origins=sources.computed(drive.network),
                )
            ]
    return Row(wording.criterion_name("people"), cells, better="high")


def _facts(opened: Store, order: Sequence[str]) -> list[Row]:
    """Write the facts of the sheets in one row each."""
    # the rent stands with the prices
    frame = opened.layer("parks").drop(columns="rent_term_low_usd_m2")
    rows: dict[str, Row] = {}
    for site in order:
        of_site = frame.loc[site].to_dict()
        for fact in site_facts.facts(opened, LAYERS["parks"], site, of_site):
            empty: dict[str, list[Cell]] = {other: [] for other in order}
            row = rows.setdefault(fact.name, Row(fact.name, empty, translated(fact.unit)))
            if not fact.known:
                continue
            if fact.unit and not row.unit:
                row = rows[fact.name] = Row(fact.name, row.cells, translated(fact.unit))
            origins = sources.of_field(opened, site, fact.field)
            low = high = fact.amount
            cell = Cell(fact.value, fact.kind, fact.note, low=low, high=high, origins=origins)
            row.cells[site] = [replace(cell, in_english=fact.in_english)]
    return list(rows.values())


def _policies(opened: Store, order: Sequence[str]) -> list[Row]:
    parks = opened.layer("parks")
    of_site = {site: site_facts.policies(opened, parks.loc[site].to_dict()) for site in order}
    every: dict[str, dict[Any, Any]] = {
        policy["id"]: policy for policy in chain.from_iterable(of_site.values())
    }
    applying = {site: {policy["id"] for policy in policies} for site, policies in of_site.items()}
    return [
        Row(
            labels.name(policy, "title"),
            {
                site: [Cell(_("applies"), origins=sources.of_row(policy))]
                if key in applying[site]
                else [Cell("–")]
                for site in order
            },
            also=clauses((policy["legal_basis"], day(policy["as_of"]))),
        )
        for key, policy in every.items()
    ]
