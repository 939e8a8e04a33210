"""The words of the exchange: outcomes, differences, forms."""

from __future__ import annotations

import re
from typing import Any

from geo.exchange import bringing
from geo.schema import LAYERS, SOURCE_KINDS, Layer
from geo.schema.provenance import POSITION
from webapp.explore import provenance, statements
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext, said, translated
from webapp.labels import label
from webapp.team import words as team_words

FORMAT_NAMES = {"geojson": "GeoJSON", "csv": "CSV", "xlsx": "XLSX"}
CHANGE_FORMATS = tuple(FORMAT_NAMES)
KINDS: dict[str, Any] = {
    "added": lazy_gettext("new"),
    "removed": lazy_gettext("gone"),
    "changed": lazy_gettext("changed"),
}
"""What has become of a row or a value."""


ACTS: dict[str, Any] = {
    "claims stated": lazy_gettext("kept statements"),
    "claims accepted": lazy_gettext("accepted statements"),
    "claims proposed": lazy_gettext("proposed statements"),
    "claims refused": lazy_gettext("refused statements"),
    "release": lazy_gettext("released"),
    "feed added": lazy_gettext("subscribed to a department"),
    "feed taken": lazy_gettext("took the statements of"),
}
"""Steps that the exchange writes into the log."""


_COUNTED = re.compile(r"(?P<name>.*): (?P<new>\d+) of (?P<all>\d+) new", re.DOTALL)


def act(code: str) -> str:
    """Return what a step is called; one of the team as the team calls it."""
    return str(ACTS[code]) if code in ACTS else team_words.act(code)


def subject(text: str) -> str:
    """Return of what a step is; the numbers of statements in words."""
    counted = _COUNTED.fullmatch(text)
    return _("%(name)s: %(new)s of %(all)s new", **counted.groupdict()) if counted else text


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
