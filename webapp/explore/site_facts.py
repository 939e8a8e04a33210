"""What the layers hold of a site, as a sheet shows it: facts with how they are known, policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from flask_babel import gettext as _

from geo.layers import unfold
from geo.schema import Field, Layer
from geo.siting.land import leased_share
from webapp.i18n import day, province, translated
from webapp.labels import is_known, label, quantity
from webapp.store import Store

Row: TypeAlias = Mapping[Any, Any]
"""A feature by column."""
HIDDEN = {
    *("name_en", "name_vi", "name_zh"),
    *("opposite_name_en", "opposite_name_vi", "opposite_name_zh"),
    *("kind", "status", "position_accuracy_m", "timezone"),
    *("area_basis", "occupancy_year", "rent_year", "rent_term_high_usd_m2"),
    *("policies", "source", "as_of", "provenance"),
}
"""Fields that a sheet shows elsewhere, or beside the fact they belong to; so are all that end in
_source_kind and _as_of.
"""


@dataclass(frozen=True)
class Fact:
    """One line of a sheet. ``kind`` is how it is known; ``note`` stands beside it in small type."""

    name: str
    value: str
    known: bool = True
    kind: str = ""
    note: str = ""


def facts(layer: Layer, row: Row) -> list[Fact]:
    """List the facts of a feature in the order of its layer's table, unknown ones included."""
    return [
        _rent(row) if field.name == "rent_term_low_usd_m2" else _fact(field, row)
        for field in layer.fields
        if field.name in row
        and field.name not in HIDDEN
        and not field.name.endswith(("source_kind", "_as_of"))
        and (field.name != "province_former_en" or is_known(row[field.name]))  # did not change
    ]


def _fact(field: Field, row: Row) -> Fact:
    title, value = translated(field.title), row[field.name]
    if field.name == "occupancy_pct" and (leased := leased_share(row)):
        note = _(
            "leased ÷ leasable: %(a)s ÷ %(b)s",
            a=quantity(leased.leased_ha, "ha"),
            b=quantity(leased.leasable_ha, "ha"),
        )
        return Fact(title, quantity(leased.pct, "%"), note=note)
    if not is_known(value):
        return Fact(title, _("unknown"), known=False)
    stem = field.name if field.name == "opening_hours" else field.name.split("_")[0]
    write_note = NOTES.get(field.name)
    return Fact(
        title,
        text(field, value),
        kind=_word(row, f"{field.name}_source_kind") or _word(row, f"{stem}_source_kind"),
        note=write_note(row) if write_note else "",
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
    return Fact(name, f"{amount} USD/m²", kind=str(row["rent_source_kind"]), note=note)


def _area_note(row: Row) -> str:
    if basis := _word(row, "area_basis"):
        return _("basis: %(basis)s", basis=label(basis))
    return _("the source does not say what the area counts")


def _occupancy_note(row: Row) -> str:
    year = _word(row, "occupancy_year")
    notes = [_("in %(year)s", year=year)] if year else []
    if row["occupancy_pct"] == 100 and row.get("occupancy_source_kind") == "memory":
        notes.append(_("only known as full"))
    return "; ".join(
        [*notes, _("the share as it was found: what was divided by what is not stated")]
    )


def _hours_note(row: Row) -> str:
    note = _("clock of %(zone)s", zone=row["timezone"])
    date = _word(row, "opening_hours_as_of")
    return f"{note}, {day(date)}" if date else note


NOTES: dict[str, Callable[[Row], str]] = {
    "area_ha": _area_note,
    "occupancy_pct": _occupancy_note,
    "opening_hours": _hours_note,
}


def text(field: Field, value: object) -> str:
    """Write the known value of a field."""
    if field.type == "list":
        return ", ".join(map(label, unfold(value)))
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
