"""What the layers hold of a site, as a sheet shows it: facts with how they are known, policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pandas as pd

from geo.layers import unfold
from geo.schema import IN_ENGLISH, Field, Layer
from geo.siting import money
from geo.siting.land import leased_share, parts, roles
from webapp.explore.provenance import Origin, origins
from webapp.i18n import bracketed, listed, province, sentences, translated
from webapp.i18n import gettext as _
from webapp.labels import is_known, label, name, quantity
from webapp.store import Store

Row: TypeAlias = Mapping[Any, Any]
"""A feature by column."""
HIDDEN = {
    *("name_en", "name_vi", "name_zh"),
    *("opposite_name_en", "opposite_name_vi", "opposite_name_zh"),
    *("kind", "status", "position_accuracy_m", "timezone"),
    *("area_basis", "occupancy_year", "rent_year", "rent_term_high_usd_m2"),
    *("district_vi", "district_zh", "commune_local", "commune_certainty", "part_of"),
    *("policies", "source", "source_kind", "as_of"),
}
"""Fields that a sheet shows elsewhere, or beside the fact they belong to."""
WHERE_CHANGED = ("province_former_en", "commune")
"""Fields that a sheet leaves out where they are empty, because nothing has changed there."""


@dataclass(frozen=True)
class Fact:
    """One line of a sheet. ``kind`` is how it is known, ``origins`` are its sources, which what is
    ``computed`` does not have; ``note`` stands beside it in small type. Of a number, ``amount`` is
    it, in the ``unit``; ``field`` is that of the layer."""

    name: str
    value: str
    known: bool = True
    kind: str = ""
    note: str = ""
    origins: tuple[Origin, ...] = ()
    computed: bool = False
    amount: float | None = None
    unit: str = ""
    field: str = ""

    @property
    def in_english(self) -> bool:
        """Whether the value is in English, whatever the language of the page."""
        return self.known and self.field in IN_ENGLISH


VERIFIED = ("survey", "page", "code")
"""Kinds of source that others can look up: read on a page, or from public data."""
KEY = ("rent_term_low_usd_m2", "occupancy_pct", "sectors", "developer", "established_year")
"""Fields of a park that stand in its grid, after free land."""


def summary(layer: Layer, facts: list[Fact]) -> dict[str, Any]:
    """Return how many facts have a source that can be looked up, of how many known ones
    (``verified``), and the facts of a park that decide, known or not (``key_facts``).
    """
    known = [fact for fact in facts if fact.known and not fact.computed]
    of_field = {fact.field: fact for fact in reversed(facts)} if layer.id == "parks" else {}
    return {
        "verified": (sum(fact.kind in VERIFIED for fact in known), len(known)),
        "key_facts": [of_field[name] for name in KEY if name in of_field],
    }


def facts(store: Store, layer: Layer, row_id: str, row: Row) -> list[Fact]:
    """List the facts of a feature in the order of its layer's table, unknown ones included."""
    lines: list[Fact] = []
    for field in layer.fields:
        if field.name not in row or field.name in HIDDEN:
            continue
        if field.name in WHERE_CHANGED and not is_known(row[field.name]):
            continue
        kind = store.provenance.mark(layer.id, row_id, field.name)
        is_rent = field.name == "rent_term_low_usd_m2"
        fact = _rent(row) if is_rent else _fact(field, row, kind)
        if field.name == "district" and row["country"] in _without_districts(store):
            fact = replace(fact, name=_("Former district"))
        fact = replace(fact, field=field.name)
        if fact.known and not fact.computed:
            fact = replace(fact, kind=kind, origins=origins(store, layer, row_id, field.name))
        lines += [fact, *(_benchmark(store, row) if is_rent else ())]
    return lines


def _without_districts(store: Store) -> set[str]:
    """Return the countries that have abolished their districts: those whose parks have communes."""

    def make() -> set[str]:
        parks = store.layer("parks")
        return set(parks["country"][parks["commune"].notna()]) if "commune" in parks else set()

    return store.keep("without districts", make)


def _fact(field: Field, row: Row, kind: str) -> Fact:
    title, value = translated(field.title), row[field.name]
    if field.name == "occupancy_pct" and (leased := leased_share(row)):
        note = _(
            "leased ÷ leasable: %(a)s ÷ %(b)s",
            a=quantity(leased.leased_ha, "ha"),
            b=quantity(leased.leasable_ha, "ha"),
        )
        return Fact(
            title, quantity(leased.pct, "%"), note=note, computed=True, amount=leased.pct, unit="%"
        )
    if not is_known(value):
        return Fact(title, _("unknown"), known=False)
    write_note, write = NOTES.get(field.name), WRITTEN.get(field.name)
    return Fact(
        title,
        write(row) if write else text(field, value),
        note=write_note(row, kind) if write_note else "",
        amount=float(value) if field.type == "number" else None,
        unit=field.unit if field.type == "number" else "",
    )


