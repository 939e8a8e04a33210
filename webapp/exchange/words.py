"""The words of the exchange: outcomes, differences, forms."""

from __future__ import annotations

from typing import Any

from geo.exchange import bringing
from geo.schema import LAYERS, SOURCE_KINDS, Layer
from geo.schema.provenance import POSITION
from webapp.explore import provenance, statements
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext, said, translated
from webapp.labels import label

CHANGE_FORMATS = ("geojson", "csv", "xlsx")
KINDS: dict[str, Any] = {
    "added": lazy_gettext("new"),
    "removed": lazy_gettext("gone"),
    "changed": lazy_gettext("changed"),
}
"""What has become of a row or a value."""


def kinds() -> list[tuple[str, str]]:
    """Return how a file may be known, each with its name."""
    return [(kind, label(kind)) for kind in SOURCE_KINDS]


COLUMNS: dict[str, Any] = {
    "name": lazy_gettext("Name"),
    "x": lazy_gettext("First coordinate"),
    "y": lazy_gettext("Second coordinate"),
    "position": lazy_gettext("Position"),
    "": "–",
}
"""What a column may be besides a field."""


def column(layer: Layer, name: str) -> str:
    """Return what a column of a file was taken for."""
    return str(COLUMNS[name]) if name in COLUMNS else translated(layer.field(name).title)


def outcome(name: bringing.Outcome) -> str:
    """Return what becomes of a statement."""
    return said(bringing.OUTCOMES[name])


def field(layer_id: str, name: str) -> str:
    """Return what a field of a change is called."""
    layer = LAYERS[layer_id]
    if name in (POSITION, ""):
        return _("Position") if name else ""
    return provenance.title(layer, name) if layer.has(name) else _("Existence")


def written(layer_id: str, name: str, value: str | None) -> str:
    """Return a value before or after a change."""
    return statements.written(LAYERS[layer_id], name, value) if name and value else ""
