"""What follows from claims: the layers of a package with the values that count, and beside each
value all that is stated of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from geo.errors import behind
from geo.exchange import claims as claims_of
from geo.exchange import tables as tables_of
from geo.exchange.claims import EXISTENCE, GONE, Claim, Statement
from geo.exchange.tables import Cells, Tables
from geo.layers import validation
from geo.layers.provenance import WEAK
from geo.schema import LAYERS, SOURCE_KINDS, Layer
from geo.schema.provenance import POSITION

Key = tuple[str, str, str]
"""Layer, row and field of a value."""


@dataclass
class Standing:
    """The layers that follow from a package and the claims on it.

    Attributes
    ----------
    base
        The package.
    tables
        The rows with the values that count, without :attr:`provenance`.
    values
        All statements of each value of which something is claimed, those that count first and the
        best before all; what the package itself says is one of them, if it says anything.
    won
        The claims that a value follows from which the package itself does not make.
    held_back
        Rows that are new and not whole, with what is wrong.
    """

    base: Tables
    tables: Tables
    values: dict[Key, list[Statement]] = field(default_factory=dict)
    won: dict[Key, Claim] = field(default_factory=dict)
    held_back: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @cached_property
    def provenance(self) -> list[Cells]:
        """The sources field by field that follow."""
        return list(_source_rows(self.base, self))


def follow(
    base: Tables, statements: Iterable[Statement], party: str, sources: Sources | None = None
) -> Standing:
    """Compute the layers that follow from a package and statements, in whatever order these come.

    Parameters
    ----------
    party
        Under which name the values of the package stand.
    sources
        What the package says, if it was asked before.
    """
    stated: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for entry in statements:
        stated[entry.claim.layer, entry.claim.row_id].append(entry)
    sources = sources or Sources(base, party)
    following = Tables({name: dict(rows) for name, rows in base.layers.items()}, [])
    standing = Standing(base, following)
    for layer_id, row_id in sorted(stated):
        if layer_id in standing.tables.layers:
            _settle(standing, LAYERS[layer_id], row_id, stated[layer_id, row_id], sources)
    return standing


def _source_rows(base: Tables, standing: Standing) -> Iterator[Cells]:
    """Return the sources field by field: those of the package that still are right, then those of
    the claims that count.
    """
    layers = standing.tables.layers
    for row in base.provenance:
        layer_id, row_id, _ = key = _key(row)
        if key not in standing.won and (layer_id not in layers or row_id in layers[layer_id]):
            yield row
    for key in sorted(standing.won):
        claim = standing.won[key]
        stated = claim.field != EXISTENCE and claim.value is not None
        if stated and claim.row_id in layers[claim.layer]:
            yield _source_row(claim)


class Sources:
    """What the package itself says of a value, as a statement among others."""

    def __init__(self, base: Tables, party: str) -> None:
        self.base, self.party = base, party
        self._made: dict[Key, Statement | None] = {}
        self._named: dict[Key, list[Cells]] = defaultdict(list)
        for row in base.provenance:
            self._named[_key(row)].append(row)

    def statement(self, layer: Layer, row_id: str, name: str) -> Statement | None:
        """Return what the package says of a value; None where it says nothing."""
        if row_id not in self.base.layers[layer.id]:
            return None
        key = layer.id, row_id, name
        if key not in self._made:
            self._made[key] = self._statement(layer, row_id, name)
        return self._made[key]

    def _statement(self, layer: Layer, row_id: str, name: str) -> Statement | None:
        row = self.base.layers[layer.id][row_id]
        if name == EXISTENCE:
            value: str | None = claims_of.PRESENT
        else:
            value = tables_of.value(layer, row, name)
        if value is None:
            return None
        named = self._named.get((layer.id, row_id, name))
        best = min(named, key=_strength) if named else row
        accuracy = best.get("accuracy")
        if accuracy is None and name == POSITION:
            accuracy = row.get("position_accuracy_m")
        claim = Claim(
            *(layer.id, row_id, name, value, self.party),
            *(str(best["source"]), str(best["source_kind"]), best.get("as_of") or ""),
            accuracy=validation.number(accuracy),
            notes=(best.get("notes") or "") if best is not row else "",
        )
        return Statement(claim)


def _strength(row: Cells) -> int:
    return claims_of.strength(str(row["source_kind"]))


def _settle(
    standing: Standing,
    layer: Layer,
    row_id: str,
    entries: Sequence[Statement],
    sources: Sources,
) -> None:
    """Put the values that count into a row; take it out where it is gone."""
    by_field: dict[str, list[Statement]] = defaultdict(list)
    for entry in entries:
        by_field[entry.claim.field].append(entry)
    rows, won = standing.tables.layers[layer.id], dict[str, Claim]()
    for name in sorted(by_field):
        everything = by_field[name]
        if len(everything) > 1:  # each machine comes to the same order
            everything.sort(key=lambda entry: entry.claim.id)
        own = sources.statement(layer, row_id, name)
        if own and all(own.claim != entry.claim for entry in everything):
            everything.append(own)
        ordered = claims_of.ranked(everything)
        others = [entry for entry in everything if not entry.counts]
        standing.values[layer.id, row_id, name] = ordered + others if others else ordered
        if ordered and not (own and ordered[0].claim == own.claim):
            won[name] = ordered[0].claim
            standing.won[layer.id, row_id, name] = ordered[0].claim
    if EXISTENCE in won and won[EXISTENCE].value == GONE:
        rows.pop(row_id, None)
    elif row_id in rows:
        rows[row_id] = rows[row_id] | _cells(layer, won)
    elif won:
        _begin(standing, layer, row_id, won)


def _begin(standing: Standing, layer: Layer, row_id: str, won: Mapping[str, Claim]) -> None:
    """Put in a row that is new, unless it is not whole."""
    first = won.get(POSITION) or next(iter(won.values()))
    row: Cells = {
        "id": row_id,
        "source": first.source,
        "source_kind": first.source_kind,
        "as_of": first.as_of or None,
    } | _cells(layer, won)
    row = {name: row.get(name) for name in layer.names}
    required = _required(layer.id)
    faults: list[str] = [
        behind(name, fault)
        for name, value in row.items()
        if (value is not None or name in required)
        and (fault := claims_of.value_fault(value, name, layer.id))
    ]
    if faults:
        standing.held_back[layer.id, row_id] = faults
    else:
        standing.tables.layers[layer.id][row_id] = row


@cache
def _required(layer_id: str) -> frozenset[str]:
    """Return the fields that every row has; any other may be empty."""
    return frozenset(field.name for field in LAYERS[layer_id].fields if field.required)


def _cells(layer: Layer, won: Mapping[str, Claim]) -> Cells:
    """Return the cells that follow from claims of a row."""
    cells: Cells = {
        name: claim.value for name, claim in won.items() if name not in (POSITION, EXISTENCE)
    }
    position = won.get(POSITION)
    if position is None:
        return cells
    if layer.geometry == "LineString":
        return cells | {"wkt": position.value}
    point = claims_of.lonlat(position.value)
    if point is None:
        return cells
    lon, lat = (f"{degrees:.7f}" for degrees in point)
    return cells | {
        "lon": lon,
        "lat": lat,
        "position_accuracy_m": f"{position.accuracy or 0:g}",
    }


def _key(row: Mapping[str, Any]) -> Key:
    return str(row["layer"]), str(row["row_id"]), str(row["field"])


def _source_row(claim: Claim) -> Cells:
    """Return the row of ``provenance`` of a value that follows from a claim."""
    return {
        "id": f"source-{claim.id}",
        "layer": claim.layer,
        "row_id": claim.row_id,
        "field": claim.field,
        "accuracy": _amount(claim.accuracy) if _is_number(claim) else None,
        "notes": claim.notes or None,
        "source": claim.source,
        "source_kind": claim.source_kind,
        "as_of": claim.as_of or None,
    }


def is_disputed(key: Key, statements: Sequence[Statement]) -> bool:
    """Check whether two sides state different things of a value, and neither is known better nor
    decided on.
    """
    if not statements or statements[0].state == "accepted":
        return False
    layer, _, name = key
    first = statements[0].claim
    return any(
        entry.counts
        and entry.claim.party != first.party
        and SOURCE_KINDS.index(entry.claim.source_kind) <= SOURCE_KINDS.index(first.source_kind)
        and first.source_kind not in WEAK
        and not claims_of.same(entry.claim.value, first.value, LAYERS[layer], name)
        for entry in statements[1:]
    )


def _is_number(claim: Claim) -> bool:
    """Check whether a claim can have an accuracy in the table ``provenance``."""
    return claim.field == POSITION or claim.field in _numbers(claim.layer)


@cache
def _numbers(layer_id: str) -> frozenset[str]:
    fields = LAYERS[layer_id].fields
    return frozenset(field.name for field in fields if field.type in ("number", "integer"))


def _amount(number: float | None) -> str | None:
    return None if number is None else f"{number:.12g}"


def statement_rows(values: Mapping[Key, Sequence[Statement]]) -> list[Cells]:
    """Return the rows of the table ``claims``: all statements but those that only are proposed."""
    rows: list[Cells] = []
    for key in sorted(values):
        for place, entry in enumerate(values[key]):
            claim = entry.claim
            if entry.state == "proposed":
                continue
            rows.append(
                _source_row(claim)
                | {
                    "id": f"claim-{claim.id}",
                    "accuracy": _amount(claim.accuracy),
                    "value": claim.value,
                    "party": claim.party,
                    "state": entry.state,
                    "counts": "true" if place == 0 and entry.counts else "false",
                    "reason": (entry.reason or None) if entry.state != "stated" else None,
                    "stated_at": claim.stated_at or None,
                }
            )
    return rows
