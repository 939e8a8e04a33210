"""What an edit of a feature states: what its sender has changed, and nothing else.

A layer shows the last release, while statements that came since wait for the next one. Who edits
starts from what they see: the layer, and with it what they have stated themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import shapely
from flask import current_app, request

from geo import export
from geo.errors import InputError
from geo.exchange import bringing
from geo.exchange import claims as claims_of
from geo.exchange import tables as tables_of
from geo.exchange.book import Book
from geo.exchange.claims import EVERY_ROW, EXISTENCE, PRESENT, Claim
from geo.exchange.tables import Cells, Tables
from geo.layers import validation
from geo.schema import Layer
from geo.schema.provenance import POSITION
from webapp import team
from webapp.exchange import books
from webapp.i18n import gettext as _
from webapp.ogc import systems
from webapp.store import store

ACCURACY = "position_accuracy_m"
ORIGIN = ("source", "source_kind", "as_of")
"""Properties that tell where the values come from that are sent with them."""
PLACED_BY = ("lon", "lat", "wkt")
"""Columns that a feature has as its geometry."""
NEAR_DEG = 1e-6
"""A whole feature comes back from QGIS with six decimals: nothing has moved within 0.1 m."""


@dataclass(frozen=True)
class Row:
    """A feature as its editor knows it.

    Attributes
    ----------
    known
        Its cells with all statements that count; empty of a feature that only waits.
    own
        What the editor has stated of it last, by field, unless something was decided of that.
    shown
        The feature as the layer shows it; None where it does not.
    """

    layer: Layer
    id: str
    known: Cells
    own: Mapping[str, Claim]
    shown: Mapping[str, Any] | None

    def stands(self, name: str, value: str | None) -> bool:
        """Check whether a value is known, and the editor has not stated another one."""
        known = tables_of.value(self.layer, self.known, name)
        values = [known, self.own[name].value] if name in self.own else [known]
        return all(claims_of.same(value, each, self.layer, name) for each in values)

    def was_seen(self, name: str, value: str | None) -> bool:
        """Check whether the layer shows a value of a field, or the editor has stated it."""
        seen = [self.own[name].value] if name in self.own else []
        if self.shown is not None and name in self.shown["properties"]:
            seen.append(_text(self.shown["properties"][name]))
        return any(claims_of.same(value, each, self.layer, name) for each in seen)

    def was_seen_at(self, shape: shapely.Geometry) -> bool:
        """Check the same of a place."""
        seen = [self.shown["geometry"]] if self.shown is not None else []
        shapes = [shapely.from_geojson(json.dumps(each)) for each in seen if each is not None]
        if POSITION in self.own:
            shapes.append(_of_text(self.layer, self.own[POSITION].value))
        return any(shapely.equals_exact(shape, each, tolerance=NEAR_DEG) for each in shapes)


def row_of(layer: Layer, row_id: str) -> Row | None:
    """Return a feature that is known with all statements that count, or that the editor has begun;
    None if there is none.
    """
    book = books.held()
    known = _tables(book).layers.get(layer.id, {}).get(row_id)
    own = _own(book, layer, row_id) if book else {}
    if known is None and (EXISTENCE not in own or own[EXISTENCE].value != PRESENT):
        return None
    return Row(layer, row_id, known or {}, own, _shown(layer, row_id))


def _tables(book: Book | None) -> Tables:
    """Return the layers as the next release would hold them."""
    return books.pending(book)[0].tables if book else books.base_tables()


def _own(book: Book, layer: Layer, row_id: str) -> dict[str, Claim]:
    rows = book.rows("claims", layer=layer.id, row_id=row_id)
    batches = {row["batch"] for row in rows}
    mine = {batch for batch in batches if book.rows("batches", number=batch, who=team.who())}
    own = {row["id"] for row in rows if row["batch"] in mine}
    statements = book.statements(layer.id, row_id) if own else []
    return {
        entry.claim.field: entry.claim
        for entry in statements
        if entry.claim.id in own and entry.state in ("stated", "proposed")
    }


def _shown(layer: Layer, row_id: str) -> dict[str, Any] | None:
    frame = store().layer(layer.id)
    if row_id not in frame.index:
        return None
    feature: dict[str, Any] = json.loads(export.to_json(export.features(frame.loc[[row_id]])[0]))
    return feature


def identifier(layer: Layer, feature: Mapping[str, Any]) -> str:
    """Return the identifier of a new feature: its own, or else one made from its name, as QGIS
    sends none.

    Raises
    ------
    InputError
        There is such a feature already, or neither identifier nor name.
    """
    named = properties_of(feature)
    row_id = str(feature.get("id") or named.get("id") or "")
    book = books.held()
    taken = {key for rows in _tables(book).layers.values() for key in rows}
    if row_id:
        if row_id in taken:
            raise InputError(_("There is “%(id)s” already: replace it instead.", id=row_id[:80]))
        return row_id
    names = ("name_en", *layer.shown[:1])
    name = next((named[each] for each in names if named.get(each)), "")
    while (row_id := bringing.new_id(layer, {"name_en": name}, taken)) and book is not None:
        if not book.rows("claims", row_id=row_id):
            break
        taken.add(row_id)
    if not row_id:
        raise InputError(_("A new feature needs an English name, or an identifier."))
    return row_id


# What is stated -----------------------------------------------------------------------------------


def of_new(layer: Layer, row_id: str, feature: Mapping[str, Any]) -> list[Claim]:
    """State a feature that is new.

    Raises
    ------
    InputError
        Its values are not those of a layer, or some that each feature has are missing.
    """
    row, named = Row(layer, row_id, {}, {}, None), properties_of(feature)
    _check(row, named)
    missing = [
        field.name
        for field in layer.fields
        if field.required
        and field.name not in ("id", *ORIGIN, *PLACED_BY)
        and _text(named.get(field.name)) is None
    ]
    if layer.geometry and feature.get("geometry") is None:
        missing.append("geometry")
    if missing:
        raise InputError(
            _("A new feature of %(layer)s needs these as well:", layer=layer.id), missing
        )
    whence = origin(named)
    here = Claim(layer.id, row_id, EXISTENCE, PRESENT, *whence)
    return [here, *_values(row, feature, whence, whole=False)]


def of_change(row: Row, feature: Mapping[str, Any], *, whole: bool) -> list[Claim]:
    """State what differs from a feature.

    Parameters
    ----------
    whole
        Whether all of it was sent. What is as the layer shows it is not changed then, whatever has
        been stated since.

    Raises
    ------
    InputError
        Its values are not those of a layer, or only their source is new.
    """
    named = properties_of(feature)
    _check(row, named)
    if row.layer.geometry and "geometry" in feature and feature["geometry"] is None:
        raise InputError(_("A feature keeps a position: move it, or delete the feature."))
    whence = {
        name: named[name]
        for name in ORIGIN
        if name in named and not (whole and row.was_seen(name, _text(named[name])))
    }
    stated = list(_values(row, feature, origin(whence), whole=whole))
    if not stated and any(_text(text) != row.known.get(name) for name, text in whence.items()):
        raise InputError(
            _("A source, its kind and its date belong to a value: change both at once.")
        )
    return stated


def properties_of(feature: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that were sent; without any, none."""
    properties: dict[str, Any] = feature.get("properties") or {}
    return properties