def _word(row: Row, name: str) -> str:
    """Return a text of a row; empty if it is not known."""
    value = row.get(name)
    return str(value) if is_known(value) else ""


def _rent(row: Row) -> Fact:
    low, high = row["rent_term_low_usd_m2"], row["rent_term_high_usd_m2"]
    name = _("Land rent, whole lease term")
    if not is_known(low):
        return Fact(name, _("unknown"), known=False)
    amount = quantity(low) if low == high else f"{quantity(low)}–{quantity(high)}"
    note = _(
        "asking price, %(year)s; not comparable with a rent per year or per month",
        year=row["rent_year"],
    )
    return Fact(name, f"{amount} USD/m²", note=note)


def _benchmark(store: Store, row: Row) -> list[Fact]:
    """Write what land costs on average in the country of a park today, if that is known."""
    country = row["country"]
    benchmark = store.keep(
        ("benchmark", country), lambda: money.benchmark(store.table("rent_benchmarks"), country)
    )
    if benchmark is None:
        return []
    low, high = quantity(benchmark.low.value), quantity(benchmark.high.value)
    amount = low if low == high else f"{low}–{high}"
    note = _(
        "asking prices for the whole lease term, %(year)s: %(averages)s",
        year=benchmark.low.year,
        averages=sentences(
            f"{quantity(row['rent_term_usd_m2'])} {name(row)}{bracketed(row['stated_by'])}"
            for row in benchmark.rows
        ),
    )
    return [
        Fact(
            _("Average land rent today"), f"{amount} USD/m²", kind=benchmark.source_kind, note=note
        )
    ]


def _commune_note(row: Row, _kind: str) -> str:
    return {
        "likely": _("likely: the position error exceeds the distance to the next unit"),
        "nearest": _("nearest unit: the position lies outside all units"),
        "named": _("named by a source"),
    }.get(_word(row, "commune_certainty"), "")


def _area_note(row: Row, _kind: str) -> str:
    if basis := _word(row, "area_basis"):
        return _("basis: %(basis)s", basis=label(basis))
    return _("the source does not say if gross or leasable")


def _occupancy_note(row: Row, kind: str) -> str:
    year = _word(row, "occupancy_year")
    notes = [_("in %(year)s", year=year)] if year else []
    if row["occupancy_pct"] == 100 and kind == "memory":
        notes.append(_("reported as full"))
    return sentences([*notes, _("basis of the figure not stated")])


def _hours_note(row: Row, _kind: str) -> str:
    return _("clock of %(zone)s", zone=row["timezone"])


NOTES: dict[str, Callable[[Row, str], str]] = {
    "area_ha": _area_note,
    "occupancy_pct": _occupancy_note,
    "opening_hours": _hours_note,
    "commune": _commune_note,
}


@dataclass(frozen=True)
class Zone:
    """How a park lies to others: the zones that it is a part of, the parks that are a part of it,
    each as its id and row; whether it `is_zone`, and how its own zones are known.
    """

    around: list[tuple[str, Row]]
    inside: list[tuple[str, Row]]
    is_zone: bool
    kind: str

    @classmethod
    def of(cls, store: Store, site_id: str) -> Zone | None:
        """Look up how a park lies to others; None for what is not a park."""
        parks: pd.DataFrame = store.layer("parks")
        if site_id not in parks.index:
            return None
        inside = store.keep("parts of zones", lambda: parts(parks))
        of_all = store.keep(
            "roles of parks", lambda: dict(zip(parks.index, roles(parks), strict=True))
        )
        row = parks.loc[site_id].to_dict()
        return cls(
            [
                (key, parks.loc[key].to_dict())
                for key in unfold(row.get("part_of"))
                if key in parks.index
            ],
            [(key, parks.loc[key].to_dict()) for key in inside.get(site_id, ())],
            of_all[site_id] == "zone",
            store.provenance.mark("parks", site_id, "part_of"),
        )


def _commune(row: Row) -> str:
    """Write a ward or commune with its name in the language of the country, if it is known."""
    commune, local = _word(row, "commune"), _word(row, "commune_local")
    return f"{local}{bracketed(commune)}" if local else commune


WRITTEN: dict[str, Callable[[Row], str]] = {
    "commune": _commune,
    "district": lambda row: listed(unfold(name(row, "district"))),
}
"""Fields that have a name in more than one language."""


def text(field: Field, value: object) -> str:
    """Write the known value of a field."""
    if field.type == "list":
        return listed(map(label, unfold(value)))
    if field.type == "boolean":
        return _("yes") if value else _("no")
    if field.type == "number":
        return quantity(value, field.unit)
    if field.name.startswith(("province_", "opposite_province_")):
        return province(value)
    if field.allowed or field.name in ("country", "opposite_country"):
        return label(value)
    return str(value)


def policies(store: Store, row: Row) -> list[dict[Any, Any]]:
    """Return the policies that the park's row names."""
    table = store.layer("policies")
    return [
        {**table.loc[policy].to_dict(), "id": policy}
        for policy in unfold(row.get("policies"))
        if policy in table.index
    ]
