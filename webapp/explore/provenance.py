"""Where the values of a place come from, in the words of the request, and what rests on memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from geo.layers.provenance import Source
from geo.schema import LAYERS, Field, Layer, unfold
from geo.schema.provenance import POSITION
from geo.siting import land
from webapp import labels
from webapp.i18n import day, sentences, translated
from webapp.i18n import gettext as _
from webapp.labels import LandWords, quantity
from webapp.store import Store, store

WEB = ("https://", "http://")
MOST_PLACES = 2
"""Addresses that stand beside a value; of more, all of which its row names, nobody knows which."""
MANY = 0.1
"""Share of the known values of a field from which on the data page counts their sources."""
TWICE = ("rent_term_high_usd_m2",)
"""Fields that a sheet writes together with another one, whose sources are the same."""
COUNTED = (
    *((layer.id, POSITION) for layer in LAYERS.values() if layer.place),
    ("parks", "area_ha"),
    ("parks", "occupancy_pct"),
    ("gates", "opening_hours"),
)
"""Values of which the data page counts how many rest on memory, as layer and field."""


@dataclass(frozen=True)
class Origin:
    """A source of a value as a sheet shows it: how it is known, of what date, where, each text
    with its address if it has one, and what else is said of it."""

    kind: str
    date: str
    places: tuple[tuple[str, str], ...]
    note: str

    @classmethod
    def of(cls, source: Source, note: str, unit: str) -> Origin:
        """Write a source with what is said of it; `unit` is that of its value."""
        notes = [note] if note else []
        if source.accuracy is not None:
            notes.append(_("good to %(amount)s", amount=quantity(source.accuracy, unit)))
        texts = () if source.kind == "memory" else unfold(source.source)
        places = tuple(map(_place, texts))
        if len(places) > MOST_PLACES:
            places = ((_("some of the %(n)s sources below", n=len(places)), ""),)
        date = day(source.as_of) if source.as_of else ""
        return cls(source.kind, date, places, sentences(notes))


@dataclass(frozen=True)
class Known:
    """How a field of a place is known: what it is called, and its sources."""

    name: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class Counted:
    """How many of the known values of a field rest on memory."""

    layer: str
    field: str
    memory: int
    known: int


def _place(text: str) -> tuple[str, str]:
    """Return a source as its text and its address; of a page the text is the host."""
    if text.startswith(WEB) and " " not in text:
        return urlsplit(text).netloc.removeprefix("www."), text
    return text, ""


def title(layer: Layer, name: str) -> str:
    """Return what a field is called, or the position."""
    return _("Position") if name == POSITION else translated(layer.field(name).title)


def origins(opened: Store, layer: Layer, row_id: str, name: str) -> tuple[Origin, ...]:
    """Return the sources that are named for a value."""
    field = None if name == POSITION else layer.field(name)
    stated = opened.provenance.stated(layer.id, row_id, name)
    return tuple(
        Origin.of(source, _note(opened, field, source), field.unit if field else "m")
        for source in stated
    )


def _note(opened: Store, field: Field | None, source: Source) -> str:
    """Return what is said of a source; of a place it speaks for, the name."""
    if field and field.refers and source.notes in (places := opened.layer(field.refers)).index:
        return labels.name(places.loc[source.notes])
    return source.notes


def beside(opened: Store, layer: Layer, row_id: str, hidden: set[str]) -> list[Known]:
    """Return the sources of what a place has that no line of its facts shows: the position and the
    fields that are `hidden`."""
    return [
        Known(title(layer, name), named)
        for name in opened.provenance.fields(layer.id)
        if (name == POSITION or name in hidden) and name not in TWICE
        if (named := origins(opened, layer, row_id, name))
    ]


def mark(layer_id: str, row_id: object, field: str) -> str:
    """Return how a value is known; empty where that is not sure."""
    return store().provenance.mark(layer_id, str(row_id), field)


def land_kinds(opened: Store, park_id: str) -> dict[str, str]:
    """Return how what is known of the land of a park is known, by field."""
    return {name: opened.provenance.mark("parks", park_id, name) for name in land.FIELDS}


def land_of(park: Mapping[str, Any] | pd.Series, park_id: object = None) -> LandWords:
    """Write what is known of the free land of a park, with how it is known if its id is given."""
    kinds = {} if park_id is None else land_kinds(store(), str(park_id))
    return labels.land_of(park, kinds)


def kinds_of(opened: Store, layer: Layer) -> list[tuple[str, list[tuple[str, int]], int]]:
    """Count the kinds of source of each field that many rows name a source for: what it is called,
    each kind with its number, and how many are known as their row is."""
    counted = []
    for name in opened.provenance.fields(layer.id):
        marks = opened.provenance.marks(layer.id, name)
        stated = [bool(opened.provenance.stated(layer.id, str(key), name)) for key in marks.index]
        if sum(stated) < MANY * len(stated):
            continue
        kinds = marks[marks != ""].value_counts()
        pairs = [(str(kind), int(count)) for kind, count in kinds.items()]
        counted.append((title(layer, name), pairs, int((marks == "").sum())))
    return counted


def remembered(opened: Store) -> list[Counted]:
    """Count what rests on memory: positions, areas, occupancies, hours."""
    counted = []
    for layer_id, name in COUNTED:
        layer, frame = LAYERS[layer_id], opened.layer(layer_id)
        if name != POSITION and name not in frame:
            continue
        marks = opened.provenance.marks(layer_id, name)
        if len(marks):
            counted.append(_counted(opened, layer_id, title(layer, name), marks))
    hours = opened.table("gate_hours")["source_kind"]
    if len(hours):
        counted.append(_counted(opened, "gate_hours", _("Opening hours"), hours))
    return counted


def _counted(opened: Store, name: str, field: str, kinds: pd.Series) -> Counted:
    described = opened.resource(name).get("title") or LAYERS[name].title
    return Counted(translated(described), field, int((kinds == "memory").sum()), len(kinds))
