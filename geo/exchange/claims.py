"""A claim: what a party states of one value, with source, kind and date; and the rule by which one
of several counts.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from geo.errors import Message, behind
from geo.layers import validation
from geo.schema import DATE, LAYERS, SOURCE_KINDS, Field, Layer
from geo.schema.fields import ID
from geo.schema.provenance import POSITION, State
from geo.text import short

EXISTENCE = "existence"
"""What a claim calls the row itself, which is there or gone."""
PRESENT, GONE = "present", "gone"
EVERY_ROW = ("id", "source", "source_kind", "as_of", "lon", "lat", "wkt", "position_accuracy_m")
"""Columns of which nothing is claimed alone: they follow from the claims of the row."""
WITHOUT_CLAIMS = ("provenance", "claims")
"""Layers that tell of others."""
MOST_TEXT = 4_000
MOST_LINE = 100_000
"""Letters of the text of a line; a table whose cells are longer cannot be read again."""
MOST_NAME = 200
_quoted = json.encoder.encode_basestring
"""Writes a text as JSON, its letters as they are."""


@dataclass(frozen=True)
class Claim:
    """What a party states of one value.

    Attributes
    ----------
    layer, row_id, field
        Which value; the field is also ``position``, or :data:`EXISTENCE`.
    value
        As the cell of a layer's file, None for “not known”. Of a position longitude and latitude in
        degrees (WGS 84), or a line as well-known text.
    party
        Who states it.
    source, source_kind, as_of
        Where it comes from; one of :data:`geo.schema.SOURCE_KINDS`; a year, month or day, empty
        where unknown.
    accuracy
        The error of a number in the unit of its field, of a position in metres.
    stated_at
        When it was first written into a book, in UTC; empty before. It is not part of what is
        stated, and breaks a tie only.
    """

    layer: str
    row_id: str
    field: str
    value: str | None
    party: str
    source: str
    source_kind: str
    as_of: str = ""
    accuracy: float | None = None
    notes: str = ""
    stated_at: str = dataclasses.field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", (self.value or "").strip() or None)  # as a file holds it
        if self.accuracy is not None:  # 5 and 5.0 are one
            object.__setattr__(self, "accuracy", float(self.accuracy))

    @cached_property
    def id(self) -> str:
        """Follows from all else: what is stated twice is one claim."""
        value = "null" if self.value is None else _quoted(self.value)
        error = "null" if self.accuracy is None else json.dumps(self.accuracy)
        text = (  # a list in JSON
            f"[{_quoted(self.layer)}, {_quoted(self.row_id)}, {_quoted(self.field)}, {value},"
            f" {_quoted(self.party)}, {_quoted(self.source)}, {_quoted(self.source_kind)},"
            f" {_quoted(self.as_of)}, {error}, {_quoted(self.notes)}]"
        )
        return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()

    def __lt__(self, other: Claim) -> bool:
        return self.id < other.id

    @property
    def key(self) -> tuple[str, str, str]:
        """Which value it is of."""
        return self.layer, self.row_id, self.field


@dataclass(frozen=True)
class Statement:
    """A claim with what was decided of it: ``decision`` is the number of the last decision, 0
    without any.
    """

    claim: Claim
    state: State = "stated"
    decision: int = 0
    reason: str = ""
    who: str = ""
    at: str = ""

    @property
    def counts(self) -> bool:
        """Whether a value may follow from it."""
        return self.state in ("accepted", "stated")


def ranked(statements: Iterable[Statement]) -> list[Statement]:
    """Return the statements of one value that count, the one first that its value follows from.

    The last decision goes before all. Else a survey goes before a page, a page before code, then
    memory and estimates; among these the newer one, then the more exact one, then the one stated
    last. A year stands for its beginning: a month in it is newer. The identifier breaks a tie, so
    that each machine comes to the same.
    """
    counting = [entry for entry in statements if entry.counts]
    return sorted(counting, key=_place) if len(counting) > 1 else counting


def _place(
    entry: Statement,
) -> tuple[int, int, int, tuple[int, ...], float, tuple[int, ...], Claim]:
    claim, accepted = entry.claim, entry.state == "accepted"
    return (
        0 if accepted else 1,
        -entry.decision if accepted else 0,
        strength(claim.source_kind),
        _newest_first(claim.as_of),
        float("inf") if claim.accuracy is None else claim.accuracy,
        _newest_first(claim.stated_at),
        claim,
    )


@lru_cache(10_000)
def _newest_first(time: str) -> tuple[int, ...]:
    """Return numbers that sort dates and times with the newest first, and unknown ones last."""
    parts = [-int(part) for part in re.findall(r"\d+", time)]
    return (*parts, *[0] * (6 - len(parts)))


def strength(kind: str) -> int:
    """Return the place of a kind of source, the best one first; a package may name unknown ones."""
    return SOURCE_KINDS.index(kind) if kind in SOURCE_KINDS else len(SOURCE_KINDS)


def same(value: str | None, other: str | None, layer: Layer, name: str) -> bool:
    """Check whether two values of a field are the same, however they are written."""
    return value == other or _bare(value, layer, name) == _bare(other, layer, name)


def _bare(value: str | None, layer: Layer, name: str) -> object:
    if value is None or name == EXISTENCE:
        return value
    if name == POSITION:
        point = lonlat(value)
        return tuple(round(degrees, 7) for degrees in point) if point else value
    kind = layer.field(name).type
    if kind in ("number", "integer"):
        return validation.number(value)
    if kind == "boolean":
        return value.lower()
    return tuple(part.strip() for part in value.split(";")) if kind == "list" else value.strip()


def lonlat(value: str | None) -> tuple[float, float] | None:
    """Read the value of a position that is a point; None where it is not one."""
    numbers = [validation.number(part) for part in (value or "").split(" ")]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None
    return numbers[0], numbers[1]


def written(lon: float, lat: float) -> str:
    """Write a point as the value of a position, to a centimetre."""
    return f"{lon:.7f} {lat:.7f}"


def faults(claim: Claim, today: date) -> list[str]:
    """List what is wrong with a claim, each behind the name of its member."""
    layer = LAYERS.get(claim.layer)
    if layer is None or claim.layer in WITHOUT_CLAIMS:
        return [behind("layer", Message("“%(text)s” is unknown", {"text": short(claim.layer)}))]
    origin = claim.party, claim.source, claim.source_kind, claim.as_of, claim.notes
    wrong = [
        ("row_id", _id_fault(claim.row_id)),
        ("field", _field_fault(claim.field, layer.id)),
        *_origin_faults(*origin, today),
        ("accuracy", _accuracy_fault(claim)),
    ]
    if not wrong[1][1]:
        wrong.append((claim.field, value_fault(claim.value, claim.field, layer.id)))
    return [behind(name, fault) for name, fault in wrong if fault]


@lru_cache(10_000)
def _origin_faults(
    party: str, source: str, kind: str, as_of: str, notes: str, today: date
) -> tuple[tuple[str, str | None], ...]:
    """Find what is wrong with what many claims share, name by name."""
    return (
        ("party", _empty_fault(party) or text_fault(party, MOST_NAME)),
        ("source", _empty_fault(source) or text_fault(source)),
        ("source_kind", _kind_fault(kind)),
        ("as_of", _day_fault(as_of, today)),
        ("notes", text_fault(notes)),
    )


@lru_cache(10_000)
def _id_fault(row_id: str) -> str | None:
    return validation.cell_fault(row_id or None, ID)


@lru_cache(10_000)
def _field_fault(name: str, layer_id: str) -> str | None:
    layer = LAYERS[layer_id]
    if name == EXISTENCE or (name == POSITION and layer.geometry):
        return None
    if name in EVERY_ROW or not layer.has(name):
        return Message(
            "“%(text)s” is not a field of %(layer)s of which something is claimed",
            {"text": short(name), "layer": layer.id},
        )
    return None


def _empty_fault(text: str) -> str | None:
    return None if text.strip() else Message("is empty")


def text_fault(text: str, most: int = MOST_TEXT) -> str | None:
    """Find what is wrong with a text of a person; an empty one is right."""
    if len(text) > most:
        return Message("is longer than %(most)s letters", {"most": most})
    return validation.cell_fault(text, Field("text", "Text"))


def _kind_fault(kind: str) -> str | None:
    return validation.cell_fault(kind or None, Field("", "", required=True, allowed=SOURCE_KINDS))


def _day_fault(day: str, today: date) -> str | None:
    if not day:
        return None
    fault = validation.cell_fault(day, Field("as_of", "As of", pattern=DATE))
    if not fault and day > today.isoformat()[: len(day)]:
        return Message("%(day)s is in the future", {"day": day})
    return fault


def _accuracy_fault(claim: Claim) -> str | None:
    if claim.accuracy is None:
        if claim.field != POSITION or claim.value is None:
            return None
        return Message("is empty; a position needs how far it may be off, in metres")
    if not 0 <= claim.accuracy <= 1e12:
        return Message("is below 0 or above 1e12")
    return None


@lru_cache(10_000)
def value_fault(value: str | None, name: str, layer_id: str) -> str | None:
    """Find what is wrong with the value itself."""
    layer = LAYERS[layer_id]
    if name == EXISTENCE:
        return validation.cell_fault(value, Field("", "", required=True, allowed=(PRESENT, GONE)))
    most = MOST_LINE if name == POSITION else MOST_TEXT
    if value is not None and len(value) > most:
        return Message("is longer than %(most)s letters", {"most": most})
    if name != POSITION:
        return validation.cell_fault(value, layer.field(name))
    if layer.geometry == "LineString":
        return validation.cell_fault(value, layer.field("wkt"))
    point = lonlat(value)
    if point is None:
        return Message("is not a longitude and a latitude")
    return validation.degrees_fault(*point)


def contradictions(claims: Sequence[Claim]) -> list[str]:
    """List the values of which one party states two things at once; what it stated earlier, or of
    an earlier day, is not one of them.
    """
    stated: dict[tuple[str, ...], Claim] = {}
    doubled: list[str] = []
    for claim in claims:
        other = stated.setdefault((*claim.key, claim.party, claim.as_of, claim.stated_at), claim)
        if not same(claim.value, other.value, LAYERS[claim.layer], claim.field):
            values = {"value": short(claim.value or "–"), "other": short(other.value or "–")}
            doubled.append(
                behind(named(claim), Message("%(value)s, and %(other)s as well", values))
            )
    return doubled


def named(claim: Claim) -> str:
    """Return where a claim belongs, such as ``parks/dong-mai-ip/area_ha``."""
    return "/".join(re.sub(r"[^\w.-]", "_", part)[:80] for part in claim.key)
