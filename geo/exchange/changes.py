"""What differs between two states of the layers: as a list, in words, on a map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from geo import crs
from geo.errors import Message
from geo.exchange import claims as claims_of
from geo.exchange import tables as tables_of
from geo.exchange.claims import EVERY_ROW
from geo.exchange.tables import Cells, Tables
from geo.layers import validation
from geo.schema import LAYERS, Layer
from geo.schema.provenance import POSITION
from geo.text import short

if TYPE_CHECKING:
    import geopandas as gpd

Kind = Literal["added", "removed", "changed"]
KINDS: tuple[Kind, ...] = ("added", "removed", "changed")


@dataclass(frozen=True)
class Change:
    """A row that is new or gone, or a value that is another one.

    Attributes
    ----------
    name
        What the row is called in English.
    field
        Empty for a whole row.
    before, after
        Values as in the file of the layer; None where there is none.
    lon, lat
        Where the row lies, the new state before the old one; NaN for a table without positions.
    moved_m
        How far a position has moved, in metres; NaN where it has not.
    """

    layer: str
    row_id: str
    name: str
    kind: Kind
    field: str
    before: str | None
    after: str | None
    lon: float
    lat: float
    moved_m: float = float("nan")

    @property
    def sentence(self) -> Message:
        """The change in words."""
        values = {
            "name": self.name,
            "field": self.field,
            "before": short(self.before or "–"),
            "after": short(self.after or "–"),
        }
        if self.kind == "added":
            return Message("%(name)s: new", values)
        if self.kind == "removed":
            return Message("%(name)s: gone", values)
        if self.moved_m == self.moved_m:
            metres = {"name": self.name, "metres": f"{self.moved_m:,.0f}"}
            return Message("%(name)s: the position has moved by %(metres)s m", metres)
        return Message("%(name)s, %(field)s: %(after)s, was %(before)s", values)


def compare(old: Tables, new: Tables) -> list[Change]:
    """List what differs between two states, by layer, in the order of the rows."""
    changes = [
        change
        for layer in LAYERS.values()
        for change in _of_layer(layer, old.layers.get(layer.id, {}), new.layers.get(layer.id, {}))
    ]
    for number, metres in _moved_m(changes).items():
        changes[number] = replace(changes[number], moved_m=metres)
    return changes


def _of_layer(layer: Layer, old: dict[str, Cells], new: dict[str, Cells]) -> Iterator[Change]:
    names = [name for name in layer.names if name not in EVERY_ROW]
    for row_id, row in new.items():
        before = old.get(row_id)
        if before is None:
            yield _whole(layer, row_id, row, "added")
        elif before is not row:
            where = ("wkt",) if layer.geometry == "LineString" else validation.POSITION
            if layer.geometry and any(before.get(name) != row.get(name) for name in where):
                yield from _of_value(layer, row_id, before, row, POSITION)
            for name in names:
                if before.get(name) != row.get(name):
                    yield from _of_value(layer, row_id, before, row, name)
    for row_id, row in old.items():
        if row_id not in new:
            yield _whole(layer, row_id, row, "removed")


def _whole(layer: Layer, row_id: str, row: Cells, kind: Kind) -> Change:
    return Change(layer.id, row_id, _name(row, row_id), kind, "", None, None, *_place(layer, row))


def _of_value(
    layer: Layer, row_id: str, before: Cells, after: Cells, field: str
) -> Iterator[Change]:
    old, new = (tables_of.value(layer, row, field) for row in (before, after))
    if not claims_of.same(old, new, layer, field):
        named = layer.id, row_id, _name(after, row_id)
        yield Change(*named, "changed", field, old, new, *_place(layer, after))


def _name(row: Cells, row_id: str) -> str:
    return row.get("name_en") or row.get("title_en") or row_id


def _place(layer: Layer, row: Cells) -> tuple[float, float]:
    if layer.geometry == "LineString":
        import shapely

        line = shapely.from_wkt(row.get("wkt") or "LINESTRING EMPTY", on_invalid="ignore")
        if line is not None and not line.is_empty:
            middle = line.interpolate(0.5, normalized=True)
            return middle.x, middle.y
    lon, lat = (validation.number(row.get(name)) for name in validation.POSITION)
    nan = float("nan")
    return (nan, nan) if lon is None or lat is None else (lon, lat)


def _moved_m(changes: Sequence[Change]) -> dict[int, float]:
    """Measure how far points have moved, by the number of the change."""
    import numpy as np

    ways = {
        number: (here, there)
        for number, change in enumerate(changes)
        if change.field == POSITION
        and (here := claims_of.lonlat(change.before)) is not None
        and (there := claims_of.lonlat(change.after)) is not None
    }
    if not ways:
        return {}
    points = np.array(list(ways.values()), float)
    return dict(zip(ways, crs.distance_m(points[:, 0], points[:, 1]).tolist(), strict=True))


def frame(changes: Sequence[Change]) -> gpd.GeoDataFrame:
    """Return changes as a layer of points, for any format of export."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    columns = ("layer", "row_id", "name", "kind", "field", "before", "after", "moved_m")
    table = pd.DataFrame(
        {name: [getattr(change, name) for change in changes] for name in columns},
        index=pd.RangeIndex(1, len(changes) + 1, name="number"),
    )
    for name in columns[:-1]:
        table[name] = table[name].astype("str")
    table["moved_m"] = table["moved_m"].astype(float).round(1)
    points = gpd.points_from_xy(
        np.array([change.lon for change in changes], float),
        np.array([change.lat for change in changes], float),
        crs=crs.WGS84,
    )
    return gpd.GeoDataFrame(table, geometry=points)


def words(changes: Sequence[Change], most: int = 1_000) -> list[str]:
    """Write changes as the lines of a changelog in Markdown, under the titles of their layers."""
    lines: list[str] = []
    for layer in LAYERS.values():
        own = [change for change in changes if change.layer == layer.id]
        if own:
            lines += ["", f"## {layer.title}", ""]
            lines += [f"- {_plain(str(change.sentence))}" for change in own[:most]]
        if len(own) > most:
            lines.append(f"- and {len(own) - most} more")
    return lines


def _plain(text: str) -> str:
    """Take from a text what Markdown would take for its own marks, and line breaks."""
    kept = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in kept)
