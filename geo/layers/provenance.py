"""Where each value comes from: the sources that the table ``provenance`` names field by field, and
the row's own source for all others."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo import layers
from geo.errors import Message, behind
from geo.schema import LAYERS, SOURCE_KINDS
from geo.schema.provenance import POSITION

if TYPE_CHECKING:
    import pandas as pd

TABLE = "provenance"
WEAK = ("memory", "estimate")
"""Kinds of a row than which none of its values is known better."""


@dataclass(frozen=True)
class Source:
    """A source of one value. ``accuracy`` is the error of what it gives, in the unit of the field;
    None is unknown, as is an empty ``as_of``."""

    kind: str
    source: str
    as_of: str = ""
    accuracy: float | None = None
    notes: str = ""


class Provenance:
    """The sources of all values of a data package.

    Parameters
    ----------
    table
        The layer ``provenance``.
    layer
        Called with the id of a layer, returns its rows.
    """

    def __init__(self, table: pd.DataFrame, layer: Callable[[str], pd.DataFrame]) -> None:
        self._layer = layer
        self._weak: dict[str, dict[str, str]] = {}
        self._sources: dict[tuple[str, str, str], tuple[Source, ...]] = {}
        for row in table.to_dict("records"):
            key = (row["layer"], row["row_id"], row["field"])
            self._sources[key] = (*self._sources.get(key, ()), _source(row))

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> Provenance:
        """Read the sources of a data package; errors as :func:`geo.layers.read`."""
        return cls(layers.read(folder, TABLE), lambda layer_id: layers.read(folder, layer_id))

    def stated(self, layer_id: str, row_id: str, field: str) -> tuple[Source, ...]:
        """Return the sources that are named for one value; none where it has that of its row."""
        return self._sources.get((layer_id, row_id, field), ())

    def sources(self, layer_id: str, row_id: str, field: str) -> tuple[Source, ...]:
        """Return the sources of one value: those that are named for it, or that of its row."""
        return self.stated(layer_id, row_id, field) or (
            _source(self._layer(layer_id).loc[row_id].to_dict()),
        )

    def mark(self, layer_id: str, row_id: str, field: str) -> str:
        """Return how a value is known as far as that is sure; empty where only its row says it,
        and what that read on a page may be another value.

        Of several sources the best counts; of a list, whose parts may each have their own, the
        weakest."""
        if stated := self.stated(layer_id, row_id, field):
            return _kind(layer_id, field, stated)
        if layer_id not in self._weak:
            kinds = self._layer(layer_id)["source_kind"]
            self._weak[layer_id] = {str(key): kind for key, kind in kinds.items() if kind in WEAK}
        return self._weak[layer_id].get(row_id, "")

    def marks(self, layer_id: str, field: str) -> pd.Series[str]:
        """Return :meth:`mark` for each row of a layer that has a value there."""
        import pandas as pd

        frame = self._layer(layer_id)
        known = frame.index if field == POSITION else frame.index[frame[field].notna()]
        marks = [self.mark(layer_id, str(key), field) for key in known]
        return pd.Series(marks, index=known, dtype="str")

    def sourced(self, layer_id: str, field: str) -> Any:
        """Return a layer whose columns ``source``, ``source_kind`` and ``as_of`` are those of one
        of its fields; of several sources, the best."""
        frame = self._layer(layer_id).copy()
        for key in frame.index:
            if stated := self.stated(layer_id, str(key), field):
                best = min(stated, key=lambda source: SOURCE_KINDS.index(source.kind))
                frame.loc[key, ["source", "source_kind"]] = best.source, best.kind
                frame.loc[key, "as_of"] = best.as_of or None
        return frame

    def fields(self, layer_id: str) -> list[str]:
        """Return the fields of a layer for which sources are named, in its order."""
        named = {field for layer, _row, field in self._sources if layer == layer_id}
        return [name for name in (POSITION, *LAYERS[layer_id].names) if name in named]


def _source(row: Mapping[Any, Any]) -> Source:
    """Read the source that a row names."""
    import pandas as pd

    text = {name: row.get(name) for name in ("as_of", "notes")}
    accuracy = row.get("accuracy")
    return Source(
        str(row["source_kind"]),
        str(row["source"]),
        **{name: "" if pd.isna(value) else str(value) for name, value in text.items()},
        accuracy=None if accuracy is None or pd.isna(accuracy) else float(accuracy),
    )


def _kind(layer_id: str, field: str, sources: tuple[Source, ...]) -> str:
    is_list = field != POSITION and LAYERS[layer_id].field(field).type == "list"
    kinds = [source.kind for source in sources]
    return (max if is_list else min)(kinds, key=SOURCE_KINDS.index)


def faults(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """List the rows of the table that name no value of the package, that give a text an accuracy,
    or that name a source of a value again; layers that are not among `frames` are not looked at.
    """
    rows = frames[TABLE].to_dict("index")
    listed: list[str] = [
        behind(str(key), fault)
        for key, row in rows.items()
        if (fault := _fault(row, frames)) is not None
    ]
    named = Counter((row["row_id"], row["field"], row["source"]) for row in rows.values())
    return listed + [
        behind(
            f"{row_id}: {field}",
            Message("“%(source)s” stands %(count)s times", {"source": source, "count": count}),
        )
        for (row_id, field, source), count in named.items()
        if count > 1
    ]


def _fault(row: Mapping[Any, Any], frames: Mapping[str, pd.DataFrame]) -> Message | None:
    import pandas as pd

    layer_id, row_id, field = row["layer"], row["row_id"], row["field"]
    if layer_id not in LAYERS or layer_id == TABLE:
        return behind("layer", Message("there is no layer “%(layer)s”", {"layer": layer_id}))
    if layer_id not in frames:
        return None
    layer, frame = LAYERS[layer_id], frames[layer_id]
    if row_id not in frame.index:
        where = {"id": row_id, "table": layer_id}
        return behind("row_id", Message("“%(id)s” is not in %(table)s", where))
    about = {"id": row_id, "layer": layer_id, "field": field}
    if field == POSITION and layer.geometry:
        return None
    if field not in frame or field in ("source", "source_kind", "as_of", "geometry"):
        return behind(
            "field", Message("%(layer)s have no field “%(field)s” that has a source", about)
        )
    if pd.isna(frame.loc[row_id, field]):
        return behind("field", Message("%(field)s of “%(id)s” is empty", about))
    if pd.notna(row["accuracy"]) and layer.field(field).type not in ("number", "integer"):
        return behind("accuracy", Message("%(field)s is not a number", about))
    return None