def origin(named: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return party, source, its kind and date of an edit; properties of these names go before."""
    return (
        current_app.config["PARTY"] or team.who(),
        str(named.get("source") or _("edited by %(name)s", name=team.who())),
        str(named.get("source_kind") or "page"),
        str(named.get("as_of") or datetime.now(UTC).date().isoformat()),
    )


def _check(row: Row, named: Mapping[str, Any]) -> None:
    """Refuse properties that are not fields of the layer, and another identifier."""
    hidden = PLACED_BY if row.layer.geometry else ()
    unknown = [name for name in named if name in hidden or not row.layer.has(name)]
    if unknown:
        raise InputError(
            _("These properties are not fields of %(layer)s:", layer=row.layer.id),
            [name[:80] for name in unknown[:20]],
        )
    if named.get("id") not in (None, row.id):
        raise InputError(_("The identifier of a feature stays as it is."))


def _values(
    row: Row, feature: Mapping[str, Any], whence: tuple[str, str, str, str], *, whole: bool
) -> Iterator[Claim]:
    named = {name: _text(value) for name, value in properties_of(feature).items()}
    yield from _position(row, feature, named, whence, whole=whole)
    if whole:
        named = dict.fromkeys(row.layer.names) | named
    for name, text in named.items():
        seen = whole and row.was_seen(name, text)
        if name not in EVERY_ROW and not seen and not row.stands(name, text):
            yield Claim(row.layer.id, row.id, name, text, *whence)


def _position(
    row: Row,
    feature: Mapping[str, Any],
    named: Mapping[str, str | None],
    whence: tuple[str, str, str, str],
    *,
    whole: bool,
) -> Iterator[Claim]:
    """State where a feature is, if it has moved or is known to lie there with another accuracy."""
    layer, last = row.layer, row.own.get(POSITION)
    place = last.value if last else tables_of.value(layer, row.known, POSITION)
    accuracy = last.accuracy if last else validation.number(row.known.get(ACCURACY))
    moved = remeasured = False
    if feature.get("geometry") is not None:
        shape = _shape(layer, feature["geometry"])
        where = _written(layer, shape)
        moved = not (whole and row.was_seen_at(shape)) and not row.stands(POSITION, where)
        place = where if moved else place
    if ACCURACY in named and not (whole and row.was_seen(ACCURACY, named[ACCURACY])):
        reach = validation.number(named[ACCURACY])
        remeasured = reach != accuracy
        accuracy = reach
    if moved or remeasured:
        yield Claim(layer.id, row.id, POSITION, place, *whence, accuracy=accuracy)


def _shape(layer: Layer, geometry: Any) -> Any:
    """Read a shape in the system that the header Content-Crs names; longitude first without it."""
    if layer.geometry is None:
        raise InputError(_("The layer %(layer)s has no positions.", layer=layer.id))
    try:
        system = systems.read(request.headers.get("Content-Crs", systems.CRS84).strip("<> "))
        drawn = shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))
        shape: Any = systems.place(drawn, system)
    except (shapely.GEOSException, ValueError, TypeError) as error:
        raise InputError(_("The geometry cannot be read: %(reason)s.", reason=error)) from None
    if fault := validation.shape_fault(shape, layer):
        raise InputError(_("The geometry cannot be read: %(reason)s.", reason=fault))
    return shape


def _written(layer: Layer, shape: Any) -> str:
    if layer.geometry == "LineString":
        return str(shapely.to_wkt(shape, rounding_precision=7))
    return claims_of.written(shape.x, shape.y)


def _of_text(layer: Layer, value: str | None) -> Any:
    if layer.geometry == "LineString":
        return shapely.from_wkt(value)
    return shapely.Point(claims_of.lonlat(value) or ())


def _text(value: Any) -> str | None:
    """Write a property as the cell of a layer's file."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(map(str, value)) or None
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value) or None
