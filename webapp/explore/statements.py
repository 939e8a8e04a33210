"""What sides state of the values of a place, in the words of the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from flask import url_for

from geo.exchange import claims as claims_of
from geo.exchange import standing
from geo.exchange.claims import EXISTENCE, GONE, Claim, Statement
from geo.layers import validation
from geo.layers.provenance import Source
from geo.schema import LAYERS, Layer
from geo.schema.provenance import POSITION
from webapp import labels
from webapp.explore import provenance, site_facts
from webapp.explore.provenance import Origin
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext
from webapp.store import Store

TABLE = "claims"
STATES: Mapping[str, Any] = {
    "accepted": lazy_gettext("accepted"),
    "refused": lazy_gettext("refused"),
    "proposed": lazy_gettext("waits for a decision"),
}
"""What is said of a statement on which something was decided."""


@dataclass(frozen=True)
class Stated:
    """A statement as a page shows it: whose, what, how it is known, whether it waits for a
    decision, what was decided and why, and whether the value follows from it. ``lonlat`` is where
    it puts the place, None of other values.
    """

    id: str
    party: str
    value: str
    origin: Origin
    waits: bool
    state: str
    reason: str
    counts: bool
    lonlat: tuple[float, float] | None


@dataclass(frozen=True)
class Value:
    """A value with all that is stated of it, the statement first that counts.

    Attributes
    ----------
    place
        Identifier and name of the row.
    address
        Where the row is shown; empty while it waits for a release.
    title
        What the field is called.
    is_disputed
        Whether sides differ and nothing is decided.
    """

    layer: str
    place: tuple[str, str]
    address: str
    field: str
    title: str
    statements: tuple[Stated, ...]
    is_disputed: bool


def of_row(opened: Store, layer: Layer, row_id: str) -> list[Value]:
    """Return the values of a row of which the package holds statements of several."""
    return [
        value_of(opened, key, statements)
        for key, statements in _held(opened).get((layer.id, row_id), {}).items()
    ]


def _held(opened: Store) -> dict[tuple[str, str], dict[standing.Key, list[Statement]]]:
    """Return the statements of the package by row and value."""

    def make() -> dict[tuple[str, str], dict[standing.Key, list[Statement]]]:
        rows: dict[tuple[str, str], dict[standing.Key, list[Statement]]] = {}
        for cells in opened.layer(TABLE).to_dict("records"):
            statement = _statement({str(name): cell for name, cell in cells.items()})
            key = statement.claim.key
            rows.setdefault(key[:2], {}).setdefault(key, []).append(statement)
        return rows

    return opened.keep("statements", make)


def _statement(row: Mapping[str, Any]) -> Statement:
    """Read a row of the table."""
    known: dict[str, Any] = {name: None if pd.isna(cell) else cell for name, cell in row.items()}
    claim = Claim(
        *(known["layer"], known["row_id"], known["field"], known["value"], known["party"]),
        *(known["source"], known["source_kind"], known["as_of"] or ""),
        accuracy=known["accuracy"],
        notes=known["notes"] or "",
    )
    return Statement(claim, known["state"], 0, known["reason"] or "")


def value_of(opened: Store, key: standing.Key, statements: Sequence[Statement]) -> Value:
    """Write a value with its statements."""
    layer_id, row_id, name = key
    layer, frame = LAYERS[layer_id], opened.layer(layer_id)
    called = labels.name(frame.loc[row_id]) if row_id in frame.index else row_id
    return Value(
        layer_id,
        (row_id, called),
        _address(layer, row_id) if row_id in frame.index else "",
        name,
        _("Existence") if name == EXISTENCE else provenance.title(layer, name),
        tuple(
            _stated(layer, entry, counts=place == 0 and entry.counts)
            for place, entry in enumerate(statements)
        ),
        standing.is_disputed(key, statements),
    )


def _address(layer: Layer, row_id: str) -> str:
    if layer.place:
        return url_for("pages.site", site_id=row_id)
    return url_for("pages.table", layer=layer.id, _anchor=row_id)


def _stated(layer: Layer, entry: Statement, *, counts: bool) -> Stated:
    claim = entry.claim
    unit = "m" if claim.field == POSITION else ""
    if claim.field not in (POSITION, EXISTENCE):
        unit = layer.field(claim.field).unit
    source = Source(claim.source_kind, claim.source, claim.as_of, claim.accuracy, claim.notes)
    return Stated(
        claim.id,
        claim.party,
        written(layer, claim.field, claim.value),
        Origin.of(source, claim.notes, unit),
        entry.state == "proposed",
        str(STATES.get(entry.state, "")),
        entry.reason,
        counts,
        claims_of.lonlat(claim.value) if claim.field == POSITION else None,
    )


def written(layer: Layer, name: str, value: str | None) -> str:
    """Write the value of a claim as pages write that of a field."""
    if value is None:
        return _("not known")
    if name == EXISTENCE:
        return _("the row is gone") if value == GONE else _("the row is there")
    if name == POSITION:
        point = claims_of.lonlat(value)
        if point is None:
            return _("a line")
        return _("%(lat)s° N, %(lon)s° E", lat=f"{point[1]:.5f}", lon=f"{point[0]:.5f}")
    field = layer.field(name)
    plain: Any = value
    if field.type in ("number", "integer"):
        plain = validation.number(value)
    elif field.type == "boolean":
        plain = value.lower() == "true"
    return site_facts.text(field, plain)


def elsewhere(values: Iterable[Value]) -> list[tuple[float, float, str]]:
    """Return where statements that do not count put a place: longitude, latitude, and whose they
    are.
    """
    return [
        (*stated.lonlat, stated.party)
        for value in values
        for stated in value.statements
        if stated.lonlat is not None and not stated.counts
    ]
