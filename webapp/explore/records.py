"""Records as pages show them: the cells of a table without positions, and on the sheet of a place
the records that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import url_for

from geo.layers import unfold
from geo.layers.provenance import TABLE
from geo.schema import IN_ENGLISH, LAYERS, Field, Layer
from geo.schema.provenance import POSITION
from webapp import labels
from webapp.explore import provenance
from webapp.explore.site_facts import Row, text
from webapp.i18n import clauses, day, lazy_gettext, province, translated
from webapp.i18n import gettext as _
from webapp.labels import is_known, label, quantity
from webapp.store import Store

WEB = ("https://", "http://")
HEADS: dict[str, Any] = {
    "value_low": lazy_gettext("Value"),
    "valid_from": lazy_gettext("When"),
    "name_en": lazy_gettext("Name"),
}
"""What columns are called that show more than their field."""


class Piece(NamedTuple):
    """A text of a cell, with the address it leads to, if any, and whether it is in English whatever
    the language of the page.
    """

    text: str
    href: str = ""
    in_english: bool = False


class Source(NamedTuple):
    """Who says so: kind of source, its date in words, its first address."""

    kind: str
    date: str
    href: str


@dataclass(frozen=True)
class Record:
    """A record as a row shows it: what it is called, its other cells, notes and source."""

    id: str
    name: str
    cells: tuple[tuple[Piece, ...], ...]
    notes: str
    source: Source


def heads(layer: Layer) -> list[str]:
    """Return what the columns of a table are called."""
    return [str(HEADS.get(name) or translated(layer.field(name).title)) for name in layer.shown]


def rows(store: Store, layer: Layer, at: Sequence[int], without: str = "") -> list[Record]:
    """Write the rows of a table that have these numbers; `without` names a place whose own name is
    left out.
    """
    keys = store.layer(layer.id).index
    return [
        _record(store, layer, str(keys[number]), row, without)
        for number, row in zip(at, store.rows(layer.id, at), strict=True)
    ]


def _record(store: Store, layer: Layer, key: str, row: Row, without: str) -> Record:
    first, *others = (layer.field(name) for name in layer.shown)
    addresses = unfold(row["source"])
    href = next((text for text in addresses if text.startswith(WEB) and " " not in text), "")
    return Record(
        key,
        "".join(piece.text for piece in _cell(store, layer, first, row, "")),
        tuple(tuple(_cell(store, layer, field, row, without)) for field in others),
        str(row["notes"]) if is_known(row.get("notes")) else "",
        Source(row["source_kind"], day(row["as_of"]) if is_known(row["as_of"]) else "", href),
    )


def _cell(store: Store, layer: Layer, field: Field, row: Row, without: str) -> Iterable[Piece]:
    if field.name == "province_en" and without:
        return ()  # that of the sheet
    if field.name == "gates" and not is_known(row["gates"]):
        return (Piece(_("all gates of %(province)s", province=province(row["province_en"]))),)
    if layer.id == TABLE:
        return _value_meant(store, field, row)
    if field.refers:
        return _links(store, field, row[field.name], without)
    if field.name in WRITERS:
        return WRITERS[field.name](row)
    value = row[field.name]
    if not is_known(value):
        return ()
    if field.name == "place":
        return (Piece(_place(store, row)),)
    stem = field.name.removesuffix("_en")
    if layer.has(f"{stem}_vi"):
        return (Piece(labels.name(row, stem)),)
    return (Piece(text(field, value), in_english=field.name in IN_ENGLISH),)


def _value_meant(store: Store, field: Field, row: Row) -> Iterable[Piece]:
    """Write which value a row on sources means: place, layer, field, accuracy."""
    layer, key = LAYERS.get(row["layer"]), row["row_id"]
    if not layer or key not in store.layer(layer.id).index or not _is_field(layer, row["field"]):
        return (Piece(str(row[field.name])),) if is_known(row[field.name]) else ()
    if field.name == "row_id":
        place = store.layer(layer.id).loc[key]
        stems = [stem for stem in ("name", "title") if f"{stem}_en" in place]
        called = labels.name(place, stems[0]) if stems else label(place["kind"])
        return (Piece(called, url_for("pages.site", site_id=key) if layer.place else ""),)
    if field.name == "layer":
        return (Piece(translated(layer.title)),)
    if field.name == "field":
        return (Piece(provenance.title(layer, row["field"])),)
    if not is_known(row["accuracy"]):
        return ()
    unit = "m" if row["field"] == POSITION else layer.field(row["field"]).unit
    return (Piece(quantity(row["accuracy"], unit)),)


def _is_field(layer: Layer, name: str) -> bool:
    return name == POSITION or layer.has(name)


def _place(store: Store, row: Row) -> str:
    """Return what a place is called: where it is a city of the atlas, in the language of the page,
    else as it is written.
    """
    cities = store.layer("cities")
    keys: dict[tuple[str, str], str] = store.keep(
        "cities by name",
        lambda: dict(
            zip(zip(cities["country"], cities["name_en"], strict=True), cities.index, strict=True)
        ),
    )
    key = keys.get((str(row.get("country")), str(row["place"])))
    return str(row["place"]) if key is None else labels.name(cities.loc[key])


def _links(store: Store, field: Field, cell: object, without: str) -> Iterable[Piece]:
    frame = store.layer(field.refers)
    for key in unfold(cell):
        if key == without or key not in frame.index:
            continue
        name = labels.name(frame.loc[key], "name" if "name_en" in frame else "title")
        place = LAYERS[field.refers].place
        yield Piece(name, url_for("pages.site", site_id=key) if place else "")


def _value(row: Row) -> Iterable[Piece]:
    low, high = row["value_low"], row["value_high"]
    unit = str(row["unit"]) if is_known(row["unit"]) else ""
    if is_known(low) and is_known(high) and low != high:
        yield Piece(f"{_number(low)}–{_number(high)}\N{NO-BREAK SPACE}{translated(unit)}")
    elif is_known(high):
        written = f"{_number(high)}\N{NO-BREAK SPACE}{translated(unit)}".strip()
        yield Piece(written if is_known(low) else _("at most %(value)s", value=written))
    elif is_known(row.get("value_text")):
        yield Piece(str(row["value_text"]))


def _number(value: float) -> str:
    places = 0 if value == int(value) else 1 if value == round(value, 1) else 2
    return labels.decimal(value, places)


def _measured(name: str, unit: str) -> Callable[[Row], Iterable[Piece]]:
    def write(row: Row) -> Iterable[Piece]:
        if is_known(row[name]):
            words = label(row[unit]) if is_known(row[unit]) else ""
            yield Piece(f"{_number(row[name])}\N{NO-BREAK SPACE}{translated(words)}".strip())

    return write


def _period(row: Row) -> Iterable[Piece]:
    first, last = (
        str(row[name]) if is_known(row[name]) else "" for name in ("valid_from", "valid_to")
    )
    if first and first == last:
        yield Piece(day(first))
    elif first and last:
        yield Piece(f"{day(first)} – {day(last)}")
    elif first:
        yield Piece(_("from %(day)s", day=day(first)))
    elif last:
        yield Piece(_("until %(day)s", day=day(last)))


def _status(row: Row) -> Iterable[Piece]:
    if is_known(row["status"]):
        word = label(row["status"])
        word = word[:1].upper() + word[1:]
        date = row.get("status_date")
        yield Piece(clauses((word, day(date))) if is_known(date) else word)


def _address(name: str, scheme: str = "") -> Callable[[Row], Iterable[Piece]]:
    def write(row: Row) -> Iterable[Piece]:
        if is_known(row[name]):
            shown = str(row[name])
            short = shown.split("//")[-1].rstrip("/")
            yield Piece(short, f"{scheme}{shown.replace(' ', '')}")

    return write


WRITERS: dict[str, Callable[[Row], Iterable[Piece]]] = {
    "value_low": _value,
    "valid_from": _period,
    "status": _status,
    "capital": _measured("capital", "capital_unit"),
    "output": _measured("output", "output_unit"),
    "capacity": _measured("capacity", "unit"),
    "area_ha": lambda row: (
        (Piece(quantity(row["area_ha"], "ha")),) if is_known(row["area_ha"]) else ()
    ),
    "web": _address("web"),
    "phone": _address("phone", "tel:"),
    "mail": _address("mail", "mailto:"),
}
"""Columns that show more than one field, or an address."""
