"""Statements of parties about a data package, by a seed, and books to write them into."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from geo.exchange import tables as tables_of
from geo.exchange.book import Book
from geo.exchange.claims import EVERY_ROW, EXISTENCE, GONE, PRESENT, Claim, Statement
from geo.exchange.tables import Tables
from geo.schema import LAYERS, SOURCE_KINDS, Layer
from geo.schema.provenance import POSITION, State

PARTIES = ("Quang Ninh", "Guangxi", "广西")
DATES = ("", "2024", "2025", "2025-03", "2025-03-09", "2026-01")
CLOSED = ("country", "opposite_country", "province_en", "opposite_province_en", "timezone")
"""Fields that other tables and the outline of a country are checked against."""


def claim(field: str = "area_ha", value: str | None = "300", **other: object) -> Claim:
    """Make a statement about the western park of the toy package."""
    parts = {
        "layer": "parks",
        "row_id": "west-park",
        "party": "Quang Ninh",
        "source": "land register",
        "source_kind": "survey",
        "as_of": "2025-03-09",
        "stated_at": "2026-01-01T00:00:00Z",
    }
    return Claim(field=field, value=value, **parts | other)  # type: ignore[arg-type]


def fields(layer: Layer) -> list[str]:
    """List of what something can be claimed in a layer."""
    named = [POSITION] if layer.geometry else []
    return named + [name for name in layer.names if name not in EVERY_ROW]


def restated(
    base: Tables, party: str, kind: str, as_of: str = "", accuracy: float = 1.0
) -> list[Claim]:
    """State every value of a package again, in the words of another party."""
    return [
        Claim(layer_id, row_id, name, value, party, "its own files", kind, as_of, error)
        for layer_id, rows in base.layers.items()
        for row_id, row in rows.items()
        for name in fields(LAYERS[layer_id])
        if (value := tables_of.value(LAYERS[layer_id], row, name)) is not None
        for error in [accuracy if name == POSITION else None]
    ]


class Parties:
    """Whoever states something: the values are those of other rows, so that each of them is right
    in its field, and some that are not known.
    """

    def __init__(self, base: Tables, seed: int, *, sound: bool = False) -> None:
        self.base, self.rng, self.sound = base, random.Random(seed), sound

    def claim(self) -> Claim:
        """State something; with ``sound`` nothing that another table would contradict."""
        rng = self.rng
        layer = LAYERS[rng.choice([name for name, rows in self.base.layers.items() if rows])]
        row_id = rng.choice([*self.base.layers[layer.id], f"new-{rng.randrange(3)}"])
        field = rng.choice([*self._fields(layer), *([] if self.sound else [EXISTENCE])])
        return Claim(
            *(layer.id, row_id, field, self._value(layer, field), rng.choice(PARTIES)),
            *(f"source {rng.randrange(3)}", rng.choice(SOURCE_KINDS), rng.choice(DATES)),
            accuracy=rng.choice([5.0, 50.0]) if field == POSITION else None,
            notes=rng.choice(["", "a note, “quoted”", "two\r\nlines"]),
            stated_at=f"2026-0{rng.randrange(1, 4)}-01T00:00:00Z",
        )

    def claims(self, count: int) -> list[Claim]:
        """State several things; no party two of one value at once."""
        every = (self.claim() for _ in range(count))
        unique = {
            (claimed.key, claimed.party, claimed.as_of, claimed.stated_at): claimed
            for claimed in every
        }
        return list({claimed.id: claimed for claimed in unique.values()}.values())

    def statements(self, count: int) -> list[Statement]:
        """State several things, of which some were decided on."""
        states: tuple[State, ...] = ("stated", "stated", "accepted", "refused", "proposed")
        entries = []
        for number, claimed in enumerate(self.claims(count), start=1):
            state = self.rng.choice(states)
            decided = state in ("accepted", "refused")
            entries.append(
                Statement(claimed, state, number if decided else 0, "so" if decided else "")
            )
        return entries

    def shuffled(self, entries: Sequence[Statement]) -> list[Statement]:
        """Return the same in another order."""
        return self.rng.sample(entries, len(entries))

    def _fields(self, layer: Layer) -> list[str]:
        if not self.sound:
            return fields(layer)
        return [
            name
            for name in fields(layer)
            if name not in CLOSED
            and name != POSITION
            and not (layer.field(name).refers or layer.field(name).not_below)
            and not any(other.not_below == name for other in layer.fields)
            and name != "opening_hours"
        ]

    def _value(self, layer: Layer, field: str) -> str | None:
        if field == EXISTENCE:
            return self.rng.choice([PRESENT, GONE])
        rows = self.base.layers[layer.id].values()
        values = [tables_of.value(layer, row, field) for row in rows]
        required = field == POSITION or layer.field(field).required
        return self.rng.choice([value for value in values if value or not required] or ["new"])


def say(book: Book, claims: Sequence[Claim], state: State = "stated") -> None:
    """Write statements into a book, as one person does it."""
    book.add(claims, origin="file.csv", who="an", state=state)


def contents(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
